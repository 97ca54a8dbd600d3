/**
 * The commands that a sequence is made of, as a table: one row each, with its weight, and how it is
 * made from what is believed of the tape. Decides which commands a server sends and with which fields;
 * not in which order, and not what they have to answer. A row may give up: another is then taken.
 */

import type { Random } from "../parity/random.ts";
import { MARK, type Model } from "./model.ts";

/** A command of a step. */
export interface Made {
  readonly cdb: readonly number[];
  readonly out?: Buffer;
  readonly inBytes?: number;
}

/** One row. */
export interface CommandRow {
  readonly name: string;
  readonly weight: number;
  /** It may move the tape: READ POSITION follows. */
  readonly moves: boolean;
  readonly make: (random: Random, model: Model) => Made | undefined;
}

/** Block lengths of fixed block mode that a sequence sets; 0: variable blocks. */
const BLOCKS = [0, 0, 64, 80, 512] as const;
const FIXED = 1;
const SILI = 2;
const SMALL_BYTES = 300;
const LARGE_BYTES = 70_000;
const LARGE_ONE_IN = 60;
const DATA_POOL_BYTES = 65_536;
const PARAMETER_BYTES = 1024;

export function bytesOf(value: number, bytes: number): number[] {
  const wide = Buffer.alloc(8);
  wide.writeBigInt64BE(BigInt(value));
  return [...wide.subarray(8 - bytes)];
}

/** A six-byte CDB with a transfer length of three bytes. */
function six(operation: number, flags: number, length: number): number[] {
  return [operation, flags, ...bytesOf(length, 3), 0];
}

/** A CDB of ten bytes with the allocation length in bytes 7 and 8. */
function ten(operation: number, flags: number, page: number, subpage: number, length: number) {
  return [operation, flags, page, subpage, 0, 0, 0, ...bytesOf(length, 2), 0];
}

/** A CDB of sixteen bytes with a number of eight in bytes 4 to 11. */
function sixteen(operation: number, flags: number, number: number, partition = 0): number[] {
  return [operation, flags, 0, partition, ...bytesOf(number, 8), 0, 0, 0, 0];
}

let pool: Buffer | undefined;

/** Record data: no two of a sequence are alike. */
function dataOf(random: Random, bytes: number): Buffer {
  pool ??= Buffer.from(
    Array.from({ length: DATA_POOL_BYTES }, (_, at) => (at * 31 + (at >> 7)) & 255),
  );
  const data = Buffer.alloc(bytes);
  const from = random.below(DATA_POOL_BYTES);
  for (let at = 0; at < bytes; ) {
    const piece = pool.subarray(at === 0 ? from : 0, (at === 0 ? from : 0) + bytes - at);
    piece.copy(data, at);
    at += piece.length;
  }
  if (bytes >= 4) {
    data.writeUInt32LE(random.word());
  }
  return data;
}

function recordBytes(random: Random, model: Model): number {
  if (random.oneIn(LARGE_ONE_IN)) {
    return 1 + random.below(LARGE_BYTES);
  }
  return model.block > 0 && random.oneIn(3) ? model.block : 1 + random.below(SMALL_BYTES);
}

function write(random: Random, model: Model): Made {
  const bytes = recordBytes(random, model);
  model.write(bytes, 1);
  return { cdb: six(0x0a, 0, bytes), out: dataOf(random, bytes) };
}

function writeFixed(random: Random, model: Model): Made | undefined {
  if (model.block === 0) {
    return undefined;
  }
  const blocks = 1 + random.below(6);
  model.write(model.block, blocks);
  return { cdb: six(0x0a, FIXED, blocks), out: dataOf(random, blocks * model.block) };
}

function filemarks(random: Random, model: Model): Made {
  const count = random.pick([0, 1, 1, 1, 2, 3]);
  if (count > 0) {
    model.write(MARK, count);
  }
  return { cdb: six(0x10, random.pick([0, 0, 1]), count) };
}

/** A length that is right, or short, or long. */
function nearly(random: Random, bytes: number): number {
  switch (random.below(4)) {
    case 0:
      return Math.max(1, bytes - 1 - random.below(bytes));
    case 1:
      return bytes + 1 + random.below(SMALL_BYTES);
    default:
      return bytes;
  }
}

function read(random: Random, model: Model): Made {
  const { next } = model;
  const bytes = nearly(random, next === undefined || next === MARK ? SMALL_BYTES : next);
  model.pass();
  return { cdb: six(0x08, random.pick([0, SILI]), bytes), inBytes: bytes };
}

function readFixed(random: Random, model: Model): Made | undefined {
  if (model.block === 0) {
    return undefined;
  }
  const blocks = 1 + random.below(5);
  for (let done = 0; done < blocks && model.next === model.block; done += 1) {
    model.pass();
  }
  if (model.next !== model.block) {
    model.pass();
  }
  return { cdb: six(0x08, FIXED, blocks), inBytes: blocks * model.block };
}

