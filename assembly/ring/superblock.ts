/**
 * The superblock: geometry, images, journal. Two copies, written in turn; a change is written to
 * one, flushed, then to the other, so that one rotten copy loses nothing. Decides when it is
 * written and when a change is durable. Invariant: while one copy is being written, the other is
 * whole and on stable storage. What was given up may be written again only when that is durable.
 */
import { act, params, setX } from "../lib/action.ts";
import { crc32c } from "../lib/crc32c.ts";
import { AC_RING_WRITE } from "../spec/action.ts";
import {
  IMAGE_COUNT_MAX,
  IMAGE_ROW_BYTES,
  JOURNAL_BYTES_MAX,
  RING_BROKEN,
  RING_OPENING,
  RING_VERSION,
  SUPER_CRC_AT,
  SUPER_DURABLE_AT,
  SUPER_IDENTITY_AT,
  SUPER_IMAGES_AT,
  SUPER_JOURNAL_AT,
  SUPER_JOURNAL_BYTES_AT,
  SUPER_MAGIC,
  SUPER_NEXT_IMAGE_AT,
  SUPER_NEXT_SEQUENCE_AT,
  SUPER_NUMBER_AT,
  SUPER_SEGMENT_BYTES_AT,
  SUPER_SEGMENT_COUNT_AT,
  SUPER_VERSION_AT,
  SUPERBLOCK_BYTES,
  SUPERBLOCK_COPY_BYTES,
  SUPERBLOCK_COUNT,
} from "../spec/ring-layout.ts";
import { geometryAdopt, ringIdentity, ringState, segmentSize, segmentTotal } from "./geometry.ts";
import {
  imageBase,
  imageCreated,
  imageNextNumber,
  imageRowIn,
  imageRowOut,
  imageSelected,
  setImageNextNumber,
} from "./image-table.ts";
import { freeDying, segmentsDying } from "./segment-table.ts";
import { durableSequence, nextSequence, sequenceDurable, sequenceSeen } from "./sequence.ts";
import { capDurable, issueWrite, ringFlush, writesDurable, writesIssued } from "./writes.ts";

const JOURNAL: u32 = memory.data(1024, 8) as u32;
let journalBytes: u32 = 0;

/** Write number of the newest copy, and which copy that is. */
let number: u64 = 0;
let copy: u32 = 0;
/** Changes so far; how many of them the copy in flight has, and how many are durable. */
let changes: u32 = 0;
let changesInFlight: u32 = 0;
let changesDurable: u32 = 0;
/** Copies still to be written. */
let wanted: u32 = 0;
let inFlightSerial: u64 = 0;
let holding: bool = false;

export function superStart(): void {
  journalBytes = 0;
  number = 0;
  copy = 1;
  changes = 0;
  changesInFlight = 0;
  changesDurable = 0;
  wanted = 0;
  inFlightSerial = 0;
  holding = false;
}

/** Something that the superblock says has changed: both copies are written, one after the other. */
export function superChanged(): void {
  changes += 1;
  wanted = SUPERBLOCK_COUNT;
  superPump();
}
/** Every change is on stable storage. */
export function superDurable(): bool {
  return changesDurable === changes;
}
/** That change is on stable storage. */
export function superChangeDurable(change: u32): bool {
  return changesDurable >= change;
}
/** The number of the next change. */
export function superNextChange(): u32 {
  return changes + 1;
}
/** Another image is selected, or a superblock is durable: is the image's row among what is durable? */
export function superMindImage(): void {
  const image = imageSelected();
  const missing = image >= 0 && imageCreated(image as u32) > changesDurable;
  capDurable(missing ? imageBase(image) : u64.MAX_VALUE);
}

/** While true nothing that was given up becomes free: a change is still being worked out. */
export function superHold(value: bool): void {
  holding = value;
}

