/** Small answers of a lane: block limits, TapeAlert. */
import { cdb, cdbByte, replyParams, replySense } from "../lane/task.ts";
import { get16, put16, put24 } from "../lib/bytes.ts";
import { RECORD_BYTES_MAX } from "../spec/abi.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import { LOG_PAGE_SUPPORTED, LOG_PAGE_TAPE_ALERT } from "../spec/page-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";

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
