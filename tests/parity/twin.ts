/**
 * One core run by several runtimes at once. Decides what "the same" means: in every step the same
 * number of actions (or a trap in all), the same action records, parameter bytes and show block; and
 * every MEMORY_EVERY steps, at a trap and at the end the same linear memory, byte by byte.
 * The first runtime is the reference: it gets the events, its actions are read.
 */

import { crc32c } from "@node-rs/crc32";
import {
  ACTION_AT,
  ACTION_BYTES,
  EVENT_AT,
  EVENT_BYTES,
  PARAM_IN_AT,
  PARAM_IN_BYTES,
  SHOW_AT,
  SHOW_BYTES,
} from "../../assembly/spec/abi.ts";
import { ACTION_PARAM_AT, ACTION_PARAM_BYTES } from "../../assembly/spec/action.ts";
import { ActionReader } from "../../host/core/action-reader.ts";
import { type CoreEvent, writeEvent } from "../../host/core/core-event.ts";
import type { CoreRuntime } from "../../host/core/runtime.ts";

/** Steps between two comparisons of the whole memory: 6 MiB take about a millisecond. */
export const MEMORY_EVERY = 1024;

/** The runtimes did not do the same. `what`: the first thing that differs. */
export class Difference extends Error {
  readonly what: string;

  constructor(what: string) {
    super(what);
    this.what = what;
  }
}

interface Instance {
  readonly runtime: CoreRuntime;
  readonly bytes: Buffer;
}

/** Nothing: the core trapped. */
const TRAPPED = -1;

/** The instances of one core. */
export class Twin {
  readonly name: string;
  readonly reader: ActionReader;
  readonly show: DataView;
  /** CRC32C over all action records and parameters so far: equal runs have equal digests. */
  digest = 0;
  stepCount = 0;
  readonly #reference: Instance;
  readonly #others: readonly Instance[];
  readonly #view: DataView;

  /** `runtimes`: fresh instances, one at least. */
  constructor(name: string, runtimes: readonly CoreRuntime[]) {
    const [reference, ...others] = runtimes.map((runtime) => ({
      runtime,
      bytes: bufferOf(runtime.memory),
    }));
    if (reference === undefined) {
      throw new Error("a core needs a runtime");
    }
    const { memory } = reference.runtime;
    this.name = name;
    this.reader = new ActionReader(memory);
    this.show = new DataView(memory.buffer, memory.byteOffset + SHOW_AT, SHOW_BYTES);
    this.#reference = reference;
    this.#others = others;
    this.#view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  }

  /**
   * One step. `record`: the whole event record instead of the event's fields, where it must hold
   * what no host would write. Answers the number of actions, or undefined when all have trapped.
   * Throws Difference.
   */
  step(event: CoreEvent, nowMs: number, record?: Uint8Array): number | undefined {
    const { bytes } = this.#reference;
    writeEvent(bytes, this.#view, event, nowMs);
    if (record !== undefined) {
      bytes.set(record, EVENT_AT);
    }
    const paramEnd = PARAM_IN_AT + Math.min(event.params?.length ?? 0, PARAM_IN_BYTES);
    for (const other of this.#others) {
      bytes.copy(other.bytes, EVENT_AT, EVENT_AT, EVENT_AT + EVENT_BYTES);
      bytes.copy(other.bytes, PARAM_IN_AT, PARAM_IN_AT, paramEnd);
    }
    const count = runOf(this.#reference);
    for (const other of this.#others) {
      this.#compareStep(other, count, runOf(other));
    }
    this.stepCount += 1;
    if (count === TRAPPED || this.stepCount % MEMORY_EVERY === 0) {
      this.compareMemory();
    }
    this.#note(count);
    return count === TRAPPED ? undefined : count;
  }

  /** The record that the event would be. Valid until the next step. */
  recordOf(event: CoreEvent, nowMs: number): Uint8Array {
    const { bytes } = this.#reference;
    writeEvent(bytes, this.#view, event, nowMs);
    return bytes.subarray(EVENT_AT, EVENT_AT + EVENT_BYTES);
  }

  /** Compares all of the memory. Throws Difference. */
  compareMemory(): void {
    for (const other of this.#others) {
      this.#compareBytes(other, 0, this.#reference.bytes.length, "memory");
    }
  }

  /** CRC32C of all of the reference's memory. */
  memoryDigest(): number {
    return crc32c(this.#reference.bytes);
  }

  #compareStep(other: Instance, count: number, otherCount: number): void {
    if (count !== otherCount) {
      const { runtime } = this.#reference;
      throw new Difference(
        `${this.name}: ${countWord(count)} under ${runtime.name}, ` +
          `${countWord(otherCount)} under ${other.runtime.name}`,
      );
    }
    if (count === TRAPPED) {
      return;
    }
    this.#compareBytes(other, SHOW_AT, SHOW_AT + SHOW_BYTES, "show block");
    for (let index = 0; index < count; index += 1) {
      const at = ACTION_AT + index * ACTION_BYTES;
      this.#compareBytes(other, at, at + ACTION_BYTES, `action ${index}`);
      const paramAt = this.#view.getUint32(at + ACTION_PARAM_AT, true);
      const paramEnd = paramAt + this.#view.getUint32(at + ACTION_PARAM_BYTES, true);
      this.#compareBytes(other, paramAt, paramEnd, `parameters of action ${index}`);
    }
  }

  #compareBytes(other: Instance, from: number, to: number, what: string): void {
    const { bytes, runtime } = this.#reference;
    if (bytes.compare(other.bytes, from, to, from, to) === 0) {
      return;
    }
    let at = from;
    while (bytes[at] === other.bytes[at]) {
      at += 1;
    }
    throw new Difference(
      `${this.name}: ${what} differs at ${at.toString(16)}h: ` +
        `${bytes[at]} under ${runtime.name}, ${other.bytes[at]} under ${other.runtime.name}`,
    );
  }

  #note(count: number): void {
    const { bytes } = this.#reference;
    if (count <= 0) {
      return;
    }
    this.digest = crc32c(bytes.subarray(ACTION_AT, ACTION_AT + count * ACTION_BYTES), this.digest);
    const last = ACTION_AT + (count - 1) * ACTION_BYTES;
    for (let at = ACTION_AT; at <= last; at += ACTION_BYTES) {
      const length = this.#view.getUint32(at + ACTION_PARAM_BYTES, true);
      if (length > 0) {
        const paramAt = this.#view.getUint32(at + ACTION_PARAM_AT, true);
        this.digest = crc32c(bytes.subarray(paramAt, paramAt + length), this.digest);
      }
    }
  }
}

function runOf({ runtime }: Instance): number {
  try {
    return runtime.step();
  } catch {
    // What a trap is called differs between runtimes; that it is one must not.
    return TRAPPED;
  }
}

function countWord(count: number): string {
  return count === TRAPPED ? "a trap" : `${count} actions`;
}

function bufferOf(memory: Uint8Array<ArrayBuffer>): Buffer {
  return Buffer.from(memory.buffer, memory.byteOffset, memory.byteLength);
}
