/**
 * The commands of a lane, one line each; every code that has none is refused. A line says what is done
 * (DO_*), what has to hold before the command is looked at (NEEDS_*), when another nexus' reservation
 * stops it (ASKS, CHECKS, READS, CHANGES: command-table.ts), how long a server should wait for it, and the
 * CDB usage map: the bytes behind the operation code up to the last that is not zero, a one for each bit
 * that is looked at, the service action as it is. REPORT SUPPORTED OPERATION CODES, the check of
 * reservations and docs/commands.md come from here.
 */
import {
  OP_ALLOW_OVERWRITE,
  OP_ERASE_6,
  OP_ERASE_16,
  OP_FORMAT_MEDIUM,
  OP_INQUIRY,
  OP_LOAD_UNLOAD,
  OP_LOCATE_10,
  OP_LOCATE_16,
  OP_LOG_SELECT,
  OP_LOG_SENSE,
  OP_MAINTENANCE_IN,
  OP_MAINTENANCE_OUT,
  OP_MODE_SELECT_6,
  OP_MODE_SELECT_10,
  OP_MODE_SENSE_6,
  OP_MODE_SENSE_10,
  OP_PERSISTENT_RESERVE_IN,
  OP_PERSISTENT_RESERVE_OUT,
  OP_PREVENT_ALLOW,
  OP_READ_6,
  OP_READ_16,
  OP_READ_ATTRIBUTE,
  OP_READ_BLOCK_LIMITS,
  OP_READ_BUFFER,
  OP_READ_POSITION,
  OP_RECEIVE_DIAGNOSTIC_RESULTS,
  OP_RELEASE_6,
  OP_RELEASE_10,
  OP_REPORT_DENSITY_SUPPORT,
  OP_REPORT_LUNS,
  OP_REQUEST_SENSE,
  OP_RESERVE_6,
  OP_RESERVE_10,
  OP_REWIND,
  OP_SEND_DIAGNOSTIC,
  OP_SET_CAPACITY,
  OP_SPACE_6,
  OP_SPACE_16,
  OP_TEST_UNIT_READY,
  OP_VERIFY_6,
  OP_VERIFY_16,
  OP_WRITE_6,
  OP_WRITE_16,
  OP_WRITE_FILEMARKS_6,
  OP_WRITE_FILEMARKS_16,
} from "../spec/operation-code.ts";
import {
  ASKS,
  addCommand,
  beginCommands,
  CHANGES,
  CHECKS,
  endCommands,
  READS,
  UNIT_LANE,
} from "./command-table.ts";

export const DO_REFUSE: u8 = 0;
export const DO_TEST_UNIT_READY: u8 = 1;
export const DO_REWIND: u8 = 2;
export const DO_REQUEST_SENSE: u8 = 3;
export const DO_READ_BLOCK_LIMITS: u8 = 4;
export const DO_READ: u8 = 5;
export const DO_WRITE: u8 = 6;
export const DO_WRITE_FILEMARKS: u8 = 7;
export const DO_SPACE: u8 = 8;
export const DO_INQUIRY: u8 = 9;
export const DO_MODE_SELECT: u8 = 10;
export const DO_RESERVE: u8 = 11;
export const DO_RELEASE: u8 = 12;
export const DO_ERASE: u8 = 13;
export const DO_MODE_SENSE: u8 = 14;
export const DO_LOAD_UNLOAD: u8 = 15;
export const DO_PREVENT_ALLOW: u8 = 16;
export const DO_LOCATE: u8 = 17;
export const DO_READ_POSITION: u8 = 18;
export const DO_LOG_SENSE: u8 = 19;
export const DO_REPORT_LUNS: u8 = 20;
export const DO_SET_CAPACITY: u8 = 22;
export const DO_MAINTENANCE_IN: u8 = 23;
export const DO_MAINTENANCE_OUT: u8 = 26;
export const DO_PERSISTENT_IN: u8 = 24;
export const DO_PERSISTENT_OUT: u8 = 25;
export const DO_SEND_DIAGNOSTIC: u8 = 40;
export const DO_RECEIVE_DIAGNOSTIC: u8 = 41;
export const DO_LOG_SELECT: u8 = 42;
export const DO_DENSITY_SUPPORT: u8 = 43;
export const DO_ATTRIBUTE: u8 = 44;
/** Forwarded to the drive untouched; small data-in comes back. */
export const DO_FORWARD_IN: u8 = 21;
export const DO_VERIFY: u8 = 30;
export const DO_FORMAT_MEDIUM: u8 = 31;
export const DO_ALLOW_OVERWRITE: u8 = 32;

