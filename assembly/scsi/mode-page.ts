/**
 * The mode parameters of a lane, and MODE SENSE. Block length and buffered mode are the bridge's own (the
 * drives behind it always run with variable blocks, buffered), and so are the format of sense data and the
 * programmable early warning, which comes before the bridge's own; compression is the drive's. Decides
 * what pages say; which there are is in mode-table.ts, what a MODE SELECT may do in mode-select.ts.
 */
import { serverWarning, setServerWarning } from "../lane/early-warning.ts";
import { kept } from "../lane/keep.ts";
import { MEDIUM_READY, mediumState } from "../lane/medium.ts";
import { mediumDensity, mediumType8, mediumWriteProtected } from "../lane/procedure-ready.ts";
import { cdb, cdbByte, replyParams, replySense } from "../lane/task.ts";
import { get16, put16, put24 } from "../lib/bytes.ts";
import {
  ASC_INVALID_FIELD_IN_CDB,
  ASC_SAVING_PARAMETERS_NOT_SUPPORTED,
} from "../spec/additional-sense.ts";
import { OP_MODE_SENSE_6 } from "../spec/operation-code.ts";
import {
  MODE_PAGE_ALL,
  MODE_PAGE_CONTROL,
  MODE_PAGE_DATA_COMPRESSION,
  MODE_PAGE_DEVICE_CONFIGURATION,
  MODE_PAGE_MEDIUM_PARTITION,
  MODE_SUBPAGE_ALL,
} from "../spec/page-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { protectionClear, putProtection, takeProtection } from "./block-protection.ts";
import { forgetSelectedPage, putPartitionPage, takePartitionPage } from "./medium-partition.ts";
import {
  ALGORITHM_AT,
  COMPRESSION_ENABLE,
  COMPRESSION_ENABLE_AT,
  D_SENSE,
  D_SENSE_AT,
  defaultsAt,
  endOfPages,
  maskAt,
  nextPage,
  pageBytes,
  pageCode,
  pageSubcode,
  WARNING_SIZE_AT,
} from "./mode-table.ts";

export const DESCRIPTOR_BYTES: u32 = 8;
/** Buffered mode in the device-specific parameter: 0, or 1. */
export const BUFFERED: u32 = 0x10;
const WRITE_PROTECT: u32 = 0x80;
const DISABLE_BLOCK_DESCRIPTORS: u32 = 0x08;
// Page control.
const CHANGEABLE_VALUES: u32 = 1;
const DEFAULT_VALUES: u32 = 2;
const SAVED_VALUES: u32 = 3;

kept.buffered = BUFFERED;
kept.compression = true;

/** Buffered mode is 0: a WRITE is answered when its record is on the medium. */
export function isUnbuffered(): bool {
  return kept.buffered === 0;
}
/** Block length in bytes of fixed block mode, 0: variable only. */
export function blockLength(): u32 {
  return kept.fixedLength;
}
/** Of the medium that is ready, 0: there is none. */
export function densityShown(): u32 {
  return mediumState() === MEDIUM_READY ? mediumDensity() : 0;
}

/** The page is each nexus' own: no other hears of a change. */
export function isOfNexus(at: u32): bool {
  return pageCode(at) === MODE_PAGE_CONTROL && pageSubcode(at) !== 0;
}
/** Writes the row's page as it is now. */
export function putCurrentPage(row: u32, to: u32): void {
  const from = defaultsAt(row);
  memory.copy(to, from, pageBytes(from));
  const code = pageCode(from);
  if (isOfNexus(from)) putProtection(to);
  else if (code === MODE_PAGE_CONTROL) putBit(to + D_SENSE_AT, D_SENSE, kept.descriptorSense);
  else if (code === MODE_PAGE_DATA_COMPRESSION) {
    putBit(to + COMPRESSION_ENABLE_AT, COMPRESSION_ENABLE, kept.compression);
  } else if (code === MODE_PAGE_MEDIUM_PARTITION) putPartitionPage(to);
  else if (code === MODE_PAGE_DEVICE_CONFIGURATION) {
    if (pageSubcode(from) === 0) store<u8>(to + ALGORITHM_AT, kept.compression ? 1 : 0);
    else put16(to + WARNING_SIZE_AT, serverWarning());
  }
}
function putBit(at: u32, bit: u32, isSet: bool): void {
  const others = (load<u8>(at) as u32) & ~bit;
  store<u8>(at, (isSet ? others | bit : others) as u8);
}
function hasBit(at: u32, bit: u32): bool {
  return ((load<u8>(at) as u32) & bit) !== 0;
}
/** Takes what can be changed of a page that was found right. */
export function takePage(from: u32): void {
  const code = pageCode(from);
  if (isOfNexus(from)) takeProtection(from);
  else if (code === MODE_PAGE_CONTROL) kept.descriptorSense = hasBit(from + D_SENSE_AT, D_SENSE);
  else if (code === MODE_PAGE_DATA_COMPRESSION) {
    kept.compression = hasBit(from + COMPRESSION_ENABLE_AT, COMPRESSION_ENABLE);
  } else if (code === MODE_PAGE_MEDIUM_PARTITION) takePartitionPage(from);
  else if (code === MODE_PAGE_DEVICE_CONFIGURATION) {
    if (pageSubcode(from) === 0) kept.compression = load<u8>(from + ALGORITHM_AT) !== 0;
    else setServerWarning(get16(from + WARNING_SIZE_AT));
  }
}

