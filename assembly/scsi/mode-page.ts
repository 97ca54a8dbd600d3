/**
 * MODE SENSE and MODE SELECT of a lane: block length and buffered mode are the bridge's own (the drives
 * behind it always run with variable blocks, buffered), and so is the programmable early warning, which
 * comes before the bridge's own; compression and device configuration as an LTO drive shows them.
 */
import { serverWarning, setServerWarning, warningIsKnown } from "../lane/early-warning.ts";
import { kept } from "../lane/keep.ts";
import { mediumDensity, mediumType8, mediumWriteProtected } from "../lane/procedure-ready.ts";
import {
  cdb,
  cdbByte,
  receiveParams,
  replyGood,
  replyParams,
  replySense,
  taskNexus,
  taskOutBytes,
} from "../lane/task.ts";
import { get16, get24, put16, put24 } from "../lib/bytes.ts";
import { eventA } from "../lib/event.ts";
import { PARAM_IN_AT, RECORD_BYTES_MAX } from "../spec/abi.ts";
import {
  ASC_INVALID_FIELD_IN_CDB,
  ASC_INVALID_FIELD_IN_PARAMETER_LIST,
  ASC_PARAMETER_LIST_LENGTH_ERROR,
  ASC_SAVING_PARAMETERS_NOT_SUPPORTED,
} from "../spec/additional-sense.ts";
import { OP_MODE_SELECT_6, OP_MODE_SENSE_6 } from "../spec/operation-code.ts";
import {
  MODE_PAGE_ALL,
  MODE_PAGE_DATA_COMPRESSION,
  MODE_PAGE_DEVICE_CONFIGURATION,
  MODE_SUBPAGE_CONFIGURATION_EXTENSION,
} from "../spec/page-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { ATTENTION_MODE_CHANGED, attentionRaise } from "./unit-attention.ts";

const PAGE_BYTES: u32 = 16;
const EXTENSION_BYTES: u32 = 32;
/** PEWS in the Device Configuration Extension page. */
const WARNING_SIZE_AT: u32 = 6;
const SUBPAGE_FORMAT: u32 = 0x40;
const ALL_SUBPAGES: u32 = 0xff;
const DESCRIPTOR_BYTES: u32 = 8;
const SAVED_VALUES: u32 = 3;
const CHANGEABLE_VALUES: u32 = 1;
/** Buffered mode 1 in the device-specific parameter. */
const BUFFERED: u32 = 0x10;
const WRITE_PROTECT: u32 = 0x80;

kept.buffered = BUFFERED;

/** Buffered mode is 0: a WRITE is answered when its record is on the medium. */
export function isUnbuffered(): bool {
  return kept.buffered === 0;
}
/** Block length in bytes of fixed block mode, 0: variable only. */
export function blockLength(): u32 {
  return kept.fixedLength;
}

function wants(page: u32, one: u32): bool {
  return page === one || page === MODE_PAGE_ALL;
}

/** The Device Configuration Extension page alone, or with everything that there is. */
function wantsExtension(page: u32): bool {
  const subpage = cdbByte(3);
  if (page === MODE_PAGE_ALL) return subpage === ALL_SUBPAGES;
  return (
    page === MODE_PAGE_DEVICE_CONFIGURATION && subpage === MODE_SUBPAGE_CONFIGURATION_EXTENSION
  );
}
/** A page in page format, not one of its subpages. */
function wantsPage(page: u32, one: u32): bool {
  return wants(page, one) && (cdbByte(3) === 0 || page === MODE_PAGE_ALL);
}

/** MODE SENSE(6) and (10). */
export function modeSense(): void {
  const short = cdbByte(0) === OP_MODE_SENSE_6;
  const page = cdbByte(2) & 0x3f;
  const control = cdbByte(2) >> 6;
  let pages: u32 = 0;
  if (wantsPage(page, MODE_PAGE_DATA_COMPRESSION)) pages += PAGE_BYTES;
  if (wantsPage(page, MODE_PAGE_DEVICE_CONFIGURATION)) pages += PAGE_BYTES;
  if (wantsExtension(page)) pages += EXTENSION_BYTES;
  if (pages === 0 && (page !== 0 || cdbByte(3) !== 0)) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
    return;
  }
  if (control === SAVED_VALUES) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_SAVING_PARAMETERS_NOT_SUPPORTED);
    return;
  }
  const withDescriptor = (cdbByte(1) & 8) === 0;
  const header: u32 = short ? 4 : 8;
  const bytes = header + (withDescriptor ? DESCRIPTOR_BYTES : 0) + pages;
  const at = replyParams(bytes, short ? cdbByte(4) : get16(cdb() + 7));
  putHeader(at, short, bytes, withDescriptor);
  putPages(at + header + (withDescriptor ? DESCRIPTOR_BYTES : 0), page, control);
}

function putHeader(at: u32, short: bool, bytes: u32, withDescriptor: bool): void {
  const specific = kept.buffered | (mediumWriteProtected() ? WRITE_PROTECT : 0);
  const descriptor: u32 = withDescriptor ? DESCRIPTOR_BYTES : 0;
  if (short) {
    store<u8>(at, (bytes - 1) as u8);
    store<u8>(at + 1, mediumType8() as u8);
    store<u8>(at + 2, specific as u8);
    store<u8>(at + 3, descriptor as u8);
  } else {
    put16(at, bytes - 2);
    store<u8>(at + 2, mediumType8() as u8);
    store<u8>(at + 3, specific as u8);
    put16(at + 6, descriptor);
  }
  if (!withDescriptor) return;
  const block = at + (short ? 4 : 8);
  store<u8>(block, mediumDensity() as u8);
  put24(block + 5, kept.fixedLength);
}

