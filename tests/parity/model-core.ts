/**
 * What surrounds one core of a stream: it remembers what the core asked for and makes the completion
 * of each into an event, in any order. Decides nothing that the interface leaves to the core: in a
 * stream without wild events every event is one that a real host might send.
 */

import { PARAM_IN_BYTES, RECORD_BYTES_MAX } from "../../assembly/spec/abi.ts";
import * as action from "../../assembly/spec/action.ts";
import {
  DONE_SENSE_BYTES,
  EV_COMMAND,
  EV_DATA,
  EV_DEVICE_DONE,
  EV_JOURNAL_DONE,
  EV_RING_DONE,
  EV_TASK_END,
  EV_WORD,
  RESULT_ANSWERED,
  RESULT_LOST,
} from "../../assembly/spec/event.ts";
import type { ActionReader } from "../../host/core/action-reader.ts";
import { type CoreEvent, coreEvent } from "../../host/core/core-event.ts";
import { crcOf } from "../core/tape-drive.ts";
import type { Weather } from "./faults.ts";
import type { ModelDevices } from "./model-devices.ts";
import type { Random } from "./random.ts";
import type { ServerCommand } from "./server-commands.ts";
import type { Twin } from "./twin.ts";

/** Enough for the ring's head and a few hundred records: segments are given up and written again. */
export const RING_BYTES = 64 * 1024 * 1024;
const POOL_BYTES = 1024 * 1024;
const ENTRY_ALIGN_BYTES = 64;
const EIO = 5;

/** What a core leaves behind when it ends, as disks and files do. */
export interface Remains {
  /** A lane's ring. */
  readonly ring: Buffer;
  /** The changer's journal. */
  journal: Buffer;
}

/** What every core of a bridge shares. */
export interface Surroundings {
  readonly random: Random;
  readonly weather: Weather;
  readonly devices: ModelDevices;
  /** Random bytes that records are cut from. */
  readonly pool: Buffer;
  /** Takes a word to the core of that lane (0 the changer). */
  carry(from: number, event: CoreEvent): void;
}

/** Random bytes for records. */
export function recordPool(random: Random): Buffer {
  const pool = Buffer.allocUnsafe(POOL_BYTES);
  for (let at = 0; at < POOL_BYTES; at += 4) {
    pool.writeUInt32LE(random.word(), at);
  }
  return pool;
}

/** One core and its peers. */
export class ModelCore {
  readonly lane: number;
  readonly twin: Twin;
  readonly remains: Remains;
  /** Words on their way to it: they keep their order. */
  readonly inbox: CoreEvent[] = [];
  wakeMs: number | undefined;
  /** Nothing waits for that time. */
  isIdle = false;
  /** The task that is open. */
  task:
    | { readonly tag: number; readonly nexus: number; readonly command: ServerCommand }
    | undefined;
  isStarted = false;
  isStopped = false;
  /** AC_STARTED said why it could not: the operator's command ends here. */
  hasNotStarted = false;
  /** What it did that no core may do; "" nothing. */
  breach = "";
  readonly #around: Surroundings;
  readonly #extents = new Map<number, Buffer>();
  readonly #buffers: readonly Buffer[];
  #pending: { readonly isData: boolean; finish(): CoreEvent }[] = [];

  constructor(
    lane: number,
    twin: Twin,
    remains: Remains,
    around: Surroundings,
    buffers: readonly Buffer[],
  ) {
    this.lane = lane;
    this.twin = twin;
    this.remains = remains;
    this.#around = around;
    this.#buffers = buffers;
  }

  /** Something that was asked for has not ended yet. */
  get hasPending(): boolean {
    return this.#pending.length > 0;
  }

  /** Gives it one event, and remembers what it asks for. False: it trapped. */
  give(event: CoreEvent, nowMs: number, record?: Uint8Array): boolean {
    const count = this.twin.step(event, nowMs, record);
    for (let index = 0; index < (count ?? 0); index += 1) {
      this.twin.reader.select(index);
      this.#take(this.twin.reader);
    }
    return count !== undefined;
  }

  /** EV_COMMAND of a new task. */
  command(tag: number, nexus: number, command: ServerCommand): CoreEvent {
    this.task = { tag, nexus, command };
    const event = coreEvent(EV_COMMAND, tag);
    event.a = nexus;
    event.b = command.outBytes;
    event.c = command.inBytes;
    event.params = command.cdb;
    return event;
  }

