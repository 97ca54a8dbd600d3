/**
 * What lanes ask of the changer, and what it says to them (spec/word.ts). Each lane has at most one
 * robot job; every request that has an answer gets exactly one.
 */
import { act, params, setA, setB, setC, setD, setX } from "../lib/action.ts";
import { eventA, eventB, eventC, eventD, eventParamBytes } from "../lib/event.ts";
import { DRIVE_COUNT_MAX, PARAM_IN_AT, VOLUME_TAG_BYTES } from "../spec/abi.ts";
import { AC_LOG, AC_WORD } from "../spec/action.ts";
import { ASC_MEDIUM_SOURCE_ELEMENT_EMPTY } from "../spec/additional-sense.ts";
import { LOG_MAP_CHANGED } from "../spec/log-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import {
  WORD_ASK_DRIVE,
  WORD_ASK_MEDIUM,
  WORD_BAD_MEDIUM,
  WORD_DRIVE,
  WORD_FENCED,
  WORD_GONE,
  WORD_MEDIUM,
  WORD_MOUNT,
  WORD_MOVE_ACROSS,
  WORD_MOVE_BACK,
  WORD_MOVE_IN,
  WORD_MOVE_OUT,
  WORD_MOVED,
  WORD_NONE,
  WORD_RECOVERED,
  WORD_RELEASE,
} from "../spec/word.ts";
import {
  cartridgeElement,
  cartridgeKind,
  cartridgeLane,
  cartridgeSource,
  findKind,
  findOffered,
  KIND_BAD,
  KIND_FAILED,
  KIND_FREE,
  KIND_GRANTED,
  KIND_NORMAL,
  KIND_PENDING,
  KIND_SPARE,
  realTag,
  setCartridgeKind,
  setCartridgeSource,
  virtualTag,
} from "./cartridge-table.ts";
import { clearDriveGrants, deviceKnown, driveElement, setDriveFailed } from "./drive-table.ts";
import { elementCartridge } from "./element-table.ts";
import { addMove, jobWaits, OWNER_LANE, TO_DRIVE, TO_HOME } from "./job.ts";
import { touchJournal } from "./journal.ts";
import {
  driveLane,
  laneCount,
  laneDrive,
  laneVolume,
  setLaneDrive,
  setLaneRecovers,
  setLaneVolume,
} from "./lane-table.ts";
import { CARTRIDGE_COUNT_MAX, NONE, STORAGE_BASE } from "./limits.ts";
import { inLaneDrive, midRecovery } from "./reconcile.ts";
import { expectChange } from "./robot.ts";
import { grantDrive, grantMedium, spareDriveCount, spareMediumCount } from "./spares.ts";
import { tuck } from "./storage-map.ts";
import { tagCopy } from "./tag.ts";
import { setVolumeSerial, volumeSerial } from "./volume-serial.ts";

const SOURCE_EMPTY: u32 = (KEY_ILLEGAL_REQUEST << 16) | ASC_MEDIUM_SOURCE_ELEMENT_EMPTY;
/** WORD_RECOVERED: the volume is on the spare medium now. */
const RECOVERED_ON_SPARE: u32 = 1;
/** WORD_MOUNT: found at start; put there by a recovery that was interrupted. */
const MOUNT_FOUND: u32 = 1;
const MOUNT_STANDS_IN: u32 = 2;

function say(kind: u32, lane: u32, c: u32): void {
  act(AC_WORD, 0);
  setA(kind);
  setB(lane);
  setC(c);
}
/** The lane's cartridge is in its drive: the tags, and how many spares there are. */
export function sayMount(lane: u32, found: bool): void {
  const volume = laneVolume(lane);
  const inDrive = inLaneDrive(lane);
  say(WORD_MOUNT, lane, laneDrive(lane));
  setD((found ? MOUNT_FOUND : 0) | (midRecovery(lane) ? MOUNT_STANDS_IN : 0));
  setX((spareDriveCount() | (spareMediumCount() << 16)) as u64);
  const cartridge = inDrive === NONE ? volume : inDrive;
  const serial = volumeSerial(cartridge);
  const at = params(VOLUME_TAG_BYTES * (serial === 0 ? 2 : 3));
  tagCopy(at, virtualTag(volume));
  tagCopy(at + VOLUME_TAG_BYTES, realTag(cartridge));
  if (serial !== 0) tagCopy(at + VOLUME_TAG_BYTES * 2, serial);
}
/** The server wants the cartridge out. */
export function sayRelease(lane: u32): void {
  say(WORD_RELEASE, lane, 0);
}
/** The cartridge has left the lane's drive (0), or could not be moved (sense). */
export function sayGone(lane: u32, result: u32): void {
  say(WORD_GONE, lane, result);
}
/** A lane's robot job has ended. */
export function laneMoved(lane: u32, result: u32): void {
  say(WORD_MOVED, lane, result);
}

