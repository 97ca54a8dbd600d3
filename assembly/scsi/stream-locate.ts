/**
 * LOCATE(10), LOCATE(16), REWIND of the server. Inside a trusted image LOCATE only moves the bridge's position:
 * the drive follows when it is next needed. Elsewhere the drive does it. BT changes nothing: a block address
 * is the logical object identifier.
 */
import {
  commandLocate,
  commandPlain,
  currentDrive,
  deviceGood,
  deviceIdle,
  loseDrivePosition,
  OWNER_TASK,
  putPartition,
  setDrivePosition,
  windLimitMs,
} from "../lane/device.ts";
import { serverPosition } from "../lane/medium.ts";
import { currentPartition, isDivided } from "../lane/partition.ts";
import { procedureIdle } from "../lane/procedure-state.ts";
import {
  cdb,
  cdbByte,
  PHASE_DEVICE,
  PHASE_NEW,
  replyRawSense,
  replySense,
  setTaskPhase,
} from "../lane/task.ts";
import { get32, get64, put64 } from "../lib/bytes.ts";
import { recoveryBegin } from "../recovery/recovery.ts";
import { recovering } from "../recovery/state.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import { OP_LOCATE_16, OP_REWIND, OP_SPACE_6 } from "../spec/operation-code.ts";
import { KEY_ILLEGAL_REQUEST, KEY_MEDIUM_ERROR } from "../spec/sense-key.ts";
import { DO_REWIND, dispatch } from "./dispatch.ts";
import { driveFailed, isDrivesAttention } from "./drive-answer.ts";
import { inPartition, isPartition } from "./partition-change.ts";
import { promiseKept } from "./promise.ts";
import { senseKey, senseRaw } from "./sense-reader.ts";
import { beyond, goTo } from "./stream-address.ts";
import {
  arrive,
  MAP_BY_DRIVE,
  MAP_WAIT,
  mapSource,
  moveByDrive,
  unanswered,
} from "./stream-move.ts";
import { MAP_NONE, mapEnd, mapMark } from "./tape-map.ts";

/** Destination types of LOCATE(16): logical object identifier, logical file identifier, end of data. */
const TO_OBJECT: u32 = 0;
const TO_FILE: u32 = 1;
const TO_END_OF_DATA: u32 = 3;
const TYPE_SHIFT: u32 = 3;
/** CP of LOCATE. */
const CHANGE_PARTITION: u32 = 2;
/** IMMED of REWIND. */
const IMMED: u32 = 1;
/** Code of SPACE: end of data. */
const SPACE_TO_END: u8 = 3;

/** LOCATE(10) and LOCATE(16), again after every event until it is done. */
export function locate(): void {
  const long = cdbByte(0) === OP_LOCATE_16;
  const type = long ? (cdbByte(1) >> TYPE_SHIFT) & 7 : TO_OBJECT;
  const changes = (cdbByte(1) & CHANGE_PARTITION) !== 0;
  const partition = changes ? cdbByte(long ? 3 : 8) : currentPartition();
  const isKnown = type === TO_OBJECT || type === TO_FILE || type === TO_END_OF_DATA;
  if (!isKnown || !isPartition(partition)) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
    return;
  }
  if (!inPartition(partition)) return;
  const identifier = long ? get64(cdb() + 4) : (get32(cdb() + 3) as u64);
  if (type === TO_FILE) locateFile(identifier);
  else if (type === TO_END_OF_DATA) locateEnd();
  else goTo(identifier);
}

function locateEnd(): void {
  const source = mapSource();
  if (source === MAP_WAIT) return;
  if (source === MAP_BY_DRIVE) {
    toEndByDrive();
    return;
  }
  const end = mapEnd();
  if (!unanswered(end)) arrive(end);
}

/** A drive may stand in another partition than the server: then it is told which end of data is meant. */
function toEndByDrive(): void {
  const to = moveByDrive(isDivided() ? OP_LOCATE_16 : OP_SPACE_6, false);
  if (to === 0) return;
  store<u8>(to + 1, isDivided() ? ((TO_END_OF_DATA << TYPE_SHIFT) as u8) : SPACE_TO_END);
  if (isDivided()) putPartition(to, 3, currentPartition());
}

/** File n begins behind the n-th filemark, file 0 at the beginning. */
function locateFile(file: u64): void {
  const source = mapSource();
  if (source === MAP_WAIT) return;
  if (file === 0) arrive(0);
  else if (source === MAP_BY_DRIVE) {
    const to = moveByDrive(OP_LOCATE_16, false);
    if (to === 0) return;
    store<u8>(to + 1, (TO_FILE << TYPE_SHIFT) as u8);
    putPartition(to, 3, currentPartition());
    put64(to + 4, file);
  } else findFile(file);
}
function findFile(file: u64): void {
  const mark = mapMark(file - 1);
  if (unanswered(mark)) return;
  if (mark !== MAP_NONE) {
    arrive(mark + 1);
    return;
  }
  const end = mapEnd();
  if (!unanswered(end)) beyond(end);
}

/** REWIND: what was written is on the tape, or promised, before the position changes. */
export function rewind(): void {
  if (!promiseKept()) return;
  const isImmediate = dispatch(cdbByte(0)) === DO_REWIND && (cdbByte(1) & IMMED) !== 0;
  // The position is the bridge's: the tape follows when it is next needed.
  if (recovering() || isImmediate) {
    arrive(0);
    return;
  }
  if (!deviceIdle() || !procedureIdle()) return;
  // A drive's REWIND is one within the partition in which it stands.
  if (isDivided()) commandLocate(OWNER_TASK, 0);
  else commandPlain(OWNER_TASK, currentDrive(), OP_REWIND, windLimitMs());
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
  if (isDrivesAttention()) return;
  if (driveFailed() || senseKey() >= KEY_MEDIUM_ERROR) {
    if (!recovering()) recoveryBegin(serverPosition());
    return;
  }
  replyRawSense(senseRaw() as u32, false);
}
