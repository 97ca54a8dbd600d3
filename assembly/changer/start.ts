/**
 * The start of the changer: what EV_START and EV_DEVICE bring, the first reading, the journal, which
 * media are spare; then lanes' cartridges are put back where a crash took them from, and everybody is
 * told. Decides what counts where journal and library differ: cartridges are where the library says.
 */

import { act, logNumbers, setA, setD } from "../lib/action.ts";
import { eventA, eventB } from "../lib/event.ts";
import { keep32, keepFlag } from "../lib/keep.ts";
import { tagCleaning } from "../lib/volume-tag.ts";
import { DEVICE_ROBOT, DRIVE_COUNT_MAX, PARAM_IN_AT, VOLUME_TAG_BYTES } from "../spec/abi.ts";
import { AC_STARTED } from "../spec/action.ts";
import { ELEMENT_TYPE_DATA_TRANSFER } from "../spec/element.ts";
import {
  LOG_INVENTORY,
  LOG_NO_CARTRIDGE,
  LOG_NO_SUCH_MEDIUM,
  LOG_ROBOT_FAILED,
} from "../spec/log-code.ts";
import {
  START_DRIVES,
  START_JOURNAL_BYTES,
  START_LANES,
  START_SPARE_MEDIA,
  START_TAGS,
} from "../spec/word.ts";
import {
  cartridgeElement,
  cartridgeEnd,
  cartridgeHidden,
  cartridgeKind,
  cartridgeLane,
  cartridgeLeaving,
  KIND_FREE,
  KIND_PENDING,
  KIND_SPARE,
  realTag,
  setCartridgeKind,
  setCartridgeLeaving,
} from "./cartridge-table.ts";
import {
  deviceKnown,
  deviceValid,
  driveElement,
  driveFailed,
  elementDrive,
  learnDevice,
  setDriveElement,
} from "./drive-table.ts";
import { elementAddress, elementCount, elementFrom, findElement } from "./element-table.ts";
import { addMove, addReading, OWNER_START, TO_ELEMENT, TO_HOME } from "./job.ts";
import { journalClean, keepJournal, openJournal, touchJournal } from "./journal.ts";
import {
  beginLanes,
  driveLane,
  LANE_SERIAL_BYTES,
  laneAddress,
  laneCount,
  laneDrive,
  laneVolume,
  setLaneAddress,
  setLaneDrive,
  setLaneVolume,
} from "./lane-table.ts";
import { sayMount } from "./lane-word.ts";
import { ADDRESS_NONE, DRIVE_BASE, NONE, STORAGE_BASE } from "./limits.ts";
import {
  forgetAbsent,
  inLaneDrive,
  midRecovery,
  takeInventory,
  takePending,
  takeVolumes,
} from "./reconcile.ts";
import { takeRobotChange } from "./robot.ts";
import { chooseSpares, keepNames, missingMedia } from "./spare-media.ts";
import { driveFree, spareMediumCount } from "./spares.ts";
import { resetMap } from "./storage-map.ts";
import { watchBegin } from "./watch.ts";

const DRIVE_SERIAL_BYTES: u32 = 32;

const STEP_DEVICES: u32 = 0;
const STEP_READ: u32 = 1;
const STEP_RESTORE: u32 = 2;
const STEP_JOURNAL: u32 = 3;
const STEP_READY: u32 = 4;
const STEP_FAILED: u32 = 5;

let step: u32 = STEP_DEVICES;
let drives: u32 = 0;
/** Lanes up to this one have their cartridge back. */
let restoredLanes: u32 = 0;
/** Of lanes up to this one the drive was emptied, where it held what does not belong there. */
let clearedLanes: u32 = 0;

/** The server's commands can be served. */
export function ready(): bool {
  return step === STEP_READY;
}
/** The library could not be read. */
export function startFailed(): bool {
  return step === STEP_FAILED;
}
/** The first reading has not ended yet. */
export function inventoryWanted(): bool {
  return step < STEP_RESTORE;
}

/** EV_START: its parameters by START_*. */
export function takeStart(): void {
  const at = PARAM_IN_AT;
  const lanes = load<u16>(at + START_LANES) as u32;
  drives = load<u16>(at + START_DRIVES);
  const named = load<u16>(at + START_SPARE_MEDIA) as u32;
  const tags = keepNames(named, at + START_TAGS);
  const serials = at + START_TAGS + tags * VOLUME_TAG_BYTES + drives * DRIVE_SERIAL_BYTES;
  beginLanes(lanes, serials);
  keepJournal(serials + lanes * LANE_SERIAL_BYTES, load<u16>(at + START_JOURNAL_BYTES));
}
/** EV_DEVICE: when all are known the library is read. */
export function takeDevice(): void {
  if (!deviceValid(eventA())) return;
  learnDevice(eventA(), (eventB() & 1) !== 0, PARAM_IN_AT);
  if (step !== STEP_DEVICES || !deviceKnown(DEVICE_ROBOT)) return;
  for (let d: u32 = 0; d < drives; d++) if (!deviceKnown(d)) return;
  step = STEP_READ;
  addReading(OWNER_START);
}

