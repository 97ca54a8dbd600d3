/** MAINTENANCE IN of the changer: what commands and task management functions there are. */
import { get32 } from "../lib/bytes.ts";
import { codesBytes, functionsBytes, putCodes, putFunctions } from "../scsi/supported-codes.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import {
  ACTION_REPORT_SUPPORTED_CODES,
  ACTION_REPORT_SUPPORTED_FUNCTIONS,
} from "../spec/operation-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { replyData, replySense } from "./reply.ts";

/** Answers MAINTENANCE IN; `cdb` is its address. */
export function replyMaintenance(task: u32, cdb: u32, expected: u32): void {
  const action = (load<u8>(cdb + 1) as u32) & 0x1f;
  const codes = action === ACTION_REPORT_SUPPORTED_CODES;
  const functions = action === ACTION_REPORT_SUPPORTED_FUNCTIONS;
  const bytes: u32 = codes ? codesBytes(cdb) : functions ? functionsBytes(cdb) : 0;
  if (bytes === 0) return replySense(task, KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
  const at = replyData(task, bytes, get32(cdb + 6), expected);
  if (codes) putCodes(cdb, at);
  else putFunctions(cdb, at);
}
