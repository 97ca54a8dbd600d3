/**
 * Reads the action records of one step, one after the other, without making an object for each.
 * Decides nothing; what the fields mean is in assembly/spec/action.ts.
 * Invariant: what it reads is valid until the next step; whoever keeps parameters copies them.
 */

import { ACTION_AT, ACTION_BYTES } from "../../assembly/spec/abi.ts";
import {
  ACTION_A,
  ACTION_B,
  ACTION_C,
  ACTION_D,
  ACTION_E,
  ACTION_F,
  ACTION_KIND,
  ACTION_PARAM_AT,
  ACTION_PARAM_BYTES,
  ACTION_TAG,
  ACTION_X,
  ACTION_Y,
} from "../../assembly/spec/action.ts";

const HIGH_WORD = 2 ** 32;

/** The current action of a step. `select` moves it; 64-bit fields above 2^53 lose low bits. */
export class ActionReader {
  readonly #memory: Uint8Array;
  readonly #view: DataView;
  #at: number = ACTION_AT;

  constructor(memory: Uint8Array<ArrayBuffer>) {
    this.#memory = memory;
    this.#view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  }

  /** Moves to the action with that index, 0 first. */
  select(index: number): void {
    this.#at = ACTION_AT + index * ACTION_BYTES;
  }

  get kind(): number {
    return this.#u32(ACTION_KIND);
  }
  get tag(): number {
    return this.#u32(ACTION_TAG);
  }
  get a(): number {
    return this.#u32(ACTION_A);
  }
  get b(): number {
    return this.#u32(ACTION_B);
  }
  get c(): number {
    return this.#u32(ACTION_C);
  }
  get d(): number {
    return this.#u32(ACTION_D);
  }
  get e(): number {
    return this.#u32(ACTION_E);
  }
  get f(): number {
    return this.#u32(ACTION_F);
  }
  get x(): number {
    return this.#u32(ACTION_X) + this.#u32(ACTION_X + 4) * HIGH_WORD;
  }
  get y(): number {
    return this.#u32(ACTION_Y) + this.#u32(ACTION_Y + 4) * HIGH_WORD;
  }
  /** The halves of y, where it holds two numbers. */
  get yLow(): number {
    return this.#u32(ACTION_Y);
  }
  get yHigh(): number {
    return this.#u32(ACTION_Y + 4);
  }
  /** The parameter bytes in the core's own memory: gone with the next step. */
  get params(): Uint8Array {
    const at = this.#u32(ACTION_PARAM_AT);
    return this.#memory.subarray(at, at + this.#u32(ACTION_PARAM_BYTES));
  }
  /** The whole record, ACTION_BYTES, in the core's own memory. */
  get record(): Uint8Array {
    return this.#memory.subarray(this.#at, this.#at + ACTION_BYTES);
  }

  #u32(field: number): number {
    return this.#view.getUint32(this.#at + field, true);
  }
}
