/**
 * Where the running recovery stands. Kept apart so that the feeder, the server's commands and the show
 * block can ask without importing the recovery itself.
 */
import { kept } from "../lane/keep.ts";
import { act, setA, setB, setC, setD } from "../lib/action.ts";
import { AC_STEP } from "../spec/action.ts";
import { LABEL_611, RECOVERY_KIND_NONE, RECOVERY_RESULT_RUNNING } from "../spec/recovery-label.ts";
import {
  PLAN_BACK,
  PLAN_BOTH,
  PLAN_MEDIUM,
  STATE_CATCH_UP,
  STATE_COPY,
  STATE_NONE,
} from "../spec/recovery-state.ts";

export function recoveryState(): u32 {
  return kept.recovery;
}
export function setRecoveryState(value: u32): void {
  kept.recovery = value;
}
export function recoveryPlan(): u32 {
  return kept.plan;
}
export function setRecoveryPlan(value: u32): void {
  kept.plan = value;
}
export function recovering(): bool {
  return kept.recovery !== STATE_NONE;
}
/** The drive may be fed: no recovery, or one that copies from the ring. */
export function feedingAllowed(): bool {
  return (
    kept.recovery === STATE_NONE || kept.recovery === STATE_COPY || kept.recovery === STATE_CATCH_UP
  );
}
/** The whole image goes to another cartridge: nothing of it may be reclaimed. */
export function wholeImageNeeded(): bool {
  return kept.recovery !== STATE_NONE && (kept.plan === PLAN_MEDIUM || kept.plan === PLAN_BOTH);
}
export function recoveryNumber(): u32 {
  return kept.recoveryNumber;
}
export function nextRecovery(): void {
  kept.recoveryNumber += 1;
  kept.recoveryKind = RECOVERY_KIND_NONE;
  kept.rewritten = 0;
  kept.accepting = false;
}
export function setRecoveryKind(value: u32): void {
  kept.recoveryKind = value;
}
/** Bytes that the feeder sent since the recovery began. */
export function rewrittenBytes(): u64 {
  return kept.rewritten;
}
export function countRewritten(bytes: u64): void {
  if (kept.recovery !== STATE_NONE) kept.rewritten += bytes;
}
export function setSpares(drives: u32, media: u32): void {
  kept.spareDrives = drives;
  kept.spareMedia = media;
}
export function spareDriveCount(): u32 {
  return kept.spareDrives;
}
export function spareMediumCount(): u32 {
  return kept.spareMedia;
}
/** A step of the source, for log and status. */
export function showStep(label: u32, result: u32): void {
  act(AC_STEP, 0);
  setA(label);
  setB(kept.recoveryNumber);
  setC(kept.recoveryKind);
  setD(result);
}
export function showRunning(label: u32): void {
  if (label !== 0) showStep(label, RECOVERY_RESULT_RUNNING);
}

/** Step 611: a spare has been found, the ring accepts data at a reduced rate from here on. */
export function beginAccepting(): void {
  if (kept.accepting) return;
  kept.accepting = true;
  showRunning(LABEL_611);
}
/** There is, or may be, something to recover with: the server need not be told of a failure. */
export function coverable(): bool {
  return kept.plan !== PLAN_BACK && (kept.accepting || kept.spareDrives + kept.spareMedia > 0);
}
