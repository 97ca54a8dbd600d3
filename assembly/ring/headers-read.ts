/**
 * Takes one segment's two headers, as read at opening, into the index. Decides which of the two
 * counts, whether the segment can belong to an image at all, and whether it has to be wiped.
 */
import { eventParamBytes } from "../lib/event.ts";
import { PARAM_IN_AT } from "../spec/abi.ts";
import {
  BAD_CRC,
  BAD_MAGIC,
  BAD_NONE,
  BAD_OFFSET,
  BAD_READ,
  HEAD_DURABLE_AT,
  HEAD_END_AT,
  HEAD_END_BYTES_AT,
  HEAD_END_FILEMARKS_AT,
  HEAD_FILEMARKS_AT,
  HEAD_FIRST_AT,
  HEAD_IMAGE_AT,
  HEAD_PREVIOUS_AT,
  HEAD_SEQUENCE_AT,
  IMAGE_COUNT_MAX,
  OPEN_HEADER_AT,
  OPEN_MAGIC,
  SEAL_HEADER_AT,
  SEAL_MAGIC,
  SEGMENT_DATA_AT,
  SEGMENT_HEADER_BYTES,
} from "../spec/ring-layout.ts";
import { ringIdentity, segmentOffset, segmentSize } from "./geometry.ts";
import { checkSegmentHeader } from "./header.ts";
import { imageBase, imageCutObject, imageCutSequence, imageNumber } from "./image-table.ts";
import { reportBad } from "./scan.ts";
import {
  SEGMENT_FREE,
  SEGMENT_OPEN,
  SEGMENT_SEALED,
  SEGMENT_WIPE,
  segmentState,
  setSegmentEnd,
  setSegmentEndBytes,
  setSegmentFirst,
  setSegmentImage,
  setSegmentSequence,
  setSegmentState,
} from "./segment-table.ts";
import { sequenceDurable, sequenceSeen } from "./sequence.ts";

/** The params of the event are the bytes from OPEN_HEADER_AT on: the open header, then the seal. */
export function readSegmentHeader(segment: u32): void {
  const start = segmentOffset(segment);
  if (eventParamBytes() < 2 * SEGMENT_HEADER_BYTES) {
    reportBad(BAD_READ, start);
    return;
  }
  const open = PARAM_IN_AT;
  const seal = PARAM_IN_AT + SEGMENT_HEADER_BYTES;
  const openBad = check(open, OPEN_MAGIC, start + (OPEN_HEADER_AT as u64));
  const sealBad = check(seal, SEAL_MAGIC, start + (SEAL_HEADER_AT as u64));
  if (sealBad === BAD_NONE && !isSane(seal)) return;
  if (openBad === BAD_NONE) {
    const sealed = sealBad === BAD_NONE && sequenceOf(open) === sequenceOf(seal);
    adopt(segment, sealed ? seal : open, sealed);
  } else if (sealBad === BAD_NONE) {
    // The seal says all that the open header says.
    adopt(segment, seal, true);
  }
  if (
    segmentState(segment) === SEGMENT_FREE &&
    (isRemnant(open, openBad) || isRemnant(seal, sealBad))
  ) {
    setSegmentState(segment, SEGMENT_WIPE);
  }
}

/**
 * A part of a header, which a power cut has left. The next header that is written there may be torn so
 * that the two parts are the old header, whole: of a segment that nobody counted on any more.
 */
function isRemnant(at: u32, reason: u32): bool {
  return reason === BAD_CRC || (reason === BAD_MAGIC && !isZero(at));
}

function isZero(at: u32): bool {
  for (let i: u32 = 0; i < SEGMENT_HEADER_BYTES; i += 8) {
    if (load<u64>(at + i) !== 0) return false;
  }
  return true;
}

function check(at: u32, magic: u32, offset: u64): u32 {
  const reason = checkSegmentHeader(at, magic, ringIdentity(), offset);
  if (reason === BAD_CRC || reason === BAD_OFFSET) reportBad(reason, offset);
  return reason;
}

function sequenceOf(at: u32): u32 {
  return load<u32>(at + HEAD_SEQUENCE_AT);
}

function isSane(seal: u32): bool {
  const bytes = load<u32>(seal + HEAD_END_BYTES_AT);
  return bytes >= SEGMENT_DATA_AT && bytes <= segmentSize();
}

function adopt(segment: u32, at: u32, sealed: bool): void {
  const sequence = sequenceOf(at);
  sequenceSeen(sequence);
  sequenceDurable(load<u32>(at + HEAD_DURABLE_AT));
  if (sealed) sequenceDurable(sequence);
  const image = imageByNumber(load<u32>(at + HEAD_IMAGE_AT));
  if (image < 0) return;
  const first = load<u64>(at + HEAD_FIRST_AT);
  const filemarks = load<u64>(at + HEAD_FILEMARKS_AT);
  const index = image as u32;
  // Given up, durably: its bytes may be those of a later use that lost its open header.
  if (first < imageBase(image)) return;
  if (sequence < imageCutSequence(index) && first >= imageCutObject(index)) return;
  setSegmentState(segment, sealed ? SEGMENT_SEALED : SEGMENT_OPEN);
  setSegmentImage(segment, index);
  setSegmentSequence(segment, sequence, load<u32>(at + HEAD_PREVIOUS_AT));
  setSegmentFirst(segment, first, filemarks);
  setSegmentEnd(segment, first, filemarks);
  setSegmentEndBytes(segment, SEGMENT_DATA_AT);
  if (!sealed) return;
  setSegmentEnd(segment, load<u64>(at + HEAD_END_AT), load<u64>(at + HEAD_END_FILEMARKS_AT));
  setSegmentEndBytes(segment, load<u32>(at + HEAD_END_BYTES_AT));
}

function imageByNumber(number: u32): i32 {
  for (let i: u32 = 0; i < IMAGE_COUNT_MAX; i++) {
    if (number !== 0 && imageNumber(i) === number) return i as i32;
  }
  return -1;
}
