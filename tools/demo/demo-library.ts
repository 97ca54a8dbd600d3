/**
 * The port to the library that a story runs against. Adapters: the practice library
 * (`practice-stage.ts`) and Debian's tgt (`tgt-stage.ts`).
 */

import type { Breakage } from "./demo-case.ts";
import type { TapeCount } from "./tally.ts";

/** What a library is started with. */
export interface StageSetting {
  /** An empty directory of its own. */
  readonly directory: string;
  /** Room for data on each cartridge, at least. */
  readonly capacityBytes: number;
}

/** Where the failure shall strike. */
export interface BreakPoint {
  readonly volumeTag: string;
  /** Logical object identifier that is still to be written. */
  readonly object: number;
}

/** A running library. */
export interface DemoLibrary {
  readonly url: string;
  /** How many drives it has. */
  readonly driveCount: number;
  /** Breaks it; answers with what was broken, in words. Throws OperatorError. */
  breakNow(breakage: Breakage, at: BreakPoint): Promise<string>;
  /** Ends it and waits for the end. Safe to call twice. Throws OperatorError. */
  stop(): Promise<void>;
  /** After `stop`: what is on the cartridge's file, by a reader that shares no code with anything. */
  witness(volumeTag: string): Promise<TapeCount>;
  /** The last lines of its log. */
  log(): readonly string[];
}
