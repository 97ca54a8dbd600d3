/**
 * The practice library's time: what moves at a pace waits here, so that tests can move the hands.
 * Decides nothing.
 */

/** Milliseconds of a steady clock, and a wait of so many. */
export interface Clock {
  now(): number;
  /** Fulfilled after `ms` (0 or less: at once). */
  wait(ms: number): Promise<void>;
}

/** The machine's steady clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wait: (ms) =>
    ms <= 0
      ? Promise.resolve()
      : new Promise((resolve) => {
          setTimeout(resolve, ms);
        }),
};