/** Drives that no serial number matched: by order. */
function matchRest(): void {
  const count = elementCount(ELEMENT_TYPE_DATA_TRANSFER);
  let e = DRIVE_BASE;
  for (let d: u32 = 0; d < DRIVE_COUNT_MAX; d++) {
    if (!deviceKnown(d) || driveElement(d) !== NONE) continue;
    while (e < DRIVE_BASE + count && elementDrive(e) !== NONE) e += 1;
    if (e < DRIVE_BASE + count) setDriveElement(d, e);
  }
}
/** A drive for a lane that has none: its own by number, else the first whole one, else any. */
function chooseDrive(lane: u32): u32 {
  const own = lane - 1;
  let second = NONE;
  for (let d: u32 = 0; d < DRIVE_COUNT_MAX; d++) {
    if (!deviceKnown(d) || driveElement(d) === NONE || driveLane(d) !== 0) continue;
    if (d === own && !driveFailed(d)) return d;
    if (second === NONE || driveFailed(second)) second = d;
  }
  return second;
}
function addressTaken(address: u32): bool {
  for (let n: u32 = 1; n <= laneCount(); n++) if (laneAddress(n) === address) return true;
  return false;
}
/** The address of a lane that has none: its own drive's, else the first that no lane has. */
function chooseAddress(lane: u32): void {
  const own = driveElement(lane - 1);
  if (own !== NONE && !addressTaken(elementAddress(own))) {
    return setLaneAddress(lane, elementAddress(own));
  }
  const count = elementCount(ELEMENT_TYPE_DATA_TRANSFER);
  for (let e = DRIVE_BASE; e < DRIVE_BASE + count; e++) {
    if (!addressTaken(elementAddress(e))) return setLaneAddress(lane, elementAddress(e));
  }
}
function settleLanes(): void {
  for (let n: u32 = 1; n <= laneCount(); n++) {
    if (driveElement(laneDrive(n)) === NONE) setLaneDrive(n, NONE);
    const address = laneAddress(n);
    if (findElement(ELEMENT_TYPE_DATA_TRANSFER, address) === NONE) setLaneAddress(n, ADDRESS_NONE);
  }
  for (let n: u32 = 1; n <= laneCount(); n++) {
    if (laneDrive(n) === NONE) setLaneDrive(n, chooseDrive(n));
    if (laneAddress(n) === ADDRESS_NONE) chooseAddress(n);
  }
}
/**
 * Volumes that are not where the journal has them. Leaving and gone from the drive: the move happened.
 * In a drive of nobody's: it was moved across, and that is the lane's drive now.
 */
function followVolumes(): void {
  for (let n: u32 = 1; n <= laneCount(); n++) {
    const volume = laneVolume(n);
    if (volume === NONE || cartridgeElement(volume) === NONE) continue;
    const there = cartridgeElement(volume);
    const leaving = cartridgeLeaving(volume);
    setCartridgeLeaving(volume, false);
    if (there === driveElement(laneDrive(n))) continue;
    if (leaving) {
      setLaneVolume(n, NONE);
      continue;
    }
    const device = elementDrive(there);
    if (device !== NONE && driveLane(device) === 0 && !driveFailed(device)) setLaneDrive(n, device);
  }
}
function logInventory(): void {
  let elements: u32 = 0;
  let cartridges: u32 = 0;
  for (let e = elementFrom(0); e !== NONE; e = elementFrom(e + 1)) elements += 1;
  for (let c: u32 = 0; c < cartridgeEnd(); c++) {
    if (cartridgeKind(c) !== KIND_FREE && cartridgeElement(c) !== NONE) cartridges += 1;
  }
  logNumbers(LOG_INVENTORY, elements, cartridges);
  setD(spareMediumCount());
}

/** An earlier run has left its journal. */
let journalKnown: bool = false;

/** The first reading has ended. */
export function inventoryRead(failed: bool): void {
  if (failed) {
    step = STEP_FAILED;
    act(AC_STARTED, 0);
    return setA(LOG_ROBOT_FAILED);
  }
  takeRobotChange();
  matchRest();
  resetMap();
  const known = openJournal();
  journalKnown = known;
  takeInventory();
  settleLanes();
  followVolumes();
  takeVolumes();
  forgetAbsent();
  takePending();
  chooseSpares(known);
  // A start that the operator has to mend leaves nothing behind.
  if (startFault() === 0) touchJournal();
  logInventory();
  step = STEP_RESTORE;
  restoreNext();
}

