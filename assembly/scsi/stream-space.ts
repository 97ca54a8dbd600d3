/**
 * SPACE(6), SPACE(16), LOCATE(10), LOCATE(16), REWIND of the server. Inside a trusted image they only move
 * the bridge's position: the drive follows when it is next needed. Elsewhere the drive does them.
 */
import {
  commandIn,
  commandPlain,
  currentDrive,
  deviceDataAt,
  deviceDataBytes,
  deviceGood,
  deviceIdle,
  driveLimitMs,
  drivePosition,
  drivePositionKnown,
  LONG_FACTOR,
  loseDrivePosition,
  OWNER_TASK,
  profile,
  setDrivePosition,
} from "../lane/device.ts";
import { feederDrained } from "../lane/feeder.ts";
import { imageComplete, serverPosition, setServerPosition } from "../lane/medium.ts";
import {
  FOR_TASK,
  OUTCOME_DONE,
  OUTCOME_END_OF_DATA,
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
  replyGood,
  replyRawSense,
  replySense,
  replySenseInformation,
  setTaskPhase,
  taskTag,
} from "../lane/task.ts";
import { get24Signed, get32, get64 } from "../lib/bytes.ts";
import { recoveryBegin } from "../recovery/recovery.ts";
import { recovering } from "../recovery/state.ts";
import { imageFilemarks, imageSelected } from "../ring/image-table.ts";
import {
  walkerFilemarksBefore,
  walkerFind,
  walkerFindFilemark,
  walkerFirst,
  walkerKind,
} from "../ring/walker.ts";
import {
  ASC_BEGINNING_OF_PARTITION,
  ASC_END_OF_DATA_DETECTED,
  ASC_FILEMARK_DETECTED,
  ASC_INVALID_FIELD_IN_CDB,
  ASC_UNRECOVERED_READ_ERROR,
} from "../spec/additional-sense.ts";
import { PROFILE_READ_POSITION } from "../spec/drive-profile.ts";
import {
  OP_LOCATE_16,
  OP_READ_POSITION,
  OP_REWIND,
  OP_SPACE_6,
  OP_SPACE_16,
} from "../spec/operation-code.ts";
import {
  ENTRY_FILEMARK,
  WALKER_FOUND,
  WALKER_PENDING,
  WALKER_SERVER,
} from "../spec/ring-layout.ts";
import {
  KEY_BLANK_CHECK,
  KEY_ILLEGAL_REQUEST,
  KEY_MEDIUM_ERROR,
  KEY_NO_SENSE,
  SENSE_EOM,
  SENSE_FILEMARK,
} from "../spec/sense-key.ts";
import { cursorReceived } from "../tape/cursor.ts";
import { driveFailed } from "./drive-answer.ts";
import { checkImage } from "./image-check.ts";
import { senseInformation, senseKey, senseRaw } from "./sense-reader.ts";
import { promiseKept } from "./stream-write.ts";

const CODE_BLOCKS: u32 = 0;
const CODE_FILEMARKS: u32 = 1;
const CODE_END_OF_DATA: u32 = 3;
const POSITION_BYTES: u32 = 20;
/** LOCATE(16) destination type: logical object identifier. */
const DESTINATION_OBJECT: u32 = 0;
const DESTINATION_END_OF_DATA: u32 = 3;
/** CP of LOCATE: the only partition is 0. */
const CHANGE_PARTITION: u32 = 2;

/** After a SPACE by the drive its READ POSITION is wanted. */
let askingPosition: bool = false;
let spaceResidual: i32 = 0;
let spaceFailed: bool = false;

/** How much of the tape the index knows: UNKNOWN waits or leaves it to the drive. */
const INDEX_YES: u32 = 1;
const INDEX_NO: u32 = 0;
const INDEX_WAIT: u32 = 2;

function useIndex(): u32 {
  if (imageComplete()) return INDEX_YES;
  if (recovering()) return INDEX_WAIT;
  if (!feederDrained()) return INDEX_WAIT;
  if (!checkImage()) return INDEX_WAIT;
  return imageComplete() ? INDEX_YES : INDEX_NO;
}

function spaceCount(): i64 {
  return cdbByte(0) === OP_SPACE_16 ? (get64(cdb() + 4) as i64) : (get24Signed(cdb() + 2) as i64);
}

/** SPACE(6) and SPACE(16). */
export function space(): void {
  const code = cdbByte(1) & 0x0f;
  if (code !== CODE_BLOCKS && code !== CODE_FILEMARKS && code !== CODE_END_OF_DATA) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
    return;
  }
  const known = useIndex();
  if (known === INDEX_WAIT) return;
  if (known === INDEX_NO) {
    spaceByDrive();
    return;
  }
  if (code === CODE_END_OF_DATA) {
    arrive(cursorReceived());
    return;
  }
  const count = spaceCount();
  if (count === 0) replyGood();
  else if (code === CODE_FILEMARKS) spaceFilemarks(count);
  else spaceBlocks(count);
}

