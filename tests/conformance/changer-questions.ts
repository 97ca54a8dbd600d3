/**
 * What a changer is asked: elements, volume tags, its pages, the commands that it has. Decides fields.
 * Addresses are those of the bare library.
 */

import type { Random } from "../parity/random.ts";
import { bytesOf, type CommandRow, type Made, six, ten } from "./made.ts";
import { reportLuns, requestSense } from "./unit-commands.ts";

const STATUS_BYTES = 4096;
/** Room for some of the elements; for headers, or a part of one. */
const FEW_BYTES = [0, 5, 8, 12, 16, 70, 200, 300] as const;
const MODE_BYTES = 255;
const LOG_BYTES = 512;
const CODES_BYTES = 2048;
const ODD_ONE_IN = 8;
const ANY_NUMBER = 0xffff;

/** How many of each kind servers see, and that the last slot has the cleaning cartridge. */
export interface ChangerSize {
  readonly ports: number;
  readonly drives: number;
  readonly slots: number;
}

/** An element that is there, seldom one that is not. */
type PickElement = (random: Random) => number;

/** All of them. */
export function questionRows(size: ChangerSize, element: PickElement): readonly CommandRow[] {
  const rows: readonly (readonly [number, string, (random: Random) => Made])[] = [
    [10, "READ ELEMENT STATUS", (random) => someElements(random, element(random))],
    [6, "SEND VOLUME TAG", (random) => sendVolumeTag(random, element(random))],
    [12, "REQUEST VOLUME ELEMENT ADDRESS", (random) => volumeAddress(random, element(random))],
    [6, "MODE SENSE", modeSense],
    [3, "MODE SELECT", (random) => modeSelect(random, size)],
    [4, "LOG SENSE", logSense],
    [6, "REPORT SUPPORTED OPERATION CODES", supportedCodes],
    [2, "REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS", supportedFunctions],
    [3, "INQUIRY", inquiry],
    [2, "REQUEST SENSE", requestSense],
    [2, "REPORT LUNS", reportLuns],
  ];
  return rows.map(([weight, name, make]) => ({ weight, name, moves: false, make }));
}

/** READ ELEMENT STATUS of that type (0: all) from an element on, with volume tags. */
export function elementStatus(type: number, first: number): Made {
  return reportOf(0xb8, 0x10 | type, first, { count: ANY_NUMBER, bytes: STATUS_BYTES });
}

/** What there is room for. */
interface Room {
  readonly count: number;
  readonly bytes: number;
}

function reportOf(code: number, flags: number, first: number, room: Room, options = 0): Made {
  const { count, bytes } = room;
  const cdb = [code, flags, ...bytesOf(first, 2), ...bytesOf(count, 2), options];
  return { cdb: [...cdb, ...bytesOf(bytes, 3), 0, 0], inBytes: bytes };
}

function roomFor(random: Random): Room {
  return {
    count: random.pick([ANY_NUMBER, ANY_NUMBER, 3, 1, 0]),
    bytes: random.oneIn(3) ? random.pick(FEW_BYTES) : STATUS_BYTES,
  };
}

/** Types from 0 to one that is none; with CURDATA in a third. */
function someElements(random: Random, first: number): Made {
  const flags = random.pick([0, 0x10, 0x10]) | random.below(6);
  return reportOf(0xb8, flags, first, roomFor(random), random.pick([0, 0, 2]));
}

const TEMPLATES = [
  ...["*", "UND*", "UND00?L9", "UND00?*", "UND001L9", "UND003L9", "UND00", "CLN*", "?*"],
  ...["UND002L9?", "", "NONE*", "und*", "UND001L9\0*", "UND.*", " *"],
] as const;
const SEARCHES = [0, 1, 4, 4, 5, 5] as const;
/** Asserting, replacing, undefining; what is none. */
const OTHER_ACTIONS = [0x2, 0x8, 0x9, 0xa, 0xb, 0xc, 0xd, 0x1f] as const;

/** SEND VOLUME TAG: mostly a search everywhere; seldom for sequence numbers, which no tag has. */
function sendVolumeTag(random: Random, first: number): Made {
  const list = Buffer.alloc(40);
  const template = random.pick(TEMPLATES);
  list.write(random.oneIn(2) ? template.padEnd(32, " ") : template, "latin1");
  list.writeUInt16BE(random.oneIn(ODD_ONE_IN) ? 1 : 0, 34);
  list.writeUInt16BE(random.pick([0, 0xffff]), 38);
  const action = random.oneIn(ODD_ONE_IN) ? random.pick(OTHER_ACTIONS) : random.pick(SEARCHES);
  const type = random.oneIn(3) ? random.below(6) : 0;
  const length = random.oneIn(ODD_ONE_IN) ? random.pick([0, 32, 39]) : list.length;
  const from = random.oneIn(4) ? first : 0;
  const cdb = [0xb6, type, ...bytesOf(from, 2), 0, action, 0, 0, ...bytesOf(length, 2), 0, 0];
  return { cdb, out: list.subarray(0, length) };
}

function volumeAddress(random: Random, first: number): Made {
  const type = random.oneIn(4) ? random.below(6) : 0;
  const flags = random.pick([0, 0x10, 0x10]) | type;
  return reportOf(0xb5, flags, random.oneIn(4) ? first : 0, roomFor(random));
}

