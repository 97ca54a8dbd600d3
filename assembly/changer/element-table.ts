/**
 * The real library's elements: numbers by type (limits.ts), addresses as the library gives them, what
 * was last seen there. Decides nothing; what the server sees is virtual.ts.
 *
 *   0 u16 address   2 u8 known   3 u8 flags (descriptor byte 2)   4 u16 additional sense
 *   6 u16 real source address, 0 none   8 u32 cartridge   12 u8 seen in the last reading
 *  16 volume tag (32)
 */
import { keepBytes } from "../lib/keep.ts";
import {
  DESCRIPTOR_EXCEPT,
  DESCRIPTOR_IMPEXP,
  ELEMENT_TYPE_DATA_TRANSFER,
  ELEMENT_TYPE_IMPORT_EXPORT,
  ELEMENT_TYPE_MEDIUM_TRANSPORT,
  ELEMENT_TYPE_STORAGE,
} from "../spec/element.ts";
import {
  DRIVE_BASE,
  DRIVE_ELEMENT_MAX,
  ELEMENT_COUNT_MAX,
  NONE,
  PORT_BASE,
  PORT_ELEMENT_MAX,
  STORAGE_BASE,
  STORAGE_ELEMENT_MAX,
  TRANSPORT_BASE,
  TRANSPORT_ELEMENT_MAX,
} from "./limits.ts";

const BYTES: u32 = 48;
const TABLE: usize = memory.data(53952, 8);
/** Elements known of each type, by type code. */
const COUNTS: usize = memory.data(20, 4);

function at(element: u32): u32 {
  assert(element < ELEMENT_COUNT_MAX);
  return (TABLE as u32) + element * BYTES;
}

export function elementBase(type: u32): u32 {
  if (type === ELEMENT_TYPE_STORAGE) return STORAGE_BASE;
  if (type === ELEMENT_TYPE_IMPORT_EXPORT) return PORT_BASE;
  if (type === ELEMENT_TYPE_DATA_TRANSFER) return DRIVE_BASE;
  return TRANSPORT_BASE;
}
function elementMax(type: u32): u32 {
  if (type === ELEMENT_TYPE_STORAGE) return STORAGE_ELEMENT_MAX;
  if (type === ELEMENT_TYPE_IMPORT_EXPORT) return PORT_ELEMENT_MAX;
  if (type === ELEMENT_TYPE_DATA_TRANSFER) return DRIVE_ELEMENT_MAX;
  return TRANSPORT_ELEMENT_MAX;
}
export function elementType(element: u32): u32 {
  if (element >= TRANSPORT_BASE) return ELEMENT_TYPE_MEDIUM_TRANSPORT;
  if (element >= PORT_BASE) return ELEMENT_TYPE_IMPORT_EXPORT;
  return element >= STORAGE_BASE ? ELEMENT_TYPE_STORAGE : ELEMENT_TYPE_DATA_TRANSFER;
}
/** How many elements of a type (1 to 4) the library has. */
export function elementCount(type: u32): u32 {
  return load<u32>(countAt(type));
}
function countAt(type: u32): u32 {
  assert(type <= ELEMENT_TYPE_DATA_TRANSFER);
  return (COUNTS as u32) + (type << 2);
}

/**
 * The first element that the library has from that number on, or NONE. All of them:
 * for (let e = elementFrom(0); e !== NONE; e = elementFrom(e + 1)).
 */
export function elementFrom(number: u32): u32 {
  let e = number;
  while (e < ELEMENT_COUNT_MAX) {
    const type = elementType(e);
    const base = elementBase(type);
    if (e < base + elementCount(type)) return e;
    e = base + elementMax(type);
  }
  return NONE;
}
/** The element of a type at an address, or NONE. */
export function findElement(type: u32, address: u32): u32 {
  const base = elementBase(type);
  const end = base + elementCount(type);
  for (let e = base; e < end; e++) if (elementAddress(e) === address) return e;
  return NONE;
}
/** The same; a new one where it is not known. NONE when the table is full. */
export function addElement(type: u32, address: u32): u32 {
  const found = findElement(type, address);
  if (found !== NONE) return found;
  const count = elementCount(type);
  if (count === elementMax(type)) return NONE;
  const element = elementBase(type) + count;
  store<u32>(countAt(type), count + 1);
  memory.fill(at(element), 0, BYTES);
  store<u16>(at(element), address as u16);
  store<u8>(at(element) + 2, 1);
  store<u32>(at(element) + 8, NONE);
  return element;
}
export function elementKnown(element: u32): bool {
  return load<u8>(at(element) + 2) !== 0;
}
export function elementAddress(element: u32): u32 {
  return load<u16>(at(element));
}
/** Byte 2 of the descriptor as last read (DESCRIPTOR_*). */
export function elementFlags(element: u32): u32 {
  return load<u8>(at(element) + 3);
}
export function elementSense(element: u32): u32 {
  return load<u16>(at(element) + 4);
}
/** The source element that the library named, 0 none. */
export function elementSource(element: u32): u32 {
  return load<u16>(at(element) + 6);
}
export function elementCartridge(element: u32): u32 {
  return load<u32>(at(element) + 8);
}
/** Only for `place` in cartridge-table.ts. */
export function setElementCartridge(element: u32, cartridge: u32): void {
  store<u32>(at(element) + 8, cartridge);
}
/** It was in the reading that runs or ran last. */
export function elementSeen(element: u32): bool {
  return load<u8>(at(element) + 12) !== 0;
}
/** Address of the volume tag as last read. */
export function elementTag(element: u32): u32 {
  return at(element) + 16;
}
/** A reading begins: nothing is seen yet. */
export function unseeElements(): void {
  for (let e = elementFrom(0); e !== NONE; e = elementFrom(e + 1)) store<u8>(at(e) + 12, 0);
}
/** What a descriptor says of it; the tag is written by the caller at elementTag. */
export function seeElement(element: u32, flags: u32, sense: u32, source: u32): void {
  store<u8>(at(element) + 3, flags as u8);
  store<u16>(at(element) + 4, sense as u16);
  store<u16>(at(element) + 6, source as u16);
  store<u8>(at(element) + 12, 1);
}
/** The robot was there: no operator put there what it holds, and what was wrong with it is over. */
export function elementServed(element: u32): void {
  const flags = elementFlags(element) & ~(DESCRIPTOR_IMPEXP | DESCRIPTOR_EXCEPT);
  store<u8>(at(element) + 3, flags as u8);
  store<u16>(at(element) + 4, 0);
}
/** What outlives a trap (keep.ts). */
export function keepElements(): void {
  keepBytes(COUNTS as u32, 20);
  for (let type: u32 = 1; type <= ELEMENT_TYPE_DATA_TRANSFER; type++) {
    keepBytes(at(elementBase(type)), elementCount(type) * BYTES);
  }
}
