/**
 * What SPACE and LOCATE have in common: who knows the way (the ring's index, the drive, or nobody), the place
 * that the server is told, and the move by the drive, which then says where it stands. A move whose end is
 * not known has not happened: the server's position stays, the drive comes back to it when it is needed.
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
  loseDrivePosition,
  OWNER_TASK,
  profile,
  setDrivePosition,
  windLimitMs,
} from "../lane/device.ts";
import { feederDrained } from "../lane/feeder.ts";
import { imageComplete, serverPosition, setServerPosition } from "../lane/medium.ts";
import { currentPartition } from "../lane/partition.ts";
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
import { get32, get64 } from "../lib/bytes.ts";
import { recoveryBegin } from "../recovery/recovery.ts";
import { recovering } from "../recovery/state.ts";
import { ASC_END_OF_DATA_DETECTED } from "../spec/additional-sense.ts";
import { PROFILE_READ_POSITION } from "../spec/drive-profile.ts";
import { DONE_SENSE_BYTES } from "../spec/event.ts";
import {
  OP_ERASE_16,
  OP_READ_16,
  OP_READ_POSITION,
  OP_VERIFY_16,
  OP_WRITE_16,
  OP_WRITE_FILEMARKS_16,
} from "../spec/operation-code.ts";
import { KEY_BLANK_CHECK } from "../spec/sense-key.ts";
import { DO_LOCATE, DO_SPACE, dispatch } from "./dispatch.ts";
import { driveFailed, isDrivesAttention, mayTryAgain } from "./drive-answer.ts";
import { checkImage } from "./image-check.ts";
import { senseRaw } from "./sense-reader.ts";
import { MAP_DAMAGED, MAP_NOT_YET, mapFor, mapWalked, mapWalks } from "./tape-map.ts";

const POSITION_BYTES: u32 = 20;
/** LOLU and PERR of READ POSITION: the drive does not say where it stands. */
const POSITION_UNKNOWN: u32 = 0x06;
/** INFORMATION of fixed format sense data: no residual that is longer is told. */
const INFORMATION_MAX: i64 = 0xffffffff;

/** Who knows where things are on the tape. */
export const MAP_WAIT: u32 = 0;
export const MAP_BY_INDEX: u32 = 1;
export const MAP_BY_DRIVE: u32 = 2;
/** Neither index nor drive: the tape is gone over (tape-map.ts). */
export const MAP_BY_WALK: u32 = 3;

/** The command that the index has failed; the drive does it. */
let lostTask: u32 = 0;
/** The drive has moved, its READ POSITION is out. */
let asking: bool = false;
/** How the move ended: with these sense data, where it did not end with GOOD. */
let moveFailed: bool = false;
const SENSE: usize = memory.data(64, 8);

/** MAP_*: the way that the command in work goes. */
export function mapSource(): u32 {
  const source = chooseSource();
  if (source !== MAP_WAIT) mapFor(source === MAP_BY_WALK);
  return source;
}
function chooseSource(): u32 {
  const lost = lostTask === taskTag();
  if (imageComplete() && !lost) return MAP_BY_INDEX;
  if (recovering() || !feederDrained() || !checkImage()) return MAP_WAIT;
  if (imageComplete() && !lost) return MAP_BY_INDEX;
  return (profile() & PROFILE_READ_POSITION) !== 0 ? MAP_BY_DRIVE : MAP_BY_WALK;
}

/** True when `value` of the index is no answer; what it cannot say the drive is asked. */
export function unanswered(value: u64): bool {
  if (value === MAP_NOT_YET) return true;
  if (value !== MAP_DAMAGED) return false;
  lostTask = taskTag();
  return true;
}

/** The command in work names the place where it begins (stream-address.ts). */
export function hasAddress(): bool {
  const op = cdbByte(0);
  if (op < OP_WRITE_FILEMARKS_16) return false;
  if (op === OP_READ_16 || op === OP_WRITE_16 || op === OP_WRITE_FILEMARKS_16) return true;
  return op === OP_VERIFY_16 || op === OP_ERASE_16;
}
/** Positions are the whole of the command, or it has yet to come to the place that it names. */
export function isMoving(): bool {
  const what = dispatch(cdbByte(0));
  if (what === DO_SPACE || what === DO_LOCATE) return true;
  if (!hasAddress()) return false;
  return serverPosition() !== get64(cdb() + 4) || cdbByte(3) !== currentPartition();
}

