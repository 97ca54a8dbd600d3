/** MAINTENANCE IN and MAINTENANCE OUT by service action. */
import { cdb, cdbByte, replyParams, replySense } from "../lane/task.ts";
import { get32 } from "../lib/bytes.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import {
  ACTION_REPORT_SUPPORTED_CODES,
  ACTION_REPORT_SUPPORTED_FUNCTIONS,
  ACTION_TIMESTAMP,
} from "../spec/operation-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { codesBytes, functionsBytes, putCodes, putFunctions } from "./supported-codes.ts";
import { reportTimestamp, setTimestamp } from "./timestamp.ts";

/** Room for an answer; 0 bytes: the CDB is refused, and the answer is 0. */
function room(bytes: u32): u32 {
  if (bytes !== 0) return replyParams(bytes, get32(cdb() + 6));
  replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
  return 0;
}
function supportedCodes(): void {
  const at = room(codesBytes(cdb()));
  if (at !== 0) putCodes(cdb(), at);
}
function supportedFunctions(): void {
  const at = room(functionsBytes(cdb()));
  if (at !== 0) putFunctions(cdb(), at);
}

/** MAINTENANCE IN; a service action that dispatch.ts does not know is refused. */
export function maintenanceIn(): void {
  const action = cdbByte(1) & 0x1f;
  if (action === ACTION_REPORT_SUPPORTED_CODES) supportedCodes();
  else if (action === ACTION_REPORT_SUPPORTED_FUNCTIONS) supportedFunctions();
  else if (action === ACTION_TIMESTAMP) reportTimestamp();
  else replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
}
/** MAINTENANCE OUT; the same. */
export function maintenanceOut(): void {
  if ((cdbByte(1) & 0x1f) === ACTION_TIMESTAMP) setTimestamp();
  else replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
}
