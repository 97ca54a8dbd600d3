/**
 * Attributes of a cartridge's memory in READ ATTRIBUTE data (values) and in lists of WRITE ATTRIBUTE: bytes that
 * follow (4), then of each attribute identifier (2), flags (1), length (2), value. Decides nothing.
 */
import { get16, get32 } from "../lib/bytes.ts";

export const LIST_HEAD_BYTES: u32 = 4;
export const ATTRIBUTE_HEAD_BYTES: u32 = 5;

/** Where the attributes end in `bytes` bytes at `at`; what is available may be more than what came. */
export function attributesEnd(at: u32, bytes: u32): u32 {
  if (bytes < LIST_HEAD_BYTES) return at;
  return at + LIST_HEAD_BYTES + min(bytes - LIST_HEAD_BYTES, get32(at));
}
/** The whole attribute at `at` lies before `end`. */
export function attributeIsWhole(at: u32, end: u32): bool {
  return at + ATTRIBUTE_HEAD_BYTES <= end && attributeNext(at) <= end;
}
export function attributeIdentifier(at: u32): u32 {
  return get16(at);
}
/** Length of the value of the attribute at `at`. */
export function attributeLength(at: u32): u32 {
  return get16(at + 3);
}
/** Where the attribute behind the one at `at` is. */
export function attributeNext(at: u32): u32 {
  return at + ATTRIBUTE_HEAD_BYTES + attributeLength(at);
}

/** Address of the value of an attribute in `bytes` bytes at `at`; 0: it is not there, or not whole. */
export function attributeFind(at: u32, bytes: u32, identifier: u32): u32 {
  const end = attributesEnd(at, bytes);
  for (let next = at + LIST_HEAD_BYTES; attributeIsWhole(next, end); next = attributeNext(next)) {
    if (attributeIdentifier(next) === identifier) return next + ATTRIBUTE_HEAD_BYTES;
  }
  return 0;
}
/** Length of the value that was found there. */
export function attributeBytes(value: u32): u32 {
  return get16(value - 2);
}
