/**
 * Reads the real inventory from the robot into the element table: ready? - element addresses (at start)
 * - element status by type, in pieces. Decides how a library is asked; what the answers mean for the
 * cartridges is reconcile.ts. One reading at a time.
 */

import { get16 } from "../lib/bytes.ts";
import { now } from "../lib/event.ts";
import { keep32, keep64, keepBytes, keepFlag } from "../lib/keep.ts";
import {
  ELEMENT_TYPE_DATA_TRANSFER,
  ELEMENT_TYPE_MEDIUM_TRANSPORT,
  MODE_PAGE_ELEMENT_ADDRESS,
} from "../spec/element.ts";
import { KEY_ILLEGAL_REQUEST, KEY_NOT_READY } from "../spec/sense-key.ts";
import { readCount, readElements, readLast } from "./element-reader.ts";
import { elementCount, unseeElements } from "./element-table.ts";
import {
  NEVER,
  READ_ELEMENTS,
  ROBOT_LOST_RETRIES,
  ROBOT_READY_TRIES,
  ROBOT_READY_WAIT_MS,
} from "./limits.ts";
import {
  ROBOT_GOOD,
  ROBOT_LOST,
  robotCouple,
  robotData,
  robotDataBytes,
  robotElementStatus,
  robotModeSense,
  robotReady,
  robotSense,
} from "./robot.ts";

const STEP_NONE: u32 = 0;
const STEP_READY: u32 = 1;
const STEP_WAIT: u32 = 2;
const STEP_COUPLE: u32 = 3;
const STEP_ADDRESSES: u32 = 4;
const STEP_STATUS: u32 = 5;
const ADDRESS_MAX: u32 = 0xffff;

/** First address and number of elements by type code (mode page 1Dh); number ADDRESS_MAX: not known. */
const RANGES: usize = memory.data(40, 4);
/** Where types stand in mode page 1Dh, from byte 2 on: transport, storage, import/export, drives. */
const TYPES: u32 = 4;

let step: u32 = STEP_NONE;
let grow: bool = false;
let tries: u32 = 0;
let lost: u32 = 0;
let wakeAt: u64 = NEVER;
let type: u32 = 0;
let start: u32 = 0;
let named: bool = true;
let failed: bool = false;

/** Begins a reading; `first`: the library is not known yet. */
export function startReading(first: bool): void {
  grow = first;
  tries = 0;
  lost = 0;
  failed = false;
  unseeElements();
  askReady();
}
/** A reading runs. */
export function reading(): bool {
  return step !== STEP_NONE;
}
/** The last reading could not be finished; what the robot said last is in robot.ts. */
export function readingFailed(): bool {
  return failed;
}
/** When it wants EV_TIME, or NEVER. */
export function readingWake(): u64 {
  return step === STEP_WAIT ? wakeAt : NEVER;
}

function end(wasFailed: bool): void {
  failed = wasFailed;
  step = STEP_NONE;
}
function askReady(): void {
  step = STEP_READY;
  robotReady();
}
function wait(): void {
  step = STEP_WAIT;
  wakeAt = now() + ROBOT_READY_WAIT_MS;
}
/** Time has come: the next try. */
export function readingTime(): void {
  if (step !== STEP_WAIT || now() < wakeAt) return;
  if (lost === 0) return askReady();
  step = STEP_COUPLE;
  robotCouple();
}

function readyDone(how: u32): void {
  if (how === ROBOT_GOOD) {
    lost = 0;
    if (grow) {
      step = STEP_ADDRESSES;
      return robotModeSense();
    }
    return beginType(ELEMENT_TYPE_MEDIUM_TRANSPORT);
  }
  tries += 1;
  if (how === ROBOT_LOST) lost += 1;
  const notReady = how !== ROBOT_LOST && robotSense() >> 16 === KEY_NOT_READY;
  if (lost > ROBOT_LOST_RETRIES || tries > ROBOT_READY_TRIES) return end(true);
  if (how === ROBOT_LOST || notReady) return wait();
  end(true);
}

