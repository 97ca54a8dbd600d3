/**
 * The server's commands on their way: what has to hold before a command is looked at, when it begins
 * or goes on. Tables in scsi/dispatch.ts; one command at a time.
 */
import { eventA, eventTag, now } from "../lib/event.ts";
import { recoveryBegin } from "../recovery/recovery.ts";
import { NO_OBJECT, reportNow, reportPending } from "../recovery/report.ts";
import { conflictOf, NEEDS_NOTHING } from "../scsi/command-table.ts";
import {
  DO_MAINTENANCE_OUT,
  DO_MODE_SELECT,
  DO_PERSISTENT_OUT,
  DO_SECURITY_OUT,
  DO_TEST_UNIT_READY,
  DO_WRITE_ATTRIBUTE,
  dispatch,
  NEEDS_MEDIUM,
  needs,
} from "../scsi/dispatch.ts";
import { writesLost } from "../scsi/drive-answer.ts";
import { checkImage, imageDoubted } from "../scsi/image-check.ts";
import { modeSelectData } from "../scsi/mode-select.ts";
import { persistentReserveData } from "../scsi/persistent-reserve.ts";
import { anyReservation, reservationStops } from "../scsi/reservation.ts";
import { securityOutData } from "../scsi/security-protocol.ts";
import { readLoaded } from "../scsi/stream-read.ts";
import {
  writeCancel,
  writeData,
  writeObject,
  writePace,
  writeResidual,
  writeResume,
  writeSync,
} from "../scsi/stream-write.ts";
import { changeOrphaned, changeRuns } from "../scsi/tape-change.ts";
import { setTimestampData } from "../scsi/timestamp.ts";
import { attentionTake } from "../scsi/unit-attention.ts";
import { writeAttributeData } from "../scsi/write-attribute.ts";
import {
  ASC_NONE,
  ASC_OPERATION_IN_PROGRESS,
  ASC_UNABLE_TO_DECRYPT,
} from "../spec/additional-sense.ts";
import { KEY_DATA_PROTECT, KEY_NOT_READY, KEY_UNIT_ATTENTION } from "../spec/sense-key.ts";
import { STATUS_RESERVATION_CONFLICT } from "../spec/status.ts";
import { cursorSent } from "../tape/cursor.ts";
import { carryOut, carryOutDone, carryOutPositioned } from "./carry-out.ts";
import { loseDrivePosition } from "./device.ts";
import { kept } from "./keep.ts";
import { MEDIUM_READY, mediumState } from "./medium.ts";
import {
  FOR_TASK,
  OUTCOME_RUNNING,
  OUTCOME_SENSE,
  outcome,
  PROCEDURE_TAIL,
  procedureFor,
  procedureIdle,
  procedureKind,
  procedureTake,
} from "./procedure-state.ts";
import { becomesReady, mediumSense } from "./readiness.ts";
import {
  cdb,
  cdbByte,
  PHASE_DEVICE,
  PHASE_LOAD,
  PHASE_NEW,
  PHASE_NONE,
  PHASE_PACE,
  PHASE_PARAM,
  PHASE_PROCEDURE,
  PHASE_RECEIVE,
  PHASE_SYNC,
  replyBusy,
  replySense,
  replyStatus,
  setTaskPhase,
  takeKeptPhase,
  taskBegin,
  taskForget,
  taskNexus,
  taskPhase,
  taskTag,
} from "./task.ts";
import { unloadRunning } from "./unload.ts";
import { wakeAt } from "./wake.ts";

/** So long a command waits for a drive that is loading; then the server is told that it is. */
const HOLD_MS: u64 = 20000;

let arrivedAt: u64 = 0;

/** EV_COMMAND. */
export function commandArrived(stopping: bool): void {
  assert(taskPhase() === PHASE_NONE);
  taskBegin();
  arrivedAt = now();
  const op = cdbByte(0);
  const need = needs(op);
  const before = takeKeptPhase();
  if (need === NEEDS_NOTHING) return;
  if (before !== PHASE_NONE) {
    goesOn(before);
    return;
  }
  if (stopping) {
    replyBusy();
    return;
  }
  if (anyReservation() && reservationStops(taskNexus(), op, conflictOf(cdb()))) {
    replyStatus(STATUS_RESERVATION_CONFLICT);
    return;
  }
  const attention = attentionTake(taskNexus());
  if (attention !== ASC_NONE) {
    replySense(KEY_UNIT_ATTENTION, attention);
    return;
  }
}

/**
 * The instance before this one trapped with this command in work. It was let in then; if its objects
 * are in the image already, only its answer is owed, else it begins anew: nothing of it was done that
 * doing it again would double.
 */
function goesOn(phase: u32): void {
  if (phase === PHASE_PACE || phase === PHASE_SYNC) writeResume(phase);
}

