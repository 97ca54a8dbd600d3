/**
 * A core for tests of the host: a runtime whose steps are a function in the test. It keeps to the
 * memory map of the real one, so everything above the port is the real code.
 */

import {
  ABI_VERSION,
  ACTION_AT,
  ACTION_BYTES,
  EVENT_AT,
  PARAM_IN_AT,
  PARAM_OUT_AT,
  STATIC_AT,
} from "../../assembly/spec/abi.ts";
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
} from "../../assembly/spec/event.ts";
import type { CoreRuntime } from "../../host/core/runtime.ts";

/** An event as a step sees it. */
export interface SeenEvent {
  readonly kind: number;
  readonly tag: number;
  readonly now: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly params: Uint8Array;
}

/** An action as a step gives it; fields that are not named are zero. */
export interface GivenAction {
  readonly kind: number;
  readonly tag?: number;
  readonly a?: number;
  readonly b?: number;
  readonly c?: number;
  readonly d?: number;
  readonly e?: number;
  readonly f?: number;
  readonly x?: number;
  readonly y?: number;
  readonly params?: Uint8Array;
}

/** A step of the test's firmware; what it throws is a trap. */
export type Firmware = (event: SeenEvent) => readonly GivenAction[];

/** The runtime that runs it. */
export function runFirmware(firmware: Firmware): CoreRuntime {
  const memory = new Uint8Array(STATIC_AT * 2);
  const view = new DataView(memory.buffer);
  const u32 = (at: number): number => view.getUint32(EVENT_AT + at, true);
  const step = (): number => {
    const actions = firmware({
      kind: u32(EVENT_KIND),
      tag: u32(EVENT_TAG),
      now: Number(view.getBigUint64(EVENT_AT + EVENT_NOW, true)),
      a: u32(EVENT_A),
      b: u32(EVENT_B),
      c: u32(EVENT_C),
      d: u32(EVENT_D),
      e: u32(EVENT_E),
      params: memory.slice(PARAM_IN_AT, PARAM_IN_AT + u32(EVENT_PARAM_BYTES)),
    });
    let paramAt = PARAM_OUT_AT;
    for (const [index, action] of actions.entries()) {
      writeAction(view, ACTION_AT + index * ACTION_BYTES, action, paramAt);
      memory.set(action.params ?? [], paramAt);
      paramAt += action.params?.length ?? 0;
    }
    return actions.length;
  };
  return { name: "v8", memory, abi: () => ABI_VERSION, step };
}

function writeAction(view: DataView, at: number, action: GivenAction, paramAt: number): void {
  const fields: readonly (readonly [number, number | undefined])[] = [
    [ACTION_KIND, action.kind],
    [ACTION_TAG, action.tag],
    [ACTION_A, action.a],
    [ACTION_B, action.b],
    [ACTION_C, action.c],
    [ACTION_D, action.d],
    [ACTION_E, action.e],
    [ACTION_F, action.f],
    [ACTION_PARAM_AT, action.params === undefined ? 0 : paramAt],
    [ACTION_PARAM_BYTES, action.params?.length],
  ];
  for (const [field, value] of fields) {
    view.setUint32(at + field, value ?? 0, true);
  }
  view.setBigUint64(at + ACTION_X, BigInt(action.x ?? 0), true);
  view.setBigUint64(at + ACTION_Y, BigInt(action.y ?? 0), true);
}
