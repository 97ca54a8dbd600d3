/**
 * Drives the ring's module call by call: executes its actions on a disk in memory, and gives the
 * completions back one at a time, in an order that the test chooses.
 */
import { crc32c } from "@node-rs/crc32";
import {
  ACTION_AT,
  ACTION_BYTES,
  EVENT_AT,
  EVENT_BYTES,
  PARAM_IN_AT,
  SHOW_AT,
  VOLUME_TAG_BYTES,
} from "../../assembly/spec/abi.ts";
import {
  AC_LOG,
  AC_RING_FLUSH,
  AC_RING_LOAD,
  AC_RING_LOST,
  AC_RING_READ,
  AC_RING_WRITE,
  ACTION_A,
  ACTION_B,
  ACTION_PARAM_AT,
  ACTION_PARAM_BYTES,
  ACTION_TAG,
  ACTION_X,
  ACTION_Y,
} from "../../assembly/spec/action.ts";
import {
  EV_RING_DONE,
  EVENT_A,
  EVENT_B,
  EVENT_KIND,
  EVENT_PARAM_BYTES,
  EVENT_TAG,
} from "../../assembly/spec/event.ts";
import {
  ENTRY_ALIGN,
  ENTRY_RECORD,
  RING_OPENING,
  WALKER_FOUND,
  WALKER_PENDING,
} from "../../assembly/spec/ring-layout.ts";
import type { CoreRuntime } from "../../host/core/runtime.ts";
import type { MemoryDisk } from "./memory-disk.ts";
import { openHarness } from "./open-harness.ts";

const HARNESS = openHarness();
/** What the harness can call, by number. */
const RING_CALLS = [
  "imageBase",
  "imageCreate",
  "imageDrop",
  "imageEnd",
  "imageFilemarks",
  "imageFind",
  "imageSelect",
  "imageTruncate",
  "ringCommit",
  "ringDurable",
  "ringEvent",
  "ringFault",
  "ringFlush",
  "ringFlushPending",
  "ringIndexBytes",
  "ringJournalAt",
  "ringJournalBytes",
  "ringJournalDurable",
  "ringJournalWrite",
  "ringKeep",
  "ringReserve",
  "ringRoom",
  "ringState",
  "ringUsed",
  "ringWaiting",
  "scratchAt",
  "startSmall",
  "walkerCount",
  "walkerCrc",
  "walkerDataAt",
  "walkerDataBytes",
  "walkerFilemarksBefore",
  "walkerFind",
  "walkerFindFilemark",
  "walkerFirst",
  "walkerKind",
  "walkerObjectBytes",
] as const;
type RingCall = (typeof RING_CALLS)[number];
const NUMBER_OF_CALL: ReadonlyMap<string, number> = new Map(
  RING_CALLS.map((name, number) => [name, number]),
);
const ARGUMENTS_AT = SHOW_AT + 8;
const ANSWER_AT = SHOW_AT + 64;
/** More completions than any test's step can need: a ring that never comes to rest fails. */
const COMPLETIONS_MAX = 1_000_000;

export const SEGMENT_BYTES = 32_768;
export const RING_NO_ROOM = 0xffff_ffff_ffff_ffffn;

/** One object of a tape: a record's bytes, or a filemark. */
export type TapeObject = Uint8Array | "filemark";

interface Completion {
  readonly tag: number;
  readonly isRead: boolean;
  readonly finish: () => { errorNumber: number; crc: number; bytes: Uint8Array };
}

export interface LogLine {
  readonly code: number;
  readonly b: number;
  readonly x: bigint;
}

export interface FoundEntry {
  readonly first: number;
  readonly count: number;
  readonly kind: number;
  readonly objectBytes: number;
  readonly dataBytes: number;
  readonly dataAt: number;
  readonly crc: number;
  readonly filemarksBefore: number;
}

export class RingMachine {
  readonly disk: MemoryDisk;
  readonly sizeBytes: number;
  readonly log: LogLine[] = [];
  /** Error number that every write, or every read, gets from now on; 0 none. */
  writeFault = 0;
  readFault = 0;
  /** So often the ring has said that it is lost. */
  lostCount = 0;
  /** Header reads so far. */
  reads = 0;
  readonly #runtime: CoreRuntime;
  readonly #memory: Buffer;
  readonly #extents = new Map<number, Uint8Array>();
  #pending: Completion[] = [];

  constructor(disk: MemoryDisk, sizeBytes: number) {
    this.disk = disk;
    this.sizeBytes = sizeBytes;
    this.#runtime = HARNESS();
    const { buffer, byteOffset, byteLength } = this.#runtime.memory;
    this.#memory = Buffer.from(buffer, byteOffset, byteLength);
  }