function arrive(object: u64): void {
  marksTask = 0;
  setServerPosition(object);
  replyGood();
}
function arriveSense(object: u64, key: u32, code: u32, residual: i64): void {
  marksTask = 0;
  setServerPosition(object);
  replySenseInformation(key, code, residual as i32);
}

/**
 * What `marksBefore` found for this task. The same walker looks for both places of a SPACE: where the
 * index has to be read, asking for the first one again would lead it away from the second, for ever.
 */
let marksTask: u32 = 0;
let marksKnown: u64 = 0;

/** Filemarks before the server's position, or NOT_YET while the index is read, or DAMAGED. */
function marksBefore(): u64 {
  if (marksTask === taskTag()) return marksKnown;
  const marks = lookUpMarks();
  if (marks < DAMAGED) {
    marksTask = taskTag();
    marksKnown = marks;
  }
  return marks;
}
function lookUpMarks(): u64 {
  const at = serverPosition();
  if (at === cursorReceived()) return imageFilemarks(imageSelected());
  const found = walkerFind(WALKER_SERVER, at);
  if (found === WALKER_PENDING) return NOT_YET;
  if (found !== WALKER_FOUND) return DAMAGED;
  const before = walkerFilemarksBefore(WALKER_SERVER);
  const inMarks = walkerKind(WALKER_SERVER) === ENTRY_FILEMARK;
  return inMarks ? before + (at - walkerFirst(WALKER_SERVER)) : before;
}
/** Object of filemark `n` (from 0), or NOT_YET, or DAMAGED. */
function markObject(n: u64): u64 {
  const found = walkerFindFilemark(WALKER_SERVER, n);
  if (found === WALKER_PENDING) return NOT_YET;
  if (found !== WALKER_FOUND) return DAMAGED;
  return walkerFirst(WALKER_SERVER) + (n - walkerFilemarksBefore(WALKER_SERVER));
}
const NOT_YET: u64 = 0xffffffffffffffff;
const DAMAGED: u64 = 0xfffffffffffffffe;

/** True when `value` is no answer; a damaged index is told as what it is. */
function unanswered(value: u64): bool {
  if (value === NOT_YET) return true;
  if (value !== DAMAGED) return false;
  replySense(KEY_MEDIUM_ERROR, ASC_UNRECOVERED_READ_ERROR);
  return true;
}

function spaceFilemarks(count: i64): void {
  const before = marksBefore();
  if (unanswered(before)) return;
  const all = imageFilemarks(imageSelected());
  const target = (before as i64) + count;
  if (target < 0) {
    arriveSense(0, KEY_NO_SENSE | SENSE_EOM, ASC_BEGINNING_OF_PARTITION, -target);
    return;
  }
  if (target > (all as i64)) {
    const left = target - (all as i64);
    arriveSense(cursorReceived(), KEY_BLANK_CHECK, ASC_END_OF_DATA_DETECTED, left);
    return;
  }
  // Forward it stops behind the last mark, backward before it.
  const mark = markObject((count > 0 ? target - 1 : target) as u64);
  if (unanswered(mark)) return;
  arrive(count > 0 ? mark + 1 : mark);
}

function spaceBlocks(count: i64): void {
  const before = marksBefore();
  if (unanswered(before)) return;
  if (count > 0) spaceForward(count as u64, before);
  else spaceBackward(-count as u64, before);
}

function spaceForward(count: u64, before: u64): void {
  const at = serverPosition();
  let stop = cursorReceived();
  const hasMark = before < imageFilemarks(imageSelected());
  if (hasMark) {
    stop = markObject(before);
    if (unanswered(stop)) return;
  }
  if (at + count <= stop) {
    arrive(at + count);
    return;
  }
  const left = (at + count - stop) as i64;
  if (hasMark) arriveSense(stop + 1, SENSE_FILEMARK, ASC_FILEMARK_DETECTED, left);
  else arriveSense(stop, KEY_BLANK_CHECK, ASC_END_OF_DATA_DETECTED, left);
}

function spaceBackward(count: u64, before: u64): void {
  const at = serverPosition();
  let stop: u64 = 0;
  if (before > 0) {
    const mark = markObject(before - 1);
    if (unanswered(mark)) return;
    stop = mark + 1;
  }
  if (at - stop >= count) {
    arrive(at - count);
    return;
  }
  const left = (count - (at - stop)) as i64;
  if (before > 0) arriveSense(stop - 1, SENSE_FILEMARK, ASC_FILEMARK_DETECTED, left);
  else arriveSense(0, KEY_NO_SENSE | SENSE_EOM, ASC_BEGINNING_OF_PARTITION, left);
}

