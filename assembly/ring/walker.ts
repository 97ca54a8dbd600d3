/**
 * Cursors over the entries of the selected image (of another one: `walkerBeside`), by object or by filemark. What is among the
 * newest entries is found in memory; else headers are read, at most 4096 bytes at a time. Decides
 * where to look; believes a header only when it is the one that must be there. Walker row:
 *   0 the entry that was found, as in recent.ts (RECENT_BYTES)
 *  44 u32 segment  48 u32 its sequence      52 u32 bytes from its start to the next header
 *  56 u64 first object there   64 u64 filemarks before it
 *  72 u64 window: ring offset  80 u32 window: bytes   84 u32 state
 */
import { act, logNumbers, setA, setX } from "../lib/action.ts";
import { eventParamBytes } from "../lib/event.ts";
import { PARAM_IN_AT } from "../spec/abi.ts";
import { AC_RING_READ } from "../spec/action.ts";
import { LOG_RING_BAD_ENTRY } from "../spec/log-code.ts";
import {
  BAD_NONE,
  BAD_READ,
  ENTRY_FILEMARK,
  ENTRY_HEADER_BYTES,
  RING_BROKEN,
  RING_TAG,
  SEGMENT_DATA_AT,
  SEGMENT_NONE,
  TAG_WALKER,
  WALKER_CHECK,
  WALKER_COUNT,
  WALKER_FOUND,
  WALKER_MISSING,
  WALKER_PENDING,
} from "../spec/ring-layout.ts";
import { ringIdentity, ringSizeBytes, ringState, segmentOffset, segmentSize } from "./geometry.ts";
import {
  checkEntryOrder,
  checkEntryPlace,
  entryBytes,
  entryCount,
  entryDataBytes,
  entryDataCrc,
  entryFilemarks,
  entryForm,
} from "./header.ts";
import {
  imageFilemarks,
  imageHas,
  imageNumber,
  imageOldest,
  imageSelected,
} from "./image-table.ts";
import {
  RECENT_BYTES,
  recentCount,
  recentCrc,
  recentDataBytes,
  recentEncrypted,
  recentFilemarks,
  recentFind,
  recentFindFilemark,
  recentFirst,
  recentKind,
  recentObjectBytes,
  recentOffset,
  storeData,
  storeEntry,
} from "./recent.ts";
import {
  SEGMENT_OPEN,
  SEGMENT_SEALED,
  segmentEnd,
  segmentEndBytes,
  segmentEndFilemarks,
  segmentFilemarks,
  segmentFirst,
  segmentNext,
  segmentSequence,
  segmentState,
} from "./segment-table.ts";
import { writesSettled } from "./writes.ts";

const ROW_BYTES: u32 = 96;
const ROWS: u32 = memory.data(384, 8) as u32;
const WINDOW_BYTES: u32 = 4096;
const WINDOWS: u32 = memory.data(16384, 8) as u32;

/** State bits: the row holds an entry; a read is under way; it is not wanted any more; it failed. */
const HOLDS: u32 = 1;
const READING: u32 = 2;
const UNWANTED: u32 = 4;
const FAILED: u32 = 8;
/** The cursor belongs behind the entry and is put there when it is needed: the next is mostly in memory too. */
const BEHIND: u32 = 16;

function row(w: u32): u32 {
  return ROWS + w * ROW_BYTES;
}
function state(w: u32): u32 {
  return load<u32>(row(w) + 84);
}
function setState(w: u32, value: u32): void {
  store<u32>(row(w) + 84, value);
}

export function walkersStart(): void {
  memory.fill(ROWS, 0, WALKER_COUNT * ROW_BYTES);
  beside = -1;
  walkersReset();
}

/** Another image is selected, or this one was cut: what walkers know is not true any more. */
export function walkersReset(): void {
  for (let w: u32 = 0; w < WALKER_COUNT; w++) reset(w);
}
function reset(w: u32): void {
  setState(w, (state(w) & READING) !== 0 ? READING | UNWANTED : 0);
  store<u32>(row(w) + 44, SEGMENT_NONE);
  store<u32>(row(w) + 80, 0);
}

/** Another image than the selected one, for WALKER_CHECK; -1: none. It must not change. */
let beside: i32 = -1;

