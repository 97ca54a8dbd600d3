/**
 * What a running procedure remembers between its steps. `outcome` is OUTCOME_RUNNING until the
 * procedure calls `finish`; its owner then takes the outcome by `procedureTake`.
 */
import { now } from "../lib/event.ts";
import { currentDrive } from "./device.ts";
import { wakeAt } from "./wake.ts";

export const PROCEDURE_NONE: u32 = 0;
export const PROCEDURE_READY: u32 = 1;
export const PROCEDURE_POSITION: u32 = 2;
export const PROCEDURE_UNLOAD: u32 = 3;
export const PROCEDURE_TAIL: u32 = 4;
export const PROCEDURE_BLANK: u32 = 5;
export const PROCEDURE_EVIDENCE: u32 = 6;
export const PROCEDURE_IDENTITY: u32 = 7;
export const PROCEDURE_CHECK: u32 = 8;
export const PROCEDURE_WARNING: u32 = 9;
export const PROCEDURE_COMPRESSION: u32 = 10;
export const PROCEDURE_WALK: u32 = 11;
export const PROCEDURE_CAPACITY: u32 = 12;
export const PROCEDURE_KEY: u32 = 13;
export const PROCEDURE_ATTRIBUTES: u32 = 14;
export const PROCEDURE_DIVIDE: u32 = 15;

export const OUTCOME_RUNNING: u32 = 0;
export const OUTCOME_DONE: u32 = 1;
/** The device answered with an error: its sense data are the last that were read. */
export const OUTCOME_SENSE: u32 = 2;
/** No answer, or no connection. */
export const OUTCOME_NO_ANSWER: u32 = 3;
/** The position asked for is behind the end of data. */
export const OUTCOME_END_OF_DATA: u32 = 4;
/** The ring cannot say what should be there. */
export const OUTCOME_RING: u32 = 5;
/** The medium is not blank, or write protected. */
export const OUTCOME_UNFIT: u32 = 6;
/** It was a cleaning cartridge, and the drive has done with it. */
export const OUTCOME_CLEANED: u32 = 7;

/** For whom it runs. */
export const FOR_NONE: u32 = 0;
export const FOR_MOUNT: u32 = 1;
export const FOR_TASK: u32 = 2;
export const FOR_FEEDER: u32 = 3;
export const FOR_RECOVERY: u32 = 4;
export const FOR_COPY: u32 = 5;

let kind: u32 = PROCEDURE_NONE;
let owner: u32 = FOR_NONE;
let counter: u32 = 0;
let result: u32 = OUTCOME_RUNNING;
let device: u32 = 0;
let target: u64 = 0;
let tries: u32 = 0;
let startedAt: u64 = 0;
let waitUntil: u64 = 0;
let marked: bool = false;

export function procedureIdle(): bool {
  return kind === PROCEDURE_NONE;
}
/** Begins one on the current drive; `object`: where to, of those that go somewhere. */
export function procedureStart(procedure: u32, forWhom: u32, object: u64 = 0): void {
  assert(kind === PROCEDURE_NONE);
  kind = procedure;
  owner = forWhom;
  counter = 0;
  result = OUTCOME_RUNNING;
  device = currentDrive();
  target = object;
  tries = 0;
  startedAt = now();
  waitUntil = 0;
  marked = false;
}
export function procedureKind(): u32 {
  return kind;
}
export function procedureFor(): u32 {
  return kind === PROCEDURE_NONE ? FOR_NONE : owner;
}
export function outcome(): u32 {
  return result;
}
/** The outcome, once there is one for that owner (else OUTCOME_RUNNING); the place is then free. */
export function procedureTake(forWhom: u32): u32 {
  if (kind === PROCEDURE_NONE || owner !== forWhom || result === OUTCOME_RUNNING) {
    return OUTCOME_RUNNING;
  }
  kind = PROCEDURE_NONE;
  return result;
}
export function pc(): u32 {
  return counter;
}
export function setPc(value: u32): void {
  counter = value;
}
export function procedureDevice(): u32 {
  return device;
}
export function procedureTarget(): u64 {
  return target;
}
/** One thing that a procedure does only once. */
export function procedureMarked(): bool {
  return marked;
}
export function procedureMark(): void {
  marked = true;
}
/** Counts one try more; answers how many that makes. */
export function countTry(): u32 {
  tries += 1;
  return tries;
}
export function procedureMs(): u64 {
  return now() - startedAt;
}
/** Pauses for so many milliseconds. */
export function procedurePause(ms: u64): void {
  waitUntil = now() + ms;
  wakeAt(waitUntil);
}
/** True while a pause lasts (and then asks to be woken). */
export function setProcedureWaiting(): bool {
  if (waitUntil <= now()) return false;
  wakeAt(waitUntil);
  return true;
}
/** Ends it; true, so that callers can write `return finish(...)`. */
export function finish(value: u32): bool {
  result = value;
  return true;
}
