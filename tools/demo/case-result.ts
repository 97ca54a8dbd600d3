/** What one story came to: the JSON of `understudy demo --json`, and what the table is drawn from. */

import type { RecoveryStatus } from "../../host/lib/status-document.ts";
import type { CaseName } from "./demo-case.ts";
import type { ServerError, Stall } from "./server-watch.ts";
import type { TapeMark, TapeTotals } from "./tally.ts";

/** One promise and whether it was kept. */
export interface Check {
  readonly what: string;
  readonly ok: boolean;
  /** What was found, in a few words. */
  readonly found: string;
}

/** One recovery with its figures. */
export interface RecoveryResultEntry {
  readonly kind: string;
  readonly cause: string;
  readonly result: RecoveryStatus["result"];
  readonly rewrittenBytes: number;
  /** null: nothing was rewritten. */
  readonly rewriteBytesPerSecond: number | null;
  readonly stallMsMax: number;
  /** `atMs`: since the recovery's first step. */
  readonly steps: readonly { readonly label: string; readonly atMs: number }[];
}

/** One story, told and checked. */
export interface CaseResult {
  readonly case: CaseName;
  readonly ok: boolean;
  readonly story: string;
  readonly checks: readonly Check[];
  /** null: it did not come to that. */
  readonly sent: TapeTotals | null;
  readonly readBack: TapeTotals | null;
  readonly onCartridge: TapeTotals | null;
  /** As sent: what lies before each filemark. */
  readonly archives: readonly TapeMark[];
  readonly errorsSeen: number;
  readonly errors: readonly ServerError[];
  readonly busyAnswers: number;
  readonly longestStall: Stall;
  readonly writeBytesPerSecond: number;
  readonly recoveries: readonly RecoveryResultEntry[];
  readonly volumeTag: string;
  readonly realVolumeTag: string;
  readonly runtime: string;
  /** Why V8 stands in for WAMR; "" where nothing stands in. */
  readonly runtimeReason: string;
  readonly seconds: number;
}