/** A lane's volume that is neither in its drive nor replaced there by a recovery. */
function astray(lane: u32): bool {
  const volume = laneVolume(lane);
  if (volume === NONE || cartridgeElement(volume) === NONE || midRecovery(lane)) return false;
  if (laneDrive(lane) === NONE || driveFailed(laneDrive(lane))) return false;
  return inLaneDrive(lane) === NONE;
}
/** A spare in the lane's drive that does not stand for its volume: it was of no use. */
function stranger(lane: u32): u32 {
  const there = inLaneDrive(lane);
  if (there === NONE || laneVolume(lane) === NONE || midRecovery(lane)) return NONE;
  return cartridgeHidden(there) ? there : NONE;
}
/**
 * A spare that a recovery had put into a spare drive, and the lane has not taken that drive: nothing was
 * written to it, and the drive is needed.
 */
function leftBehind(): u32 {
  for (let c: u32 = 0; c < cartridgeEnd(); c++) {
    if (cartridgeKind(c) !== KIND_PENDING || cartridgeElement(c) >= STORAGE_BASE) continue;
    const lane = cartridgeLane(c);
    if (lane !== 0 && laneVolume(lane) !== NONE && inLaneDrive(lane) !== c) return c;
  }
  return NONE;
}
/**
 * A crash in the middle of a recovery: the volume's cartridge goes back into the lane's drive, and the
 * lane, which knows what it owes, begins again. Where it cannot be moved, the lane finds that out.
 */
function restoreNext(): void {
  while (restoredLanes < laneCount()) {
    const other = stranger(restoredLanes + 1);
    if (other !== NONE && clearedLanes === restoredLanes) {
      clearedLanes += 1;
      addMove(OWNER_START, other, TO_HOME);
      return;
    }
    restoredLanes += 1;
    clearedLanes = restoredLanes;
    if (!astray(restoredLanes)) continue;
    addMove(OWNER_START, laneVolume(restoredLanes), TO_ELEMENT | (restoredLanes - 1));
    return;
  }
  const left = leftBehind();
  if (left !== NONE) {
    setCartridgeKind(left, KIND_SPARE, 0);
    addMove(OWNER_START, left, TO_HOME);
    return;
  }
  step = STEP_JOURNAL;
}
/** The volume's cartridge could not be brought, it is stuck in a drive: the lane goes where it is. */
function follow(lane: u32): void {
  if (!astray(lane)) return;
  const element = cartridgeElement(laneVolume(lane));
  if (element >= STORAGE_BASE) return;
  const device = elementDrive(element);
  if (device !== NONE && driveLane(device) === 0) setLaneDrive(lane, device);
}
/**
 * What does not belong in the lane's drive is stuck there, and must not be taken for the volume: the lane goes
 * to an empty drive, to which the volume is brought; without one the server finds the volume in storage.
 */
function leaveStuck(lane: u32): void {
  if (stranger(lane) === NONE) return;
  for (let d: u32 = 0; d < DRIVE_COUNT_MAX; d++) {
    if (driveFree(d)) return setLaneDrive(lane, d);
  }
  setLaneVolume(lane, NONE);
}
/** A move that the start wanted has ended, however. */
export function restored(): void {
  if (clearedLanes > restoredLanes) leaveStuck(clearedLanes);
  else if (restoredLanes > 0) follow(restoredLanes);
  touchJournal();
  restoreNext();
}
/** Tells the lanes what is in their drives, when that is durable; asked at the end of each step. */
export function startSettle(): void {
  if (step !== STEP_JOURNAL || !journalClean()) return;
  step = STEP_READY;
  watchBegin();
  for (let n: u32 = 1; n <= laneCount(); n++) if (laneVolume(n) !== NONE) sayMount(n, true);
  act(AC_STARTED, 0);
  setA(startFault());
}

/** What the operator has to mend before a first start; a bridge that has run once starts again. */
function startFault(): u32 {
  if (journalKnown) return 0;
  if (writableCount() === 0) return LOG_NO_CARTRIDGE;
  return missingMedia() > 0 ? LOG_NO_SUCH_MEDIUM : 0;
}
function writableCount(): u32 {
  let count: u32 = 0;
  for (let c: u32 = 0; c < cartridgeEnd(); c++) {
    if (cartridgeKind(c) === KIND_FREE || cartridgeElement(c) === NONE) continue;
    if (!tagCleaning(realTag(c))) count += 1;
  }
  return count;
}
/** What outlives a trap (keep.ts). */
export function keepStart(): void {
  step = keep32(step);
  drives = keep32(drives);
  restoredLanes = keep32(restoredLanes);
  clearedLanes = keep32(clearedLanes);
  journalKnown = keepFlag(journalKnown);
}