/** READ and WRITE that transfer nothing, or may not be: SILI with FIXED, FIXED without blocks. */
function oddTransfer(random: Random, model: Model): Made {
  switch (random.below(4)) {
    case 0:
      return { cdb: six(0x08, 0, 0) };
    case 1:
      return { cdb: six(0x0a, model.block > 0 ? FIXED : 0, 0) };
    case 2:
      return { cdb: six(0x08, FIXED | SILI, 1), inBytes: SMALL_BYTES };
    default:
      return model.block > 0
        ? { cdb: six(0x08, FIXED, 0) }
        : { cdb: six(0x08, FIXED, 1), inBytes: SMALL_BYTES };
  }
}

function signedCount(random: Random): number {
  const count = random.oneIn(12) ? random.below(2000) : random.below(6);
  return random.oneIn(2) ? -count : count;
}

const SPACE_BLOCKS = 0;
const SPACE_MARKS = 1;
const SPACE_END = 3;

function space(random: Random, model: Model): Made {
  const code = random.pick([SPACE_BLOCKS, SPACE_BLOCKS, SPACE_MARKS, SPACE_MARKS, SPACE_END]);
  const count = signedCount(random);
  if (code === SPACE_END) {
    model.moveTo(model.objects.length);
  } else {
    model.space(code === SPACE_MARKS, count);
  }
  const isLong = random.oneIn(3);
  return { cdb: isLong ? sixteen(0x91, code, count) : six(0x11, code, count) };
}

function target(random: Random, model: Model): number {
  const end = model.objects.length;
  return random.oneIn(10) ? end + random.below(100) : random.below(end + 1);
}

function locate10(random: Random, model: Model): Made {
  const object = target(random, model);
  model.moveTo(object);
  const flags = random.pick([0, 4, 2]);
  return { cdb: [0x2b, flags, 0, ...bytesOf(object, 4), 0, 0, 0] };
}

const TO_END = 3;

function locate16(random: Random, model: Model): Made {
  const object = target(random, model);
  const isToEnd = false;
  model.moveTo(isToEnd ? model.objects.length : object);
  return { cdb: sixteen(0x92, (isToEnd ? TO_END << 3 : 0) | random.pick([0, 2]), object) };
}

function rewind(_: Random, model: Model): Made {
  model.moveTo(0);
  return { cdb: six(0x01, 0, 0) };
}

function erase(random: Random, model: Model): Made {
  model.erase();
  return { cdb: six(0x19, random.pick([0, 1]), 0) };
}

function load(_: Random, model: Model): Made {
  model.isUnloaded = false;
  model.moveTo(0);
  return {
    cdb: six(0x1b, 0, 1 << 8)
      .slice(0, 4)
      .concat([1, 0]),
  };
}

function unload(_: Random, model: Model): Made {
  model.isUnloaded = true;
  return { cdb: [0x1b, 0, 0, 0, 0, 0] };
}

/** MODE SELECT of block length and buffered mode, header and block descriptor alone. */
function modeSelect(random: Random, model: Model): Made {
  const block = random.pick(BLOCKS);
  model.block = block;
  const buffered = random.oneIn(5) ? 0 : 0x10;
  const descriptor = [0, 0, 0, 0, 0, ...bytesOf(block, 3)];
  if (random.oneIn(3)) {
    const list = Buffer.from([0, 0, 0, buffered, 0, 0, 0, 8, ...descriptor]);
    return { cdb: ten(0x55, 0x10, 0, 0, list.length), out: list };
  }
  const list = Buffer.from([0, 0, buffered, 8, ...descriptor]);
  return { cdb: six(0x15, 0x10, list.length), out: list };
}

const MODE_PAGES = [0x00, 0x00, 0x01, 0x02, 0x0a, 0x0f, 0x10, 0x11, 0x1c, 0x3f, 0x25] as const;

function modeSense(random: Random): Made {
  const page = random.pick(MODE_PAGES);
  const flags = random.pick([0, 8]);
  const length = random.pick([4, 12, 200]);
  return random.oneIn(2)
    ? { cdb: [0x1a, flags, page, 0, length, 0], inBytes: length }
    : { cdb: ten(0x5a, flags, page, 0, length), inBytes: length };
}

const POSITION_FORMS: readonly (readonly [form: number, bytes: number])[] = [
  [0, 20],
  [1, 20],
  [6, 32],
  [8, 32],
  [5, 32],
];

function readPosition(random: Random): Made {
  const [form, bytes] = random.pick(POSITION_FORMS);
  const allocation = form === 8 ? bytes : 0;
  return { cdb: ten(0x34, form, 0, 0, allocation), inBytes: bytes };
}

const VITAL_PAGES = [0x00, 0x80, 0x83, 0x86, 0xb0, 0xb1, 0xb2, 0xc7] as const;

