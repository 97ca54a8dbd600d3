/**
 * The recovery: enters states as the table says, runs what each state needs (a procedure, a word to the
 * changer, the feeder), and takes their ends. What follows a failure is decided in fault.ts by the
 * verdict. Level triggered: `recoveryPump` is called after every event.
 */
import {
  currentDrive,
  deviceIdle,
  deviceOwner,
  driveLeavesRecord,
  OWNER_RECOVERY,
} from "../lane/device.ts";
import { driveModesForget } from "../lane/drive-mode.ts";
import { warningMoved } from "../lane/early-warning.ts";
import { feederBegins } from "../lane/feeder.ts";
import { hostAttributesOwed } from "../lane/host-attributes.ts";
import {
  JOURNAL_WRITES,
  JOURNAL_WRITES_NOT,
  journalOwes,
  journalRecovery,
} from "../lane/journal.ts";
import { kept } from "../lane/keep.ts";
import {
  cartridgeNumber,
  imageTrusted,
  isCleaningCartridge,
  MEDIUM_LOADING,
  MEDIUM_READY,
  mediumState,
  setMediumState,
} from "../lane/medium.ts";
import { forgetCapacity, noteOwnCapacity } from "../lane/medium-identity.ts";
import { isBlankVerified, isDivided, partitionsOwed } from "../lane/partition.ts";
import { bindPartitions } from "../lane/partition-images.ts";
import {
  FOR_RECOVERY,
  OUTCOME_CLEANED,
  OUTCOME_DONE,
  OUTCOME_NO_ANSWER,
  OUTCOME_RUNNING,
  OUTCOME_UNFIT,
  PROCEDURE_ATTRIBUTES,
  PROCEDURE_IDENTITY,
  procedureIdle,
  procedureStart,
  procedureTake,
} from "../lane/procedure-state.ts";
import { tailKept } from "../lane/procedure-tail.ts";
import { resetStall } from "../lane/task.ts";
import { now } from "../lib/event.ts";
import { ringState } from "../ring/geometry.ts";
import { imageSelected } from "../ring/image-table.ts";
import { ringJournalDurable } from "../ring/superblock.ts";
import { ringDurable, ringFlush } from "../ring/writes.ts";
import {
  LABEL_604,
  LABEL_605,
  LABEL_606,
  LABEL_632,
  RECOVERY_KIND_MEDIUM,
  RECOVERY_KIND_STUCK_DRIVE,
} from "../spec/recovery-label.ts";
import {
  PLAN_BACK,
  PLAN_BOTH,
  PLAN_MEDIUM,
  PLAN_RETRY,
  STATE_ACROSS,
  STATE_ASK_DRIVE,
  STATE_ASK_MEDIUM,
  STATE_BACK,
  STATE_BLANK,
  STATE_CATCH_UP,
  STATE_COPY,
  STATE_COUPLE,
  STATE_DIVIDE,
  STATE_EVIDENCE,
  STATE_IN,
  STATE_OUT,
  STATE_READY,
  STATE_REPORT,
  STATE_TAIL,
  STATE_UNLOAD,
} from "../spec/recovery-state.ts";
import { RING_BROKEN } from "../spec/ring-layout.ts";
import { WORD_NONE } from "../spec/word.ts";
import {
  cursorBlank,
  cursorProven,
  cursorReceived,
  cursorSent,
  cursorSynchronized,
  leadBytes,
} from "../tape/cursor.ts";
import { answerValue, clearAnswer, startDivide, startState, takeAnswered } from "./begin.ts";
import { endRecovered, endReported } from "./end.ts";
import { failureObject, failureOfRing, failureTake } from "./failure.ts";
import {
  afterState,
  beginAttempts,
  FOLLOW_AGAIN,
  FOLLOW_NEXT,
  FOLLOW_REPORT,
  FOLLOW_STUCK,
  judge,
} from "./fault.ts";
import { historyAdd } from "./history.ts";
import { paceStart } from "./pace.ts";
import {
  foundPlaced,
  isMediumReplaced,
  isOwnBetter,
  ownBack,
  placeMedium,
  rejectDrive,
  rejectFound,
  rejectPlaced,
  spareDriveInHand,
  spareMediumInHand,
  spareOut,
  sparesReset,
  tookOut,
} from "./spares.ts";
import {
  beginAccepting,
  nextRecovery,
  recovering,
  recoveryPlan,
  recoveryState,
  setRecoveryKind,
  setRecoveryPlan,
  setRecoveryState,
  showRunning,
} from "./state.ts";
import { labelOf, nextState } from "./table.ts";

/** The feeder has caught up when less than this is ahead of it. */
const CAUGHT_UP_BYTES: u64 = 8388608;

/** STATE_READY: the medium has been asked who it is. */
let identified: bool = false;

