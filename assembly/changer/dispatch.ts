/**
 * What each operation code is to the changer, as tables: every code is refused by default; one line names
 * each that is not. The flags say what has to hold before the command is looked at.
 */
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
export const DO_REPORT_OPERATION_CODES: u8 = 12;
export const DO_MOVE: u8 = 13;
export const DO_EXCHANGE: u8 = 14;
export const DO_READ_ELEMENT_STATUS: u8 = 15;
export const DO_MODE_SELECT: u8 = 16;
export const DO_SEND_VOLUME_TAG: u8 = 17;
export const DO_REQUEST_VOLUME_ELEMENT_ADDRESS: u8 = 18;

/** Answered whatever is pending, and whoever holds the changer. */
export const NEEDS_NOTHING: u8 = 0;
/** A pending unit attention is reported first. */
export const NEEDS_NEXUS: u8 = 1;
/** Also: no other nexus holds the changer. */
export const NEEDS_HOLDER: u8 = 3;
/** Also: the library has been read. */
export const NEEDS_INVENTORY: u8 = 7;

const WHAT: usize = memory.data(256, 8);
const NEEDS: usize = memory.data(256, 8);

function row(op: u32, what: u8, needs: u8): void {
  store<u8>(WHAT + op, what);
  store<u8>(NEEDS + op, needs);
}

for (let op: u32 = 0; op < 256; op++) row(op, DO_REFUSE, NEEDS_HOLDER);
row(OP_INQUIRY, DO_INQUIRY, NEEDS_NOTHING);
row(OP_REPORT_LUNS, DO_REPORT_LUNS, NEEDS_NOTHING);
row(OP_REQUEST_SENSE, DO_REQUEST_SENSE, NEEDS_NOTHING);
row(OP_RELEASE_6, DO_RELEASE, NEEDS_NEXUS);
row(OP_RELEASE_10, DO_RELEASE, NEEDS_NEXUS);
row(OP_LOG_SENSE, DO_LOG_SENSE, NEEDS_NEXUS);
row(OP_MAINTENANCE_IN, DO_REPORT_OPERATION_CODES, NEEDS_NEXUS);
row(OP_RESERVE_6, DO_RESERVE, NEEDS_HOLDER);
row(OP_RESERVE_10, DO_RESERVE, NEEDS_HOLDER);
row(OP_PREVENT_ALLOW, DO_PREVENT_ALLOW, NEEDS_HOLDER);
row(OP_TEST_UNIT_READY, DO_TEST_UNIT_READY, NEEDS_INVENTORY);
row(OP_MODE_SENSE_6, DO_MODE_SENSE, NEEDS_INVENTORY);
row(OP_MODE_SENSE_10, DO_MODE_SENSE, NEEDS_INVENTORY);
row(OP_MODE_SELECT_6, DO_MODE_SELECT, NEEDS_INVENTORY);
row(OP_MODE_SELECT_10, DO_MODE_SELECT, NEEDS_INVENTORY);
row(OP_SEND_VOLUME_TAG, DO_SEND_VOLUME_TAG, NEEDS_INVENTORY);
row(OP_REQUEST_VOLUME_ELEMENT_ADDRESS, DO_REQUEST_VOLUME_ELEMENT_ADDRESS, NEEDS_INVENTORY);
row(OP_READ_ELEMENT_STATUS, DO_READ_ELEMENT_STATUS, NEEDS_INVENTORY);
row(OP_MOVE_MEDIUM, DO_MOVE, NEEDS_INVENTORY);
row(OP_EXCHANGE_MEDIUM, DO_EXCHANGE, NEEDS_INVENTORY);
row(OP_POSITION_TO_ELEMENT, DO_POSITION, NEEDS_INVENTORY);
row(OP_INITIALIZE_ELEMENT_STATUS, DO_INITIALIZE, NEEDS_INVENTORY);
row(OP_INITIALIZE_ELEMENT_STATUS_RANGE, DO_INITIALIZE, NEEDS_INVENTORY);
row(OP_INITIALIZE_ELEMENT_STATUS_RANGE_12, DO_INITIALIZE, NEEDS_INVENTORY);

/** DO_* of an operation code. */
export function dispatch(op: u32): u8 {
  return load<u8>(WHAT + (op & 255));
}
/** NEEDS_* of an operation code. */
export function needs(op: u32): u8 {
  return load<u8>(NEEDS + (op & 255));
}
