/**
 * What ERASE, FORMAT MEDIUM and SET CAPACITY have in common: the drive does it where the server stands, when
 * it has everything else; what stands behind that place is gone, on the tape and in the ring.
 */

import {
  commandPlain,
  currentDrive,
  deviceGood,
  deviceIdle,
  deviceOperation,
  deviceOwner,
  drivePosition,
  drivePositionKnown,
  loseDrivePosition,
  OWNER_TASK,
} from "../lane/device.ts";
import { warningTruncate } from "../lane/early-warning.ts";
import { feederDrained } from "../lane/feeder.ts";
import {
  JOURNAL_WRITES_NOT,
  journalPartitionChanged,
  journalPartitionDurable,
  journalRecovery,
  journalSettled,
} from "../lane/journal.ts";
import { kept } from "../lane/keep.ts";
import { serverPosition, setImagePrefix, setImageTrusted } from "../lane/medium.ts";
import { beginLoad } from "../lane/mount.ts";
import { dropStale } from "../lane/mounted-image.ts";
import { currentPartition, dropPartitions, imageTag } from "../lane/partition.ts";
import { beginPartitions, bindPartitions, doubtPartitions } from "../lane/partition-images.ts";
import { mediumWriteProtected } from "../lane/procedure-ready.ts";
import {
  FOR_FEEDER,
  FOR_TASK,
  OUTCOME_DONE,
  OUTCOME_RUNNING,
  PROCEDURE_IDENTITY,
  PROCEDURE_POSITION,
  procedureIdle,
  procedureStart,
  procedureTake,
} from "../lane/procedure-state.ts";
import {
  cdbByte,
  PHASE_DEVICE,
  PHASE_NEW,
  PHASE_NONE,
  PHASE_PROCEDURE,
  replyGood,
  replyRawSense,
  replySense,
  setTaskPhase,
  taskPhase,
} from "../lane/task.ts";
import { recoveryBegin } from "../recovery/recovery.ts";
import { recovering } from "../recovery/state.ts";
import { ringState } from "../ring/geometry.ts";
import { imageBase, imageSelected } from "../ring/image-table.ts";
import { imageCreate, imageCutDurable, imageSelect, imageTruncate } from "../ring/images.ts";
import { ringFlush } from "../ring/writes.ts";
import { ASC_POSITION_PAST_BEGINNING, ASC_WRITE_PROTECTED } from "../spec/additional-sense.ts";
import { OP_ERASE_6, OP_FORMAT_MEDIUM, OP_SET_CAPACITY } from "../spec/operation-code.ts";
import { RING_BROKEN } from "../spec/ring-layout.ts";
import { KEY_DATA_PROTECT, KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { cursorReceived, cursorReset, cursorTruncate } from "../tape/cursor.ts";
import { dispatch } from "./dispatch.ts";
import { driveFailed, isDrivesAttention } from "./drive-answer.ts";
import { isRingDurable } from "./promise.ts";
import { senseRaw } from "./sense-reader.ts";

/** True where the cartridge may be written; else answered. */
export function isWritable(): bool {
  if (!mediumWriteProtected()) return true;
  replySense(KEY_DATA_PROTECT, ASC_WRITE_PROTECTED);
  return false;
}
/** True where the server stands at the beginning of partition 0; else answered. */
export function isAtBeginning(): bool {
  if (serverPosition() === 0 && currentPartition() === 0) return true;
  replySense(KEY_ILLEGAL_REQUEST, ASC_POSITION_PAST_BEGINNING);
  return false;
}

/**
 * The drive has everything and nothing else to do, and a start knows in which partition the server stands. The ring has
 * all of it too: where the power goes before the answer, all of what was there may come back, and not a part of it.
 */
export function mayChange(): bool {
  if (recovering() || !feederDrained() || !procedureIdle() || !deviceIdle()) return false;
  if (imageSelected() >= 0 && ringState() !== RING_BROKEN && !isRingDurable()) return false;
  return journalPartitionDurable();
}

/** The command for the drive, which stands where the server does: the address of its CDB; 0: not yet. */
export function changeByDrive(op: u32, limitMs: u32): u32 {
  if (!mayChange()) return 0;
  const at = serverPosition();
  if (!drivePositionKnown() || drivePosition() !== at) {
    procedureStart(PROCEDURE_POSITION, FOR_FEEDER, at);
    return 0;
  }
  setTaskPhase(PHASE_DEVICE);
  return commandPlain(OWNER_TASK, currentDrive(), op, limitMs);
}

/** The drive's answer: true where it has done it; else a recovery begins, or the server was told. */
export function changeDone(): bool {
  loseDrivePosition();
  if (deviceGood()) return true;
  if (isDrivesAttention()) {
    setTaskPhase(PHASE_NEW);
    return false;
  }
  if (driveFailed()) {
    setTaskPhase(PHASE_NEW);
    if (!recovering()) recoveryBegin(serverPosition());
    return false;
  }
  replyRawSense(senseRaw() as u32, false);
  return false;
}

/** It was not done, or nobody knows: whether the images of the other partitions are what is on the tape. */
export function emptyingFailed(): void {
  if (recovering()) doubtPartitions();
  else bindPartitions();
}

/** What the tape had behind `at` is gone: nothing is left of it in the ring. */
export function cutImage(at: u64): void {
  const image = imageSelected();
  if (image >= 0 && at >= imageBase(image) && at <= cursorReceived()) {
    imageTruncate(image, at);
    cursorTruncate(at);
    setImagePrefix(false);
  } else if (image < 0 || at < imageBase(image)) beginImage(at);
  warningTruncate(at);
  if (at === 0) setImageTrusted(true);
  journalEmptied();
}
/** The journal says that nothing of what was there may be on the tape. */
function journalEmptied(): void {
  journalRecovery(false, JOURNAL_WRITES_NOT);
}
/** Ring and journal say so on stable storage: what is gone does not come back at a start. */
function isKept(): bool {
  if (ringState() === RING_BROKEN) return true;
  if (!imageCutDurable()) ringFlush();
  return imageCutDurable() && journalSettled();
}
/** PHASE_PROCEDURE: answered where it is durable. */
export function changeKept(): bool {
  if (!isKept()) return false;
  replyGood();
  return true;
}
function beginImage(at: u64): void {
  imageSelect(imageCreate(imageTag(), at, 0));
  cursorReset(at, 0);
  setImagePrefix(false);
  setImageTrusted(true);
}

let isDividedAnew: bool = false;

/** The whole tape was made anew: an image begins, and the cartridge is asked how much it holds now. */
export function beginTape(): void {
  beginImage(0);
  isDividedAnew = false;
  warningTruncate(0);
  procedureStart(PROCEDURE_IDENTITY, FOR_TASK);
  journalEmptied();
  setTaskPhase(PHASE_PROCEDURE);
}
/** The drive failed before it had said that: nothing is on the tape, and all of it is done once more. */
function changeAgain(): bool {
  setTaskPhase(PHASE_NEW);
  recoveryBegin(0);
  return true;
}
/** PHASE_PROCEDURE: the same, and the cartridge has said what it holds and how it is divided. */
export function capacityKnown(): bool {
  if (!isDividedAnew) {
    if (!isKept()) return false;
    const ended = procedureTake(FOR_TASK);
    if (ended === OUTCOME_RUNNING) return false;
    if (ended !== OUTCOME_DONE) return changeAgain();
    beginPartitions();
    bindPartitions();
    isDividedAnew = true;
    journalPartitionChanged();
  }
  if (!journalPartitionDurable()) return false;
  replyGood();
  return true;
}

function isChange(op: u32): bool {
  return op === OP_ERASE_6 || op === OP_FORMAT_MEDIUM || op === OP_SET_CAPACITY;
}
/** The drive still does one whose command was aborted: nobody can say yet what is on the tape. */
export function changeRuns(): bool {
  return deviceOwner() === OWNER_TASK && isChange(deviceOperation());
}
/** After a trap the command is given once more, and done once more. */
function comesAgain(): bool {
  if (taskPhase() === PHASE_NONE) return kept.taskPhase !== PHASE_NONE;
  return dispatch(cdbByte(0)) === dispatch(deviceOperation());
}
/** The end of one whose command was aborted: what is gone, or may be, comes back from nowhere. */
export function changeOrphaned(): void {
  if (!isChange(deviceOperation()) || comesAgain()) return;
  if (!deviceGood() && !driveFailed()) {
    bindPartitions();
    return;
  }
  if (deviceOperation() === OP_ERASE_6) {
    cutImage(serverPosition());
    // Where nobody knows that it was done the tape may go on there.
    if (!deviceGood()) setImagePrefix(true);
    return;
  }
  dropPartitions();
  dropStale();
  beginLoad();
}
