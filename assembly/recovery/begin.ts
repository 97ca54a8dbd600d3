/** Sets going what each state of the recovery needs: a procedure, a control, a word to the changer. */
import { controlDevice, currentDrive, deviceResult, OWNER_RECOVERY } from "../lane/device.ts";
import { hostAttributesOwed } from "../lane/host-attributes.ts";
import { imageTrusted } from "../lane/medium.ts";
import { volumeSerial } from "../lane/medium-identity.ts";
import { isBlankVerified, partitionsOwed } from "../lane/partition.ts";
import {
  FOR_RECOVERY,
  PROCEDURE_ATTRIBUTES,
  PROCEDURE_BLANK,
  PROCEDURE_CHECK,
  PROCEDURE_DIVIDE,
  PROCEDURE_EVIDENCE,
  PROCEDURE_READY,
  PROCEDURE_TAIL,
  PROCEDURE_UNLOAD,
  procedureStart,
} from "../lane/procedure-state.ts";
import { params } from "../lib/action.ts";
import { eventA, eventC } from "../lib/event.ts";
import { imageBase, imageSelected } from "../ring/image-table.ts";
import { VOLUME_TAG_BYTES } from "../spec/abi.ts";
import { CONTROL_COUPLE } from "../spec/action.ts";
import {
  PLAN_BOTH,
  PLAN_MEDIUM,
  STATE_ACROSS,
  STATE_ASK_DRIVE,
  STATE_ASK_MEDIUM,
  STATE_BACK,
  STATE_BLANK,
  STATE_CHECK,
  STATE_COUPLE,
  STATE_DIVIDE,
  STATE_EVIDENCE,
  STATE_IN,
  STATE_OUT,
  STATE_READY,
  STATE_RECONNECT,
  STATE_TAIL,
  STATE_UNLOAD,
} from "../spec/recovery-state.ts";
import {
  WORD_ASK_DRIVE,
  WORD_ASK_MEDIUM,
  WORD_DRIVE,
  WORD_MEDIUM,
  WORD_MOVE_ACROSS,
  WORD_MOVE_BACK,
  WORD_MOVE_IN,
  WORD_MOVE_OUT,
  WORD_MOVED,
  WORD_NONE,
} from "../spec/word.ts";
import { cursorSynchronized } from "../tape/cursor.ts";
import { failureAnswered } from "./failure.ts";
import { retryStarted } from "./fault.ts";
import {
  isOwnOut,
  sendWord,
  spareDriveInHand,
  spareMediumInHand,
  sparesTake,
  takeSpareDrive,
} from "./spares.ts";
import { recoveryPlan } from "./state.ts";

/** A relogin, and every other try to get a connection, is given so long. */
const COUPLE_LIMIT_MS: u32 = 10000;
/** How many objects before the last that is certain are read again. */
const TAIL_OBJECTS: u64 = 2;

let answered: bool = false;
let answer: u32 = 0;

function setAnswer(value: u32): void {
  answered = true;
  answer = value;
}
/** Forgets an answer that has not been looked at. */
export function clearAnswer(): void {
  answered = false;
}
/** True once an answer has come; asking takes it. */
export function takeAnswered(): bool {
  const was = answered;
  answered = false;
  return was;
}
/** What it was: a result, or a grant (WORD_NONE: nothing to be had). */
export function answerValue(): u32 {
  return answer;
}

/** Takes the completion of a control that the recovery asked for. */
export function recoveryControlDone(): void {
  setAnswer(deviceResult() === 0 ? 0 : WORD_NONE);
}

/** A word from the changer. */
export function recoveryWord(): void {
  const kind = eventA();
  if (kind !== WORD_DRIVE && kind !== WORD_MEDIUM && kind !== WORD_MOVED) return;
  sparesTake(kind);
  setAnswer(eventC());
}

/** The drive that this plan ends with. */
function planDrive(): u32 {
  const spare = spareDriveInHand();
  return spare !== WORD_NONE ? spare : currentDrive();
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
export function startState(state: u32): void {
  if (state === STATE_EVIDENCE) {
    if (failureAnswered()) procedureStart(PROCEDURE_EVIDENCE, FOR_RECOVERY);
    else setAnswer(0);
  } else if (state === STATE_RECONNECT) {
    retryStarted();
    controlDevice(OWNER_RECOVERY, currentDrive(), CONTROL_COUPLE, COUPLE_LIMIT_MS);
  } else if (state === STATE_COUPLE) {
    controlDevice(OWNER_RECOVERY, spareDriveInHand(), CONTROL_COUPLE, COUPLE_LIMIT_MS);
  } else if (state === STATE_ASK_DRIVE) sendWord(WORD_ASK_DRIVE, 0, 0);
  else if (state === STATE_ASK_MEDIUM) sendWord(WORD_ASK_MEDIUM, 0, 0);
  else if (state === STATE_CHECK) startCheck();
  else if (state === STATE_UNLOAD) startUnload();
  else if (state === STATE_ACROSS) sendWord(WORD_MOVE_ACROSS, currentDrive(), spareDriveInHand());
  else if (state === STATE_OUT) sendWord(WORD_MOVE_OUT, currentDrive(), 0);
  else if (state === STATE_BACK) sendWord(WORD_MOVE_BACK, currentDrive(), 0);
  else if (state === STATE_IN) moveIn();
  else if (state === STATE_READY) startReady();
  else if (state === STATE_BLANK) {
    procedureStart(PROCEDURE_BLANK, FOR_RECOVERY);
  } else if (state === STATE_DIVIDE) {
    if (!startDivide()) setAnswer(0);
  } else if (state === STATE_TAIL) startTail();
}

/**
 * A spare gets what it lacks but for the current partition: the others, and what hosts have written into the memory of
 * the volume's own cartridge. False: nothing.
 */
export function startDivide(): bool {
  const isNew = recoveryPlan() === PLAN_MEDIUM || recoveryPlan() === PLAN_BOTH;
  if (partitionsOwed()) {
    procedureStart(isBlankVerified() ? PROCEDURE_DIVIDE : PROCEDURE_BLANK, FOR_RECOVERY);
  } else if (isNew && hostAttributesOwed()) procedureStart(PROCEDURE_ATTRIBUTES, FOR_RECOVERY);
  else return false;
  return true;
}

/** The spare medium stands for the volume: the changer keeps who that was. */
function moveIn(): void {
  sendWord(WORD_MOVE_IN, spareMediumInHand(), planDrive());
  if (volumeSerial() !== 0) memory.copy(params(VOLUME_TAG_BYTES), volumeSerial(), VOLUME_TAG_BYTES);
}

/** A drive that does not answer cannot be asked to unload; the library may take the cartridge all the same. */
function startUnload(): void {
  if (failureAnswered()) procedureStart(PROCEDURE_UNLOAD, FOR_RECOVERY);
  else setAnswer(0);
}

/** Once a recovery: at a later spare the cartridge is not in the drive any more. */
function startCheck(): void {
  if (failureAnswered() && !isOwnOut()) {
    procedureStart(PROCEDURE_CHECK, FOR_RECOVERY);
  } else setAnswer(0);
}

function startReady(): void {
  takeSpareDrive();
  procedureStart(PROCEDURE_READY, FOR_RECOVERY);
}

function startTail(): void {
  if (!imageTrusted()) setAnswer(0);
  else procedureStart(PROCEDURE_TAIL, FOR_RECOVERY, tailStart());
}
