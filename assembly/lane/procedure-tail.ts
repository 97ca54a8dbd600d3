/**
 * Verifies what stands last on the medium against the ring (step 615), from a given object or from a few
 * objects before the end of data, and positions at the first object that is missing or differs. Compares
 * length and CRC32C of every record, and filemarks. The medium is only read. Where the drive may leave a
 * record behind, what differs or is too much is looked at once more: is it one record and nothing else?
 */

import { logNumbers, setX, setY } from "../lib/action.ts";
import { get32, put24 } from "../lib/bytes.ts";
import { imageBase, imageSelected } from "../ring/image-table.ts";
import {
  walkerCount,
  walkerCrc,
  walkerFind,
  walkerFirst,
  walkerIsEncrypted,
  walkerIsWhole,
  walkerKind,
  walkerObjectBytes,
} from "../ring/walker.ts";
import { senseFilemark, senseKey } from "../scsi/sense-reader.ts";
import { BUFFER_CHECK } from "../spec/action.ts";
import { PROFILE_READ_POSITION } from "../spec/drive-profile.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import { LOG_TAIL_MISMATCH, LOG_TAIL_VERIFIED } from "../spec/log-code.ts";
import { OP_READ_6, OP_READ_POSITION, OP_SPACE_6 } from "../spec/operation-code.ts";
import { ENTRY_FILEMARK, WALKER_CHECK, WALKER_FOUND, WALKER_PENDING } from "../spec/ring-layout.ts";
import {
  KEY_BLANK_CHECK,
  KEY_HARDWARE_ERROR,
  KEY_RECOVERED_ERROR,
  KEY_UNIT_ATTENTION,
} from "../spec/sense-key.ts";
import { cursorReceived, cursorSynchronized } from "../tape/cursor.ts";
import {
  commandIn,
  commandInBuffer,
  commandLocate,
  commandPlain,
  deviceDataAt,
  deviceDataBytes,
  deviceDataCrc,
  deviceGood,
  deviceResult,
  driveLeavesRecord,
  driveLimitMs,
  loseDrivePosition,
  OWNER_PROCEDURE,
  profile,
  setDrivePosition,
  windLimitMs,
} from "./device.ts";
import { keyIsHere } from "./key.ts";
import { imageIsPrefix } from "./medium.ts";
import { isDivided } from "./partition.ts";
import { POSITION_PENDING, positionBegin, positionStep } from "./procedure-position.ts";
import {
  countTry,
  finish,
  OUTCOME_DONE,
  OUTCOME_END_OF_DATA,
  OUTCOME_NO_ANSWER,
  OUTCOME_RING,
  OUTCOME_RUNNING,
  OUTCOME_SENSE,
  pc,
  procedureDevice,
  procedureMark,
  procedureMarked,
  procedureTarget,
  setPc,
} from "./procedure-state.ts";

/** Start where the medium's end of data says (as the object of `procedureStart`). */
export const TAIL_FROM_END: u64 = 0xffffffffffffffff;
/** How many objects before the end of data are read again. */
const TAIL_OBJECTS: u64 = 4;
const UNIT_ATTENTIONS_MAX: u32 = 8;
const POSITION_BYTES: u32 = 20;
const SPACE_TO_END: u8 = 3;
/** What a READ for a filemark, or for the end of data, asks for. */
const PROBE_BYTES: u32 = 65536;

const START: u32 = 0;
const ENDED: u32 = 1;
const ASKED: u32 = 2;
const GO: u32 = 3;
const LOOK: u32 = 4;
const READ: u32 = 5;
const PROBED: u32 = 6;
const GO_BACK: u32 = 7;
const LOOKED_BEHIND: u32 = 8;
const IN_PARTITION: u32 = 9;

let object: u64 = 0;
let first: u64 = 0;
let done: u32 = 0;
let crc: u32 = 0;
let beyond: bool = false;
let differs: bool = false;
let alone: bool = false;
/** Objects were passed over, the medium stands before them. */
let passed: bool = false;

/** Everything before this object is proven on the medium. */
export function tailProven(): u64 {
  return object;
}
/**
 * Everything before this object stays as it is on the medium. Behind the end of the image the medium has
 * to end too: where it does not (the server began to overwrite it, with the same bytes), its last object
 * is written again, which cuts the rest off. The image may be a prefix of the tape, then nothing is cut.
 */