/** The tape is not in the index: the drive spaces, then says where it stands. */
function spaceByDrive(): void {
  if (!deviceIdle() || !procedureIdle()) return;
  const at = serverPosition();
  if (!drivePositionKnown() || drivePosition() !== at) {
    procedureStart(PROCEDURE_POSITION, FOR_TASK, currentDrive(), at);
    setTaskPhase(PHASE_PROCEDURE);
    return;
  }
  askingPosition = false;
  const op = cdbByte(0);
  const to = commandPlain(OWNER_TASK, currentDrive(), op, driveLimitMs() * LONG_FACTOR);
  memory.copy(to, cdb(), op === OP_SPACE_6 ? 6 : 16);
  setTaskPhase(PHASE_DEVICE);
}

function beginRecovery(): void {
  if (!recovering()) recoveryBegin(serverPosition());
}

/** PHASE_PROCEDURE of SPACE and LOCATE. */
export function spacePositioned(): bool {
  const ended = procedureTake(FOR_TASK);
  if (ended === OUTCOME_RUNNING) return false;
  setTaskPhase(PHASE_NEW);
  const isLocate = cdbByte(0) !== OP_SPACE_6 && cdbByte(0) !== OP_SPACE_16;
  if (ended === OUTCOME_DONE) {
    if (isLocate) arrive(drivePosition());
    return true;
  }
  if (driveFailed()) beginRecovery();
  else if (ended === OUTCOME_END_OF_DATA || !recovering()) replyRawSense(senseRaw() as u32, false);
  return true;
}

/** The drive's answer to SPACE, then to READ POSITION. */
export function spaceDone(): void {
  if (driveFailed()) {
    loseDrivePosition();
    setTaskPhase(PHASE_NEW);
    beginRecovery();
    return;
  }
  if (!askingPosition) {
    spaceFailed = !deviceGood();
    spaceResidual = spaceFailed ? senseInformation() : 0;
    if ((profile() & PROFILE_READ_POSITION) === 0) {
      countPosition();
      return;
    }
    keepSense();
    askingPosition = true;
    commandIn(OWNER_TASK, currentDrive(), OP_READ_POSITION, POSITION_BYTES, driveLimitMs());
    return;
  }
  if (deviceGood() && deviceDataBytes() >= POSITION_BYTES) {
    setDrivePosition(get32(deviceDataAt() + 4) as u64);
    setServerPosition(drivePosition());
  } else loseDrivePosition();
  finishSpace();
}

const KEPT: usize = memory.data(64, 8);
function keepSense(): void {
  memory.copy(KEPT, senseRaw(), 64);
}

/** A drive without READ POSITION: over records the count says it; over filemarks nobody knows. */
function countPosition(): void {
  keepSense();
  const moved = spaceCount() - (spaceResidual as i64);
  if ((cdbByte(1) & 0x0f) === CODE_BLOCKS && !spaceFailed) {
    setDrivePosition(drivePosition() + (moved as u64));
    setServerPosition(drivePosition());
  } else loseDrivePosition();
  finishSpace();
}

function finishSpace(): void {
  if (spaceFailed) replyRawSense(KEPT as u32, false);
  else replyGood();
}

/** LOCATE(10) and LOCATE(16). */
export function locate(): void {
  const long = cdbByte(0) === OP_LOCATE_16;
  const type = long ? (cdbByte(1) >> 3) & 7 : DESTINATION_OBJECT;
  const otherPartition = (cdbByte(1) & CHANGE_PARTITION) !== 0 && cdbByte(long ? 3 : 8) !== 0;
  const known16 = type === DESTINATION_OBJECT || type === DESTINATION_END_OF_DATA;
  if (!known16 || otherPartition) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
    return;
  }
  const known = useIndex();
  if (known === INDEX_WAIT) return;
  const object = long ? get64(cdb() + 4) : (get32(cdb() + 3) as u64);
  if (known === INDEX_YES) {
    const beyond = type === DESTINATION_OBJECT && object > cursorReceived();
    if (beyond) {
      setServerPosition(cursorReceived());
      replySense(KEY_BLANK_CHECK, ASC_END_OF_DATA_DETECTED);
    } else arrive(type === DESTINATION_OBJECT ? object : cursorReceived());
    return;
  }
  if (!deviceIdle() || !procedureIdle()) return;
  procedureStart(PROCEDURE_POSITION, FOR_TASK, currentDrive(), object);
  setTaskPhase(PHASE_PROCEDURE);
}

/** REWIND: what was written is on the tape, or promised, before the position changes. */
export function rewind(): void {
  if (!promiseKept()) return;
  if (recovering()) {
    arrive(0);
    return;
  }
  if (!deviceIdle() || !procedureIdle()) return;
  commandPlain(OWNER_TASK, currentDrive(), OP_REWIND, driveLimitMs() * LONG_FACTOR);
  setTaskPhase(PHASE_DEVICE);
}
/** The drive's answer to REWIND. */
export function rewindDone(): void {
  if (deviceGood()) {
    setDrivePosition(0);
    arrive(0);
    return;
  }
  loseDrivePosition();
  setTaskPhase(PHASE_NEW);
  if (driveFailed() || senseKey() >= KEY_MEDIUM_ERROR) {
    beginRecovery();
    return;
  }
  replyRawSense(senseRaw() as u32, false);
}
