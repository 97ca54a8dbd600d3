/**
 * What a recovery has in hand: the spare drive and the spare medium that the changer granted, the medium
 * that is already in the drive, and the words that ask for them. Decides nothing.
 */
import { currentDrive, fenceDevice, loseDrivePosition, selectDrive } from "../lane/device.ts";
import { oweHostAttributes } from "../lane/host-attributes.ts";
import { laneNumber } from "../lane/identity.ts";
import { KEPT_NEXT_TAG, KEPT_OWN_TAG, kept } from "../lane/keep.ts";
import { realTag, setRealTag, virtualTag } from "../lane/medium.ts";
import { forgetSerial } from "../lane/medium-identity.ts";
import { owePartitions, partitionsCopied } from "../lane/partition.ts";
import { act, logNumbers, params, setA, setB, setC, setD, setX } from "../lib/action.ts";
import { eventC } from "../lib/event.ts";
import { PARAM_IN_AT, VOLUME_TAG_BYTES } from "../spec/abi.ts";
import { AC_WORD } from "../spec/action.ts";
import { LOG_GONE_BACK } from "../spec/log-code.ts";
import { WORD_BAD_MEDIUM, WORD_DRIVE, WORD_FENCED, WORD_MEDIUM, WORD_NONE } from "../spec/word.ts";
import { cursorProven, cursorReceived, cursorSent, cursorSynchronized } from "../tape/cursor.ts";

/** The placed medium is one that an earlier run was given: this one knows no number of it. */
const FOUND: u32 = 0xfffffffe;

sparesReset();

/** Nothing is in hand. */
export function sparesReset(): void {
  kept.spareDrive = WORD_NONE;
  kept.spareMedium = WORD_NONE;
  kept.placedMedium = WORD_NONE;
  kept.mediumReplaced = false;
  kept.ownOut = false;
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
  if (kind === WORD_DRIVE) kept.spareDrive = eventC();
  if (kind !== WORD_MEDIUM) return;
  kept.spareMedium = eventC();
  if (kept.spareMedium !== WORD_NONE) memory.copy(KEPT_NEXT_TAG, PARAM_IN_AT, VOLUME_TAG_BYTES);
}
/** Device number of the spare drive in hand, or WORD_NONE. */
export function spareDriveInHand(): u32 {
  return kept.spareDrive;
}
/** Number of the spare medium in hand, or WORD_NONE. */
export function spareMediumInHand(): u32 {
  return kept.spareMedium;
}
/** The spare drive cannot be reached. */
export function rejectDrive(): void {
  sendWord(WORD_FENCED, kept.spareDrive, currentDrive());
  kept.spareDrive = WORD_NONE;
}
/** From here on the spare drive in hand, where there is one, is the lane's drive. */
export function takeSpareDrive(): void {
  if (kept.spareDrive === WORD_NONE || currentDrive() === kept.spareDrive) return;
  sendWord(WORD_FENCED, currentDrive(), kept.spareDrive);
  fenceDevice(currentDrive());
  selectDrive(kept.spareDrive);
  kept.spareDrive = WORD_NONE;
}
/** The spare medium in hand is in the drive: it stands for the volume. */
export function placeMedium(): void {
  kept.mediumReplaced = true;
  kept.placedMedium = kept.spareMedium;
  kept.spareMedium = WORD_NONE;
  setRealTag(KEPT_NEXT_TAG);
  oweHostAttributes(true);
  owePartitions();
  forgetSerial();
}
/** The volume is on another cartridge than when the recovery began. */
export function isMediumReplaced(): bool {
  return kept.mediumReplaced;
}
/** The spare medium in the drive is of no use. */
export function rejectPlaced(): void {
  const placed = kept.placedMedium;
  if (placed !== WORD_NONE) sendWord(WORD_BAD_MEDIUM, placed === FOUND ? WORD_NONE : placed, 0);
  kept.placedMedium = WORD_NONE;
}
/** An earlier run has put the spare medium into the drive; the volume's own one is out. */
export function foundPlaced(): void {
  kept.placedMedium = FOUND;
  kept.mediumReplaced = true;
  kept.ownOut = true;
  kept.ownSent = 0;
  kept.ownSynchronized = 0;
  memory.copy(KEPT_OWN_TAG, virtualTag(), VOLUME_TAG_BYTES);
}
/** The same, and it is of no use. */
export function rejectFound(): void {
  foundPlaced();
  rejectPlaced();
}
/** A cartridge has been taken out of the drive: the first one in a recovery is the volume's own. */
export function tookOut(): void {
  if (kept.ownOut) return;
  kept.ownOut = true;
  kept.ownSent = cursorSent();
  kept.ownSynchronized = cursorSynchronized();
  memory.copy(KEPT_OWN_TAG, realTag(), VOLUME_TAG_BYTES);
}
/** The volume's own cartridge waits in its storage element. */
export function isOwnOut(): bool {
  return kept.ownOut;
}
/** No spare medium holds more of the volume than its own cartridge, which can come back. */
export function isOwnBetter(): bool {
  return kept.ownOut && (!kept.mediumReplaced || kept.ownSent >= cursorSent());
}
/** The spare medium that was tried is out of the drive. */
export function spareOut(): void {
  rejectPlaced();
  kept.mediumReplaced = false;
}
/** The volume's own cartridge is in the drive again: what it holds for certain counts. */
export function ownBack(): void {
  kept.ownOut = false;
  oweHostAttributes(false);
  partitionsCopied();
  setRealTag(KEPT_OWN_TAG);
  forgetSerial();
  loseDrivePosition();
  cursorProven(min(kept.ownSynchronized, cursorReceived()));
  logNumbers(LOG_GONE_BACK, 0, 0);
  setX(cursorSynchronized());
  memory.copy(params(VOLUME_TAG_BYTES), KEPT_OWN_TAG, VOLUME_TAG_BYTES);
}
