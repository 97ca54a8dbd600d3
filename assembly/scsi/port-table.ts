/**
 * Initiator ports: those whose nexus stands, and those that are registered for persistent reservations,
 * standing or not. A port is known by its name, so a registration outlives sessions. A nexus without a row
 * (without a name, or more than there are rows) cannot register. In the keep block.
 *
 *   0 u64 reservation key, 0: not registered   8 u32 nexus, 0: none stands   12 u32 bytes of the name, 0: free
 *  16 name
 */
import { KEPT_PORTS, kept, PORT_COUNT_MAX, PORT_ROW_BYTES } from "../lane/keep.ts";
import { PORT_NAME_BYTES_MAX } from "../spec/abi.ts";

/** No row. */
export const NO_PORT: u32 = 0xffffffff;
const NAME_AT: u32 = 16;

function at(port: u32): u32 {
  assert(port < PORT_COUNT_MAX);
  return KEPT_PORTS + port * PORT_ROW_BYTES;
}
/** Whoever writes into a row says so: the host copies the table only then (keep.ts). */
function touch(): void {
  kept.revision += 1;
}

/** 0: not registered. */
export function portKey(port: u32): u64 {
  return load<u64>(at(port));
}
/** 0: none stands. */
export function portNexus(port: u32): u32 {
  return load<u32>(at(port) + 8);
}
/** Address of its name. */
export function portName(port: u32): u32 {
  return at(port) + NAME_AT;
}
/** 0: the row is free. */
export function portNameBytes(port: u32): u32 {
  return load<u32>(at(port) + 12);
}

export function setPortKey(port: u32, key: u64): void {
  store<u64>(at(port), key);
  freeIfEmpty(port);
  touch();
}
function freeIfEmpty(port: u32): void {
  if (portKey(port) === 0 && portNexus(port) === 0) memory.fill(at(port), 0, PORT_ROW_BYTES);
}

/** The row of a standing nexus, or NO_PORT. */
export function portOf(nexus: u32): u32 {
  if (nexus === 0) return NO_PORT;
  for (let i: u32 = 0; i < PORT_COUNT_MAX; i++) if (portNexus(i) === nexus) return i;
  return NO_PORT;
}
function findName(name: u32, bytes: u32): u32 {
  for (let i: u32 = 0; i < PORT_COUNT_MAX; i++) {
    if (portNameBytes(i) === bytes && memory.compare(portName(i), name, bytes) === 0) return i;
  }
  return NO_PORT;
}
function findFree(): u32 {
  for (let i: u32 = 0; i < PORT_COUNT_MAX; i++) if (portNameBytes(i) === 0) return i;
  return NO_PORT;
}

/** A nexus of the port with that name stands. */
export function portEstablished(nexus: u32, name: u32, bytes: u32): void {
  portLost(nexus);
  if (nexus === 0 || bytes === 0 || bytes > PORT_NAME_BYTES_MAX) return;
  let port = findName(name, bytes);
  if (port === NO_PORT) port = findFree();
  if (port === NO_PORT) return;
  store<u32>(at(port) + 8, nexus);
  store<u32>(at(port) + 12, bytes);
  memory.copy(portName(port), name, bytes);
  touch();
}
/** It stands no longer; the port stays where it is registered. */
export function portLost(nexus: u32): void {
  const port = portOf(nexus);
  if (port === NO_PORT) return;
  store<u32>(at(port) + 8, 0);
  freeIfEmpty(port);
  touch();
}
