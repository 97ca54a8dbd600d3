/**
 * MODE SENSE and MODE SELECT as far as drives and changer have them in common: headers, block
 * descriptor, choice of pages. Decides framing; the pages are the unit's.
 */

import type { Answer } from "./answer.ts";
import { check, goodUpTo } from "./answer.ts";
import { big } from "./parameters.ts";
import { SENSE } from "./sense.ts";

/** One page in page or subpage format. */
export interface ModePage {
  readonly code: number;
  /** 0 for the page format. */
  readonly subpage: number;
  /** What follows the page's header. */
  readonly body: Buffer;
}

/** What stands in front of the pages. */
export interface ModeHeader {
  readonly deviceSpecific: number;
  /** 8 bytes, or none. */
  readonly blockDescriptor: Buffer;
}

const SUBPAGE_FORMAT_BIT = 0x40;
const ALL_PAGES = 0x3f;
const ALL_SUBPAGES = 0xff;
const CONTROL_CHANGEABLE = 1;
const CONTROL_SAVED = 3;
const DISABLE_DESCRIPTORS_BIT = 0x08;
const OP_SENSE_6 = 0x1a;
const OP_SELECT_6 = 0x15;
const SAVE_PAGES_BIT = 0x01;
const HEADER_6_BYTES = 4;
const HEADER_10_BYTES = 8;

/** MODE SENSE(6) or (10). Page 00h is no page: the header alone, as tape programs ask for it. */
export function answerModeSense(
  cdb: Buffer,
  header: ModeHeader,
  pages: readonly ModePage[],
): Answer {
  const isShort = cdb.readUInt8(0) === OP_SENSE_6;
  const code = cdb.readUInt8(2) & ALL_PAGES;
  const subpage = cdb.readUInt8(3);
  const control = cdb.readUInt8(2) >> 6;
  if (control === CONTROL_SAVED) {
    return check(SENSE.savingNotSupported);
  }
  const chosen = pages.filter((page) => {
    const isSubpage = subpage === ALL_SUBPAGES || page.subpage === subpage;
    return isSubpage && (code === ALL_PAGES || page.code === code);
  });
  if (chosen.length === 0 && code !== 0) {
    return check(SENSE.invalidFieldInCdb);
  }
  const isChangeable = control === CONTROL_CHANGEABLE;
  const bodies = Buffer.concat(chosen.map((page) => pageBytes(page, isChangeable)));
  const hasDescriptor = (cdb.readUInt8(1) & DISABLE_DESCRIPTORS_BIT) === 0;
  const descriptor = hasDescriptor ? header.blockDescriptor : Buffer.alloc(0);
  const data = isShort
    ? shortData(header.deviceSpecific, descriptor, bodies)
    : longData(header.deviceSpecific, descriptor, bodies);
  return goodUpTo(data, isShort ? cdb.readUInt8(4) : cdb.readUInt16BE(7));
}

/** Nothing is changeable by page, but for what MODE SELECT takes without a word. */
function pageBytes({ code, subpage, body }: ModePage, isChangeable: boolean): Buffer {
  const head =
    subpage === 0
      ? Buffer.from([code, body.length])
      : Buffer.from([code | SUBPAGE_FORMAT_BIT, subpage, 0, body.length]);
  return Buffer.concat([head, isChangeable ? Buffer.alloc(body.length) : body]);
}

function shortData(deviceSpecific: number, descriptor: Buffer, bodies: Buffer): Buffer {
  const length = HEADER_6_BYTES - 1 + descriptor.length + bodies.length;
  const head = Buffer.from([length, 0, deviceSpecific, descriptor.length]);
  return Buffer.concat([head, descriptor, bodies]);
}

function longData(deviceSpecific: number, descriptor: Buffer, bodies: Buffer): Buffer {
  const length = HEADER_10_BYTES - 2 + descriptor.length + bodies.length;
  const head = Buffer.concat([
    big(length, 2),
    Buffer.from([0, deviceSpecific, 0, 0]),
    big(descriptor.length, 2),
  ]);
  return Buffer.concat([head, descriptor, bodies]);
}

/** The parameter list length that a MODE SELECT CDB announces; undefined where SP is set. */
export function modeSelectLength(cdb: Buffer): number | undefined {
  if ((cdb.readUInt8(1) & SAVE_PAGES_BIT) !== 0) {
    return undefined;
  }
  return cdb.readUInt8(0) === OP_SELECT_6 ? cdb.readUInt8(4) : cdb.readUInt16BE(7);
}

/** A parameter list taken apart. */
export interface ModeParameters {
  readonly deviceSpecific: number;
  readonly blockDescriptor: Buffer | undefined;
  readonly pages: readonly ModePage[];
}

/** Takes a MODE SELECT parameter list apart; undefined where its lengths do not fit. */
export function parseModeParameters(cdb: Buffer, list: Buffer): ModeParameters | undefined {
  const isShort = cdb.readUInt8(0) === OP_SELECT_6;
  const headerBytes = isShort ? HEADER_6_BYTES : HEADER_10_BYTES;
  if (list.length < headerBytes) {
    return undefined;
  }
  const deviceSpecific = list.readUInt8(isShort ? 2 : 3);
  const descriptorBytes = isShort ? list.readUInt8(3) : list.readUInt16BE(6);
  const pagesAt = headerBytes + descriptorBytes;
  const pages = parsePages(list.subarray(pagesAt));
  const isWrong = ![0, 8].includes(descriptorBytes) || pagesAt > list.length;
  if (isWrong || pages === undefined) {
    return undefined;
  }
  const descriptor = descriptorBytes === 0 ? undefined : list.subarray(headerBytes, pagesAt);
  return { deviceSpecific, blockDescriptor: descriptor, pages };
}

function parsePages(list: Buffer): ModePage[] | undefined {
  const pages: ModePage[] = [];
  let rest = list;
  while (rest.length > 0) {
    const isSubpage = rest.length >= 4 && (rest.readUInt8(0) & SUBPAGE_FORMAT_BIT) !== 0;
    const headBytes = isSubpage ? 4 : 2;
    if (rest.length < headBytes) {
      return undefined;
    }
    const bodyBytes = isSubpage ? rest.readUInt16BE(2) : rest.readUInt8(1);
    const end = headBytes + bodyBytes;
    if (rest.length < end) {
      return undefined;
    }
    const code = rest.readUInt8(0) & ALL_PAGES;
    const subpage = isSubpage ? rest.readUInt8(1) : 0;
    pages.push({ code, subpage, body: rest.subarray(headBytes, end) });
    rest = rest.subarray(end);
  }
  return pages;
}
