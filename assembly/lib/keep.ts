/**
 * The keep block (spec/keep.ts) on its way between instances; and, for the changer, lays values into it
 * or takes them back by the same calls in the same order: a module that keeps something writes
 * `value = keep32(value)` once, for both directions. A lane's values live in the block (lane/keep.ts).
 */
import { PARAM_IN_AT } from "../spec/abi.ts";
import { KEEP_AT, KEEP_BYTES_MAX, KEEP_LENGTH_AT, KEEP_VERSION } from "../spec/keep.ts";
import { eventA, eventParamBytes } from "./event.ts";

let at: u32 = KEEP_AT;
let restores: bool = false;
let given: bool = false;
let version: u32 = 0;

/** EV_KEEP: a piece of an earlier instance's block. One of another version is not taken. */
export function keepPiece(): void {
  const bytes = eventParamBytes();
  assert(eventA() <= KEEP_BYTES_MAX && bytes <= KEEP_BYTES_MAX - eventA());
  if (eventA() === 0) version = load<u32>(PARAM_IN_AT);
  given = true;
  if (version === KEEP_VERSION) memory.copy(KEEP_AT + eventA(), PARAM_IN_AT, bytes);
}
/** There is a block of an earlier instance. */
export function keepGiven(): bool {
  return given;
}
/** Version of that block. */
export function keptVersion(): u32 {
  return version;
}

/** Begins to lay values into the block, from that address on. */
export function keepSave(from: u32): void {
  at = from;
  restores = false;
}
/** Everything has been laid into the block. */
export function keepSaved(): void {
  store<u32>(KEEP_AT, KEEP_VERSION);
  store<u32>(KEEP_AT + KEEP_LENGTH_AT, at - KEEP_AT);
}
/** Begins to take values back, from that address on; false: the block is of another version. */
export function keepRestore(from: u32): bool {
  at = from;
  restores = true;
  return keptVersion() === KEEP_VERSION;
}

function take(bytes: u32): u32 {
  const here = at;
  at += bytes;
  assert(at <= KEEP_AT + KEEP_BYTES_MAX);
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
