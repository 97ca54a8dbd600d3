/**
 * Start of the ring and the way of its completions. Opening: both superblocks, all segment headers,
 * a look inside the segments that are not sealed, the images out of that, then one superblock and
 * one flush, so that what was read is durable whatever ended the last run. Decides when the ring is
 * formatted: only when no superblock is valid, or when its ring does not fit the device; never when
 * the device could not be read. Actions per step are bounded.
 */
import { act, logNumbers, params, setA, setD, setX } from "../lib/action.ts";
import { eventA, eventParamBytes, eventTag, now } from "../lib/event.ts";
import { PARAM_IN_AT } from "../spec/abi.ts";
import { AC_RING_READ, AC_RING_WRITE } from "../spec/action.ts";
import { LOG_RING_FORMATTED, LOG_RING_OPENED } from "../spec/log-code.ts";
import {
  BAD_READ,
  BAD_SUPERBLOCK,
  IMAGE_COUNT_MAX,
  OPEN_HEADER_AT,
  RING_BROKEN,
  RING_OPENING,
  RING_READY,
  RING_TAG,
  SEGMENT_BYTES_MIN,
  SEGMENT_HEADER_BYTES,
  SUPERBLOCK_BYTES,
  SUPERBLOCK_COPY_BYTES,
  SUPERBLOCK_COUNT,
  TAG_FLUSH,
  TAG_SCAN,
  TAG_SEGMENT,
  TAG_SUPERBLOCK,
  TAG_WALKER,
  TAG_WRITE,
} from "../spec/ring-layout.ts";
import { appendStart } from "./append.ts";
import { takeExpected } from "./expected.ts";
import {
  breakRing,
  geometryFormat,
  geometryStart,
  ringSizeBytes,
  ringState,
  segmentOffset,
  segmentTotal,
  setRingState,
} from "./geometry.ts";
import { readSegmentHeader } from "./headers-read.ts";
import { imageEnd, imageNumber, imagesStart, imageUsed } from "./image-table.ts";
import { cutPump, imagesReset } from "./images.ts";
import { recentClear } from "./recent.ts";
import { reclaimStart } from "./reclaim.ts";
import { replayImages } from "./replay.ts";
import { reportBad, scanBadEntries, scanBegin, scanDone, scanStart } from "./scan.ts";
import { sealPump, sealsStart } from "./seal.ts";
import {
  SEGMENT_FREE,
  SEGMENT_OPEN,
  SEGMENT_WIPE,
  segmentState,
  segmentsFree,
  segmentsStart,
  setSegmentState,
} from "./segment-table.ts";
import { sequencesOpened, sequencesStart } from "./sequence.ts";
import {
  superAdopt,
  superChanged,
  superDurable,
  superNumber,
  superPump,
  superStart,
  superValid,
} from "./superblock.ts";
import { walkerReadDone, walkersStart } from "./walker.ts";
import {
  flushDone,
  flushPump,
  flushWanted,
  issueWrite,
  ringFlush,
  writeDone,
  writesStart,
} from "./writes.ts";

/** Reads and wipes in flight at most while opening. */
const OPEN_REQUESTS_MAX: u32 = 32;
const READ_BYTES: u32 = 4096;
const SUPERBLOCK_READS: u32 = SUPERBLOCK_COUNT * (SUPERBLOCK_BYTES / READ_BYTES);
/** Both copies, one behind the other. */
const SUPERBLOCKS: u32 = memory.data(16384, 8) as u32;

const STEP_SUPERBLOCKS: u32 = 0;
const STEP_HEADERS: u32 = 1;
const STEP_SCAN: u32 = 2;
const STEP_WIPE: u32 = 3;
const STEP_FLUSH: u32 = 4;

let step: u32 = 0;
let outstanding: u32 = 0;
let nextSegment: u32 = 0;
let readFault: u32 = 0;
let smallest: u64 = 0;
let freshIdentity: u64 = 0;
let answeredAt: u64 = 0;

