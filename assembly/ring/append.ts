/**
 * Where new objects of the selected image go: reserve a place, commit what came, or cancel. Opens
 * and closes segments. While the ring is broken, places are addresses beyond the ring's size that
 * live in the host's memory only. Invariants: at most one reservation; entries of a segment follow
 * each other without a gap; an entry is in the index before its bytes are on the device.
 */
import { act, params, setA, setB, setC, setX, setY } from "../lib/action.ts";
import { AC_RING_WRITE } from "../spec/action.ts";
import {
  ENTRY_COUNT_AT,
  ENTRY_DATA_BYTES_AT,
  ENTRY_DATA_CRC_AT,
  ENTRY_FILEMARK,
  ENTRY_FILEMARKS_AT,
  ENTRY_FIRST_AT,
  ENTRY_HEADER_BYTES,
  OPEN_HEADER_AT,
  OPEN_MAGIC,
  RING_BROKEN,
  RING_READY,
  SEGMENT_DATA_AT,
  SEGMENT_HEADER_BYTES,
  SEGMENT_NONE,
} from "../spec/ring-layout.ts";
import { ringIdentity, ringSizeBytes, ringState, segmentOffset, segmentSize } from "./geometry.ts";
import {
  entryBytes,
  putEntryHeader,
  putSegmentCrc,
  putSegmentHeader,
  putSegmentImage,
} from "./header.ts";
import {
  imageEnd,
  imageFilemarks,
  imageNewest,
  imageNumber,
  imageOldest,
  imageSegments,
  imageSelected,
  imageTagAt,
  setImageEnd,
  setImageSegments,
} from "./image-table.ts";
import { recentFull, recentOldestEnd, recentPush, storeData } from "./recent.ts";
import {
  freeSegment,
  keptObject,
  reclaimAhead,
  segmentRoom,
  segmentsWithinReach,
} from "./reclaim.ts";
import { sealLater, sealsBehind } from "./seal.ts";
import {
  SEGMENT_OPEN,
  segmentEndBytes,
  segmentGrow,
  segmentSequence,
  segmentsDying,
  setSegmentEnd,
  setSegmentEndBytes,
  setSegmentFirst,
  setSegmentImage,
  setSegmentNext,
  setSegmentSequence,
  setSegmentState,
} from "./segment-table.ts";
import { durableSequence, takeSequence } from "./sequence.ts";
import { issueWrite, ringFlush, writeSlotsFree } from "./writes.ts";

/** ringReserve: there is no place (now: see ringWaiting). */
export const RING_NO_ROOM: u64 = u64.MAX_VALUE;

/** Write slots that an append leaves to headers, seals and superblocks. */
const SLOTS_LEFT: u32 = 16;
/** A flush is asked for when so many bytes were filled since the last: no flush takes long, seals follow soon. */
const FLUSH_EVERY_BYTES: u64 = 67108864;

let current: u32 = SEGMENT_NONE;
let reservedAt: u64 = RING_NO_ROOM;
let reservedBytes: u32 = 0;
let beyond: u64 = 0;
let filledBytes: u64 = 0;
let blocked: bool = false;
/** Where the data of the entry come from: 0 the extent, else a transfer buffer, and where in it. */
let copyBuffer: u32 = 0;
let copyOffset: u32 = 0;

export function appendStart(): void {
  current = SEGMENT_NONE;
  reservedAt = RING_NO_ROOM;
  beyond = 0;
  filledBytes = 0;
  blocked = false;
}

/** While true nothing can be placed: where the image ends is still being looked up. */
export function blockAppend(value: bool): void {
  blocked = value;
}

/**
 * A place for `dataBytes` bytes: the ring offset of the data; RING_NO_ROOM: none, now or at all.
 * Replaces an earlier reservation.
 */
export function ringReserve(dataBytes: u32): u64 {
  ringCancel();
  if (imageSelected() < 0) return RING_NO_ROOM;
  reservedBytes = dataBytes;
  if (ringState() === RING_BROKEN) return reserveBeyond();
  if (ringState() !== RING_READY || blocked || writeSlotsFree() < SLOTS_LEFT) return RING_NO_ROOM;
  const bytes = entryBytes(dataBytes);
  if (dataBytes > segmentSize() || bytes > segmentRoom()) return RING_NO_ROOM;
  if (current === SEGMENT_NONE || segmentSize() - segmentEndBytes(current) < bytes) {
    if (!openSegment()) return RING_NO_ROOM;
  }
  const at = segmentOffset(current) + ((segmentEndBytes(current) + ENTRY_HEADER_BYTES) as u64);
  reservedAt = at;
  return at;
}

/** What is in memory only must stay in reach of the walkers until it need not be kept. */
function reserveBeyond(): u64 {
  if (recentFull() && recentOldestEnd() > keptObject()) return RING_NO_ROOM;
  if (beyond === 0) beyond = (ringSizeBytes() + 4095) & ~(4095 as u64);
  reservedAt = beyond + (ENTRY_HEADER_BYTES as u64);
  return reservedAt;
}

/** The reserved place is not used. */
export function ringCancel(): void {
  reservedAt = RING_NO_ROOM;
}

/**
 * RING_NO_ROOM is not for ever: room is being made or looked up, try again after the next
 * EV_RING_DONE. False: only a higher ringKeep() makes room.
 */
export function ringWaiting(): bool {
  if (ringState() === RING_BROKEN) return false;
  return (
    ringState() !== RING_READY ||
    blocked ||
    writeSlotsFree() < SLOTS_LEFT ||
    segmentsDying() > 0 ||
    sealsBehind()
  );
}

