/**
 * A cartridge comes into the lane: makes the drive ready, finds the image, after a restart finds out what
 * the tape lacks. A drive that cannot load is left to the server's next command (mount faults are
 * reported as they are).
 */

import { logNumbers, setX, setY } from "../lib/action.ts";
import { eventC, eventD, eventParamBytes } from "../lib/event.ts";
import { recoveryBegin, recoveryDivide, recoveryReplace } from "../recovery/recovery.ts";
import { reportClear } from "../recovery/report.ts";
import { recovering, spareDriveCount } from "../recovery/state.ts";
import { imageEnd, imageFind, imageSelected } from "../ring/image-table.ts";
import { imageSelect } from "../ring/images.ts";
import { ringKeep, ringUsed } from "../ring/reclaim.ts";
import { senseCode, senseKey, senseWord } from "../scsi/sense-reader.ts";
import { alertsCleaned, alertsLoad } from "../scsi/tape-alert.ts";
import { ATTENTION_MEDIUM_CHANGED, attentionRaise } from "../scsi/unit-attention.ts";
import { PARAM_IN_AT, VOLUME_TAG_BYTES } from "../spec/abi.ts";
import { ASC_MEDIUM_NOT_PRESENT } from "../spec/additional-sense.ts";
import { LOG_KEY_AWAITED, LOG_MOUNTED, LOG_OWED } from "../spec/log-code.ts";
import { OP_LOAD_UNLOAD } from "../spec/operation-code.ts";
import { KEY_NOT_READY, KEY_UNIT_ATTENTION } from "../spec/sense-key.ts";
import { WORD_MOUNTED, WORD_NONE, WORD_RECOVERED } from "../spec/word.ts";
import { cursorProven, cursorReceived, cursorReset } from "../tape/cursor.ts";
import { copyBegin, copyHeaderEnded } from "./copy.ts";
import { currentDrive, deviceIdle, loseDrivePosition, selectDrive } from "./device.ts";
import { driveModesForget } from "./drive-mode.ts";
import { warningReset } from "./early-warning.ts";
import { feederReset, feederWantSync } from "./feeder.ts";
import { forgetHostAttributes, hostAttributesOwed, oweHostAttributes } from "./host-attributes.ts";
import { laneNumber } from "./identity.ts";
import { journalMoved, journalOwes, journalTakeAttributes } from "./journal.ts";
import { kept } from "./keep.ts";
import { keyIsHere } from "./key.ts";
import { laneWord } from "./lane-word.ts";
import {
  MEDIUM_CHECKING,
  MEDIUM_COPYING,
  MEDIUM_FAILED,
  MEDIUM_LOADING,
  MEDIUM_READY,
  MEDIUM_UNLOADED,
  mediumState,
  setImageTrusted,
  setMediumState,
  setServerPosition,
  setTags,
} from "./medium.ts";
import { isUntouched, setVolumeSerial, showNothing } from "./medium-identity.ts";
import {
  checkFrom,
  imageOfFailure,
  isForeign,
  isImageEmpty,
  isOwed,
  isSomebodyElses,
  keptOnTape,
  looksAgain,
  provenBefore,
} from "./mount-check.ts";
import { lackDivision, takeDivision, trustDivision } from "./mount-division.ts";
import { dropStale } from "./mounted-image.ts";
import { forgetLayout, imageTag, isBlankVerified, partitionsOwed } from "./partition.ts";
import { evidenceForget } from "./procedure-evidence.ts";
import { driveCleans, READY_LOADS } from "./procedure-ready.ts";
import {
  FOR_FEEDER,
  FOR_MOUNT,
  OUTCOME_CLEANED,
  OUTCOME_DONE,
  OUTCOME_NO_ANSWER,
  OUTCOME_RING,
  OUTCOME_RUNNING,
  PROCEDURE_ATTRIBUTES,
  PROCEDURE_IDENTITY,
  PROCEDURE_READY,
  PROCEDURE_TAIL,
  procedureIdle,
  procedureStart,
  procedureTake,
} from "./procedure-state.ts";
import { cdbByte, PHASE_NONE, replySense, taskNexus, taskPhase } from "./task.ts";
import { release, unloadForget, unloadPump, unloadRunning } from "./unload.ts";

