/**
 * What follows a failure: the verdict's plan, and, inside a recovery, what is tried when a step fails.
 * Decides only; recovery.ts carries out. Bounded: ATTEMPTS_MAX plans a recovery.
 */

import { currentDrive, driveLeavesRecord } from "../lane/device.ts";
import { kept } from "../lane/keep.ts";
import { cartridgeNumber } from "../lane/medium.ts";
import { volumeComplete } from "../lane/partition.ts";
import { tapeAlertFlags } from "../lane/procedure-evidence.ts";
import { OUTCOME_NO_ANSWER, OUTCOME_RING, OUTCOME_UNFIT } from "../lane/procedure-state.ts";
import { logNumbers, setD, setE } from "../lib/action.ts";
import { now } from "../lib/event.ts";
import {
  EVIDENCE_CARTRIDGE_HISTORY,
  EVIDENCE_DRIVE_HISTORY,
  EVIDENCE_RETRY_FAILED,
  EVIDENCE_RETRY_UNSAFE,
  VERDICT_DRIVE,
  VERDICT_MEDIUM,
  VERDICT_PASS,
  VERDICT_RETRY,
} from "../spec/failure-class.ts";
import { LOG_RETRY, LOG_VERDICT } from "../spec/log-code.ts";
import {
  LABEL_608,
  RECOVERY_KIND_DRIVE,
  RECOVERY_KIND_MEDIUM,
  RECOVERY_KIND_TRANSPORT,
} from "../spec/recovery-label.ts";
import {
  PLAN_BACK,
  PLAN_BOTH,
  PLAN_DRIVE,
  PLAN_MEDIUM,
  PLAN_RETRY,
  STATE_ACROSS,
  STATE_ASK_DRIVE,
  STATE_ASK_MEDIUM,
  STATE_COUPLE,
  STATE_IN,
  STATE_OUT,
  STATE_RECONNECT,
  STATE_UNLOAD,
} from "../spec/recovery-state.ts";
import { KEY_VOLUME_OVERFLOW } from "../spec/sense-key.ts";
import {
  addFailureEvidence,
  failureAnswered,
  failureClassOf,
  failureEvidence,
  failureKey,
} from "./failure.ts";
import { historyOtherCartridges, historyOtherDrives } from "./history.ts";
import { isMediumReplaced, isOwnOut } from "./spares.ts";
import {
  recoveryPlan,
  setRecoveryKind,
  showRunning,
  spareDriveCount,
  spareMediumCount,
} from "./state.ts";
import { alertEvidence, verdictOf } from "./verdict.ts";

/** Answers of this file besides a plan (spec/recovery-state.ts). */
export const FOLLOW_REPORT: u32 = 100;
/** The step's own failure is a new failure: gather evidence again. */
export const FOLLOW_AGAIN: u32 = 101;
/** Go on as if it had succeeded. */
export const FOLLOW_NEXT: u32 = 102;
/** The cartridge stays where it is: a spare medium in a spare drive. */
export const FOLLOW_STUCK: u32 = 103;

/** So many plans are tried before the server gets the error. */
const ATTEMPTS_MAX: u32 = 8;

export function beginAttempts(): void {
  kept.attempts = 0;
  kept.retried = false;
}
/** The same drive and cartridge are tried once more: the next failure of the pair is no accident. */
export function retryStarted(): void {
  kept.retried = true;
  kept.retriedDrive = currentDrive();
  kept.retriedCartridge = cartridgeNumber();
  logNumbers(LOG_RETRY, kept.retriedDrive, kept.attempts);
}

function wasRetried(): bool {
  return (
    kept.retried &&
    kept.retriedDrive === currentDrive() &&
    kept.retriedCartridge === cartridgeNumber()
  );
}

/** Everything that speaks for one or the other. */
function gather(drives: u32, cartridges: u32): u32 {
  let bits = failureEvidence();
  if (failureAnswered()) bits |= alertEvidence(tapeAlertFlags());
  if (wasRetried()) bits |= EVIDENCE_RETRY_FAILED;
  if (driveLeavesRecord() && failureAnswered()) bits |= EVIDENCE_RETRY_UNSAFE;
  if (drives > 0) bits |= EVIDENCE_CARTRIDGE_HISTORY;
  if (cartridges > 0) bits |= EVIDENCE_DRIVE_HISTORY;
  return bits;
}

