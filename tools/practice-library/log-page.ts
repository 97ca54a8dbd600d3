/**
 * LOG SENSE as far as drives and changer have it in common: fields of the CDB, page and parameter headers,
 * page control. Decides framing; what the parameters say is the unit's.
 */

import type { Answer } from "./answer.ts";
import { check, goodUpTo } from "./answer.ts";
import { big } from "./parameters.ts";
import { SENSE } from "./sense.ts";

export const PAGE_MASK = 0x3f;
/** Page control. */
export const DEFAULT_CUMULATIVE = 3;
/** Of TapeAlert. */
export const ALERT_FLAGS = 64;
const CUMULATIVE = 1;
const SAVE_OR_CHANGED_BITS = 0x03;
const SUPPORTED_PAGES = 0x00;

/** Format and linking of a parameter. */
const COUNTER = 0x00;
const TEXT = 0x01;
export const BINARY = 0x03;

/** One parameter of a page. */
export interface LogParameter {
  readonly code: number;
  readonly format: number;
  readonly value: Buffer;
}

export const counter = (code: number, bytes: number, value: number): LogParameter => {
  return { code, format: COUNTER, value: big(value, bytes) };
};
export const fact = (code: number, bytes: number, value: number): LogParameter => {
  return { code, format: BINARY, value: big(value, bytes) };
};
export const text = (code: number, value: string): LogParameter => {
  return { code, format: TEXT, value: Buffer.from(value, "latin1") };
};

/**
 * LOG SENSE: byte 2 page control and page, 3 subpage, 5-6 first parameter, 7-8 allocation length. `pages` in
 * the order of the list of them; undefined parameters: there is no such page.
 */
export function answerLogSense(
  cdb: Buffer,
  pages: readonly number[],
  parametersOf: (page: number) => readonly LogParameter[] | undefined,
): Answer {
  const page = cdb.readUInt8(2) & PAGE_MASK;
  const isPlain = (cdb.readUInt8(1) & SAVE_OR_CHANGED_BITS) === 0 && cdb.readUInt8(3) === 0;
  const parameters = isPlain ? parametersOf(page) : undefined;
  if (parameters === undefined) {
    return check(SENSE.invalidFieldInCdb);
  }
  const pointer = cdb.readUInt16BE(5);
  const control = cdb.readUInt8(2) >> 6;
  const wanted = parameters.filter(({ code }) => code >= pointer);
  const body =
    page === SUPPORTED_PAGES
      ? Buffer.from(pages)
      : Buffer.concat(wanted.map((one) => encoded(one, control)));
  if (body.length === 0) {
    return check(SENSE.invalidFieldInCdb);
  }
  const head = Buffer.concat([Buffer.from([page, 0]), big(body.length, 2)]);
  return goodUpTo(Buffer.concat([head, body]), cdb.readUInt16BE(7));
}

/** Code 2 bytes, control, length, value. Thresholds of counters are the most that they can hold. */
function encoded({ code, format, value }: LogParameter, control: number): Buffer {
  const isOther = format === COUNTER && control !== CUMULATIVE;
  const other = Buffer.alloc(value.length, control === DEFAULT_CUMULATIVE ? 0x00 : 0xff);
  const head = Buffer.from([format, value.length]);
  return Buffer.concat([big(code, 2), head, isOther ? other : value]);
}
