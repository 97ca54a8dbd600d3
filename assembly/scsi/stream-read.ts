/**
 * READ and VERIFY of the server: from the drive; from the ring when the drive cannot give the record and
 * the ring can, also while a recovery runs. Fixed block mode is read record by record. What the drive gives
 * is compared with the CRC32C that the ring knows: a READ is repaired from the ring; a VERIFY, which asks how
 * the medium is, is told, unless a recovery runs: what will be on the medium is what the ring has.
 */
import { copyFilemark, copyReached, copyRecord, copyWants } from "../lane/copy.ts";
import {
  commandInBuffer,
  currentDrive,
  deviceDataBytes,
  deviceDataCrc,
  deviceGood,
  deviceIdle,
  deviceResult,
  drivePosition,
  drivePositionKnown,
  loseDrivePosition,
  OWNER_TASK,
  setDrivePosition,
} from "../lane/device.ts";
import { feederDrained, feederWantSync } from "../lane/feeder.ts";
import { keyAsGiven, keyReads, keyStale } from "../lane/key.ts";
import { imageIsPrefix, imageTrusted, serverPosition, setServerPosition } from "../lane/medium.ts";
import {
  FOR_TASK,
  OUTCOME_DONE,
  OUTCOME_RUNNING,
  PROCEDURE_KEY,
  PROCEDURE_POSITION,
  procedureIdle,
  procedureStart,
  procedureTake,
} from "../lane/procedure-state.ts";
import {
  cdbByte,
  PHASE_DEVICE,
  PHASE_NEW,
  PHASE_PROCEDURE,
  replyGood,
  replySense,
  setTaskPhase,
  taskFirstLook,
} from "../lane/task.ts";
import { logNumbers, setX } from "../lib/action.ts";
import { put24 } from "../lib/bytes.ts";
import { eventB } from "../lib/event.ts";
import { recoveryBegin } from "../recovery/recovery.ts";
import { recovering } from "../recovery/state.ts";
import { imageBase, imageSelected } from "../ring/image-table.ts";
import {
  walkerCrc,
  walkerFind,
  walkerIsEncrypted,
  walkerIsSingle,
  walkerKind,
  walkerObjectBytes,
} from "../ring/walker.ts";
import { RECORD_BYTES_MAX } from "../spec/abi.ts";
import { BUFFER_SERVER } from "../spec/action.ts";
import {
  ASC_END_OF_DATA_DETECTED,
  ASC_FILEMARK_DETECTED,
  ASC_INVALID_FIELD_IN_CDB,
  ASC_UNABLE_TO_DECRYPT,
} from "../spec/additional-sense.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import { LOG_READ_DIFFERS } from "../spec/log-code.ts";
import { OP_READ_6 } from "../spec/operation-code.ts";
import {
  ENTRY_FILEMARK,
  WALKER_FOUND,
  WALKER_PENDING,
  WALKER_SERVER,
} from "../spec/ring-layout.ts";
import {
  KEY_BLANK_CHECK,
  KEY_DATA_PROTECT,
  KEY_ILLEGAL_REQUEST,
  KEY_MEDIUM_ERROR,
  KEY_RECOVERED_ERROR,
  SENSE_FILEMARK,
  SENSE_ILI,
} from "../spec/sense-key.ts";
import { cursorReceived } from "../tape/cursor.ts";
import { putWord, readWordBytes } from "./block-protection.ts";
import { DO_VERIFY, dispatch } from "./dispatch.ts";
import { driveFailed, isDrivesAttention } from "./drive-answer.ts";
import { blockLength } from "./mode-page.ts";
import { readEnd, readError } from "./read-answer.ts";
import { LOADED_BAD, LOADED_WHOLE, ringLoad, ringLoaded } from "./read-ring.ts";
import {
  senseCode,
  senseEom,
  senseFilemark,
  senseIli,
  senseInformation,
  senseKey,
} from "./sense-reader.ts";
import { atAddress, streamLength } from "./stream-address.ts";

const NOT_MISSING: u64 = u64.MAX_VALUE;
const FIXED: u32 = 1;
/** SILI of READ, BYTCMP of VERIFY. */
const SILI: u32 = 2;
const BYTCMP: u32 = 2;
/** IMMED of VERIFY. */
const IMMED: u32 = 4;

let fixed: bool = false;
let silent: bool = false;
let verifying: bool = false;
/** Bytes of one record that the server asks for, and how many records. */
let wantBytes: u32 = 0;
let wantCount: u32 = 0;
/** Behind each record the server gets so many bytes more; they are counted as its own. */
let wordBytes: u32 = 0;
/** Records, and bytes of them, that were read. */
let gotCount: u32 = 0;
let gotBytes: u32 = 0;
/** What the ring knows of the record in work: its length, or NOT_KNOWN. */
let knownBytes: u32 = 0;
let knownCrc: u32 = 0;
let crcKnown: bool = false;
/** The drive could not give the object at this position: the ring must. */
let fromRing: bool = false;
/** The object that the ring could not give to the command in work: it is not asked for it again. */
let missing: u64 = NOT_MISSING;
let asked: u32 = 0;
const NOT_KNOWN: u32 = 0xffffffff;

