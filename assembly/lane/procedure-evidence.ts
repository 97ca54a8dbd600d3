/**
 * Asks a drive for its TapeAlert flags (LOG SENSE page 2Eh): one that failed, as evidence for the verdict of
 * step 607, or for the server that wants to know. A drive that does not answer quickly gives none. Asking
 * clears them in the drive: what the server asked for is evidence all the same.
 */
import { get16, put16 } from "../lib/bytes.ts";
import { writesLost } from "../scsi/drive-answer.ts";
import { senseDeferred, senseKey } from "../scsi/sense-reader.ts";
import { alertsFound } from "../scsi/tape-alert.ts";
import { PROFILE_LOG_SENSE } from "../spec/drive-profile.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import { OP_LOG_SENSE } from "../spec/operation-code.ts";
import { LOG_PAGE_TAPE_ALERT } from "../spec/page-code.ts";
import { KEY_UNIT_ATTENTION } from "../spec/sense-key.ts";
import {
  commandIn,
  deviceDataAt,
  deviceDataBytes,
  deviceGood,
  deviceResult,
  OWNER_PROCEDURE,
  pollLimitMs,
  profile,
} from "./device.ts";
import { kept } from "./keep.ts";
import {
  countTry,
  FOR_TASK,
  finish,
  OUTCOME_DONE,
  OUTCOME_NO_ANSWER,
  OUTCOME_SENSE,
  pc,
  procedureDevice,
  procedureFor,
  setPc,
} from "./procedure-state.ts";

const TRIES_MAX: u32 = 4;
/** Header and 64 parameters of 5 bytes. */
const PAGE_BYTES: u32 = 324;

/** Bit n-1 is TapeAlert flag n, as last read; 0 where the drive gave none. */
export function tapeAlertFlags(): u64 {
  return kept.tapeAlert;
}

/** One step further. */
export function advanceEvidence(): bool {
  if (pc() === 0) {
    begin();
    if ((profile() & PROFILE_LOG_SENSE) === 0) return finish(OUTCOME_DONE);
    return ask();
  }
  if (deviceResult() !== RESULT_ANSWERED) return finish(OUTCOME_NO_ANSWER);
  if (writesLost()) return finish(OUTCOME_SENSE);
  const again = senseKey() === KEY_UNIT_ATTENTION || senseDeferred();
  if (!deviceGood() && again && countTry() < TRIES_MAX) return ask();
  if (deviceGood()) readFlags();
  return finish(OUTCOME_DONE);
}

function begin(): void {
  const isForServer = procedureFor() === FOR_TASK;
  kept.tapeAlert = isForServer ? 0 : kept.alertsTaken;
  if (!isForServer) kept.alertsTaken = 0;
}
/** A cartridge is loaded: what the server asked for before was about another. */
export function evidenceForget(): void {
  kept.alertsTaken = 0;
}

function ask(): bool {
  const cdb = commandIn(
    OWNER_PROCEDURE,
    procedureDevice(),
    OP_LOG_SENSE,
    PAGE_BYTES,
    pollLimitMs(),
  );
  store<u8>(cdb + 2, (0x40 | LOG_PAGE_TAPE_ALERT) as u8);
  put16(cdb + 7, PAGE_BYTES);
  setPc(1);
  return true;
}

function readFlags(): void {
  const at = deviceDataAt();
  const bytes = deviceDataBytes();
  if (bytes < 4 || ((load<u8>(at) as u32) & 0x3f) !== LOG_PAGE_TAPE_ALERT) return;
  let next: u32 = 4;
  while (next + 5 <= bytes) {
    const number = get16(at + next);
    const length = load<u8>(at + next + 3) as u32;
    const set = ((load<u8>(at + next + 4) as u32) & 1) !== 0;
    if (set && number >= 1 && number <= 64) kept.tapeAlert |= (1 as u64) << ((number - 1) as u64);
    next += 4 + length;
  }
  if (procedureFor() !== FOR_TASK) return;
  kept.alertsTaken |= kept.tapeAlert;
  alertsFound(kept.tapeAlert);
}
