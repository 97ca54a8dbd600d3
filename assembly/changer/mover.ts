/**
 * Moves one cartridge with the robot: waits for the journal, moves, and where that fails looks where
 * the cartridge is before it tries again (the move may have happened). Bounded by ROBOT_RETRIES. Decides
 * nothing about who wanted it; the tables are right when it has ended. One move at a time.
 */

import { logNumbers } from "../lib/action.ts";
import { now } from "../lib/event.ts";
import { keep32, keep64, keepBytes } from "../lib/keep.ts";
import { DESCRIPTOR_FULL } from "../spec/element.ts";
import { DONE_SENSE_BYTES } from "../spec/event.ts";
import { LOG_ROBOT_FAILED, LOG_ROBOT_RETRY } from "../spec/log-code.ts";
import { WORD_NONE } from "../spec/word.ts";
import { cartridgeElement, place, realTag } from "./cartridge-table.ts";
import { readElements } from "./element-reader.ts";
import {
  elementAddress,
  elementFlags,
  elementSeen,
  elementServed,
  elementTag,
  elementType,
  unseeElements,
} from "./element-table.ts";
import { journalClean } from "./journal.ts";
import { NEVER, NONE, ROBOT_LOST_RETRIES, ROBOT_RETRIES, ROBOT_RETRY_WAIT_MS } from "./limits.ts";
import {
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

const STEP_NONE: u32 = 0;
const STEP_JOURNAL: u32 = 1;
const STEP_MOVE: u32 = 2;
const STEP_WAIT: u32 = 3;
const STEP_COUPLE: u32 = 4;
const STEP_LOOK_SOURCE: u32 = 5;
const STEP_LOOK_DESTINATION: u32 = 6;

/** The robot's own sense data of the move that failed last. */
const SENSE: usize = memory.data(64, 8);
let step: u32 = STEP_NONE;
let cartridge: u32 = NONE;
let from: u32 = NONE;
let to: u32 = NONE;
let attempt: u32 = 0;
let how: u32 = 0;
let result: u32 = 0;
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
  step = STEP_JOURNAL;
}
/** Goes on when the journal is written; asked at the end of each step. */
export function moveJournal(): void {
  if (step !== STEP_JOURNAL || !journalClean()) return;
  tryMove();
}
function tryMove(): void {
  step = STEP_MOVE;
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
  wait();
}
function wait(): void {
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
function isFull(element: u32): bool {
  return (elementFlags(element) & DESCRIPTOR_FULL) !== 0;
}
function lookDone(element: u32): void {
  readElements(elementType(element), robotData(), robotDataBytes(), false);
  if (!elementSeen(element)) return again();
  if (step === STEP_LOOK_SOURCE) {
    return isFull(element) ? again() : look(STEP_LOOK_DESTINATION, to);
  }
  const tag = elementTag(element);
  const same = tagBlank(tag) || tagEqual(tag, realTag(cartridge));
  if (isFull(element) && same) return ended(0);
  again();
}
/** The robot did not even say where it is: that counts as one more failure. */
function lookFailed(): void {
  attempt += 1;
  if (retriesLeft()) wait();
  else giveUp();
}

/** A robot command of the move has ended (ROBOT_*). */
export function moveDone(ending: u32): void {
  if (step === STEP_MOVE) {
    how = ending;
    if (ending === ROBOT_GOOD) ended(0);
    else moveFailed();
    return;
  }
  if (step === STEP_COUPLE) {
    if (ending === ROBOT_GOOD) look(STEP_LOOK_SOURCE, from);
    else lookFailed();
    return;
  }
  if (ending !== ROBOT_GOOD) {
    how = ending;
    return lookFailed();
  }
  lookDone(step === STEP_LOOK_SOURCE ? from : to);
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
  wakeAt = keep64(wakeAt);
}
