/**
 * PERSISTENT RESERVE IN (SPC-4): the parameter data of READ KEYS, READ RESERVATION, REPORT CAPABILITIES and
 * READ FULL STATUS, with the TransportIDs of iSCSI initiator ports. The same for lane and changer.
 */
import { PORT_COUNT_MAX } from "../lane/keep.ts";
import { put16, put32, put64 } from "../lib/bytes.ts";
import { portKey, portName, portNameBytes } from "./port-table.ts";
import {
  generation,
  holderKey,
  isHolder,
  isRegistered,
  registrations,
  reservationType,
  TYPE_NONE,
} from "./registration.ts";

const READ_KEYS: u32 = 0;
const READ_RESERVATION: u32 = 1;
const REPORT_CAPABILITIES: u32 = 2;
const READ_FULL_STATUS: u32 = 3;
/** There is no such service action. */
export const NO_PERSISTENT_IN: u32 = 0;

const HEADER_BYTES: u32 = 8;
const KEY_BYTES: u32 = 8;
const RESERVATION_BYTES: u32 = 16;
const STATUS_BYTES: u32 = 24;
/** ATP_C; then TMV. Nothing outlives the bridge (PTPL_C), no ports are given in the list (SIP_C). */
const CAPABILITIES: u8 = 0x04;
const TYPES_VALID: u8 = 0x80;
/** The six types, as a mask of two bytes. */
const TYPES: u32 = 0xea01;
const TARGET_PORT: u32 = 1;
/** TransportID: a port name, of iSCSI; its name field has at least 20 bytes and is a multiple of 4. */
const PORT_NAME_OF_ISCSI: u8 = 0x45;
const NAME_FIELD_BYTES_MIN: u32 = 20;
const NAME_FIELD_AT: u32 = 4;

/** The name, a zero, and padding. */
function nameFieldBytes(port: u32): u32 {
  const bytes = (portNameBytes(port) + 1 + 3) & ~3;
  return bytes > NAME_FIELD_BYTES_MIN ? bytes : NAME_FIELD_BYTES_MIN;
}
function statusBytes(port: u32): u32 {
  return STATUS_BYTES + NAME_FIELD_AT + nameFieldBytes(port);
}

/** Bytes of the parameter data of that service action, or NO_PERSISTENT_IN. */
export function persistentInBytes(action: u32): u32 {
  if (action === READ_KEYS) return HEADER_BYTES + registrations() * KEY_BYTES;
  if (action === REPORT_CAPABILITIES) return HEADER_BYTES;
  if (action === READ_RESERVATION) {
    return reservationType() === TYPE_NONE ? HEADER_BYTES : HEADER_BYTES + RESERVATION_BYTES;
  }
  if (action !== READ_FULL_STATUS) return NO_PERSISTENT_IN;
  let bytes = HEADER_BYTES;
  for (let i: u32 = 0; i < PORT_COUNT_MAX; i++) if (isRegistered(i)) bytes += statusBytes(i);
  return bytes;
}

/** Lays them to `to` (zeroed). */
export function putPersistentIn(to: u32, action: u32): void {
  if (action === REPORT_CAPABILITIES) {
    put16(to, HEADER_BYTES);
    store<u8>(to + 2, CAPABILITIES);
    store<u8>(to + 3, TYPES_VALID);
    put16(to + 4, TYPES);
    return;
  }
  put32(to, generation());
  put32(to + 4, persistentInBytes(action) - HEADER_BYTES);
  if (action === READ_KEYS) putKeys(to + HEADER_BYTES);
  else if (action === READ_FULL_STATUS) putFullStatus(to + HEADER_BYTES);
  else if (reservationType() !== TYPE_NONE) {
    put64(to + HEADER_BYTES, holderKey());
    store<u8>(to + HEADER_BYTES + 13, reservationType() as u8);
  }
}

function putKeys(to: u32): void {
  let at = to;
  for (let i: u32 = 0; i < PORT_COUNT_MAX; i++) {
    if (!isRegistered(i)) continue;
    put64(at, portKey(i));
    at += KEY_BYTES;
  }
}

function putFullStatus(to: u32): void {
  let at = to;
  for (let i: u32 = 0; i < PORT_COUNT_MAX; i++) {
    if (!isRegistered(i)) continue;
    put64(at, portKey(i));
    if (isHolder(i)) {
      store<u8>(at + 12, 1);
      store<u8>(at + 13, reservationType() as u8);
    }
    put16(at + 18, TARGET_PORT);
    put32(at + 20, statusBytes(i) - STATUS_BYTES);
    const id = at + STATUS_BYTES;
    store<u8>(id, PORT_NAME_OF_ISCSI);
    put16(id + 2, nameFieldBytes(i));
    memory.copy(id + NAME_FIELD_AT, portName(i), portNameBytes(i));
    at += statusBytes(i);
  }
}