function driveValid(device: u32): bool {
  return device < DRIVE_COUNT_MAX && deviceKnown(device) && driveElement(device) !== NONE;
}
function move(lane: u32, cartridge: u32, to: u32): void {
  setLaneRecovers(lane, true);
  if (jobWaits(OWNER_LANE + lane)) return laneMoved(lane, WORD_NONE);
  if (cartridge === NONE) return laneMoved(lane, SOURCE_EMPTY);
  addMove(OWNER_LANE + lane, cartridge, to);
}
/** A drive that the lane may move from or to: its own, or none of another lane's. */
function driveAllowed(lane: u32, device: u32): bool {
  if (!driveValid(device)) return false;
  const user = driveLane(device);
  return user === 0 || user === lane;
}
function moveFromDrive(lane: u32, to: u32): void {
  if (!driveAllowed(lane, eventC())) return laneMoved(lane, WORD_NONE);
  move(lane, elementCartridge(driveElement(eventC())), to);
}
function moveAcross(lane: u32): void {
  if (!driveAllowed(lane, eventD())) return laneMoved(lane, WORD_NONE);
  moveFromDrive(lane, TO_DRIVE | eventD());
}
/** The medium may stand for the volume from now on: that is on stable storage before the robot moves. */
function moveIn(lane: u32): void {
  const medium = eventC();
  if (medium >= CARTRIDGE_COUNT_MAX || medium !== findOffered(lane)) {
    return laneMoved(lane, WORD_NONE);
  }
  if (!driveAllowed(lane, eventD())) return laneMoved(lane, WORD_NONE);
  setCartridgeKind(medium, KIND_PENDING, lane);
  setVolumeSerial(medium, eventParamBytes() < VOLUME_TAG_BYTES ? 0 : PARAM_IN_AT);
  touchJournal();
  move(lane, medium, TO_DRIVE | eventD());
}
/** The spare media were no use: what was the volume before is it again. */
function moveBack(lane: u32): void {
  if (!driveAllowed(lane, eventC())) return laneMoved(lane, WORD_NONE);
  move(lane, laneVolume(lane), TO_DRIVE | eventC());
}
function fenced(lane: u32): void {
  if (driveAllowed(lane, eventC())) setDriveFailed(eventC());
  if (driveAllowed(lane, eventD())) setLaneDrive(lane, eventD());
  touchJournal();
}
/** The spare medium is the volume now: it takes over tag and place, the failed one is hidden. */
function commit(lane: u32, medium: u32): void {
  const failed = laneVolume(lane);
  if (failed === NONE) return setCartridgeKind(medium, KIND_BAD, 0);
  tagCopy(virtualTag(medium), virtualTag(failed));
  tagCopy(virtualTag(failed), realTag(failed));
  setCartridgeSource(medium, cartridgeSource(failed));
  setLaneVolume(lane, medium);
  setCartridgeKind(failed, KIND_FAILED, 0);
  tuck();
  act(AC_LOG, 0);
  setA(LOG_MAP_CHANGED);
  const at = params(VOLUME_TAG_BYTES * 2);
  tagCopy(at, virtualTag(medium));
  tagCopy(at + VOLUME_TAG_BYTES, realTag(medium));
}
/**
 * The lane has released the cartridge in its drive with everything on it: where that is the spare
 * medium, the recovery has ended, whether or not the word of it outlived a crash.
 */
export function commitReleased(lane: u32): void {
  if (!midRecovery(lane)) return;
  commit(lane, inLaneDrive(lane));
  touchJournal();
}
/**
 * The spare medium that a lane's volume is on: what is in its drive, or was moved for it to another. Where
 * the volume itself is in the lane's drive (after a crash), it is on that, whatever was moved elsewhere.
 */
function standIn(lane: u32): u32 {
  const there = inLaneDrive(lane);
  if (there !== NONE && there === laneVolume(lane)) return NONE;
  if (there !== NONE && cartridgeKind(there) === KIND_SPARE) return there;
  if (midRecovery(lane)) return there;
  const pending = findKind(KIND_PENDING, lane);
  return pending !== NONE && cartridgeElement(pending) < STORAGE_BASE ? pending : NONE;
}
function recovered(lane: u32): void {
  const medium = eventC() === RECOVERED_ON_SPARE ? standIn(lane) : NONE;
  if (medium !== NONE) commit(lane, medium);
  const offered = findOffered(lane);
  if (offered !== NONE) setCartridgeKind(offered, KIND_SPARE, 0);
  clearDriveGrants(lane);
  // Taken out meanwhile, and nothing stands for it: it is gone now.
  const volume = laneVolume(lane);
  if (volume !== NONE && cartridgeElement(volume) === NONE) expectChange();
  tuck();
  touchJournal();
}
function badMedium(lane: u32): void {
  const medium = eventC() === WORD_NONE && midRecovery(lane) ? inLaneDrive(lane) : eventC();
  if (medium >= CARTRIDGE_COUNT_MAX) return;
  const kind = cartridgeKind(medium);
  const mine = cartridgeLane(medium) === lane;
  if (kind === KIND_FREE || kind === KIND_NORMAL || kind === KIND_FAILED) return;
  if (!mine && (kind === KIND_GRANTED || kind === KIND_PENDING)) return;
  setCartridgeKind(medium, KIND_BAD, 0);
  tuck();
  touchJournal();
}
function askMedium(lane: u32): void {
  const medium = grantMedium(lane);
  say(WORD_MEDIUM, lane, medium);
  if (medium !== NONE) tagCopy(params(VOLUME_TAG_BYTES), realTag(medium));
}

/** EV_WORD of a lane, but for WORD_MOUNTED and WORD_RELEASED (task.ts). */
export function laneWord(): void {
  const lane = eventB();
  const kind = eventA();
  if (lane === 0 || lane > laneCount()) return;
  if (kind === WORD_RECOVERED) setLaneRecovers(lane, false);
  if (kind === WORD_ASK_DRIVE) return say(WORD_DRIVE, lane, grantDrive(lane));
  if (kind === WORD_ASK_MEDIUM) return askMedium(lane);
  if (kind === WORD_MOVE_OUT) return moveFromDrive(lane, TO_HOME);
  if (kind === WORD_MOVE_ACROSS) return moveAcross(lane);
  if (kind === WORD_MOVE_IN) return moveIn(lane);
  if (kind === WORD_MOVE_BACK) return moveBack(lane);
  if (kind === WORD_FENCED) return fenced(lane);
  if (kind === WORD_RECOVERED) return recovered(lane);
  if (kind === WORD_BAD_MEDIUM) return badMedium(lane);
}
