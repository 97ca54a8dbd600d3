/**
 * READ ELEMENT STATUS. Decides its bytes; what is where comes from the inventory and the drives.
 */

import type { Answer } from "./answer.ts";
import { check, goodUpTo } from "./answer.ts";
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
const DEVICE_ID_BIT = 0x01;
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

interface Wish {
  readonly hasVolumeTags: boolean;
  readonly hasDeviceIds: boolean;
}

/**
 * READ ELEMENT STATUS: byte 1 VOLTAG and element type (0 for all), 2-3 first address, 4-5 how many,
 * 6 CURDATA and DVCID, 7-9 allocation length. Pages by type, in order of addresses.
 */
export function readElementStatus(changer: Changer, { cdb }: Call): Answer {
  const type = cdb.readUInt8(1) & TYPE_MASK;
  const first = cdb.readUInt16BE(2);
  const countMax = cdb.readUInt16BE(4);
  const wish: Wish = {
    hasVolumeTags: (cdb.readUInt8(1) & VOLUME_TAG_BIT) !== 0,
    hasDeviceIds: (cdb.readUInt8(6) & DEVICE_ID_BIT) !== 0,
  };
  const isKnownType = type === 0 || Object.values<number>(ELEMENT_TYPE).includes(type);
  if (!isKnownType) {
    return check(SENSE.invalidFieldInCdb);
  }
  const elements = allElements(changer.parts.inventory.ranges)
    .filter(({ kind, address }) => address >= first && (type === 0 || ELEMENT_TYPE[kind] === type))
    .slice(0, countMax);
  // None: an empty report, from address 0.
  const lowest = elements[0]?.address ?? 0;
  const kinds = [...new Set(elements.map(({ kind }) => kind))];
  const pages = kinds.map((kind) => {
    const ofKind = elements.filter((element) => element.kind === kind);
    return page(changer, kind, ofKind, wish);
  });
  const body = Buffer.concat(pages);
  const head = [big(lowest, 2), big(elements.length, 2), big(body.length, 4)];
  return goodUpTo(Buffer.concat([...head, body]), cdb.readUIntBE(7, 3));
}

/** A page: type, PVOLTAG, descriptor length 2, reserved, length 3; equal descriptors follow. */
function page(
  changer: Changer,
  kind: ElementKind,
  elements: readonly Element[],
  wish: Wish,
): Buffer {
  const descriptors = elements.map((element) => descriptor(changer, element, wish));
  const body = Buffer.concat(descriptors);
  return Buffer.concat([
    Buffer.from([ELEMENT_TYPE[kind], wish.hasVolumeTags ? PRIMARY_TAG_BIT : 0]),
    big(descriptors[0]?.length ?? 0, 2),
    big(body.length, 4),
    body,
  ]);
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
