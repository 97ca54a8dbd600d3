/** What a drive's sense data (or silence) says about the cause; the verdict's first evidence. */
export const CLASS_NONE: u32 = 0;
export const CLASS_DRIVE: u32 = 1;
export const CLASS_MEDIUM: u32 = 2;
/** "Probably bad media, may be hardware": tried once more before it is believed. */
export const CLASS_MEDIUM_LIKELY: u32 = 3;
/** Drive first (minutes, the tape is kept); the same place on a spare drive decides. */
export const CLASS_UNCLEAR: u32 = 4;
export const CLASS_TRANSPORT: u32 = 5;
export const CLASS_CLEAN: u32 = 6;
/** The server's, the operator's or the key manager's matter: passed on unchanged. */
export const CLASS_PASS: u32 = 7;

/** Bits of the evidence that a verdict rests on, as logged (LOG_VERDICT). */
export const EVIDENCE_SENSE: u32 = 1;
export const EVIDENCE_TAPE_ALERT_MEDIUM: u32 = 2;
export const EVIDENCE_TAPE_ALERT_DRIVE: u32 = 4;
export const EVIDENCE_TAPE_ALERT_CLEAN: u32 = 8;
export const EVIDENCE_RETRY_FAILED: u32 = 16;
/** The same cartridge failed in more than one drive. */
export const EVIDENCE_CARTRIDGE_HISTORY: u32 = 32;
/** The same drive failed with more than one cartridge. */
export const EVIDENCE_DRIVE_HISTORY: u32 = 64;
export const EVIDENCE_NO_ANSWER: u32 = 128;
/** A retry would harm: this kind of drive leaves a record behind after a failed write. */
export const EVIDENCE_RETRY_UNSAFE: u32 = 256;

/** The verdict of step 607. */
export const VERDICT_RETRY: u32 = 1;
export const VERDICT_DRIVE: u32 = 2;
export const VERDICT_MEDIUM: u32 = 3;
export const VERDICT_PASS: u32 = 4;
