/**
 * Where filemarks and the end of data are, for SPACE and LOCATE: by the ring's index; or, where that knows
 * nothing of the tape and the drive cannot say where it stands, by going over the tape (`walking`), at most
 * once for each question of a command. Moves nobody's position; an answer may have to be waited for.
 */
import { deviceIdle } from "../lane/device.ts";
import { imageReachesEnd } from "../lane/medium.ts";
import {
  FOR_TASK,
  OUTCOME_DONE,
  OUTCOME_END_OF_DATA,
  OUTCOME_RUNNING,
  PROCEDURE_WALK,
  procedureIdle,
  procedureStart,
  procedureTake,
} from "../lane/procedure-state.ts";
import { PHASE_NEW, PHASE_PROCEDURE, setTaskPhase, taskTag } from "../lane/task.ts";
import { walkMarks, walkObject, walkOver } from "../lane/walk.ts";
import { imageFilemarks, imageSelected } from "../ring/image-table.ts";
import {
  walkerFilemark,
  walkerFilemarksUpTo,
  walkerFind,
  walkerFindFilemark,
} from "../ring/walker.ts";
import { WALKER_FOUND, WALKER_PENDING, WALKER_SERVER } from "../spec/ring-layout.ts";
import { cursorReceived } from "../tape/cursor.ts";

/** Ask again after the next event. */
export const MAP_NOT_YET: u64 = 0xffffffffffffffff;
/** What the index should say cannot be read. */
export const MAP_DAMAGED: u64 = 0xfffffffffffffffe;
/** There is no such filemark. */
export const MAP_NONE: u64 = 0xfffffffffffffffd;
/** Everything above is an answer. */
const ANSWERS: u64 = 0xfffffffffffffffc;

/** The command that the map is asked for, and how. */
let forTask: u32 = 0;
let walking: bool = false;

/** A question is a place in objects, or a number of filemarks; the last is the end of data. */
const QUESTION_BEFORE: u32 = 0;
const QUESTION_MARK: u32 = 1;
const QUESTION_END: u32 = 2;
const QUESTION_NONE: u32 = 3;
let asked: u32 = QUESTION_NONE;
/** One answer of each kind; what was asked, and the place that was reached, in objects and filemarks. */
const ROW_BYTES: u32 = 32;
const ROWS: usize = memory.data(96, 8);
function row(question: u32): u32 {
  return (ROWS as u32) + question * ROW_BYTES;
}

/** The command in work asks: by the index, or `byWalk`. */
export function mapFor(byWalk: bool): void {
  if (forTask === taskTag() && walking === byWalk) return;
  forTask = taskTag();
  walking = byWalk;
  asked = QUESTION_NONE;
  memory.fill(ROWS, 0, ROW_BYTES * QUESTION_NONE);
}

/** The place is known; its address, or 0: it is being looked for. */
function walked(question: u32, limit: u64): u32 {
  const at = row(question);
  if (load<u32>(at + 24) !== 0 && load<u64>(at) === limit) return at;
  if (!deviceIdle() || !procedureIdle()) return 0;
  asked = question;
  store<u64>(at, limit);
  store<u32>(at + 24, 0);
  walkOver(question === QUESTION_MARK);
  procedureStart(PROCEDURE_WALK, FOR_TASK, limit);
  setTaskPhase(PHASE_PROCEDURE);
  return 0;
}
/** A walk of the map is under way, or has ended. */
export function mapWalks(): bool {
  return asked !== QUESTION_NONE;
}
/** PHASE_PROCEDURE of a walk: OUTCOME_RUNNING, OUTCOME_DONE (ask again), or why it failed. */
export function mapWalked(): u32 {
  const ended = procedureTake(FOR_TASK);
  if (ended === OUTCOME_RUNNING) return OUTCOME_RUNNING;
  setTaskPhase(PHASE_NEW);
  const at = row(asked);
  asked = QUESTION_NONE;
  if (ended !== OUTCOME_DONE && ended !== OUTCOME_END_OF_DATA) return ended;
  store<u64>(at + 8, walkObject());
  store<u64>(at + 16, walkMarks());
  store<u32>(at + 24, 1);
  store<u32>(at + 28, ended === OUTCOME_END_OF_DATA ? 1 : 0);
  return OUTCOME_DONE;
}

/**
 * One walker of the index looks for both places of a SPACE: where the index has to be read, asking for the
 * first one again would lead it away from the second, for ever.
 */
function remembered(question: u32, limit: u64, answer: u64): u64 {
  if (answer > ANSWERS) return answer;
  const at = row(question);
  store<u64>(at, limit);
  store<u64>(at + 16, answer);
  store<u32>(at + 24, 1);
  return answer;
}

/** Filemarks before `object`. */
export function mapMarksBefore(object: u64): u64 {
  if (walking) {
    const at = walked(QUESTION_BEFORE, object);
    return at === 0 ? MAP_NOT_YET : load<u64>(at + 16);
  }
  const at = row(QUESTION_BEFORE);
  if (load<u32>(at + 24) !== 0 && load<u64>(at) === object) return load<u64>(at + 16);
  return remembered(QUESTION_BEFORE, object, indexMarksBefore(object));
}
function indexMarksBefore(object: u64): u64 {
  if (object === cursorReceived()) return imageFilemarks(imageSelected());
  const found = walkerFind(WALKER_SERVER, object);
  if (found === WALKER_PENDING) return MAP_NOT_YET;
  return found === WALKER_FOUND ? walkerFilemarksUpTo(WALKER_SERVER, object) : MAP_DAMAGED;
}

/** The object that filemark `n` is, counted from 0; MAP_NONE: the tape has fewer. */
export function mapMark(n: u64): u64 {
  if (walking) {
    const at = walked(QUESTION_MARK, n + 1);
    if (at === 0) return MAP_NOT_YET;
    return load<u32>(at + 28) !== 0 ? MAP_NONE : load<u64>(at + 8) - 1;
  }
  if (n >= imageFilemarks(imageSelected())) return MAP_NONE;
  const found = walkerFindFilemark(WALKER_SERVER, n);
  if (found === WALKER_PENDING) return MAP_NOT_YET;
  return found === WALKER_FOUND ? walkerFilemark(WALKER_SERVER, n) : MAP_DAMAGED;
}

/** The object at which data end. What is on the tape behind the image's end a failed write has left there. */
export function mapEnd(): u64 {
  if (!walking) return cursorReceived();
  const at = walked(QUESTION_END, imageReachesEnd() ? cursorReceived() : ANSWERS);
  return at === 0 ? MAP_NOT_YET : load<u64>(at + 8);
}
/** Filemarks before it; to be asked after `mapEnd`. */
export function mapEndMarks(): u64 {
  return walking ? load<u64>(row(QUESTION_END) + 16) : imageFilemarks(imageSelected());
}