function inquiry(random: Random): Made {
  const length = random.pick([36, 255, 5]);
  const isVital = random.oneIn(2);
  const page = isVital ? random.pick(VITAL_PAGES) : 0;
  return { cdb: [0x12, isVital ? 1 : 0, page, ...bytesOf(length, 2), 0], inBytes: length };
}

const LOG_PAGES = [0x00, 0x02, 0x03, 0x06, 0x0c, 0x11, 0x12, 0x17, 0x2e, 0x31, 0x3e] as const;
const WHOLE_LOG_PAGES: ReadonlySet<number> = new Set([0x17, 0x31]);

function logSense(random: Random): Made {
  const control = random.pick([0x40, 0x40, 0x40, 0x00, 0x80, 0xc0]);
  const page = random.pick(LOG_PAGES);
  // Whole where differences.ts has to find its way in them.
  const first = WHOLE_LOG_PAGES.has(page) ? 0 : random.pick([0, 0, 0, 3, 0x80]);
  const cdb = [0x4d, 0, control | page, 0, 0, ...bytesOf(first, 2)];
  return { cdb: [...cdb, ...bytesOf(PARAMETER_BYTES, 2), 0], inBytes: PARAMETER_BYTES };
}

/** Counters and flags of a page, or of all, to zero; a page that has none, and saving, are refused. */
function logSelect(random: Random): Made {
  const page = random.pick([0x00, 0x02, 0x0c, 0x2e, 0x31]);
  return { cdb: ten(0x4c, random.pick([0, 2, 2, 1]), random.pick([0x40, 0xc0]) | page, 0, 0) };
}

function readAttribute(random: Random): Made {
  const length = bytesOf(PARAMETER_BYTES, 4);
  const action = random.below(2);
  return { cdb: [0x8c, action, 0, 0, 0, 0, 0, 0, 0, 0, ...length, 0, 0], inBytes: PARAMETER_BYTES };
}

function reportLuns(random: Random): Made {
  const length = random.pick([16, 8, 512]);
  const select = random.pick([0, 0, 1, 2, 3]);
  return { cdb: [0xa0, 0, select, 0, 0, 0, ...bytesOf(length, 4), 0, 0], inBytes: length };
}

function requestSense(random: Random): Made {
  const length = random.pick([18, 252, 8]);
  return { cdb: [0x03, random.pick([0, 0, 1]), 0, 0, length, 0], inBytes: length };
}

/** Operation codes that no tape drive has. */
const UNKNOWN = [0x02, 0x25, 0x28, 0x2a, 0x35, 0x88, 0xb8] as const;

function row(weight: number, name: string, make: CommandRow["make"], moves = false): CommandRow {
  return { name, weight, moves, make };
}
function moving(weight: number, name: string, make: CommandRow["make"]): CommandRow {
  return row(weight, name, make, true);
}

/** All of them. A command more is a row more. */
export const COMMANDS: readonly CommandRow[] = [
  moving(220, "WRITE(6)", write),
  moving(90, "WRITE(6) of blocks", writeFixed),
  moving(90, "WRITE FILEMARKS(6)", filemarks),
  moving(200, "READ(6)", read),
  moving(80, "READ(6) of blocks", readFixed),
  moving(10, "READ or WRITE of nothing", oddTransfer),
  moving(120, "SPACE", space),
  moving(50, "LOCATE(10)", locate10),
  moving(30, "LOCATE(16)", locate16),
  moving(25, "REWIND", rewind),
  moving(10, "ERASE(6)", erase),
  moving(8, "LOAD", load),
  moving(3, "UNLOAD", unload),
  row(40, "MODE SELECT", modeSelect),
  row(20, "MODE SENSE", modeSense),
  row(20, "READ POSITION", readPosition),
  row(20, "TEST UNIT READY", () => ({ cdb: six(0, 0, 0) })),
  row(8, "READ BLOCK LIMITS", () => ({ cdb: six(0x05, 0, 0), inBytes: 6 })),
  row(10, "REQUEST SENSE", requestSense),
  row(10, "INQUIRY", inquiry),
  row(8, "LOG SENSE", logSense),
  row(2, "LOG SELECT", logSelect),
  row(5, "READ ATTRIBUTE", readAttribute),
  row(5, "REPORT DENSITY SUPPORT", (random) => ({
    cdb: ten(0x44, random.pick([0, 1, 2]), 0, 0, 512),
    inBytes: 512,
  })),
  row(5, "REPORT LUNS", reportLuns),
  row(6, "RESERVE(6)", () => ({ cdb: six(0x16, 0, 0) })),
  row(14, "RELEASE(6)", () => ({ cdb: six(0x17, 0, 0) })),
  row(6, "PREVENT", () => ({ cdb: [0x1e, 0, 0, 0, 1, 0] })),
  row(10, "ALLOW", () => ({ cdb: [0x1e, 0, 0, 0, 0, 0] })),
  row(4, "unknown", (random) => ({ cdb: [random.pick(UNKNOWN), ...Array(15).fill(0)] })),
];
