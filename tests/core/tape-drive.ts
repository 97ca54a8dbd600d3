/**
 * A drive with a cartridge as the core's device commands see it: variable blocks, no buffer, no
 * faults but one. Decides statuses, sense data and positions; knows nothing of sockets or time.
 */

import assert from "node:assert/strict";
import { crc32c } from "@node-rs/crc32";

/** How a device command ended, as EV_DEVICE_DONE has it. */
export interface DriveAnswer {
  readonly status: number;
  /** Fixed format; empty with GOOD. */
  readonly sense: Uint8Array;
  readonly data: Uint8Array;
}

const GOOD: DriveAnswer = { status: 0, sense: new Uint8Array(), data: new Uint8Array() };
const BLANK_CHECK = 0x08;
const ILLEGAL_REQUEST = 0x05;
const UNIT_ATTENTION = 0x06;
const NOT_READY = 0x02;
const MEDIUM_ERROR = 0x03;
const FILEMARK = 0x80;
const END_OF_MEDIUM = 0x40;
const INCORRECT_LENGTH = 0x20;
/** Codes of SPACE; anything else counts filemarks. */
const BLOCKS = 0;
const END_OF_DATA = 3;
/** Second bytes of LOCATE(16), to a logical file identifier, and of READ POSITION, long form. */
const FILE_DESTINATION = 0x08;
const LONG_FORM = 6;

/** INFORMATION of fixed sense data. */
const INFORMATION_MAX = 0xffffffff;
/** What READ BUFFER gives, whatever is asked for. */
export const DUMP: Uint8Array = Buffer.from("what the drive remembers");

/** Attributes of one partition; all others are the volume's. */
const OF_PARTITION: readonly number[] = [0x0809, 0x080a, 0x080c];

/** Where an attribute is that is written for a partition. */
function attributeKey(identifier: number, partition: number): number {
  return OF_PARTITION.includes(identifier) ? partition * 0x10000 + identifier : identifier;
}

const PARTITION_PAGE = 0x11;

/** Service action of READ ATTRIBUTE. */
const ATTRIBUTE_LIST = 1;

const TAPE_ALERT_PAGE = 0x2e;
/** A log page that only this make of drive has. */
export const VENDOR_PAGE = 0x32;

type Failure = readonly [senseKey: number, code: number];
/** 4/44/00: the drive's own failure. */
export const DRIVE_FAILURE: Failure = [0x04, 0x4400];
/** D/00/02: the tape is full. */
export const TAPE_FULL: Failure = [0x0d, 0x0002];
/** 3/0C/00: most likely the cartridge's. */
export const MEDIUM_FAILURE: Failure = [0x03, 0x0c00];

/** An information that the field cannot hold is none. */
function check(second: number, code: number, information?: number, data = new Uint8Array()) {
  const sense = Buffer.alloc(18);
  const isValid = information !== undefined && information <= INFORMATION_MAX;
  sense[0] = isValid ? 0xf0 : 0x70;
  sense[2] = second;
  sense.writeUInt32BE(isValid ? information >>> 0 : 0, 3);
  sense[7] = 10;
  sense.writeUInt16BE(code, 12);
  return { status: 2, sense, data };
}

/** REPORT DENSITY SUPPORT: one descriptor each. */
export function densityReport(codes: readonly number[]): Buffer {
  const descriptors = codes.map((code) => Buffer.alloc(52).fill(code, 0, 2).fill("name", 24, 32));
  const report = Buffer.concat([Buffer.alloc(4), ...descriptors]);
  report.writeUInt16BE(report.length - 2);
  return report;
}

/** Of a cartridge's auxiliary memory; capacities in MiB. */
export interface Attributes {
  readonly serial: string;
  loads: number;
  readonly remaining: number;
  readonly maximum: number;
  /** What is in the memory as its barcode; undefined: nobody has written one. */
  readonly barcode?: string;
}

