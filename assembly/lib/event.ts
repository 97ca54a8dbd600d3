/** Reads the fields of the event record (spec/event.ts). Decides nothing. */
import { EVENT_AT } from "../spec/abi.ts";
import {
  EVENT_A,
  EVENT_B,
  EVENT_C,
  EVENT_D,
  EVENT_E,
  EVENT_KIND,
  EVENT_NOW,
  EVENT_PARAM_BYTES,
  EVENT_TAG,
  EVENT_X,
  EVENT_Y,
} from "../spec/event.ts";

export function eventKind(): u32 {
  return load<u32>(EVENT_AT + EVENT_KIND);
}
export function eventTag(): u32 {
  return load<u32>(EVENT_AT + EVENT_TAG);
}
/** Milliseconds of the host's monotonic clock. */
export function now(): u64 {
  return load<u64>(EVENT_AT + EVENT_NOW);
}
export function eventA(): u32 {
  return load<u32>(EVENT_AT + EVENT_A);
}
export function eventB(): u32 {
  return load<u32>(EVENT_AT + EVENT_B);
}
export function eventC(): u32 {
  return load<u32>(EVENT_AT + EVENT_C);
}
export function eventD(): u32 {
  return load<u32>(EVENT_AT + EVENT_D);
}
export function eventE(): u32 {
  return load<u32>(EVENT_AT + EVENT_E);
}
export function eventX(): u64 {
  return load<u64>(EVENT_AT + EVENT_X);
}
export function eventY(): u64 {
  return load<u64>(EVENT_AT + EVENT_Y);
}
export function eventParamBytes(): u32 {
  return load<u32>(EVENT_AT + EVENT_PARAM_BYTES);
}
