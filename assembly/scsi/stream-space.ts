/**
 * SPACE(6) and SPACE(16) of the server. Inside a trusted image they only move the bridge's position: the drive
 * follows when it is next needed. Elsewhere the drive does them. Sequential filemarks and setmarks are
 * refused, as LTO drives do.
 */
import { serverPosition } from "../lane/medium.ts";
import { isDivided } from "../lane/partition.ts";
import { cdb, cdbByte, replyGood, replySense } from "../lane/task.ts";
import { get24Signed, get64 } from "../lib/bytes.ts";
import {
  ASC_BEGINNING_OF_PARTITION,
  ASC_END_OF_DATA_DETECTED,
  ASC_FILEMARK_DETECTED,
  ASC_INVALID_FIELD_IN_CDB,
} from "../spec/additional-sense.ts";
import { OP_SPACE_6, OP_SPACE_16 } from "../spec/operation-code.ts";
import {
  KEY_BLANK_CHECK,
  KEY_ILLEGAL_REQUEST,
  KEY_NO_SENSE,
  SENSE_EOM,
  SENSE_FILEMARK,
} from "../spec/sense-key.ts";
import {
  arrive,
  arriveSense,
  MAP_BY_DRIVE,
  MAP_WAIT,
  mapSource,
  moveByDrive,
  unanswered,
} from "./stream-move.ts";
import { MAP_NONE, mapEnd, mapEndMarks, mapMark, mapMarksBefore } from "./tape-map.ts";

const CODE_BLOCKS: u32 = 0;
const CODE_FILEMARKS: u32 = 1;
const CODE_END_OF_DATA: u32 = 3;
/** No tape has as many objects; a sum with them does not overflow. */
const COUNT_MAX: i64 = 0x4000000000000000;

function count(): i64 {
  if (cdbByte(0) === OP_SPACE_6) return get24Signed(cdb() + 2) as i64;
  return min(max(get64(cdb() + 4) as i64, -COUNT_MAX), COUNT_MAX);
}

/** SPACE(6) and SPACE(16), again after every event until it is done. */
export function space(): void {
  const code = cdbByte(1) & 0x0f;
  if (code !== CODE_BLOCKS && code !== CODE_FILEMARKS && code !== CODE_END_OF_DATA) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
    return;
  }
  const source = mapSource();
  if (source === MAP_WAIT) return;
  const wanted = count();
  if (code === CODE_END_OF_DATA) {
    if (source === MAP_BY_DRIVE) spaceByDrive(isDivided());
    else toEnd();
  } else if (wanted === 0) replyGood();
  else if (source === MAP_BY_DRIVE) spaceByDrive(true);
  else if (code === CODE_FILEMARKS) spaceFilemarks(wanted);
  else spaceBlocks(wanted);
}

/** The drive spaces, then says where it stands. */
function spaceByDrive(relative: bool): void {
  const op = cdbByte(0);
  const to = moveByDrive(op, relative);
  if (to !== 0) memory.copy(to, cdb(), op === OP_SPACE_16 ? 16 : 6);
}

function toEnd(): void {
  const end = mapEnd();
  if (!unanswered(end)) arrive(end);
}

/** The end of data comes first: `left` of the count are missing there. */
function stopAtEnd(end: u64, left: i64): void {
  arriveSense(end, KEY_BLANK_CHECK, ASC_END_OF_DATA_DETECTED, left);
}
function stopAtBeginning(left: i64): void {
  arriveSense(0, KEY_NO_SENSE | SENSE_EOM, ASC_BEGINNING_OF_PARTITION, left);
}

function spaceFilemarks(wanted: i64): void {
  const before = mapMarksBefore(serverPosition());
  if (unanswered(before)) return;
  const target = (before as i64) + wanted;
  if (target < 0) {
    stopAtBeginning(-target);
    return;
  }
  // Forward it stops behind the last mark, backward before it.
  const mark = mapMark((wanted > 0 ? target - 1 : target) as u64);
  if (unanswered(mark)) return;
  if (mark !== MAP_NONE) {
    arrive(wanted > 0 ? mark + 1 : mark);
    return;
  }
  const end = mapEnd();
  if (!unanswered(end)) stopAtEnd(end, target - (mapEndMarks() as i64));
}

function spaceBlocks(wanted: i64): void {
  const before = mapMarksBefore(serverPosition());
  if (unanswered(before)) return;
  if (wanted > 0) spaceForward(wanted as u64, before);
  else spaceBackward(-wanted as u64, before);
}

function spaceForward(wanted: u64, before: u64): void {
  const at = serverPosition();
  const mark = mapMark(before);
  if (unanswered(mark)) return;
  const stop = mark === MAP_NONE ? mapEnd() : mark;
  if (unanswered(stop)) return;
  if (at + wanted <= stop) {
    arrive(at + wanted);
    return;
  }
  const left = (at + wanted - stop) as i64;
  if (mark === MAP_NONE) stopAtEnd(stop, left);
  else arriveSense(stop + 1, SENSE_FILEMARK, ASC_FILEMARK_DETECTED, left);
}

function spaceBackward(wanted: u64, before: u64): void {
  const at = serverPosition();
  let stop: u64 = 0;
  if (before > 0) {
    const mark = mapMark(before - 1);
    if (unanswered(mark)) return;
    stop = mark + 1;
  }
  if (at - stop >= wanted) {
    arrive(at - wanted);
    return;
  }
  const left = (wanted - (at - stop)) as i64;
  if (before > 0) arriveSense(stop - 1, SENSE_FILEMARK, ASC_FILEMARK_DETECTED, left);
  else stopAtBeginning(left);
}
