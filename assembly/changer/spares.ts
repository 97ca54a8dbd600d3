/**
 * Which drives and media are spare, who is promised one, and how many there are: told to all lanes
 * whenever it changes. A spare is promised to one lane at a time, drives in order of device number.
 */

import { act, setA, setB, setC, setD, setE } from "../lib/action.ts";
import { keepBytes } from "../lib/keep.ts";
import { DRIVE_COUNT_MAX, LANE_COUNT_MAX } from "../spec/abi.ts";
import { AC_WORD } from "../spec/action.ts";
import { WORD_SPARES } from "../spec/word.ts";
import {
  cartridgeElement,
  cartridgeEnd,
  cartridgeKind,
  cartridgeLane,
  findOffered,
  KIND_GRANTED,
  KIND_PENDING,
  KIND_SPARE,
  setCartridgeKind,
} from "./cartridge-table.ts";
import {
  deviceConnected,
  deviceKnown,
  driveElement,
  driveFailed,
  driveGrant,
  setDriveGrant,
} from "./drive-table.ts";
import { elementCartridge } from "./element-table.ts";
import { driveLane, laneCount, laneDrive } from "./lane-table.ts";
import { NONE, STORAGE_BASE } from "./limits.ts";

/** What the lanes were told last: numbers of drives and media, then the drive of each lane. */
const TOLD: usize = memory.data(136, 4);

/** A drive that could replace another one: whole, connected, with no lane. */
function driveSpare(device: u32): bool {
  if (!deviceKnown(device) || !deviceConnected(device) || driveFailed(device)) return false;
  return driveLane(device) === 0 && driveElement(device) !== NONE;
}
/** It is empty, or holds what was moved there for that lane. */
function driveUsable(device: u32, lane: u32): bool {
  const cartridge = elementCartridge(driveElement(device));
  if (cartridge === NONE) return true;
  return cartridgeKind(cartridge) === KIND_PENDING && cartridgeLane(cartridge) === lane;
}
/** A drive that nobody was promised, and empty. */
export function driveFree(device: u32): bool {
  return driveSpare(device) && driveGrant(device) === 0 && driveUsable(device, 0);
}
export function spareDriveCount(): u32 {
  let count: u32 = 0;
  for (let d: u32 = 0; d < DRIVE_COUNT_MAX; d++) if (driveFree(d)) count += 1;
  return count;
}
/** A spare medium that nobody was promised, in a storage element. */
export function mediumFree(cartridge: u32): bool {
  if (cartridgeKind(cartridge) !== KIND_SPARE) return false;
  const element = cartridgeElement(cartridge);
  return element !== NONE && element >= STORAGE_BASE;
}
export function spareMediumCount(): u32 {
  let count: u32 = 0;
  for (let c: u32 = 0; c < cartridgeEnd(); c++) if (mediumFree(c)) count += 1;
  return count;
}

/** Promises a spare drive to a lane; asked again it is the same one. NONE: there is none. */
export function grantDrive(lane: u32): u32 {
  let best = NONE;
  for (let d: u32 = 0; d < DRIVE_COUNT_MAX; d++) {
    if (!driveSpare(d) || !driveUsable(d, lane)) continue;
    const mine = driveGrant(d) === lane || elementCartridge(driveElement(d)) !== NONE;
    if (mine) return promiseDrive(d, lane);
    if (best === NONE && driveGrant(d) === 0) best = d;
  }
  return best === NONE ? NONE : promiseDrive(best, lane);
}
function promiseDrive(device: u32, lane: u32): u32 {
  setDriveGrant(device, lane);
  return device;
}
/** Promises a spare medium (cartridge number) to a lane; asked again it is the same one. */
export function grantMedium(lane: u32): u32 {
  const offered = findOffered(lane);
  if (offered !== NONE) return offered;
  for (let c: u32 = 0; c < cartridgeEnd(); c++) {
    if (!mediumFree(c)) continue;
    setCartridgeKind(c, KIND_GRANTED, lane);
    return c;
  }
  return NONE;
}

function tellLane(lane: u32): void {
  act(AC_WORD, 0);
  setA(WORD_SPARES);
  setB(lane);
  setC(spareDriveCount());
  setD(spareMediumCount());
  setE(laneDrive(lane));
}
/** Takes a number to be told; true: it is another one than last time. */
function news(row: u32, value: u32): bool {
  const at = TOLD + (row << 2);
  if (load<u32>(at) === value) return false;
  store<u32>(at, value);
  return true;
}
/** Tells all lanes, when something is different from what they were told. */
export function tellSpares(): void {
  let changed = news(0, spareDriveCount() + 1);
  if (news(1, spareMediumCount())) changed = true;
  for (let n: u32 = 1; n <= laneCount(); n++) if (news(n + 1, laneDrive(n))) changed = true;
  if (!changed) return;
  for (let n: u32 = 1; n <= laneCount(); n++) tellLane(n);
}
/** What outlives a trap (keep.ts): what the lanes were told. */
export function keepTold(): void {
  keepBytes(TOLD as u32, (LANE_COUNT_MAX + 2) << 2);
}