/** Opens the ring on a device of `sizeBytes`; `identity`: that of a ring that must be formatted. */
export function ringStart(sizeBytes: u64, identity: u64): void {
  ringStartWith(sizeBytes, identity, SEGMENT_BYTES_MIN);
}

/** ringStart() with another size of the smallest segment, for rings that are not for records of 8 MiB. */
export function ringStartWith(sizeBytes: u64, identity: u64, segmentBytesMin: u64): void {
  forget(sizeBytes);
  smallest = segmentBytesMin;
  freshIdentity = identity;
  step = STEP_SUPERBLOCKS;
  outstanding = SUPERBLOCK_READS;
  readFault = 0;
  answeredAt = now();
  for (let i: u32 = 0; i < SUPERBLOCK_READS; i++) {
    emitRead(TAG_SUPERBLOCK, i, superblockPart(i), READ_BYTES);
  }
}

/**
 * Instead of ringStart(): an earlier instance has given the ring up for `errorNumber`. The device is left
 * alone, and the host hears again that it is lost.
 */
export function ringStartLost(sizeBytes: u64, errorNumber: u32): void {
  forget(sizeBytes);
  breakRing(errorNumber);
}

function forget(sizeBytes: u64): void {
  geometryStart(sizeBytes);
  sequencesStart();
  imagesStart();
  writesStart();
  superStart();
  sealsStart();
  reclaimStart();
  recentClear();
  walkersStart();
  appendStart();
  imagesReset();
  scanStart();
}

/** Ring offset of the part of the superblocks that the i-th read gets. */
function superblockPart(i: u32): u64 {
  const parts = SUPERBLOCK_BYTES / READ_BYTES;
  return ((i / parts) * SUPERBLOCK_COPY_BYTES + (i % parts) * READ_BYTES) as u64;
}

function emitRead(about: u32, number: u32, offset: u64, bytes: u32): void {
  act(AC_RING_READ, (RING_TAG << 24) | (about << 16) | number);
  setX(offset);
  setA(bytes);
}

/** For how long the device has answered nothing, milliseconds. */
export function openingMs(): u64 {
  return now() - answeredAt;
}

/** Is a completion with this tag the ring's? */
export function isRingTag(tag: u32): bool {
  return tag >> 24 === RING_TAG;
}

/** Takes the event EV_RING_DONE with a tag of the ring. */
export function ringEvent(): void {
  const about = (eventTag() >> 16) & 0xff;
  const number = eventTag() & 0xffff;
  const errorNumber = eventA();
  answeredAt = now();
  if (about === TAG_WRITE) writeDone(number, errorNumber);
  else if (about === TAG_FLUSH) flushDone(errorNumber);
  else if (about === TAG_WALKER) walkerReadDone(number, errorNumber);
  else if (ringState() === RING_OPENING) opening(about, number, errorNumber);
  pump();
}

function pump(): void {
  superPump();
  if (ringState() === RING_READY) {
    cutPump();
    sealPump();
  }
  if (ringState() === RING_BROKEN) cutPump();
  flushPump();
  if (ringState() !== RING_OPENING) return;
  if (step === STEP_WIPE && !flushWanted()) settle();
  else if (step === STEP_FLUSH && superDurable()) ready();
}

function opening(about: u32, number: u32, errorNumber: u32): void {
  if (about === TAG_SUPERBLOCK) superblockRead(number, errorNumber);
  else if (about === TAG_SEGMENT) segmentRead(number, errorNumber);
  else if (about === TAG_SCAN && !scanDone(number, errorNumber)) nextScan();
}

function superblockRead(number: u32, errorNumber: u32): void {
  const at = SUPERBLOCKS + number * READ_BYTES;
  memory.fill(at, 0, READ_BYTES);
  if (errorNumber !== 0) readFault = errorNumber;
  else if (eventParamBytes() <= READ_BYTES) memory.copy(at, PARAM_IN_AT, eventParamBytes());
  outstanding -= 1;
  if (outstanding === 0) superblocksRead();
}

