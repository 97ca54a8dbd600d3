/**
 * The data of one command on their way from the server, which outlive the core that asked for them: an
 * initiator sends them once. Decides where the bytes are at the moment: at first where that core wanted
 * them, after `detach` in memory that nobody else uses.
 * Invariants: the task is asked once; whoever waits is told once, and nobody after `detach`.
 */

import type { TargetTask } from "../lib/logical-unit.ts";

/** What one command's data need. */
export class Arrival {
  #bytes: Uint8Array;
  #isWhole = false;
  /** The bytes are a copy that only this has. */
  #isCopy = false;
  #whenWhole: (() => void) | undefined;
  /** Gives the memory of an earlier core back. */
  #release: (() => void) | undefined;

  /** Data come into `into`; `whenWhole` is called when they are all there, perhaps at once. */
  constructor(task: TargetTask, into: Uint8Array, whenWhole: () => void) {
    this.#bytes = into;
    this.#whenWhole = whenWhole;
    task.receive(into, () => {
      this.#isWhole = true;
      this.#tell();
    });
  }

  /**
   * Nobody waits any more. Data that are whole are copied; memory into which more comes is kept until
   * they were taken, then `release` is called. True where it was taken over.
   */
  detach(release: () => void): boolean {
    this.#whenWhole = undefined;
    if (this.#isWhole) {
      // Of a Buffer slice() would be a view.
      this.#bytes = new Uint8Array(this.#bytes);
      this.#isCopy = true;
      this.drop();
      return false;
    }
    if (this.#release !== undefined) {
      return false;
    }
    this.#release = release;
    return true;
  }

  /** Copies the data to `into` when they are all there, then calls `whenWhole`; perhaps at once. */
  take(into: Uint8Array, whenWhole: () => void): void {
    this.#whenWhole = () => {
      into.set(this.#bytes.subarray(0, into.length));
      if (this.#isCopy) {
        // They may be secret.
        this.#bytes.fill(0);
        this.#isCopy = false;
      }
      this.#bytes = into;
      this.drop();
      whenWhole();
    };
    if (this.#isWhole) {
      this.#tell();
    }
  }

  /** The task has ended: memory of an earlier core is given back. */
  drop(): void {
    this.#release?.();
    this.#release = undefined;
  }

  #tell(): void {
    const then = this.#whenWhole;
    this.#whenWhole = undefined;
    then?.();
  }
}
