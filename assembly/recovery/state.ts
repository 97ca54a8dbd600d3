/**
 * Where the running recovery stands. Kept apart so that the feeder, the server's commands and the show
 * block can ask without importing the recovery itself.
 */
import { act, setA, setB, setC, setD } from "../lib/action.ts";
import { keep32, keep64, keepFlag } from "../lib/keep.ts";
import { AC_STEP } from "../spec/action.ts";
import { LABEL_611, RECOVERY_KIND_NONE, RECOVERY_RESULT_RUNNING } from "../spec/recovery-label.ts";
import {
  PLAN_BACK,
  PLAN_BOTH,
  PLAN_MEDIUM,
  PLAN_RETRY,
  STATE_CATCH_UP,
  STATE_COPY,
  STATE_NONE,
} from "../spec/recovery-state.ts";

let state: u32 = STATE_NONE;
let plan: u32 = PLAN_RETRY;
let number: u32 = 0;
let kind: u32 = RECOVERY_KIND_NONE;
let rewritten: u64 = 0;
let spareDrives: u32 = 0;
let spareMedia: u32 = 0;
let accepting: bool = false;

export function recoveryState(): u32 {
  return state;
}
export function setRecoveryState(value: u32): void {
  state = value;
}
export function recoveryPlan(): u32 {
  return plan;
}
export function setRecoveryPlan(value: u32): void {
  plan = value;
}
export function recovering(): bool {
  return state !== STATE_NONE;
}
/** The drive may be fed: no recovery, or one that copies from the ring. */
export function feedingAllowed(): bool {
  return state === STATE_NONE || state === STATE_COPY || state === STATE_CATCH_UP;
}
/** The whole image goes to another cartridge: nothing of it may be reclaimed. */
export function wholeImageNeeded(): bool {
  return state !== STATE_NONE && (plan === PLAN_MEDIUM || plan === PLAN_BOTH);
}
export function recoveryNumber(): u32 {
  return number;
}
export function nextRecovery(): void {
  number += 1;
  kind = RECOVERY_KIND_NONE;
  rewritten = 0;
  accepting = false;
}
export function setRecoveryKind(value: u32): void {
  kind = value;
}
/** Bytes that the feeder sent since the recovery began. */
export function rewrittenBytes(): u64 {
  return rewritten;
}
export function countRewritten(bytes: u64): void {
  if (state !== STATE_NONE) rewritten += bytes;
}
export function setSpares(drives: u32, media: u32): void {
  spareDrives = drives;
  spareMedia = media;
}
export function spareDriveCount(): u32 {
  return spareDrives;
}
export function spareMediumCount(): u32 {
  return spareMedia;
}
/** A step of the source, for log and status. */
export function showStep(label: u32, result: u32): void {
  act(AC_STEP, 0);
  setA(label);
  setB(number);
  setC(kind);
  setD(result);
}
export function showRunning(label: u32): void {
  if (label !== 0) showStep(label, RECOVERY_RESULT_RUNNING);
}

/** Step 611: a spare has been found, the ring accepts data at a reduced rate from here on. */
export function beginAccepting(): void {
  if (accepting) return;
  accepting = true;
  showRunning(LABEL_611);
}
/** There is, or may be, something to recover with: the server need not be told of a failure. */
export function coverable(): bool {
  return plan !== PLAN_BACK && (accepting || spareDrives + spareMedia > 0);
}

/** What outlives a trap (lane/keep.ts). */
export function keepRecoveryState(): void {
  state = keep32(state);
  plan = keep32(plan);
  number = keep32(number);
  kind = keep32(kind);
  rewritten = keep64(rewritten);
  spareDrives = keep32(spareDrives);
  spareMedia = keep32(spareMedia);
  accepting = keepFlag(accepting);
}
