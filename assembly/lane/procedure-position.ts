/**
 * Positions the medium at a logical object (alone, or as a part of another procedure): by LOCATE, or, where a drive has none, by REWIND, SPACE over
 * the filemarks before it and SPACE over the records after the last of them, as the ring's index says; what the
 * index does not know is read, object by object.
 */
import { put24 } from "../lib/bytes.ts";
import { imageBase, imageEnd, imageFilemarks, imageSelected } from "../ring/image-table.ts";
import {
  walkerFilemark,
  walkerFilemarksUpTo,
  walkerFind,
  walkerFindFilemark,
} from "../ring/walker.ts";
import { writesLost } from "../scsi/drive-answer.ts";
import { senseKey, senseWord } from "../scsi/sense-reader.ts";
import { ASC_END_OF_DATA_DETECTED } from "../spec/additional-sense.ts";
import { PROFILE_LOCATE } from "../spec/drive-profile.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import { OP_REWIND, OP_SPACE_6 } from "../spec/operation-code.ts";
import { WALKER_CHECK, WALKER_FOUND, WALKER_PENDING } from "../spec/ring-layout.ts";
import { KEY_BLANK_CHECK, KEY_UNIT_ATTENTION } from "../spec/sense-key.ts";
import {
  commandLocate,
  commandPlain,
  deviceGood,
  deviceResult,
  loseDrivePosition,
  OWNER_PROCEDURE,
  profile,
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
  procedureDevice,
  procedureTarget,
  setPc,
} from "./procedure-state.ts";
import { walkAnswered, walkBegin, walkStep } from "./walk.ts";

const UNIT_ATTENTIONS_MAX: u32 = 8;
/** SPACE(6) counts so many objects at a time. */
const SPACE_MAX: u64 = 0x7fffff;

/** The index is being read: nothing can be done before that. */
export const POSITION_PENDING: u32 = 255;

const START: u32 = 0;
const LOCATED: u32 = 1;
const REWOUND: u32 = 2;
const LOOK_UP: u32 = 3;
const LOOK_UP_MARK: u32 = 4;
const SPACE: u32 = 5;
const SPACED: u32 = 6;
const WALK: u32 = 7;
const WALKED: u32 = 8;

let stage: u32 = START;
let goal: u64 = 0;
let attentions: u32 = 0;
let filemarks: u64 = 0;
let records: u64 = 0;

/** Begins to position the procedure's drive at `object`. */
export function positionBegin(object: u64): void {
  goal = object;
  stage = START;
  attentions = 0;
}

function begin(): u32 {
  loseDrivePosition();
  if ((profile() & PROFILE_LOCATE) !== 0) {
    commandLocate(OWNER_PROCEDURE, goal);
    stage = LOCATED;
    return OUTCOME_RUNNING;
  }
  commandPlain(OWNER_PROCEDURE, procedureDevice(), OP_REWIND, windLimitMs());
  stage = REWOUND;
  return OUTCOME_RUNNING;
}

function done(): u32 {
  setDrivePosition(goal);
  return OUTCOME_DONE;
}

/** Nobody knows what stands before the goal: it is read. */
function walk(): u32 {
  walkBegin(goal, false);
  stage = WALK;
  return OUTCOME_RUNNING;
}

/** How many filemarks stand before the goal. */
function lookUp(): u32 {
  const image = imageSelected();
  if (image < 0 || imageBase(image) !== 0) return walk();
  if (goal === imageEnd(image)) filemarks = imageFilemarks(image);
  else {
    const found = walkerFind(WALKER_CHECK, goal);
    if (found === WALKER_PENDING) return POSITION_PENDING;
    if (found !== WALKER_FOUND) return walk();
    filemarks = walkerFilemarksUpTo(WALKER_CHECK, goal);
  }
  records = goal;
  stage = filemarks === 0 ? SPACE : LOOK_UP_MARK;
  return OUTCOME_RUNNING;
}

/** How many records stand between the last filemark and the goal. */
function lookUpMark(): u32 {
  const found = walkerFindFilemark(WALKER_CHECK, filemarks - 1);
  if (found === WALKER_PENDING) return POSITION_PENDING;
  if (found !== WALKER_FOUND) return walk();
  records = goal - walkerFilemark(WALKER_CHECK, filemarks - 1) - 1;
  stage = SPACE;
  return OUTCOME_RUNNING;
}

function space(): u32 {
  if (filemarks === 0 && records === 0) return done();
  const overMarks = filemarks > 0;
  const left = overMarks ? filemarks : records;
  const count = left < SPACE_MAX ? left : SPACE_MAX;
  const cdb = commandPlain(OWNER_PROCEDURE, procedureDevice(), OP_SPACE_6, windLimitMs());
  store<u8>(cdb + 1, overMarks ? 1 : 0);
  put24(cdb + 2, count as u32);
  if (overMarks) filemarks -= count;
  else records -= count;
  stage = SPACED;
  return OUTCOME_RUNNING;
}

/** tgtd says NO SENSE, END OF DATA DETECTED when the last record spaced over is the last of the tape. */
function arrivedAtEnd(): bool {
  if (deviceResult() !== RESULT_ANSWERED || stage !== SPACED) return false;
  const last = filemarks === 0 && records === 0;
  return last && senseWord() === ASC_END_OF_DATA_DETECTED;
}

/** After a command: OUTCOME_RUNNING goes on, anything else is the outcome. */
function judge(): u32 {
  if (deviceGood() || arrivedAtEnd()) return OUTCOME_RUNNING;
  loseDrivePosition();
  if (deviceResult() !== RESULT_ANSWERED) return OUTCOME_NO_ANSWER;
  if (senseKey() === KEY_BLANK_CHECK) return OUTCOME_END_OF_DATA;
  return OUTCOME_SENSE;
}

function walkFurther(): u32 {
  stage = WALKED;
  return walkStep();
}
function walked(): u32 {
  stage = WALK;
  return walkAnswered();
}

/** One step further: an outcome, OUTCOME_RUNNING (a command is out or a step done) or POSITION_PENDING. */
export function positionStep(): u32 {
  if (stage === START) return begin();
  if (stage === LOOK_UP) return lookUp();
  if (stage === LOOK_UP_MARK) return lookUpMark();
  if (stage === SPACE) return space();
  if (stage === WALK) return walkFurther();
  if (stage === WALKED) return walked();
  const isAttention = deviceResult() === RESULT_ANSWERED && senseKey() === KEY_UNIT_ATTENTION;
  if (isAttention && !writesLost() && attentions < UNIT_ATTENTIONS_MAX) {
    attentions += 1;
    return begin();
  }
  const judged = judge();
  if (judged !== OUTCOME_RUNNING) return judged;
  if (stage === LOCATED || (stage === REWOUND && goal === 0)) return done();
  stage = stage === REWOUND ? LOOK_UP : SPACE;
  return OUTCOME_RUNNING;
}

/** One step further of the procedure that does only this. */
export function advancePosition(): bool {
  if (pc() === 0) {
    positionBegin(procedureTarget());
    setPc(1);
  }
  const step = positionStep();
  if (step === POSITION_PENDING) return false;
  return step === OUTCOME_RUNNING ? true : finish(step);
}
