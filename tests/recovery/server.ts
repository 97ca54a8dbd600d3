/**
 * A backup server in a story: one logical unit, variable blocks, queue depth 1. Decides the CDBs and
 * the content of records; every status is looked at, and what the story did not expect ends it.
 * It keeps what it was told to be on the tape, object by object.
 */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { openIscsiDevice } from "../../host/initiator/device.ts";
import { parseIscsiUrl } from "../../host/initiator/iscsi-url.ts";
import type { ScsiDevice, ScsiResult } from "../../host/lib/scsi-device.ts";
import { parseSense, type Sense, senseWords } from "../../tools/demo/sense.ts";

const COMMAND_TIMEOUT_MS = 60_000;
const READ_BYTES = 0x8_0000;
const STATUS_BUSY = 0x08;
/** A server's own wait before it says a command again that was answered BUSY. */
const BUSY_WAIT_MS = 10;
const BUSY_COUNT_MAX = 3000;
const UNIT_ATTENTION_COUNT_MAX = 8;
/** Lengths that records take in turn: odd, tiny, and what backup programs use. */
const LENGTHS = [65_536, 4, 100_001, 512, 262_144, 4097] as const;
/** More records of LENGTHS than the bridge may be ahead of a drive: by then a failure is told. */
export const WRITES_TO_FAILURE_MAX = 1000;
const POOL_BYTES = 0x10_0000;
const POOL = randomBytes(POOL_BYTES);

/** "filemark", or length and SHA-256 of a record. */
export type TapeObject = string;

export const FILEMARK: TapeObject = "filemark";

/** The word for a record with these bytes. */
export function recordWord(data: Uint8Array): TapeObject {
  return `${data.length} ${createHash("sha256").update(data).digest("hex")}`;
}

/** The data of record `index` of that length: no two are alike. */
export function recordOf(index: number, length: number): Buffer {
  const data = Buffer.alloc(length);
  const from = (index * 7919) % (POOL_BYTES / 2);
  data.set(POOL.subarray(from, from + length));
  data.writeUInt32LE(index);
  return data;
}

/** How a command ended when it did not end with GOOD: sense data in words, like "4/44/00 deferred". */
export interface Checked {
  readonly sense: Sense;
  readonly words: string;
  readonly dataInBytes: number;
}

interface Data {
  readonly dataIn?: Uint8Array;
  readonly dataOut?: Uint8Array;
}

/** One logical unit as its server sees it. */
export class Server {
  /** Everything that was answered GOOD, by logical object identifier. */
  readonly tape: TapeObject[] = [];
  busyCount = 0;
  readonly #device: ScsiDevice;

  private constructor(device: ScsiDevice) {
    this.#device = device;
  }

  /** Logs in to that logical unit and absorbs unit attentions; `isidQualifier`: one for each session. */
  static async logIn(url: string, lun: number, isidQualifier = lun): Promise<Server> {
    const address = parseIscsiUrl(url);
    assert.ok(!("problem" in address), url);
    const initiatorName = "iqn.2026-11.com.example:server";
    const log = (): void => undefined;
    const device = openIscsiDevice({ ...address, lun, initiatorName, isidQualifier, log });
    assert.ok(await device.connect(COMMAND_TIMEOUT_MS), `no connection to ${url}`);
    const server = new Server(device);
    await server.settle();
    return server;
  }

  /** TEST UNIT READY until no unit attention waits; NOT READY is left to the story. */
  async settle(): Promise<void> {
    for (let count = 0; count < UNIT_ATTENTION_COUNT_MAX; count += 1) {
      const result = await this.#execute([0, 0, 0, 0, 0, 0], {});
      if (result.status !== 2 || parseSense(result.sense).key !== 6) {
        return;
      }
    }
    assert.fail("unit attentions without end");
  }

  /** One command that has to end with GOOD; the bytes of data-in that came. */
  async good(cdb: readonly number[], data: Data = {}): Promise<number> {
    const ended = await this.command(cdb, data);
    if (typeof ended !== "number") {
      assert.fail(`operation ${cdb[0]?.toString(16)}h: ${ended.words}`);
    }
    return ended;
  }

  /** One command that has to end with CHECK CONDITION. */
  async checked(cdb: readonly number[], data: Data = {}): Promise<Checked> {
    const ended = await this.command(cdb, data);
    if (typeof ended === "number") {
      assert.fail(`operation ${cdb[0]?.toString(16)}h: GOOD`);
    }
    return ended;
  }

  /** One command; BUSY is said again, as servers do. */
  async command(cdb: readonly number[], data: Data = {}): Promise<number | Checked> {
    for (let count = 0; count < BUSY_COUNT_MAX; count += 1) {
      const { status, sense, dataInBytes } = await this.#execute(cdb, data);
      if (status === 0) {
        return dataInBytes;
      }
      if (status === 2) {
        const parsed = parseSense(sense);
        return { sense: parsed, words: senseWords(parsed), dataInBytes };
      }
      assert.equal(status, STATUS_BUSY, `operation ${cdb[0]?.toString(16)}h`);
      this.busyCount += 1;
      await pause(BUSY_WAIT_MS);
    }
    assert.fail("BUSY without end");
  }

