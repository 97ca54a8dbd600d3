/**
 * The recovery: enters states as the table says, runs what each state needs (a procedure, a word to the
 * changer, the feeder), and takes their ends. What follows a failure is decided in fault.ts by the
 * verdict. Level triggered: `recoveryPump` is called after every event.
 */
import {
  controlDevice,
  currentDrive,
  deviceIdle,
  deviceResult,
  OWNER_RECOVERY,
  selectDrive,
} from "../lane/device.ts";
import { laneNumber } from "../lane/identity.ts";
import { journalRecovery } from "../lane/journal.ts";
import {
  cartridgeNumber,
  imageTrusted,
  MEDIUM_LOADING,
  MEDIUM_READY,
  mediumState,
  setEarlyWarning,
  setMediumState,
  setRealTag,
} from "../lane/medium.ts";
import {
  FOR_RECOVERY,
  OUTCOME_DONE,
  OUTCOME_NO_ANSWER,
  OUTCOME_RUNNING,
  PROCEDURE_BLANK,
  PROCEDURE_EVIDENCE,
  PROCEDURE_READY,
  PROCEDURE_TAIL,
  PROCEDURE_UNLOAD,
  procedureIdle,
  procedureStart,
  procedureTake,
} from "../lane/procedure-state.ts";
import { tailProven } from "../lane/procedure-tail.ts";
import { PHASE_NONE, resetStall, taskPhase } from "../lane/task.ts";
import { act, setA, setB, setC, setD } from "../lib/action.ts";
import { eventA, eventC } from "../lib/event.ts";
import { imageBase, imageSelected } from "../ring/image-table.ts";
import { PARAM_IN_AT } from "../spec/abi.ts";
import { AC_WORD, CONTROL_COUPLE } from "../spec/action.ts";
import {
  LABEL_604,
  LABEL_605,
  LABEL_606,
  LABEL_609,
  LABEL_611,
  LABEL_618,
  LABEL_619,
  RECOVERY_KIND_STUCK_DRIVE,
  RECOVERY_RESULT_RECOVERED,
  RECOVERY_RESULT_REPORTED,
} from "../spec/recovery-label.ts";
import {
  PLAN_BOTH,
  PLAN_MEDIUM,
  PLAN_RETRY,
  STATE_ACROSS,
  STATE_ASK_DRIVE,
  STATE_ASK_MEDIUM,
  STATE_BLANK,
  STATE_CATCH_UP,
  STATE_COPY,
  STATE_COUPLE,
  STATE_EVIDENCE,
  STATE_IN,
  STATE_NONE,
  STATE_OUT,
  STATE_READY,
  STATE_RECONNECT,
  STATE_REPORT,
  STATE_TAIL,
  STATE_UNLOAD,
} from "../spec/recovery-state.ts";
import {
  WORD_ASK_DRIVE,
  WORD_ASK_MEDIUM,
  WORD_BAD_MEDIUM,
  WORD_DRIVE,
  WORD_FENCED,
  WORD_MEDIUM,
  WORD_MOVE_ACROSS,
  WORD_MOVE_IN,
  WORD_MOVE_OUT,
  WORD_MOVED,
  WORD_NONE,
  WORD_RECOVERED,
} from "../spec/word.ts";
import { cursorBlank, cursorProven, cursorSynchronized, leadBytes } from "../tape/cursor.ts";
import { failureAnswered, failureObject, failureOfRing, failureTake } from "./failure.ts";
import {
  afterState,
  beginAttempts,
  FOLLOW_AGAIN,
  FOLLOW_NEXT,
  FOLLOW_REPORT,
  FOLLOW_STUCK,
  judge,
  retryStarted,
} from "./fault.ts";
import { historyAdd } from "./history.ts";
import { paceStart } from "./pace.ts";
import { reportFailure } from "./report.ts";
import {
  nextRecovery,
  recovering,
  recoveryPlan,
  recoveryState,
  rewrittenBytes,
  setRecoveryKind,
  setRecoveryPlan,
  setRecoveryState,
  showRunning,
  showStep,
} from "./state.ts";
import { labelOf, nextState } from "./table.ts";

/** A relogin, and every other try to get a connection, is given so long. */
const COUPLE_LIMIT_MS: u32 = 10000;
/** The feeder has caught up when less than this is ahead of it. */
const CAUGHT_UP_BYTES: u64 = 8388608;
/** How many objects before the last that is certain are read again. */
const TAIL_OBJECTS: u64 = 2;

let spareDrive: u32 = WORD_NONE;
let spareMedium: u32 = WORD_NONE;
let answered: bool = false;
let answer: u32 = 0;
let asked: bool = false;
let clock: u64 = 0;
let acceptShown: bool = false;
let mediumReplaced: bool = false;
/** The spare medium that is in the lane's drive now. */
let placedMedium: u32 = WORD_NONE;

export function recoveryTime(time: u64): void {
  clock = time;
}

