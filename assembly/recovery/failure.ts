/**
 * A failure as it was when it happened: which drive, which command, the drive's own sense data. The
 * sense data are what the server gets when nothing can be done (step 609).
 */
import { currentDrive, deviceOperation, deviceResult } from "../lane/device.ts";
import { logNumbers, setD, setE } from "../lib/action.ts";
import { put16 } from "../lib/bytes.ts";
import { keep32, keep64, keepBytes } from "../lib/keep.ts";
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
import { KEY_HARDWARE_ERROR, RESPONSE_CURRENT } from "../spec/sense-key.ts";
import { classify } from "./classify.ts";

const SENSE: usize = memory.data(64, 8);
let failureClass: u32 = CLASS_NONE;
let evidence: u32 = 0;
let drive: u32 = 0;
let object: u64 = 0;

/** Takes the last completion as a failure at logical object `at`; logs it; answers its class. */
export function failureTake(at: u64): u32 {
  drive = currentDrive();
  object = at;
  const result = deviceResult();
  if (result === RESULT_ANSWERED) {
    memory.copy(SENSE, senseRaw(), DONE_SENSE_BYTES);
    failureClass = classify(senseKey(), senseCode());
    evidence = EVIDENCE_SENSE;
    logNumbers(LOG_SENSE, drive, senseWord());
    setD(deviceOperation());
    setE(failureClass);
    return failureClass;
  }
  // A drive that has gone has no sense data; the least that is true is 4/04/00.
  ownSense(KEY_HARDWARE_ERROR, ASC_NOT_READY_CAUSE_NOT_REPORTABLE);
  failureClass = CLASS_TRANSPORT;
  evidence = EVIDENCE_NO_ANSWER;
  logNumbers(result === RESULT_SILENT ? LOG_SILENT : LOG_LOST, drive, 0);
  setD(deviceOperation());
  return failureClass;
}
/** Sense data for a failure that no drive reported. */
function ownSense(key: u32, code: u32): void {
  memory.fill(SENSE, 0, DONE_SENSE_BYTES);
  store<u8>(SENSE, RESPONSE_CURRENT as u8);
  store<u8>(SENSE + 2, key as u8);
  store<u8>(SENSE + 7, 10);
  put16((SENSE as u32) + 12, code);
}
/** The ring itself failed (an entry that is needed is damaged): 4/44/00, internal target failure. */
export function failureOfRing(): void {
  ownSense(KEY_HARDWARE_ERROR, ASC_INTERNAL_TARGET_FAILURE);
  failureClass = CLASS_NONE;
  evidence = 0;
}
export function failureClassOf(): u32 {
  return failureClass;
}
export function failureEvidence(): u32 {
  return evidence;
}
export function addFailureEvidence(bits: u32): void {
  evidence |= bits;
}
/** The logical object that could not be written or read. */
export function failureObject(): u64 {
  return object;
}
export function failureAnswered(): bool {
  return (evidence & EVIDENCE_NO_ANSWER) === 0;
}
/** The drive's own sense data, DONE_SENSE_BYTES. */
export function failureSense(): u32 {
  return SENSE as u32;
}
/** What outlives a trap (lane/keep.ts). */
export function keepFailure(): void {
  keepBytes(SENSE as u32, DONE_SENSE_BYTES);
  failureClass = keep32(failureClass);
  evidence = keep32(evidence);
  drive = keep32(drive);
  object = keep64(object);
}
