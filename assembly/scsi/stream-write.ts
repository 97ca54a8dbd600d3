/**
 * WRITE and WRITE FILEMARKS of the server: into the ring at once; GOOD when the lead is within its
 * bound (WRITE), or when the medium has it or ring and journal keep the promise (WRITE FILEMARKS with
 * IMMED=0). Steps 601-603, and the reduced rate of step 611.
 */

import { outstandingMs } from "../lane/device.ts";
import {
  earlyWarned,
  hasEndToTell,
  nearEnd,
  takeProgrammed,
  warnByCount,
  warningTruncate,
} from "../lane/early-warning.ts";
import { feederDrained, feederWantSync } from "../lane/feeder.ts";
import { journalMoved } from "../lane/journal.ts";
import { kept } from "../lane/keep.ts";
import { keyEncrypts, recordForm } from "../lane/key.ts";
import {
  imageComplete,
  imageIsPrefix,
  imageTrusted,
  serverPosition,
  setImagePrefix,
  setImageTrusted,
  setServerPosition,
} from "../lane/medium.ts";
import { imageTag } from "../lane/partition.ts";
import { mediumWriteProtected } from "../lane/procedure-ready.ts";
import {
  cdbByte,
  PHASE_PACE,
  PHASE_SYNC,
  receiveExtent,
  receiveProtected,
  replyBusy,
  replyGood,
  replySense,
  replySenseInformation,
  setTaskPhase,
  taskOutBytes,
  taskResume,
  wantedBytes,
} from "../lane/task.ts";
import { wakeAt } from "../lane/wake.ts";
import { act, logNumbers, setX } from "../lib/action.ts";
import { eventA, eventB, eventC } from "../lib/event.ts";
import { failureObject } from "../recovery/failure.ts";
import { paceStart, paceTake, paceWait } from "../recovery/pace.ts";
import { NO_OBJECT, reportNow, reportPending } from "../recovery/report.ts";
import { coverable, feedingAllowed, recovering, wholeImageNeeded } from "../recovery/state.ts";
import {
  RING_NO_ROOM,
  ringCancel,
  ringCommit,
  ringReserve,
  ringRoom,
  ringWaiting,
} from "../ring/append.ts";
import { ringState } from "../ring/geometry.ts";
import { imageBase, imageSelected, imagesHoldFirmly } from "../ring/image-table.ts";
import { imageCreate, imageSelect, imageTruncate } from "../ring/images.ts";
import { ringKeep } from "../ring/reclaim.ts";
import { RECORD_BYTES_MAX } from "../spec/abi.ts";
import { AC_RELEASE } from "../spec/action.ts";
import {
  ASC_END_OF_PARTITION,
  ASC_INVALID_FIELD_IN_CDB,
  ASC_LOGICAL_BLOCK_GUARD_CHECK_FAILED,
  ASC_PROGRAMMABLE_EARLY_WARNING,
  ASC_WRITE_PROTECTED,
} from "../spec/additional-sense.ts";
import { LOG_DEGRADED, LOG_RING_FULL } from "../spec/log-code.ts";
import { ENTRY_FILEMARK, RING_BROKEN } from "../spec/ring-layout.ts";
import {
  KEY_DATA_PROTECT,
  KEY_HARDWARE_ERROR,
  KEY_ILLEGAL_REQUEST,
  KEY_NO_SENSE,
  SENSE_EOM,
} from "../spec/sense-key.ts";
import {
  cursorImageBytes,
  cursorReceive,
  cursorReceived,
  cursorReset,
  cursorSent,
  cursorSynchronized,
  cursorTruncate,
  leadBytes,
  unsynchronizedBytes,
} from "../tape/cursor.ts";
import { writeWordBytes } from "./block-protection.ts";
import { DO_WRITE, dispatch } from "./dispatch.ts";
import { keyIsMissed, keyNoted } from "./encryption-image.ts";
import { checkImage } from "./image-check.ts";
import { blockLength, isUnbuffered } from "./mode-page.ts";
import { promiseKept } from "./promise.ts";
import { atAddress, streamLength } from "./stream-address.ts";

/** How far the ring may be ahead of the drive while the drive takes its records. */
export const LEAD_BYTES_MAX: u64 = 16777216;
/** A drive command that takes longer is not waited for: the server goes on at the reduced rate. */
const SUSPECT_MS: u64 = 60;

/** Where the data of the command in work are received. */
let reservedAt: u64 = 0;
/** The command in work has been counted by the pace. */
let counted: bool = false;
let pacedAt: u64 = 0;

/** The first object of the command in work. */
export function writeObject(): u64 {
  return kept.writeFirst;
}

