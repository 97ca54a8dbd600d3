/**
 * Writes action records (spec/action.ts) and their parameter bytes. `beginActions` once a step; an
 * action beyond ACTION_COUNT_MAX or parameters beyond PARAM_OUT_BYTES are a programmer error (trap).
 */
import {
  ACTION_AT,
  ACTION_BYTES,
  ACTION_COUNT_MAX,
  PARAM_OUT_AT,
  PARAM_OUT_BYTES,
} from "../spec/abi.ts";
import {
  AC_LOG,
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
} from "../spec/action.ts";

let count: u32 = 0;
let paramUsed: u32 = 0;
let current: u32 = ACTION_AT;

/** Forgets the actions of the step before. */
export function beginActions(): void {
  count = 0;
  paramUsed = 0;
}

export function actionCount(): u32 {
  return count;
}

/** A new action of that kind and tag, all other fields zero. */
export function act(kind: u32, tag: u32): void {
  assert(count < ACTION_COUNT_MAX);
  current = ACTION_AT + count * ACTION_BYTES;
  count += 1;
  memory.fill(current, 0, ACTION_BYTES);
  store<u32>(current + ACTION_KIND, kind);
  store<u32>(current + ACTION_TAG, tag);
}
export function setA(value: u32): void {
  store<u32>(current + ACTION_A, value);
}
export function setB(value: u32): void {
  store<u32>(current + ACTION_B, value);
}
export function setC(value: u32): void {
  store<u32>(current + ACTION_C, value);
}
export function setD(value: u32): void {
  store<u32>(current + ACTION_D, value);
}
export function setE(value: u32): void {
  store<u32>(current + ACTION_E, value);
}
export function setF(value: u32): void {
  store<u32>(current + ACTION_F, value);
}
export function setX(value: u64): void {
  store<u64>(current + ACTION_X, value);
}
export function setY(value: u64): void {
  store<u64>(current + ACTION_Y, value);
}
/** Zeroed room for that many parameter bytes of the current action; its absolute address. */
export function params(bytes: u32): u32 {
  const at = PARAM_OUT_AT + paramUsed;
  assert(paramUsed + bytes <= PARAM_OUT_BYTES);
  paramUsed += (bytes + 7) & ~7;
  memory.fill(at, 0, bytes);
  store<u32>(current + ACTION_PARAM_AT, at);
  store<u32>(current + ACTION_PARAM_BYTES, bytes);
  return at;
}
/** A log line; more numbers by setD, setE, setX, setY. */
export function logNumbers(code: u32, b: u32, c: u32): void {
  act(AC_LOG, 0);
  setA(code);
  setB(b);
  setC(c);
}
