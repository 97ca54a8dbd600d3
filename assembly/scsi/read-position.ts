/**
 * READ POSITION of the server: short (00h, 01h), long (06h), extended (08h), from the bridge's own position. The
 * number of filemarks before it is the index's where that knows the tape from its beginning; else the drive,
 * which stands there, is asked for it. Where neither can tell, and while a recovery runs, it is unknown (MPU).
 */
import {
  commandIn,
  currentDrive,
  deviceDataAt,
  deviceDataBytes,
  deviceGood,
  deviceIdle,
  driveLimitMs,
  drivePosition,
  drivePositionKnown,
  loseDrivePosition,
  OWNER_TASK,
  profile,
} from "../lane/device.ts";
import { isBehindProgrammed, isBehindWarning } from "../lane/early-warning.ts";
import { feederDrained } from "../lane/feeder.ts";
import { serverPosition, trustedBase } from "../lane/medium.ts";
import { currentPartition } from "../lane/partition.ts";
import {
  FOR_TASK,
  OUTCOME_DONE,
  OUTCOME_RUNNING,
  PROCEDURE_POSITION,
  procedureIdle,
  procedureStart,
  procedureTake,
} from "../lane/procedure-state.ts";
import {
  cdb,
  cdbByte,
  PHASE_DEVICE,
  PHASE_NEW,
  PHASE_PROCEDURE,
  replyParams,
  replySense,
  setTaskPhase,
} from "../lane/task.ts";
import { get16, get64, put16, put24, put32, put64 } from "../lib/bytes.ts";
import { recoveryBegin } from "../recovery/recovery.ts";
import { recovering } from "../recovery/state.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import { PROFILE_READ_POSITION } from "../spec/drive-profile.ts";
import { OP_READ_POSITION } from "../spec/operation-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { cursorReceived, cursorSynchronized } from "../tape/cursor.ts";
import { driveFailed } from "./drive-answer.ts";
import { MAP_DAMAGED, MAP_NOT_YET, mapFor, mapMarksBefore } from "./tape-map.ts";

const FORM_SHORT: u32 = 0;
/** Block addresses of the device: they are the logical object identifiers. */
const FORM_SHORT_DEVICE: u32 = 1;
const FORM_LONG: u32 = 6;
const FORM_EXTENDED: u32 = 8;
const SHORT_BYTES: u32 = 20;
const LONG_BYTES: u32 = 32;
const ADDITIONAL_BYTES: u32 = 28;

const BEGINNING_OF_PARTITION: u8 = 0x80;
const END_OF_PARTITION: u8 = 0x40;
const OBJECT_COUNT_UNKNOWN: u8 = 0x20;
const BYTE_COUNT_UNKNOWN: u8 = 0x10;
const MARKS_UNKNOWN: u8 = 0x08;
const OBJECT_NUMBER_UNKNOWN: u8 = 0x04;
const POSITION_ERROR: u8 = 0x02;
const BEYOND_PROGRAMMABLE_EARLY_WARNING: u8 = 0x01;
const COUNT_MAX: u64 = 0xffffff;
const SHORT_MAX: u64 = 0xffffffff;

/** READ POSITION, again after every event until it is known what to say. */
export function readPosition(): void {
  const form = cdbByte(1) & 0x1f;
  if (form === FORM_SHORT || form === FORM_SHORT_DEVICE) shortForm();
  else if (form === FORM_LONG) longForm();
  else if (form === FORM_EXTENDED) extendedForm();
  else replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
}

/** BOP, EOP and BPEW. */
function placeFlags(object: u64): u8 {
  let flags: u8 = object === 0 ? BEGINNING_OF_PARTITION : 0;
  if (isBehindWarning(object)) flags |= END_OF_PARTITION;
  if (isBehindProgrammed(object)) flags |= BEYOND_PROGRAMMABLE_EARLY_WARNING;
  return flags;
}

