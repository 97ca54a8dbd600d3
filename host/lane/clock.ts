/**
 * Time as the cores see it: whole milliseconds of a monotonic clock, and one-shot timers. The one
 * real clock is here; a simulation brings its own.
 */

/** The port to time. */
export interface Clock {
  /** Whole milliseconds since some moment; never goes back. */
  nowMs(): number;
  /** Calls `then` once, not before `delayMs` have passed. Returns how to call it off. */
  after(delayMs: number, then: () => void): () => void;
}

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Math.floor(performance.now()),
  after: (delayMs, then) => {
    const timer = setTimeout(then, delayMs);
    return () => clearTimeout(timer);
  },
};