/** What of the command in work was not sent, as INFORMATION counts it: bytes of a variable WRITE, else objects. */
export function writeResidual(): u32 {
  const isVariable = dispatch(cdbByte(0)) === DO_WRITE && (cdbByte(1) & 1) === 0;
  if (isVariable) return kept.writeObjectBytes + writeWordBytes();
  return kept.writeCount - ((failureObject() - kept.writeFirst) as u32);
}

/**
 * What may be reclaimed: nothing that the medium still needs, and nothing at all of a whole image while a
 * recovery runs, whatever its plan is now: the next verdict may want a copy of everything.
 */
function keep(): void {
  if (imageSelected() < 0) return;
  ringKeep(recovering() && imageComplete() ? 0 : cursorSynchronized());
  imagesHoldFirmly(recovering());
}

/** Where the server writes inside what is there, the rest is given up first. False: not yet. */
function prepareAppend(): bool {
  const at = serverPosition();
  const image = imageSelected();
  const atEnd = at === cursorReceived() && image >= 0 && imageTrusted();
  if (atEnd && !imageIsPrefix()) return true;
  if (recovering() || !feederDrained()) return false;
  if (atEnd) {
    // What the tape has behind this place, and the ring has not, is overwritten.
    setImagePrefix(false);
    kept.appendPrepared = true;
    return true;
  }
  if (at > 0 && image >= 0 && !imageTrusted()) {
    if (!checkImage()) return false;
    return prepareAppend();
  }
  journalMoved();
  if (image >= 0 && at >= imageBase(image) && at <= cursorReceived()) {
    imageTruncate(image, at);
    cursorTruncate(at);
    warningTruncate(at);
  } else {
    // No image reaches to this place: it begins here, and only a drive can be covered.
    imageSelect(imageCreate(imageTag(), at, 0));
    cursorReset(at, 0);
    warningTruncate(at);
    if (at > 0) logNumbers(LOG_DEGRADED, 1, 0);
  }
  setImageTrusted(true);
  kept.appendPrepared = true;
  return true;
}

/** Nothing came of the WRITE: the tape goes on behind the image, as it did. */
function undoAppend(): void {
  if (!kept.appendPrepared) return;
  kept.appendPrepared = false;
  setImagePrefix(true);
}

/** WRITE(6) and WRITE(16), again after every event until it can go on. */
export function write(): void {
  const fixed = (cdbByte(1) & 1) !== 0;
  const length = streamLength();
  if (fixed && blockLength() === 0) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
    return;
  }
  if (length === 0) {
    replyGood();
    return;
  }
  const word = writeWordBytes();
  const each = fixed ? blockLength() : length;
  kept.writeCount = fixed ? length : 1;
  kept.writeObjectBytes = each - word;
  const bytes = (kept.writeCount as u64) * (kept.writeObjectBytes as u64);
  const sent = (kept.writeCount as u64) * (each as u64);
  if (each <= word || bytes > (RECORD_BYTES_MAX as u64) || sent > (taskOutBytes() as u64)) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
    wantedBytes(min(sent, u32.MAX_VALUE as u64) as u32);
    return;
  }
  if (keyIsMissed() || !atAddress() || !mayAppend() || (keyEncrypts() && !keyNoted())) return;
  const at = ringReserve(bytes as u32);
  if (at !== RING_NO_ROOM) {
    reservedAt = at;
    if (word === 0) receiveExtent(at, bytes as u32);
    else receiveProtected(at, kept.writeCount, kept.writeObjectBytes);
    return;
  }
  noRoom();
}

/** The checks of everything that appends. False: answered, or not yet. */
function mayAppend(): bool {
  if (mediumWriteProtected()) {
    replySense(KEY_DATA_PROTECT, ASC_WRITE_PROTECTED);
    return false;
  }
  // Without any spare an error has to be told: nothing more is taken before it is known.
  if (recovering() && !coverable()) return false;
  if (!prepareAppend()) return false;
  keep();
  return true;
}

/** The ring has no room: BUSY in a recovery (step 611), else wait for the drive. */
function noRoom(): void {
  if (ringWaiting()) return;
  if (!recovering()) {
    // What is on the medium for certain makes room.
    feederWantSync();
    return;
  }
  logNumbers(LOG_RING_FULL, 0, 0);
  setX(ringRoom());
  replyBusy();
}

/**
 * The data of the WRITE are whole (EV_DATA). Where nothing holds it back the answer is the first action, so
 * that the server sends its next record while this one goes to ring and drive.
 */
export function writeData(): void {
  if (reportPending()) {
    // Step 609 came while the data were on their way: nothing is taken behind what was given up.
    act(AC_RELEASE, 0);
    setX(reservedAt);
    reportNow(NO_OBJECT, 0);
    return;
  }
  if (writeWordBytes() !== 0 && eventC() < kept.writeCount) {
    refuseWords();
    return;
  }
  kept.writeFirst = cursorReceived();
  const bytes = eventA();
  const atOnce = answersAtOnce(bytes as u64);
  if (atOnce) replyGood();
  ringCommit(recordForm(), kept.writeCount, kept.writeObjectBytes, bytes, eventB());
  append(bytes as u64);
  if (atOnce) return;
  counted = false;
  if (isUnbuffered()) feederWantSync();
  setTaskPhase(isUnbuffered() ? PHASE_SYNC : PHASE_PACE);
}