/** EV_DATA. */
export function commandData(): void {
  if (eventTag() !== taskTag()) return;
  if (taskPhase() === PHASE_RECEIVE) writeData();
  else if (taskPhase() === PHASE_PARAM) paramsArrived();
}

/** The parameter list that was asked for. */
function paramsArrived(): void {
  const what = dispatch(cdbByte(0));
  if (what === DO_MODE_SELECT) modeSelectData();
  else if (what === DO_PERSISTENT_OUT) persistentReserveData();
  else if (what === DO_MAINTENANCE_OUT) setTimestampData();
  else if (what === DO_SECURITY_OUT) securityOutData();
  else if (what === DO_WRITE_ATTRIBUTE) writeAttributeData();
  else assert(false);
}

/** EV_TASK_END. */
export function commandAbort(tag: u32): void {
  if (taskPhase() === PHASE_NONE || taskTag() !== tag) return;
  if (taskPhase() === PHASE_RECEIVE) writeCancel();
  taskForget();
}

/** A device command that nobody waits for any more (aborted, or begun before a trap) ended. */
export function orphanDeviceDone(): void {
  loseDrivePosition();
  // That must not be lost with the command's owner.
  if (writesLost()) recoveryBegin(cursorSent());
}

/**
 * The task's device command ended; an aborted task's leaves the position unknown, and one that was not
 * done, because what was written before it had failed, begins anew.
 */
export function commandDeviceDone(): void {
  if (taskPhase() !== PHASE_DEVICE) {
    orphanDeviceDone();
    changeOrphaned();
    return;
  }
  if (writesLost()) {
    setTaskPhase(PHASE_NEW);
    orphanDeviceDone();
    return;
  }
  carryOutDone(dispatch(cdbByte(0)));
}

/** A load from the ring ended. */
export function commandLoaded(): void {
  if (taskPhase() === PHASE_LOAD) readLoaded(eventTag(), eventA());
}

/** The task goes on where it can. */
export function commandPump(): bool {
  if (taskPhase() === PHASE_NONE && procedureIdle()) return false;
  return pumpTask();
}

function pumpTask(): bool {
  const orphan = !procedureIdle() && takeOrphan();
  const phase = taskPhase();
  if (phase === PHASE_NONE) return orphan;
  if (reportPending() && mayReport(phase)) {
    if (phase === PHASE_NEW) reportNow(NO_OBJECT, 0);
    else reportNow(writeObject(), writeResidual());
    return true;
  }
  if (phase === PHASE_NEW) begin();
  else if (phase === PHASE_PACE) writePace(now());
  else if (phase === PHASE_SYNC) writeSync();
  else if (phase === PHASE_PROCEDURE) carryOutPositioned(dispatch(cdbByte(0)));
  return orphan || taskPhase() !== phase;
}

/** A procedure that an aborted task had started has ended: nobody else would take its place. */
function takeOrphan(): bool {
  if (procedureFor() !== FOR_TASK || outcome() === OUTCOME_RUNNING) return false;
  // Of an image that was cut, or left with its cartridge, meanwhile, the comparison says nothing.
  if (procedureKind() === PROCEDURE_TAIL && imageDoubted()) return checkImage();
  if (taskPhase() === PHASE_PROCEDURE) return false;
  if (procedureTake(FOR_TASK) === OUTCOME_SENSE) orphanDeviceDone();
  return true;
}

/** An error that waits is told on the command that waits, or on the next one that needs the nexus. */
function mayReport(phase: u32): bool {
  const waits = phase === PHASE_NEW || phase === PHASE_PACE || phase === PHASE_SYNC;
  return waits && needs(cdbByte(0)) !== NEEDS_NOTHING;
}

/** True when the medium is as the command needs it; else it was answered, or waits. */
function mediumFits(): bool {
  // On its way out of the drive: nothing more is taken for it, the end of the unload says what is.
  if (mediumState() === MEDIUM_READY && !changeRuns()) return !unloadRunning();
  if ((changeRuns() || becomesReady()) && now() - arrivedAt < HOLD_MS) wakeAt(arrivedAt + HOLD_MS);
  else if (changeRuns()) replySense(KEY_NOT_READY, ASC_OPERATION_IN_PROGRESS);
  else replySense(mediumSense() >> 16, mediumSense() & 0xffff);
  return false;
}

function begin(): void {
  const op = cdbByte(0);
  if (needs(op) !== NEEDS_MEDIUM) carryOut(dispatch(op));
  else if (mediumFits()) onMedium(dispatch(op));
}
/** While the server's key is awaited the medium is ready for it, and for nothing else. */
function onMedium(what: u8): void {
  if (kept.keyAwaited && what !== DO_TEST_UNIT_READY) {
    replySense(KEY_DATA_PROTECT, ASC_UNABLE_TO_DECRYPT);
  } else carryOut(what);
}
