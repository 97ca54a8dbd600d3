/**
 * Reads a cartridge file of a practice library: SIMH magnetic tape format (record: length as 4 bytes
 * little endian, data padded to an even length, the length again; filemark: four zero bytes; end of
 * data: end of the file). It is the independent witness of what is on a cartridge, so it shares no
 * line with what writes one and imports nothing but Node.
 * Invariants: every byte of the file is accounted for or the damage is thrown; memory stays within
 * one record.
 */

import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";

/** One object of a cartridge. */
export interface CartridgeObject {
  /** Logical object identifier, from 0. */
  readonly index: number;
  readonly kind: "record" | "filemark";
  /** Bytes of data; 0 for a filemark. */
  readonly length: number;
  /** Hexadecimal; "" for a filemark. */
  readonly sha256: string;
  /** The record itself; valid until the next object is asked for. */
  readonly data?: Uint8Array;
}

/** All objects together. */
export interface CartridgeSummary {
  readonly records: number;
  readonly filemarks: number;
  /** Bytes of data in all records. */
  readonly bytes: number;
  /** SHA-256 of the data of all records, one after the other. */
  readonly sha256: string;
}

/** The file is not what the format says, from `offset` on. */
export class CartridgeDamage extends Error {
  /** Bytes from the start of the file: where the damaged object begins. */
  readonly offset: number;

  constructor(offset: number, reason: string) {
    super(reason);
    this.name = "CartridgeDamage";
    this.offset = offset;
  }
}

/** The upper byte of a length is a class of records that a practice library does not write. */
const RECORD_LENGTH_MAX = 0xff_ffff;

/**
 * Gives the objects in order. Throws CartridgeDamage at the first that is not whole, and what the
 * file system throws.
 */
export async function* readCartridge(file: string): AsyncGenerator<CartridgeObject> {
  const handle = await open(file, "r");
  try {
    let buffer = Buffer.alloc(0);
    let offset = 0;
    for (let index = 0; ; index += 1) {
      const length = await readLength(handle, offset);
      if (length === undefined) {
        return;
      }
      if (length === 0) {
        offset += 4;
        yield { index, kind: "filemark", length: 0, sha256: "" };
        continue;
      }
      if (length > RECORD_LENGTH_MAX) {
        throw new CartridgeDamage(offset, `object ${index} has the impossible length ${length}`);
      }
      const wanted = length + (length & 1) + 4;
      if (buffer.length < wanted) {
        buffer = Buffer.allocUnsafeSlow(wanted);
      }
      await readBody(handle, buffer.subarray(0, wanted), offset, length, index);
      const data = buffer.subarray(0, length);
      const sha256 = createHash("sha256").update(data).digest("hex");
      offset += 4 + wanted;
      yield { index, kind: "record", length, sha256, data };
    }
  } finally {
    await handle.close();
  }
}

/** The length word at `offset`; undefined at the end of the file. */
async function readLength(handle: FileHandle, offset: number): Promise<number | undefined> {
  const word = Buffer.alloc(4);
  const got = await readFully(handle, word, offset);
  if (got !== 0 && got !== word.length) {
    throw new CartridgeDamage(offset, `the file ends inside a length, ${got} bytes are left`);
  }
  return got === 0 ? undefined : word.readUInt32LE(0);
}

/** Reads data, padding and the second length behind the first one, which is at `offset`. */
async function readBody(
  handle: FileHandle,
  body: Buffer,
  offset: number,
  length: number,
  index: number,
): Promise<void> {
  const got = await readFully(handle, body, offset + 4);
  if (got !== body.length) {
    const missing = body.length - got;
    throw new CartridgeDamage(offset, `record ${index} is cut: ${missing} bytes are missing`);
  }
  const again = body.readUInt32LE(body.length - 4);
  if (again !== length) {
    const reason = `record ${index} begins with length ${length} and ends with ${again}`;
    throw new CartridgeDamage(offset, reason);
  }
}

async function readFully(handle: FileHandle, into: Buffer, offset: number): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const { bytesRead } = await handle.read(into, done, into.length - done, offset + done);
    if (bytesRead === 0) {
      break;
    }
    done += bytesRead;
  }
  return done;
}

/** Sums up objects as they pass. */
export class CartridgeCounter {
  readonly #hash = createHash("sha256");
  #records = 0;
  #filemarks = 0;
  #bytes = 0;

  add(object: CartridgeObject): void {
    if (object.kind === "filemark") {
      this.#filemarks += 1;
      return;
    }
    this.#records += 1;
    this.#bytes += object.length;
    if (object.data !== undefined) {
      this.#hash.update(object.data);
    }
  }

  /** What has passed so far. */
  summary(): CartridgeSummary {
    return {
      records: this.#records,
      filemarks: this.#filemarks,
      bytes: this.#bytes,
      sha256: this.#hash.copy().digest("hex"),
    };
  }
}

/** Reads the whole file. Throws as `readCartridge` does. */
export async function summarize(file: string): Promise<CartridgeSummary> {
  const counter = new CartridgeCounter();
  for await (const object of readCartridge(file)) {
    counter.add(object);
  }
  return counter.summary();
}