/** Takes the CDB; false when it was answered. */
function begin(): bool {
  verifying = dispatch(cdbByte(0)) === DO_VERIFY;
  fixed = (cdbByte(1) & FIXED) !== 0;
  silent = !verifying && (cdbByte(1) & SILI) !== 0;
  const length = streamLength();
  wantBytes = fixed ? blockLength() : length;
  wantCount = fixed ? length : 1;
  wordBytes = readWordBytes();
  gotCount = 0;
  gotBytes = 0;
  fromRing = false;
  missing = NOT_MISSING;
  if (isRefused()) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
    return false;
  }
  if (length === 0) {
    replyGood();
    return false;
  }
  return true;
}

/** A transfer buffer holds RECORD_BYTES_MAX; LTO drives know no BYTCMP and no IMMED of VERIFY. */
function isRefused(): bool {
  if (fixed && (silent || wantBytes === 0)) return true;
  if (verifying) return (cdbByte(1) & (BYTCMP | IMMED)) !== 0;
  return fixed && (wantCount as u64) * (wantBytes as u64) > (RECORD_BYTES_MAX as u64);
}

/** The next object to read: the server's position moves only with the answer. */
function here(): u64 {
  return serverPosition() + (gotCount as u64);
}
/** Where in the buffer the record in work goes. */
function place(): u32 {
  return verifying ? 0 : gotBytes;
}

function inImage(): bool {
  if (!imageTrusted()) return false;
  const at = here();
  if (at === cursorReceived()) return !imageIsPrefix();
  return at >= imageBase(imageSelected()) && at < cursorReceived();
}

/** PHASE_NEW: the next record, where it can be had now. */
export function read(): void {
  if ((taskFirstLook() && !begin()) || !atAddress()) return;
  if (inImage()) readKnown();
  else readUnknown();
}

function readKnown(): void {
  const at = here();
  if (at === cursorReceived()) {
    ended(KEY_BLANK_CHECK, ASC_END_OF_DATA_DETECTED);
    return;
  }
  if (missing === at) {
    readUnknown();
    return;
  }
  const found = walkerFind(WALKER_SERVER, at);
  if (found === WALKER_PENDING) return;
  if (found !== WALKER_FOUND) {
    missing = at;
    readUnknown();
    return;
  }
  const isMark = walkerKind(WALKER_SERVER) === ENTRY_FILEMARK;
  knownBytes = isMark ? most() : walkerObjectBytes(WALKER_SERVER);
  crcKnown = !isMark && walkerIsSingle(WALKER_SERVER);
  knownCrc = walkerCrc(WALKER_SERVER);
  if (recovering() || fromRing) {
    if (isMark) filemark();
    else if (walkerIsEncrypted(WALKER_SERVER) && !keyReads()) {
      ended(KEY_DATA_PROTECT, ASC_UNABLE_TO_DECRYPT);
    } else ringLoad(at, place());
    return;
  }
  // What the drive has not yet cannot be read from it.
  if (!feederDrained()) {
    feederWantSync();
    return;
  }
  fromDrive();
}

function readUnknown(): void {
  if (recovering() || !feederDrained()) return;
  knownBytes = NOT_KNOWN;
  crcKnown = false;
  fromDrive();
}

/** What the drive is asked for where nobody knows how long the record is. */
function most(): u32 {
  return min(wantBytes, RECORD_BYTES_MAX);
}

function fromDrive(): void {
  if (!deviceIdle() || !procedureIdle()) return;
  const at = here();
  if (keyStale(keyAsGiven())) {
    procedureStart(PROCEDURE_KEY, FOR_TASK, keyAsGiven());
    setTaskPhase(PHASE_PROCEDURE);
    return;
  }
  if (!drivePositionKnown() || drivePosition() !== at) {
    procedureStart(PROCEDURE_POSITION, FOR_TASK, at);
    setTaskPhase(PHASE_PROCEDURE);
    return;
  }
  // The exact length where it is known: some drives return nothing of a record that is longer.
  asked = knownBytes === NOT_KNOWN ? most() : knownBytes;
  const room = RECORD_BYTES_MAX - place();
  if (asked > room) {
    asked = room;
    crcKnown = false;
  }
  put24(commandInBuffer(OWNER_TASK, OP_READ_6, BUFFER_SERVER, place(), asked, 0) + 2, asked);
  setTaskPhase(PHASE_DEVICE);
}