/** Answered whatever is pending: no unit attention, no reservation, no error of an earlier command. */
export const NEEDS_NOTHING: u8 = 0;
export const NEEDS_NEXUS: u8 = 1;
/** Also a ready medium. */
export const NEEDS_MEDIUM: u8 = 3;

const WHAT: usize = memory.data(256, 8);
const NEEDS: usize = memory.data(256, 8);
memory.fill(NEEDS, NEEDS_NEXUS, 256);

// Seconds that a server should wait: a recovery may stand between the command and its end.
/** Needs no tape. */
const SOON: u32 = 300;
/** Reads, writes, winds, loads: so long a drive may take to get ready (READY_LIMIT_MS). */
const LONG: u32 = 7200;
/** The whole tape. */
const WHOLE: u32 = 200000;

/** A command whose operation code says what it is. */
function row(op: u32, what: u8, needs: u8, conflict: u8, seconds: u32, usage: string): void {
  store<u8>(WHAT + op, what);
  store<u8>(NEEDS + op, needs);
  addCommand(op, false, conflict, seconds, usage);
}
/** One service action (bits 4 to 0 of byte 1) of an operation code; all do and need the same. */
function action(op: u32, what: u8, needs: u8, conflict: u8, seconds: u32, usage: string): void {
  store<u8>(WHAT + op, what);
  store<u8>(NEEDS + op, needs);
  addCommand(op, true, conflict, seconds, usage);
}

