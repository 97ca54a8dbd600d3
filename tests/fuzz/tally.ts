/** Counts of a run on its way: what was sent, what was met, what is wrong. Decides nothing. */

import { crc32c } from "@node-rs/crc32";
import type { FuzzOutcome, FuzzPlan } from "./fuzzer.ts";

/** More of them than this tell nothing new. */
const WRONG_MAX = 20;

/** See the head of this file. */
export class Tally {
  sent = 0;
  readonly wrong: string[] = [];
  readonly #met = new Map<string, number>();
  readonly #onSent: FuzzPlan["onSent"];
  #digest = 0;

  constructor({ onSent }: FuzzPlan) {
    this.#onSent = onSent;
  }

  /** `bytes` go out: so many inputs are in them. */
  send(bytes: Uint8Array, inputs: number): void {
    this.#digest = crc32c(bytes, this.#digest);
    this.sent += inputs;
    this.#onSent?.(this.sent);
  }

  meet(name: string, count = 1): void {
    this.#met.set(name, (this.#met.get(name) ?? 0) + count);
  }

  fail(what: string): void {
    if (this.wrong.length < WRONG_MAX) {
      this.wrong.push(`${what} (after ${this.sent} inputs)`);
    }
  }

  get outcome(): FuzzOutcome {
    const { sent, wrong } = this;
    return { sent, digest: this.#digest, met: Object.fromEntries(this.#met), wrong };
  }
}
