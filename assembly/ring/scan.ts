/**
 * Looks inside a segment whose seal is missing, at opening: how far its entries are whole. Reads
 * headers, has the CRC32C of the data computed; believes nothing behind the first entry that is
 * torn, stale, rotten or misdirected. One segment at a time, one request at a time.
 */
import { act, logNumbers, setA, setX } from "../lib/action.ts";
import { eventB, eventParamBytes } from "../lib/event.ts";
import { PARAM_IN_AT } from "../spec/abi.ts";
import { AC_RING_LOAD, AC_RING_READ } from "../spec/action.ts";
import { LOG_RING_BAD_ENTRY } from "../spec/log-code.ts";
import {
  BAD_DATA,
  BAD_IDENTITY,
  BAD_MAGIC,
  BAD_NONE,
  BAD_READ,
  BAD_SEQUENCE,
  ENTRY_HEADER_BYTES,
  RING_TAG,
  SEGMENT_DATA_AT,
  TAG_SCAN,
} from "../spec/ring-layout.ts";
import { ringIdentity, segmentOffset, segmentSize } from "./geometry.ts";
import {
  checkEntryOrder,
  checkEntryPlace,
  entryBytes,
  entryCount,
  entryDataBytes,
  entryDataCrc,
  entryFilemarks,
} from "./header.ts";
import { imageNumber } from "./image-table.ts";
import {
  segmentFilemarks,
  segmentFirst,
  segmentImage,
  segmentSequence,
  setSegmentEnd,
  setSegmentEndBytes,
} from "./segment-table.ts";

const WINDOW_BYTES: u32 = 4096;
const WINDOW: u32 = memory.data(4096, 8) as u32;
/** Numbers in the tags: what a completion is of. */
const SCAN_READ: u32 = 0;
const SCAN_LOAD: u32 = 1;

let segment: u32 = 0;
/** Bytes from the segment's start to the next header. */
let bytes: u32 = 0;
let object: u64 = 0;
let filemarks: u64 = 0;
let windowStart: u32 = 0;
let windowBytes: u32 = 0;
let bad: u32 = 0;

export function scanStart(): void {
  bad = 0;
}
/** Entries that were not believed since the start. */
export function scanBadEntries(): u32 {
  return bad;
}
/** Something else at opening was not believed, at that ring offset. */
export function reportBad(reason: u32, offset: u64): void {
  bad += 1;
  logNumbers(LOG_RING_BAD_ENTRY, reason, 0);
  setX(offset);
}

/** Begins with a segment; false when there is nothing to wait for (scanned to its end). */
export function scanBegin(which: u32): bool {
  segment = which;
  bytes = SEGMENT_DATA_AT;
  object = segmentFirst(which);
  filemarks = segmentFilemarks(which);
  windowBytes = 0;
  return advance();
}

/** A read or load of the scan ended; false when the segment is done: its row says what it holds. */
export function scanDone(number: u32, errorNumber: u32): bool {
  if (errorNumber !== 0) return stop(BAD_READ);
  if (number === SCAN_LOAD) return eventB() === entryDataCrc(header()) ? accept() : stop(BAD_DATA);
  const got = eventParamBytes();
  if (got < ENTRY_HEADER_BYTES || got > WINDOW_BYTES) return stop(BAD_READ);
  memory.copy(WINDOW, PARAM_IN_AT, got);
  windowStart = bytes;
  windowBytes = got;
  return advance();
}

function header(): u32 {
  return WINDOW + (bytes - windowStart);
}

/** Goes on until something must be waited for (true) or the segment is done (false). */
function advance(): bool {
  while (true) {
    const room = segmentSize() - bytes;
    if (room < ENTRY_HEADER_BYTES) return stop(BAD_NONE);
    const inside = windowBytes > 0 && bytes >= windowStart;
    if (!inside || bytes - windowStart + ENTRY_HEADER_BYTES > windowBytes) return readHeader(room);
    const offset = segmentOffset(segment) + (bytes as u64);
    const at = header();
    let reason = checkEntryPlace(at, ringIdentity(), offset, segmentSequence(segment));
    if (reason === BAD_NONE) {
      reason = checkEntryOrder(at, imageNumber(segmentImage(segment)), object, filemarks, room);
    }
    if (reason !== BAD_NONE) return stop(reason);
    if (entryDataBytes(at) > 0) return loadData(offset, entryDataBytes(at));
    take();
  }
}

function readHeader(room: u32): bool {
  act(AC_RING_READ, (RING_TAG << 24) | (TAG_SCAN << 16) | SCAN_READ);
  setX(segmentOffset(segment) + (bytes as u64));
  setA(min<u32>(room, WINDOW_BYTES));
  return true;
}

function loadData(offset: u64, dataBytes: u32): bool {
  act(AC_RING_LOAD, (RING_TAG << 24) | (TAG_SCAN << 16) | SCAN_LOAD);
  setX(offset + (ENTRY_HEADER_BYTES as u64));
  setA(dataBytes);
  return true;
}

/** The entry at hand is whole. */
function take(): void {
  const at = header();
  object += entryCount(at) as u64;
  filemarks += entryFilemarks(at) as u64;
  bytes += entryBytes(entryDataBytes(at));
}
function accept(): bool {
  take();
  return advance();
}

function stop(reason: u32): bool {
  // What an earlier use of the segment or of the device left is the ordinary end.
  const ordinary =
    reason === BAD_NONE ||
    reason === BAD_MAGIC ||
    reason === BAD_SEQUENCE ||
    reason === BAD_IDENTITY;
  if (!ordinary) reportBad(reason, segmentOffset(segment) + (bytes as u64));
  setSegmentEnd(segment, object, filemarks);
  setSegmentEndBytes(segment, bytes);
  return false;
}