  /** Calls a function of the ring as one step; numbers as the module has them, i32 signed. */
  call(name: RingCall, ...numbers: (number | bigint)[]): number {
    return Number(BigInt.asIntN(64, this.callBig(name, ...numbers)));
  }

  /** The same for a u64. */
  callBig(name: RingCall, ...numbers: (number | bigint)[]): bigint {
    const memory = this.#memory;
    memory.writeUInt32LE(NUMBER_OF_CALL.get(name) ?? RING_CALLS.length, SHOW_AT);
    for (const [index, number] of numbers.entries()) {
      memory.writeBigUInt64LE(BigInt.asUintN(64, BigInt(number)), ARGUMENTS_AT + index * 8);
    }
    const count = this.#runtime.step();
    const answer = memory.readBigUInt64LE(ANSWER_AT);
    for (let i = 0; i < count; i++) this.#take(ACTION_AT + i * ACTION_BYTES);
    return answer;
  }

  /** Starts the ring with small segments and lets it come to rest. */
  open(identity = 1n, segmentBytes = SEGMENT_BYTES): this {
    this.call("startSmall", BigInt(this.sizeBytes), identity, BigInt(segmentBytes));
    for (let n = 0; this.call("ringState") === RING_OPENING && this.#pending.length > 0; n++) {
      this.complete(0);
      if (n > COMPLETIONS_MAX) throw new Error("the ring does not open");
    }
    return this;
  }

  /** Completions that wait. */
  get outstanding(): number {
    return this.#pending.length;
  }

  /** Ends the n-th outstanding request. */
  complete(n: number): void {
    const [completion] = this.#pending.splice(n, 1);
    if (completion === undefined) throw new Error("nothing is outstanding");
    const { errorNumber, crc, bytes } = completion.finish();
    const memory = this.#memory;
    memory.fill(0, EVENT_AT, EVENT_AT + EVENT_BYTES);
    memory.writeUInt32LE(EV_RING_DONE, EVENT_AT + EVENT_KIND);
    memory.writeUInt32LE(completion.tag, EVENT_AT + EVENT_TAG);
    memory.writeUInt32LE(errorNumber, EVENT_AT + EVENT_A);
    memory.writeUInt32LE(crc, EVENT_AT + EVENT_B);
    memory.writeUInt32LE(bytes.length, EVENT_AT + EVENT_PARAM_BYTES);
    memory.set(bytes, PARAM_IN_AT);
    this.call("ringEvent");
  }

  /** Completes everything, in order, until nothing is outstanding. */
  settle(): this {
    for (let n = 0; this.#pending.length > 0; n++) {
      this.complete(0);
      if (n > COMPLETIONS_MAX) throw new Error("the ring does not come to rest");
    }
    return this;
  }

