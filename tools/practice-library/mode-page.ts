/**
 * MODE SENSE and MODE SELECT as far as drives and changer have them in common: headers, block
 * descriptor, choice of pages. Decides framing; the pages are the unit's.
 */

import type { Answer } from "./answer.ts";
import { check, good, goodUpTo } from "./answer.ts";
import { big } from "./parameters.ts";
import { SENSE } from "./sense.ts";
import type { Call } from "./unit-shell.ts";

/** One page in page or subpage format. */
export interface ModePage {
  readonly code: number;
  /** 0 for the page format. */
  readonly subpage: number;
  /** What follows the page's header, as it is now. */
  readonly body: Buffer;
  /** The same as at power on; left out where it cannot change. */
  readonly initial?: Buffer;
  /** The bits of the body that MODE SELECT can change; left out where there are none. */
  readonly changeable?: Buffer;
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
const CONTROL_DEFAULT = 2;
const CONTROL_SAVED = 3;
const DISABLE_DESCRIPTORS_BIT = 0x08;
const OP_SENSE_6 = 0x1a;
const OP_SELECT_6 = 0x15;
const SAVE_PAGES_BIT = 0x01;
const PAGE_FORMAT_BIT = 0x10;
const LIST_BYTES_MAX = 4096;
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
  const chosen = pages.filter((page) => isChosen(page, code, subpage));
  if (chosen.length === 0 && (code !== 0 || subpage !== 0)) {
    return check(SENSE.invalidFieldInCdb);
  }
  const bodies = Buffer.concat(chosen.map((page) => pageBytes(page, control)));
  const hasDescriptor = (cdb.readUInt8(1) & DISABLE_DESCRIPTORS_BIT) === 0;
  const descriptor = hasDescriptor ? header.blockDescriptor : Buffer.alloc(0);
  const data = isShort
    ? shortData(header.deviceSpecific, descriptor, bodies)
    : longData(header.deviceSpecific, descriptor, bodies);
  return goodUpTo(data, isShort ? cdb.readUInt8(4) : cdb.readUInt16BE(7));
}

function isChosen(page: ModePage, code: number, subpage: number): boolean {
  if (code === ALL_PAGES) {
    return subpage === ALL_SUBPAGES || (subpage === 0 && page.subpage === 0);
  }
  return page.code === code && (subpage === ALL_SUBPAGES || page.subpage === subpage);
}

function pageBytes(page: ModePage, control: number): Buffer {
  const { code, subpage, body } = page;
  const head =
    subpage === 0
      ? Buffer.from([code, body.length])
      : Buffer.from([code | SUBPAGE_FORMAT_BIT, subpage, 0, body.length]);
  return Buffer.concat([head, valuesOf(page, control)]);
}

function valuesOf({ body, initial, changeable }: ModePage, control: number): Buffer {
  if (control === CONTROL_CHANGEABLE) {
    return changeable ?? Buffer.alloc(body.length);
  }
  return control === CONTROL_DEFAULT ? (initial ?? body) : body;
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

/** A MODE SELECT that was answered already: with that, or with nothing where its list did not come. */
export interface ModeSelectEnded {
  readonly answer: Answer | undefined;
}

/** Takes the parameter list of a MODE SELECT; `hasFormat`: PF has to be set. */
export async function receiveModeParameters(
  call: Call,
  hasFormat: boolean,
): Promise<ModeParameters | ModeSelectEnded> {
  const { cdb } = call;
  const listBytes = modeSelectLength(cdb);
  const lacksFormat = hasFormat && (cdb.readUInt8(1) & PAGE_FORMAT_BIT) === 0;
  if (listBytes === undefined || lacksFormat) {
    return { answer: check(SENSE.invalidFieldInCdb) };
  }
  if (listBytes === 0) {
    return { answer: good() };
  }
  if (listBytes > call.dataOutBytes || listBytes > LIST_BYTES_MAX) {
    return { answer: check(SENSE.parameterListLength) };
  }
  const list = Buffer.alloc(listBytes);
  if (!(await call.receive(list))) {
    return { answer: undefined };
  }
  return parseModeParameters(cdb, list) ?? { answer: check(SENSE.parameterListLength) };
}

/** The parameter list length that a MODE SELECT CDB announces; undefined where SP is set. */
function modeSelectLength(cdb: Buffer): number | undefined {
  if ((cdb.readUInt8(1) & SAVE_PAGES_BIT) !== 0) {
    return undefined;
  }
  return cdb.readUInt8(0) === OP_SELECT_6 ? cdb.readUInt8(4) : cdb.readUInt16BE(7);
}

/** A page of a parameter list. */
export interface ListedPage {
  readonly code: number;
  readonly subpage: number;
  /** As long as it says that it is, or as the list is. */
  readonly body: Buffer;
  /** What it says. */
  readonly bodyBytes: number;
  /** Where its first byte and its body stand in the list. */
  readonly at: number;
  readonly bodyAt: number;
}

/** A parameter list taken apart. */
export interface ModeParameters {
  readonly deviceSpecific: number;
  readonly deviceSpecificAt: number;
  readonly blockDescriptor: Buffer | undefined;
  readonly blockDescriptorAt: number;
  readonly pages: readonly ListedPage[];
  /** The list ends inside a page. */
  readonly isCut: boolean;
}

/** Takes a MODE SELECT parameter list apart; undefined where its lengths do not fit. */
function parseModeParameters(cdb: Buffer, list: Buffer): ModeParameters | undefined {
  const isShort = cdb.readUInt8(0) === OP_SELECT_6;
  const headerBytes = isShort ? HEADER_6_BYTES : HEADER_10_BYTES;
  if (list.length < headerBytes) {
    return undefined;
  }
  const deviceSpecificAt = isShort ? 2 : 3;
  const deviceSpecific = list.readUInt8(deviceSpecificAt);
  const descriptorBytes = isShort ? list.readUInt8(3) : list.readUInt16BE(6);
  const pagesAt = headerBytes + descriptorBytes;
  if (![0, 8].includes(descriptorBytes) || pagesAt > list.length) {
    return undefined;
  }
  const [pages, isCut] = parsePages(list, pagesAt);
  const blockDescriptor = descriptorBytes === 0 ? undefined : list.subarray(headerBytes, pagesAt);
  const blockDescriptorAt = headerBytes;
  return { deviceSpecific, deviceSpecificAt, blockDescriptor, blockDescriptorAt, pages, isCut };
}

/** The pages whose heads are whole, and whether the list ends inside one. */
function parsePages(list: Buffer, pagesAt: number): [pages: ListedPage[], isCut: boolean] {
  const pages: ListedPage[] = [];
  let at = pagesAt;
  while (at < list.length) {
    const isSubpage = (list.readUInt8(at) & SUBPAGE_FORMAT_BIT) !== 0;
    const bodyAt = at + (isSubpage ? 4 : 2);
    if (bodyAt > list.length) {
      return [pages, true];
    }
    const bodyBytes = isSubpage ? list.readUInt16BE(at + 2) : list.readUInt8(at + 1);
    const end = bodyAt + bodyBytes;
    const code = list.readUInt8(at) & ALL_PAGES;
    const subpage = isSubpage ? list.readUInt8(at + 1) : 0;
    pages.push({ code, subpage, body: list.subarray(bodyAt, end), bodyBytes, at, bodyAt });
    at = end;
  }
  return [pages, at > list.length];
}
