/**
 * The commands of the changer, one line each, as scsi/dispatch.ts has those of a lane; every code that has
 * none is refused. What has to hold before (NEEDS_*) is the changer's own.
 */
import {
  ASKS,
  addCommand,
  beginCommands,
  CHANGES,
  CHECKS,
  endCommands,
  READS,
  UNIT_CHANGER,
} from "../scsi/command-table.ts";
import {
  OP_EXCHANGE_MEDIUM,
  OP_INITIALIZE_ELEMENT_STATUS,
  OP_INITIALIZE_ELEMENT_STATUS_RANGE,
  OP_INITIALIZE_ELEMENT_STATUS_RANGE_12,
  OP_INQUIRY,
  OP_LOG_SENSE,
  OP_MAINTENANCE_IN,
  OP_MODE_SELECT_6,
  OP_MODE_SELECT_10,
  OP_MODE_SENSE_6,
  OP_MODE_SENSE_10,
  OP_MOVE_MEDIUM,
  OP_PERSISTENT_RESERVE_IN,
  OP_PERSISTENT_RESERVE_OUT,
  OP_POSITION_TO_ELEMENT,
  OP_PREVENT_ALLOW,
  OP_READ_ELEMENT_STATUS,
  OP_RELEASE_6,
  OP_RELEASE_10,
  OP_REPORT_LUNS,
  OP_REQUEST_SENSE,
  OP_REQUEST_VOLUME_ELEMENT_ADDRESS,
  OP_RESERVE_6,
  OP_RESERVE_10,
  OP_SEND_VOLUME_TAG,
  OP_TEST_UNIT_READY,
} from "../spec/operation-code.ts";

export const DO_REFUSE: u8 = 0;
export const DO_TEST_UNIT_READY: u8 = 1;
export const DO_REQUEST_SENSE: u8 = 2;
export const DO_INITIALIZE: u8 = 3;
export const DO_INQUIRY: u8 = 4;
export const DO_RESERVE: u8 = 5;
export const DO_RELEASE: u8 = 6;
export const DO_MODE_SENSE: u8 = 7;
export const DO_PREVENT_ALLOW: u8 = 8;
export const DO_POSITION: u8 = 9;
export const DO_LOG_SENSE: u8 = 10;
export const DO_REPORT_LUNS: u8 = 11;
export const DO_MAINTENANCE_IN: u8 = 12;
export const DO_MOVE: u8 = 13;
export const DO_EXCHANGE: u8 = 14;
export const DO_READ_ELEMENT_STATUS: u8 = 15;
export const DO_MODE_SELECT: u8 = 16;
export const DO_SEND_VOLUME_TAG: u8 = 17;
export const DO_REQUEST_ADDRESS: u8 = 18;
export const DO_PERSISTENT_IN: u8 = 19;
export const DO_PERSISTENT_OUT: u8 = 20;

/** Answered whatever is pending. */
export const NEEDS_NOTHING: u8 = 0;
/** A pending unit attention is reported first. */
export const NEEDS_NEXUS: u8 = 1;
/** Also: the library has been read. */
export const NEEDS_INVENTORY: u8 = 3;

const WHAT: usize = memory.data(256, 8);
const NEEDS: usize = memory.data(256, 8);
memory.fill(NEEDS, NEEDS_NEXUS, 256);

// Seconds that a server should wait: a move may stand behind a recovery, a look behind a reading of the
// library.
/** Needs no library. */
const SOON: u32 = 60;
/** Looks at the elements. */
const LOOK: u32 = 600;
/** The robot moves, or reads everything. */
const MOVE: u32 = 3600;

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

