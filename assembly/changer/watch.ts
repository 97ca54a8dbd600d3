/**
 * What the changer says to the library by itself, when the robot has nothing else to do: from time to time
 * TEST UNIT READY, so that a library which was opened can say so by a unit attention; and PREVENT ALLOW
 * MEDIUM REMOVAL, so that an operator cannot open it while a server prevents that. Decides when; what a
 * change means is reconcile.ts. A library that answers wrongly, or not at all, is asked again next time.
 */
import { now } from "../lib/event.ts";
import { keep32, keep64, keepFlag } from "../lib/keep.ts";
import { removalPrevented } from "../scsi/prevent.ts";
import { NEVER, WATCH_MS } from "./limits.ts";
import {
  ROBOT_LOST,
  ROBOT_SILENT,
  robotCouple,
  robotPrevent,
  robotReady,
  takeRobotReset,
} from "./robot.ts";

const STEP_NONE: u32 = 0;
const STEP_COUPLE: u32 = 1;
const STEP_ASK: u32 = 2;

let step: u32 = STEP_NONE;
let dueAt: u64 = NEVER;
/** It did not answer last time. */
let lost: bool = false;
/** What it was told of removal: prevented. */
let locked: bool = false;

/** The library has been read. */
export function watchBegin(): void {
  dueAt = now() + (WATCH_MS as u64);
}
/** There is something to say, now. */
export function watchWanted(): bool {
  if (takeRobotReset()) locked = false;
  if (dueAt === NEVER) return false;
  return now() >= dueAt || (!lost && removalPrevented() !== locked);
}
export function watching(): bool {
  return step !== STEP_NONE;
}
/** When it wants EV_TIME, or NEVER. */
export function watchWake(): u64 {
  return dueAt;
}

function ask(): void {
  step = STEP_ASK;
  const prevented = removalPrevented();
  if (prevented === locked) return robotReady();
  locked = prevented;
  robotPrevent(prevented);
}
export function startWatch(): void {
  if (!lost) return ask();
  step = STEP_COUPLE;
  robotCouple();
}
/** A robot command of it has ended (ROBOT_*). */
export function watchDone(how: u32): void {
  lost = how === ROBOT_LOST || how === ROBOT_SILENT;
  // What it heard of that is not known: it is told again.
  if (lost) locked = false;
  if (step === STEP_COUPLE && !lost) return ask();
  step = STEP_NONE;
  if (dueAt !== NEVER) watchBegin();
}
/** The bridge stops. */
export function watchEnd(): void {
  dueAt = NEVER;
}
/** What outlives a trap (keep.ts). */
export function keepWatch(): void {
  step = keep32(step);
  dueAt = keep64(dueAt);
  lost = keepFlag(lost);
  locked = keepFlag(locked);
}