function putPage(row: u32, to: u32, control: u32): void {
  const from = defaultsAt(row);
  if (control === CHANGEABLE_VALUES) {
    memory.copy(to, maskAt(row), pageBytes(from));
    memory.copy(to, from, pageSubcode(from) === 0 ? 2 : 4);
  } else if (control === DEFAULT_VALUES) memory.copy(to, from, pageBytes(from));
  else putCurrentPage(row, to);
}
/** The CDB asks for that page. */
function isWanted(row: u32): bool {
  const at = defaultsAt(row);
  const page = cdbByte(2) & MODE_PAGE_ALL;
  const subpage = cdbByte(3);
  if (page !== MODE_PAGE_ALL && page !== pageCode(at)) return false;
  return subpage === MODE_SUBPAGE_ALL || subpage === pageSubcode(at);
}

/** MODE SENSE(6) and (10). Page 00h is none: the header, as tape programs ask for it. */
export function modeSense(): void {
  const isShort = cdbByte(0) === OP_MODE_SENSE_6;
  const control = cdbByte(2) >> 6;
  if (control === SAVED_VALUES) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_SAVING_PARAMETERS_NOT_SUPPORTED);
    return;
  }
  let pages: u32 = 0;
  for (let row: u32 = 0; row < endOfPages(); row = nextPage(row)) {
    if (isWanted(row)) pages += pageBytes(defaultsAt(row));
  }
  const isHeaderAlone = (cdbByte(2) & MODE_PAGE_ALL) === 0 && cdbByte(3) === 0;
  if (pages === 0 && !isHeaderAlone) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
    return;
  }
  const descriptor = (cdbByte(1) & DISABLE_BLOCK_DESCRIPTORS) === 0 ? DESCRIPTOR_BYTES : 0;
  const head: u32 = (isShort ? 4 : 8) + descriptor;
  const at = replyParams(head + pages, isShort ? cdbByte(4) : get16(cdb() + 7));
  putHeader(at, isShort, head + pages, descriptor);
  let to = at + head;
  for (let row: u32 = 0; row < endOfPages(); row = nextPage(row)) {
    if (!isWanted(row)) continue;
    putPage(row, to, control);
    to += pageBytes(defaultsAt(row));
  }
}

function putHeader(at: u32, isShort: bool, bytes: u32, descriptor: u32): void {
  const isReady = mediumState() === MEDIUM_READY;
  const type = isReady ? mediumType8() : 0;
  const specific = kept.buffered | (isReady && mediumWriteProtected() ? WRITE_PROTECT : 0);
  if (isShort) {
    store<u8>(at, (bytes - 1) as u8);
    store<u8>(at + 1, type as u8);
    store<u8>(at + 2, specific as u8);
    store<u8>(at + 3, descriptor as u8);
  } else {
    put16(at, bytes - 2);
    store<u8>(at + 2, type as u8);
    store<u8>(at + 3, specific as u8);
    put16(at + 6, descriptor);
  }
  if (descriptor === 0) return;
  const block = at + (isShort ? 4 : 8);
  store<u8>(block, densityShown() as u8);
  put24(block + 5, kept.fixedLength);
}

/** A reset: everything as at power on. */
export function modeReset(): void {
  setServerWarning(0);
  forgetSelectedPage();
  kept.fixedLength = 0;
  kept.buffered = BUFFERED;
  kept.descriptorSense = false;
  kept.compression = true;
  protectionClear();
}