beginCommands(UNIT_LANE);
row(OP_TEST_UNIT_READY, DO_TEST_UNIT_READY, NEEDS_MEDIUM, CHECKS, SOON, "");
row(OP_REWIND, DO_REWIND, NEEDS_MEDIUM, READS, LONG, "01");
row(OP_REQUEST_SENSE, DO_REQUEST_SENSE, NEEDS_NOTHING, ASKS, SOON, "010000ff");
row(OP_FORMAT_MEDIUM, DO_FORMAT_MEDIUM, NEEDS_MEDIUM, CHANGES, WHOLE, "030fffff");
row(OP_READ_BLOCK_LIMITS, DO_READ_BLOCK_LIMITS, NEEDS_NEXUS, ASKS, SOON, "");
row(OP_READ_6, DO_READ, NEEDS_MEDIUM, READS, LONG, "03ffffff");
row(OP_WRITE_6, DO_WRITE, NEEDS_MEDIUM, CHANGES, LONG, "01ffffff");
row(OP_SET_CAPACITY, DO_SET_CAPACITY, NEEDS_MEDIUM, CHANGES, LONG, "0100ffff");
row(OP_WRITE_FILEMARKS_6, DO_WRITE_FILEMARKS, NEEDS_MEDIUM, CHANGES, LONG, "01ffffff");
row(OP_SPACE_6, DO_SPACE, NEEDS_MEDIUM, READS, LONG, "0fffffff");
row(OP_INQUIRY, DO_INQUIRY, NEEDS_NOTHING, ASKS, SOON, "01ffffff");
row(OP_VERIFY_6, DO_VERIFY, NEEDS_MEDIUM, READS, LONG, "01ffffff");
row(OP_MODE_SELECT_6, DO_MODE_SELECT, NEEDS_NEXUS, CHANGES, SOON, "100000ff");
row(OP_RESERVE_6, DO_RESERVE, NEEDS_NEXUS, CHECKS, SOON, "");
row(OP_RELEASE_6, DO_RELEASE, NEEDS_NEXUS, ASKS, SOON, "");
row(OP_ERASE_6, DO_ERASE, NEEDS_MEDIUM, CHANGES, WHOLE, "03");
row(OP_MODE_SENSE_6, DO_MODE_SENSE, NEEDS_NEXUS, READS, SOON, "08ffffff");
row(OP_LOAD_UNLOAD, DO_LOAD_UNLOAD, NEEDS_NEXUS, CHANGES, LONG, "01000007");
row(OP_RECEIVE_DIAGNOSTIC_RESULTS, DO_RECEIVE_DIAGNOSTIC, NEEDS_NEXUS, READS, SOON, "01ffffff");
row(OP_SEND_DIAGNOSTIC, DO_SEND_DIAGNOSTIC, NEEDS_NEXUS, CHANGES, SOON, "e400ffff");
row(OP_PREVENT_ALLOW, DO_PREVENT_ALLOW, NEEDS_NEXUS, CHANGES, SOON, "00000003");
row(OP_LOCATE_10, DO_LOCATE, NEEDS_MEDIUM, READS, LONG, "0700ffffffff00ff");
action(OP_READ_POSITION, DO_READ_POSITION, NEEDS_MEDIUM, READS, SOON, "00");
action(OP_READ_POSITION, DO_READ_POSITION, NEEDS_MEDIUM, READS, SOON, "01");
action(OP_READ_POSITION, DO_READ_POSITION, NEEDS_MEDIUM, READS, SOON, "06");
action(OP_READ_POSITION, DO_READ_POSITION, NEEDS_MEDIUM, READS, SOON, "080000000000ffff");
row(OP_READ_BUFFER, DO_FORWARD_IN, NEEDS_NEXUS, READS, SOON, "1fffffffffffffff");
row(OP_REPORT_DENSITY_SUPPORT, DO_DENSITY_SUPPORT, NEEDS_NEXUS, ASKS, SOON, "030000000000ffff");
row(OP_LOG_SELECT, DO_LOG_SELECT, NEEDS_NEXUS, CHANGES, SOON, "03ffff000000ffff");
row(OP_LOG_SENSE, DO_LOG_SENSE, NEEDS_NEXUS, ASKS, SOON, "03ffff00ffffffff");
row(OP_MODE_SELECT_10, DO_MODE_SELECT, NEEDS_NEXUS, CHANGES, SOON, "100000000000ffff");
row(OP_MODE_SENSE_10, DO_MODE_SENSE, NEEDS_NEXUS, READS, SOON, "08ffff000000ffff");
row(OP_RESERVE_10, DO_RESERVE, NEEDS_NEXUS, CHECKS, SOON, "");
row(OP_RELEASE_10, DO_RELEASE, NEEDS_NEXUS, ASKS, SOON, "");
action(OP_PERSISTENT_RESERVE_IN, DO_PERSISTENT_IN, NEEDS_NEXUS, CHECKS, SOON, "000000000000ffff");
action(OP_PERSISTENT_RESERVE_IN, DO_PERSISTENT_IN, NEEDS_NEXUS, CHECKS, SOON, "010000000000ffff");
action(OP_PERSISTENT_RESERVE_IN, DO_PERSISTENT_IN, NEEDS_NEXUS, CHECKS, SOON, "020000000000ffff");
action(OP_PERSISTENT_RESERVE_IN, DO_PERSISTENT_IN, NEEDS_NEXUS, CHECKS, SOON, "030000000000ffff");
action(OP_PERSISTENT_RESERVE_OUT, DO_PERSISTENT_OUT, NEEDS_NEXUS, CHECKS, SOON, "00000000ffffffff");
action(OP_PERSISTENT_RESERVE_OUT, DO_PERSISTENT_OUT, NEEDS_NEXUS, CHECKS, SOON, "01ff0000ffffffff");
action(OP_PERSISTENT_RESERVE_OUT, DO_PERSISTENT_OUT, NEEDS_NEXUS, CHECKS, SOON, "02ff0000ffffffff");
action(OP_PERSISTENT_RESERVE_OUT, DO_PERSISTENT_OUT, NEEDS_NEXUS, CHECKS, SOON, "03000000ffffffff");
action(OP_PERSISTENT_RESERVE_OUT, DO_PERSISTENT_OUT, NEEDS_NEXUS, CHECKS, SOON, "04ff0000ffffffff");
action(OP_PERSISTENT_RESERVE_OUT, DO_PERSISTENT_OUT, NEEDS_NEXUS, CHECKS, SOON, "05ff0000ffffffff");
action(OP_PERSISTENT_RESERVE_OUT, DO_PERSISTENT_OUT, NEEDS_NEXUS, CHECKS, SOON, "06000000ffffffff");
row(
  OP_WRITE_FILEMARKS_16,
  DO_WRITE_FILEMARKS,
  NEEDS_MEDIUM,
  CHANGES,
  LONG,
  "0d00ffffffffffffffffffffffff",
);
row(OP_ALLOW_OVERWRITE, DO_ALLOW_OVERWRITE, NEEDS_MEDIUM, CHANGES, SOON, "000fffffffffffffffffff");
row(OP_READ_16, DO_READ, NEEDS_MEDIUM, READS, LONG, "0300ffffffffffffffffffffffff");
row(OP_WRITE_16, DO_WRITE, NEEDS_MEDIUM, CHANGES, LONG, "0d00ffffffffffffffffffffffff");
action(OP_READ_ATTRIBUTE, DO_ATTRIBUTE, NEEDS_MEDIUM, READS, SOON, "00000000ff00ffffffffffffff");
action(OP_READ_ATTRIBUTE, DO_ATTRIBUTE, NEEDS_MEDIUM, READS, SOON, "01000000ff00ffffffffffffff");
action(OP_READ_ATTRIBUTE, DO_ATTRIBUTE, NEEDS_MEDIUM, READS, SOON, "02000000ff00ffffffffffffff");
action(OP_READ_ATTRIBUTE, DO_ATTRIBUTE, NEEDS_MEDIUM, READS, SOON, "03000000ff00ffffffffffffff");
action(OP_READ_ATTRIBUTE, DO_ATTRIBUTE, NEEDS_MEDIUM, READS, SOON, "05000000ff00ffffffffffffff");
row(OP_VERIFY_16, DO_VERIFY, NEEDS_MEDIUM, READS, LONG, "0100ffffffffffffffffffffffff");
row(OP_SPACE_16, DO_SPACE, NEEDS_MEDIUM, READS, LONG, "0f0000ffffffffffffffff");
row(OP_LOCATE_16, DO_LOCATE, NEEDS_MEDIUM, READS, LONG, "3b00ffffffffffffffffff");
row(OP_ERASE_16, DO_ERASE, NEEDS_MEDIUM, CHANGES, WHOLE, "0f00ffffffffffffffffff");
row(OP_REPORT_LUNS, DO_REPORT_LUNS, NEEDS_NOTHING, ASKS, SOON, "00ff000000ffffffff");
action(OP_MAINTENANCE_IN, DO_MAINTENANCE_IN, NEEDS_NEXUS, READS, SOON, "0c87ffffffffffffff");
action(OP_MAINTENANCE_IN, DO_MAINTENANCE_IN, NEEDS_NEXUS, READS, SOON, "0d80000000ffffffff");
action(OP_MAINTENANCE_IN, DO_MAINTENANCE_IN, NEEDS_NEXUS, ASKS, SOON, "0f00000000ffffffff");
action(OP_MAINTENANCE_OUT, DO_MAINTENANCE_OUT, NEEDS_NEXUS, CHANGES, SOON, "0f00000000ffffffff");
endCommands(UNIT_LANE);

/** DO_* of an operation code. */
export function dispatch(op: u32): u8 {
  return load<u8>(WHAT + (op & 255));
}
/** NEEDS_* of an operation code. */
export function needs(op: u32): u8 {
  return load<u8>(NEEDS + (op & 255));
}
