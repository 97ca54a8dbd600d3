/**
 * Which real storage element stands behind which virtual one: a permutation, so that a medium swap needs
 * no robot move of its own. Some virtual elements are hidden (the homes of spare media); which ones
 * never changes when cartridges do, so the server always sees the same addresses. Storage indexes are
 * 0-based, in the order of addresses; the virtual element v has the address of the real element v.
 *
 * Invariant: a hidden cartridge stands behind a hidden element and an idle one behind a visible
 * element, wherever there is room for that (`tuck`).
 */
import { keepBytes } from "../lib/keep.ts";
import { ELEMENT_TYPE_STORAGE } from "../spec/element.ts";
import { cartridgeHidden, cartridgeIdle } from "./cartridge-table.ts";
import { elementCartridge, elementCount } from "./element-table.ts";
import { NONE, STORAGE_BASE, STORAGE_ELEMENT_MAX } from "./limits.ts";

/** u16 for each virtual element: real index, HIDDEN_BIT. As it is, it is kept in the journal. */
const MAP: usize = memory.data(2048, 8);
const HIDDEN_BIT: u32 = 0x8000;

export function storageCount(): u32 {
  return elementCount(ELEMENT_TYPE_STORAGE);
}
/** The map's bytes: 2 for each storage element. */
export function mapAt(): u32 {
  return MAP as u32;
}
/** Every virtual element is the real one, none is hidden. */
export function resetMap(): void {
  for (let v: u32 = 0; v < storageCount(); v++) store<u16>(MAP + (v << 1), v as u16);
}
/** Takes a map as it was kept; false (and the plain map) where it is no permutation. */
export function takeMap(from: u32): bool {
  const count = storageCount();
  memory.copy(MAP, from, count << 1);
  for (let v: u32 = 0; v < count; v++) {
    if (indexOf(v) === NONE) {
      resetMap();
      return false;
    }
  }
  return true;
}

export function hidden(index: u32): bool {
  return ((load<u16>(MAP + (index << 1)) as u32) & HIDDEN_BIT) !== 0;
}
export function setHidden(index: u32, value: bool): void {
  const real = realIndex(index);
  store<u16>(MAP + (index << 1), (value ? real | HIDDEN_BIT : real) as u16);
}
function realIndex(index: u32): u32 {
  return (load<u16>(MAP + (index << 1)) as u32) & ~HIDDEN_BIT;
}
/** The real element (element number) behind a virtual storage index. */
export function realStorage(index: u32): u32 {
  return STORAGE_BASE + realIndex(index);
}
/** The virtual index of a real storage index, or NONE. */
function indexOf(real: u32): u32 {
  for (let v: u32 = 0; v < storageCount(); v++) if (realIndex(v) === real) return v;
  return NONE;
}
/** The virtual index behind which a real storage element (element number) stands. */
export function virtualIndex(element: u32): u32 {
  return indexOf(element - STORAGE_BASE);
}
/** Exchanges what stands behind two virtual elements; which are hidden stays. */
export function exchange(a: u32, b: u32): void {
  const real = realIndex(a);
  store<u16>(MAP + (a << 1), (realIndex(b) | (hidden(a) ? HIDDEN_BIT : 0)) as u16);
  store<u16>(MAP + (b << 1), (real | (hidden(b) ? HIDDEN_BIT : 0)) as u16);
}
export function storageCartridge(index: u32): u32 {
  return elementCartridge(realStorage(index));
}

/** The first virtual index, hidden or not as asked, with nothing really in it; not `except`. */
export function findFree(wantHidden: bool, except: u32): u32 {
  for (let v: u32 = 0; v < storageCount(); v++) {
    if (v !== except && hidden(v) === wantHidden && storageCartridge(v) === NONE) return v;
  }
  return NONE;
}
/** The first hidden index that a hidden cartridge may have: empty, or with an idle cartridge. */
function findBehind(): u32 {
  const free = findFree(true, NONE);
  if (free !== NONE) return free;
  for (let v: u32 = 0; v < storageCount(); v++) {
    if (hidden(v) && cartridgeIdle(storageCartridge(v))) return v;
  }
  return NONE;
}
/** Brings hidden cartridges behind hidden elements and idle ones before; true: the map changed. */
export function tuck(): bool {
  let changed = false;
  for (let v: u32 = 0; v < storageCount(); v++) {
    const cartridge = storageCartridge(v);
    if (cartridge === NONE) continue;
    let other = NONE;
    if (!hidden(v) && cartridgeHidden(cartridge)) other = findBehind();
    if (hidden(v) && cartridgeIdle(cartridge)) other = findFree(false, NONE);
    if (other === NONE) continue;
    exchange(v, other);
    changed = true;
  }
  return changed;
}
/**
 * Makes the virtual element really empty, so that a cartridge can go there: where something that the
 * server does not see stands behind it, an empty one takes its place. False: there is none, or the server
 * sees what stands there (an operator put it there since).
 */
export function makeRoom(index: u32): bool {
  if (storageCartridge(index) === NONE) return true;
  if (cartridgeIdle(storageCartridge(index))) return false;
  let other = findFree(true, index);
  if (other === NONE) other = findFree(false, index);
  if (other === NONE) return false;
  exchange(index, other);
  return true;
}
/** A virtual index for a cartridge that comes back: its own (NONE: it has none), else any; or NONE. */
export function findHome(own: u32, isHidden: bool): u32 {
  if (own !== NONE && storageCartridge(own) === NONE) return own;
  const behind = findFree(true, NONE);
  if (isHidden || behind !== NONE) return behind !== NONE ? behind : findFree(false, NONE);
  return findFree(false, NONE);
}
/** What outlives a trap (keep.ts). */
export function keepMap(): void {
  keepBytes(MAP as u32, STORAGE_ELEMENT_MAX << 1);
}
