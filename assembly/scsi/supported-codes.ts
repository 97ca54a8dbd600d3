/**
 * REPORT SUPPORTED OPERATION CODES and REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS (SPC-4), of a lane and of
 * the changer: what the table of commands says, and what the target answers
 * (host/target/task-management.ts). Decides bytes; who asked gets them elsewhere.
 */
import { get16, get32, put16, put32 } from "../lib/bytes.ts";
import {
  cdbBytes,
  commandAction,
  commandCode,
  commandHasAction,
  commandSeconds,
  endOfCommands,
  findAction,
  findCode,
  firstCommand,
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

/** The row that is asked for; NO_COMMAND: there is none. Only where `oneAsked` says so. */
function askedRow(cdb: u32): u32 {
  const op = load<u8>(cdb + 3) as u32;
  const row = findCode(op);
  const action = get16(cdb + 4);
  if (row === NO_COMMAND) return NO_COMMAND;
  if (commandHasAction(row)) return findAction(op, action);
  return options(cdb) === BY_EITHER && action !== 0 ? NO_COMMAND : row;
}
function options(cdb: u32): u32 {
  return (load<u8>(cdb + 2) as u32) & 7;
}
function withTimeouts(cdb: u32): bool {
  return ((load<u8>(cdb + 2) as u32) & 0x80) !== 0;
}
/** Whether the reporting options go together with the operation code. */
function optionsRight(cdb: u32): bool {
  const row = findCode(load<u8>(cdb + 3) as u32);
  const hasActions = row !== NO_COMMAND && commandHasAction(row);
  if (options(cdb) === BY_CODE) return !hasActions;
  if (options(cdb) === BY_ACTION) return hasActions || row === NO_COMMAND;
  return options(cdb) === ALL_COMMANDS || options(cdb) === BY_EITHER;
}
function descriptorBytes(cdb: u32): u32 {
  return withTimeouts(cdb) ? 8 + TIMEOUTS_BYTES : 8;
}

/** REPORT SUPPORTED OPERATION CODES: the answer's bytes; 0: a field of the CDB at that address is wrong. */
export function codesBytes(cdb: u32): u32 {
  if (!optionsRight(cdb)) return 0;
  if (options(cdb) === ALL_COMMANDS) {
    return 4 + (endOfCommands() - firstCommand()) * descriptorBytes(cdb);
  }
  const row = askedRow(cdb);
  if (row === NO_COMMAND) return 4;
  return 4 + cdbBytes(commandCode(row)) + (withTimeouts(cdb) ? TIMEOUTS_BYTES : 0);
}
/** Writes the answer at `at`, zeroed. */
export function putCodes(cdb: u32, at: u32): void {
  if (options(cdb) === ALL_COMMANDS) putAll(cdb, at);
  else putOne(askedRow(cdb), withTimeouts(cdb), at);
}

function putAll(cdb: u32, at: u32): void {
  const each = descriptorBytes(cdb);
  let to = at + 4;
  for (let i = firstCommand(); i < endOfCommands(); i++) {
    store<u8>(to, commandCode(i) as u8);
    put16(to + 2, commandAction(i));
    const valid: u8 = commandHasAction(i) ? ACTION_VALID : 0;
    store<u8>(to + 5, withTimeouts(cdb) ? valid | TIMEOUTS_PRESENT : valid);
    put16(to + 6, cdbBytes(commandCode(i)));
    if (withTimeouts(cdb)) putTimeouts(to + 8, i);
    to += each;
  }
  put32(at, to - at - 4);
}

function putOne(row: u32, timeouts: bool, at: u32): void {
  if (row === NO_COMMAND) return store<u8>(at + 1, NOT_SUPPORTED);
  const length = cdbBytes(commandCode(row));
  store<u8>(at + 1, timeouts ? AS_STANDARD | ONE_TIMEOUTS_PRESENT : AS_STANDARD);
  put16(at + 2, length);
  for (let i: u32 = 0; i < length; i++) store<u8>(at + 4 + i, usageByte(row, i) as u8);
  if (timeouts) putTimeouts(at + 4 + length, row);
}

/** No nominal time is said: how long a command takes depends on whether a failure is behind it. */
function putTimeouts(to: u32, row: u32): void {
  put16(to, TIMEOUTS_BYTES - 2);
  put32(to + 8, commandSeconds(row));
}

/** REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS: as `codesBytes`. No timeouts are said for them. */
export function functionsBytes(cdb: u32): u32 {
  if (get32(cdb + 6) < FUNCTIONS_BYTES) return 0;
  const isExtended = (load<u8>(cdb + 2) & 0x80) !== 0;
  return isExtended ? FUNCTIONS_EXTENDED_BYTES : FUNCTIONS_BYTES;
}
/** Writes the answer at `at`, zeroed. */
export function putFunctions(cdb: u32, at: u32): void {
  store<u8>(at, FUNCTIONS);
  store<u8>(at + 3, (functionsBytes(cdb) - FUNCTIONS_BYTES) as u8);
}
