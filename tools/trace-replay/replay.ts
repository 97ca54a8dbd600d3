/**
 * Replays a trace on a fresh core and compares every action. Decides what "identical" is: the same
 * number of actions in each step, each of the same kind with the same bytes.
 */

import { closeSync, openSync, readSync } from "node:fs";
import { EVENT_AT, PARAM_IN_AT } from "../../assembly/spec/abi.ts";
import { EVENT_KIND, EVENT_TAG } from "../../assembly/spec/event.ts";
import { crcOfAction } from "../../host/core/action-crc.ts";
import { ActionReader } from "../../host/core/action-reader.ts";
import type { CoreRuntime } from "../../host/core/runtime.ts";
import {
  decodeTracedStep,
  faultOfTraceHeader,
  TRACE_HEADER_BYTES,
  type TracedStep,
} from "../../host/core/trace-format.ts";
import { messageOf } from "../../host/lib/error.ts";

/** No record of a step is longer. */
const RECORD_BYTES_MAX = 128 * 1024;

/** How a replay ended. */
export type Replay =
  | {
      readonly kind: "identical";
      readonly stepCount: number;
      readonly actionCount: number;
      /** How often the core trapped, each time in the recorded step. */
      readonly trapCount: number;
      /** The last record was cut short: the bridge was killed. */
      readonly isCut: boolean;
    }
  | { readonly kind: "different"; readonly stepIndex: number; readonly reason: string }
  | { readonly kind: "unreadable"; readonly reason: string };

/**
 * Replays the file on `runtime`, which must be fresh. `more`: fresh ones for the instances that took over
 * from one that trapped; where there is none the replay ends with the trap. Never throws.
 */
export function replayTrace(
  path: string,
  runtime: CoreRuntime,
  more: readonly CoreRuntime[] = [],
): Replay {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (thrown) {
    return { kind: "unreadable", reason: messageOf(thrown) };
  }
  try {
    return replayOpen(fd, runtime, more);
  } catch (thrown) {
    return { kind: "unreadable", reason: messageOf(thrown) };
  } finally {
    closeSync(fd);
  }
}

function replayOpen(fd: number, first: CoreRuntime, more: readonly CoreRuntime[]): Replay {
  const fault = faultOfTraceHeader(readExactly(fd, TRACE_HEADER_BYTES) ?? new Uint8Array());
  if (fault !== "") {
    return { kind: "unreadable", reason: fault };
  }
  let runtime = first;
  let reader = new ActionReader(runtime.memory);
  let actionCount = 0;
  let trapCount = 0;
  for (let stepIndex = 0; ; stepIndex += 1) {
    const length = readExactly(fd, 4)?.readUInt32LE(0) ?? 0;
    const record = length <= RECORD_BYTES_MAX ? readExactly(fd, length) : undefined;
    if (length === 0 || record === undefined) {
      const isCut = length !== 0;
      return { kind: "identical", stepCount: stepIndex, actionCount, trapCount, isCut };
    }
    const step = decodeTracedStep(record);
    if (step === undefined) {
      return { kind: "unreadable", reason: `step ${stepIndex} contradicts itself` };
    }
    const reason = differenceOf(step, runtime, reader);
    if (reason !== "") {
      return { kind: "different", stepIndex, reason: `${nameOf(step)}: ${reason}` };
    }
    actionCount += step.actions?.length ?? 0;
    if (step.actions !== undefined) {
      continue;
    }
    const next = more[trapCount];
    trapCount += 1;
    if (next === undefined) {
      return { kind: "identical", stepCount: stepIndex + 1, actionCount, trapCount, isCut: false };
    }
    runtime = next;
    reader = new ActionReader(runtime.memory);
  }
}

/** How many instances of the core trapped in this file, as far as it can be read. */
export function trapCountOf(path: string): number {
  const fd = openSync(path, "r");
  try {
    readExactly(fd, TRACE_HEADER_BYTES);
    let trapCount = 0;
    for (;;) {
      const length = readExactly(fd, 4)?.readUInt32LE(0) ?? 0;
      const record = length > 0 && length <= RECORD_BYTES_MAX ? readExactly(fd, length) : undefined;
      if (record === undefined) {
        return trapCount;
      }
      const step = decodeTracedStep(record);
      trapCount += step !== undefined && step.actions === undefined ? 1 : 0;
    }
  } finally {
    closeSync(fd);
  }
}

/** Steps the core as the trace did; "" where it answered the same. */
function differenceOf(step: TracedStep, runtime: CoreRuntime, reader: ActionReader): string {
  runtime.memory.set(step.event, EVENT_AT);
  runtime.memory.set(step.params, PARAM_IN_AT);
  let count: number;
  try {
    count = runtime.step();
  } catch (thrown) {
    return step.actions === undefined ? "" : `it trapped (${messageOf(thrown)}), recorded was none`;
  }
  if (step.actions === undefined) {
    return `recorded was a trap, now ${count} actions`;
  }
  for (const [index, recorded] of step.actions.entries()) {
    reader.select(index);
    if (index >= count) {
      return `action ${index} of kind ${recorded.kind} is missing`;
    }
    if (reader.kind !== recorded.kind) {
      return `action ${index} has kind ${reader.kind}, recorded was ${recorded.kind}`;
    }
    if (crcOfAction(reader) !== recorded.crc) {
      return `action ${index} of kind ${reader.kind} has other bytes: ${describe(reader)}`;
    }
  }
  return count === step.actions.length ? "" : `${count - step.actions.length} actions too many`;
}

function describe(action: ActionReader): string {
  const { tag, a, b, c, d, e, f, x, y } = action;
  const params = Buffer.from(action.params).toString("hex", 0, 32);
  return `${JSON.stringify({ tag, a, b, c, d, e, f, x, y })} params ${params}`;
}

function nameOf(step: TracedStep): string {
  const event = Buffer.from(step.event);
  return `event kind ${event.readUInt32LE(EVENT_KIND)} tag ${event.readUInt32LE(EVENT_TAG)}`;
}

/** That many bytes from the file's position, or undefined at its end. */
function readExactly(fd: number, length: number): Buffer | undefined {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const got = readSync(fd, bytes, at, length - at, null);
    if (got === 0) {
      return undefined;
    }
    at += got;
  }
  return bytes;
}
