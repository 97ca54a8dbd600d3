/** The earliest moment at which something in the core wants to be looked at; one AC_WAKE a step. */
import { act, setX } from "../lib/action.ts";
import { AC_WAKE } from "../spec/action.ts";

const NEVER: u64 = 0xffffffffffffffff;
let wanted: u64 = NEVER;
let told: u64 = NEVER;

export function wakeBegin(): void {
  wanted = NEVER;
}
export function wakeAt(time: u64): void {
  if (time < wanted) wanted = time;
}
/** Tells the host, when it has to know something new. */
export function wakeTell(time: u64): void {
  if (told <= time) told = NEVER;
  if (wanted === NEVER || wanted === told) return;
  told = wanted;
  act(AC_WAKE, 0);
  setX(wanted);
}
