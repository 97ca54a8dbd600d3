/**
 * The index: one row a segment in static memory, and the chains of segments that make an image.
 * Decides nothing about what may be used again. Row:
 *   0 u32 sequence   4 u32 previous sequence   8 u64 first object   16 u64 end object
 *  24 u64 filemarks in [0, first)   32 u64 filemarks in [0, end)
 *  40 u32 end bytes (of the last entry, from the segment's start)   44 u16 next   46 u8 image   47 u8 state
 * Invariants: `next` links an image's segments in the order of their objects, without a gap; the
 * counts by state are those of the rows.
 */
import { SEGMENT_COUNT_MAX, SEGMENT_NONE } from "../spec/ring-layout.ts";
import { segmentTotal } from "./geometry.ts";

const ROW_BYTES: u32 = 48;
const TABLE: u32 = memory.data(3145680, 16) as u32;

/** May be written. */
export const SEGMENT_FREE: u32 = 0;
/** Given up, but not yet on stable storage that it is: must not be written. */
export const SEGMENT_DYING: u32 = 1;
/** Belongs to an image; what it holds is in the row. */
export const SEGMENT_SEALED: u32 = 2;
/** Belongs to an image; on the device nothing says yet what it holds. */
export const SEGMENT_OPEN: u32 = 3;
/** Only while opening: its headers are to be wiped, then it is free. */
export const SEGMENT_WIPE: u32 = 4;

let freeCount: u32 = 0;
let dyingCount: u32 = 0;
let nextFree: u32 = 0;

function row(segment: u32): u32 {
  return TABLE + segment * ROW_BYTES;
}

/** All segments of the ring free. */
export function segmentsStart(): void {
  assert(SEGMENT_COUNT_MAX * ROW_BYTES === 3145680);
  memory.fill(TABLE, 0, segmentTotal() * ROW_BYTES);
  freeCount = segmentTotal();
  dyingCount = 0;
  nextFree = 0;
}

export function segmentState(segment: u32): u32 {
  return load<u8>(row(segment) + 47) as u32;
}
export function setSegmentState(segment: u32, state: u32): void {
  const before = segmentState(segment);
  if (before === SEGMENT_FREE) freeCount -= 1;
  if (before === SEGMENT_DYING) dyingCount -= 1;
  if (state === SEGMENT_FREE) freeCount += 1;
  if (state === SEGMENT_DYING) dyingCount += 1;
  store<u8>(row(segment) + 47, state as u8);
}
export function segmentsFree(): u32 {
  return freeCount;
}
export function segmentsDying(): u32 {
  return dyingCount;
}

/** The next free segment around the circle, SEGMENT_NONE when there is none. */
export function findFree(): u32 {
  if (freeCount === 0) return SEGMENT_NONE;
  while (segmentState(nextFree) !== SEGMENT_FREE) nextFree = (nextFree + 1) % segmentTotal();
  return nextFree;
}

/** It is on stable storage what was given up: every dying segment is free. */
export function freeDying(): void {
  for (let s: u32 = 0; dyingCount > 0; s++) {
    if (segmentState(s) === SEGMENT_DYING) setSegmentState(s, SEGMENT_FREE);
  }
}

export function segmentSequence(segment: u32): u32 {
  return load<u32>(row(segment));
}
export function segmentPrevious(segment: u32): u32 {
  return load<u32>(row(segment) + 4);
}
export function setSegmentSequence(segment: u32, sequence: u32, previous: u32): void {
  store<u32>(row(segment), sequence);
  store<u32>(row(segment) + 4, previous);
}
export function segmentFirst(segment: u32): u64 {
  return load<u64>(row(segment) + 8);
}
export function segmentEnd(segment: u32): u64 {
  return load<u64>(row(segment) + 16);
}
/** Filemarks in [0, first). */
export function segmentFilemarks(segment: u32): u64 {
  return load<u64>(row(segment) + 24);
}
/** Filemarks in [0, end). */
export function segmentEndFilemarks(segment: u32): u64 {
  return load<u64>(row(segment) + 32);
}
export function setSegmentFirst(segment: u32, first: u64, filemarks: u64): void {
  store<u64>(row(segment) + 8, first);
  store<u64>(row(segment) + 24, filemarks);
}
export function setSegmentEnd(segment: u32, end: u64, filemarks: u64): void {
  store<u64>(row(segment) + 16, end);
  store<u64>(row(segment) + 32, filemarks);
}
/** Where the last entry ends, in bytes from the segment's start. */
export function segmentEndBytes(segment: u32): u32 {
  return load<u32>(row(segment) + 40);
}
export function setSegmentEndBytes(segment: u32, bytes: u32): void {
  store<u32>(row(segment) + 40, bytes);
}
/** An entry of `bytes` bytes more, up to object `end`. */
export function segmentGrow(segment: u32, bytes: u32, end: u64, filemarks: u64): void {
  const at = row(segment);
  store<u64>(at + 16, end);
  store<u64>(at + 32, filemarks);
  store<u32>(at + 40, load<u32>(at + 40) + bytes);
}
export function segmentNext(segment: u32): u32 {
  return load<u16>(row(segment) + 44) as u32;
}
export function setSegmentNext(segment: u32, next: u32): void {
  store<u16>(row(segment) + 44, next as u16);
}
export function segmentImage(segment: u32): u32 {
  return load<u8>(row(segment) + 46) as u32;
}
export function setSegmentImage(segment: u32, image: u32): void {
  store<u8>(row(segment) + 46, image as u8);
}

/** Bytes of index in use: rows of segments that are not free. */
export function ringIndexBytes(): u64 {
  return ((segmentTotal() - freeCount) * ROW_BYTES) as u64;
}