/** WALKER_CHECK goes over that image from now on, over the selected one (-1). */
export function walkerBeside(image: i32): void {
  beside = image;
  reset(WALKER_CHECK);
}
function imageOf(w: u32): i32 {
  return w === WALKER_CHECK && beside >= 0 ? beside : imageSelected();
}
/** The memory of newest entries is the selected image's. */
function hasRecent(w: u32): bool {
  return w !== WALKER_CHECK || beside < 0;
}

/** The entry that holds the object: WALKER_FOUND, WALKER_PENDING or WALKER_MISSING. */
export function walkerFind(w: u32, object: u64): u32 {
  const image = imageOf(w);
  if (image < 0 || !imageHas(image, object)) return WALKER_MISSING;
  if (holds(w, object, false)) return WALKER_FOUND;
  const recent = hasRecent(w) ? recentFind(object) : 0;
  return recent === 0 ? seek(w, object, false) : takeRecent(w, recent);
}

/** The entry that holds the n-th filemark, counted from 0 over the whole tape. */
export function walkerFindFilemark(w: u32, filemark: u64): u32 {
  const image = imageSelected();
  if (image < 0 || filemark >= imageFilemarks(image)) return WALKER_MISSING;
  const oldest = imageOldest(image as u32);
  if (oldest !== SEGMENT_NONE && filemark < segmentFilemarks(oldest)) return WALKER_MISSING;
  if (holds(w, filemark, true)) return WALKER_FOUND;
  const recent = recentFindFilemark(filemark);
  return recent === 0 ? seek(w, filemark, true) : takeRecent(w, recent);
}

function takeRecent(w: u32, recent: u32): u32 {
  // While a read is under way the cursor must stay where the window will be.
  const isReading = (state(w) & READING) !== 0;
  const stays = isReading || recentOffset(recent) >= ringSizeBytes();
  if (stays) putCursor(w);
  memory.copy(row(w), recent, RECENT_BYTES);
  setState(w, state(w) | (stays ? HOLDS : HOLDS | BEHIND));
  return WALKER_FOUND;
}

/** Looks for it on the device. */
function seek(w: u32, value: u64, byMark: bool): u32 {
  if ((state(w) & READING) !== 0) return WALKER_PENDING;
  putCursor(w);
  if ((state(w) & FAILED) !== 0) return damaged(w, BAD_READ);
  if (!writesSettled() && ringState() !== RING_BROKEN) return WALKER_PENDING;
  if (!isAhead(w, value, byMark) && !place(w, value, byMark)) return WALKER_MISSING;
  // Every turn takes one header out of the window.
  while (true) {
    if (!inWindow(w)) return read(w);
    const reason = takeHeader(w);
    if (reason !== BAD_NONE) return damaged(w, reason);
    if (holds(w, value, byMark)) return WALKER_FOUND;
    if (!isAhead(w, value, byMark)) return WALKER_MISSING;
  }
}

/** Does the row's entry hold that object, or that filemark? */
function holds(w: u32, value: u64, byMark: bool): bool {
  if ((state(w) & HOLDS) === 0) return false;
  if (!byMark) {
    return value >= walkerFirst(w) && value - walkerFirst(w) < (walkerCount(w) as u64);
  }
  if (walkerKind(w) !== ENTRY_FILEMARK || value < walkerFilemarksBefore(w)) return false;
  return value - walkerFilemarksBefore(w) < (walkerCount(w) as u64);
}

function cursorSegment(w: u32): u32 {
  const segment = load<u32>(row(w) + 44);
  if (segment === SEGMENT_NONE) return SEGMENT_NONE;
  const known = segmentState(segment);
  if (known !== SEGMENT_OPEN && known !== SEGMENT_SEALED) return SEGMENT_NONE;
  return segmentSequence(segment) === load<u32>(row(w) + 48) ? segment : SEGMENT_NONE;
}

/** Is it in the cursor's segment, at or behind the next header? */
function isAhead(w: u32, value: u64, byMark: bool): bool {
  const segment = cursorSegment(w);
  if (segment === SEGMENT_NONE || load<u32>(row(w) + 52) >= segmentEndBytes(segment)) return false;
  if (byMark) return value >= load<u64>(row(w) + 64) && value < segmentEndFilemarks(segment);
  return value >= load<u64>(row(w) + 56) && value < segmentEnd(segment);
}