/** Mode page 1Dh; where it is refused, element status alone says what there is. */
function addressesDone(how: u32): void {
  for (let t: u32 = 1; t <= TYPES; t++) setRange(t, 0, ADDRESS_MAX);
  const at = robotData();
  const page = at + 4 + (load<u8>(at + 3) as u32);
  const whole = robotDataBytes() >= page - at + 18;
  if (
    how === ROBOT_GOOD &&
    whole &&
    (load<u8>(page) & 0x3f) === (MODE_PAGE_ELEMENT_ADDRESS as u8)
  ) {
    for (let t: u32 = 1; t <= TYPES; t++) {
      const field = page + 2 + ((t - 1) << 2);
      setRange(t, get16(field), get16(field + 2));
    }
  }
  beginType(ELEMENT_TYPE_MEDIUM_TRANSPORT);
}
function setRange(t: u32, first: u32, count: u32): void {
  store<u32>((RANGES as u32) + (t << 3), first);
  store<u32>((RANGES as u32) + (t << 3) + 4, count);
}
function rangeCount(t: u32): u32 {
  return load<u32>((RANGES as u32) + (t << 3) + 4);
}

function beginType(next: u32): void {
  type = next;
  while (type <= TYPES && rangeCount(type) === 0) type += 1;
  if (type > TYPES) return end(false);
  start = load<u32>((RANGES as u32) + (type << 3));
  named = true;
  askPiece();
}
function askPiece(): void {
  step = STEP_STATUS;
  robotElementStatus(type, start, READ_ELEMENTS, named && grow && isDrives());
}
function isDrives(): bool {
  return type === ELEMENT_TYPE_DATA_TRANSFER;
}

function statusDone(how: u32): void {
  if (how !== ROBOT_GOOD) return refused(how);
  const before = start;
  readElements(type, robotData(), robotDataBytes(), grow);
  const ended = readLast() === ADDRESS_MAX || readLast() < before;
  if (readCount() === 0 && named && grow && isDrives()) return askUnnamed();
  if (readCount() === 0 || ended || reachedEnd()) return beginType(type + 1);
  start = readLast() + 1;
  askPiece();
}
/** Everything that mode page 1Dh counts has been read. */
function reachedEnd(): bool {
  const first = load<u32>((RANGES as u32) + (type << 3));
  return rangeCount(type) !== ADDRESS_MAX && readLast() + 1 >= first + rangeCount(type);
}
/** The library does not know DVCID: ask without. */
function askUnnamed(): void {
  named = false;
  askPiece();
}
function refused(how: u32): void {
  const illegal = how !== ROBOT_LOST && robotSense() >> 16 === KEY_ILLEGAL_REQUEST;
  if (illegal && named && grow && isDrives()) return askUnnamed();
  // No such type, or no element behind the last one: a library may say so by an error.
  if (illegal && (elementCount(type) > 0 || rangeCount(type) === ADDRESS_MAX || !isDrives())) {
    return beginType(type + 1);
  }
  end(true);
}

/** A robot command of the reading has ended (ROBOT_*). */
export function readingDone(how: u32): void {
  if (step === STEP_READY) return readyDone(how);
  if (step === STEP_COUPLE) return how === ROBOT_GOOD ? askReady() : readyDone(ROBOT_LOST);
  if (step === STEP_ADDRESSES) return addressesDone(how);
  if (step === STEP_STATUS) return statusDone(how);
}

/** What outlives a trap (keep.ts): how far a reading is. */
export function keepReading(): void {
  keepBytes(RANGES as u32, (TYPES + 1) << 3);
  step = keep32(step);
  grow = keepFlag(grow);
  tries = keep32(tries);
  lost = keep32(lost);
  wakeAt = keep64(wakeAt);
  type = keep32(type);
  start = keep32(start);
  named = keepFlag(named);
  failed = keepFlag(failed);
}
