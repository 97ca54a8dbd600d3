/**
 * The library as the server sees it. Virtual elements have the numbers of the real ones (limits.ts):
 * 0 to 31 the lanes (lane number - 1), then storage by virtual index, then import/export as it is.
 * Decides what is visible; storage-map.ts and the tables hold what is.
 */
import {
  ELEMENT_TYPE_IMPORT_EXPORT,
  ELEMENT_TYPE_MEDIUM_TRANSPORT,
  ELEMENT_TYPE_STORAGE,
} from "../spec/element.ts";
import { cartridgeIdle } from "./cartridge-table.ts";
import { driveElement } from "./drive-table.ts";
import { elementAddress, elementCartridge, findElement } from "./element-table.ts";
import { laneAddress, laneCount, laneDrive, laneVolume } from "./lane-table.ts";
import { NONE, PORT_BASE, STORAGE_BASE, TRANSPORT_BASE } from "./limits.ts";
import { hidden, makeRoom, realStorage, storageCount } from "./storage-map.ts";

/** The lane of a virtual element, 0 where it is no data transfer element. */
export function elementLane(virtual: u32): u32 {
  return virtual < STORAGE_BASE ? virtual + 1 : 0;
}
export function isStorage(virtual: u32): bool {
  return virtual >= STORAGE_BASE && virtual < PORT_BASE;
}
/** The virtual element at an address that the server names, or NONE. */
export function virtualAt(address: u32): u32 {
  for (let n: u32 = 1; n <= laneCount(); n++) if (laneAddress(n) === address) return n - 1;
  const storage = findElement(ELEMENT_TYPE_STORAGE, address);
  if (storage !== NONE) return hidden(storage - STORAGE_BASE) ? NONE : storage;
  return findElement(ELEMENT_TYPE_IMPORT_EXPORT, address);
}
/** The same for a source: also a transport element that a move which failed half way left full. */
export function sourceAt(address: u32): u32 {
  const virtual = virtualAt(address);
  if (virtual !== NONE) return virtual;
  const arm = findElement(ELEMENT_TYPE_MEDIUM_TRANSPORT, address);
  return arm !== NONE && virtualCartridge(arm) !== NONE ? arm : NONE;
}
export function isTransport(virtual: u32): bool {
  return virtual >= TRANSPORT_BASE;
}
export function virtualAddress(virtual: u32): u32 {
  const lane = elementLane(virtual);
  return lane !== 0 ? laneAddress(lane) : elementAddress(virtual);
}
/** The cartridge that the server sees there, or NONE. */
export function virtualCartridge(virtual: u32): u32 {
  const lane = elementLane(virtual);
  if (lane !== 0) return laneVolume(lane);
  const cartridge = elementCartridge(realElement(virtual));
  return cartridge !== NONE && cartridgeIdle(cartridge) ? cartridge : NONE;
}
/** The real element behind it; NONE for a lane without a drive. */
export function realElement(virtual: u32): u32 {
  const lane = elementLane(virtual);
  if (lane !== 0) return driveElement(laneDrive(lane));
  return isStorage(virtual) ? realStorage(virtual - STORAGE_BASE) : virtual;
}
/** The real element for a cartridge that is moved there; NONE where there is no room. */
export function roomAt(virtual: u32): u32 {
  if (isStorage(virtual) && !makeRoom(virtual - STORAGE_BASE)) return NONE;
  const real = realElement(virtual);
  return real !== NONE && elementCartridge(real) === NONE ? real : NONE;
}
/** The first visible storage element that is empty for the server, as virtual element, or NONE. */
export function emptyStorage(): u32 {
  for (let v: u32 = 0; v < storageCount(); v++) {
    const virtual = STORAGE_BASE + v;
    if (!hidden(v) && virtualCartridge(virtual) === NONE) return virtual;
  }
  return NONE;
}
