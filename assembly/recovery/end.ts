/**
 * How a recovery ends: everything is on the tape (617 to 619), or nothing helped and the server is told (609).
 * Decides what the changer, the log and the journal hear of it.
 */
import { deviceIdle } from "../lane/device.ts";
import { warningSettled } from "../lane/early-warning.ts";
import { JOURNAL_WRITE_FAILED, journalRecovery, journalWrites } from "../lane/journal.ts";
import { bindPartitions } from "../lane/partition-images.ts";
import { checkForget } from "../lane/procedure-check.ts";
import { procedureIdle } from "../lane/procedure-state.ts";
import { PHASE_NONE, taskPhase } from "../lane/task.ts";
import { alertsCovered } from "../scsi/tape-alert.ts";
import {
  LABEL_609,
  LABEL_618,
  LABEL_619,
  RECOVERY_RESULT_ABANDONED,
  RECOVERY_RESULT_RECOVERED,
  RECOVERY_RESULT_REPORTED,
} from "../spec/recovery-label.ts";
import { PLAN_BACK, STATE_NONE } from "../spec/recovery-state.ts";
import { WORD_RECOVERED } from "../spec/word.ts";
import { cursorSent } from "../tape/cursor.ts";
import { failureObject } from "./failure.ts";
import { reportFailure } from "./report.ts";
import { isMediumReplaced, sendWord } from "./spares.ts";
import { recoveryPlan, setRecoveryState, showStep } from "./state.ts";

/** What WORD_RECOVERED says of the volume: on its own cartridge, on the spare for good, given up. */
const ON_SAME: u32 = 0;
const ON_SPARE: u32 = 1;
const GIVEN_UP: u32 = 2;

/** STATE_CATCH_UP: the tape has it all, and the server is at most a little ahead. */
export function endRecovered(): bool {
  checkForget();
  alertsCovered();
  sendWord(WORD_RECOVERED, isMediumReplaced() ? ON_SPARE : ON_SAME, 0);
  showStep(taskPhase() === PHASE_NONE ? LABEL_619 : LABEL_618, RECOVERY_RESULT_RECOVERED);
  setRecoveryState(STATE_NONE);
  warningSettled();
  bindPartitions();
  // Owed until it is synchronized: the drive may lose what it has in its buffer (journalSettled).
  journalRecovery(true);
  return true;
}

/** STATE_REPORT: the server gets the drive's own error, or (`ringFailed`) learns that the ring has lost something. */
export function endReported(ringFailed: bool): bool {
  if (!deviceIdle() || !procedureIdle()) return false;
  checkForget();
  sendWord(WORD_RECOVERED, isMediumReplaced() ? ON_SPARE : GIVEN_UP, 0);
  showStep(LABEL_609, ringFailed ? RECOVERY_RESULT_ABANDONED : RECOVERY_RESULT_REPORTED);
  setRecoveryState(STATE_NONE);
  warningSettled();
  const isOfWrite = failureObject() === cursorSent() || recoveryPlan() === PLAN_BACK;
  reportFailure();
  journalRecovery(false, isOfWrite ? JOURNAL_WRITE_FAILED : journalWrites());
  return true;
}
