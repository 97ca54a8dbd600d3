/**
 * A drive with a cartridge as the core's device commands see it: variable blocks, no buffer, no
 * faults but one. Decides statuses, sense data and positions; knows nothing of sockets or time.
 */

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
const NOT_READY = 0x02;
const MEDIUM_ERROR = 0x03;
const FILEMARK = 0x80;
const INCORRECT_LENGTH = 0x20;

type WriteFailure = readonly [senseKey: number, code: number];
/** 4/44/00: the drive's own failure. */
export const DRIVE_FAILURE: WriteFailure = [0x04, 0x4400];
/** D/00/02: the tape is full. */
export const TAPE_FULL: WriteFailure = [0x0d, 0x0002];
/** 3/0C/00: most likely the cartridge's. */
export const MEDIUM_FAILURE: WriteFailure = [0x03, 0x0c00];

function check(second: number, code: number, information = 0, data = new Uint8Array()) {
  const sense = Buffer.alloc(18);
  sense[0] = 0xf0;
  sense[2] = second;
  sense.writeInt32BE(information, 3);
  sense[7] = 10;
  sense.writeUInt16BE(code, 12);
  return { status: 2, sense, data };
}

/** Of a cartridge's auxiliary memory; capacities in MiB. */
export interface Attributes {
  readonly serial: string;
  loads: number;
  readonly remaining: number;
  readonly maximum: number;
}

/** The drive; `undefined` (or a hole) in its objects is a filemark. */
export class TapeDrive {
  readonly objects: (Uint8Array | undefined)[] = [];
  /** Every WRITE fails with this sense key and additional sense code. */
  writeFailure: WriteFailure | undefined;
  /** What the cartridge says of itself; undefined: it has no auxiliary memory. */
  attributes: Attributes | undefined;
  /** READ of this object fails: 3/11/00. */
  readFailure: number | undefined;
  /** READs so far. */
  readCount = 0;
  #at = 0;
  #isLoaded = true;

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
    if (!this.#isLoaded && view[0] !== 0x1b) {
      return check(NOT_READY, 0x3a00);
    }
    switch (view[0]) {
      case 0x00:
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
        return this.#moveTo(this.objects.length);
      case 0x1a:
        return { ...GOOD, data: new Uint8Array(12) };
      case 0x1b:
        this.#isLoaded = ((view[4] ?? 0) & 1) === 1;
        return this.#moveTo(0);
      case 0x2b:
        return this.#moveTo(view.readUInt32BE(3));
      case 0x8c:
        return this.#attributes();
      case 0x34:
        return { ...GOOD, data: this.#position() };
      default:
        return check(ILLEGAL_REQUEST, 0x2000);
    }
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

  #attributes(): DriveAnswer {
    if (this.attributes === undefined) {
      return check(ILLEGAL_REQUEST, 0x2000);
    }
    const { serial, loads, remaining, maximum } = this.attributes;
    const number = (identifier: number, value: number): Buffer => {
      const bytes = Buffer.from([0, identifier, 0x80, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
      bytes.writeUInt32BE(value, 9);
      return bytes;
    };
    const text = Buffer.concat([Buffer.from([4, 1, 0x81, 0, 32]), Buffer.alloc(32, serial)]);
    const values = [number(0, remaining), number(1, maximum), number(3, loads), text];
    const data = Buffer.concat([Buffer.alloc(4), ...values]);
    data.writeUInt32BE(data.length - 4);
    return { ...GOOD, data };
  }

  #read(wanted: number): DriveAnswer {
    this.readCount += 1;
    if (this.#at === this.readFailure) {
      return check(MEDIUM_ERROR, 0x1100);
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
