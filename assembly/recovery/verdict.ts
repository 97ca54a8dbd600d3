/**
 * Drive or medium (step 607)? From the sense class, TapeAlert, the retry and the history of drive and
 * cartridge. Pure: the same evidence gives the same verdict; every verdict is logged with its evidence.
 */
import {
  CLASS_CLEAN,
  CLASS_DRIVE,
  CLASS_MEDIUM,
  CLASS_MEDIUM_LIKELY,
  CLASS_PASS,
  EVIDENCE_CARTRIDGE_HISTORY,
  EVIDENCE_DRIVE_HISTORY,
  EVIDENCE_RETRY_FAILED,
  EVIDENCE_RETRY_UNSAFE,
  EVIDENCE_TAPE_ALERT_CLEAN,
  EVIDENCE_TAPE_ALERT_DRIVE,
  EVIDENCE_TAPE_ALERT_MEDIUM,
  VERDICT_DRIVE,
  VERDICT_MEDIUM,
  VERDICT_PASS,
  VERDICT_RETRY,
} from "../spec/failure-class.ts";

/** TapeAlert 4, 7, 8, 13, 14, 15, 19, 52-54: the cartridge. */
const ALERT_MEDIUM: u64 = 0x00380000000470c8;
/** TapeAlert 30, 31, 38: the drive. */
const ALERT_DRIVE: u64 = 0x2060000000;
/** TapeAlert 20: clean now. */
const ALERT_CLEAN: u64 = 0x80000;

/** EVIDENCE_TAPE_ALERT_* of TapeAlert flags (bit n-1 is flag n). */
export function alertEvidence(flags: u64): u32 {
  let bits: u32 = 0;
  if ((flags & ALERT_MEDIUM) !== 0) bits |= EVIDENCE_TAPE_ALERT_MEDIUM;
  if ((flags & ALERT_DRIVE) !== 0) bits |= EVIDENCE_TAPE_ALERT_DRIVE;
  if ((flags & ALERT_CLEAN) !== 0) bits |= EVIDENCE_TAPE_ALERT_CLEAN;
  return bits;
}

function retriesFirst(failureClass: u32, evidence: u32): bool {
  if ((evidence & (EVIDENCE_RETRY_FAILED | EVIDENCE_RETRY_UNSAFE)) !== 0) return false;
  const certain = EVIDENCE_TAPE_ALERT_DRIVE | EVIDENCE_TAPE_ALERT_CLEAN;
  if ((evidence & certain) !== 0) return false;
  return failureClass !== CLASS_DRIVE && failureClass !== CLASS_CLEAN;
}

/**
 * The verdict on a failure of that class with that evidence. What a drive says of itself for certain
 * (sense key 4h, TapeAlert 30, 31, 38) stands above the history: two drives may fail one after the other.
 */
export function verdictOf(failureClass: u32, evidence: u32): u32 {
  if (failureClass === CLASS_PASS) return VERDICT_PASS;
  if (retriesFirst(failureClass, evidence)) return VERDICT_RETRY;
  const mediumClass = failureClass === CLASS_MEDIUM || failureClass === CLASS_MEDIUM_LIKELY;
  const medium = EVIDENCE_CARTRIDGE_HISTORY | EVIDENCE_TAPE_ALERT_MEDIUM;
  if (mediumClass && (evidence & medium) !== 0) return VERDICT_MEDIUM;
  const drive = EVIDENCE_TAPE_ALERT_DRIVE | EVIDENCE_TAPE_ALERT_CLEAN;
  if ((evidence & drive) !== 0) return VERDICT_DRIVE;
  if (failureClass === CLASS_DRIVE || failureClass === CLASS_CLEAN) return VERDICT_DRIVE;
  if ((evidence & EVIDENCE_CARTRIDGE_HISTORY) !== 0) return VERDICT_MEDIUM;
  if ((evidence & EVIDENCE_DRIVE_HISTORY) !== 0) return VERDICT_DRIVE;
  return mediumClass ? VERDICT_MEDIUM : VERDICT_DRIVE;
}