const MODE_PAGES = [0x00, 0x1d, 0x1e, 0x1f, 0x3f, 0x0a] as const;

function modeSense(random: Random): Made {
  const control = random.pick([0, 0, 0, 1, 2, 3]) << 6;
  const page = control | random.pick(MODE_PAGES);
  const subpage = random.oneIn(ODD_ONE_IN) ? random.pick([1, 0xff]) : 0;
  const flags = random.pick([0, 8]);
  const bytes = random.pick([MODE_BYTES, MODE_BYTES, 4, 12]);
  return random.oneIn(2)
    ? { cdb: [0x1a, flags, page, subpage, bytes, 0], inBytes: bytes }
    : { cdb: ten(0x5a, flags, page, subpage, bytes), inBytes: bytes };
}

const TRANSFERS = [0x0e, 0x0e, 0x0e] as const;

/** What the pages say, seldom with a bit that is not so. */
function modeSelect(random: Random, { ports, drives, slots }: ChangerSize): Made {
  const range = (first: number, count: number): number[] => {
    return [...bytesOf(first, 2), ...bytesOf(count, 2)];
  };
  const [robot, stored] = [range(0, 1), range(0x1000, slots)];
  const [doors, units] = [range(0x10, ports), range(0x100, drives)];
  const page = random.pick([
    [0x1d, 18, ...robot, ...stored, ...doors, ...units, 0, 0],
    [0x1e, 2, 0, 0],
    [0x1f, 18, 0x0e, 0, 0, ...TRANSFERS, 0, 0, 0, 0, 0, ...TRANSFERS, 0, 0, 0, 0],
    [],
  ]);
  if (page.length > 0 && random.oneIn(3)) {
    const at = 1 + random.below(page.length - 1);
    page[at] = (page[at] ?? 0) ^ (1 << random.below(8));
  }
  // Save pages, or pages that are not as in a standard.
  const flags = random.oneIn(ODD_ONE_IN) ? random.pick([0x11, 0x00]) : 0x10;
  const isShort = random.oneIn(2);
  const list = Buffer.from([...Array<number>(isShort ? 4 : 8).fill(0), ...page]);
  const cdb = isShort ? six(0x15, flags, list.length) : ten(0x55, flags, 0, 0, list.length);
  return { cdb, out: list };
}

/** The pages that there are, and some that are not; SP, PPC, a subpage, a pointer behind the last one. */
function logSense(random: Random): Made {
  const control = random.pick([0x40, 0x40, 0x00, 0x80, 0xc0]);
  const page = control | random.pick([0x00, 0x2e, 0x2e, 0x2f, 0x0c]);
  const flags = random.oneIn(ODD_ONE_IN) ? random.pick([1, 2]) : 0;
  const subpage = random.oneIn(ODD_ONE_IN) ? random.pick([1, 0xff]) : 0;
  const first = random.pick([0, 0, 0x30, 0x41]);
  const bytes = random.pick([LOG_BYTES, LOG_BYTES, 4, 13]);
  const cdb = [0x4d, flags, page, subpage, 0, ...bytesOf(first, 2), ...bytesOf(bytes, 2), 0];
  return { cdb, inBytes: bytes };
}

/** Operation codes that both have or neither has: of which one alone has nothing is listed. */
const CODES = [
  ...[0x00, 0x03, 0x07, 0x12, 0x15, 0x16, 0x17, 0x1a, 0x1e, 0x2b, 0x37, 0x4d, 0x55, 0x56, 0x57],
  ...[0x5a, 0x5e, 0x5f, 0xa0, 0xa3, 0xa5, 0xa6, 0xb5, 0xb6, 0xb8, 0xe7, 0x0a, 0x1b, 0xa7, 0xff],
] as const;

function supportedCodes(random: Random): Made {
  const timeouts = random.pick([0, 0x80]);
  const option = random.oneIn(ODD_ONE_IN) ? 4 + random.below(4) : random.below(4);
  const action = random.pick([0, 0, 1, 3, 0x0c, 0x0d, 0x100]);
  const bytes = random.pick([CODES_BYTES, CODES_BYTES, 4, 30]);
  const asked = [random.pick(CODES), ...bytesOf(action, 2)];
  return {
    cdb: [0xa3, 0x0c, timeouts | option, ...asked, ...bytesOf(bytes, 4), 0, 0],
    inBytes: bytes,
  };
}

function supportedFunctions(random: Random): Made {
  const bytes = random.pick([16, 4, 3]);
  const action = random.oneIn(ODD_ONE_IN) ? random.pick([0x05, 0x0a, 0x1f]) : 0x0d;
  const flags = random.pick([0, 0x80]);
  return { cdb: [0xa3, action, flags, 0, 0, 0, ...bytesOf(bytes, 4), 0, 0], inBytes: bytes };
}

/** Standard data and the pages that a changer has, and one that it has not. */
function inquiry(random: Random): Made {
  const bytes = random.pick([36, 255, 5]);
  const page = random.pick([0x00, 0x80, 0x83, 0xb0]);
  const [flags, code] = random.oneIn(3) ? [0, 0] : [1, page];
  return { cdb: [0x12, flags, code, ...bytesOf(bytes, 2), 0], inBytes: bytes };
}
