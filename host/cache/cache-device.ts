/** The port to a lane's cache device: positional bytes, no format. Faults are positive error numbers. */

import type { OperatorError } from "../lib/error.ts";

/** What devices write as one, or a multiple of it; a power of two. */
export const CACHE_BLOCK_BYTES = 4096;

export interface CacheDevice {
  readonly sizeBytes: number;
  /**
   * Writes the parts one after the other at `offset`; they must not change before `done` (errno 0: all
   * written). Behind them, up to a multiple of CACHE_BLOCK_BYTES, zeros may be written: of a block that is
   * written in pieces the front comes first.
   */
  write(offset: number, parts: readonly Uint8Array[], done: (errno: number) => void): void;
  /** Everything whose write has ended is on stable storage when `done` says 0. */
  flush(done: (errno: number) => void): void;
  /** Reads until `into` is full or the device ends. */
  read(offset: number, into: Uint8Array, done: (errno: number, bytes: number) => void): void;
  /** Closes it; nothing may be outstanding. */
  close(): void;
}

/** A cache device that could not be opened: what, where, what to do. */
export interface CacheFault {
  readonly fault: OperatorError;
}
