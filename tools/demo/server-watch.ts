/**
 * What the backup server had to see: errors, BUSY answers, the longest wait. Decides nothing; one
 * watch belongs to one job and is shared by its drive and its changer.
 */

/** One thing that backup software would have stopped for, in words. */
export interface ServerError {
  readonly command: string;
  readonly what: string;
}

/** The longest that one command took. */
export interface Stall {
  readonly command: string;
  readonly ms: number;
}

/** A job that fails at every command must not fill the memory with its complaints. */
const ERRORS_KEPT_MAX = 20;

/** Counts for one job. */
export class ServerWatch {
  /** The first ones; `errorCount` has them all. */
  readonly errors: ServerError[] = [];
  errorCount = 0;
  busyCount = 0;
  /** Longest command while streaming; `ms` 0 before the first one. */
  stall: Stall = { command: "", ms: 0 };

  saw(command: string, what: string): void {
    this.errorCount += 1;
    if (this.errors.length < ERRORS_KEPT_MAX) {
      this.errors.push({ command, what });
    }
  }

  waited(command: string, ms: number): void {
    if (ms > this.stall.ms) {
      this.stall = { command, ms };
    }
  }
}
