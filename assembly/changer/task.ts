/**
 * The server's commands that take a while: moves (one leg or, for EXCHANGE MEDIUM, two or three) and readings
 * of the inventory. A leg: the lane releases - the drive is cleared of what is not the volume - the robot
 * moves - the lane mounts - the journal is written - the answer. A task that the server gave up goes on
 * to its end without an answer, as a real changer does.
 *
 *   0 u32 phase   4 u32 task tag   8 u32 wanted (an answer)   12 u32 source   16 u32 destination
 *  20 u32 second source   24 u32 second destination   28 u32 cartridge   32 u64 deadline
 *  40 u32 result   44 u32 nexus   48 u32 third source   52 u32 third destination   56 u32 aside   64 sense data (64)
 */

import { eventA, eventB, eventC, eventTag, now } from "../lib/event.ts";
import { keepBytes } from "../lib/keep.ts";
import {
  ASC_LOAD_OR_EJECT_FAILED,
  ASC_MEDIUM_DESTINATION_ELEMENT_FULL,
  ASC_MEDIUM_SOURCE_ELEMENT_EMPTY,
} from "../spec/additional-sense.ts";
import { DONE_SENSE_BYTES } from "../spec/event.ts";
import { KEY_HARDWARE_ERROR, KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { setCartridgeLeaving, setCartridgeSource } from "./cartridge-table.ts";
import { addMove, addReading, OWNER_TASK, TO_ELEMENT, TO_HOME } from "./job.ts";
import { journalClean, touchJournal } from "./journal.ts";
import { laneDrive, laneVolume, setLaneVolume } from "./lane-table.ts";
import { commitReleased, sayGone, sayMount, sayRelease } from "./lane-word.ts";
import { MOUNT_WAIT_MS, NEVER, NONE, RELEASE_WAIT_MS, TASK_COUNT_MAX } from "./limits.ts";
import { inLaneDrive } from "./reconcile.ts";
import { replyResult } from "./reply.ts";
import { elementLane, isTransport, virtualAddress, virtualCartridge } from "./virtual.ts";

const PHASE_FREE: u32 = 0;
const PHASE_RELEASE: u32 = 1;
const PHASE_CLEAR: u32 = 2;
const PHASE_MOVE: u32 = 3;
const PHASE_MOUNT: u32 = 4;
const PHASE_FINISH: u32 = 5;
const PHASE_READ: u32 = 6;

const SOURCE_EMPTY: u32 = (KEY_ILLEGAL_REQUEST << 16) | ASC_MEDIUM_SOURCE_ELEMENT_EMPTY;
const DESTINATION_FULL: u32 = (KEY_ILLEGAL_REQUEST << 16) | ASC_MEDIUM_DESTINATION_ELEMENT_FULL;
const NOT_RELEASED: u32 = (KEY_HARDWARE_ERROR << 16) | ASC_LOAD_OR_EJECT_FAILED;

/** Where the legs that wait are in a row. */
const LEG_SECOND: u32 = 20;
const LEG_THIRD: u32 = 48;
/** The element that an exchange goes by way of, NONE: by none. Nobody was told of it: it is no source. */
const ASIDE: u32 = 56;

const BYTES: u32 = 128;
const TABLE: usize = memory.data(1024, 8);

function at(slot: u32): u32 {
  assert(slot < TASK_COUNT_MAX);
  return (TABLE as u32) + slot * BYTES;
}
function phase(slot: u32): u32 {
  return load<u32>(at(slot));
}
function setPhase(slot: u32, value: u32): void {
  store<u32>(at(slot), value);
}
function source(slot: u32): u32 {
  return load<u32>(at(slot) + 12);
}
function destination(slot: u32): u32 {
  return load<u32>(at(slot) + 16);
}
function cartridge(slot: u32): u32 {
  return load<u32>(at(slot) + 28);
}
/** A leg that waits: source NONE, none. */
function legSource(slot: u32, leg: u32): u32 {
  return load<u32>(at(slot) + leg);
}
function legDestination(slot: u32, leg: u32): u32 {
  return load<u32>(at(slot) + leg + 4);
}
function setLeg(slot: u32, leg: u32, from: u32, to: u32): void {
  store<u32>(at(slot) + leg, from);
  store<u32>(at(slot) + leg + 4, to);
}
function waitUntil(slot: u32, value: u32, ms: u32): void {
  setPhase(slot, value);
  store<u64>(at(slot) + 32, now() + (ms as u64));
}
function waits(slot: u32): bool {
  return phase(slot) === PHASE_RELEASE || phase(slot) === PHASE_MOUNT;
}
/** Ends it with a result; sense data of the robot at `raw`, 0 none. */
function finish(slot: u32, result: u32, raw: u32): void {
  store<u32>(at(slot) + 40, result);
  if (result !== 0) {
    setLeg(slot, LEG_SECOND, NONE, NONE);
    setLeg(slot, LEG_THIRD, NONE, NONE);
  }
  memory.fill(at(slot) + 64, 0, DONE_SENSE_BYTES);
  if (raw !== 0) memory.copy(at(slot) + 64, raw, DONE_SENSE_BYTES);
  setPhase(slot, PHASE_FINISH);
}

function touches(slot: u32, element: u32): bool {
  if (element === NONE || phase(slot) === PHASE_FREE || phase(slot) === PHASE_READ) return false;
  const now = element === source(slot) || element === destination(slot);
  return now || inLeg(slot, LEG_SECOND, element) || inLeg(slot, LEG_THIRD, element);
}
function inLeg(slot: u32, leg: u32, element: u32): bool {
  return element === legSource(slot, leg) || element === legDestination(slot, leg);
}
/** A move to or from this virtual element is under way. */
export function taskTouches(element: u32): bool {
  for (let i: u32 = 0; i < TASK_COUNT_MAX; i++) if (touches(i, element)) return true;
  return false;
}
/** A slot for the command that has just arrived. */
function open(): u32 {
  for (let i: u32 = 0; i < TASK_COUNT_MAX; i++) {
    if (phase(i) !== PHASE_FREE) continue;
    memory.fill(at(i), 0, BYTES);
    store<u32>(at(i) + 4, eventTag());
    store<u32>(at(i) + 8, 1);
    store<u32>(at(i) + 44, eventA());
    setLeg(i, LEG_SECOND, NONE, NONE);
    setLeg(i, LEG_THIRD, NONE, NONE);
    store<u32>(at(i) + ASIDE, NONE);
    return i;
  }
  return NONE;
}

/**
 * Begins a move between two virtual elements, the first full and the second empty for the server; false:
 * too many tasks at once.
 */
export function beginMove(from: u32, to: u32): bool {
  const slot = open();
  if (slot === NONE) return false;
  beginLeg(slot, from, to);
  return true;
}
/**
 * Begins an exchange: what is in `to` goes to `second` (first to `by`, where that is another, empty one),
 * what is in `from` to `to`; false: too many tasks at once.
 */
export function beginExchange(from: u32, to: u32, by: u32, second: u32): bool {
  const slot = open();
  if (slot === NONE) return false;
  setLeg(slot, LEG_SECOND, from, to);
  if (by !== second) {
    setLeg(slot, LEG_THIRD, by, second);
    store<u32>(at(slot) + ASIDE, by);
  }
  beginLeg(slot, to, by);
  return true;
}
/** Begins a reading of the inventory; false: too many tasks at once. */
export function beginReading(): bool {
  const slot = open();
  if (slot === NONE) return false;
  setPhase(slot, PHASE_READ);
  addReading(OWNER_TASK + slot);
  return true;
}
function beginLeg(slot: u32, from: u32, to: u32): void {
  store<u32>(at(slot) + 12, from);
  store<u32>(at(slot) + 16, to);
  store<u32>(at(slot) + 28, virtualCartridge(from));
  if (virtualCartridge(from) === NONE) return finish(slot, SOURCE_EMPTY, 0);
  if (virtualCartridge(to) !== NONE) return finish(slot, DESTINATION_FULL, 0);
  if (elementLane(from) === 0) return go(slot);
  waitUntil(slot, PHASE_RELEASE, RELEASE_WAIT_MS);
  sayRelease(elementLane(from));
}
/** What a given-up recovery left in a lane's drive; NONE: nothing. */
function leftover(slot: u32, element: u32): u32 {
  const lane = elementLane(element);
  if (lane === 0 || laneDrive(lane) === NONE) return NONE;
  const found = inLaneDrive(lane);
  return found === cartridge(slot) ? NONE : found;
}
function go(slot: u32): void {
  let other = leftover(slot, source(slot));
  if (other === NONE) other = leftover(slot, destination(slot));
  setPhase(slot, other === NONE ? PHASE_MOVE : PHASE_CLEAR);
  if (other !== NONE) addMove(OWNER_TASK + slot, other, TO_HOME);
  else addMove(OWNER_TASK + slot, cartridge(slot), TO_ELEMENT | destination(slot));
}
function moved(slot: u32): void {
  const from = elementLane(source(slot));
  const to = elementLane(destination(slot));
  touchJournal();
  if (from !== 0) {
    setLaneVolume(from, NONE);
    sayGone(from, 0);
  } else if (!isTransport(source(slot)) && source(slot) !== load<u32>(at(slot) + ASIDE)) {
    setCartridgeSource(cartridge(slot), virtualAddress(source(slot)));
  }
  if (to === 0) return finish(slot, 0, 0);
  setLaneVolume(to, cartridge(slot));
  waitUntil(slot, PHASE_MOUNT, MOUNT_WAIT_MS);
  sayMount(to, false);
}
function failed(slot: u32, result: u32, raw: u32): void {
  const lane = elementLane(source(slot));
  if (lane !== 0) {
    setCartridgeLeaving(cartridge(slot), false);
    touchJournal();
    sayGone(lane, result);
  }
  finish(slot, result, raw);
}

/** The nexus that the task came from. */
export function taskNexus(slot: u32): u32 {
  return load<u32>(at(slot) + 44);
}
/** A task's robot job has ended; sense data at `raw`, 0 none. */
export function taskJobEnded(slot: u32, result: u32, raw: u32): void {
  if (phase(slot) === PHASE_READ) return finish(slot, result, raw);
  if (result !== 0) return failed(slot, result, raw);
  if (phase(slot) === PHASE_CLEAR) return go(slot);
  moved(slot);
}
/** WORD_RELEASED of a lane: c result. */
export function taskReleased(): void {
  for (let i: u32 = 0; i < TASK_COUNT_MAX; i++) {
    if (phase(i) !== PHASE_RELEASE || elementLane(source(i)) !== eventB()) continue;
    if (eventC() !== 0) return finish(i, eventC(), 0);
    commitReleased(eventB());
    if (laneVolume(eventB()) === NONE) return finish(i, SOURCE_EMPTY, 0);
    store<u32>(at(i) + 28, laneVolume(eventB()));
    setCartridgeLeaving(cartridge(i), true);
    touchJournal();
    return go(i);
  }
}
/** Somebody took a lane's volume out of the library: it will not be released any more. */
export function taskGone(lane: u32): void {
  for (let i: u32 = 0; i < TASK_COUNT_MAX; i++) {
    if (phase(i) === PHASE_RELEASE && elementLane(source(i)) === lane) finish(i, SOURCE_EMPTY, 0);
  }
}
/** A move of the server is under way. */
export function taskMoves(): bool {
  for (let i: u32 = 0; i < TASK_COUNT_MAX; i++) {
    if (phase(i) !== PHASE_FREE && phase(i) !== PHASE_READ) return true;
  }
  return false;
}
/** WORD_MOUNTED of a lane: whatever its result, the robot has done its part. */
export function taskMounted(): void {
  for (let i: u32 = 0; i < TASK_COUNT_MAX; i++) {
    if (phase(i) === PHASE_MOUNT && elementLane(destination(i)) === eventB()) finish(i, 0, 0);
  }
}
/** The server gave the task up: no answer. */
export function taskEnded(tag: u32): void {
  for (let i: u32 = 0; i < TASK_COUNT_MAX; i++) {
    if (phase(i) !== PHASE_FREE && load<u32>(at(i) + 4) === tag) store<u32>(at(i) + 8, 0);
  }
}
/** Time has come for lanes that say nothing. */
export function taskTime(): void {
  for (let i: u32 = 0; i < TASK_COUNT_MAX; i++) {
    if (!waits(i) || now() < load<u64>(at(i) + 32)) continue;
    if (phase(i) === PHASE_MOUNT) finish(i, 0, 0);
    else failed(i, NOT_RELEASED, 0);
  }
}
/** The earliest deadline, or NEVER. */
export function taskWake(): u64 {
  let earliest: u64 = NEVER;
  for (let i: u32 = 0; i < TASK_COUNT_MAX; i++) {
    if (waits(i) && load<u64>(at(i) + 32) < earliest) earliest = load<u64>(at(i) + 32);
  }
  return earliest;
}
/** Begins the leg that waits next; false: none does. */
function nextLeg(slot: u32): bool {
  const from = legSource(slot, LEG_SECOND);
  if (from === NONE) return false;
  const to = legDestination(slot, LEG_SECOND);
  setLeg(slot, LEG_SECOND, legSource(slot, LEG_THIRD), legDestination(slot, LEG_THIRD));
  setLeg(slot, LEG_THIRD, NONE, NONE);
  beginLeg(slot, from, to);
  return true;
}
/** Answers what is done and durable, and begins legs that wait; asked at the end of each step. */
export function taskSettle(): void {
  for (let i: u32 = 0; i < TASK_COUNT_MAX; i++) {
    if (phase(i) !== PHASE_FINISH || !journalClean()) continue;
    if (nextLeg(i)) continue;
    setPhase(i, PHASE_FREE);
    if (load<u32>(at(i) + 8) === 0) continue;
    replyResult(load<u32>(at(i) + 4), load<u32>(at(i) + 40), at(i) + 64);
  }
}
/** This command of the server is in work. */
export function taskOpen(tag: u32): bool {
  for (let i: u32 = 0; i < TASK_COUNT_MAX; i++) {
    if (phase(i) !== PHASE_FREE && load<u32>(at(i) + 4) === tag) return true;
  }
  return false;
}
/** What outlives a trap (keep.ts). */
export function keepTasks(): void {
  keepBytes(TABLE as u32, TASK_COUNT_MAX * BYTES);
}
