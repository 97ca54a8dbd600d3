/**
 * Step 609: the server gets the drive's own sense data, on the command that waits or on its next one, and
 * the stream ends where the tape ends: what was acknowledged and could not be written is given up.
 */
import { feederReset } from "../lane/feeder.ts";
import { kept } from "../lane/keep.ts";
import { serverPosition, setMediumDamaged, setServerPosition } from "../lane/medium.ts";
import { replyRawSense } from "../lane/task.ts";
import { logNumbers } from "../lib/action.ts";
import { get16 } from "../lib/bytes.ts";
import { ringCancel } from "../ring/append.ts";
import { imageSelected } from "../ring/image-table.ts";
import { imageTruncate } from "../ring/images.ts";
import { CLASS_DRIVE, CLASS_TRANSPORT } from "../spec/failure-class.ts";
import { LOG_REPORTED } from "../spec/log-code.ts";
import { cursorGiveUp, cursorReceived, cursorSent } from "../tape/cursor.ts";
import { failureClassOf, failureObject, failureSense } from "./failure.ts";

/** Gives up what was not written and keeps the error for the server. */
export function reportFailure(): void {
  const at = failureSense();
  logNumbers(LOG_REPORTED, 0, (((load<u8>(at + 2) as u32) & 15) << 16) | get16(at + 12));
  kept.reportPending = true;
  kept.reportLost = cursorReceived() > cursorSent();
  kept.driveFailed = failureClassOf() === CLASS_DRIVE || failureClassOf() === CLASS_TRANSPORT;
  // A place that was reserved for data on their way lies behind what is given up.
  ringCancel();
  if (kept.reportLost && imageSelected() >= 0) imageTruncate(imageSelected(), cursorSent());
  cursorGiveUp();
  feederReset();
  if (serverPosition() > cursorReceived()) setServerPosition(cursorReceived());
  setMediumDamaged();
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
/** Answers the waiting task with it; `ownObject`: the first object that the task itself has written. */
export function reportNow(ownObject: u64): void {
  kept.reportPending = false;
  replyRawSense(failureSense(), kept.reportLost && ownObject !== failureObject());
}