export function tailKept(): u64 {
  const cuts = beyond && object === cursorReceived() && object > base() && !imageIsPrefix();
  return cuts ? object - 1 : object;
}
/** At that object the medium holds something else (not: nothing). */
export function tailDiffers(): bool {
  return differs;
}
/** The first object that was looked at differs already, and there are some before it. */
export function tailUnsure(): bool {
  return differs && object === first && first > base();
}
/** The medium holds more objects than the image. */
export function tailBeyond(): bool {
  return beyond;
}

/**
 * What differs, or is behind the image, is one record (where the image has one: of its length), and the end of
 * data is behind it.
 */
export function tailAlone(): bool {
  return alone;
}

function base(): u64 {
  return imageBase(imageSelected());
}

function go(from: u64): bool {
  object = from;
  first = from;
  positionBegin(from);
  setPc(GO);
  return true;
}

function start(): bool {
  beyond = false;
  differs = false;
  alone = false;
  passed = false;
  if (procedureTarget() !== TAIL_FROM_END) return go(procedureTarget());
  if ((profile() & PROFILE_READ_POSITION) === 0) return go(base());
  loseDrivePosition();
  if (!isDivided()) return spaceToEnd();
  // The end of data is that of the partition in which the drive stands.
  commandLocate(OWNER_PROCEDURE, 0);
  setPc(IN_PARTITION);
  return true;
}
function inPartition(): bool {
  if (deviceResult() !== RESULT_ANSWERED) return finish(OUTCOME_NO_ANSWER);
  if (senseKey() === KEY_UNIT_ATTENTION && countTry() < UNIT_ATTENTIONS_MAX) return start();
  return deviceGood() ? spaceToEnd() : finish(OUTCOME_SENSE);
}
function spaceToEnd(): bool {
  const cdb = commandPlain(OWNER_PROCEDURE, procedureDevice(), OP_SPACE_6, windLimitMs());
  store<u8>(cdb + 1, SPACE_TO_END);
  setPc(ENDED);
  return true;
}

function ended(): bool {
  if (deviceResult() !== RESULT_ANSWERED) return finish(OUTCOME_NO_ANSWER);
  if (senseKey() === KEY_UNIT_ATTENTION && countTry() < UNIT_ATTENTIONS_MAX) return start();
  if (senseKey() === KEY_HARDWARE_ERROR) return finish(OUTCOME_SENSE);
  // A medium that lost its drive in the middle of a write may have no end of data: look from the base.
  if (!deviceGood()) return go(base());
  commandIn(OWNER_PROCEDURE, procedureDevice(), OP_READ_POSITION, POSITION_BYTES, driveLimitMs());
  setPc(ASKED);
  return true;
}

function asked(): bool {
  if (deviceResult() !== RESULT_ANSWERED) return finish(OUTCOME_NO_ANSWER);
  if (!deviceGood() || deviceDataBytes() < POSITION_BYTES) return go(base());
  const end = get32(deviceDataAt() + 4) as u64;
  beyond = end > cursorReceived();
  let from = end < cursorReceived() ? end : cursorReceived();
  from = from > TAIL_OBJECTS ? from - TAIL_OBJECTS : 0;
  return go(from > base() ? from : base());
}

function going(): bool {
  const step = positionStep();
  if (step === POSITION_PENDING) return false;
  if (step === OUTCOME_RUNNING) return true;
  if (step === OUTCOME_DONE) {
    setPc(LOOK);
    return true;
  }
  const short = step === OUTCOME_END_OF_DATA || step === OUTCOME_SENSE;
  if (!short || senseKey() === KEY_HARDWARE_ERROR || procedureMarked()) return finish(step);
  procedureMark();
  return go(base());
}

/** What is encrypted cannot be compared without its key; what is certain is there. False: not known yet. */
function passLocked(): bool {
  while (!keyIsHere() && object < cursorReceived()) {
    const found = walkerFind(WALKER_CHECK, object);
    if (found === WALKER_PENDING) return false;
    if (found !== WALKER_FOUND || !walkerIsEncrypted(WALKER_CHECK)) break;
    const end = walkerFirst(WALKER_CHECK) + (walkerCount(WALKER_CHECK) as u64);
    if (end > cursorSynchronized()) break;
    object = end;
    passed = true;
  }
  return true;
}