/**
 * The reserved place now holds `count` objects from the image's end on: records of `objectBytes`
 * bytes each (ENTRY_RECORD, `dataBytes` in all, at most what was reserved, CRC32C `crc`), or
 * filemarks without data (ENTRY_FILEMARK). Emits AC_RING_WRITE; the image has grown.
 */
export function ringCommit(
  kind: u32,
  count: u32,
  objectBytes: u32,
  dataBytes: u32,
  crc: u32,
): void {
  const image = imageSelected();
  assert(reservedAt !== RING_NO_ROOM && image >= 0 && dataBytes <= reservedBytes && count > 0);
  const first = imageEnd(image);
  const filemarks = imageFilemarks(image);
  const end = first + (count as u64);
  const entry = recentPush(first, filemarks, kind, count);
  storeData(entry, reservedAt, objectBytes, dataBytes, crc);
  const endFilemarks = filemarks + (kind === ENTRY_FILEMARK ? (count as u64) : 0);
  setImageEnd(image as u32, end, endFilemarks);
  // A ring that broke after the place was reserved: the host keeps the extent, nothing is written.
  if (ringState() === RING_BROKEN) {
    if (beyond !== 0) beyond += entryBytes(dataBytes) as u64;
  } else {
    const bytes = entryBytes(dataBytes);
    segmentGrow(current, bytes, end, endFilemarks);
    emitEntry(image as u32, first, filemarks, kind, count, dataBytes, crc);
    filledBytes += bytes as u64;
    if (filledBytes >= FLUSH_EVERY_BYTES) flushFilled();
  }
  ringCancel();
}

/** The same for one object that was read from the tape; its data are in a transfer buffer. */
export function ringCommitCopy(
  kind: u32,
  dataBytes: u32,
  crc: u32,
  buffer: u32,
  offset: u32,
): void {
  assert(ringState() === RING_READY);
  copyBuffer = buffer;
  copyOffset = offset;
  ringCommit(kind, 1, dataBytes, dataBytes, crc);
  copyBuffer = 0;
  copyOffset = 0;
}

function emitEntry(
  image: u32,
  first: u64,
  filemarks: u64,
  kind: u32,
  count: u32,
  dataBytes: u32,
  crc: u32,
): void {
  const offset = reservedAt - (ENTRY_HEADER_BYTES as u64);
  act(AC_RING_WRITE, issueWrite(first + (count as u64)));
  setX(offset);
  setY(reservedAt);
  setA(dataBytes);
  setB(copyBuffer);
  setC(copyOffset);
  const at = params(ENTRY_HEADER_BYTES);
  store<u64>(at + ENTRY_FIRST_AT, first);
  store<u64>(at + ENTRY_FILEMARKS_AT, filemarks);
  store<u32>(at + ENTRY_COUNT_AT, count);
  store<u32>(at + ENTRY_DATA_BYTES_AT, dataBytes);
  store<u32>(at + ENTRY_DATA_CRC_AT, crc);
  putEntryHeader(at, ringIdentity(), offset, segmentSequence(current), imageNumber(image), kind);
}

/** The current segment will not grow any more. */
export function closeSegment(): void {
  ringCancel();
  if (current === SEGMENT_NONE) return;
  sealLater(current);
  filledBytes += (segmentSize() - segmentEndBytes(current)) as u64;
  current = SEGMENT_NONE;
  if (filledBytes >= FLUSH_EVERY_BYTES || sealsBehind()) flushFilled();
}

function flushFilled(): void {
  filledBytes = 0;
  ringFlush();
}

/** A new current segment at the end of the selected image; false when there is none to be had. */
function openSegment(): bool {
  if (current !== SEGMENT_NONE && sealsBehind()) return false;
  const segment = freeSegment();
  if (segment === SEGMENT_NONE) return false;
  closeSegment();
  const image = imageSelected() as u32;
  const newest = imageNewest(image);
  const previous: u32 = newest === SEGMENT_NONE ? 0 : segmentSequence(newest);
  current = segment;
  setSegmentState(segment, SEGMENT_OPEN);
  setSegmentImage(segment, image);
  setSegmentSequence(segment, takeSequence(), previous);
  setSegmentFirst(segment, imageEnd(image as i32), imageFilemarks(image as i32));
  setSegmentEnd(segment, imageEnd(image as i32), imageFilemarks(image as i32));
  setSegmentEndBytes(segment, SEGMENT_DATA_AT);
  setSegmentNext(segment, SEGMENT_NONE);
  if (newest !== SEGMENT_NONE) setSegmentNext(newest, segment);
  setImageSegments(
    image,
    newest === SEGMENT_NONE ? segment : imageOldest(image),
    segment,
    imageSegments(image) + 1,
  );
  emitOpenHeader(segment, image, previous);
  reclaimAhead();
  return true;
}

function emitOpenHeader(segment: u32, image: u32, previous: u32): void {
  const offset = segmentOffset(segment) + (OPEN_HEADER_AT as u64);
  const end = imageEnd(image as i32);
  act(AC_RING_WRITE, issueWrite(end));
  setX(offset);
  const at = params(SEGMENT_HEADER_BYTES);
  putSegmentHeader(at, OPEN_MAGIC, ringIdentity(), offset, segmentSequence(segment), previous);
  putSegmentImage(
    at,
    imageNumber(image),
    imageTagAt(image),
    end,
    imageFilemarks(image as i32),
    durableSequence(),
  );
  putSegmentCrc(at);
}

/** Bytes that could be placed now without touching what must be kept; 0 while the ring is broken. */
export function ringRoom(): u64 {
  if (ringState() !== RING_READY) return 0;
  const rest: u32 = current === SEGMENT_NONE ? 0 : segmentSize() - segmentEndBytes(current);
  return (segmentsWithinReach() as u64) * (segmentRoom() as u64) + (rest as u64);
}
