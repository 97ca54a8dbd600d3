/**
 * Where READ ATTRIBUTE data (values) hold an attribute: available bytes (4), then of each attribute identifier (2),
 * flags (1), length (2), value. Decides nothing.
 */
import { get16, get32 } from "../lib/bytes.ts";

const LIST_AT: u32 = 4;
const HEAD_BYTES: u32 = 5;

/** Address of the value of an attribute in `bytes` bytes at `at`; 0: it is not there, or not whole. */
export function attributeFind(at: u32, bytes: u32, identifier: u32): u32 {
  if (bytes < LIST_AT) return 0;
  // What is available may be more than what came.
  const left = bytes - LIST_AT;
  const end = at + LIST_AT + min(left, get32(at));
  let next = at + LIST_AT;
  while (next + HEAD_BYTES <= end) {
    const value = next + HEAD_BYTES;
    const length = attributeBytes(value);
    if (value + length > end) return 0;
    if (get16(next) === identifier) return value;
    next = value + length;
  }
  return 0;
}
/** Length of the value that was found there. */
export function attributeBytes(value: u32): u32 {
  return get16(value - 2);
}
