/**
 * What the drive's answer to the server's own command says of the drive. Decides when it is a failure for
 * the recovery, and the command begins anew after it, instead of an answer that the server should see.
 */
import { deviceGood, deviceResult } from "../lane/device.ts";
import { taskTag } from "../lane/task.ts";
import { classify } from "../recovery/classify.ts";
import { recovering } from "../recovery/state.ts";
import { ASC_MODE_PARAMETERS_CHANGED } from "../spec/additional-sense.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import { CLASS_DRIVE, CLASS_TRANSPORT } from "../spec/failure-class.ts";
import { KEY_RECOVERED_ERROR, KEY_UNIT_ATTENTION } from "../spec/sense-key.ts";
import { cursorSent, cursorSynchronized } from "../tape/cursor.ts";
import { senseCode, senseDeferred, senseKey } from "./sense-reader.ts";

/**
 * What the drive had taken before this command is not on the tape: it says so (a deferred error), or it
 * was reset while something was in its buffer. Never in a recovery, which proves what is on the tape.
 */
export function writesLost(): bool {
  if (deviceResult() !== RESULT_ANSWERED || deviceGood() || recovering()) return false;
  if (senseDeferred()) return senseKey() > KEY_RECOVERED_ERROR;
  const wasReset = senseKey() === KEY_UNIT_ATTENTION && senseCode() < ASC_MODE_PARAMETERS_CHANGED;
  return wasReset && cursorSynchronized() < cursorSent();
}
/** So often one command of the server begins anew for what the drive says that is no failure. */
const TRIES_MAX: u32 = 8;
let triedTask: u32 = 0;
let tries: u32 = 0;

/** True where the command in work may begin anew, counted. */
export function mayTryAgain(): bool {
  if (triedTask !== taskTag()) tries = 0;
  triedTask = taskTag();
  tries += 1;
  return tries < TRIES_MAX;
}
/** The drive's own unit attention, which is not the server's: the command may begin anew. */
export function isDrivesAttention(): bool {
  const isOne = deviceResult() === RESULT_ANSWERED && senseKey() === KEY_UNIT_ATTENTION;
  return isOne && mayTryAgain();
}

/** The last completion is a failure of the drive or of the way to it: another drive may do better. */
export function driveFailed(): bool {
  if (deviceResult() !== RESULT_ANSWERED || writesLost()) return true;
  if (deviceGood()) return false;
  const kind = classify(senseKey(), senseCode());
  return kind === CLASS_DRIVE || kind === CLASS_TRANSPORT;
}