function look(): bool {
  if (!passLocked()) return false;
  if (passed) {
    passed = false;
    return go(object);
  }
  if (object === cursorReceived()) return probe();
  const found = walkerFind(WALKER_CHECK, object);
  if (found === WALKER_PENDING) return false;
  if (found !== WALKER_FOUND) return finish(OUTCOME_RING);
  if (walkerFirst(WALKER_CHECK) !== object) {
    // In the middle of an entry of many records: its CRC32C is of all of them.
    if (walkerKind(WALKER_CHECK) !== ENTRY_FILEMARK && walkerFirst(WALKER_CHECK) >= base()) {
      return go(walkerFirst(WALKER_CHECK));
    }
  }
  done = (object - walkerFirst(WALKER_CHECK)) as u32;
  crc = 0;
  return read();
}

function read(): bool {
  const isMark = walkerKind(WALKER_CHECK) === ENTRY_FILEMARK;
  const bytes = isMark ? PROBE_BYTES : walkerObjectBytes(WALKER_CHECK);
  put24(commandInBuffer(OWNER_PROCEDURE, OP_READ_6, BUFFER_CHECK, 0, bytes, crc) + 2, bytes);
  setPc(READ);
  return true;
}

/** Ends the comparison: what comes from `object` on is to be written again. */
function stop(): bool {
  if (object < cursorReceived()) {
    logNumbers(LOG_TAIL_MISMATCH, procedureDevice(), 0);
    setX(object);
  }
  positionBegin(object);
  setPc(GO_BACK);
  return true;
}

function wasRead(): bool {
  if (deviceResult() !== RESULT_ANSWERED) return finish(OUTCOME_NO_ANSWER);
  if (senseKey() === KEY_UNIT_ATTENTION && countTry() < UNIT_ATTENTIONS_MAX) return go(object);
  if (senseKey() === KEY_HARDWARE_ERROR) return finish(OUTCOME_SENSE);
  const isMark = walkerKind(WALKER_CHECK) === ENTRY_FILEMARK;
  const whole = deviceGood() && deviceDataBytes() === walkerObjectBytes(WALKER_CHECK);
  if (isMark ? !senseFilemark() : !whole) {
    // NO SENSE and RECOVERED ERROR: something was read, and it is not this object.
    differs = senseKey() <= KEY_RECOVERED_ERROR;
    return stop();
  }
  crc = deviceDataCrc();
  done += 1;
  if (done < walkerCount(WALKER_CHECK)) return read();
  // Of an entry that was cut the tape does not have all, and its CRC32C is of all: lengths must do.
  if (!isMark && walkerIsWhole(WALKER_CHECK) && crc !== walkerCrc(WALKER_CHECK)) {
    differs = true;
    return lookBehind();
  }
  object = walkerFirst(WALKER_CHECK) + (walkerCount(WALKER_CHECK) as u64);
  setPc(LOOK);
  return true;
}

/** Everything of the image is there; is there more? */
function probe(): bool {
  return readAny(PROBED);
}
/** The record before is not the image's; is it the last of the tape? */
function lookBehind(): bool {
  return driveLeavesRecord() ? readAny(LOOKED_BEHIND) : stop();
}
function lookedBehind(): bool {
  if (deviceResult() !== RESULT_ANSWERED) return finish(OUTCOME_NO_ANSWER);
  alone = senseKey() === KEY_BLANK_CHECK;
  return stop();
}

function readAny(next: u32): bool {
  put24(
    commandInBuffer(OWNER_PROCEDURE, OP_READ_6, BUFFER_CHECK, 0, PROBE_BYTES, 0) + 2,
    PROBE_BYTES,
  );
  setPc(next);
  return true;
}

function probed(): bool {
  if (deviceResult() !== RESULT_ANSWERED) return finish(OUTCOME_NO_ANSWER);
  if (deviceGood() || senseKey() <= 1) beyond = true;
  if (senseKey() === KEY_BLANK_CHECK) {
    setDrivePosition(object);
    return verified();
  }
  return beyond && !senseFilemark() ? lookBehind() : stop();
}

function verified(): bool {
  logNumbers(LOG_TAIL_VERIFIED, procedureDevice(), 0);
  setX(object);
  setY(first);
  return finish(OUTCOME_DONE);
}

/** One step further. */
export function advanceTail(): bool {
  const at = pc();
  if (at === START) return start();
  if (at === IN_PARTITION) return inPartition();
  if (at === ENDED) return ended();
  if (at === ASKED) return asked();
  if (at === GO) return going();
  if (at === LOOK) return look();
  if (at === READ) return wasRead();
  if (at === PROBED) return probed();
  if (at === LOOKED_BEHIND) return lookedBehind();
  const step = positionStep();
  if (step === POSITION_PENDING) return false;
  if (step === OUTCOME_RUNNING) return true;
  return step === OUTCOME_DONE ? verified() : finish(step);
}