/** A drive command failed at logical object `at`: the first failure, or one more in a recovery. */
export function recoveryBegin(at: u64): void {
  if (!recovering()) {
    next();
    setRecoveryPlan(PLAN_RETRY);
  }
  kept.ringFailed = false;
  noteFailure(at);
  enter(STATE_EVIDENCE);
  journalRecovery(true);
}

function next(): void {
  nextRecovery();
  resetStall();
  paceStart(now());
  beginAttempts();
  sparesReset();
  noteOwnCapacity();
}

/** At start the drive holds a spare medium that is not blank and not the image's: the next one (608). */
export function recoveryReplace(): void {
  next();
  // No drive has reported anything.
  failureOfRing();
  kept.ringFailed = false;
  setRecoveryKind(RECOVERY_KIND_MEDIUM);
  rejectFound();
  cursorBlank();
  take(PLAN_MEDIUM);
  journalRecovery(true);
}

/**
 * At start the drive holds a spare that was put in for a divided cartridge and lacks other partitions than the
 * current one: it is divided and copied to once more, from the beginning (632).
 */
export function recoveryDivide(): void {
  next();
  failureOfRing();
  kept.ringFailed = false;
  setRecoveryKind(RECOVERY_KIND_MEDIUM);
  foundPlaced();
  cursorBlank();
  setRecoveryPlan(PLAN_MEDIUM);
  if (isBlankVerified()) showRunning(LABEL_632);
  enter(isBlankVerified() ? STATE_DIVIDE : STATE_BLANK);
  journalRecovery(true);
}

/** The ring cannot give what the tape lacks: the server has to know. */
export function recoveryAbandon(): void {
  if (!recovering()) {
    nextRecovery();
    beginAttempts();
    sparesReset();
  }
  failureOfRing();
  kept.ringFailed = true;
  follow(FOLLOW_REPORT);
}

/** Steps 604 to 606: the error message is received, the drive is not fed any more. */
function noteFailure(at: u64): void {
  showRunning(LABEL_604);
  failureTake(at);
  historyAdd(now(), currentDrive(), cartridgeNumber());
  showRunning(LABEL_605);
  showRunning(LABEL_606);
}

/** Enters a state under the plan. */
function enter(state: u32): void {
  setRecoveryState(state);
  kept.asked = false;
  identified = false;
  clearAnswer();
  showRunning(labelOf(state, recoveryPlan()));
  if (state === STATE_COPY) beginCopy();
}

/** A plan is taken: the first state after the evidence. */
function take(plan: u32): void {
  if (plan === PLAN_MEDIUM) rejectPlaced();
  setRecoveryPlan(plan);
  enter(nextState(STATE_EVIDENCE, plan));
}

function advance(): void {
  enter(nextState(recoveryState(), recoveryPlan()));
}

/** One state further where that can be done. */
export function recoveryPump(): bool {
  return recovering() && goOn(recoveryState());
}

function goOn(state: u32): bool {
  if (state === STATE_COPY) return copied();
  if (state === STATE_CATCH_UP) return endRecovered();
  if (state === STATE_REPORT) return endReported(kept.ringFailed);
  if (kept.asked) return collect(state);
  if (!deviceIdle() || !procedureIdle()) return false;
  if (state === STATE_IN && !isImageSafe()) return false;
  // A start has to know that the spare was blank before something is written on it.
  if (state === STATE_DIVIDE && partitionsOwed() && !isJournalSafe()) return false;
  kept.asked = true;
  startState(state);
  return true;
}

/**
 * From the moment when a spare cartridge is in the drive it stands for the volume: what the volume's own one
 * has for certain is on stable storage before that, and so is the journal.
 */
function isImageSafe(): bool {
  if (ringState() === RING_BROKEN) return true;
  const isDurable = ringDurable() >= cursorSynchronized();
  if (!isDurable) ringFlush();
  return isDurable && isJournalSafe();
}
function isJournalSafe(): bool {
  return ringState() === RING_BROKEN || ringJournalDurable();
}

/** What the state waited for has ended: success goes on in the table, a failure to fault.ts. */
function collect(state: u32): bool {
  if (takeAnswered()) {
    const answer = answerValue();
    const isGrant = state === STATE_ASK_DRIVE || state === STATE_ASK_MEDIUM;
    if (isGrant ? answer !== WORD_NONE : answer === 0) succeeded(state);
    else failed(state, OUTCOME_NO_ANSWER);
    return true;
  }
  const ended = procedureTake(FOR_RECOVERY);
  if (ended === OUTCOME_RUNNING) return false;
  if (ended === OUTCOME_DONE && startsNext(state)) return true;
  // A cleaning cartridge from a drive that hung: this one has cleaned itself, and there is no more to do.
  const isCleaned = ended === OUTCOME_CLEANED && isCleaningCartridge();
  if (ended === OUTCOME_DONE || isCleaned || state === STATE_EVIDENCE) succeeded(state);
  else failed(state, ended);
  return true;
}