/** Puts the cursor at the start of the segment that holds it; false when no segment does. */
function place(w: u32, value: u64, byMark: bool): bool {
  let segment = cursorSegment(w);
  if (segment === SEGMENT_NONE || startOf(segment, byMark) > value) {
    segment = imageOldest(imageOf(w) as u32);
  }
  while (segment !== SEGMENT_NONE && endOf(segment, byMark) <= value) {
    segment = segmentNext(segment);
  }
  if (segment === SEGMENT_NONE || startOf(segment, byMark) > value) return false;
  setCursor(w, segment, SEGMENT_DATA_AT, segmentFirst(segment), segmentFilemarks(segment));
  store<u32>(row(w) + 80, 0);
  return true;
}

function startOf(segment: u32, byMark: bool): u64 {
  return byMark ? segmentFilemarks(segment) : segmentFirst(segment);
}
function endOf(segment: u32, byMark: bool): u64 {
  return byMark ? segmentEndFilemarks(segment) : segmentEnd(segment);
}

function setCursor(w: u32, segment: u32, bytes: u32, first: u64, filemarks: u64): void {
  const at = row(w);
  store<u32>(at + 44, segment);
  store<u32>(at + 48, segmentSequence(segment));
  store<u32>(at + 52, bytes);
  store<u64>(at + 56, first);
  store<u64>(at + 64, filemarks);
}

/** Ring offset of the next header. */
function cursorOffset(w: u32): u64 {
  return segmentOffset(load<u32>(row(w) + 44)) + (load<u32>(row(w) + 52) as u64);
}

function inWindow(w: u32): bool {
  const offset = cursorOffset(w);
  const start = load<u64>(row(w) + 72);
  const end = start + (load<u32>(row(w) + 80) as u64);
  return offset >= start && offset + (ENTRY_HEADER_BYTES as u64) <= end;
}

function read(w: u32): u32 {
  const offset = cursorOffset(w);
  const rest = segmentEndBytes(load<u32>(row(w) + 44)) - load<u32>(row(w) + 52);
  store<u64>(row(w) + 72, offset);
  store<u32>(row(w) + 80, 0);
  setState(w, READING);
  act(AC_RING_READ, (RING_TAG << 24) | (TAG_WALKER << 16) | w);
  setX(offset);
  setA(min<u32>(rest, WINDOW_BYTES));
  return WALKER_PENDING;
}

/** The walker's read ended; the bytes are the params of the event. */
export function walkerReadDone(w: u32, errorNumber: u32): void {
  if ((state(w) & UNWANTED) !== 0) {
    setState(w, 0);
    return;
  }
  const bytes = eventParamBytes();
  if (errorNumber !== 0 || bytes < ENTRY_HEADER_BYTES || bytes > WINDOW_BYTES) {
    setState(w, FAILED);
    return;
  }
  setState(w, 0);
  memory.copy(WINDOWS + w * WINDOW_BYTES, PARAM_IN_AT, bytes);
  store<u32>(row(w) + 80, bytes);
}

/** The entry at the cursor is not believed: says so, forgets the cursor. */
function damaged(w: u32, reason: u32): u32 {
  logNumbers(LOG_RING_BAD_ENTRY, reason, 0);
  setX(cursorOffset(w));
  setState(w, 0);
  store<u32>(row(w) + 44, SEGMENT_NONE);
  return WALKER_MISSING;
}

