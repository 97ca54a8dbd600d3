/**
 * Keeps a line that comes for every record from filling the log: the same code again within a second
 * is only counted. Decides nothing about what is said.
 */

import type { Clock } from "./clock.ts";

/** One line of a code per this time; what failed and what was decided comes more rarely. */
const REPEAT_MS = 1000;

interface Code {
  shownAtMs: number;
  hiddenCount: number;
}

/** The limiter of one core's log. */
export class RepeatLimit {
  readonly #clock: Clock;
  /** By log code: as many as there are codes. */
  readonly #codes = new Map<number, Code>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** undefined: do not show it; else how many were not shown since the last that was. */
  admit(code: number): number | undefined {
    const nowMs = this.#clock.nowMs();
    const known = this.#codes.get(code);
    if (known === undefined) {
      this.#codes.set(code, { shownAtMs: nowMs, hiddenCount: 0 });
      return 0;
    }
    if (nowMs - known.shownAtMs < REPEAT_MS) {
      known.hiddenCount += 1;
      return undefined;
    }
    const { hiddenCount } = known;
    known.shownAtMs = nowMs;
    known.hiddenCount = 0;
    return hiddenCount;
  }
}
