/**
 * REPORT SUPPORTED OPERATION CODES and REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS (SPC-4): what the table
 * of commands says, and what the target answers (host/target/task-management.ts).
 */
import { cdb, cdbByte, replyParams, replySense } from "../lane/task.ts";
import { get16, get32, put16, put32 } from "../lib/bytes.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import {
  cdbBytes,
  commandAction,
  commandCode,
  commandCount,
  commandHasAction,
  commandSeconds,
  findAction,
  findCode,
  NO_COMMAND,
  usageByte,
} from "./command-table.ts";

const ALL_COMMANDS: u32 = 0;
const BY_CODE: u32 = 1;
const BY_ACTION: u32 = 2;
const BY_EITHER: u32 = 3;
const NOT_SUPPORTED: u8 = 1;
const AS_STANDARD: u8 = 3;
/** SERVACTV and CTDP of a command descriptor. */
const ACTION_VALID: u8 = 1;
const TIMEOUTS_PRESENT: u8 = 2;
/** CTDP of one command's parameter data. */
const ONE_TIMEOUTS_PRESENT: u8 = 0x80;
const TIMEOUTS_BYTES: u32 = 12;
/** ABORT TASK, ABORT TASK SET, CLEAR TASK SET, LOGICAL UNIT RESET; by the warm and cold reset of iSCSI, TARGET RESET. */
const FUNCTIONS: u8 = 0x80 | 0x40 | 0x10 | 0x08 | 0x02;
const FUNCTIONS_BYTES: u32 = 4;
const FUNCTIONS_EXTENDED_BYTES: u32 = 16;

function invalid(): void {
  replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
}

/** REPORT SUPPORTED OPERATION CODES. */
export function supportedCodes(): void {
  const options = cdbByte(2) & 7;
  const withTimeouts = (cdbByte(2) & 0x80) !== 0;
  const row = findCode(cdbByte(3));
  const hasActions = row !== NO_COMMAND && commandHasAction(row);
  const action = get16(cdb() + 4);
  if (options === ALL_COMMANDS) allCommands(withTimeouts);
  else if (options === BY_CODE && !hasActions) oneCommand(row, withTimeouts);
  else if (options === BY_ACTION && (hasActions || row === NO_COMMAND))
    byAction(action, withTimeouts);
  else if (options === BY_EITHER && hasActions) byAction(action, withTimeouts);
  else if (options === BY_EITHER) oneCommand(action === 0 ? row : NO_COMMAND, withTimeouts);
  else invalid();
}

function byAction(action: u32, withTimeouts: bool): void {
  oneCommand(findAction(cdbByte(3), action), withTimeouts);
}

function allCommands(withTimeouts: bool): void {
  const each: u32 = withTimeouts ? 8 + TIMEOUTS_BYTES : 8;
  const bytes = commandCount() * each;
  const at = replyParams(4 + bytes, get32(cdb() + 6));
  put32(at, bytes);
  for (let i: u32 = 0; i < commandCount(); i++) {
    const to = at + 4 + i * each;
    store<u8>(to, commandCode(i) as u8);
    put16(to + 2, commandAction(i));
    const valid: u8 = commandHasAction(i) ? ACTION_VALID : 0;
    store<u8>(to + 5, withTimeouts ? valid | TIMEOUTS_PRESENT : valid);
    put16(to + 6, cdbBytes(commandCode(i)));
    if (withTimeouts) putTimeouts(to + 8, i);
  }
}

function oneCommand(row: u32, withTimeouts: bool): void {
  const allocation = get32(cdb() + 6);
  if (row === NO_COMMAND) {
    store<u8>(replyParams(4, allocation) + 1, NOT_SUPPORTED);
    return;
  }
  const length = cdbBytes(commandCode(row));
  const at = replyParams(4 + length + (withTimeouts ? TIMEOUTS_BYTES : 0), allocation);
  store<u8>(at + 1, withTimeouts ? AS_STANDARD | ONE_TIMEOUTS_PRESENT : AS_STANDARD);
  put16(at + 2, length);
  for (let i: u32 = 0; i < length; i++) store<u8>(at + 4 + i, usageByte(row, i) as u8);
  if (withTimeouts) putTimeouts(at + 4 + length, row);
}

/** No nominal time is said: how long a command takes depends on whether a failure is behind it. */
function putTimeouts(to: u32, row: u32): void {
  put16(to, TIMEOUTS_BYTES - 2);
  put32(to + 8, commandSeconds(row));
}

/** REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS; no timeouts are said for them. */
export function supportedFunctions(): void {
  const allocation = get32(cdb() + 6);
  if (allocation < FUNCTIONS_BYTES) return invalid();
  const isExtended = (cdbByte(2) & 0x80) !== 0;
  const bytes = isExtended ? FUNCTIONS_EXTENDED_BYTES : FUNCTIONS_BYTES;
  const at = replyParams(bytes, allocation);
  store<u8>(at, FUNCTIONS);
  store<u8>(at + 3, (bytes - FUNCTIONS_BYTES) as u8);
}
