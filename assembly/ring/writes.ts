/**
 * What was written to the ring and what of it is durable. Every write gets a serial number and a
 * slot; writes may complete in any order; a flush covers the writes before the first one that is
 * still outstanding. At most one flush is in flight, and it covers everything asked for before it.
 * Invariants: durable <= completed <= issued; ringDurable() <= ringWritten() <= end of the image.
 */
import { act } from "../lib/action.ts";
import { now } from "../lib/event.ts";
import { AC_RING_FLUSH } from "../spec/action.ts";
import { RING_BROKEN, RING_TAG, TAG_FLUSH, TAG_WRITE } from "../spec/ring-layout.ts";
import { breakRing, ringState } from "./geometry.ts";

/** Ring writes outstanding at most. */
export const WRITE_SLOTS: u32 = 2048;
/** Slot: 0 u64 end object   8 u32 epoch   12 u32 done   16 u64 when it was issued. */
const ROW_BYTES: u32 = 24;
const ROWS: u32 = memory.data(49152, 16) as u32;

let issued: u64 = 0;
let completed: u64 = 0;
let durable: u64 = 0;
/** Objects of writes of an earlier epoch (another image selected, objects cut off) do not count. */
let epoch: u32 = 0;
let epochSerial: u64 = 0;
let writtenObject: u64 = 0;
let durableObject: u64 = 0;
/** While set, no object from it on is called durable: see capDurable(). */
let durableCap: u64 = u64.MAX_VALUE;
let wantedSerial: u64 = 0;
let inFlight: bool = false;
let flushSerial: u64 = 0;
let flushObject: u64 = 0;
let flushEpoch: u32 = 0;
let flushAt: u64 = 0;
/** An object is on the drive that the device of a broken ring does not have. */
let gap: bool = false;

function slot(serial: u64): u32 {
  return ROWS + ((serial % (WRITE_SLOTS as u64)) as u32) * ROW_BYTES;
}

export function writesStart(): void {
  issued = 0;
  completed = 0;
  durable = 0;
  epoch = 0;
  epochSerial = 0;
  writtenObject = 0;
  durableObject = 0;
  durableCap = u64.MAX_VALUE;
  wantedSerial = 0;
  inFlight = false;
  gap = false;
}

export function writeSlotsFree(): u32 {
  return WRITE_SLOTS - ((issued - completed) as u32);
}
/** Serial number of the last write that was issued. */
export function writesIssued(): u64 {
  return issued;
}
/** Every write up to this serial number is on stable storage. */
export function writesDurable(): u64 {
  return durable;
}
/** Nothing that was issued before the image was selected or cut is outstanding. */
export function writesSettled(): bool {
  return completed >= epochSerial;
}

/** Counts a write that the caller emits; `end`: the object after it. The tag for it. */
export function issueWrite(end: u64): u32 {
  return (RING_TAG << 24) | (TAG_WRITE << 16) | newSlot(end, 0);
}

function newSlot(end: u64, done: u32): u32 {
  assert(writeSlotsFree() > 0);
  issued += 1;
  const at = slot(issued);
  store<u64>(at, end);
  store<u32>(at + 8, epoch);
  store<u32>(at + 12, done);
  store<u64>(at + 16, now());
  return (issued % (WRITE_SLOTS as u64)) as u32;
}

/** The write with that number in its tag ended. */
export function writeDone(number: u32, errorNumber: u32): void {
  if (errorNumber !== 0) {
    breakRing(errorNumber);
    return;
  }
  store<u32>(ROWS + (number % WRITE_SLOTS) * ROW_BYTES + 12, 1);
  advance();
}

function advance(): void {
  while (completed < issued && load<u32>(slot(completed + 1) + 12) === 1) {
    completed += 1;
    const at = slot(completed);
    if (load<u32>(at + 8) === epoch && load<u64>(at) > writtenObject) {
      writtenObject = load<u64>(at);
    }
  }
}

/**
 * From now on objects are those of another image, or of this one after a cut: `end` objects, of
 * which the first `known` are durable if they were before.
 */
export function writesEpoch(known: u64, end: u64): void {
  const settled = durable === issued;
  epoch += 1;
  if (writtenObject > known) writtenObject = known;
  if (durableObject > known) durableObject = known;
  // No write of a broken ring is waited for, so none is counted.
  if (ringState() === RING_BROKEN) return;
  if (settled) {
    writtenObject = end;
    durableObject = end;
    return;
  }
  // A mark in the queue of writes: when it is passed, everything before it is complete.
  if (end > durableObject) newSlot(end, 1);
  epochSerial = issued;
  advance();
}

/** How long the oldest write that has not ended is out, milliseconds; 0: none is. */
export function oldestWriteMs(): u64 {
  return completed === issued ? 0 : now() - load<u64>(slot(completed + 1) + 16);
}
/** The same for the flush. */
export function flushMs(): u64 {
  return inFlight ? now() - flushAt : 0;
}
/** A write or a flush is out. */
export function ringOut(): bool {
  return completed !== issued || inFlight;
}

/** The drive has the objects below `sent`, and their memory is free. */
export function writesSent(sent: u64): void {
  if (ringState() === RING_BROKEN && sent > writtenObject) gap = true;
}
/** A copy of the image can lack objects: the ring broke and the stream went on. */
export function ringHasGap(): bool {
  return gap;
}

/** The object up to which every write of the selected image is complete. */
export function ringWritten(): u64 {
  return writtenObject;
}
/** The object up to which the selected image is on stable storage, and will be found again. */
export function ringDurable(): u64 {
  return min<u64>(durableObject, durableCap);
}
/** The superblock that has the image is not durable: only `object` objects count; u64.MAX_VALUE: it is. */
export function capDurable(object: u64): void {
  durableCap = object;
}

/** Asks for a flush of everything that was issued so far. */
export function ringFlush(): void {
  if (ringState() === RING_BROKEN || durable === issued) return;
  wantedSerial = issued;
  flushPump();
}
/** A flush was asked for and is not done. */
export function ringFlushPending(): bool {
  return ringState() !== RING_BROKEN && (wantedSerial > durable || durableCap !== u64.MAX_VALUE);
}
/** A flush of writes is wanted or in flight. */
export function flushWanted(): bool {
  return wantedSerial > durable;
}

/** Emits the flush when what it must cover is complete. */
export function flushPump(): void {
  if (inFlight || ringState() === RING_BROKEN) return;
  if (wantedSerial <= durable || completed < wantedSerial) return;
  inFlight = true;
  flushSerial = completed;
  flushObject = writtenObject;
  flushEpoch = epoch;
  flushAt = now();
  act(AC_RING_FLUSH, (RING_TAG << 24) | (TAG_FLUSH << 16));
}

export function flushDone(errorNumber: u32): void {
  inFlight = false;
  if (errorNumber !== 0) {
    breakRing(errorNumber);
    return;
  }
  durable = flushSerial;
  if (flushEpoch === epoch && flushObject > durableObject) durableObject = flushObject;
}
