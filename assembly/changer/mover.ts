/**
 * Moves one cartridge with the robot: waits for the journal, moves, and looks where the cartridge is then: a
 * robot may say that it is done and have done nothing, dropped it half way, or taken what somebody has
 * put in its place. Where it failed it is tried again from there (the move may have happened). Bounded by
 * ROBOT_RETRIES. Decides nothing about who wanted it; when it has ended well the tables are right. One move
 * at a time.
 */

import { logNumbers } from "../lib/action.ts";
import { now } from "../lib/event.ts";
import { keep32, keep64, keepBytes, keepFlag } from "../lib/keep.ts";
import {
  ASC_MECHANICAL_POSITIONING_ERROR,
  ASC_MEDIUM_DESTINATION_ELEMENT_FULL,
  ASC_MEDIUM_SOURCE_ELEMENT_EMPTY,
} from "../spec/additional-sense.ts";
import { DESCRIPTOR_FULL } from "../spec/element.ts";
import { DONE_SENSE_BYTES } from "../spec/event.ts";
import { LOG_ROBOT_FAILED, LOG_ROBOT_RETRY } from "../spec/log-code.ts";
import { KEY_HARDWARE_ERROR, KEY_ILLEGAL_REQUEST, KEY_UNIT_ATTENTION } from "../spec/sense-key.ts";
import { WORD_NONE } from "../spec/word.ts";
import { cartridgeElement, place, realTag } from "./cartridge-table.ts";
import { readElements } from "./element-reader.ts";
import {
  elementAddress,
  elementFlags,
  elementKnown,
  elementSeen,
  elementServed,
  elementTag,
  elementType,
  unseeElements,
} from "./element-table.ts";
import { journalClean } from "./journal.ts";
import {
  NEVER,
  NONE,
  ROBOT_LOST_RETRIES,
  ROBOT_RETRIES,
  ROBOT_RETRY_WAIT_MS,
  TRANSPORT_BASE,
} from "./limits.ts";
import {
  ROBOT_CHECK,
  ROBOT_GOOD,
  ROBOT_LOST,
  ROBOT_SILENT,
  robotCouple,
  robotData,
  robotDataBytes,
  robotElementStatus,
  robotMove,
  robotSense,
  robotSenseAt,
} from "./robot.ts";
import { tagBlank, tagEqual } from "./tag.ts";

const SOURCE_EMPTY: u32 = (KEY_ILLEGAL_REQUEST << 16) | ASC_MEDIUM_SOURCE_ELEMENT_EMPTY;
const DESTINATION_FULL: u32 = (KEY_ILLEGAL_REQUEST << 16) | ASC_MEDIUM_DESTINATION_ELEMENT_FULL;
const NOT_POSITIONED: u32 = (KEY_HARDWARE_ERROR << 16) | ASC_MECHANICAL_POSITIONING_ERROR;

const STEP_NONE: u32 = 0;
const STEP_JOURNAL: u32 = 1;
const STEP_MOVE: u32 = 2;
const STEP_WAIT: u32 = 3;
const STEP_COUPLE: u32 = 4;
const STEP_LOOK_SOURCE: u32 = 5;
const STEP_LOOK_DESTINATION: u32 = 6;
const STEP_LOOK_TRANSPORT: u32 = 7;
const STEP_LOOK_ROOM: u32 = 8;

/** ROBOT_CHECK, because of what stands where: true, where the library's own inventory says the same. */
const REFUSED: u32 = 5;

/** The robot's own sense data of the move that failed last. */
const SENSE: usize = memory.data(64, 8);
let step: u32 = STEP_NONE;
let cartridge: u32 = NONE;
let from: u32 = NONE;
let to: u32 = NONE;
let attempt: u32 = 0;
/** ROBOT_*, or REFUSED. */
let how: u32 = 0;
let result: u32 = 0;
/** The robot said that it is done. */
let saidGood: bool = false;
let wakeAt: u64 = NEVER;

