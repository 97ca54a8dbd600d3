/**
 * FORMAT MEDIUM and ALLOW OVERWRITE of the server. The drive is told how to divide the cartridge right before it does
 * (mode page 11h as the server has selected it). A lane has no append-only mode, so each place may be
 * overwritten: docs/adr/0047-each-partition-is-a-tape.md.
 */
import { commandOut, currentDrive, deviceGood, driveLimitMs, OWNER_TASK } from "../lane/device.ts";
import { KEPT_SELECTED } from "../lane/keep.ts";
import { serverPosition } from "../lane/medium.ts";
import { currentPartition, isDivisible } from "../lane/partition.ts";
import { bindPartitions, unbindPartitions } from "../lane/partition-images.ts";
import {
  cdb,
  cdbByte,
  PHASE_DEVICE,
  PHASE_NEW,
  replyGood,
  replySense,
  setTaskPhase,
  taskFirstLook,
} from "../lane/task.ts";
import { get16, get64, put16 } from "../lib/bytes.ts";
import {
  ASC_INVALID_FIELD_IN_CDB,
  ASC_INVALID_OPERATION_CODE,
  ASC_POSITION_LOST,
} from "../spec/additional-sense.ts";
import { LIMIT_FORMAT_MS } from "../spec/drive-limit.ts";
import { OP_ERASE_6, OP_FORMAT_MEDIUM, OP_MODE_SELECT_10 } from "../spec/operation-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { forgetSelectedPage, selectedPageBytes } from "./medium-partition.ts";
import { BUFFERED } from "./mode-page.ts";
import { isPartition } from "./partition-change.ts";
import { senseCode, senseKey } from "./sense-reader.ts";
import {
  beginTape,
  capacityKnown,
  changeByDrive,
  changeDone,
  emptyingFailed,
  isAtBeginning,
  isWritable,
  mayChange,
} from "./tape-change.ts";

/** VERIFY of byte 1. IMMED, beside it, is not passed on: the end is waited for. */
const VERIFY: u32 = 2;
/** FORMAT, the low half of byte 2. */
const FORMAT_MAX: u32 = 2;
const LOW_HALF: u32 = 0x0f;
/** ALLOW OVERWRITE, the low half of byte 2: nothing, at this place, format. */
const OVERWRITE_HERE: u32 = 1;
const OVERWRITE_MAX: u32 = 2;

/** FORMAT: one partition; 1 and 2: as mode page 11h says. */
const FORMAT_ONE: u32 = 0;
const LIST_HEADER_BYTES: u32 = 8;
const PAGE_FORMAT: u8 = 0x10;
/** Parameters follow the 16 bytes of a CDB. */
const LIST_AT: u32 = 16;

/** The drive has no FORMAT MEDIUM: its ERASE does it, where there is one partition anyhow. */
let byErase: bool = false;
/** The selected page is on its way to the drive; the drive has taken it. */
let telling: bool = false;
let told: bool = false;

function refuse(code: u32): void {
  replySense(KEY_ILLEGAL_REQUEST, code);
}
function format(): u32 {
  return cdbByte(2) & LOW_HALF;
}

/** FORMAT MEDIUM, again after every event until the drive can take it. */
export function formatMedium(): void {
  if (taskFirstLook()) {
    byErase = false;
    telling = false;
    told = false;
  }
  const isKnown = format() <= FORMAT_MAX && (cdbByte(1) & VERIFY) === 0;
  if (!isKnown || get16(cdb() + 3) !== 0) refuse(ASC_INVALID_FIELD_IN_CDB);
  else if (isWritable() && isAtBeginning() && mayChange() && unbindPartitions()) {
    if (isSelectionOwed()) tellSelection();
    else begin();
  }
}
function begin(): void {
  const to = changeByDrive(byErase ? OP_ERASE_6 : OP_FORMAT_MEDIUM, LIMIT_FORMAT_MS);
  if (to !== 0 && !byErase) store<u8>(to + 2, format() as u8);
}

/** What the server has selected is told to this drive, now: it may be another one, or have been reset. */
function isSelectionOwed(): bool {
  return format() !== FORMAT_ONE && selectedPageBytes() !== 0 && !told;
}
function tellSelection(): void {
  const bytes = LIST_HEADER_BYTES + selectedPageBytes();
  const limit = driveLimitMs();
  const to = commandOut(OWNER_TASK, currentDrive(), OP_MODE_SELECT_10, bytes, limit);
  store<u8>(to + 1, PAGE_FORMAT);
  put16(to + 7, bytes);
  store<u8>(to + LIST_AT + 3, BUFFERED as u8);
  memory.copy(to + LIST_AT + LIST_HEADER_BYTES, KEPT_SELECTED, selectedPageBytes());
  telling = true;
  setTaskPhase(PHASE_DEVICE);
}

/** The drive's answer. */
export function formatMediumDone(): void {
  const isUnknown =
    senseKey() === KEY_ILLEGAL_REQUEST && senseCode() === ASC_INVALID_OPERATION_CODE;
  if (telling) {
    telling = false;
    told = deviceGood();
    if (told) setTaskPhase(PHASE_NEW);
    else if (!changeDone()) bindPartitions();
  } else if (!deviceGood() && isUnknown && !byErase && !isDivisible()) {
    byErase = true;
    setTaskPhase(PHASE_NEW);
  } else {
    told = false;
    if (changeDone()) beginTape();
    else emptyingFailed();
  }
}

/** PHASE_PROCEDURE. What was selected is forgotten with the answer: after a trap the whole of it is done again. */
export function formatMediumKept(): bool {
  if (!capacityKnown()) return false;
  forgetSelectedPage();
  return true;
}

/** ALLOW OVERWRITE: nothing to allow. */
export function allowOverwrite(): void {
  const allow = cdbByte(2) & LOW_HALF;
  if (allow > OVERWRITE_MAX) refuse(ASC_INVALID_FIELD_IN_CDB);
  else if (allow !== OVERWRITE_HERE) replyGood();
  else if (!isPartition(cdbByte(3))) refuse(ASC_INVALID_FIELD_IN_CDB);
  else if (!isHere()) refuse(ASC_POSITION_LOST);
  else replyGood();
}
function isHere(): bool {
  return cdbByte(3) === currentPartition() && get64(cdb() + 4) === serverPosition();
}