  /** EV_TASK_END of the open task; its data will not come. */
  endTask(): CoreEvent | undefined {
    const tag = this.task?.tag;
    this.task = undefined;
    this.#pending = this.#pending.filter(({ isData }) => !isData);
    return tag === undefined ? undefined : coreEvent(EV_TASK_END, tag);
  }

  /** One of the completions that are due, any of them. */
  complete(): CoreEvent | undefined {
    const [next] = this.#pending.splice(this.#around.random.below(this.#pending.length || 1), 1);
    return next?.finish();
  }

  readonly #handlers: ReadonlyMap<number, (given: ActionReader) => void> = new Map([
    [action.AC_RECEIVE, (given) => this.#receive(given)],
    [action.AC_REPLY, (given) => this.#reply(given)],
    [action.AC_DEVICE, (given) => this.#device(given)],
    [action.AC_CONTROL, (given) => this.#control(given)],
    [action.AC_RING_WRITE, (given) => this.#ringWrite(given)],
    [action.AC_RING_FLUSH, (given) => this.#ringDone(given.tag, () => undefined)],
    [action.AC_RING_READ, (given) => this.#ringRead(given)],
    [action.AC_RING_LOAD, (given) => this.#ringLoad(given)],
    [action.AC_RELEASE, (given) => void this.#extents.delete(given.x)],
    [action.AC_MEND, (given) => this.#mend(given)],
    [action.AC_WORD, (given) => this.#word(given)],
    [action.AC_JOURNAL, (given) => this.#journal(given)],
    [action.AC_WAKE, (given) => this.#wake(given)],
    [action.AC_STARTED, (given) => this.#started(given.a)],
    [action.AC_STOPPED, () => this.#stopped()],
  ] satisfies [number, (given: ActionReader) => void][]);

  #take(given: ActionReader): void {
    const handler = this.#handlers.get(given.kind);
    handler?.(given);
  }

  #wake({ x, a }: ActionReader): void {
    this.wakeMs = x;
    this.isIdle = a === action.WAKE_IDLE;
  }
  #started(code: number): void {
    this.isStarted = true;
    this.hasNotStarted = code !== 0 && this.lane === 0;
  }
  #stopped(): void {
    this.isStopped = true;
  }

  #push(finish: () => CoreEvent, isData = false): void {
    this.#pending.push({ isData, finish });
  }

  #receive(given: ActionReader): void {
    const { tag, a: bytes, d: where, x: at } = given;
    const { task } = this;
    if (task?.tag !== tag || bytes > task.command.outBytes) {
      this.breach = `it receives ${bytes} bytes for task ${tag}, open is ${task?.tag}`;
      return;
    }
    const list = task.command.data;
    const data = list?.length === bytes ? list : this.#record(bytes);
    const event = coreEvent(EV_DATA, tag);
    event.a = bytes;
    if (where === action.TO_PARAM) {
      event.params = data;
    } else {
      this.#extents.set(at, data);
    }
    this.#push(() => Object.assign(event, { b: crcOf(data) }), true);
  }

  #record(bytes: number): Buffer {
    const { random, pool } = this.#around;
    return bytes >= POOL_BYTES
      ? Buffer.alloc(bytes, random.below(256))
      : pool
          .subarray(0, POOL_BYTES)
          .subarray(random.below(POOL_BYTES - bytes))
          .subarray(0, bytes);
  }

  #reply(given: ActionReader): void {
    if (this.task?.tag !== given.tag) {
      this.breach = `it answers task ${given.tag}, open is ${this.task?.tag}`;
    }
    this.task = undefined;
  }

  #device(given: ActionReader): void {
    const { tag, a: device, b: direction, c: bytes, e: seed, x, yLow, yHigh } = given;
    const params = Buffer.from(given.params);
    const cdb = params.subarray(0, given.f);
    this.#push(() => {
      const isExtent = direction === action.DIRECTION_OUT_EXTENT;
      const out = isExtent
        ? this.#extent(x, yHigh).subarray(yLow, yLow + bytes)
        : params.subarray(16);
      const inBytes = direction >= action.DIRECTION_IN_BUFFER ? bytes : 0;
      const end = this.#around.devices.command(device, cdb, out, inBytes);
      const isAnswered = end.result === RESULT_ANSWERED;
      const data = isAnswered ? end.data : new Uint8Array();
      const event = coreEvent(EV_DEVICE_DONE, tag);
      event.a = end.result;
      event.b = isAnswered ? end.status : 0;
      event.c = isAnswered && inBytes > 0 ? bytes - data.length : 0;
      event.d = data.length;
      event.params = end.sense;
      if (direction === action.DIRECTION_IN_PARAM) {
        const room = Math.min(data.length, PARAM_IN_BYTES - DONE_SENSE_BYTES);
        event.params = Buffer.concat([end.sense, data.subarray(0, room)]);
      } else if (direction === action.DIRECTION_IN_BUFFER) {
        this.#buffer(yLow).set(data, x);
        event.e = crcOf(data, seed);
      }
      return event;
    });
  }

  #control(given: ActionReader): void {
    const { tag } = given;
    this.#push(() => {
      const { random, weather } = this.#around;
      const isLost = weather.device > 0 && random.oneIn(weather.device);
      const event = coreEvent(EV_DEVICE_DONE, tag);
      event.a = isLost ? RESULT_LOST : RESULT_ANSWERED;
      event.params = Buffer.alloc(DONE_SENSE_BYTES);
      return event;
    });
  }

  /** The data of an extent: from memory, else from the ring. */
  #extent(at: number, bytes: number): Buffer {
    const kept = this.#extents.get(at);
    return kept?.length === bytes ? kept : this.remains.ring.subarray(at, at + bytes);
  }

  #buffer(number: number): Buffer {
    const buffer = this.#buffers[number - 1];
    if (buffer === undefined || buffer.length !== RECORD_BYTES_MAX) {
      throw new Error(`there is no transfer buffer ${number}`);
    }
    return buffer;
  }

  #ringWrite(given: ActionReader): void {
    const { a: bytes, x: at } = given;
    const header = Buffer.from(given.params);
    const data = bytes === 0 ? undefined : this.#dataOf(given);
    this.#ringDone(given.tag, () => {
      const { ring } = this.remains;
      ring.set(header, at);
      if (data !== undefined) {
        const end = at + header.length + bytes;
        ring.set(data.subarray(0, bytes), at + header.length);
        ring.fill(0, end, Math.ceil(end / ENTRY_ALIGN_BYTES) * ENTRY_ALIGN_BYTES);
      }
    });
  }

  /** What goes to the ring: an extent, or what a transfer buffer holds at this moment. */
  #dataOf({ a: bytes, b: number, c: offset, y: dataAt }: ActionReader): Buffer | undefined {
    return number === 0
      ? this.#extents.get(dataAt)
      : Buffer.from(this.#buffer(number).subarray(offset, offset + bytes));
  }

  /** Fetched from a tape: kept, the ring has it wrong. */
  #mend({ a: bytes, b: number, x: at }: ActionReader): void {
    this.#extents.set(at, Buffer.from(this.#buffer(number).subarray(0, bytes)));
  }

  #ringRead(given: ActionReader): void {
    const { x: at, a: bytes } = given;
    this.#ringDone(given.tag, (event) => {
      event.params = this.#rotten(Buffer.from(this.remains.ring.subarray(at, at + bytes)));
    });
  }

  #ringLoad(given: ActionReader): void {
    const { a: bytes, b: number, x: at, yLow } = given;
    this.#ringDone(given.tag, (event) => {
      const data = this.#rotten(Buffer.from(this.#extent(at, bytes)));
      if (number !== 0) {
        this.#buffer(number).set(data, yLow);
      }
      event.b = crcOf(data);
    });
  }

  #rotten(bytes: Buffer): Buffer {
    const { random, weather } = this.#around;
    if (weather.rot > 0 && bytes.length > 0 && random.oneIn(weather.rot)) {
      bytes[random.below(bytes.length)] = random.wild();
    }
    return bytes;
  }

  #ringDone(tag: number, carryOut: (event: CoreEvent) => void): void {
    this.#push(() => {
      const { random, weather } = this.#around;
      const event = coreEvent(EV_RING_DONE, tag);
      if (weather.ring > 0 && random.oneIn(weather.ring)) {
        event.a = random.pick([EIO, 28, 1]);
        return event;
      }
      carryOut(event);
      return event;
    });
  }

  #journal(given: ActionReader): void {
    const { tag } = given;
    const bytes = Buffer.from(given.params);
    this.#push(() => {
      this.remains.journal = bytes;
      return coreEvent(EV_JOURNAL_DONE, tag);
    });
  }

  #word(given: ActionReader): void {
    const { a, b, c, d, e, x, y } = given;
    const event = coreEvent(EV_WORD);
    Object.assign(event, { a, b, c, d, e, x, y, params: Buffer.from(given.params) });
    this.#around.carry(this.lane, event);
  }
}
