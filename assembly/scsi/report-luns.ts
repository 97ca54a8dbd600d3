/** REPORT LUNS of a lane: the changer is LUN 0, lanes are 1 and up; there is no well known logical unit. */
import { cdb, cdbByte, replyParams, replySense } from "../lane/task.ts";
import { get32, put32 } from "../lib/bytes.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";

/** SELECT REPORT: all but well known, well known, all. */
const SELECT_WELL_KNOWN: u32 = 1;
const SELECT_ALL: u32 = 2;
const LUN_BYTES: u32 = 8;
const ALLOCATION_MIN: u32 = 16;

/** REPORT LUNS of a bridge with so many lanes. */
export function reportLuns(lanes: u32): void {
  const select = cdbByte(2);
  const allocation = get32(cdb() + 6);
  if (select > SELECT_ALL || allocation < ALLOCATION_MIN) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
    return;
  }
  const count: u32 = select === SELECT_WELL_KNOWN ? 0 : lanes + 1;
  const at = replyParams(LUN_BYTES * (count + 1), allocation);
  put32(at, count * LUN_BYTES);
  for (let i: u32 = 0; i < count; i++) store<u8>(at + LUN_BYTES * (i + 1) + 1, i as u8);
}
