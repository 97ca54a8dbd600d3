/**
 * The commands of a unit as a table in static memory: what each operation code is and what has to hold
 * before, and one row for each code, or each of its service actions. Filled at start (dispatch.ts here, of
 * the changer changer/dispatch.ts), looked at for every command, by REPORT SUPPORTED OPERATION CODES and,
 * while another nexus has a reservation, by the check of it. Decides how a row is found and what its CDB
 * looks like. A core is one unit, and looks at that one's rows only.
 *
 *   0 u8 operation code   1 u8 service action   2 u8 has service actions   3 u8 ASKS .. CHANGES
 *   4 u32 seconds   8 u32 address of the usage map (a string of hexadecimal digits)
 */
import { OP_PREVENT_ALLOW } from "../spec/operation-code.ts";

/** When another nexus' reservation stops a command: each as the one before it, and more. */
/** Never: it asks for what everybody may know. */
export const ASKS: u8 = 0;
/** Where the unit was reserved by RESERVE. */
export const CHECKS: u8 = 1;
/** Also under exclusive access: it moves, or reads the medium or its state. */
export const READS: u8 = 2;
/** Also under write exclusive: it changes what others see. */
export const CHANGES: u8 = 3;

/** Of a unit's DO_*: what is done with a code that has no row. */
export const DO_REFUSE: u8 = 0;
/** Answered whatever is pending: no unit attention, no reservation, no error of an earlier command. */
export const NEEDS_NOTHING: u8 = 0;
/** A pending unit attention is reported first. What else a unit needs is its own. */
export const NEEDS_NEXUS: u8 = 1;

const ROW_COUNT_MAX: u32 = 128;
const ROW_BYTES: u32 = 12;
const ROWS: usize = memory.data(1536, 4);
const ACTION_BITS: u32 = 0x1f;
const PREVENT_FIELD: u32 = 3;
/** No row. */
export const NO_COMMAND: u32 = 0xffffffff;

/** Whose rows: of a lane, of the changer. */
export const UNIT_LANE: u32 = 0;
export const UNIT_CHANGER: u32 = 1;
const UNIT_COUNT: u32 = 2;
/** DO_* and NEEDS_* of each unit's operation codes, u8 each. */
const WHAT: usize = memory.data(UNIT_COUNT << 8, 8);
const NEEDS: usize = memory.data(UNIT_COUNT << 8, 8);
memory.fill(NEEDS, NEEDS_NEXUS, UNIT_COUNT << 8);
/** The first row of each unit and the one behind its last, u32 each. */
const RANGES: usize = memory.data(16, 4);

let count: u32 = 0;
/** The unit whose rows are being added. */
let filled: u32 = UNIT_LANE;
/** The rows that are looked at: from here, and the one behind the last. */
let first: u32 = 0;
let end: u32 = 0;

function range(unit: u32): u32 {
  assert(unit < UNIT_COUNT);
  return (RANGES as u32) + (unit << 3);
}
/** A unit's rows follow. */
export function beginCommands(unit: u32): void {
  filled = unit;
  store<u32>(range(unit), count);
}
/** They have all been added. */
export function endCommands(): void {
  store<u32>(range(filled) + 4, count);
}
/** This core is that unit, which has not got so many of the last rows. */
export function useCommands(unit: u32, without: u32 = 0): void {
  first = load<u32>(range(unit));
  end = load<u32>(range(unit) + 4) - without;
}

function at(row: u32): u32 {
  assert(row < count);
  return (ROWS as u32) + row * ROW_BYTES;
}

