/** READ BLOCK LIMITS of a lane. */
import { cdbByte, replyParams, replySense } from "../lane/task.ts";
import { put16, put24 } from "../lib/bytes.ts";
import { RECORD_BYTES_MAX } from "../spec/abi.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";

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