/** The drive; `undefined` (or a hole) in its objects is a filemark. */
export class TapeDrive {
  readonly objects: (Uint8Array | undefined)[] = [];
  /** Every WRITE fails with this sense key and additional sense code. */
  writeFailure: Failure | undefined;
  /** It does not unload: with this sense key and additional sense code. */
  unloadFailure: Failure | undefined;
  /** It does not carry out these operation codes: so many times, with a status and no sense data. */
  readonly refusals = new Map<number, { readonly status: number; times: number }>();
  /** What the cartridge says of itself; undefined: it has no auxiliary memory. */
  attributes: Attributes | undefined;
  /** Of mode page 11h: what follows its header; undefined: it has no such page. */
  layout: Uint8Array | undefined;
  /**
   * What hosts have written there: attributes as they go over the wire, by identifier, 10000h more for each partition
   * where they are of one.
   */
  readonly hostAttributes = new Map<number, Buffer>();
  /** WRITE ATTRIBUTE fails with this sense key and additional sense code. */
  attributeFailure: Failure | undefined;
  /** READ of this object fails: 3/11/00. */
  readFailure: number | undefined;
  /** TapeAlert flags (1 to 64): reading clears them. */
  readonly alerts = new Set<number>();
  /** Density code of the medium. */
  density = 0;
  /** Density codes that it knows; undefined: it has no REPORT DENSITY SUPPORT. */
  densities: readonly number[] | undefined;
  /** FORMAT MEDIUMs so far; it takes none. */
  formatCount = 0;
  isFormatRefused = false;
  /** It is of a kind that knows no LOCATE, no READ POSITION and no FORMAT MEDIUM. */
  isPlain = false;
  /** READs so far. */
  readCount = 0;
  /** TEST UNIT READY fails with this sense key and additional sense code. */
  readyFailure: Failure | undefined;
  #at = 0;
  #isLoaded = true;
  #hasBeenReset = false;

  /** It loses power for a moment: its tape is at the beginning, and the next command hears of it. */
  reset(): void {
    this.#at = 0;
    this.#hasBeenReset = true;
  }

  /** A cartridge is put in, and loaded. */
  insert(): void {
    this.#isLoaded = true;
    this.#at = 0;
    if (this.attributes !== undefined) {
      this.attributes.loads += 1;
    }
  }

  /** Carries out one CDB. */
  execute(cdb: Uint8Array, dataOut: Uint8Array): DriveAnswer {
    const view = Buffer.from(cdb.buffer, cdb.byteOffset, cdb.byteLength);
    if (this.#hasBeenReset) {
      this.#hasBeenReset = false;
      return check(UNIT_ATTENTION, 0x2900);
    }
    if (!this.#isLoaded && view[0] !== 0x1b) {
      return check(NOT_READY, 0x3a00);
    }
    const refusal = this.refusals.get(view[0] ?? 0);
    if (refusal !== undefined && refusal.times > 0) {
      refusal.times -= 1;
      return { ...GOOD, status: refusal.status };
    }
    switch (view[0]) {
      case 0x00:
        return this.readyFailure === undefined ? GOOD : check(...this.readyFailure);
      case 0x15:
        return GOOD;
      case 0x01:
        return this.#moveTo(0);
      case 0x08:
        return this.#read(view.readUIntBE(2, 3));
      case 0x0a:
        return this.writeFailure === undefined
          ? this.#write(Uint8Array.from(dataOut))
          : check(...this.writeFailure);
      case 0x10:
        return this.#filemarks(view.readUIntBE(2, 3));
      case 0x11:
        return this.#space((view[1] ?? 0) & 0x0f, view.readIntBE(2, 3));
      case 0x19:
        this.objects.length = this.#at;
        return GOOD;
      case 0x1a:
        return { ...GOOD, data: Uint8Array.of(11, 0, 0, 8, this.density, 0, 0, 0, 0, 0, 0, 0) };
      case 0x1b:
        return this.#load(((view[4] ?? 0) & 1) === 1);
      case 0x3c:
        return { ...GOOD, data: DUMP.subarray(0, view.readUIntBE(6, 3)) };
      case 0x44:
        return this.densities === undefined
          ? check(ILLEGAL_REQUEST, 0x2000)
          : { ...GOOD, data: densityReport(this.densities) };
      case 0x4d:
        return this.#log(view.readUInt8(2) & 0x3f);
      case 0x5a:
        return this.#modePage(view.readUInt8(2) & 0x3f);
      case 0x8c:
        return this.#attributes((view[1] ?? 0) & 0x1f, view.readUInt8(7));
      case 0x8d:
        return this.#writeAttributes(Buffer.from(dataOut), view.readUInt8(7));
      case 0x91:
        return this.#space((view[1] ?? 0) & 0x0f, Number(view.readBigInt64BE(4)));
      default:
        return this.isPlain ? check(ILLEGAL_REQUEST, 0x2000) : this.#place(view);
    }
  }

