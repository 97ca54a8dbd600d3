/**
 * MODE SENSE and MODE SELECT of a lane: block length and buffered mode are the bridge's own (the drives
 * behind it always run with variable blocks, buffered); compression and device configuration as an LTO
 * drive shows them. Changing pages of the drive comes with the server issue.
 */
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
} from "../spec/page-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { ATTENTION_MODE_CHANGED, attentionRaise } from "./unit-attention.ts";

const PAGE_BYTES: u32 = 16;
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

/** MODE SENSE(6) and (10). */
export function modeSense(): void {
  const short = cdbByte(0) === OP_MODE_SENSE_6;
  const page = cdbByte(2) & 0x3f;
  const control = cdbByte(2) >> 6;
  const own = wants(page, MODE_PAGE_DATA_COMPRESSION) || page === MODE_PAGE_DEVICE_CONFIGURATION;
  const known = page === 0 || own;
  if (!known || (cdbByte(3) !== 0 && page !== MODE_PAGE_ALL)) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
    return;
  }
  if (control === SAVED_VALUES) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_SAVING_PARAMETERS_NOT_SUPPORTED);
    return;
  }
  const withDescriptor = (cdbByte(1) & 8) === 0;
  const header: u32 = short ? 4 : 8;
  let bytes = header + (withDescriptor ? DESCRIPTOR_BYTES : 0);
  if (wants(page, MODE_PAGE_DATA_COMPRESSION)) bytes += PAGE_BYTES;
  if (wants(page, MODE_PAGE_DEVICE_CONFIGURATION)) bytes += PAGE_BYTES;
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
  if (wants(page, MODE_PAGE_DATA_COMPRESSION)) {
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
  if (!wants(page, MODE_PAGE_DEVICE_CONFIGURATION)) return;
  store<u8>(next, MODE_PAGE_DEVICE_CONFIGURATION as u8);
  store<u8>(next + 1, (PAGE_BYTES - 2) as u8);
  if (control === CHANGEABLE_VALUES) return;
  store<u8>(next + 8, 0x40);
  store<u8>(next + 10, 0x18);
  store<u8>(next + 14, 1);
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
  const length = descriptor === 0 ? kept.fixedLength : get24(at + header + 5);
  if (length > RECORD_BYTES_MAX) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_PARAMETER_LIST);
    return;
  }
  const specific = (load<u8>(at + (short ? 2 : 3)) as u32) & 0x70;
  if (length !== kept.fixedLength || specific !== kept.buffered) {
    attentionRaise(ATTENTION_MODE_CHANGED, taskNexus());
  }
  kept.fixedLength = length;
  kept.buffered = specific;
  replyGood();
}

/** A reset: variable blocks, buffered. */
export function modeReset(): void {
  kept.fixedLength = 0;
  kept.buffered = BUFFERED;
}
