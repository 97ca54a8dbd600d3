/**
 * Which media are spare, at start: those that are named; without names those of the journal, and the
 * first time the last full storage element that holds no cleaning cartridge. Their storage elements
 * are hidden from the server.
 */

import { act, params, setA } from "../lib/action.ts";
import { keep32, keepBytes } from "../lib/keep.ts";
import { tagCleaning } from "../lib/volume-tag.ts";
import { VOLUME_TAG_BYTES } from "../spec/abi.ts";
import { AC_LOG } from "../spec/action.ts";
import { LOG_NO_SUCH_MEDIUM } from "../spec/log-code.ts";
import { SPARE_MEDIA_DEFAULT } from "../spec/word.ts";
import {
  cartridgeElement,
  cartridgeEnd,
  cartridgeHidden,
  cartridgeIdle,
  cartridgeKind,
  cartridgeStandsIn,
  findTag,
  KIND_BAD,
  KIND_NORMAL,
  KIND_SPARE,
  realTag,
  setCartridgeKind,
} from "./cartridge-table.ts";
import { NONE, PORT_BASE, SPARE_NAMES_MAX, STORAGE_BASE } from "./limits.ts";
import {
  hidden,
  setHidden,
  storageCartridge,
  storageCount,
  tuck,
  virtualIndex,
} from "./storage-map.ts";
import { tagBlank, tagCopy, tagEqual, tagNormalize } from "./tag.ts";

const NAMES: usize = memory.data(2048, 8);
/** SPARE_MEDIA_DEFAULT: none were named. */
let names: u32 = 0;

/** Keeps the tags named at `at`; answers how many lie there. More than SPARE_NAMES_MAX are left out. */
export function keepNames(named: u32, at: u32): u32 {
  names = named;
  if (named === SPARE_MEDIA_DEFAULT) return 0;
  if (names > SPARE_NAMES_MAX) names = SPARE_NAMES_MAX;
  for (let i: u32 = 0; i < names; i++) tagNormalize(nameAt(i), at + i * VOLUME_TAG_BYTES);
  return named;
}
function nameAt(index: u32): u32 {
  return (NAMES as u32) + index * VOLUME_TAG_BYTES;
}
function inStorage(cartridge: u32): bool {
  const element = cartridgeElement(cartridge);
  return element !== NONE && element >= STORAGE_BASE && element < PORT_BASE;
}

/**
 * From now on it is a spare, behind a hidden element; where none is free its own becomes one. A cleaning
 * cartridge that was named is hidden as well, and promised to nobody.
 */
function makeSpare(cartridge: u32): void {
  setCartridgeKind(cartridge, tagCleaning(realTag(cartridge)) ? KIND_BAD : KIND_SPARE, 0);
  tuck();
  const index = virtualIndex(cartridgeElement(cartridge));
  if (!hidden(index)) setHidden(index, true);
}
function takeLast(): void {
  for (let v = storageCount(); v > 0; v--) {
    const cartridge = storageCartridge(v - 1);
    if (cartridge === NONE || !cartridgeIdle(cartridge)) continue;
    const tag = realTag(cartridge);
    if (tagBlank(tag) || tagCleaning(tag)) continue;
    return makeSpare(cartridge);
  }
}
function isNamed(tag: u32): bool {
  for (let i: u32 = 0; i < names; i++) if (tagEqual(nameAt(i), tag)) return true;
  return false;
}
/** Spares that are not named any more are the server's again, at their places. */
function freeUnnamed(): void {
  for (let c: u32 = 0; c < cartridgeEnd(); c++) {
    if (cartridgeKind(c) !== KIND_SPARE || isNamed(realTag(c))) continue;
    setCartridgeKind(c, KIND_NORMAL, 0);
    if (inStorage(c)) setHidden(virtualIndex(cartridgeElement(c)), false);
  }
}
let missing: u32 = 0;
/** How many of the spare media that were named are not in the library, or in use. */
export function missingMedia(): u32 {
  return missing;
}
function takeNamed(name: u32): void {
  const cartridge = findTag(name);
  if (cartridge !== NONE && cartridgeKind(cartridge) === KIND_SPARE) return;
  if (cartridge !== NONE && cartridgeKind(cartridge) === KIND_BAD && tagCleaning(name)) return;
  const usable = cartridge !== NONE && inStorage(cartridge) && cartridgeIdle(cartridge);
  if (usable && !cartridgeStandsIn(cartridge)) return makeSpare(cartridge);
  missing += 1;
  act(AC_LOG, 0);
  setA(LOG_NO_SUCH_MEDIUM);
  tagCopy(params(VOLUME_TAG_BYTES), name);
}
/**
 * The map begins anew, the cartridges are known: what holds a hidden one is hidden. Else which elements are
 * hidden stays, also where hidden cartridges find no place behind them.
 */
function hide(): void {
  for (let v: u32 = 0; v < storageCount(); v++) if (hidden(v)) return;
  for (let v: u32 = 0; v < storageCount(); v++) {
    const cartridge = storageCartridge(v);
    if (cartridge !== NONE && !hidden(v) && cartridgeHidden(cartridge)) setHidden(v, true);
  }
}

/** Chooses; `known`: a journal says which there were. */
export function chooseSpares(known: bool): void {
  hide();
  if (names !== SPARE_MEDIA_DEFAULT) {
    freeUnnamed();
    for (let i: u32 = 0; i < names; i++) takeNamed(nameAt(i));
  } else if (!known) takeLast();
  tuck();
}
/** What outlives a trap (keep.ts). */
export function keepSpareMedia(): void {
  keepBytes(NAMES as u32, SPARE_NAMES_MAX * VOLUME_TAG_BYTES);
  names = keep32(names);
  missing = keep32(missing);
}