/** A move runs. */
export function moving(): bool {
  return step !== STEP_NONE;
}
/** How the last one ended: 0 done, else sense (key << 16 | additional sense) or WORD_NONE. */
export function moveResult(): u32 {
  return result;
}
/** The robot's sense data (DONE_SENSE_BYTES) where `moveResult` is its sense. */
export function moveSense(): u32 {
  return SENSE as u32;
}
/** When it wants EV_TIME, or NEVER. */
export function moveWake(): u64 {
  return step === STEP_WAIT ? wakeAt : NEVER;
}
/** It is trying again. */
export function moveRetries(): bool {
  return moving() && attempt > 0;
}

/** Begins to move a cartridge that is in the library to an empty element. */
export function startMove(what: u32, destination: u32): void {
  cartridge = what;
  from = cartridgeElement(what);
  to = destination;
  attempt = 0;
  result = 0;
  step = STEP_JOURNAL;
}
/** Goes on when the journal is written; asked at the end of each step. */
export function moveJournal(): void {
  if (step !== STEP_JOURNAL || !journalClean()) return;
  tryMove();
}
function tryMove(): void {
  step = STEP_MOVE;
  saidGood = false;
  robotMove(from, to);
}
function ended(value: u32): void {
  result = value;
  step = STEP_NONE;
  if (value !== 0) return;
  place(cartridge, to);
  elementServed(from);
  elementServed(to);
}

function moveFailed(): void {
  const sense = how === ROBOT_LOST || how === ROBOT_SILENT ? WORD_NONE : robotSense();
  memory.fill(SENSE, 0, DONE_SENSE_BYTES);
  if (sense !== WORD_NONE) memory.copy(SENSE, robotSenseAt(), DONE_SENSE_BYTES);
  result = sense;
  attempt += 1;
  logNumbers(LOG_ROBOT_RETRY, attempt, sense);
  if (sense !== SOURCE_EMPTY && sense !== DESTINATION_FULL) return wait();
  // Waiting changes nothing of that; where the inventory says otherwise it is tried as ever.
  how = REFUSED;
  look(STEP_LOOK_SOURCE, from);
}
function wait(): void {
  if (how === REFUSED) how = ROBOT_CHECK;
  step = STEP_WAIT;
  wakeAt = now() + ((ROBOT_RETRY_WAIT_MS as u64) << (attempt - 1));
}
/** Time has come: look where the cartridge is. */
export function moveTime(): void {
  if (step !== STEP_WAIT || now() < wakeAt) return;
  if (how !== ROBOT_LOST) return look(STEP_LOOK_SOURCE, from);
  step = STEP_COUPLE;
  robotCouple();
}
function look(next: u32, element: u32): void {
  step = next;
  unseeElements();
  robotElementStatus(elementType(element), elementAddress(element), 1, false);
}
function retriesLeft(): bool {
  if (how === ROBOT_SILENT) return false;
  return attempt <= (how === ROBOT_LOST ? ROBOT_LOST_RETRIES : ROBOT_RETRIES);
}
function giveUp(): void {
  logNumbers(LOG_ROBOT_FAILED, attempt, result);
  ended(result === 0 ? WORD_NONE : result);
}
function again(): void {
  if (retriesLeft()) tryMove();
  else giveUp();
}
/** The inventory was looked at: what was refused is done once more after a wait. */
function further(): void {
  if (how === REFUSED) wait();
  else again();
}
function isFull(element: u32): bool {
  return (elementFlags(element) & DESCRIPTOR_FULL) !== 0;
}
/** What stands there is the cartridge that is moved, or a library could not read its tag. */
function isSame(element: u32): bool {
  const tag = elementTag(element);
  return tagBlank(tag) || tagEqual(tag, realTag(cartridge));
}
/** It is not there any more, or another one is, or was moved in its place: somebody took or exchanged them. */
function exchanged(): void {
  memory.fill(SENSE, 0, DONE_SENSE_BYTES);
  logNumbers(LOG_ROBOT_FAILED, attempt, SOURCE_EMPTY);
  ended(SOURCE_EMPTY);
}
/** It has not been moved. */
function notMoved(): void {
  if (!saidGood) return further();
  saidGood = false;
  how = ROBOT_CHECK;
  result = NOT_POSITIONED;
  memory.fill(SENSE, 0, DONE_SENSE_BYTES);
  attempt += 1;
  logNumbers(LOG_ROBOT_RETRY, attempt, result);
  again();
}
/** It is at none of the places where it could be: the robot is believed. */
function nowhere(): void {
  if (saidGood) ended(0);
  else if (how === REFUSED && result === SOURCE_EMPTY) exchanged();
  else further();
}
function lookForTransport(): void {
  if (!elementKnown(TRANSPORT_BASE) || from === TRANSPORT_BASE) return nowhere();
  look(STEP_LOOK_TRANSPORT, TRANSPORT_BASE);
}
function sourceSeen(full: bool): void {
  if (full && !isSame(from)) return exchanged();
  if (full && how === REFUSED && result === DESTINATION_FULL) return look(STEP_LOOK_ROOM, to);
  if (full) return notMoved();
  if (saidGood) lookForTransport();
  else look(STEP_LOOK_DESTINATION, to);
}
function destinationSeen(full: bool): void {
  if (full && isSame(to)) return ended(0);
  if (!saidGood) return lookForTransport();
  if (full) exchanged();
  else look(STEP_LOOK_SOURCE, from);
}
/** It is where it was; is there no room for it? */
function roomSeen(full: bool): void {
  if (!full) return notMoved();
  logNumbers(LOG_ROBOT_FAILED, attempt, result);
  ended(result);
}
/** It was dropped half way where the robot still has it. */
function transportSeen(full: bool): void {
  if (!full || !isSame(TRANSPORT_BASE)) return nowhere();
  place(cartridge, TRANSPORT_BASE);
  from = TRANSPORT_BASE;
  notMoved();
}
function lookDone(element: u32): void {
  readElements(elementType(element), robotData(), robotDataBytes(), false);
  if (!elementSeen(element)) return nowhere();
  if (step === STEP_LOOK_SOURCE) sourceSeen(isFull(element));
  else if (step === STEP_LOOK_DESTINATION) destinationSeen(isFull(element));
  else if (step === STEP_LOOK_ROOM) roomSeen(isFull(element));
  else transportSeen(isFull(element));
}
function lookedAt(): u32 {
  if (step === STEP_LOOK_SOURCE) return from;
  return step === STEP_LOOK_TRANSPORT ? TRANSPORT_BASE : to;
}
/** The robot did not even say where it is: that counts as one more failure. */
function lookFailed(): void {
  attempt += 1;
  if (retriesLeft()) wait();
  else giveUp();
}

