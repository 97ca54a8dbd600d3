/**
 * Brings the cartridge table in line with what was read from the real library: cartridges are known
 * again by their real volume tags; one that vanished or came is taken as it is, and logged. Then lanes:
 * which volume each one has. Decides nothing about robots.
 */
import { act, logNumbers, params, setA } from "../lib/action.ts";
import { VOLUME_TAG_BYTES } from "../spec/abi.ts";
import { AC_LOG } from "../spec/action.ts";
import {
  DESCRIPTOR_FULL,
  ELEMENT_TYPE_IMPORT_EXPORT,
  ELEMENT_TYPE_STORAGE,
} from "../spec/element.ts";
import { LOG_JOURNAL_BAD, LOG_NO_SUCH_MEDIUM } from "../spec/log-code.ts";
import {
  addCartridge,
  cartridgeElement,
  cartridgeEnd,
  cartridgeKind,
  cartridgeLane,
  cartridgeStandsIn,
  dropCartridge,
  findOffered,
  KIND_FREE,
  KIND_NORMAL,
  KIND_PENDING,
  KIND_SPARE,
  place,
  realTag,
  setCartridgeKind,
  setCartridgeSource,
} from "./cartridge-table.ts";
import { driveElement } from "./drive-table.ts";
import {
  elementCartridge,
  elementFlags,
  elementFrom,
  elementSeen,
  elementSource,
  elementTag,
  elementType,
  findElement,
} from "./element-table.ts";
import { JOURNAL_BAD_TABLE } from "./journal.ts";
import { laneCount, laneDrive, laneRecovers, laneVolume, setLaneVolume } from "./lane-table.ts";
import { NONE, PORT_BASE, STORAGE_BASE, TRANSPORT_BASE } from "./limits.ts";
import { hidden, virtualIndex } from "./storage-map.ts";
import { tagBlank, tagCopy, tagEqual } from "./tag.ts";
import { emptyStorage, virtualAddress } from "./virtual.ts";

/** Logs a cartridge by its real volume tag. */
export function logTag(code: u32, cartridge: u32): void {
  act(AC_LOG, 0);
  setA(code);
  tagCopy(params(VOLUME_TAG_BYTES), realTag(cartridge));
}

function isFull(element: u32): bool {
  return (elementFlags(element) & DESCRIPTOR_FULL) !== 0;
}
/** What stands there is still what was there (a library may not read the tag of a loaded cartridge). */
function sameAsBefore(element: u32): bool {
  const cartridge = elementCartridge(element);
  if (cartridge === NONE || !isFull(element)) return cartridge === NONE && !isFull(element);
  const tag = elementTag(element);
  return tagBlank(tag) || tagEqual(tag, realTag(cartridge));
}
function findAbsent(tag: u32): u32 {
  if (tagBlank(tag)) return NONE;
  for (let c: u32 = 0; c < cartridgeEnd(); c++) {
    if (cartridgeKind(c) === KIND_FREE || cartridgeElement(c) !== NONE) continue;
    if (tagEqual(realTag(c), tag)) return c;
  }
  return NONE;
}
/** A library that cannot read the tag in a drive: it is the volume of the lane, which is nowhere else. */
function unlabelled(element: u32): u32 {
  if (!tagBlank(elementTag(element)) || element >= STORAGE_BASE) return NONE;
  for (let n: u32 = 1; n <= laneCount(); n++) {
    const volume = laneVolume(n);
    if (driveElement(laneDrive(n)) !== element || volume === NONE) continue;
    if (cartridgeElement(volume) === NONE && findOffered(n) === NONE) return volume;
  }
  return NONE;
}
function arrive(element: u32): void {
  let cartridge = findAbsent(elementTag(element));
  if (cartridge === NONE) cartridge = unlabelled(element);
  if (cartridge === NONE) cartridge = addCartridge(elementTag(element));
  if (cartridge === NONE) return logNumbers(LOG_JOURNAL_BAD, JOURNAL_BAD_TABLE, element);
  place(cartridge, element);
  // Somebody's hand put it there: from where is not known. The robot's own hand: it was on its way.
  const byHand = element >= STORAGE_BASE && element < TRANSPORT_BASE;
  if (byHand && cartridgeLane(cartridge) === 0) setCartridgeSource(cartridge, 0);
}
/** Cartridges with a tag first, so that what has none can only be what is left. */
function arriveAll(labelled: bool): void {
  for (let e = elementFrom(0); e !== NONE; e = elementFrom(e + 1)) {
    if (!elementSeen(e) || !isFull(e)) continue;
    if (elementCartridge(e) === NONE && tagBlank(elementTag(e)) !== labelled) arrive(e);
  }
}
/** Forgets what is gone and was nothing special; only while no job and no task means one of them. */
export function forgetAbsent(): void {
  for (let c: u32 = 0; c < cartridgeEnd(); c++) {
    if (cartridgeKind(c) !== KIND_NORMAL || cartridgeElement(c) !== NONE) continue;
    if (cartridgeLane(c) === 0 && !cartridgeStandsIn(c)) dropCartridge(c);
  }
}

