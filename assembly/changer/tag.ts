/** Volume tags in memory: VOLUME_TAG_BYTES each, blank padded. Decides nothing. */
import { VOLUME_TAG_BYTES } from "../spec/abi.ts";

const BLANK: u64 = 0x2020202020202020;

/** Copies a tag as a library gives it; zeros, and what follows a zero, become blanks. */
export function tagNormalize(to: u32, from: u32): void {
  let ended = false;
  for (let i: u32 = 0; i < VOLUME_TAG_BYTES; i++) {
    const byte = load<u8>(from + i);
    if (byte === 0) ended = true;
    store<u8>(to + i, ended ? 0x20 : byte);
  }
}
export function tagCopy(to: u32, from: u32): void {
  memory.copy(to, from, VOLUME_TAG_BYTES);
}
export function tagErase(at: u32): void {
  memory.fill(at, 0x20, VOLUME_TAG_BYTES);
}
export function tagEqual(a: u32, b: u32): bool {
  for (let i: u32 = 0; i < VOLUME_TAG_BYTES; i += 8) {
    if (load<u64>(a + i) !== load<u64>(b + i)) return false;
  }
  return true;
}
export function tagBlank(at: u32): bool {
  for (let i: u32 = 0; i < VOLUME_TAG_BYTES; i += 8) {
    if (load<u64>(at + i) !== BLANK) return false;
  }
  return true;
}
