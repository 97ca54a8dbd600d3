/**
 * A cartridge leaves the drive: for the server or for the robot, never before everything that was
 * promised is on the tape and durable. One that is stuck is left to a recovery.
 */

import { act, setA } from "../lib/action.ts";
import { recoveryBegin } from "../recovery/recovery.ts";
import { recovering, spareDriveCount } from "../recovery/state.ts";
import { ringState } from "../ring/geometry.ts";
import { imageSelected } from "../ring/image-table.ts";
import { ringDurable, ringFlush, ringWritten } from "../ring/writes.ts";
import { removalPrevented } from "../scsi/prevent.ts";
import { senseRaw } from "../scsi/sense-reader.ts";
import { AC_SECRET, SECRET_CLEAR } from "../spec/action.ts";
import { ASC_NOT_READY_CAUSE_NOT_REPORTABLE } from "../spec/additional-sense.ts";
import { OP_LOAD_UNLOAD } from "../spec/operation-code.ts";
import { RING_BROKEN } from "../spec/ring-layout.ts";
import { KEY_HARDWARE_ERROR } from "../spec/sense-key.ts";
import { WORD_RELEASED } from "../spec/word.ts";
import { cursorReceived } from "../tape/cursor.ts";
import { deviceIdle } from "./device.ts";
import { feederSynchronized, feederWantSync } from "./feeder.ts";
import { journalClosed, journalForget, journalKeyChanged, journalOwes } from "./journal.ts";
import { kept } from "./keep.ts";
import { KEY_MODE_OFF, keySet } from "./key.ts";
import { laneWord } from "./lane-word.ts";
import { MEDIUM_READY, MEDIUM_UNLOADED, mediumState, setMediumState } from "./medium.ts";
import { noteImage } from "./mounted-image.ts";
import { forgetLayout, volumeComplete } from "./partition.ts";
import {
  FOR_MOUNT,
  OUTCOME_DONE,
  OUTCOME_NO_ANSWER,
  OUTCOME_RUNNING,
  PROCEDURE_UNLOAD,
  procedureIdle,
  procedureStart,
  procedureTake,
} from "./procedure-state.ts";
import {
  cdbByte,
  PHASE_NONE,
  PHASE_RECEIVE,
  replyRawSense,
  replySense,
  taskPhase,
} from "./task.ts";

/** Medium removal prevented, as a word's result. */
const RESULT_PREVENTED: u32 = 0x055302;
/** Unable to decrypt. */
const RESULT_LOCKED: u32 = 0x077401;

/** LOAD of LOAD UNLOAD. */
const LOAD: u32 = 1;

let unloading: bool = false;
/** A recovery has been tried for a cartridge that is stuck. */
let covered: bool = false;

/** WORD_RELEASE: the robot wants the cartridge. */
export function releaseWord(): void {
  const refusal = removalPrevented() ? RESULT_PREVENTED : keyHolds() ? RESULT_LOCKED : 0;
  if (refusal !== 0) {
    laneWord(WORD_RELEASED, refusal);
    return;
  }
  kept.releasing = true;
}
/** The robot waits for the cartridge. */
export function releaseWanted(): bool {
  return kept.releasing;
}
/** A promise waits for the server's key: the cartridge stays. */
export function keyHolds(): bool {
  return kept.keyAwaited && journalOwes();
}
/** Everything is on the tape and the ring can be forgotten: an unload may begin. */
export function settled(): bool {
  if (recovering() || !procedureIdle() || keyHolds()) return false;
  if (mediumState() === MEDIUM_READY && !feederSynchronized()) {
    feederWantSync();
    return false;
  }
  // A ring that failed is never durable again: the tape has it all.
  const isKept = imageSelected() >= 0 && ringState() !== RING_BROKEN;
  if (isKept && ringDurable() < ringWritten()) {
    ringFlush();
    return false;
  }
  return journalClosed() && deviceIdle();
}

/** Unloads, which `unloadRunning` says until it has ended. To be called when `settled`. */
export function beginUnload(): void {
  unloading = true;
  procedureStart(PROCEDURE_UNLOAD, FOR_MOUNT);
}
export function unloadRunning(): bool {
  return unloading;
}

/** The unload is under way: one step further. */
export function unloadPump(): bool {
  const ended = procedureTake(FOR_MOUNT);
  if (ended === OUTCOME_RUNNING) return false;
  unloading = false;
  if (ended === OUTCOME_DONE) {
    setMediumState(MEDIUM_UNLOADED);
    kept.keyAwaited = false;
    keyDemounted();
    noteImage();
    journalForget();
    forgetLayout();
    if (kept.releasing) released();
    return true;
  }
  // A drive that does not answer gives its cartridge to another one; of one that is stuck the image goes to a
  // spare of each (620).
  const isSilent = ended === OUTCOME_NO_ANSWER;
  const coverable = isSilent || (spareDriveCount() > 0 && volumeComplete());
  if (coverable && !covered) {
    covered = true;
    recoveryBegin(cursorReceived());
    return true;
  }
  // A drive that cannot unload may still give the cartridge to the robot: the changer tries.
  if (kept.releasing) released();
  else refuse(ended);
  return true;
}
/** The UNLOAD that waits is told why the cartridge stays; one that was aborted leaves nobody to tell. */
function refuse(ended: u32): void {
  const isLoadUnload = taskPhase() !== PHASE_NONE && cdbByte(0) === OP_LOAD_UNLOAD;
  if (!isLoadUnload || (cdbByte(4) & LOAD) !== 0) return;
  if (ended !== OUTCOME_NO_ANSWER) replyRawSense(senseRaw() as u32, false);
  else replySense(KEY_HARDWARE_ERROR, ASC_NOT_READY_CAUSE_NOT_REPORTABLE);
}

/** CKOD: the drive has forgotten the key, and so does the lane. */
function keyDemounted(): void {
  if (!kept.keyClears) return;
  act(AC_SECRET, 0);
  setA(SECRET_CLEAR);
  keySet(0, KEY_MODE_OFF, 0, false);
  journalKeyChanged();
}

function released(): void {
  kept.releasing = false;
  laneWord(WORD_RELEASED, 0);
}

/** The robot wants the cartridge: unloads when nothing is on its way to it. */
export function release(): bool {
  const state = mediumState();
  if (recovering()) return false;
  if (state !== MEDIUM_READY) {
    released();
    return true;
  }
  // Data that are on their way belong to this cartridge.
  if (taskPhase() === PHASE_RECEIVE || !settled()) return false;
  beginUnload();
  return true;
}

/** Whatever an unload came to does not count for the next cartridge. */
export function unloadForget(): void {
  unloading = false;
  covered = false;
}
