/**
 * One core instance: an event in, its actions out. Decides what a trap means: the instance is dead,
 * every later step answers the same trap. Does not decide what happens then (the lane does).
 * Invariant: `step` never throws for what the core does; what `execute` throws goes through.
 */

import { ACTION_COUNT_MAX, SHOW_AT, SHOW_BYTES } from "../../assembly/spec/abi.ts";
import {
  KEEP_AT,
  KEEP_BYTES_MAX,
  KEEP_LENGTH_AT,
  KEEP_REVISION_AT,
  KEEP_SELDOM_AT,
} from "../../assembly/spec/keep.ts";
import { messageOf } from "../lib/error.ts";
import { ActionReader } from "./action-reader.ts";
import { type CoreEvent, writeEvent } from "./core-event.ts";
import type { CoreRuntime } from "./runtime.ts";

const NOTHING_KEPT = new Uint8Array();

/** The core stopped for good: a programmer error in it. */
export interface CoreTrap {
  readonly trap: string;
  /** The event kind that it died of. */
  readonly eventKind: number;
}

/** Sees every step before its actions are executed; `count` is undefined when the core trapped. */
export interface StepObserver {
  observe(memory: Uint8Array, actions: ActionReader, count: number | undefined): void;
}

/** The core, its reader of actions and its show block. */
export class Core {
  readonly runtime: CoreRuntime;
  /** The show block (assembly/spec/show.ts); of a lane that streams as it was at its last EV_TIME. */
  readonly show: DataView;
  #keep: Uint8Array = NOTHING_KEPT;
  /** Its first part, without what changes seldom. */
  #keepOften: Uint8Array = NOTHING_KEPT;
  #kept: Uint8Array = NOTHING_KEPT;
  #keptRevision = 0;
  readonly #memory: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #reader: ActionReader;
  readonly #observer: StepObserver | undefined;
  #trap: CoreTrap | undefined;

  constructor(runtime: CoreRuntime, observer?: StepObserver) {
    const { memory } = runtime;
    this.runtime = runtime;
    this.#memory = memory;
    this.#view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
    this.show = new DataView(memory.buffer, memory.byteOffset + SHOW_AT, SHOW_BYTES);
    this.#reader = new ActionReader(memory);
    this.#observer = observer;
  }

  /**
   * One step at `nowMs` (milliseconds of a monotonic clock, whole). `execute` gets each action in
   * order, always through the same reader; it must not step this core again. Where it throws, the
   * other actions are executed all the same: the core believes that they are.
   */
  step(
    event: CoreEvent,
    nowMs: number,
    execute: (action: ActionReader) => void,
  ): CoreTrap | undefined {
    if (this.#trap !== undefined) {
      return this.#trap;
    }
    writeEvent(this.#memory, this.#view, event, nowMs);
    const count = this.#call(event.kind);
    this.#observer?.observe(this.#memory, this.#reader, count);
    if (count === undefined) {
      return this.#trap;
    }
    const faults: unknown[] = [];
    for (let index = 0; index < count; index += 1) {
      this.#reader.select(index);
      try {
        execute(this.#reader);
      } catch (thrown) {
        faults.push(thrown);
      }
    }
    this.#copyKeep();
    if (faults.length > 0) {
      throw faults[0];
    }
    return undefined;
  }

  /** The keep block (assembly/spec/keep.ts) after the last step that ended well; empty before one did. */
  get kept(): Uint8Array {
    return this.#kept;
  }

  #copyKeep(): void {
    const length = this.#view.getUint32(KEEP_AT + KEEP_LENGTH_AT, true);
    const bytes = Math.min(length, KEEP_BYTES_MAX);
    const seldomAt = Math.min(this.#view.getUint32(KEEP_AT + KEEP_SELDOM_AT, true), bytes);
    const revision = this.#view.getUint32(KEEP_AT + KEEP_REVISION_AT, true);
    if (this.#kept.length !== bytes) {
      this.#kept = new Uint8Array(bytes);
      this.#keep = this.#memory.subarray(KEEP_AT, KEEP_AT + bytes);
      this.#keepOften = this.#memory.subarray(KEEP_AT, KEEP_AT + seldomAt);
    } else if (seldomAt !== 0 && revision === this.#keptRevision) {
      this.#kept.set(this.#keepOften);
      return;
    }
    this.#keptRevision = revision;
    this.#kept.set(this.#keep);
  }

  #call(eventKind: number): number | undefined {
    try {
      const count = this.runtime.step();
      if (count >= 0 && count <= ACTION_COUNT_MAX) {
        return count;
      }
      this.#trap = { trap: `the core answered ${count} actions`, eventKind };
    } catch (thrown) {
      this.#trap = { trap: messageOf(thrown), eventKind };
    }
    return undefined;
  }
}