/** After every completion: takes note of what is durable, writes the next copy. */
export function superPump(): void {
  if (ringState() === RING_BROKEN) return;
  if (inFlightSerial !== 0 && writesDurable() >= inFlightSerial) {
    inFlightSerial = 0;
    changesDurable = changesInFlight;
    superMindImage();
  }
  if (segmentsDying() > 0 && !holding && superDurable()) freeDying();
  if (wanted === 0 || inFlightSerial !== 0) return;
  wanted -= 1;
  number += 1;
  copy ^= 1;
  changesInFlight = changes;
  act(AC_RING_WRITE, issueWrite(0));
  setX((copy * SUPERBLOCK_COPY_BYTES) as u64);
  build(params(SUPERBLOCK_BYTES));
  inFlightSerial = writesIssued();
  ringFlush();
}

function build(at: u32): void {
  store<u32>(at, SUPER_MAGIC);
  store<u32>(at + SUPER_VERSION_AT, RING_VERSION);
  store<u64>(at + SUPER_IDENTITY_AT, ringIdentity());
  store<u64>(at + SUPER_NUMBER_AT, number);
  store<u64>(at + SUPER_SEGMENT_BYTES_AT, segmentSize() as u64);
  store<u32>(at + SUPER_SEGMENT_COUNT_AT, segmentTotal());
  store<u32>(at + SUPER_NEXT_IMAGE_AT, imageNextNumber());
  store<u32>(at + SUPER_NEXT_SEQUENCE_AT, nextSequence());
  store<u32>(at + SUPER_DURABLE_AT, durableSequence());
  store<u32>(at + SUPER_JOURNAL_BYTES_AT, journalBytes);
  memory.copy(at + SUPER_JOURNAL_AT, JOURNAL, journalBytes);
  for (let i: u32 = 0; i < IMAGE_COUNT_MAX; i++) {
    imageRowOut(i, at + SUPER_IMAGES_AT + i * IMAGE_ROW_BYTES);
  }
  store<u32>(at + SUPER_CRC_AT, crc32c(at, SUPER_CRC_AT));
}

/** Is the copy at `at` whole, of a version that this program knows? */
export function superValid(at: u32): bool {
  return (
    load<u32>(at) === SUPER_MAGIC &&
    load<u32>(at + SUPER_VERSION_AT) === RING_VERSION &&
    load<u32>(at + SUPER_JOURNAL_BYTES_AT) <= JOURNAL_BYTES_MAX &&
    load<u32>(at + SUPER_CRC_AT) === crc32c(at, SUPER_CRC_AT)
  );
}
/** The write number of a copy: the greater one counts. */
export function superNumber(at: u32): u64 {
  return load<u64>(at + SUPER_NUMBER_AT);
}

/** Takes everything from the copy at `at` (it was number `which`); false when it does not fit the device. */
export function superAdopt(at: u32, which: u32): bool {
  const fits = geometryAdopt(
    load<u64>(at + SUPER_IDENTITY_AT),
    load<u64>(at + SUPER_SEGMENT_BYTES_AT),
    load<u32>(at + SUPER_SEGMENT_COUNT_AT),
  );
  if (!fits) return false;
  number = superNumber(at);
  copy = which;
  setImageNextNumber(load<u32>(at + SUPER_NEXT_IMAGE_AT));
  sequenceSeen(load<u32>(at + SUPER_NEXT_SEQUENCE_AT));
  sequenceDurable(load<u32>(at + SUPER_DURABLE_AT));
  journalBytes = load<u32>(at + SUPER_JOURNAL_BYTES_AT);
  memory.copy(JOURNAL, at + SUPER_JOURNAL_AT, journalBytes);
  for (let i: u32 = 0; i < IMAGE_COUNT_MAX; i++) {
    imageRowIn(i, at + SUPER_IMAGES_AT + i * IMAGE_ROW_BYTES);
  }
  return true;
}

/** Keeps at most JOURNAL_BYTES_MAX bytes in place of the last ones, and asks for a flush. */
export function ringJournalWrite(at: u32, bytes: u32): void {
  assert(bytes <= JOURNAL_BYTES_MAX);
  memory.copy(JOURNAL, at, bytes);
  journalBytes = bytes;
  if (ringState() !== RING_OPENING) superChanged();
}
/** The journal as last written is on stable storage. */
export function ringJournalDurable(): bool {
  return ringState() !== RING_BROKEN && superDurable();
}
/** The journal as found at opening or last written. */
export function ringJournalAt(): u32 {
  return JOURNAL;
}
export function ringJournalBytes(): u32 {
  return journalBytes;
}
