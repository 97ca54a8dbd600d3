/** What this process holds, after a collection: what a run leaves behind is growth. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes on the heap. */
export function heapBytes(): number {
  collectAll();
  return process.memoryUsage().heapUsed;
}

/** Bytes on the heap and in buffers that something still refers to. */
export function heldBytes(): number {
  collectAll();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function collectAll(): void {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  // Buffers of the first collection are given back by the time of the second.
  collect();
  collect();
}

/** So much more may be held at the end of a run than after its warm-up. */
export const GROWTH_BYTES_MAX = 8 * 1024 * 1024;
