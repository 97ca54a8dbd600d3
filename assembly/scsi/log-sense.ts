/**
 * LOG SENSE: the bridge's own pages, and the vendor's pages of the drive that is in the lane. For what only a
 * drive knows (TapeAlert, capacity) it is asked first, where there is one to ask; in a recovery, and of a
 * drive that does not answer, what was known before is said.
 */
import { profile } from "../lane/device.ts";
import { feederDrained } from "../lane/feeder.ts";
import { MEDIUM_READY, mediumState } from "../lane/medium.ts";
import {
  FOR_TASK,
  OUTCOME_RUNNING,
  OUTCOME_SENSE,
  PROCEDURE_CAPACITY,
  PROCEDURE_EVIDENCE,
  PROCEDURE_NONE,
  procedureIdle,
  procedureStart,
  procedureTake,
} from "../lane/procedure-state.ts";
import {
  cdb,
  cdbByte,
  PHASE_PROCEDURE,
  replyParams,
  replySense,
  setTaskPhase,
  taskNexus,
} from "../lane/task.ts";
import { unloadRunning } from "../lane/unload.ts";
import { get16 } from "../lib/bytes.ts";
import { recoveryBegin } from "../recovery/recovery.ts";
import { recovering } from "../recovery/state.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import { PROFILE_LOG_SENSE } from "../spec/drive-profile.ts";
import {
  LOG_PAGE_SUPPORTED,
  LOG_PAGE_TAPE_ALERT,
  LOG_PAGE_TAPE_ALERT_RESPONSE,
  LOG_PAGE_TAPE_CAPACITY,
  LOG_PAGE_VOLUME_STATISTICS,
} from "../spec/page-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { cursorSent } from "../tape/cursor.ts";
import { forwardIn } from "./forward.ts";
import { pageKnown, putLogPage } from "./log-page.ts";
import { beginPage, endPage, pageAt, pageEmpty } from "./log-parameter.ts";
import { alertsRead } from "./tape-alert.ts";

/** SP, and PPC, which is obsolete. */
const SAVE_OR_CHANGED: u32 = 0x03;
const PAGE_MASK: u32 = 0x3f;
const FIRST_OF_VENDOR: u32 = 0x30;
const LAST_OF_VENDOR: u32 = 0x3e;

/** LOG SENSE, again after every event until it can be answered, or the drive be asked. */
export function logSense(): void {
  const page = pageAsked();
  const isPlain = (cdbByte(1) & SAVE_OR_CHANGED) === 0 && cdbByte(3) === 0;
  if (isPlain && pageKnown(page)) {
    if (!asksDrive(page)) answer(page);
  } else if (isPlain && isVendors(page)) forwardIn();
  else replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
}
function pageAsked(): u32 {
  return cdbByte(2) & PAGE_MASK;
}
function isVendors(page: u32): bool {
  const hasPages = (profile() & PROFILE_LOG_SENSE) !== 0;
  return hasPages && page >= FIRST_OF_VENDOR && page <= LAST_OF_VENDOR;
}

function question(page: u32): u32 {
  if (page === LOG_PAGE_TAPE_ALERT || page === LOG_PAGE_TAPE_ALERT_RESPONSE) {
    return PROCEDURE_EVIDENCE;
  }
  const isOfTape = page === LOG_PAGE_VOLUME_STATISTICS || page === LOG_PAGE_TAPE_CAPACITY;
  return isOfTape ? PROCEDURE_CAPACITY : PROCEDURE_NONE;
}
/** The drive is to be asked first: the command waits. */
function asksDrive(page: u32): bool {
  const what = question(page);
  if (what === PROCEDURE_NONE || recovering()) return false;
  if (mediumState() !== MEDIUM_READY || unloadRunning()) return false;
  if (!feederDrained() || !procedureIdle()) return true;
  procedureStart(what, FOR_TASK);
  setTaskPhase(PHASE_PROCEDURE);
  return true;
}
/** PHASE_PROCEDURE: the drive may have answered. */
export function logAsked(): bool {
  const ended = procedureTake(FOR_TASK);
  if (ended === OUTCOME_RUNNING) return false;
  // Its answer was that it has lost what it had taken.
  if (ended === OUTCOME_SENSE) recoveryBegin(cursorSent());
  answer(pageAsked());
  return true;
}

function answer(page: u32): void {
  const pointer = page === LOG_PAGE_SUPPORTED ? 0 : get16(cdb() + 5);
  beginPage(page, cdbByte(2) >> 6, pointer);
  putLogPage(page, taskNexus());
  if (pageEmpty()) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
    return;
  }
  const bytes = endPage();
  memory.copy(replyParams(bytes, get16(cdb() + 7)), pageAt(), bytes);
  if (page === LOG_PAGE_TAPE_ALERT) alertsRead(taskNexus());
}
