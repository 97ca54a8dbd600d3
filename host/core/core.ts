/**
 * One core instance: an event in, its actions out. Decides what a trap means: the instance is dead,
 * every later step answers the same trap. Does not decide what happens then (the lane does).
 * Invariant: `step` never throws for what the core does; what `execute` throws goes through.
 */

import { ACTION_COUNT_MAX, SHOW_AT, SHOW_BYTES } from "../../assembly/spec/abi.ts";
import { messageOf } from "../lib/error.ts";
import { ActionReader } from "./action-reader.ts";
import { type CoreEvent, writeEvent } from "./core-event.ts";
import type { CoreRuntime } from "./runtime.ts";

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
  /** The show block (assembly/spec/show.ts): valid after every step. */
  readonly show: DataView;
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
   * order, always through the same reader; it must not step this core again.
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
    for (let index = 0; index < (count ?? 0); index += 1) {
      this.#reader.select(index);
      execute(this.#reader);
    }
    return this.#trap;
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
