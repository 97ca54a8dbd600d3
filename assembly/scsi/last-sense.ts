/** Sense data of the last CHECK CONDITION, for a REQUEST SENSE that follows it. */
import { DONE_SENSE_BYTES } from "../spec/event.ts";

const LAST: usize = memory.data(64, 8);
let bytes: u32 = 0;

export function setLastSense(at: u32, count: u32): void {
  bytes = count;
  memory.copy(LAST, at, count);
}
export function clearLastSense(): void {
  bytes = 0;
}
/** Copies it to `at` (DONE_SENSE_BYTES); answers its length, 0 where there is none. */
export function takeLastSense(at: u32): u32 {
  const count = bytes;
  assert(count <= DONE_SENSE_BYTES);
  memory.copy(at, LAST, count);
  bytes = 0;
  return count;
}
