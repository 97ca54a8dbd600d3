/**
 * Moves the cursor S towards R, always, with one write in flight per drive, and finds out how far the
 * medium has it (Y). Decides what the next drive command is; failures go to the recovery.
 */

import { act, setX } from "../lib/action.ts";
import { get24, get32, put24 } from "../lib/bytes.ts";
import { now } from "../lib/event.ts";
import { paceCopyBegins, paceMeasure } from "../recovery/pace.ts";
import { countRewritten, feedingAllowed, recovering } from "../recovery/state.ts";
import { ringSizeBytes, ringState } from "../ring/geometry.ts";
import {
  walkerCount,
  walkerCrc,
  walkerDataAt,
  walkerDataBytes,
  walkerFind,
  walkerFirst,
  walkerIsEncrypted,
  walkerKind,
  walkerObjectBytes,
} from "../ring/walker.ts";
import { ringWritten, writesSent } from "../ring/writes.ts";
import { senseCode, senseDeferred, senseEom, senseKey } from "../scsi/sense-reader.ts";
import { AC_RELEASE } from "../spec/action.ts";
import {
  ASC_END_OF_PARTITION,
  ASC_MODE_PARAMETERS_CHANGED,
  ASC_PROGRAMMABLE_EARLY_WARNING,
} from "../spec/additional-sense.ts";
import { PROFILE_READ_POSITION } from "../spec/drive-profile.ts";
import { RESULT_ANSWERED, RESULT_EXTENT_BAD } from "../spec/event.ts";
import { OP_READ_POSITION, OP_WRITE_FILEMARKS_6 } from "../spec/operation-code.ts";
import {
  ENTRY_FILEMARK,
  RING_BROKEN,
  WALKER_FEED,
  WALKER_FOUND,
  WALKER_PENDING,
} from "../spec/ring-layout.ts";
import { KEY_RECOVERED_ERROR, KEY_UNIT_ATTENTION, KEY_VOLUME_OVERFLOW } from "../spec/sense-key.ts";
import { STATUS_BUSY } from "../spec/status.ts";
import {
  cursorReceived,
  cursorSend,
  cursorSent,
  cursorSync,
  cursorSynchronized,
  cursorSyncTo,
  sentSinceSync,
} from "../tape/cursor.ts";
import {
  commandIn,
  commandPlain,
  commandWrite,
  currentDrive,
  deviceDataAt,
  deviceDataBytes,
  deviceGood,
  deviceIdle,
  deviceResult,
  deviceStatus,
  driveLeavesRecord,
  driveLimitMs,
  drivePosition,
  drivePositionKnown,
  lastCommandMs,
  loseDrivePosition,
  OWNER_FEEDER,
  profile,
  setDrivePosition,
} from "./device.ts";
import { compressionStale, warningStale } from "./drive-mode.ts";
import { endReached, warningReached } from "./early-warning.ts";
import { journalPartitionDurable, journalWriting } from "./journal.ts";
import { kept } from "./keep.ts";
import { keyFor, keyIsHere, keyStale, keysPass } from "./key.ts";
import { MEDIUM_READY, mediumState } from "./medium.ts";
import { capacityStale } from "./medium-identity.ts";
import { prefetch } from "./prefetch.ts";
import {
  FOR_FEEDER,
  OUTCOME_DONE,
  OUTCOME_RUNNING,
  PROCEDURE_CAPACITY,
  PROCEDURE_COMPRESSION,
  PROCEDURE_KEY,
  PROCEDURE_POSITION,
  PROCEDURE_WARNING,
  procedureIdle,
  procedureStart,
  procedureTake,
} from "./procedure-state.ts";
import { wakeAt } from "./wake.ts";

/**
 * So many bytes, or this part of the ring, are sent before the bridge asks what the medium really has:
 * only what it has for certain makes room in the ring.
 */
const SYNC_BYTES: u64 = 67108864;
const SYNC_RING_PART: u64 = 16;
const BUSY_WAIT_MS: u64 = 100;
const POSITION_BYTES: u32 = 20;
/** Bit 2 of byte 0 of READ POSITION data, short form. */
const BLOCK_POSITION_UNKNOWN: u32 = 0x04;

/** What the feeder found: the recovery asks. */
export const FEED_FINE: u32 = 0;
export const FEED_FAILED: u32 = 1;
/** The ring cannot give the next object. */
export const FEED_RING: u32 = 2;
/** The medium is full: the object was not written. */
export const FEED_FULL: u32 = 3;

let fault: u32 = FEED_FINE;

/** Everything received shall be on the medium (WRITE FILEMARKS with IMMED=0 and what implies it). */
export function feederWantSync(): void {
  kept.wantSync = true;
}
/** All received objects are on the medium for certain. */
export function feederSynchronized(): bool {
  return cursorSynchronized() === cursorReceived();
}
/** Everything received was sent and the drive is idle. */
export function feederDrained(): bool {
  return cursorSent() === cursorReceived() && deviceIdle();
}
/** FEED_*; reading it clears it. */
export function feederTakeFault(): u32 {
  const was = fault;
  if (was !== FEED_FINE) fault = FEED_FINE;
  return was;
}
/** A sync is owed: the medium may lack what was sent. */
function syncOwed(): bool {
  return cursorSent() > cursorSynchronized() && cursorSent() === cursorReceived() && kept.wantSync;
}