  /** One command, once, however it ends. */
  once(
    cdb: readonly number[],
    data: Data = {},
  ): Promise<Extract<ScsiResult, { kind: "answered" }>> {
    return this.#execute(cdb, data);
  }

  async #execute(
    cdb: readonly number[],
    data: Data,
  ): Promise<Extract<ScsiResult, { kind: "answered" }>> {
    const result = await this.#device.execute({
      cdb: Uint8Array.from(cdb),
      timeoutMs: COMMAND_TIMEOUT_MS,
      ...(data.dataIn === undefined ? {} : { dataIn: data.dataIn }),
      ...(data.dataOut === undefined ? {} : { dataOut: [data.dataOut] }),
    });
    assert.ok(result.kind === "answered", `operation ${cdb[0]?.toString(16)}h: ${result.kind}`);
    return result;
  }

  /** WRITE of the next record; `length` in bytes, else one of LENGTHS in turn. */
  async write(length?: number): Promise<void> {
    const ended = await this.tryWrite(length);
    assert.equal(ended, undefined, `WRITE of object ${this.tape.length}: ${ended?.words}`);
  }

  /** The same; the CHECK CONDITION where there is one (the record then does not count). */
  async tryWrite(length?: number): Promise<Checked | undefined> {
    const index = this.tape.length;
    const data = recordOf(index, length ?? LENGTHS[index % LENGTHS.length] ?? 1);
    const ended = await this.command(sixBytes(0x0a, 0, data.length), { dataOut: data });
    if (typeof ended !== "number") {
      return ended;
    }
    this.tape.push(recordWord(data));
    return undefined;
  }

  /** So many records. */
  async writeMany(count: number, length?: number): Promise<void> {
    for (let done = 0; done < count; done += 1) {
      await this.write(length);
    }
  }

  /** WRITE FILEMARKS; IMMED=0 means that it is on the tape, or promised, when it is answered. */
  async filemarks(count: number, immed: 0 | 1 = 0): Promise<void> {
    await this.good(sixBytes(0x10, immed, count));
    for (let done = 0; done < count; done += 1) {
      this.tape.push(FILEMARK);
    }
  }

  async rewind(): Promise<void> {
    await this.good(sixBytes(0x01, 0, 0));
  }

  /** LOCATE(10). */
  async locate(object: number): Promise<void> {
    const bytes = [object >>> 24, (object >> 16) & 0xff, (object >> 8) & 0xff, object & 0xff];
    await this.good([0x2b, 0, 0, ...bytes, 0, 0, 0]);
  }

  /** LOCATE(16) behind that many filemarks. */
  async locateFile(file: number): Promise<void> {
    await this.good([0x92, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0, file, 0, 0, 0, 0]);
  }

  /** SPACE(6): code 0 records, 1 filemarks, 3 end of data. */
  async space(code: number, count: number): Promise<void> {
    await this.good(sixBytes(0x11, code, count & 0xff_ff_ff));
  }

  /** READ POSITION, short form: the logical object identifier. */
  async position(): Promise<number> {
    const dataIn = Buffer.alloc(20);
    await this.good([0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0], { dataIn });
    return dataIn.readUInt32BE(4);
  }

  /** READ POSITION, long form; undefined filemarks: it does not know. */
  async longPosition(): Promise<{ object: number; filemarks: number | undefined }> {
    const dataIn = Buffer.alloc(32);
    await this.good([0x34, 6, 0, 0, 0, 0, 0, 0, 0, 0], { dataIn });
    const isKnown = (dataIn.readUInt8(0) & 0x08) === 0;
    const filemarks = isKnown ? Number(dataIn.readBigUInt64BE(16)) : undefined;
    return { object: Number(dataIn.readBigUInt64BE(8)), filemarks };
  }

  async unload(): Promise<void> {
    await this.good(sixBytes(0x1b, 0, 0));
  }

  async load(): Promise<void> {
    await this.good([0x1b, 0, 0, 0, 1, 0]);
  }

  /** READ with SILI=1: one object of at most `bytes`; undefined at the end of data. */
  async read(bytes = READ_BYTES): Promise<TapeObject | undefined> {
    const dataIn = Buffer.alloc(bytes);
    const ended = await this.command(sixBytes(0x08, 2, bytes), { dataIn });
    if (typeof ended === "number") {
      return recordWord(dataIn.subarray(0, ended));
    }
    if (ended.sense.filemark) {
      return FILEMARK;
    }
    assert.equal(ended.words, "8/00/05");
    return undefined;
  }

  /** Rewinds, reads everything and compares it with what was written. */
  async readBack(): Promise<void> {
    await this.rewind();
    for (const [index, sent] of this.tape.entries()) {
      assert.equal(await this.read(), sent, `object ${index}`);
    }
    assert.equal(await this.read(), undefined);
  }

  /** MOVE MEDIUM (of the changer). */
  async move(source: number, destination: number): Promise<void> {
    const [from, to] = [source, destination].map((address) => [address >> 8, address & 0xff]);
    await this.good([0xa5, 0, 0, 0, ...(from ?? []), ...(to ?? []), 0, 0, 0, 0]);
  }

  async logOut(): Promise<void> {
    await this.#device.disconnect();
  }
}

function sixBytes(operationCode: number, flags: number, length: number): number[] {
  return [operationCode, flags, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff, 0];
}
