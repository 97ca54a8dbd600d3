/**
 * The newest entries of the selected image, in memory: what a walker finds here costs no read, and
 * it is right before its bytes are on the device. A queue of RECENT_COUNT entries, in the order of
 * their objects and without a gap; the oldest falls out. Entry:
 *   0 u64 data offset   8 u64 first   16 u64 filemarks before   24 u32 count   28 u32 kind (and ENTRY_ENCRYPTED)
 *  32 u32 object bytes  36 u32 data bytes   40 u32 CRC32C
 */
import { ENTRY_ENCRYPTED, ENTRY_FILEMARK, ENTRY_KIND_MASK } from "../spec/ring-layout.ts";

export const RECENT_COUNT: u32 = 4096;
/** An entry; the rows are a little wider. */
export const RECENT_BYTES: u32 = 44;
const ROW_BYTES: u32 = 48;
const ROWS: u32 = memory.data(196608, 16) as u32;

let head: u32 = 0;
let used: u32 = 0;

/** Address of the n-th entry, 0 the oldest. */
function row(n: u32): u32 {
  return ROWS + ((head + n) % RECENT_COUNT) * ROW_BYTES;
}

export function recentClear(): void {
  head = 0;
  used = 0;
}
export function recentFull(): bool {
  return used === RECENT_COUNT;
}
/** The object after the oldest entry; only when there is one. */
export function recentOldestEnd(): u64 {
  return recentFirst(row(0)) + (recentCount(row(0)) as u64);
}

/** A new entry (the oldest falls out); its address, then storeData() there. */
export function recentPush(first: u64, filemarks: u64, kind: u32, count: u32): u32 {
  if (used === RECENT_COUNT) {
    head = (head + 1) % RECENT_COUNT;
    used -= 1;
  }
  const at = row(used);
  used += 1;
  storeEntry(at, first, filemarks, kind, count);
  return at;
}
/** Fills the entry at `at`, a row here or a walker's; then storeData(). */
export function storeEntry(at: u32, first: u64, filemarks: u64, kind: u32, count: u32): void {
  store<u64>(at + 8, first);
  store<u64>(at + 16, filemarks);
  store<u32>(at + 24, count);
  store<u32>(at + 28, kind);
}
/** Where its data lie. */
export function storeData(at: u32, offset: u64, objectBytes: u32, dataBytes: u32, crc: u32): void {
  store<u64>(at, offset);
  store<u32>(at + 32, objectBytes);
  store<u32>(at + 36, dataBytes);
  store<u32>(at + 40, crc);
}

/** Objects from `object` on are gone. */
export function recentCut(object: u64): void {
  while (used > 0 && recentFirst(row(used - 1)) >= object) used -= 1;
  if (used === 0) return;
  const at = row(used - 1);
  const left = object - recentFirst(at);
  if (left < (recentCount(at) as u64)) store<u32>(at + 24, left as u32);
}

/** Where most entries hold one object it lies as many entries before the newest as objects; 0: it does not. */
function guessOf(object: u64): u32 {
  const newest = used - 1;
  const back = recentFirst(row(newest)) - object;
  if (back > (newest as u64)) return 0;
  const at = row(newest - (back as u32));
  return recentFirst(at) === object ? at : 0;
}

/** Address of the entry with the object; 0 when it is not here. */
export function recentFind(object: u64): u32 {
  if (used === 0) return 0;
  const guess = guessOf(object);
  if (guess !== 0) return guess;
  if (object < recentFirst(row(0))) return 0;
  let low: u32 = 0;
  let high = used;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (recentFirst(row(middle)) <= object) low = middle;
    else high = middle;
  }
  const at = row(low);
  return object - recentFirst(at) < (recentCount(at) as u64) ? at : 0;
}

/** Address of the entry with the filemark (counted from 0 over the whole tape); 0 when not here. */
export function recentFindFilemark(filemark: u64): u32 {
  if (used === 0 || filemark < recentFilemarks(row(0))) return 0;
  let low: u32 = 0;
  let high = used;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (recentFilemarks(row(middle)) <= filemark) low = middle;
    else high = middle;
  }
  const at = row(low);
  if (recentKind(at) !== ENTRY_FILEMARK) return 0;
  return filemark - recentFilemarks(at) < (recentCount(at) as u64) ? at : 0;
}

export function recentOffset(at: u32): u64 {
  return load<u64>(at);
}
export function recentFirst(at: u32): u64 {
  return load<u64>(at + 8);
}
export function recentFilemarks(at: u32): u64 {
  return load<u64>(at + 16);
}
export function recentCount(at: u32): u32 {
  return load<u32>(at + 24);
}
export function recentKind(at: u32): u32 {
  return load<u32>(at + 28) & ENTRY_KIND_MASK;
}
export function recentEncrypted(at: u32): bool {
  return (load<u32>(at + 28) & ENTRY_ENCRYPTED) !== 0;
}
export function recentObjectBytes(at: u32): u32 {
  return load<u32>(at + 32);
}
export function recentDataBytes(at: u32): u32 {
  return load<u32>(at + 36);
}
export function recentCrc(at: u32): u32 {
  return load<u32>(at + 40);
}