/** A protection word is wrong: nothing of the command is taken, and the position is where it was. */
function refuseWords(): void {
  act(AC_RELEASE, 0);
  setX(reservedAt);
  writeCancel();
  const left = streamLength() as i32;
  replySenseInformation(KEY_HARDWARE_ERROR, ASC_LOGICAL_BLOCK_GUARD_CHECK_FAILED, left);
}

/** The lead stays within its bound, the drive works, and there is nothing to tell. */
function answersAtOnce(bytes: u64): bool {
  if (recovering() || isUnbuffered() || hasEndToTell()) return false;
  return outstandingMs() <= SUSPECT_MS && leadBytes() + bytes <= LEAD_BYTES_MAX;
}
/** The task ended before its data were there. */
export function writeCancel(): void {
  ringCancel();
  undoAppend();
}

function append(bytes: u64): void {
  kept.appendPrepared = false;
  cursorReceive(kept.writeCount as u64, bytes);
  setServerPosition(cursorReceived());
  if (recovering() || leadBytes() > LEAD_BYTES_MAX) warnByCount(bytes);
}

/** The bytes of this command; a pace that begins anew (a drive that is only slow) has its burst again. */
function unpacedBytes(time: u64): u64 {
  if (!recovering() && time - pacedAt > SUSPECT_MS) paceStart(time);
  pacedAt = time;
  return (kept.writeCount as u64) * (kept.writeObjectBytes as u64);
}

/** What the tape still lacks, or may lack: before a copy of the whole image has begun, all of it. */
function bytesToWrite(): u64 {
  if (!recovering() || !wholeImageNeeded()) return unsynchronizedBytes();
  return feedingAllowed() ? leadBytes() : cursorImageBytes();
}

/** What may not fit is answered when the drive has it, or has refused it. */
function waitsForDrive(): bool {
  if (nearEnd()) return cursorSent() < cursorReceived();
  return earlyWarned() && leadBytes() > LEAD_BYTES_MAX;
}

/** PHASE_PACE: GOOD as soon as promise and pace allow. */
export function writePace(time: u64): void {
  if (!recovering() && waitsForDrive()) return;
  const suspended = recovering() || outstandingMs() > SUSPECT_MS;
  if (!suspended && leadBytes() <= LEAD_BYTES_MAX) {
    answer();
    return;
  }
  if (!suspended) {
    wakeAt(time + SUSPECT_MS);
    return;
  }
  if (!counted) {
    counted = true;
    paceTake(time, unpacedBytes(time));
  }
  if (ringState() === RING_BROKEN && leadBytes() > LEAD_BYTES_MAX) return;
  const wait = paceWait(time, ringRoom(), bytesToWrite());
  if (wait === 0) answer();
  else wakeAt(time + wait);
}

function answer(): void {
  const isProgrammed = takeProgrammed();
  if (!isProgrammed && !earlyWarned()) {
    replyGood();
    return;
  }
  const code = isProgrammed ? ASC_PROGRAMMABLE_EARLY_WARNING : ASC_END_OF_PARTITION;
  replySenseInformation(KEY_NO_SENSE | SENSE_EOM, code, 0);
}

/** WRITE FILEMARKS(6) and (16). */
export function writeFilemarks(): void {
  if ((cdbByte(1) & 2) !== 0) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
    return;
  }
  kept.writeCount = streamLength();
  if (kept.writeCount === 0) kept.writeFirst = cursorReceived();
  else {
    if (!atAddress() || !mayAppend()) return;
    if (ringReserve(0) === RING_NO_ROOM) {
      noRoom();
      return;
    }
    kept.writeFirst = cursorReceived();
    ringCommit(ENTRY_FILEMARK, kept.writeCount, 0, 0, 0);
    append(0);
  }
  counted = true;
  const immediate = (cdbByte(1) & 1) !== 0;
  if (!immediate) feederWantSync();
  setTaskPhase(immediate ? PHASE_PACE : PHASE_SYNC);
}

/** PHASE_SYNC: the medium has it; or, while a recovery runs, ring and journal are on stable storage. */
export function writeSync(): void {
  if (promiseKept()) answer();
}

/** The command was taken before the trap, only its answer is owed: PHASE_PACE or PHASE_SYNC, as then. */
export function writeResume(phase: u32): void {
  counted = true;
  if (phase === PHASE_SYNC) feederWantSync();
  taskResume(phase);
}
