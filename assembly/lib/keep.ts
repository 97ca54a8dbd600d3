/**
 * Lays values into the keep block (spec/keep.ts) or takes them back, by the same calls in the same
 * order: a module that keeps something writes `value = keep32(value)` once, for both directions.
 */
import { KEEP_AT, KEEP_BYTES } from "../spec/keep.ts";

let at: u32 = KEEP_AT;
let end: u32 = KEEP_AT + KEEP_BYTES;
let restores: bool = false;

/** Begins to lay values into the block. */
export function keepSave(): void {
  at = KEEP_AT;
  end = KEEP_AT + KEEP_BYTES;
  restores = false;
}
/** Begins to take values back from a copy of the block at `from`. */
export function keepRestore(from: u32): void {
  at = from;
  end = from + KEEP_BYTES;
  restores = true;
}

function take(bytes: u32): u32 {
  const here = at;
  at += bytes;
  assert(at <= end);
  return here;
}

/** The value as it is now: the same, or the one that was kept. */
export function keep32(value: u32): u32 {
  const here = take(4);
  if (restores) return load<u32>(here);
  store<u32>(here, value);
  return value;
}
export function keep64(value: u64): u64 {
  const here = take(8);
  if (restores) return load<u64>(here);
  store<u64>(here, value);
  return value;
}
export function keepFlag(value: bool): bool {
  return keep32(value ? 1 : 0) !== 0;
}
/** `bytes` bytes of memory at `address`. */
export function keepBytes(address: u32, bytes: u32): void {
  const here = take(bytes);
  if (restores) memory.copy(address, here, bytes);
  else memory.copy(here, address, bytes);
}