  #take(at: number): void {
    const memory = this.#memory;
    const kind = memory.readUInt32LE(at);
    const tag = memory.readUInt32LE(at + ACTION_TAG);
    const a = memory.readUInt32LE(at + ACTION_A);
    const x = Number(memory.readBigUInt64LE(at + ACTION_X));
    const y = Number(memory.readBigUInt64LE(at + ACTION_Y));
    const paramAt = memory.readUInt32LE(at + ACTION_PARAM_AT);
    const header = memory.subarray(paramAt, paramAt + memory.readUInt32LE(at + ACTION_PARAM_BYTES));
    if (kind === AC_RING_WRITE) this.#write(tag, x, Buffer.from(header), y, a);
    else if (kind === AC_RING_FLUSH) this.#flush(tag);
    else if (kind === AC_RING_READ) this.#read(tag, x, a);
    else if (kind === AC_RING_LOAD) this.#load(tag, x, a);
    else if (kind === AC_RING_LOST) this.lostCount += 1;
    else if (kind === AC_LOG) {
      const b = memory.readUInt32LE(at + ACTION_B);
      this.log.push({ code: a, b, x: memory.readBigUInt64LE(at + ACTION_X) });
    } else throw new Error(`action ${kind} is not the ring's`);
  }

  #write(tag: number, offset: number, header: Buffer, extentAt: number, extentBytes: number): void {
    const used = header.length + extentBytes;
    const padded = extentAt === 0 ? used : Math.ceil(used / ENTRY_ALIGN) * ENTRY_ALIGN;
    const bytes = Buffer.alloc(padded);
    header.copy(bytes);
    if (extentBytes > 0) {
      const extent = this.#extents.get(extentAt);
      if (extent?.length !== extentBytes) throw new Error(`no extent at ${extentAt}`);
      bytes.set(extent, header.length);
    }
    if (offset + padded > this.sizeBytes) throw new Error("write beyond the ring");
    const fault = this.writeFault;
    const write = fault === 0 ? this.disk.write(offset, bytes) : undefined;
    this.#push(tag, () => {
      if (write !== undefined) write.completed = true;
      return fault;
    });
  }

  #flush(tag: number): void {
    const covered = this.disk.flushBegin();
    this.#push(tag, () => {
      this.disk.flushEnd(covered);
      return 0;
    });
  }

  #push(tag: number, finish: () => number): void {
    const nothing = new Uint8Array(0);
    this.#pending.push({
      tag,
      isRead: false,
      finish: () => ({ errorNumber: finish(), crc: 0, bytes: nothing }),
    });
  }

  #read(tag: number, offset: number, count: number): void {
    if (count > 4096 || count === 0) throw new Error(`read of ${count} bytes`);
    this.reads += 1;
    const fault = this.readFault;
    const finish = () => {
      const bytes = fault === 0 ? this.disk.read(offset, count) : new Uint8Array(0);
      return { errorNumber: fault, crc: 0, bytes };
    };
    this.#pending.push({ tag, isRead: true, finish });
  }

  #load(tag: number, offset: number, count: number): void {
    const finish = () => ({
      errorNumber: this.readFault,
      crc: crc32c(Buffer.from(this.disk.read(offset, count))),
      bytes: new Uint8Array(0),
    });
    this.#pending.push({ tag, isRead: true, finish });
  }

  /** Puts bytes where the module can see them; their address. */
  hand(bytes: Uint8Array): number {
    const at = this.call("scratchAt");
    this.#memory.set(bytes, at);
    return at;
  }

  handTag(tag: string): number {
    return this.hand(Buffer.from(tag.padEnd(VOLUME_TAG_BYTES)));
  }

  journal(): Buffer {
    const at = this.call("ringJournalAt");
    return Buffer.from(this.#memory.subarray(at, at + this.call("ringJournalBytes")));
  }

  /** Appends equally long records as one entry; false where there is no room now. */
  appendRecords(records: readonly Uint8Array[]): boolean {
    const data = Buffer.concat(records);
    const offset = this.callBig("ringReserve", data.length);
    if (offset === RING_NO_ROOM) return false;
    this.#extents.set(Number(offset), data);
    const objectBytes = records[0]?.length ?? 0;
    const crc = crc32c(data);
    this.call("ringCommit", ENTRY_RECORD, records.length, objectBytes, data.length, crc);
    return true;
  }

  appendFilemarks(count: number, kind: number): boolean {
    if (this.callBig("ringReserve", 0) === RING_NO_ROOM) return false;
    this.call("ringCommit", kind, count, 0, 0, 0);
    return true;
  }

  /** Walks to the entry with that object, completing what is outstanding meanwhile. */
  find(walker: number, object: number): FoundEntry | undefined {
    return this.#found(walker, "walkerFind", object);
  }

  findFilemark(walker: number, filemark: number): FoundEntry | undefined {
    return this.#found(walker, "walkerFindFilemark", filemark);
  }

  #found(walker: number, how: RingCall, value: number): FoundEntry | undefined {
    let answer = this.call(how, walker, BigInt(value));
    for (let n = 0; answer === WALKER_PENDING; n++) {
      if (n > COMPLETIONS_MAX) throw new Error("the walker does not arrive");
      this.complete(0);
      answer = this.call(how, walker, BigInt(value));
    }
    if (answer !== WALKER_FOUND) return undefined;
    const get = (name: RingCall) => this.call(name, walker);
    return {
      first: get("walkerFirst"),
      count: get("walkerCount"),
      kind: get("walkerKind"),
      objectBytes: get("walkerObjectBytes"),
      dataBytes: get("walkerDataBytes"),
      dataAt: get("walkerDataAt"),
      crc: get("walkerCrc") >>> 0,
      filemarksBefore: get("walkerFilemarksBefore"),
    };
  }

  /** The object as a drive would get it; undefined where the ring cannot give it. */
  object(walker: number, object: number): TapeObject | undefined {
    const entry = this.find(walker, object);
    if (entry === undefined) return undefined;
    if (entry.kind !== ENTRY_RECORD) return "filemark";
    const kept = this.#extents.get(entry.dataAt);
    const beyond = entry.dataAt >= this.sizeBytes;
    const extent = beyond && kept ? kept : this.disk.read(entry.dataAt, entry.dataBytes);
    if (crc32c(Buffer.from(extent)) !== entry.crc) return undefined;
    const start = (object - entry.first) * entry.objectBytes;
    return extent.slice(start, start + entry.objectBytes);
  }
}
