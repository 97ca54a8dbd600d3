/** How often a core may be started again: a fault that comes at once again must come to an end. */

import type { Clock } from "./clock.ts";

/** So many restarts within RESTART_WINDOW_MS; the next failure is for good. */
export const RESTART_COUNT_MAX = 5;
export const RESTART_WINDOW_MS = 600_000;

/** The restarts of one core. */
export class RestartLimit {
  readonly #clock: Clock;
  #atMs: number[] = [];
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** All that there were. */
  get count(): number {
    return this.#count;
  }

  /** Counts one more; false where there were too many. */
  admit(): boolean {
    const nowMs = this.#clock.nowMs();
    this.#atMs = this.#atMs.filter((atMs) => nowMs - atMs < RESTART_WINDOW_MS);
    if (this.#atMs.length >= RESTART_COUNT_MAX) {
      return false;
    }
    this.#atMs.push(nowMs);
    this.#count += 1;
    return true;
  }
}
