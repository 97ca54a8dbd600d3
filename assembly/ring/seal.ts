/**
 * Segments that will not grow any more: once everything in one is on stable storage, its seal says
 * so on the device, and an opening need not look inside. Decides when, and how many may wait.
 * Invariant: a sealed segment, and every one opened before it, was durable.
 */
import { act, params, setX } from "../lib/action.ts";
import { AC_RING_WRITE } from "../spec/action.ts";
import {
  HEAD_END_AT,
  HEAD_END_BYTES_AT,
  HEAD_END_FILEMARKS_AT,
  SEAL_HEADER_AT,
  SEAL_MAGIC,
  SEGMENT_HEADER_BYTES,
} from "../spec/ring-layout.ts";
import { ringIdentity, segmentOffset, segmentSize } from "./geometry.ts";
import { putSegmentCrc, putSegmentHeader, putSegmentImage } from "./header.ts";
import { imageNumber, imageTagAt } from "./image-table.ts";
import {
  SEGMENT_OPEN,
  SEGMENT_SEALED,
  segmentEnd,
  segmentEndBytes,
  segmentEndFilemarks,
  segmentFilemarks,
  segmentFirst,
  segmentImage,
  segmentPrevious,
  segmentSequence,
  segmentState,
  setSegmentState,
} from "./segment-table.ts";
import { durableSequence, sequenceDurable } from "./sequence.ts";
import { issueWrite, writeSlotsFree, writesDurable, writesIssued } from "./writes.ts";

/** Segments that wait, at most. */
export const SEAL_PENDING_MAX: u32 = 64;
/** So many bytes of closed segments may be not yet durable (or one segment): an opening must read them. */
const BEHIND_BYTES_MAX: u64 = 536870912;
/** Seals written at one completion, at most: a step has a bounded number of actions. */
const SEALS_PER_STEP: u32 = 4;
/** Waiting: 0 u64 serial of its last write   8 u32 segment   12 u32 sequence. */
const ROW_BYTES: u32 = 16;
const ROWS: u32 = memory.data(1024, 8) as u32;

let head: u32 = 0;
let used: u32 = 0;

export function sealsStart(): void {
  head = 0;
  used = 0;
}
function sealsFull(): bool {
  return used === SEAL_PENDING_MAX;
}

/**
 * No segment may be closed now: as many as an opening should have to read are not yet durable. What
 * makes them so was asked for when the last of them was closed.
 */
export function sealsBehind(): bool {
  if (sealsFull()) return true;
  if (used === 0 || load<u64>(ROWS + head * ROW_BYTES) <= writesDurable()) return false;
  return (used as u64) * (segmentSize() as u64) >= BEHIND_BYTES_MAX;
}

/** The segment will not grow any more. Where too many wait, it stays unsealed: the next opening looks inside. */
export function sealLater(segment: u32): void {
  if (sealsFull()) return;
  const at = ROWS + ((head + used) % SEAL_PENDING_MAX) * ROW_BYTES;
  store<u64>(at, writesIssued());
  store<u32>(at + 8, segment);
  store<u32>(at + 12, segmentSequence(segment));
  used += 1;
}

/** After every completion: writes the seals of what is durable now. */
export function sealPump(): void {
  let room = SEALS_PER_STEP;
  while (used > 0 && room > 0 && writeSlotsFree() > 2) {
    const at = ROWS + head * ROW_BYTES;
    if (load<u64>(at) > writesDurable()) return;
    const sequence = load<u32>(at + 12);
    const segment = load<u32>(at + 8);
    sequenceDurable(sequence);
    head = (head + 1) % SEAL_PENDING_MAX;
    used -= 1;
    if (segmentState(segment) !== SEGMENT_OPEN || segmentSequence(segment) !== sequence) continue;
    setSegmentState(segment, SEGMENT_SEALED);
    emitSeal(segment);
    room -= 1;
  }
}

function emitSeal(segment: u32): void {
  const offset = segmentOffset(segment) + (SEAL_HEADER_AT as u64);
  const image = segmentImage(segment);
  act(AC_RING_WRITE, issueWrite(0));
  setX(offset);
  const at = params(SEGMENT_HEADER_BYTES);
  putSegmentHeader(
    at,
    SEAL_MAGIC,
    ringIdentity(),
    offset,
    segmentSequence(segment),
    segmentPrevious(segment),
  );
  putSegmentImage(
    at,
    imageNumber(image),
    imageTagAt(image),
    segmentFirst(segment),
    segmentFilemarks(segment),
    durableSequence(),
  );
  store<u64>(at + HEAD_END_AT, segmentEnd(segment));
  store<u64>(at + HEAD_END_FILEMARKS_AT, segmentEndFilemarks(segment));
  store<u32>(at + HEAD_END_BYTES_AT, segmentEndBytes(segment));
  putSegmentCrc(at);
}
