/**
 * Commands that reserve the drive, simply or persistently, made from what is believed of the registrations.
 * Decides their fields. Persistent ones come in shared sequences alone, where the servers take turns often.
 */

import type { Random } from "../parity/random.ts";
import { type Made, ten } from "./made.ts";
import type { Model } from "./model.ts";

const REGISTER = 0;
const RESERVE = 1;
const RELEASE = 2;
const CLEAR = 3;
const PREEMPT = 4;
const PREEMPT_AND_ABORT = 5;
const REGISTER_AND_IGNORE = 6;
const REGISTER_AND_MOVE = 7;
/** Of who is not believed to be registered, mostly. */
const FIRST_ACTIONS = [REGISTER, REGISTER_AND_IGNORE, REGISTER_AND_IGNORE] as const;
const ACTIONS = [
  ...[REGISTER, REGISTER, REGISTER_AND_IGNORE, REGISTER_AND_IGNORE, REGISTER_AND_MOVE],
  ...[RESERVE, RESERVE, RESERVE, RESERVE, RESERVE, RELEASE, RELEASE, RELEASE, CLEAR],
  ...[PREEMPT, PREEMPT, PREEMPT, PREEMPT_AND_ABORT, PREEMPT_AND_ABORT],
] as const;
const TYPES = [1, 3, 5, 6, 7, 8] as const;
const LIST_BYTES = 24;
const KEYS = 3;
/** So often something is not as it should be. */
const ODD_ONE_IN = 20;
const WRONG_KEY_ONE_IN = 8;
/** Third party, long identifier, element. */
const PARTS = [0x01, 0x02, 0x10] as const;
/** READ KEYS and READ FULL STATUS: the head alone, or all, since differences.ts has to find its way. */
const HEAD_BYTES = 8;
const ALL_BYTES = 512;

/** Seldom where the servers share: it keeps persistent reservations away. */
export function reserve(random: Random, model: Model): Made | undefined {
  return model.isShared && !random.oneIn(4) ? undefined : simple(random, [0x16, 0x56]);
}

export function release(random: Random): Made {
  return simple(random, [0x17, 0x57]);
}

function simple(random: Random, codes: readonly number[]): Made {
  const code = random.pick(codes);
  const flags = random.oneIn(ODD_ONE_IN) ? random.pick(PARTS) : 0;
  return { cdb: [code, flags, ...Array(code < 0x20 ? 4 : 8).fill(0)] };
}

export function persistentIn(random: Random, model: Model): Made | undefined {
  if (!model.isShared) {
    return undefined;
  }
  const action = random.oneIn(ODD_ONE_IN) ? 4 : random.below(4);
  const length = random.oneIn(4) ? HEAD_BYTES : ALL_BYTES;
  return { cdb: ten(0x5e, action, 0, 0, length), inBytes: length };
}

export function persistentOut(random: Random, model: Model): Made | undefined {
  if (!model.isShared) {
    return undefined;
  }
  const isFirst = model.key === 0 && !random.oneIn(5);
  const action = random.pick(isFirst ? FIRST_ACTIONS : ACTIONS);
  const key = random.oneIn(WRONG_KEY_ONE_IN) ? random.below(KEYS + 1) : model.key;
  const preempts = action === PREEMPT || action === PREEMPT_AND_ABORT;
  const actionKey = preempts ? victimKey(random, model) : newKey(random);
  const type = action === RELEASE && model.heldType !== 0 ? model.heldType : random.pick(TYPES);
  const list = Buffer.alloc(random.oneIn(ODD_ONE_IN) ? random.pick([23, 28]) : LIST_BYTES);
  list.writeUInt8(key, 7);
  list.writeUInt8(actionKey, 15);
  list.writeUInt8(flags(random, action), 20);
  const scopeAndType = random.oneIn(ODD_ONE_IN) ? random.below(256) : type;
  believe(model, action, key, actionKey, type);
  return { cdb: [0x5f, action, scopeAndType, 0, 0, 0, 0, 0, list.length, 0], out: list };
}

/** Of a registration: seldom none. */
function newKey(random: Random): number {
  return random.oneIn(6) ? 0 : 1 + random.below(KEYS);
}

/** Of PREEMPT: mostly another server's. */
function victimKey(random: Random, { otherKey }: Model): number {
  return otherKey === 0 || random.oneIn(3) ? random.below(KEYS + 1) : otherKey;
}

/** With REGISTER now and then APTPL, ALL_TG_PT, SPEC_I_PT; elsewhere they say nothing. */
function flags(random: Random, action: number): number {
  const isRegistering = action === REGISTER || action === REGISTER_AND_IGNORE;
  return isRegistering && random.oneIn(ODD_ONE_IN) ? random.pick([1, 4, 8]) : 0;
}

function believe(model: Model, action: number, key: number, actionKey: number, type: number): void {
  if (action === REGISTER_AND_IGNORE || (action === REGISTER && key === model.key)) {
    model.key = actionKey;
  } else if (key !== model.key || key === 0) {
    return;
  } else if (action === CLEAR) {
    model.keys.fill(0);
    model.heldType = 0;
  } else if (action === RELEASE) {
    model.heldType = 0;
  } else if (action === RESERVE && model.heldType === 0) {
    model.heldType = type;
  } else if (action === PREEMPT || action === PREEMPT_AND_ABORT) {
    model.preempt(actionKey, type);
  }
}
