/**
 * Before a cartridge that cannot be written any more leaves its drive, while it can still be read: reads
 * the ring's image of what the tape has for certain, and fetches again from the tape what the ring has
 * wrong. What is fetched stays in the host's memory for the copy that follows. Decides how long that may
 * take and how much may be kept; it never fails: what it could not mend, the copy will miss.
 */
import { act, logNumbers, setA, setB, setE, setX } from "../lib/action.ts";
import { put24 } from "../lib/bytes.ts";
import { eventA, eventB, eventTag } from "../lib/event.ts";
import { imageBase, imageSelected } from "../ring/image-table.ts";
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
import { AC_MEND, AC_RELEASE, AC_RING_LOAD, BUFFER_CHECK } from "../spec/action.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import { LOG_MENDED } from "../spec/log-code.ts";
import { OP_READ_6 } from "../spec/operation-code.ts";
import { ENTRY_FILEMARK, WALKER_CHECK, WALKER_FOUND, WALKER_PENDING } from "../spec/ring-layout.ts";
import { cursorSynchronized } from "../tape/cursor.ts";
import {
  commandInBuffer,
  deviceDataBytes,
  deviceDataCrc,
  deviceGood,
  deviceResult,
  drivePosition,
  loseDrivePosition,
  OWNER_PROCEDURE,
  setDrivePosition,
} from "./device.ts";
import { POSITION_PENDING, positionBegin, positionStep } from "./procedure-position.ts";
import {
  finish,
  OUTCOME_DONE,
  OUTCOME_NO_ANSWER,
  OUTCOME_RUNNING,
  PROCEDURE_CHECK,
  pc,
  procedureKind,
  procedureMs,
  setPc,
} from "./procedure-state.ts";

/** The longest that a recovery is held up by it: some GB of a disk. */
const CHECK_MS_MAX: u64 = 20000;
/** Entries, and their bytes, that are kept in memory at most. */
const MEND_COUNT_MAX: u32 = 8;
const MEND_BYTES_MAX: u32 = 8388608;
/** Tag of its loads (top byte differs from the ring's own and the server's). */
const CHECK_TAG: u32 = 0x4b000000;
const MENDED: u32 = memory.data(64, 8) as u32;

const START: u32 = 0;
const LOOK: u32 = 1;
const LOADING: u32 = 2;
const WRONG: u32 = 3;
const GO: u32 = 4;
const READ: u32 = 5;

let object: u64 = 0;
let loadTag: u32 = 0;
let mendedCount: u32 = 0;
let mendedBytes: u32 = 0;
/** The entry in work. */
let first: u64 = 0;
let count: u32 = 0;
let objectBytes: u32 = 0;
let dataBytes: u32 = 0;
let dataAt: u64 = 0;
let entryCrc: u32 = 0;
/** Of it, read from the tape so far. */
let done: u32 = 0;
let crc: u32 = 0;

/** One step further. */
export function advanceCheck(): bool {
  const at = pc();
  if (at === START) {
    object = imageBase(imageSelected());
    setPc(LOOK);
  }
  if (at === LOADING) return false;
  if (at === WRONG) return fetch();
  if (at === GO) return going();
  if (at === READ) return wasRead();
  return look();
}

/** Loads the next entry with data; the tape has nothing that is not synchronized for certain. */
function look(): bool {
  while (object < cursorSynchronized() && procedureMs() < CHECK_MS_MAX) {
    const found = walkerFind(WALKER_CHECK, object);
    if (found === WALKER_PENDING) return false;
    if (found !== WALKER_FOUND) break;
    object = walkerFirst(WALKER_CHECK) + (walkerCount(WALKER_CHECK) as u64);
    if (walkerKind(WALKER_CHECK) === ENTRY_FILEMARK) continue;
    beginLoad();
    return true;
  }
  return finish(OUTCOME_DONE);
}

function beginLoad(): void {
  first = walkerFirst(WALKER_CHECK);
  count = walkerCount(WALKER_CHECK);
  objectBytes = walkerObjectBytes(WALKER_CHECK);
  dataBytes = walkerDataBytes(WALKER_CHECK);
  dataAt = walkerDataAt(WALKER_CHECK);
  entryCrc = walkerCrc(WALKER_CHECK);
  loadTag = CHECK_TAG | ((loadTag + 1) & 0xffffff);
  act(AC_RING_LOAD, loadTag);
  setA(dataBytes);
  setX(dataAt);
  setPc(LOADING);
}

/** Takes EV_RING_DONE; false: it was not a load of this procedure. */
export function checkLoaded(): bool {
  if (eventTag() >> 24 !== CHECK_TAG >> 24) return false;
  if (procedureKind() !== PROCEDURE_CHECK || pc() !== LOADING || eventTag() !== loadTag)
    return true;
  setPc(eventA() !== 0 || eventB() !== entryCrc ? WRONG : LOOK);
  return true;
}

/** Of an entry that was cut the tape does not have all, and its CRC32C is of all. */
function fetch(): bool {
  const isWhole = count * objectBytes === dataBytes;
  const fits = mendedCount < MEND_COUNT_MAX && mendedBytes + dataBytes <= MEND_BYTES_MAX;
  if (!isWhole || !fits) return next();
  positionBegin(first);
  setPc(GO);
  return true;
}

function next(): bool {
  setPc(LOOK);
  return true;
}

function going(): bool {
  const step = positionStep();
  if (step === POSITION_PENDING) return false;
  if (step === OUTCOME_RUNNING) return true;
  if (step === OUTCOME_NO_ANSWER) return finish(OUTCOME_DONE);
  if (step !== OUTCOME_DONE) return next();
  done = 0;
  crc = 0;
  return read();
}

function read(): bool {
  const cdb = commandInBuffer(
    OWNER_PROCEDURE,
    OP_READ_6,
    BUFFER_CHECK,
    done * objectBytes,
    objectBytes,
    crc,
  );
  put24(cdb + 2, objectBytes);
  setPc(READ);
  return true;
}

function wasRead(): bool {
  // A drive that is silent now would be waited for again and again.
  if (deviceResult() !== RESULT_ANSWERED) return finish(OUTCOME_DONE);
  if (!deviceGood() || deviceDataBytes() !== objectBytes) {
    loseDrivePosition();
    return next();
  }
  setDrivePosition(drivePosition() + 1);
  crc = deviceDataCrc();
  done += 1;
  if (done < count) return read();
  if (crc === entryCrc) keep();
  return next();
}

function keep(): void {
  store<u64>(MENDED + mendedCount * 8, dataAt);
  mendedCount += 1;
  mendedBytes += dataBytes;
  act(AC_MEND, 0);
  setA(dataBytes);
  setB(BUFFER_CHECK);
  setE(entryCrc);
  setX(dataAt);
  logNumbers(LOG_MENDED, 0, 0);
  setX(first);
}

/** The recovery is over: what was kept for it is not needed any more. */
export function checkForget(): void {
  for (let i: u32 = 0; i < mendedCount; i++) {
    act(AC_RELEASE, 0);
    setX(load<u64>(MENDED + i * 8));
  }
  mendedCount = 0;
  mendedBytes = 0;
}