/** Sends the next thing where that can be done. True when something was done. */
export function feederPump(): bool {
  // The command that is out has to end first; only a procedure of the feeder's may have.
  if (procedureIdle() && !deviceIdle()) return false;
  if (!mayFeed()) return false;
  return procedureIdle() ? feed() : procedureEnded();
}

function mayFeed(): bool {
  return fault === FEED_FINE && mediumState() === MEDIUM_READY && feedingAllowed();
}

/** A procedure of the feeder's ended: it goes on, or the recovery is asked. */
function procedureEnded(): bool {
  const took = procedureTake(FOR_FEEDER);
  if (took === OUTCOME_RUNNING) return false;
  if (took !== OUTCOME_DONE) fault = FEED_FAILED;
  return true;
}

/** The drive works, and what it is doing will be told: nothing is fed before. */
export function feederWaits(): bool {
  return !deviceIdle() && fault === FEED_FINE;
}

function feed(): bool {
  if (kept.busyUntil > now()) {
    wakeAt(kept.busyUntil);
    return false;
  }
  if (sentSinceSync() >= kept.askedAtBytes + syncBytes()) return ask();
  if (cursorSent() < cursorReceived()) return send();
  if (syncOwed()) return synchronize();
  return false;
}

function syncBytes(): u64 {
  return min(SYNC_BYTES, ringSizeBytes() / SYNC_RING_PART);
}

/** Asks what the medium has: READ POSITION where the drive has it, else a synchronize. */
function ask(): bool {
  if ((profile() & PROFILE_READ_POSITION) === 0) return synchronize();
  commandIn(OWNER_FEEDER, currentDrive(), OP_READ_POSITION, POSITION_BYTES, driveLimitMs());
  kept.sendingObjects = 0;
  return true;
}

function synchronize(): bool {
  const cdb = commandPlain(OWNER_FEEDER, currentDrive(), OP_WRITE_FILEMARKS_6, driveLimitMs());
  store<u8>(cdb + 1, 0);
  kept.sendingObjects = 0;
  kept.syncing = true;
  return true;
}

function send(): bool {
  if (driveLeavesRecord() && !isRecordKnown(cursorSent())) return false;
  if (warningStale()) {
    procedureStart(PROCEDURE_WARNING, FOR_FEEDER);
    return true;
  }
  if (capacityStale()) {
    // Another partition: a start has to know in which one the tape is written.
    if (!journalPartitionDurable()) return false;
    procedureStart(PROCEDURE_CAPACITY, FOR_FEEDER);
    return true;
  }
  if (compressionStale()) {
    procedureStart(PROCEDURE_COMPRESSION, FOR_FEEDER);
    return true;
  }
  const object = cursorSent();
  const found = walkerFind(WALKER_FEED, object);
  if (found === WALKER_PENDING) return false;
  if (found !== WALKER_FOUND) {
    fault = FEED_RING;
    return true;
  }
  if (keysPass() && walkerKind(WALKER_FEED) !== ENTRY_FILEMARK) {
    const isEncrypted = walkerIsEncrypted(WALKER_FEED);
    // Never under another key or in clear: without it the ring cannot give the object.
    if (isEncrypted && !keyIsHere()) {
      fault = FEED_RING;
      return true;
    }
    if (keyStale(keyFor(isEncrypted))) {
      procedureStart(PROCEDURE_KEY, FOR_FEEDER, keyFor(isEncrypted));
      return true;
    }
  }
  if (!drivePositionKnown() || drivePosition() !== object) {
    procedureStart(PROCEDURE_POSITION, FOR_FEEDER, object);
    return true;
  }
  const offset = object - walkerFirst(WALKER_FEED);
  const left = (walkerCount(WALKER_FEED) as u64) - offset;
  if (walkerKind(WALKER_FEED) === ENTRY_FILEMARK) return sendFilemarks(object, left as u32);
  const bytes = walkerObjectBytes(WALKER_FEED);
  kept.sendingBytes = bytes as u64;
  kept.sendingObjects = 1;
  kept.syncing = false;
  const extentAt = walkerDataAt(WALKER_FEED);
  const isLast = left === 1;
  kept.extentAt = extentAt;
  kept.extentLast = isLast;
  commandWrite(
    OWNER_FEEDER,
    extentAt,
    walkerDataBytes(WALKER_FEED),
    walkerCrc(WALKER_FEED),
    (offset as u32) * bytes,
    bytes,
  );
  if (isLast) prefetch(WALKER_FEED, object + 1);
  return true;
}

/**
 * What a failed write of that object leaves on the tape will be known as that after a kill: the journal says that
 * something may be left, and the ring has what should stand there.
 */
function isRecordKnown(object: u64): bool {
  if (ringState() === RING_BROKEN) return true;
  return journalWriting() && ringWritten() > object;
}

