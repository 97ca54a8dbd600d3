/**
 * Attributes of a cartridge's memory that hosts write (0800h to 0BFFh, 1400h to 17FFh), and a parameter list of
 * WRITE ATTRIBUTE. Decides which there are, how long each is, which are a partition's, and that a list is taken whole
 * or not at all.
 */

import type { JsonObject } from "./json-file.ts";
import { isJsonObject } from "./json-file.ts";
import { padded } from "./parameters.ts";

/** One attribute. */
export interface HostAttribute {
  readonly identifier: number;
  /** 0 binary, 1 ASCII, 2 text. */
  readonly format: number;
  readonly value: Buffer;
}

/** By identifier; in front of it, as bits 16 and up, the partition whose own it is. */
export type HostAttributes = ReadonlyMap<number, HostAttribute>;

const BINARY = 0;
const ASCII = 1;
const TEXT = 2;
const BARCODE = 0x0806;
const BARCODE_BYTES = 32;
const HEAD_BYTES = 5;
const LIST_HEAD_BYTES = 4;
const FORMAT_MASK = 0x03;
/** All that hosts write may take so many bytes, with their heads. */
const ROOM_BYTES = 1024;
const VENDOR_FIRST = 0x1400;
const VENDOR_LAST = 0x17ff;

interface Kind {
  readonly format: number;
  readonly bytesMin: number;
  readonly bytesMax: number;
}
function kind(format: number, bytesMax: number, bytesMin = bytesMax): Kind {
  return { format, bytesMin, bytesMax };
}
/** Format and lengths of those that have a name (SPC, as sg3_utils lists them). */
const KINDS: ReadonlyMap<number, Kind> = new Map([
  [0x0800, kind(ASCII, 8)],
  [0x0801, kind(ASCII, 32)],
  [0x0802, kind(ASCII, 8)],
  [0x0803, kind(TEXT, 160)],
  [0x0804, kind(ASCII, 12)],
  [0x0805, kind(BINARY, 1)],
  [BARCODE, kind(ASCII, BARCODE_BYTES)],
  [0x0807, kind(TEXT, 80)],
  [0x0808, kind(TEXT, 160)],
  [0x0809, kind(ASCII, 16)],
  [0x080a, kind(BINARY, 1)],
  [0x080b, kind(ASCII, 16)],
  [0x080c, kind(BINARY, ROOM_BYTES, 23)],
  [0x0820, kind(BINARY, 36)],
  [0x0821, kind(BINARY, 36)],
]);

/** Each partition has its own: label, whether it may be loaded there, coherency information; others are the volume's. */
const OF_PARTITION: readonly number[] = [0x0809, 0x080a, 0x080c];
const PARTITION_FACTOR = 0x10000;

function keyOf(identifier: number, partition: number): number {
  return OF_PARTITION.includes(identifier) ? partition * PARTITION_FACTOR + identifier : identifier;
}

/** What a new cartridge has: its barcode. */
export function newHostAttributes(barcode: string): HostAttributes {
  const value = padded(barcode, BARCODE_BYTES);
  return new Map([[BARCODE, { identifier: BARCODE, format: ASCII, value }]]);
}

/** Why a list is not taken: cut, wrong at that byte, or no room. */
export type ListFault = "cut" | "full" | { readonly at: number };

function isRight({ identifier, format, value }: HostAttribute): boolean {
  if (value.length === 0) {
    return isKnown(identifier);
  }
  if (identifier >= VENDOR_FIRST && identifier <= VENDOR_LAST) {
    return true;
  }
  const is = KINDS.get(identifier);
  const fits = is !== undefined && value.length >= is.bytesMin && value.length <= is.bytesMax;
  return fits && format === is.format;
}
function isKnown(identifier: number): boolean {
  return KINDS.has(identifier) || (identifier >= VENDOR_FIRST && identifier <= VENDOR_LAST);
}

/** What a partition shows, in ascending order: its own, and the volume's. */
export function shownIn(attributes: HostAttributes, partition: number): readonly HostAttribute[] {
  return [...attributes]
    .filter(([key, { identifier }]) => key === keyOf(identifier, partition))
    .map(([, attribute]) => attribute)
    .sort((a, b) => a.identifier - b.identifier);
}
/** FORMAT MEDIUM makes every partition anew: the volume's alone are left. */
export function ofVolume(attributes: HostAttributes): HostAttributes {
  return new Map(
    [...attributes].filter(([, { identifier }]) => !OF_PARTITION.includes(identifier)),
  );
}

/**
 * The attributes after WRITE ATTRIBUTE for that partition with that list: length (4), then identifier (2), format (1), length (2) and
 * value of each, in ascending order. One without a value is taken away.
 */
export function afterList(
  before: HostAttributes,
  list: Buffer,
  partition: number,
): HostAttributes | ListFault {
  const end = list.length < LIST_HEAD_BYTES ? 0 : LIST_HEAD_BYTES + list.readUInt32BE(0);
  if (end < LIST_HEAD_BYTES || end > list.length) {
    return "cut";
  }
  const after = new Map(before);
  let last = -1;
  for (let at = LIST_HEAD_BYTES; at < end; ) {
    const valueEnd = at + HEAD_BYTES > end ? end + 1 : at + HEAD_BYTES + list.readUInt16BE(at + 3);
    if (valueEnd > end) {
      return "cut";
    }
    const identifier = list.readUInt16BE(at);
    const format = list.readUInt8(at + 2) & FORMAT_MASK;
    const value = Buffer.from(list.subarray(at + HEAD_BYTES, valueEnd));
    const attribute = { identifier, format, value };
    if (identifier <= last || !isRight(attribute)) {
      return { at };
    }
    after.delete(keyOf(identifier, partition));
    if (value.length > 0) {
      after.set(keyOf(identifier, partition), attribute);
    }
    last = identifier;
    at = valueEnd;
  }
  const bytes = [...after.values()].reduce((sum, { value }) => sum + HEAD_BYTES + value.length, 0);
  return bytes > ROOM_BYTES ? "full" : after;
}

/** For the cartridge's file: `{"0801": "1 hexadecimal digits"}`, of partition 1 `{"1080c": "0 ..."}`. */
export function toJson(attributes: HostAttributes): JsonObject {
  const rows = [...attributes].map(([key, { format, value }]) => {
    return [key.toString(16).padStart(4, "0"), `${format} ${value.toString("hex")}`] as const;
  });
  return Object.fromEntries(rows);
}
/** From it; undefined where the file does not say. */
export function fromJson(known: unknown): HostAttributes | undefined {
  if (!isJsonObject(known)) {
    return undefined;
  }
  const rows = Object.entries(known).map(([name, text]) => {
    const [format = "0", digits = ""] = String(text).split(" ");
    const key = Number.parseInt(name, 16);
    const value = Buffer.from(digits, "hex");
    return [key, { identifier: key % PARTITION_FACTOR, format: Number(format), value }] as const;
  });
  return new Map(rows);
}