/** WORD_MOUNT: a cartridge is in the drive. */
export function mountWord(): void {
  selectDrive(eventC());
  kept.foundAtStart = (eventD() & 1) !== 0;
  kept.standsIn = (eventD() & 2) !== 0;
  kept.keyAwaited = false;
  setTags(PARAM_IN_AT, PARAM_IN_AT + VOLUME_TAG_BYTES);
  const hasSerial = eventParamBytes() >= VOLUME_TAG_BYTES * 3;
  setVolumeSerial(hasSerial ? PARAM_IN_AT + VOLUME_TAG_BYTES * 2 : 0);
  kept.answerMount = true;
  beginLoad();
}
/** Loads what is in the drive (again). */
export function beginLoad(): void {
  setMediumState(MEDIUM_LOADING);
  // Wherever the tape stood before: a load leaves it somewhere else.
  loseDrivePosition();
  reportClear();
  feederReset();
  warningReset();
  driveModesForget();
  journalMoved();
  evidenceForget();
  alertsLoad();
  showNothing();
  forgetHostAttributes();
  forgetLayout();
  attributing = false;
  loadStage = LOAD_WAITS;
  kept.loadRecovered = false;
  unloadForget();
}
/** Where a load stands: the drive is made ready, then the cartridge is asked what it is. */
const LOAD_WAITS: u32 = 0;
const LOAD_READY: u32 = 1;
const LOAD_IDENTITY: u32 = 2;
let loadStage: u32 = LOAD_WAITS;
/** A spare that was found in the drive gets what hosts have written into the memory of the volume's own cartridge. */
let attributing: bool = false;

/** One step further. */
export function mountPump(): bool {
  return !mountRests() && goOn(mediumState());
}
/** The cartridge is ready, nothing is done with it or wanted of it. */
export function mountRests(): bool {
  if (unloadRunning() || kept.releasing) return false;
  return mediumState() === MEDIUM_READY && procedureIdle();
}

function goOn(state: u32): bool {
  if (state === MEDIUM_LOADING) return loadPump();
  if (state === MEDIUM_CHECKING) return check();
  if (state === MEDIUM_COPYING) return headerCopied();
  if (unloadRunning()) return unloadPump();
  if (kept.releasing) return release();
  return takeOrphan();
}
/** What was begun for a medium that has left has ended: it keeps nobody from the next one. */
function takeOrphan(): bool {
  if (procedureTake(FOR_MOUNT) !== OUTCOME_RUNNING) return true;
  return mediumState() !== MEDIUM_READY && procedureTake(FOR_FEEDER) !== OUTCOME_RUNNING;
}

function loadPump(): bool {
  if (loadStage === LOAD_WAITS) {
    if (takeOrphan()) return true;
    if (recovering() || !deviceIdle() || !procedureIdle()) return false;
    loadStage = LOAD_READY;
    procedureStart(PROCEDURE_READY, FOR_MOUNT, isLoadAsked() ? READY_LOADS : 0);
    return true;
  }
  // Cleaning takes longer than a robot move may take.
  if (driveCleans()) answer(0);
  const ended = procedureTake(FOR_MOUNT);
  if (ended === OUTCOME_RUNNING) return false;
  if (loadStage === LOAD_IDENTITY) {
    // Whatever came of it: a drive that does not answer any more is found by the next command.
    loaded();
    return true;
  }
  if (ended === OUTCOME_CLEANED) {
    cleaned();
    return true;
  }
  if (ended !== OUTCOME_DONE) {
    if (spareDriveCount() > 0 && !kept.loadRecovered) {
      // Another drive may load it: the server need not know.
      kept.loadRecovered = true;
      loadStage = LOAD_WAITS;
      recoveryBegin(0);
      return true;
    }
    setMediumState(MEDIUM_FAILED);
    kept.mountSense = ended === OUTCOME_NO_ANSWER ? WORD_NONE : senseWord();
    answer(kept.mountSense);
    return true;
  }
  loadStage = LOAD_IDENTITY;
  procedureStart(PROCEDURE_IDENTITY, FOR_MOUNT);
  return true;
}

/** A cleaning has ended; that it helped is believed of a drive that does not complain. */
function cleaned(): void {
  if (senseCode() === ASC_MEDIUM_NOT_PRESENT || senseKey() === KEY_UNIT_ATTENTION) alertsCleaned();
  setMediumState(MEDIUM_UNLOADED);
  answer(0);
  // Carried out again, a LOAD would begin the next cleaning, and so on.
  if (isServerLoading()) replySense(KEY_NOT_READY, ASC_MEDIUM_NOT_PRESENT);
}

function answer(result: u32): void {
  if (!kept.answerMount) return;
  kept.answerMount = false;
  laneWord(WORD_MOUNTED, result);
}

/** The sense of a load that failed: key << 16 | code, WORD_NONE where the drive did not answer. */
export function mountFault(): u32 {
  return kept.mountSense;
}

/** A crash has lost the last word of a recovery: the volume stays on its replacement. */
function standIn(): void {
  if (kept.standsIn) laneWord(WORD_RECOVERED, 1);
  kept.standsIn = false;
}

