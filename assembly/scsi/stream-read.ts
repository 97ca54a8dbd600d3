/**
 * READ(6) of the server: from the drive; from the ring when the drive cannot give the record and the ring
 * can, also while a recovery runs. Fixed block mode is read record by record. What the drive gives is
 * compared with the CRC32C that the ring knows: a medium that returns other bytes is repaired from the ring.
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
import { imageIsPrefix, imageTrusted, serverPosition, setServerPosition } from "../lane/medium.ts";
import {
  FOR_TASK,
  OUTCOME_DONE,
  OUTCOME_RUNNING,
  PROCEDURE_POSITION,
  procedureIdle,
  procedureStart,
  procedureTake,
} from "../lane/procedure-state.ts";
import {
  cdb,
  cdbByte,
  PHASE_DEVICE,
  PHASE_LOAD,
  PHASE_NEW,
  PHASE_PROCEDURE,
  replyBuffer,
  replyGood,
  replyRawSense,
  replySense,
  setTaskPhase,
} from "../lane/task.ts";
import { act, logNumbers, setA, setB, setX, setY } from "../lib/action.ts";
import { get24, put24 } from "../lib/bytes.ts";
import { eventB } from "../lib/event.ts";
import { recoveryBegin } from "../recovery/recovery.ts";
import { recovering } from "../recovery/state.ts";
import { imageBase, imageSelected } from "../ring/image-table.ts";
import {
  walkerCrc,
  walkerDataAt,
  walkerDataBytes,
  walkerFind,
  walkerFirst,
  walkerIsSingle,
  walkerKind,
  walkerObjectBytes,
} from "../ring/walker.ts";
import { RECORD_BYTES_MAX } from "../spec/abi.ts";
import { AC_RING_LOAD, BUFFER_SERVER } from "../spec/action.ts";
import {
  ASC_END_OF_DATA_DETECTED,
  ASC_FILEMARK_DETECTED,
  ASC_INVALID_FIELD_IN_CDB,
  ASC_UNRECOVERED_READ_ERROR,
} from "../spec/additional-sense.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import { LOG_READ_DIFFERS, LOG_READ_FROM_RING } from "../spec/log-code.ts";
import { OP_READ_6 } from "../spec/operation-code.ts";
import {
  ENTRY_FILEMARK,
  WALKER_FOUND,
  WALKER_PENDING,
  WALKER_SERVER,
} from "../spec/ring-layout.ts";
import {
  KEY_BLANK_CHECK,
  KEY_ILLEGAL_REQUEST,
  KEY_MEDIUM_ERROR,
  KEY_NO_SENSE,
  KEY_RECOVERED_ERROR,
  SENSE_FILEMARK,
  SENSE_ILI,
} from "../spec/sense-key.ts";
import { cursorReceived } from "../tape/cursor.ts";
import { driveFailed } from "./drive-answer.ts";
import { blockLength } from "./mode-page.ts";
import {
  senseCode,
  senseEom,
  senseFilemark,
  senseIli,
  senseInformation,
  senseKey,
  senseRaw,
} from "./sense-reader.ts";

/** Tag of loads from the ring for the server (top byte differs from the ring's own). */
const LOAD_TAG: u32 = 0x4c000000;

const NOT_MISSING: u64 = u64.MAX_VALUE;

let fixed: bool = false;
let silent: bool = false;
/** Bytes of one record that the server asks for, and how many records. */
let wantBytes: u32 = 0;
let wantCount: u32 = 0;
/** Records and bytes that are in the buffer. */
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
let loadTag: u32 = 0;
let partLoading: bool = false;
const NOT_KNOWN: u32 = 0xffffffff;

/** Takes the CDB; false when it was answered. */
export function read6Begin(): bool {
  fixed = (cdbByte(1) & 1) !== 0;
  silent = (cdbByte(1) & 2) !== 0;
  const length = get24(cdb() + 2);
  if (fixed && (silent || blockLength() === 0)) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
    return false;
  }
  wantBytes = fixed ? blockLength() : length;
  wantCount = fixed ? length : 1;
  gotCount = 0;
  gotBytes = 0;
  fromRing = false;
  missing = NOT_MISSING;
  if (length === 0) {
    replyGood();
    return false;
  }
  if ((wantCount as u64) * (wantBytes as u64) > (RECORD_BYTES_MAX as u64)) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
    return false;
  }
  return true;
}

/** The next object to read: the server's position moves only with the answer. */
function here(): u64 {
  return serverPosition() + (gotCount as u64);
}

function inImage(): bool {
  if (!imageTrusted()) return false;
  const at = here();
  if (at === cursorReceived()) return !imageIsPrefix();
  return at >= imageBase(imageSelected()) && at < cursorReceived();
}

