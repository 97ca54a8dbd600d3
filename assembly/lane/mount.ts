/**
 * A cartridge comes into the lane and leaves it: makes the drive ready, finds the image, after a restart
 * finds out what the tape lacks; unloads for the server or for the robot. A drive that cannot load is
 * left to the server's next command (mount faults are reported as they are).
 */
import { act, logNumbers, setA, setB, setC, setX, setY } from "../lib/action.ts";
import { eventC, eventD } from "../lib/event.ts";
import { recoveryBegin } from "../recovery/recovery.ts";
import { reportClear } from "../recovery/report.ts";
import { recovering, spareDriveCount } from "../recovery/state.ts";
import { ringState } from "../ring/geometry.ts";
import { imageBase, imageEnd, imageFind, imageSelected } from "../ring/image-table.ts";
import { imageDrop, imageSelect } from "../ring/images.ts";
import { ringKeep, ringUsed } from "../ring/reclaim.ts";
import { ringDurable, ringFlush, ringWritten } from "../ring/writes.ts";
import { removalPrevented } from "../scsi/prevent.ts";
import { senseWord } from "../scsi/sense-reader.ts";
import { ATTENTION_MEDIUM_CHANGED, attentionRaise } from "../scsi/unit-attention.ts";
import { PARAM_IN_AT, VOLUME_TAG_BYTES } from "../spec/abi.ts";
import { AC_WORD } from "../spec/action.ts";
import { PROFILE_READ_POSITION } from "../spec/drive-profile.ts";
import { LOG_IMAGE_STALE, LOG_MOUNTED, LOG_OWED, LOG_UNMOUNTED } from "../spec/log-code.ts";
import { RING_BROKEN } from "../spec/ring-layout.ts";
import { WORD_MOUNTED, WORD_NONE, WORD_RECOVERED, WORD_RELEASED } from "../spec/word.ts";
import { cursorProven, cursorReceived, cursorReset } from "../tape/cursor.ts";
import { currentDrive, deviceIdle, profile, selectDrive } from "./device.ts";
import { feederReset, feederSynchronized, feederWantSync } from "./feeder.ts";
import { laneNumber } from "./identity.ts";
import { JOURNAL_NOTHING, journalSynchronized } from "./journal.ts";
import {
  clearTags,
  imageComplete,
  MEDIUM_CHECKING,
  MEDIUM_EMPTY,
  MEDIUM_FAILED,
  MEDIUM_LOADING,
  MEDIUM_READY,
  MEDIUM_UNLOADED,
  mediumState,
  realTag,
  setEarlyWarning,
  setImageTrusted,
  setMediumState,
  setServerPosition,
  setTags,
  virtualTag,
} from "./medium.ts";
import { driveCleans } from "./procedure-ready.ts";
import {
  FOR_MOUNT,
  OUTCOME_CLEANED,
  OUTCOME_DONE,
  OUTCOME_NO_ANSWER,
  OUTCOME_RUNNING,
  PROCEDURE_READY,
  PROCEDURE_TAIL,
  PROCEDURE_UNLOAD,
  procedureIdle,
  procedureStart,
  procedureTake,
} from "./procedure-state.ts";
import { TAIL_FROM_END, tailBeyond, tailDiffers, tailProven } from "./procedure-tail.ts";
import { PHASE_RECEIVE, taskPhase } from "./task.ts";

/** Medium removal prevented, as a word's result. */
const RESULT_PREVENTED: u32 = 0x055302;

let foundAtStart: bool = false;
let answerMount: bool = false;
let releasing: bool = false;
let unloading: bool = false;
let unloadFailed: bool = false;
let mountSense: u32 = 0;

function word(kind: u32, c: u32): void {
  act(AC_WORD, 0);
  setA(kind);
  setB(laneNumber());
  setC(c);
}

/** WORD_MOUNT: a cartridge is in the drive. */
export function mountWord(): void {
  selectDrive(eventC());
  foundAtStart = (eventD() & 1) !== 0;
  setTags(PARAM_IN_AT, PARAM_IN_AT + VOLUME_TAG_BYTES);
  answerMount = true;
  beginLoad();
}
/** Loads what is in the drive (again). */
export function beginLoad(): void {
  setMediumState(MEDIUM_LOADING);
  reportClear();
  feederReset();
  setEarlyWarning(false);
  mountStarted = false;
  loadRecovered = false;
  unloadFailed = false;
}
let mountStarted: bool = false;
let loadRecovered: bool = false;

/** WORD_RELEASE: the robot wants the cartridge. */
export function releaseWord(): void {
  if (removalPrevented()) {
    word(WORD_RELEASED, RESULT_PREVENTED);
    return;
  }
  releasing = true;
}
/** The robot waits for the cartridge. */
export function releaseWanted(): bool {
  return releasing;
}
/** WORD_GONE: the cartridge has left (c 0), or could not be moved. */
export function goneWord(): void {
  if (eventC() !== 0) return;
  logNumbers(LOG_UNMOUNTED, laneNumber(), 0);
  setMediumState(MEDIUM_EMPTY);
  imageSelect(-1);
  clearTags();
  cursorReset(0, 0);
  setServerPosition(0);
  reportClear();
}

/** One step further. */
export function mountPump(): bool {
  const state = mediumState();
  if (state === MEDIUM_LOADING) return loadPump();
  if (state === MEDIUM_CHECKING) return check();
  if (unloading) return unloadPump();
  if (releasing) return release();
  return false;
}