/** A state of several procedures goes on with the next one. */
function startsNext(state: u32): bool {
  if (state === STATE_READY && !identified) {
    // Another cartridge, or another load of it: it is known by that when it comes back.
    identified = true;
    procedureStart(PROCEDURE_IDENTITY, FOR_RECOVERY);
    return true;
  }
  if (state === STATE_DIVIDE) return startDivide();
  if (state !== STATE_TAIL || !hostAttributesOwed()) return false;
  procedureStart(PROCEDURE_ATTRIBUTES, FOR_RECOVERY);
  return true;
}

function succeeded(state: u32): void {
  if (state === STATE_EVIDENCE) {
    follow(judge());
    return;
  }
  if (state === STATE_ASK_DRIVE || state === STATE_ASK_MEDIUM) beginAccepting();
  // The cartridge has been loaded once more: by that a start would not know it.
  if (state === STATE_READY && !partitionsOwed()) bindPartitions();
  if (state === STATE_OUT) {
    if (recoveryPlan() === PLAN_BACK) spareOut();
    else tookOut();
  }
  if (state === STATE_BACK) {
    ownBack();
    warningMoved();
    driveModesForget();
    journalRecovery(true, driveLeavesRecord() ? JOURNAL_WRITES : JOURNAL_WRITES_NOT);
  }
  if (state === STATE_IN) {
    placeMedium();
    warningMoved();
    driveModesForget();
    journalRecovery(true);
  }
  if (state === STATE_BLANK) {
    cursorBlank();
    if (partitionsOwed()) journalRecovery(true);
  }
  // The spare's whole capacity was asked, not that of the current partition.
  if (state === STATE_DIVIDE && isDivided()) forgetCapacity();
  if (state === STATE_TAIL && imageTrusted()) cursorProven(tailKept());
  advance();
}

/** Goes where the verdict or fault.ts says. */
function follow(to: u32): void {
  if (to === FOLLOW_REPORT) followReport();
  else if (to === FOLLOW_AGAIN) enter(STATE_EVIDENCE);
  else if (to === FOLLOW_NEXT) advance();
  else if (to === FOLLOW_STUCK) followStuck();
  else take(to);
}

/** Nothing helps: the server has to know, when the cartridge that holds most is in the drive (609). */
function followReport(): void {
  if (recoveryPlan() === PLAN_BACK || !isOwnBetter()) {
    enter(STATE_REPORT);
    return;
  }
  setRecoveryPlan(PLAN_BACK);
  enter(isMediumReplaced() ? STATE_UNLOAD : STATE_BACK);
}

/** The cartridge cannot be taken out of the failed drive: a spare medium in a spare drive (620). */
function followStuck(): void {
  // A spare medium that was tried in it is stuck like any other: asked for one, the changer would offer that.
  rejectPlaced();
  setRecoveryPlan(PLAN_BOTH);
  setRecoveryKind(RECOVERY_KIND_STUCK_DRIVE);
  if (spareMediumInHand() === WORD_NONE) enter(STATE_ASK_MEDIUM);
  else if (spareDriveInHand() === WORD_NONE) enter(STATE_ASK_DRIVE);
  else enter(STATE_IN);
}

function failed(state: u32, ended: u32): void {
  if (state === STATE_COUPLE) rejectDrive();
  if (state === STATE_BLANK || ended === OUTCOME_UNFIT) rejectPlaced();
  const to = afterState(state, ended);
  if (to === FOLLOW_AGAIN) noteFailure(failureObject());
  follow(to);
}

function beginCopy(): void {
  // A mount that needed another drive goes on by itself. Where the image is known (the server loads
  // its cartridge again) there is something to send, and only a medium that is ready is fed.
  if (mediumState() !== MEDIUM_LOADING || imageSelected() >= 0) setMediumState(MEDIUM_READY);
  driveModesForget();
  kept.copyUpTo = cursorReceived();
  feederBegins();
  journalRecovery(true);
}

/** Copying ends when what there was is on the tape, and of what came since only a little is ahead. */
function copied(): bool {
  if (cursorSent() < kept.copyUpTo || leadBytes() > CAUGHT_UP_BYTES) return false;
  advance();
  return true;
}

/**
 * After a trap: what the changer or a control was asked for is still being answered; a procedure went
 * with the instance that ran it and begins again. The journal is written once more: what it said last
 * may not have got to the superblock.
 */
export function recoveryResume(): void {
  journalRecovery(recovering() || journalOwes());
  const state = recoveryState();
  const byWord =
    state === STATE_ASK_DRIVE ||
    state === STATE_ASK_MEDIUM ||
    state === STATE_ACROSS ||
    state === STATE_OUT ||
    state === STATE_BACK ||
    state === STATE_IN;
  if (!byWord && deviceOwner() !== OWNER_RECOVERY) kept.asked = false;
}
