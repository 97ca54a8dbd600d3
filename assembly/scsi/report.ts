/** Small answers of a lane: block limits, position, TapeAlert, REQUEST SENSE, LUN list. */
import { isBehindProgrammed, isBehindWarning } from "../lane/early-warning.ts";
import { imageComplete, serverPosition } from "../lane/medium.ts";
import { cdb, cdbByte, replyParams, replySense } from "../lane/task.ts";
import { get16, get32, put16, put24, put32, put64 } from "../lib/bytes.ts";
import { imageFilemarks, imageSelected } from "../ring/image-table.ts";
import { RECORD_BYTES_MAX } from "../spec/abi.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import { LOG_PAGE_SUPPORTED, LOG_PAGE_TAPE_ALERT } from "../spec/page-code.ts";
import { KEY_ILLEGAL_REQUEST, RESPONSE_CURRENT, SENSE_FIXED_BYTES } from "../spec/sense-key.ts";
import { cursorReceived } from "../tape/cursor.ts";

const BEGINNING_OF_PARTITION: u8 = 0x80;
const END_OF_PARTITION: u8 = 0x40;
const BEYOND_PROGRAMMABLE_EARLY_WARNING: u8 = 0x01;
const BYTE_COUNT_UNKNOWN: u8 = 0x10;
const MARKS_UNKNOWN: u8 = 0x08;
const TAPE_ALERT_COUNT: u32 = 64;
const LENGTH_ONLY: u32 = 1;

/** READ BLOCK LIMITS: 1 byte to RECORD_BYTES_MAX; MLOI is not offered. */
export function readBlockLimits(): void {
  if ((cdbByte(1) & LENGTH_ONLY) !== 0) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
    return;
  }
  const at = replyParams(6, 6);
  put24(at + 1, RECORD_BYTES_MAX);
  put16(at + 4, 1);
}

/** BOP, EOP and BPEW of READ POSITION. */
function placeFlags(object: u64): u8 {
  let flags: u8 = object === 0 ? BEGINNING_OF_PARTITION : 0;
  if (isBehindWarning(object)) flags |= END_OF_PARTITION;
  if (isBehindProgrammed(object)) flags |= BEYOND_PROGRAMMABLE_EARLY_WARNING;
  return flags;
}

/** READ POSITION: short (00h, 01h), long (06h), extended (08h), from the bridge's own position. */
export function readPosition(): void {
  const form = cdbByte(1) & 0x1f;
  const object = serverPosition();
  const start = placeFlags(object);
  if (form === 0 || form === 1) {
    const at = replyParams(20, 20);
    store<u8>(at, start | BYTE_COUNT_UNKNOWN);
    put32(at + 4, object as u32);
    put32(at + 8, object as u32);
  } else if (form === 6) {
    const at = replyParams(32, 32);
    const atEnd = imageComplete() && object === cursorReceived();
    const known = object === 0 || atEnd;
    store<u8>(at, known ? start : start | MARKS_UNKNOWN);
    put64(at + 8, object);
    put64(at + 16, atEnd ? imageFilemarks(imageSelected()) : 0);
  } else if (form === 8) {
    const at = replyParams(32, get16(cdb() + 7));
    store<u8>(at, start | BYTE_COUNT_UNKNOWN);
    put16(at + 2, 0x1c);
    put64(at + 8, object);
    put64(at + 16, object);
  } else replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
}

/** LOG SENSE pages 00h and 2Eh; false: another page, the drive has it. */
export function logSense(): bool {
  const page = cdbByte(2) & 0x3f;
  const allocation = get16(cdb() + 7);
  if (page === LOG_PAGE_SUPPORTED) {
    const at = replyParams(6, allocation);
    put16(at + 2, 2);
    store<u8>(at + 5, LOG_PAGE_TAPE_ALERT as u8);
    return true;
  }
  if (page !== LOG_PAGE_TAPE_ALERT) return false;
  // Failures that the bridge has covered are not the server's: no flag is set.
  const at = replyParams(4 + TAPE_ALERT_COUNT * 5, allocation);
  store<u8>(at, LOG_PAGE_TAPE_ALERT as u8);
  put16(at + 2, TAPE_ALERT_COUNT * 5);
  for (let i: u32 = 0; i < TAPE_ALERT_COUNT; i++) {
    const parameter = at + 4 + i * 5;
    put16(parameter, i + 1);
    store<u8>(parameter + 3, 1);
  }
  return true;
}

/** REQUEST SENSE: NO SENSE; sense data always go with the CHECK CONDITION they belong to. */
export function requestSense(): void {
  const at = replyParams(SENSE_FIXED_BYTES, cdbByte(4));
  store<u8>(at, RESPONSE_CURRENT as u8);
  store<u8>(at + 7, (SENSE_FIXED_BYTES - 8) as u8);
}

/** REPORT LUNS: the changer is LUN 0, lanes are 1 to `lanes`. */
export function reportLuns(lanes: u32): void {
  const bytes = 8 + (lanes + 1) * 8;
  const at = replyParams(bytes, get32(cdb() + 6));
  put32(at, bytes - 8);
  for (let i: u32 = 0; i <= lanes; i++) store<u8>(at + 8 + i * 8 + 1, i as u8);
}