/** The drive is ready: what does the ring know of this cartridge? */
function loaded(): void {
  if (kept.standsIn) {
    journalTakeAttributes();
    oweHostAttributes(true);
  }
  takeDivision();
  let image = imageFind(imageTag());
  if (image < 0 && kept.foundAtStart) image = imageOfFailure();
  if (image < 0) lackDivision();
  imageSelect(image);
  setImageTrusted(false);
  setServerPosition(0);
  cursorReset(image < 0 ? 0 : imageEnd(image), image < 0 ? 0 : ringUsed());
  ringKeep(cursorReceived());
  trustDivision();
  logNumbers(LOG_MOUNTED, image < 0 ? 0 : 1, currentDrive());
  setX(cursorReceived());
  if (kept.foundAtStart && image >= 0) {
    if (keyMissing()) {
      awaitKey();
      return;
    }
    if (partitionsOwed()) {
      divideAgain();
      return;
    }
    setMediumState(MEDIUM_CHECKING);
    procedureStart(PROCEDURE_TAIL, FOR_MOUNT, checkFrom(image));
    return;
  }
  if (image >= 0 && isUntouched(image as u32)) setImageTrusted(true);
  settle();
}

/** After a restart: what the tape may be owed is encrypted, and only the server has the key. */
function keyMissing(): bool {
  return !keyIsHere() && (journalOwes() || kept.keyMissed !== 0);
}
/** The server sees the cartridge, so that it sets its key; nothing is done with it before (keyCame). */
function awaitKey(): void {
  logNumbers(LOG_KEY_AWAITED, laneNumber(), 0);
  kept.keyAwaited = true;
  setMediumState(MEDIUM_READY);
  answer(0);
}
/** The key is there: the load goes on. */
export function keyCame(): void {
  if (!kept.keyAwaited) return;
  kept.keyAwaited = false;
  beginLoad();
}

/** The spare lacks partitions: the recovery goes on from there, whatever of the current one it has. */
function divideAgain(): void {
  setImageTrusted(true);
  setServerPosition(cursorReceived());
  // One that was not verified to be blank may yet be somebody else's.
  if (isBlankVerified()) standIn();
  kept.standsIn = false;
  recoveryDivide();
  settle();
}

/** A cartridge without an image is copied; its header before the server can change it. */
function settle(): void {
  if (imageSelected() < 0 && copyBegin()) setMediumState(MEDIUM_COPYING);
  else ready();
}

/** Who waits for the end of its LOAD: its answer tells it that the medium is ready. 0: nobody. */
function loader(): u32 {
  return taskPhase() !== PHASE_NONE && cdbByte(0) === OP_LOAD_UNLOAD ? taskNexus() : 0;
}

function isServerLoading(): bool {
  return loader() !== 0 && (cdbByte(4) & 1) !== 0;
}
/** A server's LOAD takes the cartridge in, not the robot. */
function isLoadAsked(): bool {
  return isServerLoading() && !kept.answerMount;
}

function ready(): void {
  setMediumState(MEDIUM_READY);
  if (!kept.foundAtStart) attentionRaise(ATTENTION_MEDIUM_CHANGED, loader());
  standIn();
  kept.foundAtStart = false;
  answer(0);
}

/** After a restart: the tape ends where it ends, the ring has the rest. */
function check(): bool {
  const ended = procedureTake(FOR_MOUNT);
  if (ended === OUTCOME_RUNNING) return false;
  if (attributing) {
    attributing = false;
    settle();
    return true;
  }
  if (ended === OUTCOME_DONE && looksAgain()) return true;
  if (kept.standsIn && ended === OUTCOME_DONE && isSomebodyElses()) {
    // Somebody else's, and not known as that yet: what the ring promises goes to the next spare.
    kept.standsIn = false;
    setImageTrusted(true);
    recoveryReplace();
    if (isImageEmpty()) waitForSpare();
    else settle();
    return true;
  }
  if (ended !== OUTCOME_DONE && ended !== OUTCOME_RING && isOwed()) {
    // What cannot be compared is a failure like any other: the ring has what was promised.
    setImageTrusted(true);
    cursorProven(provenBefore());
    standIn();
    recoveryBegin(cursorReceived());
    settle();
    return true;
  }
  if (ended !== OUTCOME_DONE || isForeign()) dropStale();
  else {
    setImageTrusted(true);
    const all = cursorReceived();
    const onTape = keptOnTape();
    cursorProven(onTape);
    setServerPosition(all);
    if (onTape < all) {
      logNumbers(LOG_OWED, 0, 0);
      setX(all);
      setY(onTape);
      feederWantSync();
    }
    attributing = hostAttributesOwed();
  }
  if (attributing) procedureStart(PROCEDURE_ATTRIBUTES, FOR_MOUNT);
  else settle();
  return true;
}

/**
 * An image that is empty says nothing of what the volume's own cartridge holds: the server sees an empty tape only
 * when the next spare is one, so that no start after this can show it that other tape.
 */
function waitForSpare(): void {
  kept.foundAtStart = false;
  setMediumState(MEDIUM_COPYING);
  answer(0);
}

function headerCopied(): bool {
  if (recovering() || !copyHeaderEnded()) return false;
  ready();
  return true;
}

/** After a trap: a comparison of tape and image, or a copy of the header, begins again with the load. */
export function mountResume(): void {
  const state = mediumState();
  if (state === MEDIUM_CHECKING || state === MEDIUM_COPYING) setMediumState(MEDIUM_LOADING);
}
