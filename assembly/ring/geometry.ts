/**
 * What the ring is and whether it works: identity, size, segments; opening, ready or broken.
 * Invariant: a segment lies wholly inside the size; broken is for ever (until the next start).
 */

import { kept } from "../lane/keep.ts";
import { act, logNumbers } from "../lib/action.ts";
import { AC_RING_LOST } from "../spec/action.ts";
import { LOG_RING_FAULT } from "../spec/log-code.ts";
import {
  RING_BROKEN,
  RING_HEAD_BYTES,
  RING_OPENING,
  SEGMENT_COUNT_MAX,
  SEGMENT_DATA_AT,
} from "../spec/ring-layout.ts";

let size: u64 = 0;
let identity: u64 = 0;
let segmentBytes: u64 = 0;
let segmentCount: u32 = 0;
let state: u32 = RING_OPENING;

/** Forgets everything; size of the device or file in bytes. */
export function geometryStart(sizeBytes: u64): void {
  size = sizeBytes;
  state = RING_OPENING;
  kept.ringFault = 0;
  segmentCount = 0;
}

/** A fresh ring: segments of `smallest` bytes, doubled until their number can be indexed. */
export function geometryFormat(newIdentity: u64, smallest: u64): void {
  identity = newIdentity;
  segmentBytes = smallest;
  while (segmentsThatFit() > (SEGMENT_COUNT_MAX as u64)) segmentBytes <<= 1;
  segmentCount = segmentsThatFit() as u32;
}

/**
 * The ring that a superblock describes. A device that has grown gives more segments; false when
 * what the superblock says does not fit on the device.
 */
export function geometryAdopt(itsIdentity: u64, itsSegmentBytes: u64, itsCount: u32): bool {
  if (itsSegmentBytes < 2 * (SEGMENT_DATA_AT as u64) || itsSegmentBytes > u32.MAX_VALUE)
    return false;
  identity = itsIdentity;
  segmentBytes = itsSegmentBytes;
  const fit = segmentsThatFit();
  if (itsCount === 0 || (itsCount as u64) > fit) return false;
  segmentCount = min<u64>(fit, SEGMENT_COUNT_MAX as u64) as u32;
  return true;
}

function segmentsThatFit(): u64 {
  return size < RING_HEAD_BYTES ? 0 : (size - RING_HEAD_BYTES) / segmentBytes;
}

/** Bytes of the device or file. */
export function ringSizeBytes(): u64 {
  return size;
}
export function ringIdentity(): u64 {
  return identity;
}
/** Bytes of a segment, at most 2^32 - 1. */
export function segmentSize(): u32 {
  return segmentBytes as u32;
}
export function segmentTotal(): u32 {
  return segmentCount;
}
/** Ring offset of a segment. */
export function segmentOffset(segment: u32): u64 {
  return (RING_HEAD_BYTES as u64) + (segment as u64) * segmentBytes;
}

/** RING_OPENING, RING_READY or RING_BROKEN. */
export function ringState(): u32 {
  return state;
}
/** The error number of the machine that broke the ring; 0 before. */
export function ringFault(): u32 {
  return kept.ringFault;
}
export function setRingState(value: u32): void {
  state = value;
}
/** The device failed: from here on nothing is written to it. */
export function breakRing(errorNumber: u32): void {
  if (state === RING_BROKEN) return;
  state = RING_BROKEN;
  kept.ringFault = errorNumber;
  logNumbers(LOG_RING_FAULT, errorNumber, 0);
  act(AC_RING_LOST, 0);
}
