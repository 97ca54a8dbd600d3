/**
 * READ ELEMENT STATUS, and the same bytes for other reports of elements. Decides bytes; what is where comes
 * from the inventory and the drives. What an allocation length has no room for is cut between descriptors.
 */

import type { Answer } from "./answer.ts";
import { check, good } from "./answer.ts";
import type { Changer } from "./changer.ts";
import type { Element, ElementKind } from "./elements.ts";
import { allElements, ELEMENT_TYPE } from "./elements.ts";
import { t10Designator } from "./identity.ts";
import type { Content } from "./inventory.ts";
import { big, filled, padded } from "./parameters.ts";
import type { SenseCode } from "./sense.ts";
import { SENSE } from "./sense.ts";
import type { Call } from "./unit-shell.ts";

const VOLUME_TAG_BIT = 0x10;
const TYPE_MASK = 0x0f;
const ALL_TYPES = 0;
const DEVICE_ID_BIT = 0x01;
const CURRENT_DATA_BIT = 0x02;
const PRIMARY_TAG_BIT = 0x80;
const FULL_BIT = 0x01;
const IMPEXP_BIT = 0x02;
const EXCEPTION_BIT = 0x04;
const ACCESS_BIT = 0x08;
const EXPORT_BIT = 0x10;
const IMPORT_BIT = 0x20;
const SOURCE_VALID_BIT = 0x80;
const DESCRIPTOR_HEAD_BYTES = 12;
const VOLUME_TAG_BYTES = 36;
const BARCODE_BYTES = 32;
const DESIGNATOR_HEAD_BYTES = 4;

/** What of elements is reported. */
export interface Wish {
  readonly hasVolumeTags: boolean;
  readonly hasDeviceIds: boolean;
  /** Byte 4 of the header. */
  readonly action: number;
}

/** A header, or the descriptor of the element at an address: transferred whole or not at all. */
interface Piece {
  readonly bytes: Buffer;
  readonly address?: number;
}

/**
 * READ ELEMENT STATUS: byte 1 VOLTAG and element type (0 for all), 2-3 first address, 4-5 how many,
 * 6 CURDATA and DVCID, 7-9 allocation length. Pages by type, in order of addresses.
 */
export function readElementStatus(changer: Changer, { cdb }: Call): Answer {
  const type = cdb.readUInt8(1) & TYPE_MASK;
  if (!isElementType(type)) {
    return check(SENSE.invalidFieldInCdb);
  }
  const elements = elementsFrom(changer, cdb.readUInt16BE(2), type).slice(0, cdb.readUInt16BE(4));
  const wish = {
    hasVolumeTags: (cdb.readUInt8(1) & VOLUME_TAG_BIT) !== 0,
    hasDeviceIds: (cdb.readUInt8(6) & DEVICE_ID_BIT) !== 0,
    action: 0,
  };
  const report = statusReport(changer, elements, wish);
  return good(transferred(report, cdb.readUIntBE(7, 3)).data);
}

/** CURDATA: what is known is enough. */
export function asksForCurrentData(cdb: Buffer): boolean {
  return (cdb.readUInt8(6) & CURRENT_DATA_BIT) !== 0;
}

/** An element type code of a CDB. */
export function isElementType(type: number): boolean {
  return type === ALL_TYPES || Object.values<number>(ELEMENT_TYPE).includes(type);
}

export function isOfType({ kind }: Element, type: number): boolean {
  return type === ALL_TYPES || ELEMENT_TYPE[kind] === type;
}

/** Elements of a type from an address on, in order of their addresses. */
export function elementsFrom({ parts }: Changer, first: number, type: number): Element[] {
  return allElements(parts.inventory.ranges).filter(
    (element) => element.address >= first && isOfType(element, type),
  );
}

/** The header (lowest address, how many, bytes that follow) and the pages; without elements it is empty, from address 0. */
export function statusReport(
  changer: Changer,
  elements: readonly Element[],
  wish: Wish,
): readonly Piece[] {
  const kinds = [...new Set(elements.map(({ kind }) => kind))];
  const pages = kinds.flatMap((kind) => {
    const ofKind = elements.filter((element) => element.kind === kind);
    return page(changer, kind, ofKind, wish);
  });
  const length = pages.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const lowest = elements[0]?.address ?? 0;
  const head = [big(lowest, 2), big(elements.length, 2), big(wish.action, 1), big(length, 3)];
  return [{ bytes: Buffer.concat(head) }, ...pages];
}

