/**
 * The cartridges, each with the volume tag on it (real) and the one that the server knows (virtual).
 * A cartridge is at one element or nowhere, and an element holds one cartridge or none: both sides of
 * that are written here and in element-table.ts only through `place`.
 *
 *   0 real tag (32)   32 virtual tag (32)   64 u32 element   68 u16 source (virtual address)
 *  70 u8 kind   71 u8 lane   72 u8 leaving
 */
import { keep32, keepBytes } from "../lib/keep.ts";
import { elementCartridge, setElementCartridge } from "./element-table.ts";
import { CARTRIDGE_COUNT_MAX, NONE } from "./limits.ts";
import { tagCopy, tagEqual } from "./tag.ts";

/** The record is free. */
export const KIND_FREE: u32 = 0;
/** The server's; with a lane: the volume of that lane, wherever it is. */
export const KIND_NORMAL: u32 = 1;
/** Held back. */
export const KIND_SPARE: u32 = 2;
/** A spare that a lane was promised; forgotten at a restart. */
export const KIND_GRANTED: u32 = 3;
/** A spare that was moved for a lane and may already stand for its volume. */
export const KIND_PENDING: u32 = 4;
/** Failed under a lane; another one stands for it. */
export const KIND_FAILED: u32 = 5;
/** A spare that does not work. */
export const KIND_BAD: u32 = 6;

const BYTES: u32 = 80;
const TABLE: usize = memory.data(97280, 8);
/** Rows that ever held a cartridge: no other does. */
let rows: u32 = 0;

/** Behind the last row that may hold one. */
export function cartridgeEnd(): u32 {
  return rows;
}
function at(cartridge: u32): u32 {
  assert(cartridge < CARTRIDGE_COUNT_MAX);
  return (TABLE as u32) + cartridge * BYTES;
}

/** Address of the tag on it. */
export function realTag(cartridge: u32): u32 {
  return at(cartridge);
}
/** Address of the tag that the server sees. */
export function virtualTag(cartridge: u32): u32 {
  return at(cartridge) + 32;
}
/** The real element where it is, or NONE. */
export function cartridgeElement(cartridge: u32): u32 {
  return load<u32>(at(cartridge) + 64);
}
/** Virtual address of the storage or import/export element that it left last; 0 not known. */
export function cartridgeSource(cartridge: u32): u32 {
  return load<u16>(at(cartridge) + 68);
}
export function setCartridgeSource(cartridge: u32, address: u32): void {
  store<u16>(at(cartridge) + 68, address as u16);
}
export function cartridgeKind(cartridge: u32): u32 {
  return load<u8>(at(cartridge) + 70);
}
/** The lane that it belongs to, 0 none. */
export function cartridgeLane(cartridge: u32): u32 {
  return load<u8>(at(cartridge) + 71);
}
export function setCartridgeKind(cartridge: u32, kind: u32, lane: u32): void {
  store<u8>(at(cartridge) + 70, kind as u8);
  store<u8>(at(cartridge) + 71, lane as u8);
  store<u8>(at(cartridge) + 72, 0);
}
/** The lane has given it up and the robot is about to take it. */
export function cartridgeLeaving(cartridge: u32): bool {
  return load<u8>(at(cartridge) + 72) !== 0;
}
export function setCartridgeLeaving(cartridge: u32, leaving: bool): void {
  store<u8>(at(cartridge) + 72, leaving ? 1 : 0);
}

/** The server's and in nobody's hands: what it sees where it stands. */
export function cartridgeIdle(cartridge: u32): bool {
  return cartridgeKind(cartridge) === KIND_NORMAL && cartridgeLane(cartridge) === 0;
}
/** Never to be seen by the server. */
export function cartridgeHidden(cartridge: u32): bool {
  return cartridgeKind(cartridge) > KIND_NORMAL;
}
/** It stands for another one. */
export function cartridgeStandsIn(cartridge: u32): bool {
  return !tagEqual(realTag(cartridge), virtualTag(cartridge));
}

/** Moves it to an element (NONE: out of the library); it leaves where it was. */
export function place(cartridge: u32, element: u32): void {
  const before = cartridgeElement(cartridge);
  if (before !== NONE && elementCartridge(before) === cartridge) setElementCartridge(before, NONE);
  store<u32>(at(cartridge) + 64, element);
  if (element === NONE) return;
  assert(elementCartridge(element) === NONE);
  setElementCartridge(element, cartridge);
}

/** A new cartridge, nowhere yet; NONE when the table is full. */
export function addCartridge(tag: u32): u32 {
  for (let i: u32 = 0; i < CARTRIDGE_COUNT_MAX; i++) {
    if (cartridgeKind(i) !== KIND_FREE) continue;
    memory.fill(at(i), 0, BYTES);
    tagCopy(at(i), tag);
    tagCopy(at(i) + 32, tag);
    store<u32>(at(i) + 64, NONE);
    store<u8>(at(i) + 70, KIND_NORMAL as u8);
    rows = max(rows, i + 1);
    return i;
  }
  return NONE;
}
/** Forgets a cartridge that is nowhere. */
export function dropCartridge(cartridge: u32): void {
  assert(cartridgeElement(cartridge) === NONE);
  store<u8>(at(cartridge) + 70, KIND_FREE as u8);
}
/** The first cartridge of that kind and lane (0: of no lane), or NONE. */
export function findKind(kind: u32, lane: u32): u32 {
  for (let i: u32 = 0; i < rows; i++) {
    if (cartridgeKind(i) === kind && cartridgeLane(i) === lane) return i;
  }
  return NONE;
}
/** The spare medium that is promised to a lane or stands in its drive, or NONE. */
export function findOffered(lane: u32): u32 {
  const pending = findKind(KIND_PENDING, lane);
  return pending !== NONE ? pending : findKind(KIND_GRANTED, lane);
}
/** The cartridge with that real tag, or NONE. */
export function findTag(tag: u32): u32 {
  for (let i: u32 = 0; i < rows; i++) {
    if (cartridgeKind(i) !== KIND_FREE && tagEqual(at(i), tag)) return i;
  }
  return NONE;
}
/** What outlives a trap (keep.ts). */
export function keepCartridges(): void {
  rows = keep32(rows);
  keepBytes(TABLE as u32, rows * BYTES);
}
