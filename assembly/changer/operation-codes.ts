/**
 * REPORT SUPPORTED OPERATION CODES of the changer, with time limits that leave room for what the bridge
 * covers: a move may have to wait for a recovery, a look at the elements for a reading of the library.
 * What is in the list is asked of dispatch.ts; here are only CDB usage data and seconds.
 *
 * A row: 0 u8 operation code   1 u8 CDB bytes   2 u16 seconds (little endian)   4 CDB usage data (12)
 */
import { get16, get32, put16, put32 } from "../lib/bytes.ts";
import { ASC_INVALID_FIELD_IN_CDB, ASC_INVALID_OPERATION_CODE } from "../spec/additional-sense.ts";
import { ACTION_REPORT_SUPPORTED_CODES, OP_MAINTENANCE_IN } from "../spec/operation-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { DO_REFUSE, dispatch } from "./dispatch.ts";
import { NONE } from "./limits.ts";
import { replyData, replySense } from "./reply.ts";

const ROW_BYTES: u32 = 16;
const SHORT: u8 = 60;
const ASK_LOW: u8 = 0x58; // 600 s
const ASK_HIGH: u8 = 0x02;
const MOVE_LOW: u8 = 0x10; // 3600 s
const MOVE_HIGH: u8 = 0x0e;
// biome-ignore format: a table
const ROWS: usize = memory.data<u8>([
  0x00, 6, ASK_LOW, ASK_HIGH,   0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0, 0, 0, 0, 0, 0,
  0x03, 6, SHORT, 0,            0x03, 0x01, 0x00, 0x00, 0xff, 0x00, 0, 0, 0, 0, 0, 0,
  0x07, 6, MOVE_LOW, MOVE_HIGH, 0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0, 0, 0, 0, 0, 0,
  0x12, 6, SHORT, 0,            0x12, 0x01, 0xff, 0xff, 0xff, 0x00, 0, 0, 0, 0, 0, 0,
  0x15, 6, SHORT, 0,            0x15, 0x11, 0x00, 0x00, 0xff, 0x00, 0, 0, 0, 0, 0, 0,
  0x16, 6, SHORT, 0,            0x16, 0x00, 0x00, 0x00, 0x00, 0x00, 0, 0, 0, 0, 0, 0,
  0x17, 6, SHORT, 0,            0x17, 0x00, 0x00, 0x00, 0x00, 0x00, 0, 0, 0, 0, 0, 0,
  0x1a, 6, SHORT, 0,            0x1a, 0x08, 0xff, 0xff, 0xff, 0x00, 0, 0, 0, 0, 0, 0,
  0x1e, 6, SHORT, 0,            0x1e, 0x00, 0x00, 0x00, 0x01, 0x00, 0, 0, 0, 0, 0, 0,
  0x2b, 10, SHORT, 0,           0x2b, 0x00, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0,
  0x37, 10, MOVE_LOW, MOVE_HIGH, 0x37, 0x01, 0xff, 0xff, 0x00, 0x00, 0xff, 0xff, 0, 0, 0, 0,
  0x4d, 10, SHORT, 0,           0x4d, 0x00, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0, 0, 0,
  0x55, 10, SHORT, 0,           0x55, 0x11, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0, 0, 0,
  0x56, 10, SHORT, 0,           0x56, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0, 0, 0,
  0x57, 10, SHORT, 0,           0x57, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0, 0, 0,
  0x5a, 10, SHORT, 0,           0x5a, 0x08, 0xff, 0xff, 0x00, 0x00, 0x00, 0xff, 0xff, 0, 0, 0,
  0xa0, 12, SHORT, 0,           0xa0, 0x00, 0xff, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0, 0,
  0xa3, 12, SHORT, 0,           0xa3, 0x0c, 0x87, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0,
  0xa5, 12, MOVE_LOW, MOVE_HIGH, 0xa5, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
  0xa6, 12, MOVE_LOW, MOVE_HIGH, 0xa6, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0,
  0xb5, 12, ASK_LOW, ASK_HIGH,  0xb5, 0x1f, 0xff, 0xff, 0xff, 0xff, 0x00, 0xff, 0xff, 0xff, 0, 0,
  0xb6, 12, ASK_LOW, ASK_HIGH,  0xb6, 0x0f, 0xff, 0xff, 0x00, 0x1f, 0x00, 0x00, 0xff, 0xff, 0, 0,
  0xb8, 12, ASK_LOW, ASK_HIGH,  0xb8, 0x1f, 0xff, 0xff, 0xff, 0xff, 0x03, 0xff, 0xff, 0xff, 0, 0,
  0xe7, 12, MOVE_LOW, MOVE_HIGH, 0xe7, 0x01, 0xff, 0xff, 0x00, 0x00, 0xff, 0xff, 0, 0, 0, 0,
]);
const COUNT: u32 = 24;

