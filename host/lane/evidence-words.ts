/** The evidence of a verdict (assembly/spec/failure-class.ts) in words; decides nothing. */

import {
  CLASS_CLEAN,
  CLASS_DRIVE,
  CLASS_MEDIUM,
  CLASS_MEDIUM_LIKELY,
  CLASS_PASS,
  CLASS_TRANSPORT,
  CLASS_UNCLEAR,
  EVIDENCE_CARTRIDGE_HISTORY,
  EVIDENCE_DRIVE_HISTORY,
  EVIDENCE_NO_ANSWER,
  EVIDENCE_RETRY_FAILED,
  EVIDENCE_RETRY_UNSAFE,
  EVIDENCE_SENSE,
  EVIDENCE_TAPE_ALERT_CLEAN,
  EVIDENCE_TAPE_ALERT_DRIVE,
  EVIDENCE_TAPE_ALERT_MEDIUM,
  VERDICT_DRIVE,
  VERDICT_MEDIUM,
  VERDICT_PASS,
  VERDICT_RETRY,
} from "../../assembly/spec/failure-class.ts";

const CLASS_WORDS: ReadonlyMap<number, string> = new Map([
  [CLASS_DRIVE, "drive"],
  [CLASS_MEDIUM, "medium"],
  [CLASS_MEDIUM_LIKELY, "medium, likely"],
  [CLASS_UNCLEAR, "unclear"],
  [CLASS_TRANSPORT, "transport"],
  [CLASS_CLEAN, "cleaning"],
  [CLASS_PASS, "not a failure of ours"],
]);

const EVIDENCE_WORDS: ReadonlyMap<number, string> = new Map([
  [EVIDENCE_SENSE, "sense data"],
  [EVIDENCE_TAPE_ALERT_MEDIUM, "TapeAlert names the medium"],
  [EVIDENCE_TAPE_ALERT_DRIVE, "TapeAlert names the drive"],
  [EVIDENCE_TAPE_ALERT_CLEAN, "TapeAlert asks for cleaning"],
  [EVIDENCE_RETRY_FAILED, "a retry failed"],
  [EVIDENCE_CARTRIDGE_HISTORY, "the cartridge failed in other drives"],
  [EVIDENCE_DRIVE_HISTORY, "the drive failed with other cartridges"],
  [EVIDENCE_NO_ANSWER, "no answer"],
  [EVIDENCE_RETRY_UNSAFE, "a retry is not safe with this kind of drive"],
]);

const VERDICT_WORDS: ReadonlyMap<number, string> = new Map([
  [VERDICT_RETRY, "once more with the same drive and cartridge"],
  [VERDICT_DRIVE, "drive"],
  [VERDICT_MEDIUM, "medium"],
  [VERDICT_PASS, "not ours: the server's, the operator's or the key manager's"],
]);

/** The word of a VERDICT_*. */
export function verdictWord(verdict: number): string {
  return VERDICT_WORDS.get(verdict) ?? `verdict ${verdict}`;
}

/** The word of a CLASS_*. */
export function classWord(failureClass: number): string {
  return CLASS_WORDS.get(failureClass) ?? `class ${failureClass}`;
}

/** The words of EVIDENCE_* bits. */
export function evidenceWords(bits: number): string {
  const words = [...EVIDENCE_WORDS].flatMap(([bit, text]) => ((bits & bit) === 0 ? [] : [text]));
  return words.length === 0 ? "none" : words.join(", ");
}