function putPages(at: u32, page: u32, control: u32): void {
  let next = at;
  if (wantsPage(page, MODE_PAGE_DATA_COMPRESSION)) {
    store<u8>(next, MODE_PAGE_DATA_COMPRESSION as u8);
    store<u8>(next + 1, (PAGE_BYTES - 2) as u8);
    if (control !== CHANGEABLE_VALUES) {
      store<u8>(next + 2, 0xc0);
      store<u8>(next + 3, 0x80);
      store<u8>(next + 7, 1);
      store<u8>(next + 11, 1);
    }
    next += PAGE_BYTES;
  }
  if (wantsPage(page, MODE_PAGE_DEVICE_CONFIGURATION)) {
    store<u8>(next, MODE_PAGE_DEVICE_CONFIGURATION as u8);
    store<u8>(next + 1, (PAGE_BYTES - 2) as u8);
    if (control !== CHANGEABLE_VALUES) {
      store<u8>(next + 8, 0x40);
      store<u8>(next + 10, 0x18);
      store<u8>(next + 14, 1);
    }
    next += PAGE_BYTES;
  }
  if (!wantsExtension(page)) return;
  store<u8>(next, (MODE_PAGE_DEVICE_CONFIGURATION | SUBPAGE_FORMAT) as u8);
  store<u8>(next + 1, MODE_SUBPAGE_CONFIGURATION_EXTENSION as u8);
  put16(next + 2, EXTENSION_BYTES - 4);
  put16(next + WARNING_SIZE_AT, control === CHANGEABLE_VALUES ? 0xffff : serverWarning());
}

/** MODE SELECT(6) and (10): asks for the parameter list. */
export function modeSelect(): void {
  const bytes = cdbByte(0) === OP_MODE_SELECT_6 ? cdbByte(4) : get16(cdb() + 7);
  if (bytes === 0) {
    replyGood();
    return;
  }
  if (bytes > 4096 || bytes > taskOutBytes()) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
    return;
  }
  receiveParams(bytes);
}

/** The parameter list has come. */
export function modeSelectData(): void {
  const short = cdbByte(0) === OP_MODE_SELECT_6;
  const header: u32 = short ? 4 : 8;
  const bytes = eventA();
  if (bytes < header) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_PARAMETER_LIST_LENGTH_ERROR);
    return;
  }
  const at = PARAM_IN_AT;
  const descriptor = short ? (load<u8>(at + 3) as u32) : get16(at + 6);
  const wrongSize = descriptor !== 0 && descriptor !== DESCRIPTOR_BYTES;
  if (wrongSize || header + descriptor > bytes) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_PARAMETER_LIST_LENGTH_ERROR);
    return;
  }
  const warning = warningIn(at + header + descriptor, at + bytes);
  if (warning === BAD_LIST) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_PARAMETER_LIST_LENGTH_ERROR);
    return;
  }
  const length = descriptor === 0 ? kept.fixedLength : get24(at + header + 5);
  // A drive that cannot tell it could not be made to.
  if (length > RECORD_BYTES_MAX || (warning !== 0 && !warningIsKnown())) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_PARAMETER_LIST);
    return;
  }
  const specific = (load<u8>(at + (short ? 2 : 3)) as u32) & 0x70;
  const isWarningNew = warning !== serverWarning();
  if (length !== kept.fixedLength || specific !== kept.buffered || isWarningNew) {
    attentionRaise(ATTENTION_MODE_CHANGED, taskNexus());
  }
  if (isWarningNew) setServerWarning(warning);
  kept.fixedLength = length;
  kept.buffered = specific;
  replyGood();
}

const BAD_LIST: u32 = 0xffffffff;

/** PEWS where the pages from `at` to `end` say it, else what it is; BAD_LIST: their lengths do not fit. */
function warningIn(at: u32, end: u32): u32 {
  let warning = serverWarning();
  let next = at;
  while (next < end) {
    const isSubpage = ((load<u8>(next) as u32) & SUBPAGE_FORMAT) !== 0;
    const head: u32 = isSubpage ? 4 : 2;
    if (next + head > end) return BAD_LIST;
    const length = isSubpage ? get16(next + 2) : (load<u8>(next + 1) as u32);
    if (next + head + length > end) return BAD_LIST;
    const isExtension =
      isSubpage &&
      ((load<u8>(next) as u32) & 0x3f) === MODE_PAGE_DEVICE_CONFIGURATION &&
      (load<u8>(next + 1) as u32) === MODE_SUBPAGE_CONFIGURATION_EXTENSION;
    if (isExtension && length + 4 >= EXTENSION_BYTES) warning = get16(next + WARNING_SIZE_AT);
    next += head + length;
  }
  return warning;
}

/** A reset: variable blocks, buffered, no programmable early warning. */
export function modeReset(): void {
  setServerWarning(0);
  kept.fixedLength = 0;
  kept.buffered = BUFFERED;
}