function superblocksRead(): void {
  const valid0 = superValid(SUPERBLOCKS);
  const valid1 = superValid(SUPERBLOCKS + SUPERBLOCK_BYTES);
  if (!valid0 && !valid1) {
    // A device that cannot be read may hold what is owed: it is not written over.
    if (readFault !== 0) breakRing(readFault);
    else format();
    return;
  }
  const later = superNumber(SUPERBLOCKS + SUPERBLOCK_BYTES) > superNumber(SUPERBLOCKS);
  const which: u32 = valid1 && (!valid0 || later) ? 1 : 0;
  if (!superAdopt(SUPERBLOCKS + which * SUPERBLOCK_BYTES, which)) {
    format();
    return;
  }
  takeExpected();
  if (!valid0) reportBad(BAD_SUPERBLOCK, 0);
  if (!valid1 && load<u32>(SUPERBLOCKS + SUPERBLOCK_BYTES) !== 0) {
    reportBad(BAD_SUPERBLOCK, SUPERBLOCK_COPY_BYTES);
  }
  segmentsStart();
  step = STEP_HEADERS;
  nextSegment = 0;
  readHeaders();
}

function format(): void {
  geometryFormat(freshIdentity, smallest);
  segmentsStart();
  logNumbers(LOG_RING_FORMATTED, 0, 0);
  setX(ringSizeBytes());
  step = STEP_FLUSH;
  superChanged();
}

function readHeaders(): void {
  while (nextSegment < segmentTotal() && outstanding < OPEN_REQUESTS_MAX) {
    const offset = segmentOffset(nextSegment) + (OPEN_HEADER_AT as u64);
    emitRead(TAG_SEGMENT, nextSegment, offset, 2 * SEGMENT_HEADER_BYTES);
    nextSegment += 1;
    outstanding += 1;
  }
  if (outstanding > 0) return;
  step = STEP_SCAN;
  nextSegment = 0;
  nextScan();
}

function segmentRead(segment: u32, errorNumber: u32): void {
  outstanding -= 1;
  if (errorNumber !== 0) reportBad(BAD_READ, segmentOffset(segment));
  else readSegmentHeader(segment);
  readHeaders();
}

/** Goes on with the next segment whose seal is missing; when there is none, with the images. */
function nextScan(): void {
  while (nextSegment < segmentTotal()) {
    const segment = nextSegment;
    nextSegment += 1;
    if (segmentState(segment) === SEGMENT_OPEN && scanBegin(segment)) return;
  }
  replayImages();
  step = STEP_WIPE;
  nextSegment = 0;
  settle();
}

/** Wipes what a power cut left behind, some at a time, and flushes; then the superblock follows. */
function settle(): void {
  let wiped: u32 = 0;
  while (nextSegment < segmentTotal() && wiped < OPEN_REQUESTS_MAX) {
    const segment = nextSegment;
    nextSegment += 1;
    if (segmentState(segment) !== SEGMENT_WIPE) continue;
    act(AC_RING_WRITE, issueWrite(0));
    setX(segmentOffset(segment) + (OPEN_HEADER_AT as u64));
    params(2 * SEGMENT_HEADER_BYTES);
    setSegmentState(segment, SEGMENT_FREE);
    wiped += 1;
  }
  if (wiped > 0) {
    ringFlush();
    return;
  }
  sequencesOpened();
  step = STEP_FLUSH;
  superChanged();
}

function ready(): void {
  setRingState(RING_READY);
  let images: u32 = 0;
  let newest: i32 = -1;
  for (let i: u32 = 0; i < IMAGE_COUNT_MAX; i++) {
    if (imageNumber(i) === 0) continue;
    images += 1;
    if (newest < 0 || imageUsed(i) > imageUsed(newest as u32)) newest = i as i32;
  }
  logNumbers(LOG_RING_OPENED, images, segmentTotal() - segmentsFree());
  setD(scanBadEntries());
  if (newest >= 0) setX(imageEnd(newest));
}
