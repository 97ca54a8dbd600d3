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

const ACTION_END: u32 = ACTION_AT + ACTION_COUNT_MAX * ACTION_BYTES;
const PARAM_OUT_END: u32 = PARAM_OUT_AT + PARAM_OUT_BYTES;

/** The record that is being written, and the place behind the last one. */
let current: u32 = ACTION_AT;
let next: u32 = ACTION_AT;
let nextParams: u32 = PARAM_OUT_AT;

/** Forgets the actions of the step before. */
export function beginActions(): void {
  next = ACTION_AT;
  nextParams = PARAM_OUT_AT;
}

export function actionCount(): u32 {
  return (next - ACTION_AT) / ACTION_BYTES;
}

/** A new action of that kind and tag, all other fields zero. */
export function act(kind: u32, tag: u32): void {
  const at = next;
  assert(at < ACTION_END);
  current = at;
  next = at + ACTION_BYTES;
  memory.fill(at, 0, ACTION_BYTES);
  store<u32>(at + ACTION_KIND, kind);
  store<u32>(at + ACTION_TAG, tag);
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
  const at = nextParams;
  assert(at + bytes <= PARAM_OUT_END);
  nextParams = at + ((bytes + 7) & ~7);
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
