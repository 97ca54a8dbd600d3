/**
 * The pace of a tape: how long so many bytes take. Decides the time at which bytes have passed, not
 * who waits for it. Invariant: over any time the bytes let through are at most rate x time + slack.
 */

import type { Clock } from "./clock.ts";

const MS_PER_SECOND = 1000;

/** One stream of bytes under a head. */
export class Pacer {
  readonly #clock: Clock;
  readonly #bytesPerSecond: () => number | undefined;
  readonly #slackBytes: (rate: number) => number;
  #freeAtMs = 0;

  /** `bytesPerSecond` is asked each time, undefined means no limit; `slackBytes` may run ahead. */
  constructor(
    clock: Clock,
    bytesPerSecond: () => number | undefined,
    slackBytes: (rate: number) => number,
  ) {
    this.#clock = clock;
    this.#bytesPerSecond = bytesPerSecond;
    this.#slackBytes = slackBytes;
  }

  /** Takes `bytes` and gives how many milliseconds from now they have passed, 0 for now. */
  take(bytes: number): number {
    const rate = this.#bytesPerSecond();
    if (rate === undefined) {
      return 0;
    }
    const now = this.#clock.now();
    const earliest = now - (this.#slackBytes(rate) * MS_PER_SECOND) / rate;
    this.#freeAtMs = Math.max(this.#freeAtMs, earliest) + (bytes * MS_PER_SECOND) / rate;
    return Math.max(0, this.#freeAtMs - now);
  }
}
