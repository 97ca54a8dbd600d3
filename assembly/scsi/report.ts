/** Small answers of a lane: block limits, TapeAlert, REQUEST SENSE, LUN list. */
import { cdb, cdbByte, replyParams, replySense } from "../lane/task.ts";
import { get16, get32, put16, put24, put32 } from "../lib/bytes.ts";
import { RECORD_BYTES_MAX } from "../spec/abi.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import { LOG_PAGE_SUPPORTED, LOG_PAGE_TAPE_ALERT } from "../spec/page-code.ts";
import { KEY_ILLEGAL_REQUEST, RESPONSE_CURRENT, SENSE_FIXED_BYTES } from "../spec/sense-key.ts";

const TAPE_ALERT_COUNT: u32 = 64;
const LENGTH_ONLY: u32 = 1;
/** SELECT REPORT of REPORT LUNS: well known logical units alone; all. */
const SELECT_WELL_KNOWN: u32 = 1;
const SELECT_ALL: u32 = 2;
const LUNS_BYTES_MIN: u32 = 16;

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

/** REPORT LUNS: the changer is LUN 0, lanes are 1 to `lanes`; there is no well known logical unit. */
export function reportLuns(lanes: u32): void {
  const select = cdbByte(2);
  const allocation = get32(cdb() + 6);
  if (select > SELECT_ALL || allocation < LUNS_BYTES_MIN) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
    return;
  }
  const count: u32 = select === SELECT_WELL_KNOWN ? 0 : lanes + 1;
  const at = replyParams(8 + count * 8, allocation);
  put32(at, count * 8);
  for (let i: u32 = 0; i < count; i++) store<u8>(at + 8 + i * 8 + 1, i as u8);
}
