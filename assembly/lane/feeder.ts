/**
 * Moves the cursor S towards R, always, with one write in flight per drive, and finds out how far the
 * medium has it (Y). Decides what the next drive command is; failures go to the recovery.
 */
import { act, setA, setE, setX } from "../lib/action.ts";
import { get24, get32, put24 } from "../lib/bytes.ts";
import { keep64, keepFlag } from "../lib/keep.ts";
import { paceCopyBegins, paceMeasure } from "../recovery/pace.ts";
import { countRewritten, feedingAllowed } from "../recovery/state.ts";
import { ringSizeBytes } from "../ring/geometry.ts";
import {
  walkerCount,
  walkerCrc,
  walkerDataAt,
  walkerDataBytes,
  walkerFind,
  walkerFirst,
  walkerKind,
  walkerObjectBytes,
} from "../ring/walker.ts";
import { writesSent } from "../ring/writes.ts";
import { senseCode, senseDeferred, senseEom, senseKey } from "../scsi/sense-reader.ts";
import { AC_PREFETCH, AC_RELEASE } from "../spec/action.ts";
import { ASC_MODE_PARAMETERS_CHANGED } from "../spec/additional-sense.ts";
import { PROFILE_READ_POSITION } from "../spec/drive-profile.ts";
import { RESULT_ANSWERED, RESULT_EXTENT_BAD } from "../spec/event.ts";
import { OP_READ_POSITION, OP_WRITE_6, OP_WRITE_FILEMARKS_6 } from "../spec/operation-code.ts";
import { ENTRY_FILEMARK, WALKER_FEED, WALKER_FOUND, WALKER_PENDING } from "../spec/ring-layout.ts";
import { KEY_RECOVERED_ERROR, KEY_UNIT_ATTENTION } from "../spec/sense-key.ts";
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
  driveLimitMs,
  drivePosition,
  drivePositionKnown,
  lastCommandMs,
  loseDrivePosition,
  OWNER_FEEDER,
  profile,
  setDrivePosition,
} from "./device.ts";
import { MEDIUM_READY, mediumState, setEarlyWarning } from "./medium.ts";
import {
  FOR_FEEDER,
  OUTCOME_DONE,
  OUTCOME_RUNNING,
  PROCEDURE_POSITION,
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

let sending: u64 = 0;
let sendingObjects: u64 = 0;
let syncing: bool = false;
let wantSync: bool = false;
let busyUntil: u64 = 0;
let busySince: u64 = 0;
let fault: u32 = FEED_FINE;
let clock: u64 = 0;
let extentAt: u64 = 0;
let extentLast: bool = false;
/** When the last object was taken, while another one was waiting; 0: none was. */
let tookAt: u64 = 0;
/** Bytes since the last synchronization when the drive was last asked. */
let askedAtBytes: u64 = 0;

export function feederTime(time: u64): void {
  clock = time;
}
/** Everything received shall be on the medium (WRITE FILEMARKS with IMMED=0 and what implies it). */
export function feederWantSync(): void {
  wantSync = true;
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
  fault = FEED_FINE;
  return was;
}
/** A sync is owed: the medium may lack what was sent. */
function syncOwed(): bool {
  return cursorSent() > cursorSynchronized() && cursorSent() === cursorReceived() && wantSync;
}

/** Sends the next thing where that can be done. True when something was done. */
export function feederPump(): bool {
  if (!feedingAllowed() || mediumState() !== MEDIUM_READY || fault !== FEED_FINE) return false;
  const took = procedureTake(FOR_FEEDER);
  if (took !== OUTCOME_RUNNING) {
    if (took !== OUTCOME_DONE) fault = FEED_FAILED;
    return true;
  }
  if (!deviceIdle() || !procedureIdle()) return false;
  if (busyUntil > clock) {
    wakeAt(busyUntil);
    return false;
  }
  if (sentSinceSync() >= askedAtBytes + syncBytes()) return ask();
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
  sendingObjects = 0;
  return true;
}

function synchronize(): bool {
  const cdb = commandPlain(OWNER_FEEDER, currentDrive(), OP_WRITE_FILEMARKS_6, driveLimitMs());
  store<u8>(cdb + 1, 0);
  sendingObjects = 0;
  syncing = true;
  return true;
}

function send(): bool {
  const object = cursorSent();
  const found = walkerFind(WALKER_FEED, object);
  if (found === WALKER_PENDING) return false;
  if (found !== WALKER_FOUND) {
    fault = FEED_RING;
    return true;
  }
  if (!drivePositionKnown() || drivePosition() !== object) {
    procedureStart(PROCEDURE_POSITION, FOR_FEEDER, currentDrive(), object);
    return true;
  }
  const offset = object - walkerFirst(WALKER_FEED);
  const left = (walkerCount(WALKER_FEED) as u64) - offset;
  if (walkerKind(WALKER_FEED) === ENTRY_FILEMARK) return sendFilemarks(object, left as u32);
  const bytes = walkerObjectBytes(WALKER_FEED);
  sending = bytes as u64;
  sendingObjects = 1;
  syncing = false;
  extentAt = walkerDataAt(WALKER_FEED);
  extentLast = left === 1;
  commandWrite(
    extentAt,
    walkerDataBytes(WALKER_FEED),
    walkerCrc(WALKER_FEED),
    (offset as u32) * bytes,
    bytes,
    OP_WRITE_6,
  );
  if (extentLast) prefetch(object + 1);
  return true;
}

/** While one record is on its way the next is read from the ring, where it is not in memory. */
function prefetch(object: u64): void {
  if (object >= cursorReceived()) return;
  if (walkerFind(WALKER_FEED, object) !== WALKER_FOUND) return;
  if (walkerKind(WALKER_FEED) === ENTRY_FILEMARK) return;
  act(AC_PREFETCH, 0);
  setA(walkerDataBytes(WALKER_FEED));
  setE(walkerCrc(WALKER_FEED));
  setX(walkerDataAt(WALKER_FEED));
}

function sendFilemarks(object: u64, count: u32): bool {
  const last = object + (count as u64) === cursorReceived();
  const cdb = commandPlain(OWNER_FEEDER, currentDrive(), OP_WRITE_FILEMARKS_6, driveLimitMs());
  syncing = wantSync && last;
  store<u8>(cdb + 1, syncing ? 0 : 1);
  put24(cdb + 2, count);
  sending = 0;
  sendingObjects = count as u64;
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
  fault = FEED_FAILED;
}

/** GOOD, or a CHECK CONDITION that says that it was done all the same. */
function accepted(): bool {
  if (deviceGood()) return true;
  if (deviceResult() !== RESULT_ANSWERED || deviceStatus() === STATUS_BUSY) return false;
  if (senseKey() > KEY_RECOVERED_ERROR || senseDeferred()) return false;
  if (senseEom()) setEarlyWarning(true);
  return true;
}

function took(): void {
  busySince = 0;
  if (sendingObjects !== 0) {
    cursorSend(sendingObjects, sending);
    writesSent(cursorSent());
    setDrivePosition(drivePosition() + sendingObjects);
    countRewritten(sending);
    paceMeasure(tookAt === 0 ? lastCommandMs() : clock - tookAt, sending);
    tookAt = cursorSent() < cursorReceived() ? clock : 0;
    if (sending !== 0 && extentLast) {
      act(AC_RELEASE, 0);
      setX(extentAt);
    }
  }
  if (!syncing) return;
  syncing = false;
  cursorSync();
  askedAtBytes = 0;
  if (feederSynchronized()) wantSync = false;
}

/** BUSY, or a unit attention that changes nothing: the same again, within the drive's time limit. */
function waits(): bool {
  if (deviceResult() !== RESULT_ANSWERED) return false;
  const busy = deviceStatus() === STATUS_BUSY;
  const harmless = senseKey() === KEY_UNIT_ATTENTION && senseCode() >= ASC_MODE_PARAMETERS_CHANGED;
  if (!busy && !harmless) return false;
  if (busySince === 0) busySince = clock;
  if (clock - busySince > (driveLimitMs() as u64)) return false;
  busyUntil = clock + BUSY_WAIT_MS;
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
  askedAtBytes = sentSinceSync();
}

/** A copy begins: what was before it is not its speed. */
export function feederBegins(): void {
  tookAt = 0;
  paceCopyBegins();
}

/** Nothing of an earlier medium is remembered. */
export function feederReset(): void {
  tookAt = 0;
  fault = FEED_FINE;
  wantSync = false;
  askedAtBytes = 0;
  syncing = false;
  busyUntil = 0;
  busySince = 0;
}

/** What outlives a trap (keep.ts): what is on its way to the drive, and what is wanted of it. */
export function keepFeeder(): void {
  sending = keep64(sending);
  sendingObjects = keep64(sendingObjects);
  syncing = keepFlag(syncing);
  wantSync = keepFlag(wantSync);
  busyUntil = keep64(busyUntil);
  busySince = keep64(busySince);
  askedAtBytes = keep64(askedAtBytes);
  extentAt = keep64(extentAt);
  extentLast = keepFlag(extentLast);
  tookAt = keep64(tookAt);
}