/** A drive command failed at logical object `at`: the first failure, or one more in a recovery. */
export function recoveryBegin(at: u64): void {
  if (!recovering()) {
    nextRecovery();
    resetStall();
    paceStart(clock);
    beginAttempts();
    acceptShown = false;
    mediumReplaced = false;
    spareDrive = WORD_NONE;
    spareMedium = WORD_NONE;
    placedMedium = WORD_NONE;
    setRecoveryPlan(PLAN_RETRY);
  }
  noteFailure(at);
  enter(STATE_EVIDENCE);
  journalRecovery(true);
}

/** The ring cannot give what the tape lacks: the server has to know. */
export function recoveryAbandon(): void {
  if (!recovering()) {
    nextRecovery();
    beginAttempts();
    mediumReplaced = false;
  }
  failureOfRing();
  enter(STATE_REPORT);
}

/** Steps 604 to 606: the error message is received, the drive is not fed any more. */
function noteFailure(at: u64): void {
  showRunning(LABEL_604);
  failureTake(at);
  historyAdd(clock, currentDrive(), cartridgeNumber());
  showRunning(LABEL_605);
  showRunning(LABEL_606);
}

/** Enters a state under the plan. */
function enter(state: u32): void {
  setRecoveryState(state);
  asked = false;
  answered = false;
  showRunning(labelOf(state, recoveryPlan()));
  if (state === STATE_COPY) beginCopy();
}

/** A plan is taken: the first state after the evidence. */
function take(plan: u32): void {
  if (plan === PLAN_MEDIUM && placedMedium !== WORD_NONE) rejectMedium();
  setRecoveryPlan(plan);
  enter(nextState(STATE_EVIDENCE, plan));
}

function advance(): void {
  enter(nextState(recoveryState(), recoveryPlan()));
}

/** The ring accepts data at a reduced rate from here on: a spare has been found. */
function showAccepting(): void {
  if (acceptShown) return;
  acceptShown = true;
  showRunning(LABEL_611);
}

/** One state further where that can be done. */
export function recoveryPump(): bool {
  const state = recoveryState();
  if (state === STATE_NONE) return false;
  if (state === STATE_COPY) return copied();
  if (state === STATE_CATCH_UP) return finishRecovery();
  if (state === STATE_REPORT) return report();
  if (asked) return collect(state);
  if (!deviceIdle() || !procedureIdle()) return false;
  asked = true;
  start(state);
  return true;
}

function word(kind: u32, c: u32, d: u32): void {
  act(AC_WORD, 0);
  setA(kind);
  setB(laneNumber());
  setC(c);
  setD(d);
}

/** The drive that this plan ends with. */
function planDrive(): u32 {
  return spareDrive !== WORD_NONE ? spareDrive : currentDrive();
}

function tailStart(): u64 {
  const image = imageSelected();
  if (image < 0) return 0;
  const base = imageBase(image);
  const y = cursorSynchronized();
  const from = y > TAIL_OBJECTS ? y - TAIL_OBJECTS : 0;
  return from > base ? from : base;
}

/** Sets going what the state needs. */
function start(state: u32): void {
  if (state === STATE_EVIDENCE) {
    if (failureAnswered()) procedureStart(PROCEDURE_EVIDENCE, FOR_RECOVERY, currentDrive(), 0);
    else setAnswer(0);
  } else if (state === STATE_RECONNECT) {
    retryStarted();
    controlDevice(OWNER_RECOVERY, currentDrive(), CONTROL_COUPLE, COUPLE_LIMIT_MS);
  } else if (state === STATE_COUPLE) {
    controlDevice(OWNER_RECOVERY, spareDrive, CONTROL_COUPLE, COUPLE_LIMIT_MS);
  } else if (state === STATE_ASK_DRIVE) word(WORD_ASK_DRIVE, 0, 0);
  else if (state === STATE_ASK_MEDIUM) word(WORD_ASK_MEDIUM, 0, 0);
  else if (state === STATE_UNLOAD) startUnload();
  else if (state === STATE_ACROSS) word(WORD_MOVE_ACROSS, currentDrive(), spareDrive);
  else if (state === STATE_OUT) word(WORD_MOVE_OUT, currentDrive(), 0);
  else if (state === STATE_IN) word(WORD_MOVE_IN, spareMedium, planDrive());
  else if (state === STATE_READY) startReady();
  else if (state === STATE_BLANK) {
    procedureStart(PROCEDURE_BLANK, FOR_RECOVERY, currentDrive(), 0);
  } else if (state === STATE_TAIL) startTail();
}

/** A drive that does not answer cannot be asked to unload; the library may take the cartridge all the same. */
function startUnload(): void {
  if (failureAnswered()) procedureStart(PROCEDURE_UNLOAD, FOR_RECOVERY, currentDrive(), 0);
  else setAnswer(0);
}

/** From here on the plan's drive is the lane's drive. */
function startReady(): void {
  if (spareDrive !== WORD_NONE && currentDrive() !== spareDrive) {
    word(WORD_FENCED, currentDrive(), spareDrive);
    selectDrive(spareDrive);
    spareDrive = WORD_NONE;
  }
  procedureStart(PROCEDURE_READY, FOR_RECOVERY, currentDrive(), 0);
}

function startTail(): void {
  if (!imageTrusted()) setAnswer(0);
  else procedureStart(PROCEDURE_TAIL, FOR_RECOVERY, currentDrive(), tailStart());
}

