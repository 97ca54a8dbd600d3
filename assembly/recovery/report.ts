/**
 * Step 609: the server gets the drive's own sense data, on the command that waits or on its next one, and
 * the stream ends where the tape ends: what was acknowledged and could not be written is given up.
 */

import { feederReset } from "../lane/feeder.ts";
import { kept } from "../lane/keep.ts";
import {
  serverPosition,
  setImageTrusted,
  setMediumDamaged,
  setServerPosition,
} from "../lane/medium.ts";
import { imageTag } from "../lane/partition.ts";
import { tapeAlertFlags } from "../lane/procedure-evidence.ts";
import { PHASE_PACE, PHASE_SYNC, replyRawSense, taskPhase } from "../lane/task.ts";
import { logNumbers, setX, setY } from "../lib/action.ts";
import { get16 } from "../lib/bytes.ts";
import { ringCancel } from "../ring/append.ts";
import { ringState } from "../ring/geometry.ts";
import { imageSelected } from "../ring/image-table.ts";
import { imageCreate, imageSelect, imageSetAside, imageTruncate } from "../ring/images.ts";
import { alertsRaise } from "../scsi/tape-alert.ts";
import { CLASS_DRIVE, CLASS_TRANSPORT } from "../spec/failure-class.ts";
import { LOG_FULL, LOG_REPORTED, LOG_SET_ASIDE } from "../spec/log-code.ts";
import { RING_READY } from "../spec/ring-layout.ts";
import { cursorDropUnsent, cursorGiveUp, cursorReceived, cursorSent } from "../tape/cursor.ts";
import {
  failureAnswered,
  failureClassOf,
  failureObject,
  failureOfEnd,
  failureSense,
  setFailureResidual,
} from "./failure.ts";

/** Gives up what was not written and keeps the error for the server. */
export function reportFailure(): void {
  const at = failureSense();
  logNumbers(LOG_REPORTED, 0, (((load<u8>(at + 2) as u32) & 15) << 16) | get16(at + 12));
  kept.reportPending = true;
  kept.reportLost = cursorReceived() > cursorSent();
  const answered = kept.reportLost && isAnswered(cursorSent());
  kept.driveFailed = failureClassOf() === CLASS_DRIVE || failureClassOf() === CLASS_TRANSPORT;
  if (failureAnswered()) alertsRaise(tapeAlertFlags());
  // A place that was reserved for data on their way lies behind what is given up.
  ringCancel();
  dropUnsent(answered);
  cursorGiveUp();
  setMediumDamaged();
}
/**
 * The medium is full where the drive was given its next object: what did not fit is given up, and the
 * server gets the drive's sense data, with the command that did not fit or, where that was answered, late.
 */
export function reportFull(): void {
  const at = cursorSent();
  const answered = isAnswered(at);
  logNumbers(LOG_FULL, answered ? 1 : 0, 0);
  setX(at);
  failureOfEnd(at);
  kept.reportPending = true;
  kept.reportLost = true;
  ringCancel();
  dropUnsent(answered);
  cursorDropUnsent();
  if (answered) setMediumDamaged();
}
/** Object `at` is of a command that was answered: the server does not send it again by itself. */
function isAnswered(at: u64): bool {
  const phase = taskPhase();
  const waits = phase === PHASE_PACE || phase === PHASE_SYNC;
  return !waits || kept.writeFirst > at;
}
/**
 * The image ends where the tape ends. What was answered and is not on the tape is not thrown away: the whole
 * image is set aside for the operator, and another one begins here.
 */
function dropUnsent(answered: bool): void {
  if (kept.reportLost && imageSelected() >= 0) {
    if (answered && ringState() === RING_READY) setAside(cursorSent());
    else imageTruncate(imageSelected(), cursorSent());
  }
  feederReset();
  if (serverPosition() > cursorSent()) setServerPosition(cursorSent());
}
function setAside(at: u64): void {
  if (imageSetAside()) {
    logNumbers(LOG_SET_ASIDE, 0, 0);
    setX(at);
    setY(cursorReceived());
  }
  imageSelect(imageCreate(imageTag(), at, 0));
  setImageTrusted(true);
}
/** An error waits for the server. */
export function reportPending(): bool {
  return kept.reportPending;
}
/** The lane's drive does not work and there was no other. */
export function driveOutOfOrder(): bool {
  return kept.driveFailed;
}
export function reportClear(): void {
  kept.reportPending = false;
  kept.driveFailed = false;
}
/** The task has written nothing yet: what was lost is of earlier ones. */
export const NO_OBJECT: u64 = 0xffffffffffffffff;
/**
 * Answers the waiting task with it; `ownObject`: the first object that the task itself has written,
 * `residual`: what of it is not on the tape, as INFORMATION counts it.
 */
export function reportNow(ownObject: u64, residual: u32): void {
  kept.reportPending = false;
  const late = kept.reportLost && ownObject > failureObject();
  if (!late && ownObject !== NO_OBJECT) setFailureResidual(residual);
  replyRawSense(failureSense(), late);
}