beginCommands(UNIT_CHANGER);
row(OP_TEST_UNIT_READY, DO_TEST_UNIT_READY, NEEDS_INVENTORY, CHECKS, LOOK, "");
row(OP_REQUEST_SENSE, DO_REQUEST_SENSE, NEEDS_NOTHING, ASKS, SOON, "010000ff");
row(OP_INITIALIZE_ELEMENT_STATUS, DO_INITIALIZE, NEEDS_INVENTORY, CHANGES, MOVE, "");
row(OP_INQUIRY, DO_INQUIRY, NEEDS_NOTHING, ASKS, SOON, "01ffffff");
row(OP_MODE_SELECT_6, DO_MODE_SELECT, NEEDS_INVENTORY, CHANGES, SOON, "110000ff");
row(OP_RESERVE_6, DO_RESERVE, NEEDS_NEXUS, CHECKS, SOON, "ff");
row(OP_RELEASE_6, DO_RELEASE, NEEDS_NEXUS, ASKS, SOON, "ff");
row(OP_MODE_SENSE_6, DO_MODE_SENSE, NEEDS_INVENTORY, READS, SOON, "08ffffff");
row(OP_PREVENT_ALLOW, DO_PREVENT_ALLOW, NEEDS_NEXUS, CHANGES, SOON, "00000003");
row(OP_POSITION_TO_ELEMENT, DO_POSITION, NEEDS_INVENTORY, CHANGES, SOON, "00ffffffff000001");
row(OP_INITIALIZE_ELEMENT_STATUS_RANGE, DO_INITIALIZE, NEEDS_INVENTORY, CHANGES, MOVE, "01ffff");
row(OP_LOG_SENSE, DO_LOG_SENSE, NEEDS_NEXUS, ASKS, SOON, "013fff000000ffff");
row(OP_MODE_SELECT_10, DO_MODE_SELECT, NEEDS_INVENTORY, CHANGES, SOON, "110000000000ffff");
row(OP_RESERVE_10, DO_RESERVE, NEEDS_NEXUS, CHECKS, SOON, "ff");
row(OP_RELEASE_10, DO_RELEASE, NEEDS_NEXUS, ASKS, SOON, "ff");
row(OP_MODE_SENSE_10, DO_MODE_SENSE, NEEDS_INVENTORY, READS, SOON, "08ffff000000ffff");
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
row(OP_REPORT_LUNS, DO_REPORT_LUNS, NEEDS_NOTHING, ASKS, SOON, "00ff000000ffffffff");
action(OP_MAINTENANCE_IN, DO_MAINTENANCE_IN, NEEDS_NEXUS, ASKS, SOON, "0c87ffffffffffffff");
action(OP_MAINTENANCE_IN, DO_MAINTENANCE_IN, NEEDS_NEXUS, ASKS, SOON, "0d80000000ffffffff");
row(OP_MOVE_MEDIUM, DO_MOVE, NEEDS_INVENTORY, CHANGES, MOVE, "00ffffffffffff000001");
row(OP_EXCHANGE_MEDIUM, DO_EXCHANGE, NEEDS_INVENTORY, CHANGES, MOVE, "00ffffffffffffffff03");
row(
  OP_REQUEST_VOLUME_ELEMENT_ADDRESS,
  DO_REQUEST_ADDRESS,
  NEEDS_INVENTORY,
  READS,
  LOOK,
  "1fffffffff00ffffff",
);
row(OP_SEND_VOLUME_TAG, DO_SEND_VOLUME_TAG, NEEDS_INVENTORY, CHANGES, LOOK, "0fffff001f0000ffff");
row(
  OP_READ_ELEMENT_STATUS,
  DO_READ_ELEMENT_STATUS,
  NEEDS_INVENTORY,
  READS,
  LOOK,
  "1fffffffff03ffffff",
);
row(OP_INITIALIZE_ELEMENT_STATUS_RANGE_12, DO_INITIALIZE, NEEDS_INVENTORY, CHANGES, MOVE, "01ffff");
endCommands(UNIT_CHANGER);

/** DO_* of an operation code. */
export function dispatch(op: u32): u8 {
  return load<u8>(WHAT + (op & 255));
}
/** NEEDS_* of an operation code. */
export function needs(op: u32): u8 {
  return load<u8>(NEEDS + (op & 255));
}
