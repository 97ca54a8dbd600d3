/**
 * A time limit that is fair to the peer: when the limit is over, what has already arrived at the
 * socket is read first. Without that, a process that was stopped or busy for longer than the limit
 * would declare every peer dead on waking up.
 */

/** A running time limit. */
export interface Deadline {
  /** Ends it; does nothing when it has struck. */
  cancel(): void;
}

/**
 * Calls `strike` once after `timeoutMs` (0 to 2^31-1; more is clipped), at least one turn of the
 * event loop's poll phase after the timer, unless cancelled before.
 */
export function startDeadline(timeoutMs: number, strike: () => void): Deadline {
  let grace: NodeJS.Immediate | undefined;
  const timer = setTimeout(
    () => {
      // A timer runs before the poll phase, an immediate after it; twice, because one poll phase
      // reads only a bounded amount of each socket.
      grace = setImmediate(() => {
        grace = setImmediate(strike);
      });
    },
    Math.min(Math.max(timeoutMs, 0), TIMER_MS_MAX),
  );
  return {
    cancel(): void {
      clearTimeout(timer);
      clearImmediate(grace);
    },
  };
}

/** What setTimeout can hold; it would take a longer time for 1 ms. */
const TIMER_MS_MAX = 0x7fff_ffff;
