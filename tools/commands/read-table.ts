/**
 * Reads the rows of a dispatch table out of its source: the core's table is text to the compiler and to
 * this, and nothing in between can differ. Decides what a row looks like.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as codes from "../../assembly/spec/operation-code.ts";

/** One command of a unit. */
export interface CommandRow {
  readonly op: number;
  /** Service action; undefined where the operation code says all. */
  readonly action: number | undefined;
  /** DO_*, NEEDS_*, and ASKS to CHANGES, as named there. */
  readonly what: string;
  readonly needs: string;
  readonly conflict: string;
  /** What a server is told to wait, seconds. */
  readonly seconds: number;
  /** The whole CDB usage map, operation code first. */
  readonly usage: Uint8Array;
}

const ROW_PATTERN =
  /^(row|action)\(\s*(OP_\w+),\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+),\s*"([0-9a-f]*)",?\s*\);/gm;
const CALL_PATTERN = /^(?:row|action)\(/gm;
const SECONDS_PATTERN = /^const ([A-Z]+): u32 = (\d+);/gm;
const BYTES_OF_GROUP = [6, 10, 10, 6, 16, 12, 6, 12];
const ACTION_BITS = 0x1f;

/** The table of a lane. */
export const LANE_TABLE = "assembly/scsi/dispatch.ts";
/** The table of the changer. */
export const CHANGER_TABLE = "assembly/changer/dispatch.ts";

/** Key of a command: its operation code, and the service action where it has one, in hexadecimal digits. */
export function commandKey(op: number, action: number | undefined): string {
  const hex = (value: number): string => value.toString(16).padStart(2, "0");
  return action === undefined ? hex(op) : `${hex(op)}/${hex(action)}`;
}

/** The rows in the table's order. Throws on a row that it cannot read. */
export function rowsOf(source: string): CommandRow[] {
  const seconds = new Map<string, number>();
  for (const [, name = "", value] of source.matchAll(SECONDS_PATTERN)) {
    seconds.set(name, Number(value));
  }
  const rows = [...source.matchAll(ROW_PATTERN)].map((match) => rowOf(match, seconds));
  const calls = [...source.matchAll(CALL_PATTERN)].length;
  if (calls !== rows.length) {
    throw new Error(`${calls - rows.length} of ${calls} rows cannot be read`);
  }
  return rows;
}

function rowOf(match: RegExpExecArray, times: ReadonlyMap<string, number>): CommandRow {
  const [, kind, name = "", what = "", needs = "", conflict = "", time = "", digits = ""] = match;
  const op = (codes as Record<string, number>)[name];
  const seconds = times.get(time);
  if (op === undefined || seconds === undefined) {
    throw new Error(`row ${name}: ${op === undefined ? name : time} is not known`);
  }
  const usage = new Uint8Array(BYTES_OF_GROUP[op >> 5] ?? 0);
  usage.set([op, ...Buffer.from(digits, "hex")]);
  const action = kind === "action" ? (usage[1] ?? 0) & ACTION_BITS : undefined;
  return { op, action, what, needs, conflict, seconds, usage };
}

/** The rows of a table of this tree. */
export function readRows(root: string, path: string): CommandRow[] {
  return rowsOf(readFileSync(join(root, path), "utf8"));
}