  #load(isLoaded: boolean): DriveAnswer {
    if (!isLoaded && this.unloadFailure !== undefined) {
      return check(...this.unloadFailure);
    }
    this.#isLoaded = isLoaded;
    return this.#moveTo(0);
  }

  /** LOG SENSE: TapeAlert, and one page of the vendor's. */
  #log(page: number): DriveAnswer {
    if (page === VENDOR_PAGE) {
      return { ...GOOD, data: Buffer.from([VENDOR_PAGE, 0, 0, 0]) };
    }
    if (page !== TAPE_ALERT_PAGE || this.isPlain) {
      return check(ILLEGAL_REQUEST, this.isPlain ? 0x2000 : 0x2400);
    }
    const flags = Array.from({ length: 64 }, (_, index) => {
      return [0, index + 1, 3, 1, this.alerts.has(index + 1) ? 1 : 0];
    });
    this.alerts.clear();
    return { ...GOOD, data: Buffer.from([TAPE_ALERT_PAGE, 0, 1, 64, ...flags.flat()]) };
  }

  /** MODE SENSE(10) of how the cartridge is divided. */
  #modePage(page: number): DriveAnswer {
    if (page !== PARTITION_PAGE || this.layout === undefined) {
      return check(ILLEGAL_REQUEST, 0x2400);
    }
    const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, page, this.layout.length]);
    return { ...GOOD, data: Buffer.concat([head, this.layout]) };
  }

  /** LOCATE, READ POSITION, FORMAT MEDIUM. */
  #place(view: Buffer): DriveAnswer {
    switch (view[0]) {
      case 0x04:
        if (this.isFormatRefused) return check(ILLEGAL_REQUEST, 0x2400);
        assert.equal(this.#at, 0);
        this.objects.length = 0;
        this.formatCount += 1;
        return GOOD;
      case 0x2b:
        return this.#moveTo(view.readUInt32BE(3));
      case 0x92: {
        const identifier = Number(view.readBigUInt64BE(4));
        return view[1] === FILE_DESTINATION
          ? this.#moveTo(this.#startOf(identifier))
          : this.#moveTo(identifier);
      }
      case 0x34:
        return { ...GOOD, data: view[1] === LONG_FORM ? this.#longPosition() : this.#position() };
      default:
        return check(ILLEGAL_REQUEST, 0x2000);
    }
  }

  /** The object behind that many filemarks; one that is not there where there are fewer. */
  #startOf(file: number): number {
    const marks = this.objects.flatMap((object, at) => (object === undefined ? [at] : []));
    return file === 0 ? 0 : (marks[file - 1] ?? this.objects.length) + 1;
  }

  /** Step by step, as the standard has it. */
  #space(code: number, count: number): DriveAnswer {
    if (code === END_OF_DATA) {
      return this.#moveTo(this.objects.length);
    }
    const step = Math.sign(count);
    for (let left = Math.abs(count); left > 0; ) {
      const next = step > 0 ? this.#at : this.#at - 1;
      if (next < 0 || next >= this.objects.length) {
        return next < 0 ? check(END_OF_MEDIUM, 0x0004, left) : check(BLANK_CHECK, 0x0005, left);
      }
      const isMark = this.objects[next] === undefined;
      this.#at += step;
      if (isMark && code === BLOCKS) {
        return check(FILEMARK, 0x0001, left);
      }
      left -= isMark || code === BLOCKS ? 1 : 0;
    }
    return GOOD;
  }

  #moveTo(object: number): DriveAnswer {
    this.#at = Math.min(object, this.objects.length);
    return object > this.objects.length ? check(BLANK_CHECK, 0x0005) : GOOD;
  }

  #write(record: Uint8Array): DriveAnswer {
    this.objects.splice(this.#at, Infinity, record);
    this.#at += 1;
    return GOOD;
  }

  #filemarks(count: number): DriveAnswer {
    if (count > 0) {
      this.objects.length = this.#at;
      this.#at += count;
      // Up to 2^24 - 1 of them: holes cost nothing.
      this.objects.length = this.#at;
    }
    return GOOD;
  }

  /** READ ATTRIBUTE: values, or the list of what there is. */
  #attributes(action: number, partition: number): DriveAnswer {
    if (this.attributes === undefined) {
      return check(ILLEGAL_REQUEST, 0x2000);
    }
    const { serial, loads, remaining, maximum, barcode } = this.attributes;
    const number = (identifier: number, value: number): Buffer => {
      const bytes = Buffer.from([0, identifier, 0x80, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
      bytes.writeUInt32BE(value, 9);
      return bytes;
    };
    const text = (head: readonly number[], value: Buffer) =>
      Buffer.concat([Buffer.from([...head, value.length]), value]);
    const tag = Buffer.alloc(32, " ");
    tag.write(barcode ?? "");
    const values = [
      number(0, remaining),
      number(1, maximum),
      number(3, loads),
      text([4, 1, 0x81, 0], Buffer.alloc(32, serial)),
      ...(barcode === undefined ? [] : [text([8, 6, 0x81, 0], tag)]),
      ...[...this.hostAttributes]
        .filter(([key, bytes]) => key === attributeKey(bytes.readUInt16BE(), partition))
        .map(([, bytes]) => bytes)
        .sort((a, b) => a.readUInt16BE() - b.readUInt16BE()),
    ];
    const listed = action === ATTRIBUTE_LIST ? values.map((value) => value.subarray(0, 2)) : values;
    const data = Buffer.concat([Buffer.alloc(4), ...listed]);
    data.writeUInt32BE(data.length - 4);
    return { ...GOOD, data };
  }

  #writeAttributes(list: Buffer, partition: number): DriveAnswer {
    if (this.attributeFailure !== undefined) {
      return check(...this.attributeFailure);
    }
    for (let at = 4; at < list.length; ) {
      const end = at + 5 + list.readUInt16BE(at + 3);
      const key = attributeKey(list.readUInt16BE(at), partition);
      this.hostAttributes.delete(key);
      if (end > at + 5) {
        this.hostAttributes.set(key, Buffer.from(list.subarray(at, end)));
      }
      at = end;
    }
    return GOOD;
  }

  #read(wanted: number): DriveAnswer {
    this.readCount += 1;
    if (this.#at === this.readFailure) {
      return check(MEDIUM_ERROR, 0x1100, wanted);
    }
    if (this.#at === this.objects.length) {
      return check(BLANK_CHECK, 0x0005);
    }
    const record = this.objects[this.#at];
    this.#at += 1;
    if (record === undefined) {
      return check(FILEMARK, 0x0001, wanted);
    }
    const data = record.subarray(0, wanted);
    const isExact = record.length === wanted;
    return isExact
      ? { ...GOOD, data }
      : check(INCORRECT_LENGTH, 0, wanted - record.length, Uint8Array.from(data));
  }

  #longPosition(): Uint8Array {
    const data = Buffer.alloc(32);
    const marks = this.objects.slice(0, this.#at).filter((object) => object === undefined);
    data.writeBigUInt64BE(BigInt(this.#at), 8);
    data.writeBigUInt64BE(BigInt(marks.length), 16);
    return data;
  }

  #position(): Uint8Array {
    const data = Buffer.alloc(20);
    data.writeUInt32BE(this.#at, 4);
    data.writeUInt32BE(this.#at, 8);
    return data;
  }
}

/** CRC32C of data behind bytes whose CRC32C is `seed`. */
export function crcOf(data: Uint8Array, seed = 0): number {
  return crc32c(data, seed);
}