/** Takes the entry at the cursor out of the window; BAD_NONE, or why it is not believed. */
function takeHeader(w: u32): u32 {
  const at = row(w);
  const segment = load<u32>(at + 44);
  const offset = cursorOffset(w);
  const header = WINDOWS + w * WINDOW_BYTES + ((offset - load<u64>(at + 72)) as u32);
  const first = load<u64>(at + 56);
  const filemarks = load<u64>(at + 64);
  const room = segmentEndBytes(segment) - load<u32>(at + 52);
  let reason = checkEntryPlace(header, ringIdentity(), offset, segmentSequence(segment));
  if (reason === BAD_NONE) {
    const image = imageNumber(imageOf(w) as u32);
    reason = checkEntryOrder(header, image, first, filemarks, room);
  }
  if (reason !== BAD_NONE) return reason;
  const count = entryCount(header);
  const left = segmentEnd(segment) - first;
  storeEntry(at, first, filemarks, entryForm(header), min<u64>(left, count as u64) as u32);
  setState(w, state(w) | HOLDS);
  storeData(
    at,
    offset + (ENTRY_HEADER_BYTES as u64),
    entryDataBytes(header) / count,
    entryDataBytes(header),
    entryDataCrc(header),
  );
  setCursor(
    w,
    segment,
    load<u32>(at + 52) + entryBytes(entryDataBytes(header)),
    first + (count as u64),
    filemarks + (entryFilemarks(header) as u64),
  );
  return BAD_NONE;
}

/** Puts the cursor behind the entry, where that is owed. */
function putCursor(w: u32): void {
  if ((state(w) & BEHIND) === 0) return;
  setState(w, state(w) & ~BEHIND);
  const offset = walkerDataAt(w);
  const segment = ((offset - segmentOffset(0)) / (segmentSize() as u64)) as u32;
  const start = (offset - segmentOffset(segment)) as u32;
  const first = walkerFirst(w);
  const count = walkerCount(w) as u64;
  setCursor(
    w,
    segment,
    start + entryBytes(walkerDataBytes(w)) - ENTRY_HEADER_BYTES,
    first + count,
    walkerFilemarksBefore(w) + (walkerKind(w) === ENTRY_FILEMARK ? count : 0),
  );
  store<u32>(row(w) + 80, 0);
  // The segment has been given up since and holds something else: no segment has this number.
  if (first < segmentFirst(segment) || first >= segmentEnd(segment)) store<u32>(row(w) + 48, 0);
}

/** First object of the entry that was found. */
export function walkerFirst(w: u32): u64 {
  return recentFirst(row(w));
}
/** Filemarks in [0, first). */
export function walkerFilemarksBefore(w: u32): u64 {
  return recentFilemarks(row(w));
}
/** Filemarks in [0, object), an object of the entry that was found or the end of it. */
export function walkerFilemarksUpTo(w: u32, object: u64): u64 {
  const within = walkerKind(w) === ENTRY_FILEMARK ? object - walkerFirst(w) : 0;
  assert(within <= (walkerCount(w) as u64));
  return walkerFilemarksBefore(w) + within;
}
/** The object that the n-th filemark is, one of the entry that was found. */
export function walkerFilemark(w: u32, filemark: u64): u64 {
  return walkerFirst(w) + (filemark - walkerFilemarksBefore(w));
}
/** Ring offset of the data of its first object. */
export function walkerDataAt(w: u32): u64 {
  return recentOffset(row(w));
}
/** Objects of the entry that still count: after a cut, fewer than its data has. */
export function walkerCount(w: u32): u32 {
  return recentCount(row(w));
}
/** ENTRY_RECORD or ENTRY_FILEMARK. */
export function walkerKind(w: u32): u32 {
  return recentKind(row(w));
}
/** On the tape its records are encrypted, with the image's key. */
export function walkerIsEncrypted(w: u32): bool {
  return recentEncrypted(row(w));
}
/** Bytes of each of its records. */
export function walkerObjectBytes(w: u32): u32 {
  return recentObjectBytes(row(w));
}
/** Bytes of the whole extent, that of objects cut off included. */
export function walkerDataBytes(w: u32): u32 {
  return recentDataBytes(row(w));
}
/** The extent has one record, not a part of many: its CRC32C is that record's. */
export function walkerIsSingle(w: u32): bool {
  return walkerDataBytes(w) === walkerObjectBytes(w);
}
/** All that the extent has still counts: only then can its CRC32C be compared with a tape. */
export function walkerIsWhole(w: u32): bool {
  return walkerCount(w) * walkerObjectBytes(w) === walkerDataBytes(w);
}
/** CRC32C of the whole extent. */
export function walkerCrc(w: u32): u32 {
  return recentCrc(row(w));
}