function loadPump(): bool {
  if (!mountStarted) {
    if (recovering() || !deviceIdle() || !procedureIdle()) return false;
    mountStarted = true;
    procedureStart(PROCEDURE_READY, FOR_MOUNT, currentDrive(), 0);
    return true;
  }
  // Cleaning takes longer than a robot move may take.
  if (driveCleans()) answer(0);
  const ended = procedureTake(FOR_MOUNT);
  if (ended === OUTCOME_RUNNING) return false;
  if (ended === OUTCOME_CLEANED) {
    setMediumState(MEDIUM_UNLOADED);
    return true;
  }
  if (ended !== OUTCOME_DONE) {
    if (spareDriveCount() > 0 && !loadRecovered) {
      // Another drive may load it: the server need not know.
      loadRecovered = true;
      mountStarted = false;
      recoveryBegin(0);
      return true;
    }
    setMediumState(MEDIUM_FAILED);
    mountSense = ended === OUTCOME_NO_ANSWER ? WORD_NONE : senseWord();
    answer(mountSense);
    return true;
  }
  loaded();
  return true;
}

function answer(result: u32): void {
  if (!answerMount) return;
  answerMount = false;
  word(WORD_MOUNTED, result);
}

/** The sense of a load that failed: key << 16 | code, WORD_NONE where the drive did not answer. */
export function mountFault(): u32 {
  return mountSense;
}

/** The drive is ready: what does the ring know of this cartridge? */
function loaded(): void {
  const image = imageFind(virtualTag());
  imageSelect(image);
  setImageTrusted(false);
  setServerPosition(0);
  cursorReset(image < 0 ? 0 : imageEnd(image), image < 0 ? 0 : ringUsed());
  ringKeep(cursorReceived());
  logNumbers(LOG_MOUNTED, image < 0 ? 0 : 1, currentDrive());
  setX(cursorReceived());
  if (foundAtStart && image >= 0) {
    setMediumState(MEDIUM_CHECKING);
    procedureStart(PROCEDURE_TAIL, FOR_MOUNT, currentDrive(), checkFrom(image));
    return;
  }
  ready();
}

/** Where to look: the tape's end, where the drive can say where that is; else what the journal knows. */
function checkFrom(image: i32): u64 {
  const noted = journalSynchronized();
  const usable = noted !== JOURNAL_NOTHING && noted >= imageBase(image) && noted <= imageEnd(image);
  const asks = (profile() & PROFILE_READ_POSITION) !== 0;
  return asks || !usable ? TAIL_FROM_END : noted;
}

function ready(): void {
  setMediumState(MEDIUM_READY);
  if (!foundAtStart) attentionRaise(ATTENTION_MEDIUM_CHANGED, 0);
  foundAtStart = false;
  answer(0);
}

/** After a restart: the tape ends where it ends, the ring has the rest. */
function check(): bool {
  const ended = procedureTake(FOR_MOUNT);
  if (ended === OUTCOME_RUNNING) return false;
  if (ended !== OUTCOME_DONE || tailBeyond() || tailDiffers()) dropStale();
  else {
    setImageTrusted(true);
    const all = cursorReceived();
    cursorProven(tailProven());
    setServerPosition(all);
    // A crash may have lost the last word of a recovery: the volume stays on its replacement.
    if (memory.compare(virtualTag(), realTag(), VOLUME_TAG_BYTES) !== 0) word(WORD_RECOVERED, 1);
    if (tailProven() < all) {
      logNumbers(LOG_OWED, 0, 0);
      setX(all);
      setY(tailProven());
      feederWantSync();
    }
  }
  ready();
  return true;
}

/** The image is not what is on the tape: it was written elsewhere. */
export function dropStale(): void {
  logNumbers(LOG_IMAGE_STALE, 0, 0);
  setX(cursorReceived());
  if (imageSelected() >= 0) imageDrop(imageSelected());
  imageSelect(-1);
  setImageTrusted(false);
  cursorReset(0, 0);
}

/** Everything is on the tape and the ring can be forgotten: an unload may begin. */
export function settled(): bool {
  if (recovering() || !procedureIdle()) return false;
  if (mediumState() === MEDIUM_READY && !feederSynchronized()) {
    feederWantSync();
    return false;
  }
  const isBroken = ringState() === RING_BROKEN;
  if (!isBroken && imageSelected() >= 0 && ringDurable() < ringWritten()) {
    ringFlush();
    return false;
  }
  return deviceIdle();
}

/** Unloads; the end is asked for by `unloadEnded`. To be called when `settled`. */
export function beginUnload(): void {
  unloading = true;
  procedureStart(PROCEDURE_UNLOAD, FOR_MOUNT, currentDrive(), 0);
}
export function unloadRunning(): bool {
  return unloading;
}
/** The last unload was refused by the drive (its sense data are the last read). */
export function unloadRefused(): bool {
  return unloadFailed;
}

function unloadPump(): bool {
  const ended = procedureTake(FOR_MOUNT);
  if (ended === OUTCOME_RUNNING) return false;
  unloading = false;
  if (ended === OUTCOME_DONE) {
    setMediumState(MEDIUM_UNLOADED);
    if (releasing) released();
    return true;
  }
  // The cartridge is stuck: with a spare of each the image goes to another one (620).
  const coverable = spareDriveCount() > 0 && imageComplete();
  if (coverable && !unloadFailed) {
    unloadFailed = true;
    recoveryBegin(cursorReceived());
    return true;
  }
  unloadFailed = true;
  // A drive that cannot unload may still give the cartridge to the robot: the changer tries.
  if (releasing) released();
  return true;
}

function released(): void {
  releasing = false;
  word(WORD_RELEASED, 0);
}

function release(): bool {
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