const OPTION_ALL: u32 = 0;
const OPTION_CODE: u32 = 1;
const OPTION_SERVICE_ACTION: u32 = 2;
const OPTION_EITHER: u32 = 3;
const OPTION_MASK: u32 = 7;
const WITH_TIMEOUTS: u32 = 0x80;
const TIMEOUTS_BYTES: u32 = 12;
const DESCRIPTOR_BYTES: u32 = 8;
const ONE_BYTES: u32 = 4;
/** Flags of a descriptor: there is a timeouts descriptor, the code has service actions. */
const HAS_TIMEOUTS: u32 = 2;
const HAS_SERVICE_ACTION: u32 = 1;
/** SUPPORT: as a standard has it; not supported. Beside it the same as HAS_TIMEOUTS. */
const SUPPORTED: u32 = 3;
const NOT_SUPPORTED: u32 = 1;
const ONE_HAS_TIMEOUTS: u32 = 0x80;

function rowAt(index: u32): u32 {
  return (ROWS as u32) + index * ROW_BYTES;
}
/** The row of an operation code, or NONE. */
function find(op: u32): u32 {
  if (dispatch(op) === DO_REFUSE) return NONE;
  for (let i: u32 = 0; i < COUNT; i++) if ((load<u8>(rowAt(i)) as u32) === op) return rowAt(i);
  return NONE;
}
function putTimeouts(at: u32, row: u32): void {
  put16(at, TIMEOUTS_BYTES - 2);
  put32(at + 4, load<u16>(row + 2));
  put32(at + 8, load<u16>(row + 2));
}

function replyAll(task: u32, timeouts: bool, allocation: u32, expected: u32): void {
  const each: u32 = DESCRIPTOR_BYTES + (timeouts ? TIMEOUTS_BYTES : 0);
  const at = replyData(task, 4 + COUNT * each, allocation, expected);
  put32(at, COUNT * each);
  for (let i: u32 = 0; i < COUNT; i++) {
    const row = rowAt(i);
    const next = at + 4 + i * each;
    const hasAction = (load<u8>(row) as u32) === OP_MAINTENANCE_IN;
    store<u8>(next, load<u8>(row));
    if (hasAction) put16(next + 2, ACTION_REPORT_SUPPORTED_CODES);
    const flags = (timeouts ? HAS_TIMEOUTS : 0) | (hasAction ? HAS_SERVICE_ACTION : 0);
    store<u8>(next + 5, flags as u8);
    put16(next + 6, load<u8>(row + 1));
    if (timeouts) putTimeouts(next + DESCRIPTOR_BYTES, row);
  }
}
function replyOne(task: u32, row: u32, timeouts: bool, allocation: u32, expected: u32): void {
  if (row === NONE) {
    store<u8>(replyData(task, ONE_BYTES, allocation, expected) + 1, NOT_SUPPORTED as u8);
    return;
  }
  const usage = load<u8>(row + 1) as u32;
  const bytes = ONE_BYTES + usage + (timeouts ? TIMEOUTS_BYTES : 0);
  const at = replyData(task, bytes, allocation, expected);
  store<u8>(at + 1, (SUPPORTED | (timeouts ? ONE_HAS_TIMEOUTS : 0)) as u8);
  put16(at + 2, usage);
  memory.copy(at + ONE_BYTES, row + 4, usage);
  if (timeouts) putTimeouts(at + ONE_BYTES + usage, row);
}

/** Answers MAINTENANCE IN; `cdb` is its address. Another service action than this one is refused. */
export function replyOperationCodes(task: u32, cdb: u32, expected: u32): void {
  if (((load<u8>(cdb + 1) as u32) & 0x1f) !== ACTION_REPORT_SUPPORTED_CODES) {
    return replySense(task, KEY_ILLEGAL_REQUEST, ASC_INVALID_OPERATION_CODE);
  }
  const option = (load<u8>(cdb + 2) as u32) & OPTION_MASK;
  const timeouts = ((load<u8>(cdb + 2) as u32) & WITH_TIMEOUTS) !== 0;
  const op = load<u8>(cdb + 3) as u32;
  const action = get16(cdb + 4);
  const allocation = get32(cdb + 6);
  if (option === OPTION_ALL) return replyAll(task, timeouts, allocation, expected);
  const hasActions = op === OP_MAINTENANCE_IN;
  const wrong =
    (option === OPTION_CODE && hasActions) ||
    (option === OPTION_SERVICE_ACTION && !hasActions) ||
    option > OPTION_EITHER;
  if (wrong) return replySense(task, KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
  const known = hasActions ? action === ACTION_REPORT_SUPPORTED_CODES : action === 0;
  const row = known || option === OPTION_CODE ? find(op) : NONE;
  replyOne(task, row, timeouts, allocation, expected);
}