function sendFilemarks(object: u64, count: u32): bool {
  const last = object + (count as u64) === cursorReceived();
  const cdb = commandPlain(OWNER_FEEDER, currentDrive(), OP_WRITE_FILEMARKS_6, driveLimitMs());
  kept.syncing = kept.wantSync && last;
  store<u8>(cdb + 1, kept.syncing ? 0 : 1);
  put24(cdb + 2, count);
  kept.sendingBytes = 0;
  kept.sendingObjects = count as u64;
  return true;
}

/** Takes the completion of the feeder's command. */
export function feederDone(isPosition: bool): void {
  // Its medium has left meanwhile: what it did is nobody's.
  if (mediumState() !== MEDIUM_READY) {
    loseDrivePosition();
    return;
  }
  if (deviceResult() === RESULT_EXTENT_BAD) {
    fault = FEED_RING;
    return;
  }
  if (isPosition) {
    tookPosition();
    return;
  }
  if (accepted()) {
    took();
    return;
  }
  if (waits()) return;
  loseDrivePosition();
  fault = isFull() ? FEED_FULL : FEED_FAILED;
}
/** In a recovery a spare that is full is a spare that is too short: another one may do. */
function isFull(): bool {
  if (recovering() || deviceResult() !== RESULT_ANSWERED || senseDeferred()) return false;
  return senseKey() === KEY_VOLUME_OVERFLOW;
}

/** GOOD, or a CHECK CONDITION that says that it was done all the same. */
function accepted(): bool {
  if (deviceGood()) return true;
  if (deviceResult() !== RESULT_ANSWERED || deviceStatus() === STATUS_BUSY) return false;
  if (senseDeferred()) return false;
  const isWarning = senseEom() && senseCode() === ASC_END_OF_PARTITION;
  if (senseKey() > KEY_RECOVERED_ERROR) {
    // Some drives give early warning as a unit attention; the record is written all the same.
    if (!isWarning || senseKey() !== KEY_UNIT_ATTENTION) return false;
  }
  if (senseEom()) tookWarning(cursorSent() + kept.sendingObjects);
  return true;
}
function tookWarning(objects: u64): void {
  if (senseCode() === ASC_PROGRAMMABLE_EARLY_WARNING) warningReached(objects);
  else endReached(objects);
}

function took(): void {
  kept.busySince = 0;
  const objects = kept.sendingObjects;
  const bytes = kept.sendingBytes;
  if (objects !== 0) {
    cursorSend(objects, bytes);
    writesSent(cursorSent());
    setDrivePosition(drivePosition() + objects);
    countRewritten(bytes);
    paceMeasure(kept.tookAt === 0 ? lastCommandMs() : now() - kept.tookAt, bytes);
    kept.tookAt = cursorSent() < cursorReceived() ? now() : 0;
    if (bytes !== 0 && kept.extentLast) {
      act(AC_RELEASE, 0);
      setX(kept.extentAt);
    }
  }
  if (!kept.syncing) return;
  kept.syncing = false;
  cursorSync();
  kept.askedAtBytes = 0;
  if (feederSynchronized()) kept.wantSync = false;
}

/** BUSY, or a unit attention that changes nothing: the same again, within the drive's time limit. */
function waits(): bool {
  if (deviceResult() !== RESULT_ANSWERED) return false;
  const busy = deviceStatus() === STATUS_BUSY;
  const harmless = senseKey() === KEY_UNIT_ATTENTION && senseCode() >= ASC_MODE_PARAMETERS_CHANGED;
  if (!busy && !harmless) return false;
  if (kept.busySince === 0) kept.busySince = now();
  if (now() - kept.busySince > (driveLimitMs() as u64)) return false;
  kept.busyUntil = now() + BUSY_WAIT_MS;
  return true;
}

/** READ POSITION, short form: how many objects the drive still has in its buffer. */
function tookPosition(): void {
  const at = deviceDataAt();
  if (!deviceGood() || deviceDataBytes() < POSITION_BYTES) {
    if (!waits()) fault = FEED_FAILED;
    return;
  }
  const flags = load<u8>(at) as u32;
  const buffered = get24(at + 13);
  const isAt = get32(at + 4) as u64;
  // Not known, or somewhere else than we believe: somebody moved the tape.
  if ((flags & BLOCK_POSITION_UNKNOWN) !== 0 || isAt !== (drivePosition() & 0xffffffff)) {
    loseDrivePosition();
    return;
  }
  if (buffered === 0) cursorSync();
  else if ((buffered as u64) < cursorSent()) cursorSyncTo(cursorSent() - (buffered as u64));
  kept.askedAtBytes = sentSinceSync();
}

/** A copy begins: what was before it is not its speed. */
export function feederBegins(): void {
  kept.tookAt = 0;
  paceCopyBegins();
}

/** Nothing of an earlier medium is remembered. */
export function feederReset(): void {
  kept.tookAt = 0;
  fault = FEED_FINE;
  kept.wantSync = false;
  kept.askedAtBytes = 0;
  kept.syncing = false;
  kept.busyUntil = 0;
  kept.busySince = 0;
}
