/**
 * What a recovery has in hand: the spare drive and the spare medium that the changer granted, the medium
 * that is already in the drive, and the words that ask for them. Decides nothing.
 */
import { currentDrive, fenceDevice, loseDrivePosition, selectDrive } from "../lane/device.ts";
import { laneNumber } from "../lane/identity.ts";
import { realTag, setRealTag } from "../lane/medium.ts";
import { forgetIdentity } from "../lane/medium-identity.ts";
import { act, logNumbers, params, setA, setB, setC, setD, setX } from "../lib/action.ts";
import { eventC } from "../lib/event.ts";
import { keep32, keep64, keepBytes, keepFlag } from "../lib/keep.ts";
import { PARAM_IN_AT, VOLUME_TAG_BYTES } from "../spec/abi.ts";
import { AC_WORD } from "../spec/action.ts";
import { LOG_GONE_BACK } from "../spec/log-code.ts";
import { WORD_BAD_MEDIUM, WORD_DRIVE, WORD_FENCED, WORD_MEDIUM, WORD_NONE } from "../spec/word.ts";
import { cursorProven, cursorReceived, cursorSent, cursorSynchronized } from "../tape/cursor.ts";

let spareDrive: u32 = WORD_NONE;
let spareMedium: u32 = WORD_NONE;
/** The spare medium that is in the lane's drive now. */
let placedMedium: u32 = WORD_NONE;
let mediumReplaced: bool = false;
/** The volume's own cartridge is out of the drive, in the storage element that is kept for it. */
let ownOut: bool = false;
/** What it holds: objects that its drive answered GOOD to, and those that are certain. */
let ownSent: u64 = 0;
let ownSynchronized: u64 = 0;
const NEXT_TAG: usize = memory.data(32, 8);
const OWN_TAG: usize = memory.data(32, 8);

/** Nothing is in hand. */
export function sparesReset(): void {
  spareDrive = WORD_NONE;
  spareMedium = WORD_NONE;
  placedMedium = WORD_NONE;
  mediumReplaced = false;
  ownOut = false;
}
/** A word to the changer (spec/word.ts). */
export function sendWord(kind: u32, c: u32, d: u32): void {
  act(AC_WORD, 0);
  setA(kind);
  setB(laneNumber());
  setC(c);
  setD(d);
}
/** The changer's answer, WORD_DRIVE or WORD_MEDIUM, in the event. */
export function sparesTake(kind: u32): void {
  if (kind === WORD_DRIVE) spareDrive = eventC();
  if (kind !== WORD_MEDIUM) return;
  spareMedium = eventC();
  if (spareMedium !== WORD_NONE) memory.copy(NEXT_TAG, PARAM_IN_AT, VOLUME_TAG_BYTES);
}
/** Device number of the spare drive in hand, or WORD_NONE. */
export function spareDriveInHand(): u32 {
  return spareDrive;
}
/** Number of the spare medium in hand, or WORD_NONE. */
export function spareMediumInHand(): u32 {
  return spareMedium;
}
/** The spare drive cannot be reached. */
export function rejectDrive(): void {
  sendWord(WORD_FENCED, spareDrive, currentDrive());
  spareDrive = WORD_NONE;
}
/** From here on the spare drive in hand, where there is one, is the lane's drive. */
export function takeSpareDrive(): void {
  if (spareDrive === WORD_NONE || currentDrive() === spareDrive) return;
  sendWord(WORD_FENCED, currentDrive(), spareDrive);
  fenceDevice(currentDrive());
  selectDrive(spareDrive);
  spareDrive = WORD_NONE;
}
/** The spare medium in hand is in the drive: it stands for the volume. */
export function placeMedium(): void {
  mediumReplaced = true;
  placedMedium = spareMedium;
  spareMedium = WORD_NONE;
  setRealTag(NEXT_TAG as u32);
  forgetIdentity();
}
/** The volume is on another cartridge than when the recovery began. */
export function isMediumReplaced(): bool {
  return mediumReplaced;
}
/** The spare medium in the drive is of no use. */
export function rejectPlaced(): void {
  if (placedMedium !== WORD_NONE) sendWord(WORD_BAD_MEDIUM, placedMedium, 0);
  placedMedium = WORD_NONE;
}
/** A cartridge has been taken out of the drive: the first one in a recovery is the volume's own. */
export function tookOut(): void {
  if (ownOut) return;
  ownOut = true;
  ownSent = cursorSent();
  ownSynchronized = cursorSynchronized();
  memory.copy(OWN_TAG, realTag(), VOLUME_TAG_BYTES);
}
/** The volume's own cartridge waits in its storage element. */
export function isOwnOut(): bool {
  return ownOut;
}
/** No spare medium holds more of the volume than its own cartridge, which can come back. */
export function isOwnBetter(): bool {
  return ownOut && (!mediumReplaced || ownSent >= cursorSent());
}
/** The spare medium that was tried is out of the drive. */
export function spareOut(): void {
  rejectPlaced();
  mediumReplaced = false;
}
/** The volume's own cartridge is in the drive again: what it holds for certain counts. */
export function ownBack(): void {
  ownOut = false;
  setRealTag(OWN_TAG as u32);
  forgetIdentity();
  loseDrivePosition();
  cursorProven(min(ownSynchronized, cursorReceived()));
  logNumbers(LOG_GONE_BACK, 0, 0);
  setX(cursorSynchronized());
  memory.copy(params(VOLUME_TAG_BYTES), OWN_TAG, VOLUME_TAG_BYTES);
}
/** What outlives a trap (lane/keep.ts). */
export function keepSpares(): void {
  spareDrive = keep32(spareDrive);
  spareMedium = keep32(spareMedium);
  placedMedium = keep32(placedMedium);
  mediumReplaced = keepFlag(mediumReplaced);
  keepBytes(NEXT_TAG as u32, VOLUME_TAG_BYTES);
  ownOut = keepFlag(ownOut);
  ownSent = keep64(ownSent);
  ownSynchronized = keep64(ownSynchronized);
  keepBytes(OWN_TAG as u32, VOLUME_TAG_BYTES);
}
