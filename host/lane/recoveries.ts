/**
 * The recoveries of the bridge as status shows them: built from AC_STEP, the evidence in the log and
 * the show block. Decides what is remembered (the last RECOVERY_COUNT_MAX) and in which words; says
 * nothing that the core did not say.
 */

import {
  RECOVERY_KIND_DRIVE,
  RECOVERY_KIND_MEDIUM,
  RECOVERY_KIND_NONE,
  RECOVERY_KIND_STUCK_DRIVE,
  RECOVERY_KIND_TRANSPORT,
  RECOVERY_RESULT_ABANDONED,
  RECOVERY_RESULT_RECOVERED,
  RECOVERY_RESULT_REPORTED,
  RECOVERY_RESULT_RUNNING,
} from "../../assembly/spec/recovery-label.ts";
import type { RecoveryResult, RecoveryStatus } from "../lib/status-document.ts";

/** Older ones are in the log. */
const RECOVERY_COUNT_MAX = 64;
/** Steps of one recovery; one that retries for hours keeps its first ones. */
const STEP_COUNT_MAX = 256;
/** Characters of evidence. */
const CAUSE_LENGTH_MAX = 2048;

const KIND_WORDS: ReadonlyMap<number, string> = new Map([
  [RECOVERY_KIND_NONE, "unknown"],
  [RECOVERY_KIND_MEDIUM, "medium"],
  [RECOVERY_KIND_DRIVE, "drive"],
  [RECOVERY_KIND_STUCK_DRIVE, "stuck-drive"],
  [RECOVERY_KIND_TRANSPORT, "transport"],
]);

const RESULT_WORDS: ReadonlyMap<number, RecoveryResult> = new Map([
  [RECOVERY_RESULT_RUNNING, "running"],
  [RECOVERY_RESULT_RECOVERED, "recovered"],
  [RECOVERY_RESULT_REPORTED, "reported"],
  [RECOVERY_RESULT_ABANDONED, "abandoned"],
]);

/** The word of a RECOVERY_KIND_*. */
export function recoveryKindWord(kind: number): string {
  return KIND_WORDS.get(kind) ?? `kind ${kind}`;
}

/** The word of a RECOVERY_RESULT_*. */
export function recoveryResultWord(result: number): RecoveryResult {
  return RESULT_WORDS.get(result) ?? "running";
}

/** What AC_STEP says. */
export interface RecoveryStep {
  /** The lane's LUN. */
  readonly lane: number;
  /** The lane's own count of recoveries, from 1. */
  readonly number: number;
  readonly label: number;
  readonly kind: number;
  readonly result: number;
  /** Milliseconds of the monotonic clock. */
  readonly nowMs: number;
}

/** What the show block of a lane says about its running or last recovery. */
export interface RecoveryFigures {
  readonly lane: number;
  readonly number: number;
  readonly rewrittenBytes: number;
  readonly stallMsMax: number;
}

interface Entry {
  readonly id: number;
  readonly lane: number;
  readonly number: number;
  readonly startMs: number;
  kind: string;
  cause: string;
  readonly steps: { readonly label: string; readonly atMs: number }[];
  result: RecoveryResult;
  rewrittenBytes: number;
  stallMsMax: number;
}

/** The list, over all lanes. */
export class Recoveries {
  readonly #entries: Entry[] = [];
  /** Evidence of a lane that belongs to a recovery which has not begun yet. */
  readonly #evidence = new Map<number, string>();
  #lastId = 0;

  /** One step of a recovery; the first of a new number begins it. */
  step(step: RecoveryStep): void {
    const entry = this.#find(step.lane, step.number) ?? this.#begin(step);
    if (entry.steps.length < STEP_COUNT_MAX) {
      entry.steps.push({ label: String(step.label), atMs: step.nowMs - entry.startMs });
    }
    if (step.kind !== RECOVERY_KIND_NONE) {
      entry.kind = recoveryKindWord(step.kind);
    }
    entry.result = recoveryResultWord(step.result);
  }

  /** Words about a failure of that lane: the cause of its running recovery, or of the next. */
  evidence(lane: number, words: string): void {
    const running = this.#entries.findLast(
      (entry) => entry.lane === lane && entry.result === "running",
    );
    if (running === undefined) {
      this.#evidence.set(lane, words);
    } else {
      running.cause = joined(running.cause, words);
    }
  }

  /** The figures of a lane's running or last recovery. */
  figures(figures: RecoveryFigures): void {
    const entry = this.#find(figures.lane, figures.number);
    if (entry !== undefined) {
      entry.rewrittenBytes = figures.rewrittenBytes;
      entry.stallMsMax = figures.stallMsMax;
    }
  }

  /** Oldest first; `atMs` counts from the recovery's first step. */
  list(): RecoveryStatus[] {
    return this.#entries.map(({ startMs: _startMs, number: _number, steps, ...entry }) => ({
      ...entry,
      steps: [...steps],
    }));
  }

  #find(lane: number, number: number): Entry | undefined {
    return this.#entries.findLast((entry) => entry.lane === lane && entry.number === number);
  }

  #begin(step: RecoveryStep): Entry {
    this.#lastId += 1;
    const entry: Entry = {
      id: this.#lastId,
      lane: step.lane,
      number: step.number,
      startMs: step.nowMs,
      kind: recoveryKindWord(RECOVERY_KIND_NONE),
      cause: this.#evidence.get(step.lane) ?? "",
      steps: [],
      result: "running",
      rewrittenBytes: 0,
      stallMsMax: 0,
    };
    this.#evidence.delete(step.lane);
    this.#entries.push(entry);
    if (this.#entries.length > RECOVERY_COUNT_MAX) {
      this.#entries.shift();
    }
    return entry;
  }
}

function joined(before: string, words: string): string {
  if (before.includes(words)) {
    return before;
  }
  return (before === "" ? words : `${before}; ${words}`).slice(0, CAUSE_LENGTH_MAX);
}
