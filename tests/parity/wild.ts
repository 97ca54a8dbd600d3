/**
 * Events that keep to no rule: unknown kinds, tags of nobody, wild lengths and field values, stale
 * completions, a second EV_START. A core may ignore them or trap; all runtimes must do the same.
 */

import { EVENT_BYTES, PARAM_IN_BYTES } from "../../assembly/spec/abi.ts";
import {
  EV_OPERATOR,
  EVENT_A,
  EVENT_KIND,
  EVENT_NOW,
  EVENT_PARAM_BYTES,
  EVENT_TAG,
} from "../../assembly/spec/event.ts";
import type { Random } from "./random.ts";

const FIELDS_END = 56;
const PARAM_BYTES_MAX = 512;
const REMEMBERED_MAX = 32;
/** Kinds that keep the instance in the role that it has are more likely. */
const START_ONE_IN = 40;

/** A whole event record and its parameters. */
export interface WildEvent {
  readonly record: Buffer;
  readonly params: Buffer;
}

/** Makes wild events out of nothing and of what was given before. */
export class WildEvents {
  readonly #random: Random;
  readonly #remembered: WildEvent[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** Remembers an ordinary event, some of them. */
  remember(record: Uint8Array, params: Uint8Array): void {
    const event = { record: Buffer.from(record), params: Buffer.from(params) };
    if (this.#remembered.length < REMEMBERED_MAX) {
      this.#remembered.push(event);
    } else {
      this.#remembered[this.#random.below(REMEMBERED_MAX)] = event;
    }
  }

  /** The next one, at `nowMs`. */
  next(nowMs: number): WildEvent {
    const random = this.#random;
    if (this.#remembered.length === 0 || random.oneIn(4)) {
      return this.#fresh(nowMs);
    }
    const { record, params } = random.pick(this.#remembered);
    const again = { record: Buffer.from(record), params: Buffer.from(params) };
    again.record.writeBigUInt64LE(BigInt(nowMs), EVENT_NOW);
    for (let changes = random.below(3); changes > 0; changes -= 1) {
      again.record.writeUInt32LE(random.wild(), random.below(FIELDS_END / 4) * 4);
    }
    if (again.params.length > 0 && random.oneIn(2)) {
      again.params[random.below(again.params.length)] = random.wild();
    }
    return this.#settled(again);
  }

  #fresh(nowMs: number): WildEvent {
    const random = this.#random;
    const record = Buffer.alloc(EVENT_BYTES);
    for (let at = EVENT_A; at < FIELDS_END; at += 4) {
      record.writeUInt32LE(random.wild(), at);
    }
    record.writeUInt32LE(
      random.oneIn(4) ? random.wild() : random.below(EV_OPERATOR + 2),
      EVENT_KIND,
    );
    record.writeUInt32LE(random.wild(), EVENT_TAG);
    record.writeBigUInt64LE(BigInt(random.oneIn(8) ? random.wild() : nowMs), EVENT_NOW);
    return this.#settled({ record, params: random.bytes(random.below(PARAM_BYTES_MAX)) });
  }

  /** Mostly the length that the parameters have; EV_START is rare, since it ends all that was. */
  #settled(event: WildEvent): WildEvent {
    const random = this.#random;
    const { record, params } = event;
    if (!random.oneIn(8)) {
      record.writeUInt32LE(Math.min(params.length, PARAM_IN_BYTES), EVENT_PARAM_BYTES);
    }
    if (record.readUInt32LE(EVENT_KIND) === 1 && !random.oneIn(START_ONE_IN)) {
      record.writeUInt32LE(2, EVENT_KIND);
    }
    return event;
  }
}
