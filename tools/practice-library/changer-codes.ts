/**
 * MAINTENANCE IN of the changer: REPORT SUPPORTED OPERATION CODES and REPORT SUPPORTED TASK MANAGEMENT
 * FUNCTIONS (SPC-4). Decides which bits of a CDB are said to be looked at; which commands there are is
 * `changer-commands`.
 */

import type { Answer } from "./answer.ts";
import { check, goodUpTo } from "./answer.ts";
import { big } from "./parameters.ts";
import { SENSE } from "./sense.ts";
import type { Call } from "./unit-shell.ts";

/** CDB usage data: operation code, service action in its place, else the bits that are looked at. */
const USAGE: readonly Buffer[] = [
  "000000000000",
  "03010000ff00",
  "070000000000",
  "1203ffffff00",
  "15110000ff00",
  "161300000000",
  "171300000000",
  "1a08ffffff00",
  "1e0000000300",
  "2b00ffffffff00000100",
  "3701ffff000000000000",
  "4d033fff00ffffffff00",
  "55110000000000ffff00",
  "56130000000000000000",
  "57130000000000000000",
  "5a08ffff000000ffff00",
  "5e000000000000ffff00",
  "5e010000000000ffff00",
  "5e020000000000ffff00",
  "5e030000000000ffff00",
  "5f00000000ffffffff00",
  "5f01ff0000ffffffff00",
  "5f02ff0000ffffffff00",
  "5f03000000ffffffff00",
  "5f04ff0000ffffffff00",
  "5f05ff0000ffffffff00",
  "5f06000000ffffffff00",
  "a000ff000000ffffffff0000",
  "a30c87ffffffffffffff0000",
  "a30d80000000ffffffff0000",
  "a500ffffffffffff00000100",
  "a600ffffffffffffffff0300",
  "b51fffffffff00ffffff0000",
  "b60fffff001f0000ffff0000",
  "b81fffffffff03ffffff0000",
  "e701ffff0000000000000000",
].map((digits) => Buffer.from(digits, "hex"));
/** Operation codes that are told apart by a service action. */
const WITH_ACTIONS: readonly number[] = [0x5e, 0x5f, 0xa3];
const ACTION_MASK = 0x1f;

/** Operation codes that are listed. */
export const LISTED_CODES: ReadonlySet<number> = new Set(USAGE.map(codeOf));

const REPORT_CODES = 0x0c;
const REPORT_FUNCTIONS = 0x0d;
const TIMEOUTS_BIT = 0x80;
const OPTIONS_MASK = 0x07;
const OPTION = { all: 0, byCode: 1, byAction: 2, byEither: 3 } as const;
const NOT_SUPPORTED = 0x01;
const AS_THE_STANDARD = 0x03;
const ONE_HAS_TIMEOUTS_BIT = 0x80;
const HAS_ACTION_BIT = 0x01;
const HAS_TIMEOUTS_BIT = 0x02;
/** Descriptor length 10; neither a nominal nor a recommended time is specified. */
const TIMEOUTS = Buffer.from("000a00000000000000000000", "hex");

/** MAINTENANCE IN: byte 1 service action. */
export function maintenanceIn({ cdb }: Call): Answer {
  const action = cdb.readUInt8(1) & ACTION_MASK;
  if (action === REPORT_CODES) {
    return reportCodes(cdb);
  }
  return action === REPORT_FUNCTIONS ? reportFunctions(cdb) : check(SENSE.invalidFieldInCdb);
}

function codeOf(usage: Buffer): number {
  return usage.readUInt8(0);
}

function hasAction(code: number): boolean {
  return WITH_ACTIONS.includes(code);
}

function actionOf(usage: Buffer): number {
  return hasAction(codeOf(usage)) ? usage.readUInt8(1) & ACTION_MASK : 0;
}

/** Byte 2 RCTD and reporting options, 3 operation code, 4-5 service action, 6-9 allocation length. */
function reportCodes(cdb: Buffer): Answer {
  const timeouts = (cdb.readUInt8(2) & TIMEOUTS_BIT) === 0 ? Buffer.alloc(0) : TIMEOUTS;
  const option = cdb.readUInt8(2) & OPTIONS_MASK;
  const code = cdb.readUInt8(3);
  const isKnown = LISTED_CODES.has(code);
  const isOdd =
    option > OPTION.byEither ||
    (option === OPTION.byCode && hasAction(code)) ||
    (option === OPTION.byAction && isKnown && !hasAction(code));
  if (isOdd) {
    return check(SENSE.invalidFieldInCdb);
  }
  const action = option === OPTION.byCode ? 0 : cdb.readUInt16BE(4);
  const report =
    option === OPTION.all
      ? allCodes(timeouts)
      : oneCode(
          USAGE.find((usage) => codeOf(usage) === code && actionOf(usage) === action),
          timeouts,
        );
  return goodUpTo(report, cdb.readUInt32BE(6));
}

/** Of each: operation code, service action 2 bytes from 2 on, flags 5, length of the CDB 6-7. */
function allCodes(timeouts: Buffer): Buffer {
  const descriptors = USAGE.map((usage) => {
    const valid = hasAction(codeOf(usage)) ? HAS_ACTION_BIT : 0;
    const flags = valid | (timeouts.length === 0 ? 0 : HAS_TIMEOUTS_BIT);
    const head = Buffer.from([codeOf(usage), 0, 0, actionOf(usage), 0, flags, 0, usage.length]);
    return Buffer.concat([head, timeouts]);
  });
  const body = Buffer.concat(descriptors);
  return Buffer.concat([big(body.length, 4), body]);
}

/** Byte 1 CTDP and SUPPORT, 2-3 length of the CDB, its usage data, timeouts. */
function oneCode(usage: Buffer | undefined, timeouts: Buffer): Buffer {
  if (usage === undefined) {
    return Buffer.from([0, NOT_SUPPORTED, 0, 0]);
  }
  const support = AS_THE_STANDARD | (timeouts.length === 0 ? 0 : ONE_HAS_TIMEOUTS_BIT);
  return Buffer.concat([Buffer.from([0, support, 0, usage.length]), usage, timeouts]);
}

/** ABORT TASK, ABORT TASK SET, CLEAR TASK SET, LOGICAL UNIT RESET, TARGET RESET: what the target does. */
const FUNCTIONS = 0x80 | 0x40 | 0x10 | 0x08 | 0x02;
const FUNCTIONS_BYTES = 4;
const EXTENDED_BYTES = 16;
const EXTENDED_BIT = 0x80;

/** Byte 2 REPD, 6-9 allocation length. */
function reportFunctions(cdb: Buffer): Answer {
  const allocationBytes = cdb.readUInt32BE(6);
  if (allocationBytes < FUNCTIONS_BYTES) {
    return check(SENSE.invalidFieldInCdb);
  }
  const isExtended = (cdb.readUInt8(2) & EXTENDED_BIT) !== 0;
  const bytes = isExtended ? EXTENDED_BYTES : FUNCTIONS_BYTES;
  const report = Buffer.alloc(bytes);
  report.writeUInt8(FUNCTIONS, 0);
  report.writeUInt8(bytes - FUNCTIONS_BYTES, 3);
  return goodUpTo(report, allocationBytes);
}
