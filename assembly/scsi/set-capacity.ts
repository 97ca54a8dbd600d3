/**
 * SET CAPACITY of the server, at the beginning of the tape: the drive does it, nothing is on the medium then,
 * and where it ends is asked anew. A spare that stands in for it later is made as short (procedure-blank.ts).
 */
import {
  commandPlain,
  currentDrive,
  deviceGood,
  deviceIdle,
  drivePosition,
  drivePositionKnown,
  loseDrivePosition,
  OWNER_TASK,
} from "../lane/device.ts";
import { warningTruncate } from "../lane/early-warning.ts";
import { feederDrained } from "../lane/feeder.ts";
import { serverPosition, setImageTrusted, virtualTag } from "../lane/medium.ts";
import {
  FOR_FEEDER,
  FOR_TASK,
  OUTCOME_RUNNING,
  PROCEDURE_IDENTITY,
  PROCEDURE_POSITION,
  procedureIdle,
  procedureStart,
  procedureTake,
} from "../lane/procedure-state.ts";
import {
  cdb,
  PHASE_DEVICE,
  PHASE_NEW,
  PHASE_PROCEDURE,
  replyGood,
  replyRawSense,
  replySense,
  setTaskPhase,
} from "../lane/task.ts";
import { recoveryBegin } from "../recovery/recovery.ts";
import { recovering } from "../recovery/state.ts";
import { imageCreate, imageSelect } from "../ring/images.ts";
import { ASC_POSITION_PAST_BEGINNING } from "../spec/additional-sense.ts";
import { OP_SET_CAPACITY } from "../spec/operation-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { cursorReset } from "../tape/cursor.ts";
import { driveFailed } from "./drive-answer.ts";
import { senseRaw } from "./sense-reader.ts";

/** It writes the tape's beginning and its end anew. */
const SET_CAPACITY_LIMIT_MS: u32 = 3600000;
/** IMMED of byte 1: not passed on, the end is waited for. */
const IMMED: u32 = 1;

/** SET CAPACITY, again after every event until the drive can take it. */
export function setCapacity(): void {
  if (serverPosition() !== 0) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_POSITION_PAST_BEGINNING);
    return;
  }
  if (recovering() || !feederDrained() || !procedureIdle() || !deviceIdle()) return;
  if (!drivePositionKnown() || drivePosition() !== 0) {
    procedureStart(PROCEDURE_POSITION, FOR_FEEDER, currentDrive(), 0);
    return;
  }
  const to = commandPlain(OWNER_TASK, currentDrive(), OP_SET_CAPACITY, SET_CAPACITY_LIMIT_MS);
  memory.copy(to, cdb(), 6);
  store<u8>(to + 1, ((load<u8>(to + 1) as u32) & ~IMMED) as u8);
  setTaskPhase(PHASE_DEVICE);
}

/** The drive's answer. */
export function setCapacityDone(): void {
  loseDrivePosition();
  if (driveFailed()) {
    setTaskPhase(PHASE_NEW);
    if (!recovering()) recoveryBegin(serverPosition());
    return;
  }
  if (!deviceGood()) {
    replyRawSense(senseRaw() as u32, false);
    return;
  }
  imageSelect(imageCreate(virtualTag(), 0, 0));
  setImageTrusted(true);
  cursorReset(0, 0);
  warningTruncate(0);
  procedureStart(PROCEDURE_IDENTITY, FOR_TASK, currentDrive(), 0);
  setTaskPhase(PHASE_PROCEDURE);
}

/** PHASE_PROCEDURE: the cartridge has said what it holds now, or nothing. */
export function capacityKnown(): bool {
  if (procedureTake(FOR_TASK) === OUTCOME_RUNNING) return false;
  replyGood();
  return true;
}