/** PHASE_NEW: the next record, where it can be had now. */
export function read6(): void {
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
  knownBytes = isMark ? wantBytes : walkerObjectBytes(WALKER_SERVER);
  crcKnown = !isMark && walkerIsSingle(WALKER_SERVER);
  knownCrc = walkerCrc(WALKER_SERVER);
  if (recovering() || fromRing) {
    if (isMark) filemark();
    else loadEntry();
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

function fromDrive(): void {
  if (!deviceIdle() || !procedureIdle()) return;
  const at = here();
  if (!drivePositionKnown() || drivePosition() !== at) {
    procedureStart(PROCEDURE_POSITION, FOR_TASK, currentDrive(), at);
    setTaskPhase(PHASE_PROCEDURE);
    return;
  }
  // The exact length where it is known: some drives return nothing of a record that is longer.
  asked = knownBytes === NOT_KNOWN ? wantBytes : knownBytes;
  put24(commandInBuffer(OWNER_TASK, OP_READ_6, BUFFER_SERVER, gotBytes, asked, 0) + 2, asked);
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

function beginLoad(part: bool): void {
  partLoading = part;
  loadTag = LOAD_TAG | ((loadTag + 1) & 0xffffff);
  act(AC_RING_LOAD, loadTag);
}

/** The record from the ring: loaded, then compared with its CRC32C. */
function loadEntry(): void {
  logNumbers(LOG_READ_FROM_RING, 0, 0);
  setX(here());
  beginLoad(false);
  setA(walkerDataBytes(WALKER_SERVER));
  // Of an entry of many records only the CRC32C is wanted first; the part comes after it.
  setB(walkerIsSingle(WALKER_SERVER) ? BUFFER_SERVER : 0);
  setX(walkerDataAt(WALKER_SERVER));
  setY(gotBytes as u64);
  setTaskPhase(PHASE_LOAD);
}

/** A load ended (tag as in `load`); one of an earlier task is not ours. */
export function readLoaded(tag: u32, errorNumber: u32): void {
  if (tag !== loadTag) return;
  setTaskPhase(PHASE_NEW);
  if (errorNumber !== 0 || (!partLoading && eventB() !== knownCrc)) giveUp();
  else if (!partLoading && !walkerIsSingle(WALKER_SERVER)) {
    loadPart((here() - walkerFirst(WALKER_SERVER)) as u32);
  } else {
    fromRing = false;
    record(knownBytes);
  }
}

/** Only the wanted record of an entry whose CRC32C has just been seen to be right. */
function loadPart(offset: u32): void {
  beginLoad(true);
  setA(knownBytes);
  setB(BUFFER_SERVER);
  setX(walkerDataAt(WALKER_SERVER) + (offset as u64) * (knownBytes as u64));
  setY(gotBytes as u64);
  setTaskPhase(PHASE_LOAD);
}

/** Neither drive nor ring has it; in a recovery the drive has not been asked: when it is over, the tape is. */
function giveUp(): void {
  missing = here();
  if (recovering()) return;
  arrive();
  if (deviceResult() === RESULT_ANSWERED && senseKey() >= KEY_MEDIUM_ERROR) {
    replyRawSense(senseRaw() as u32, false);
    return;
  }
  replySense(KEY_MEDIUM_ERROR, ASC_UNRECOVERED_READ_ERROR);
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
    fromRing = true;
    return;
  }
  if (bytes <= asked && copyWants(here())) {
    copyRecord(bytes, deviceDataCrc(), BUFFER_SERVER, gotBytes);
  }
  record(bytes);
}

/** The drive cannot: the ring, then a recovery of the drive, then the error. */
function notRead(): void {
  loseDrivePosition();
  if (recovering()) return;
  if (driveFailed()) {
    recoveryBegin(here());
    return;
  }
  if (inImage() && here() < cursorReceived()) {
    fromRing = true;
    return;
  }
  arrive();
  replyRawSense(senseRaw() as u32, false);
}

/** The server's position is behind what was read; to be called once, with the answer. */
function arrive(): void {
  setServerPosition(here());
}

/** A record of `bytes` bytes is at its place in the buffer. */
function record(bytes: u32): void {
  if (fixed) {
    fixedRecord(bytes);
    return;
  }
  setServerPosition(here() + 1);
  const given = bytes < wantBytes ? bytes : wantBytes;
  // SILI says nothing of a record that is too long where a block length is set.
  const isToldOf = !silent || (bytes > wantBytes && blockLength() !== 0);
  const wrong = bytes !== wantBytes && isToldOf;
  const residual = (wantBytes as i32) - (bytes as i32);
  if (wrong) replyBuffer(BUFFER_SERVER, given, given, SENSE_ILI, 0, residual);
  else replyBuffer(BUFFER_SERVER, given, given, KEY_NO_SENSE, 0, 0);
}

function fixedRecord(bytes: u32): void {
  if (bytes !== wantBytes) {
    const given = bytes < wantBytes ? bytes : wantBytes;
    const left = wantCount - gotCount;
    gotBytes += given;
    setServerPosition(here() + 1);
    replyBuffer(BUFFER_SERVER, gotBytes, gotBytes, SENSE_ILI, 0, left as i32);
    return;
  }
  gotCount += 1;
  gotBytes += bytes;
  if (gotCount === wantCount) {
    arrive();
    replyBuffer(BUFFER_SERVER, gotBytes, gotBytes, KEY_NO_SENSE, 0, 0);
  }
}

function filemark(): void {
  ended(SENSE_FILEMARK, ASC_FILEMARK_DETECTED);
}

/** Ends with what was read so far and the residual count. */
function ended(key: u32, code: u32): void {
  const residual = fixed ? wantCount - gotCount : wantBytes;
  setServerPosition(here() + (key === SENSE_FILEMARK ? 1 : 0));
  replyBuffer(BUFFER_SERVER, gotBytes, gotBytes, key, code, residual as i32);
}