/** What was there is not: where it comes from is known where it turns up in the robot's hand. */
function leave(element: u32): void {
  const cartridge = elementCartridge(element);
  const virtual = virtualOf(element);
  if (virtual !== NONE) setCartridgeSource(cartridge, virtualAddress(virtual));
  place(cartridge, NONE);
}
/** The storage or import/export element of the server behind which a real one stands, or NONE. */
function virtualOf(element: u32): u32 {
  if (element < STORAGE_BASE || element >= TRANSPORT_BASE) return NONE;
  if (element >= PORT_BASE) return element;
  const index = virtualIndex(element);
  return hidden(index) ? NONE : STORAGE_BASE + index;
}
/** What a reading has changed: nothing; a cartridge in an import/export element; one elsewhere. */
export const CHANGED_NOTHING: u32 = 0;
export const CHANGED_PORT: u32 = 1;
export const CHANGED_PLACE: u32 = 2;

/** Takes what the last reading saw; CHANGED_* as bits. */
export function takeInventory(): u32 {
  let changed = CHANGED_NOTHING;
  for (let e = elementFrom(0); e !== NONE; e = elementFrom(e + 1)) {
    if (!elementSeen(e) || sameAsBefore(e)) continue;
    changed |= elementType(e) === ELEMENT_TYPE_IMPORT_EXPORT ? CHANGED_PORT : CHANGED_PLACE;
    if (elementCartridge(e) !== NONE) leave(e);
  }
  if (changed === CHANGED_NOTHING) return changed;
  arriveAll(true);
  arriveAll(false);
  return changed;
}

/** The cartridge in a lane's drive, or NONE. */
export function inLaneDrive(lane: u32): u32 {
  const element = driveElement(laneDrive(lane));
  return element === NONE ? NONE : elementCartridge(element);
}
/** A lane's recovery was under way: its drive holds the spare medium that is to stand for the volume. */
export function midRecovery(lane: u32): bool {
  const cartridge = inLaneDrive(lane);
  return (
    cartridge !== NONE &&
    cartridgeKind(cartridge) === KIND_PENDING &&
    cartridgeLane(cartridge) === lane
  );
}
/** Where a cartridge that was found in a drive belongs: what the library says, else any free element. */
function guessSource(cartridge: u32): u32 {
  const real = findElement(ELEMENT_TYPE_STORAGE, elementSource(cartridgeElement(cartridge)));
  if (real !== NONE && elementCartridge(real) === NONE) {
    const index = virtualIndex(real);
    if (!hidden(index)) return virtualAddress(STORAGE_BASE + index);
  }
  const free = emptyStorage();
  return free === NONE ? 0 : virtualAddress(free);
}
/** Lanes take what is in their drives, and lose what is gone; true: something changed. */
export function takeVolumes(): bool {
  let changed = false;
  for (let n: u32 = 1; n <= laneCount(); n++) {
    const volume = laneVolume(n);
    const gone = volume !== NONE && cartridgeElement(volume) === NONE;
    if (gone && !laneRecovers(n) && !midRecovery(n)) {
      logTag(LOG_NO_SUCH_MEDIUM, volume);
      setLaneVolume(n, NONE);
      changed = true;
    }
    const found = inLaneDrive(n);
    if (laneVolume(n) !== NONE || found === NONE) continue;
    if (cartridgeKind(found) !== KIND_NORMAL || cartridgeLane(found) !== 0) continue;
    setCartridgeSource(found, guessSource(found));
    setLaneVolume(n, found);
    changed = true;
  }
  return changed;
}
/** Spares that were moved and came back into their slots are spares again: the lane asks anew. */
export function takePending(): void {
  for (let c: u32 = 0; c < cartridgeEnd(); c++) {
    if (cartridgeKind(c) !== KIND_PENDING) continue;
    const lane = cartridgeLane(c);
    const element = cartridgeElement(c);
    const inDrive = element !== NONE && element < STORAGE_BASE;
    if (!inDrive || lane === 0 || laneVolume(lane) === NONE) setCartridgeKind(c, KIND_SPARE, 0);
  }
}
