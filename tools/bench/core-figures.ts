/**
 * The core alone: nanoseconds per step and index bytes per GiB, from a replayed trace of a real
 * run. Decides how a step is timed; the runtime is handed in, so that any that has the core's
 * interface can be measured.
 */

import { EVENT_AT, SHOW_AT } from "../../assembly/spec/abi.ts";
import {
  EV_COMMAND,
  EV_DATA,
  EV_DEVICE_DONE,
  EV_RING_DONE,
  EVENT_KIND,
} from "../../assembly/spec/event.ts";
import { SHOW_INDEX_BYTES } from "../../assembly/spec/show.ts";
import type { CoreRuntime } from "../../host/core/runtime.ts";
import { OperatorError } from "../../host/lib/error.ts";
import { replayTrace } from "../trace-replay/replay.ts";
import { type Figure, figure } from "./figure.ts";

/** The events of a streaming lane; the others are rare. */
const COMMON_EVENTS: readonly (readonly [number, string])[] = [
  [EV_COMMAND, "command arrived"],
  [EV_DATA, "data complete"],
  [EV_DEVICE_DONE, "drive done"],
  [EV_RING_DONE, "ring done"],
];

const GIBIBYTE = 1024 ** 3;
/** 18 TB in 64 KiB records must be indexed in tens of MiB: 64 MiB at most. */
const AIM_INDEX_BYTES_PER_GIBIBYTE = Math.round((64 * 1024 ** 2) / (18e12 / GIBIBYTE));
const CALIBRATION_CALLS = 100_000;

interface Timed {
  count: number;
  ms: number;
}

/** A runtime that times its steps by event kind and keeps the largest index. */
class TimedRuntime implements CoreRuntime {
  readonly name: CoreRuntime["name"];
  readonly memory: CoreRuntime["memory"];
  readonly byKind = new Map<number, Timed>();
  indexBytesMax = 0;
  private readonly runtime: CoreRuntime;
  private readonly view: DataView;

  constructor(runtime: CoreRuntime) {
    this.runtime = runtime;
    this.name = runtime.name;
    this.memory = runtime.memory;
    this.view = new DataView(this.memory.buffer, this.memory.byteOffset, this.memory.byteLength);
  }

  abi(): number {
    return this.runtime.abi();
  }

  step(): number {
    const kind = this.view.getUint32(EVENT_AT + EVENT_KIND, true);
    const timed = this.byKind.get(kind) ?? { count: 0, ms: 0 };
    this.byKind.set(kind, timed);
    const startMs = performance.now();
    const actions = this.runtime.step();
    timed.ms += performance.now() - startMs;
    timed.count += 1;
    const indexBytes = Number(this.view.getBigUint64(SHOW_AT + SHOW_INDEX_BYTES, true));
    this.indexBytesMax = Math.max(this.indexBytesMax, indexBytes);
    return actions;
  }
}

/**
 * Replays the trace at `path`, which was taken of a run of `bytes` in 64 KiB records, on `runtime`,
 * which must be fresh. Throws OperatorError where the trace does not replay identically.
 */
export function measureCore(path: string, runtime: CoreRuntime, bytes: number): readonly Figure[] {
  const timed = new TimedRuntime(runtime);
  const replay = replayTrace(path, timed);
  if (replay.kind !== "identical") {
    throw new OperatorError("system", path, `${replay.kind}: ${replay.reason}`);
  }
  const overheadMs = clockOverheadMs();
  const steps = COMMON_EVENTS.flatMap(([kind, name]) => {
    const { count, ms } = timed.byKind.get(kind) ?? { count: 0, ms: 0 };
    const ns = (ms / Math.max(1, count) - overheadMs) * 1e6;
    return count === 0
      ? []
      : [figure(`core step, ${name}`, ns, "ns", `${count} steps under ${runtime.name}`)];
  });
  const perGibibyte = (timed.indexBytesMax * GIBIBYTE) / bytes;
  return [
    figure(
      "index per GiB of 64 KiB records",
      perGibibyte,
      "bytes",
      `${timed.indexBytesMax} in all`,
      {
        atMost: AIM_INDEX_BYTES_PER_GIBIBYTE,
      },
    ),
    ...steps,
  ];
}

/** What asking the clock twice costs. */
function clockOverheadMs(): number {
  let sum = 0;
  for (let call = 0; call < CALIBRATION_CALLS; call += 1) {
    const startMs = performance.now();
    sum += performance.now() - startMs;
  }
  return sum / CALIBRATION_CALLS;
}