/** One more row, behind the others; `usage` as in dispatch.ts. */
function add(
  op: u32,
  isAction: bool,
  what: u8,
  needs: u8,
  conflict: u8,
  seconds: u32,
  usage: string,
): void {
  assert(count < ROW_COUNT_MAX);
  count += 1;
  store<u8>(WHAT + (filled << 8) + op, what);
  store<u8>(NEEDS + (filled << 8) + op, needs);
  const row = at(count - 1);
  store<u8>(row, op as u8);
  store<u8>(row + 2, isAction ? 1 : 0);
  store<u8>(row + 3, conflict);
  store<u32>(row + 4, seconds);
  store<u32>(row + 8, changetype<usize>(usage) as u32);
  if (isAction) store<u8>(row + 1, usageByte(count - 1, 1) as u8);
}
/** A command whose operation code says what it is. */
export function row(op: u32, what: u8, needs: u8, conflict: u8, seconds: u32, usage: string): void {
  add(op, false, what, needs, conflict, seconds, usage);
}
/** One service action (bits 4 to 0 of byte 1) of an operation code; all do and need the same. */
export function action(
  op: u32,
  what: u8,
  needs: u8,
  conflict: u8,
  seconds: u32,
  usage: string,
): void {
  add(op, true, what, needs, conflict, seconds, usage);
}

/** DO_* of an operation code. */
export function whatIs(unit: u32, op: u32): u8 {
  return load<u8>(WHAT + (unit << 8) + (op & 255));
}
/** NEEDS_* of an operation code. */
export function needsOf(unit: u32, op: u32): u8 {
  return load<u8>(NEEDS + (unit << 8) + (op & 255));
}
/** The unit's first row, and the one behind its last. */
export function firstCommand(): u32 {
  return first;
}
export function endOfCommands(): u32 {
  return end;
}
export function commandCode(row: u32): u32 {
  return load<u8>(at(row)) as u32;
}
export function commandHasAction(row: u32): bool {
  return load<u8>(at(row) + 2) !== 0;
}
export function commandAction(row: u32): u32 {
  return load<u8>(at(row) + 1) as u32;
}
/** ASKS to CHANGES. */
export function commandConflict(row: u32): u32 {
  return load<u8>(at(row) + 3) as u32;
}
/** So long a server should wait for it. */
export function commandSeconds(row: u32): u32 {
  return load<u32>(at(row) + 4);
}

/** Length of a CDB, by the group of its operation code; of vendor's, 6 is as group 0 and 7 (E7h) as group 5. */
export function cdbBytes(op: u32): u32 {
  const group = op >> 5;
  if (group === 1 || group === 2) return 10;
  if (group === 4) return 16;
  return group === 5 || group === 7 ? 12 : 6;
}

function digit(row: u32, index: u32): u32 {
  const usage = load<u32>(at(row) + 8);
  if (index >= (changetype<string>(usage as usize).length as u32)) return 0;
  const code = load<u16>(usage + (index << 1)) as u32;
  return code < 0x3a ? code - 0x30 : code - 0x57;
}
/** Byte `index` of the CDB usage map. */
export function usageByte(row: u32, index: u32): u32 {
  if (index === 0) return commandCode(row);
  return (digit(row, (index - 1) << 1) << 4) | digit(row, ((index - 1) << 1) + 1);
}

/** The first row of that operation code, or NO_COMMAND. */
export function findCode(op: u32): u32 {
  for (let i = first; i < end; i++) if (commandCode(i) === op) return i;
  return NO_COMMAND;
}
/** The row of that service action, or NO_COMMAND. */
export function findAction(op: u32, action: u32): u32 {
  for (let i = first; i < end; i++) {
    if (commandCode(i) === op && commandHasAction(i) && commandAction(i) === action) return i;
  }
  return NO_COMMAND;
}
/** The row of the CDB at that address, or NO_COMMAND. */
export function findCommand(cdb: u32): u32 {
  const row = findCode(load<u8>(cdb) as u32);
  if (row === NO_COMMAND || !commandHasAction(row)) return row;
  return findAction(load<u8>(cdb) as u32, (load<u8>(cdb + 1) as u32) & ACTION_BITS);
}
/**
 * ASKS to CHANGES of the CDB at that address. An operation code that is refused anyway asks for nothing, a
 * service action that is not there is stopped like the first of its code, and to allow removal stops nobody.
 */
export function conflictOf(cdb: u32): u32 {
  const known = findCommand(cdb);
  const row = known === NO_COMMAND ? findCode(load<u8>(cdb) as u32) : known;
  const allows =
    load<u8>(cdb) === OP_PREVENT_ALLOW && ((load<u8>(cdb + 4) as u32) & PREVENT_FIELD) === 0;
  return row === NO_COMMAND || allows ? ASKS : commandConflict(row);
}
