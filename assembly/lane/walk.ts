/**
 * Goes over the tape from its beginning, one object at a time, by reading: what is left where nobody has an
 * index of it and the drive cannot say where it stands. Counts objects and filemarks, keeps nothing.
 */
import { put24 } from "../lib/bytes.ts";
import { writesLost } from "../scsi/drive-answer.ts";
import { senseFilemark, senseKey } from "../scsi/sense-reader.ts";
import { BUFFER_CHECK } from "../spec/action.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import { OP_READ_6, OP_REWIND } from "../spec/operation-code.ts";
import { KEY_BLANK_CHECK, KEY_RECOVERED_ERROR, KEY_UNIT_ATTENTION } from "../spec/sense-key.ts";
import {
  commandInBuffer,
  commandPlain,
  currentDrive,
  deviceGood,
  deviceOperation,
  deviceResult,
  loseDrivePosition,
  OWNER_PROCEDURE,
  setDrivePosition,
  windLimitMs,
} from "./device.ts";
import {
  finish,
  OUTCOME_DONE,
  OUTCOME_END_OF_DATA,
  OUTCOME_NO_ANSWER,
  OUTCOME_RUNNING,
  OUTCOME_SENSE,
  pc,
  procedureTarget,
  setPc,
} from "./procedure-state.ts";

const UNIT_ATTENTIONS_MAX: u32 = 8;
/** Any length passes over a record. */
const ANY_BYTES: u32 = 1;

let byMark: bool = false;
let limit: u64 = 0;
let object: u64 = 0;
let marks: u64 = 0;
let isRewound: bool = false;
let attentions: u32 = 0;

/** Begins: ends before object `count`, or (`overMarks`) behind `count` filemarks. */
export function walkBegin(count: u64, overMarks: bool): void {
  byMark = overMarks;
  limit = count;
  attentions = 0;
  restart();
}
function restart(): void {
  object = 0;
  marks = 0;
  isRewound = false;
}
/** The walk of a procedure of its own: set before `procedureStart`, whose target is the limit. */
export function walkOver(overMarks: bool): void {
  byMark = overMarks;
}
/** Objects, and filemarks among them, before the place that was reached. */
export function walkObject(): u64 {
  return object;
}
export function walkMarks(): u64 {
  return marks;
}

/** REWIND, or the next READ. */
export function walkStep(): u32 {
  if (!isRewound) {
    isRewound = true;
    loseDrivePosition();
    const limitMs = windLimitMs();
    commandPlain(OWNER_PROCEDURE, currentDrive(), OP_REWIND, limitMs);
    return OUTCOME_RUNNING;
  }
  if ((byMark ? marks : object) >= limit) {
    setDrivePosition(object);
    return OUTCOME_DONE;
  }
  const cdb = commandInBuffer(OWNER_PROCEDURE, OP_READ_6, BUFFER_CHECK, 0, ANY_BYTES, 0);
  put24(cdb + 2, ANY_BYTES);
  return OUTCOME_RUNNING;
}

/** What the drive answered: OUTCOME_RUNNING goes on, anything else is the end. */
export function walkAnswered(): u32 {
  if (deviceResult() !== RESULT_ANSWERED) return OUTCOME_NO_ANSWER;
  if (!deviceGood() && senseKey() === KEY_UNIT_ATTENTION) {
    attentions += 1;
    if (writesLost() || attentions > UNIT_ATTENTIONS_MAX) return OUTCOME_SENSE;
    restart();
    return OUTCOME_RUNNING;
  }
  if (deviceOperation() === OP_REWIND) return deviceGood() ? OUTCOME_RUNNING : OUTCOME_SENSE;
  if (!deviceGood() && senseKey() === KEY_BLANK_CHECK) {
    setDrivePosition(object);
    return OUTCOME_END_OF_DATA;
  }
  if (!deviceGood() && senseKey() > KEY_RECOVERED_ERROR) return OUTCOME_SENSE;
  object += 1;
  if (!deviceGood() && senseFilemark()) marks += 1;
  return OUTCOME_RUNNING;
}

const START: u32 = 0;
const SENT: u32 = 1;

/** One step further of the procedure that does only this. */
export function advanceWalk(): bool {
  if (pc() === START) {
    walkBegin(procedureTarget(), byMark);
    setPc(SENT);
  } else {
    const answered = walkAnswered();
    if (answered !== OUTCOME_RUNNING) return finish(answered);
  }
  const step = walkStep();
  return step === OUTCOME_RUNNING ? true : finish(step);
}