function setAnswer(value: u32): void {
  answered = true;
  answer = value;
}

/** Takes the completion of a control that the recovery asked for. */
export function recoveryControlDone(): void {
  setAnswer(deviceResult() === 0 ? 0 : WORD_NONE);
}

/** A word from the changer. */
export function recoveryWord(): void {
  const kind = eventA();
  if (kind === WORD_DRIVE) spareDrive = eventC();
  else if (kind === WORD_MEDIUM) {
    spareMedium = eventC();
    if (spareMedium !== WORD_NONE) setNextTag(PARAM_IN_AT);
  } else if (kind !== WORD_MOVED) return;
  setAnswer(eventC());
}

const NEXT_TAG: usize = memory.data(32, 8);
function setNextTag(at: u32): void {
  memory.copy(NEXT_TAG, at, 32);
}

/** What the state waited for has ended: success goes on in the table, a failure to fault.ts. */
function collect(state: u32): bool {
  if (answered) {
    answered = false;
    const isGrant = state === STATE_ASK_DRIVE || state === STATE_ASK_MEDIUM;
    if (isGrant ? answer !== WORD_NONE : answer === 0) succeeded(state);
    else failed(state, OUTCOME_NO_ANSWER);
    return true;
  }
  const ended = procedureTake(FOR_RECOVERY);
  if (ended === OUTCOME_RUNNING) return false;
  if (ended === OUTCOME_DONE || state === STATE_EVIDENCE) succeeded(state);
  else failed(state, ended);
  return true;
}

function succeeded(state: u32): void {
  if (state === STATE_EVIDENCE) {
    follow(judge());
    return;
  }
  if (state === STATE_ASK_DRIVE || state === STATE_ASK_MEDIUM) showAccepting();
  if (state === STATE_IN) {
    mediumReplaced = true;
    placedMedium = spareMedium;
    spareMedium = WORD_NONE;
    setRealTag(NEXT_TAG as u32);
    setEarlyWarning(false);
    journalRecovery(true);
  }
  if (state === STATE_BLANK) cursorBlank();
  if (state === STATE_TAIL && imageTrusted()) cursorProven(tailProven());
  advance();
}

/** Goes where the verdict or fault.ts says. */
function follow(to: u32): void {
  if (to === FOLLOW_REPORT) enter(STATE_REPORT);
  else if (to === FOLLOW_AGAIN) enter(STATE_EVIDENCE);
  else if (to === FOLLOW_NEXT) advance();
  else if (to === FOLLOW_STUCK) followStuck();
  else take(to);
}
/** The cartridge cannot be taken out of the failed drive: a spare medium in a spare drive (620). */
function followStuck(): void {
  setRecoveryPlan(PLAN_BOTH);
  setRecoveryKind(RECOVERY_KIND_STUCK_DRIVE);
  if (spareMedium === WORD_NONE) enter(STATE_ASK_MEDIUM);
  else if (spareDrive === WORD_NONE) enter(STATE_ASK_DRIVE);
  else enter(STATE_IN);
}

function failed(state: u32, ended: u32): void {
  if (state === STATE_COUPLE) {
    word(WORD_FENCED, spareDrive, currentDrive());
    spareDrive = WORD_NONE;
  }
  if (state === STATE_BLANK || state === STATE_IN) rejectMedium();
  const to = afterState(state, ended);
  if (to === FOLLOW_AGAIN) noteFailure(failureObject());
  follow(to);
}

/** The spare medium in hand is of no use. */
function rejectMedium(): void {
  const bad = spareMedium !== WORD_NONE ? spareMedium : placedMedium;
  if (bad !== WORD_NONE) word(WORD_BAD_MEDIUM, bad, 0);
  spareMedium = WORD_NONE;
  placedMedium = WORD_NONE;
}

function beginCopy(): void {
  // A mount that needed another drive goes on by itself.
  if (mediumState() !== MEDIUM_LOADING) setMediumState(MEDIUM_READY);
  journalRecovery(true);
}

/** Copying ends when the feeder has caught up; a retry has to be seen to work first. */
function copied(): bool {
  if (leadBytes() > CAUGHT_UP_BYTES) return false;
  if (recoveryPlan() === PLAN_RETRY && leadBytes() > 0 && rewrittenBytes() === 0) return false;
  advance();
  return true;
}

function finishRecovery(): bool {
  word(WORD_RECOVERED, mediumReplaced ? 1 : 0, 0);
  showStep(taskPhase() === PHASE_NONE ? LABEL_619 : LABEL_618, RECOVERY_RESULT_RECOVERED);
  setRecoveryState(STATE_NONE);
  journalRecovery(false);
  return true;
}

/** Step 609: nothing can be done; the server gets the drive's own error. */
function report(): bool {
  if (!deviceIdle() || !procedureIdle()) return false;
  word(WORD_RECOVERED, mediumReplaced ? 1 : 2, 0);
  showStep(LABEL_609, RECOVERY_RESULT_REPORTED);
  setRecoveryState(STATE_NONE);
  reportFailure();
  journalRecovery(false);
  return true;
}