/** PHASE_PROCEDURE: positioned. */
export function readPositioned(): bool {
  const ended = procedureTake(FOR_TASK);
  if (ended === OUTCOME_RUNNING) return false;
  setTaskPhase(PHASE_NEW);
  if (ended !== OUTCOME_DONE) notRead();
  return true;
}

/** A load from the ring ended. */
export function readLoaded(tag: u32, errorNumber: u32): void {
  const loaded = ringLoaded(tag, errorNumber);
  if (loaded === LOADED_BAD) giveUp();
  else if (loaded === LOADED_WHOLE) {
    fromRing = false;
    record(knownBytes, eventB());
  }
}

/** Neither drive nor ring has it; in a recovery the drive has not been asked: when it is over, the tape is. */
function giveUp(): void {
  missing = here();
  if (recovering()) return;
  const isTold = deviceResult() === RESULT_ANSWERED && senseKey() >= KEY_MEDIUM_ERROR;
  tellError(isTold);
}

/** The drive's answer to READ. */
export function readDone(): void {
  setTaskPhase(PHASE_NEW);
  if (deviceGood()) {
    took(deviceDataBytes());
    return;
  }
  const harmless = deviceResult() === RESULT_ANSWERED && senseKey() <= KEY_RECOVERED_ERROR;
  if (harmless && senseFilemark()) {
    setDrivePosition(drivePosition() + 1);
    if (copyWants(here())) copyFilemark();
    filemark();
    return;
  }
  if (harmless && senseIli()) {
    took(((asked as i32) - senseInformation()) as u32);
    return;
  }
  if (harmless && !senseEom()) {
    took(deviceDataBytes());
    return;
  }
  if (deviceResult() === RESULT_ANSWERED && senseKey() === KEY_BLANK_CHECK && !inImage()) {
    if (copyWants(here())) copyReached();
    ended(KEY_BLANK_CHECK, senseCode());
    return;
  }
  notRead();
}

/** The drive gave a record of that many bytes (more than were asked for: only the first are there). */
function took(bytes: u32): void {
  setDrivePosition(drivePosition() + 1);
  const differs = crcKnown && (bytes !== knownBytes || deviceDataCrc() !== knownCrc);
  if (differs) {
    logNumbers(LOG_READ_DIFFERS, currentDrive(), 0);
    setX(here());
    if (verifying) tellError(false);
    else fromRing = true;
    return;
  }
  if (bytes <= asked && copyWants(here())) {
    copyRecord(bytes, deviceDataCrc(), BUFFER_SERVER, place());
  }
  record(bytes, deviceDataCrc());
}

/** The drive cannot: the ring, then a recovery of the drive, then the error. */
function notRead(): void {
  loseDrivePosition();
  if (recovering() || isDrivesAttention()) return;
  if (driveFailed()) {
    recoveryBegin(here());
    return;
  }
  // What the drive does not give for want of a key the ring does not give either.
  const isLocked = deviceResult() === RESULT_ANSWERED && senseKey() === KEY_DATA_PROTECT;
  if (!isLocked && !verifying && inImage() && here() < cursorReceived()) {
    fromRing = true;
    return;
  }
  tellError(true);
}

/** What is left of what the server asked for, as INFORMATION has it: records, or bytes of the one. */
function left(): u32 {
  return fixed ? wantCount - gotCount : wantBytes;
}
/** Bytes for the server: a VERIFY has none. */
function given(): u32 {
  return verifying ? 0 : gotBytes;
}

/** The position is before what could not be read; `isOwn`: with the drive's own sense data. */
function tellError(isOwn: bool): void {
  setServerPosition(here());
  readError(given(), left() as i32, isOwn);
}

function filemark(): void {
  ended(SENSE_FILEMARK, ASC_FILEMARK_DETECTED);
}
/** Ends with what was read so far and the residual count. */
function ended(key: u32, code: u32): void {
  const rest = left();
  setServerPosition(here() + (key === SENSE_FILEMARK ? 1 : 0));
  readEnd(given(), key, code, rest as i32);
}

/** A record of `length` bytes is at its place in the buffer. */
function record(length: u32, crc: u32): void {
  if (wordBytes !== 0 && !verifying) putWord(place() + length, crc);
  const bytes = length + wordBytes;
  if (bytes !== wantBytes) {
    otherLength(bytes);
    return;
  }
  gotCount += 1;
  gotBytes += bytes;
  if (gotCount < wantCount) return;
  setServerPosition(here());
  readEnd(given(), 0, 0, 0);
}

/** SILI hides a record that is too short, and one that is too long where there is no block length. */
function otherLength(bytes: u32): void {
  const rest = fixed ? (left() as i32) : (wantBytes as i32) - (bytes as i32);
  const isHidden = silent && (bytes < wantBytes || blockLength() === 0);
  gotBytes += min(bytes, wantBytes);
  setServerPosition(here() + 1);
  readEnd(given(), isHidden ? 0 : SENSE_ILI, 0, rest);
}