/** The next object to go to the medium: what is not certain to be on it counts as buffered. */
function nextToMedium(object: u64): u64 {
  return object === cursorReceived() ? min(object, cursorSynchronized()) : object;
}
/** LOCU, BYCU, and the number of buffered objects at `at`. */
function putBuffered(at: u32, objects: u64): u8 {
  put24(at, min(objects, COUNT_MAX) as u32);
  return objects > COUNT_MAX ? OBJECT_COUNT_UNKNOWN | BYTE_COUNT_UNKNOWN : BYTE_COUNT_UNKNOWN;
}

function shortForm(): void {
  const object = serverPosition();
  const at = replyParams(SHORT_BYTES, SHORT_BYTES);
  if (object > SHORT_MAX) {
    store<u8>(at, placeFlags(object) | POSITION_ERROR);
    store<u8>(at + 1, currentPartition() as u8);
    return;
  }
  const next = nextToMedium(object);
  store<u8>(at + 1, currentPartition() as u8);
  put32(at + 4, object as u32);
  put32(at + 8, next as u32);
  store<u8>(at, placeFlags(object) | putBuffered(at + 13, object - next));
}

function extendedForm(): void {
  const object = serverPosition();
  const at = replyParams(LONG_BYTES, get16(cdb() + 7));
  const next = nextToMedium(object);
  store<u8>(at + 1, currentPartition() as u8);
  put16(at + 2, ADDITIONAL_BYTES);
  put64(at + 8, object);
  put64(at + 16, next);
  store<u8>(at, placeFlags(object) | putBuffered(at + 5, object - next));
}

function longForm(): void {
  const object = serverPosition();
  if (object === 0) {
    tellMarks(0);
    return;
  }
  if (trustedBase() === 0 && object <= cursorReceived()) {
    mapFor(false);
    const marks = mapMarksBefore(object);
    if (marks === MAP_NOT_YET) return;
    if (marks !== MAP_DAMAGED) {
      tellMarks(marks);
      return;
    }
  }
  if (recovering() || (profile() & PROFILE_READ_POSITION) === 0) tellUnknown();
  else askDrive(object);
}
function tellMarks(marks: u64): void {
  const object = serverPosition();
  const at = replyParams(LONG_BYTES, LONG_BYTES);
  store<u8>(at, placeFlags(object));
  put32(at + 4, currentPartition());
  put64(at + 8, object);
  put64(at + 16, marks);
}
function tellUnknown(): void {
  const object = serverPosition();
  const at = replyParams(LONG_BYTES, LONG_BYTES);
  store<u8>(at, placeFlags(object) | MARKS_UNKNOWN);
  put32(at + 4, currentPartition());
  put64(at + 8, object);
}

function askDrive(object: u64): void {
  if (!feederDrained() || !deviceIdle() || !procedureIdle()) return;
  if (!drivePositionKnown() || drivePosition() !== object) {
    procedureStart(PROCEDURE_POSITION, FOR_TASK, object);
    setTaskPhase(PHASE_PROCEDURE);
    return;
  }
  const to = commandIn(OWNER_TASK, currentDrive(), OP_READ_POSITION, LONG_BYTES, driveLimitMs());
  store<u8>(to + 1, FORM_LONG as u8);
  setTaskPhase(PHASE_DEVICE);
}

/** PHASE_PROCEDURE: the drive stands there, or cannot get there. */
export function readPositionPositioned(): bool {
  const ended = procedureTake(FOR_TASK);
  if (ended === OUTCOME_RUNNING) return false;
  setTaskPhase(PHASE_NEW);
  if (ended !== OUTCOME_DONE) notTold();
  return true;
}

/** The drive's answer. */
export function readPositionDone(): void {
  setTaskPhase(PHASE_NEW);
  const at = deviceDataAt();
  const unknown = MARKS_UNKNOWN | OBJECT_NUMBER_UNKNOWN;
  const isTold =
    deviceGood() &&
    deviceDataBytes() >= LONG_BYTES &&
    (load<u8>(at) & unknown) === 0 &&
    get64(at + 8) === serverPosition();
  if (isTold) tellMarks(get64(at + 16));
  else notTold();
}
function notTold(): void {
  if (!driveFailed()) {
    tellUnknown();
    return;
  }
  loseDrivePosition();
  if (!recovering()) recoveryBegin(serverPosition());
}