/** Step 607: the plan that the verdict asks for, or FOLLOW_REPORT. */
export function judge(): u32 {
  const drives = historyOtherDrives(now(), currentDrive(), cartridgeNumber());
  const cartridges = historyOtherCartridges(now(), currentDrive(), cartridgeNumber());
  const evidence = gather(drives, cartridges);
  addFailureEvidence(evidence);
  const verdict = verdictOf(failureClassOf(), evidence);
  logNumbers(LOG_VERDICT, verdict, evidence);
  setD(cartridges);
  setE(drives);
  kept.attempts += 1;
  if (kept.attempts > ATTEMPTS_MAX) return FOLLOW_REPORT;
  if (verdict === VERDICT_PASS) return isTooShort() ? PLAN_MEDIUM : FOLLOW_REPORT;
  if (verdict === VERDICT_RETRY) {
    setRecoveryKind(RECOVERY_KIND_TRANSPORT);
    return PLAN_RETRY;
  }
  const plan = verdict === VERDICT_MEDIUM ? mediumPlan(drives) : drivePlan(evidence);
  if (plan === FOLLOW_REPORT) showRunning(LABEL_608);
  return plan;
}

/** The image does not fit on the spare cartridge that it is copied to, and there is another one. */
function isTooShort(): bool {
  const isFull = failureAnswered() && failureKey() === KEY_VOLUME_OVERFLOW;
  return isFull && isMediumReplaced() && spareMediumCount() > 0 && volumeComplete();
}

/** A spare cartridge; without one the cartridge's last chance is another drive. */
function mediumPlan(otherDrives: u32): u32 {
  setRecoveryKind(RECOVERY_KIND_MEDIUM);
  if (spareMediumCount() > 0 && volumeComplete()) return PLAN_MEDIUM;
  if (spareDriveCount() > 0 && otherDrives === 0) return PLAN_DRIVE;
  return FOLLOW_REPORT;
}

/** A spare drive; without one, and where it may be the cartridge all the same, another cartridge. */
function drivePlan(evidence: u32): u32 {
  setRecoveryKind(RECOVERY_KIND_DRIVE);
  if (spareDriveCount() > 0) return PLAN_DRIVE;
  const suspected = verdictOf(failureClassOf(), evidence & ~EVIDENCE_DRIVE_HISTORY);
  const doubtful = suspected !== VERDICT_DRIVE || (evidence & EVIDENCE_CARTRIDGE_HISTORY) !== 0;
  if (doubtful && spareMediumCount() > 0 && volumeComplete()) return PLAN_MEDIUM;
  return FOLLOW_REPORT;
}

function bothOrReport(): u32 {
  return volumeComplete() ? FOLLOW_STUCK : FOLLOW_REPORT;
}

/** What is done when `state` ended with `outcome`, which is no success. */
export function afterState(state: u32, outcome: u32): u32 {
  if (outcome === OUTCOME_RING) return FOLLOW_REPORT;
  if (recoveryPlan() === PLAN_BACK) {
    return state === STATE_UNLOAD && outcome === OUTCOME_NO_ANSWER ? FOLLOW_NEXT : FOLLOW_REPORT;
  }
  if (state === STATE_RECONNECT) {
    addFailureEvidence(EVIDENCE_RETRY_FAILED);
    return judge();
  }
  if (state === STATE_ASK_DRIVE || state === STATE_IN) return FOLLOW_REPORT;
  if (state === STATE_ASK_MEDIUM) return afterNoMedium();
  if (state === STATE_COUPLE) return again(recoveryPlan());
  if (state === STATE_UNLOAD) return outcome === OUTCOME_NO_ANSWER ? FOLLOW_NEXT : bothOrReport();
  if (state === STATE_ACROSS || state === STATE_OUT) return bothOrReport();
  if (outcome === OUTCOME_UNFIT) return again(PLAN_MEDIUM);
  return FOLLOW_AGAIN;
}

function again(plan: u32): u32 {
  kept.attempts += 1;
  if (kept.attempts > ATTEMPTS_MAX) return FOLLOW_REPORT;
  return plan === PLAN_BOTH ? FOLLOW_STUCK : plan;
}

function afterNoMedium(): u32 {
  // Another drive is a chance for the volume's own cartridge only.
  if (recoveryPlan() === PLAN_BOTH || isOwnOut()) return FOLLOW_REPORT;
  const drives = historyOtherDrives(now(), currentDrive(), cartridgeNumber());
  return spareDriveCount() > 0 && drives === 0 ? PLAN_DRIVE : FOLLOW_REPORT;
}