/** What of a report there is room for, and the last element that is in it; of its header also a part. */
export function transferred(
  report: readonly Piece[],
  allocationBytes: number,
): { readonly data: Buffer; readonly lastAddress: number | undefined } {
  let bytes = 0;
  const tooLong = report.findIndex((piece) => {
    bytes += piece.bytes.length;
    return bytes > allocationBytes;
  });
  const whole = tooLong < 0 ? report : report.slice(0, Math.max(1, tooLong));
  const data = Buffer.concat(whole.map((piece) => piece.bytes)).subarray(0, allocationBytes);
  return { data, lastAddress: whole.findLast(({ address }) => address !== undefined)?.address };
}

/** A page: type, PVOLTAG, descriptor length 2, reserved, length 3; equal descriptors follow. */
function page(
  changer: Changer,
  kind: ElementKind,
  elements: readonly Element[],
  wish: Wish,
): readonly Piece[] {
  const descriptors = elements.map((element) => ({
    bytes: descriptor(changer, element, wish),
    address: element.address,
  }));
  const each = descriptors[0]?.bytes.length ?? 0;
  const head = Buffer.concat([
    Buffer.from([ELEMENT_TYPE[kind], wish.hasVolumeTags ? PRIMARY_TAG_BIT : 0]),
    big(each, 2),
    big(each * descriptors.length, 4),
  ]);
  return [{ bytes: head }, ...descriptors];
}

function descriptor(changer: Changer, element: Element, wish: Wish): Buffer {
  const content = changer.parts.inventory.at(element.address);
  const exception = exceptionOf(changer, element);
  const head = filled(DESCRIPTOR_HEAD_BYTES, (bytes) => {
    bytes.writeUInt16BE(element.address, 0);
    bytes.writeUInt8(flagsOf(changer, element, content, exception !== undefined), 2);
    bytes.writeUInt8(exception?.asc ?? 0, 4);
    bytes.writeUInt8(exception?.ascq ?? 0, 5);
    if (content?.home !== undefined) {
      bytes.writeUInt8(SOURCE_VALID_BIT, 9);
      bytes.writeUInt16BE(content.home, 10);
    }
  });
  const tag = wish.hasVolumeTags ? [volumeTag(content)] : [];
  return Buffer.concat([head, ...tag, designator(changer, element, wish)]);
}

function flagsOf(
  changer: Changer,
  element: Element,
  content: Content | undefined,
  isException: boolean,
): number {
  const full = content === undefined ? 0 : FULL_BIT;
  const byOperator = content?.isByOperator === true ? IMPEXP_BIT : 0;
  const exception = isException ? EXCEPTION_BIT : 0;
  switch (element.kind) {
    case "transport":
      return full;
    case "storage":
      return full | ACCESS_BIT;
    case "importExport":
      return full | byOperator | ACCESS_BIT | EXPORT_BIT | IMPORT_BIT;
    case "drive": {
      const state = changer.driveAt(element)?.state.kind;
      const isReachable = state === "empty" || state === "ejected";
      return full | exception | (isReachable ? ACCESS_BIT : 0);
    }
  }
}

/** A cartridge that its drive could not load. */
function exceptionOf(changer: Changer, element: Element): SenseCode | undefined {
  return changer.driveAt(element)?.state.kind === "stuck" ? SENSE.loadFailed : undefined;
}

/** Barcode 32 bytes, 2 reserved, sequence number 2; all zeros where there is no cartridge. */
function volumeTag(content: Content | undefined): Buffer {
  return filled(VOLUME_TAG_BYTES, (bytes) => {
    if (content !== undefined) {
      padded(content.cartridge.barcode, BARCODE_BYTES).copy(bytes);
    }
  });
}

/** The drive's designator with its serial number; only its empty head for all else. */
function designator(changer: Changer, element: Element, wish: Wish): Buffer {
  const drive = wish.hasDeviceIds ? changer.driveAt(element) : undefined;
  return drive === undefined
    ? Buffer.alloc(DESIGNATOR_HEAD_BYTES)
    : t10Designator(drive.parts.identity);
}
