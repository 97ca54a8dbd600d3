/**
 * A failure as it was when it happened: which drive, which command, the drive's own sense data. The
 * sense data are what the server gets when nothing can be done (step 609).
 */
import { currentDrive, deviceOperation, deviceResult, deviceStatus } from "../lane/device.ts";
import { KEPT_SENSE, kept } from "../lane/keep.ts";
import { logNumbers, setD, setE, setX } from "../lib/action.ts";
import { put16, put32 } from "../lib/bytes.ts";
import { senseCode, senseKey, senseRaw, senseWord } from "../scsi/sense-reader.ts";
import {
  ASC_INTERNAL_TARGET_FAILURE,
  ASC_NOT_READY_CAUSE_NOT_REPORTABLE,
} from "../spec/additional-sense.ts";
import { DONE_SENSE_BYTES, RESULT_ANSWERED, RESULT_SILENT } from "../spec/event.ts";
import {
  CLASS_NONE,
  CLASS_TRANSPORT,
  EVIDENCE_NO_ANSWER,
  EVIDENCE_SENSE,
} from "../spec/failure-class.ts";
import { LOG_LOST, LOG_SENSE, LOG_SILENT } from "../spec/log-code.ts";
import {
  KEY_HARDWARE_ERROR,
  RESPONSE_CURRENT,
  RESPONSE_DEFERRED,
  SENSE_VALID,
} from "../spec/sense-key.ts";
import { classify } from "./classify.ts";

/** Takes the last completion as a failure at logical object `at`; logs it; answers its class. */
export function failureTake(at: u64): u32 {
  kept.failureDrive = currentDrive();
  kept.failureObject = at;
  const result = deviceResult();
  if (result === RESULT_ANSWERED) {
    memory.copy(KEPT_SENSE, senseRaw(), DONE_SENSE_BYTES);
    kept.failureClass = classify(senseKey(), senseCode());
    kept.failureEvidence = EVIDENCE_SENSE;
    logNumbers(LOG_SENSE, kept.failureDrive, senseWord());
    setD(deviceOperation());
    setE(kept.failureClass);
    setX(deviceStatus() as u64);
    return kept.failureClass;
  }
  // A drive that has gone has no sense data; the least that is true is 4/04/00.
  ownSense(KEY_HARDWARE_ERROR, ASC_NOT_READY_CAUSE_NOT_REPORTABLE);
  kept.failureClass = CLASS_TRANSPORT;
  kept.failureEvidence = EVIDENCE_NO_ANSWER;
  logNumbers(result === RESULT_SILENT ? LOG_SILENT : LOG_LOST, kept.failureDrive, 0);
  setD(deviceOperation());
  return kept.failureClass;
}
/** Sense data for a failure that no drive reported. */
function ownSense(key: u32, code: u32): void {
  memory.fill(KEPT_SENSE, 0, DONE_SENSE_BYTES);
  store<u8>(KEPT_SENSE, RESPONSE_CURRENT as u8);
  store<u8>(KEPT_SENSE + 2, key as u8);
  store<u8>(KEPT_SENSE + 7, 10);
  put16(KEPT_SENSE + 12, code);
}
/** The ring itself failed (an entry that is needed is damaged): 4/44/00, internal target failure. */
export function failureOfRing(): void {
  ownSense(KEY_HARDWARE_ERROR, ASC_INTERNAL_TARGET_FAILURE);
  kept.failureClass = CLASS_NONE;
  kept.failureEvidence = 0;
}
/** The last completion says that the medium is full at logical object `at`: nobody's failure. */
export function failureOfEnd(at: u64): void {
  memory.copy(KEPT_SENSE, senseRaw(), DONE_SENSE_BYTES);
  kept.failureObject = at;
  kept.failureClass = CLASS_NONE;
  kept.failureEvidence = 0;
}
/** The residual count of the command that it is told on, where the sense data have such a field. */
export function setFailureResidual(count: u32): void {
  const first = load<u8>(KEPT_SENSE) as u32;
  if ((first & 0x7f) > RESPONSE_DEFERRED) return;
  store<u8>(KEPT_SENSE, (first | SENSE_VALID) as u8);
  put32(KEPT_SENSE + 3, count);
}
export function failureClassOf(): u32 {
  return kept.failureClass;
}
export function failureEvidence(): u32 {
  return kept.failureEvidence;
}
export function addFailureEvidence(bits: u32): void {
  kept.failureEvidence |= bits;
}
/** The logical object that could not be written or read. */
export function failureObject(): u64 {
  return kept.failureObject;
}
export function failureAnswered(): bool {
  return (kept.failureEvidence & EVIDENCE_NO_ANSWER) === 0;
}
/** The sense key of these. */
export function failureKey(): u32 {
  return (load<u8>(failureSense() + 2) as u32) & 0x0f;
}
/** The drive's own sense data, DONE_SENSE_BYTES. */
export function failureSense(): u32 {
  return KEPT_SENSE;
}
