/**
 * An event on its way into a core, as the host builds it. Decides the defaults (zero) and how the
 * record is laid into memory; what the fields mean is in assembly/spec/event.ts.
 * Invariant: always the same shape, so that the hot path stays monomorphic.
 */

import { EVENT_AT, EVENT_BYTES, PARAM_IN_AT, PARAM_IN_BYTES } from "../../assembly/spec/abi.ts";
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
} from "../../assembly/spec/event.ts";

/** Fields as in assembly/spec/event.ts; `x` and `y` are integers below 2^53. */
export interface CoreEvent {
  readonly kind: number;
  readonly tag: number;
  a: number;
  b: number;
  c: number;
  d: number;
  e: number;
  x: number;
  y: number;
  /** At most PARAM_IN_BYTES; not changed until the step is over. */
  params: Uint8Array | undefined;
}

const HIGH_WORD = 2 ** 32;

/** A new event, every other field zero. */
export function coreEvent(kind: number, tag = 0): CoreEvent {
  return { kind, tag, a: 0, b: 0, c: 0, d: 0, e: 0, x: 0, y: 0, params: undefined };
}

/** Lays the event at EVENT_AT. Throws (programmer error) on parameters that are too long. */
export function writeEvent(
  memory: Uint8Array,
  view: DataView,
  event: CoreEvent,
  nowMs: number,
): void {
  const paramBytes = event.params?.length ?? 0;
  if (paramBytes > PARAM_IN_BYTES) {
    throw new Error(`event ${event.kind} has ${paramBytes} bytes of parameters`);
  }
  memory.fill(0, EVENT_AT, EVENT_AT + EVENT_BYTES);
  view.setUint32(EVENT_AT + EVENT_KIND, event.kind, true);
  view.setUint32(EVENT_AT + EVENT_TAG, event.tag, true);
  setU64(view, EVENT_AT + EVENT_NOW, nowMs);
  view.setUint32(EVENT_AT + EVENT_A, event.a, true);
  view.setUint32(EVENT_AT + EVENT_B, event.b, true);
  view.setUint32(EVENT_AT + EVENT_C, event.c, true);
  view.setUint32(EVENT_AT + EVENT_D, event.d, true);
  setU64(view, EVENT_AT + EVENT_X, event.x);
  setU64(view, EVENT_AT + EVENT_Y, event.y);
  view.setUint32(EVENT_AT + EVENT_PARAM_BYTES, paramBytes, true);
  view.setUint32(EVENT_AT + EVENT_E, event.e, true);
  if (event.params !== undefined) {
    memory.set(event.params, PARAM_IN_AT);
  }
}

function setU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % HIGH_WORD, true);
  view.setUint32(at + 4, Math.floor(value / HIGH_WORD), true);
}