/** The server stands at `object`: a command that names the place goes on from there. */
export function arrive(object: u64): void {
  setServerPosition(object);
  if (!hasAddress()) replyGood();
}
/** The same with sense data and the residual count, which is told where the field holds it. */
export function arriveSense(object: u64, key: u32, code: u32, residual: i64): void {
  setServerPosition(object);
  if (residual > INFORMATION_MAX) replySense(key, code);
  else replySenseInformation(key, code, residual as i32);
}

/**
 * A command for the drive that moves the tape; `relative`: from where the server stands. The address of its
 * CDB, to be filled; 0: not yet.
 */
export function moveByDrive(op: u32, relative: bool): u32 {
  if (!deviceIdle() || !procedureIdle()) return 0;
  const at = serverPosition();
  if (relative && (!drivePositionKnown() || drivePosition() !== at)) {
    positionDrive(at);
    return 0;
  }
  asking = false;
  setTaskPhase(PHASE_DEVICE);
  return commandPlain(OWNER_TASK, currentDrive(), op, windLimitMs());
}

/** The drive goes to `object`. */
export function positionDrive(object: u64): void {
  procedureStart(PROCEDURE_POSITION, FOR_TASK, object);
  setTaskPhase(PHASE_PROCEDURE);
}

/** PHASE_PROCEDURE of a command that is moving. */
export function movePositioned(): bool {
  if (mapWalks()) return walkEnded(mapWalked());
  const ended = procedureTake(FOR_TASK);
  if (ended === OUTCOME_RUNNING) return false;
  setTaskPhase(PHASE_NEW);
  const isLocate = dispatch(cdbByte(0)) !== DO_SPACE;
  if (ended === OUTCOME_DONE) {
    if (isLocate) arrive(drivePosition());
    return true;
  }
  if (!isLocate || ended !== OUTCOME_END_OF_DATA) failed();
  else if (drivePositionKnown()) {
    setServerPosition(drivePosition());
    replySense(KEY_BLANK_CHECK, ASC_END_OF_DATA_DETECTED);
  } else movedTo(true);
  return true;
}

/** Of a walk that succeeded the command itself makes use. */
function walkEnded(ended: u32): bool {
  if (ended === OUTCOME_RUNNING) return false;
  if (ended !== OUTCOME_DONE) failed();
  return true;
}
function failed(): void {
  if (driveFailed()) beginRecovery();
  else if (!recovering()) replyRawSense(senseRaw() as u32, false);
}

function beginRecovery(): void {
  if (!recovering()) recoveryBegin(serverPosition());
}

/** The drive's answer to the move, then to READ POSITION. */
export function moveDone(): void {
  if (isDrivesAttention()) {
    asking = false;
    loseDrivePosition();
    setTaskPhase(PHASE_NEW);
  } else if (driveFailed()) {
    loseDrivePosition();
    setTaskPhase(PHASE_NEW);
    beginRecovery();
  } else if (asking) positionTold();
  else movedTo(!deviceGood());
}

/** The drive has moved: where to? */
function movedTo(failed: bool): void {
  loseDrivePosition();
  moveFailed = failed;
  memory.copy(SENSE, senseRaw(), DONE_SENSE_BYTES);
  asking = true;
  commandIn(OWNER_TASK, currentDrive(), OP_READ_POSITION, POSITION_BYTES, driveLimitMs());
  setTaskPhase(PHASE_DEVICE);
}

function positionTold(): void {
  const known = deviceGood() && deviceDataBytes() >= POSITION_BYTES;
  if (!known || ((load<u8>(deviceDataAt()) as u32) & POSITION_UNKNOWN) !== 0) {
    again();
    return;
  }
  setDrivePosition(get32(deviceDataAt() + 4) as u64);
  setServerPosition(drivePosition());
  if (moveFailed) replyRawSense(SENSE as u32, false);
  else replyGood();
}

/** From the place where the server stands once more; in the end the drive's own words. */
function again(): void {
  loseDrivePosition();
  asking = false;
  if (mayTryAgain()) setTaskPhase(PHASE_NEW);
  else replyRawSense(senseRaw() as u32, false);
}