/** MOVE MEDIUM has ended: where the cartridge is now is looked up, also where it is said to be done. */
function tried(ending: u32): void {
  how = ending;
  saidGood = ending === ROBOT_GOOD;
  if (saidGood) return look(STEP_LOOK_DESTINATION, to);
  if (ending !== ROBOT_CHECK || robotSense() >> 16 !== KEY_UNIT_ATTENTION) return moveFailed();
  // Somebody opened the library: what is to be moved may be another cartridge now.
  attempt += 1;
  look(STEP_LOOK_SOURCE, from);
}
/** A robot command of the move has ended (ROBOT_*). */
export function moveDone(ending: u32): void {
  if (step === STEP_MOVE) return tried(ending);
  if (step === STEP_COUPLE) {
    if (ending === ROBOT_GOOD) look(STEP_LOOK_SOURCE, from);
    else lookFailed();
    return;
  }
  if (ending === ROBOT_GOOD) return lookDone(lookedAt());
  // It cannot be looked up whether the robot spoke the truth: it is believed.
  if (saidGood) return ended(0);
  how = ending;
  lookFailed();
}
/** What outlives a trap (keep.ts): how far a move is. */
export function keepMove(): void {
  keepBytes(SENSE as u32, DONE_SENSE_BYTES);
  step = keep32(step);
  cartridge = keep32(cartridge);
  from = keep32(from);
  to = keep32(to);
  attempt = keep32(attempt);
  how = keep32(how);
  result = keep32(result);
  saidGood = keepFlag(saidGood);
  wakeAt = keep64(wakeAt);
}
