/**
 * One after the other: commands of a unit, and the robot's hand in a drive. Decides order only.
 * Invariant: a job starts when the one before has ended, however it ended.
 */

/** A line of jobs. */
export class Turnstile {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `job` after all before it; gives its result or its fault. */
  run<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#last.then(job);
    this.#last = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}
