/**
 * How long the core's steps take: a replayed trace of a real run, every step timed. Decides how a
 * step is timed and which events are shown: the commonest of the trace. The runtime is handed in.
 * What asking the clock costs (its median) is taken off each sample.
 */

import { EVENT_AT, SHOW_AT } from "../../assembly/spec/abi.ts";
import {
  EV_COMMAND,
  EV_DATA,
  EV_DEVICE_DONE,
  EV_JOURNAL_DONE,
  EV_NEXUS,
  EV_RING_DONE,
  EV_TIME,
  EV_WORD,
  EVENT_KIND,
} from "../../assembly/spec/event.ts";
import { SHOW_INDEX_BYTES } from "../../assembly/spec/show.ts";
import type { CoreRuntime } from "../../host/core/runtime.ts";
import { OperatorError } from "../../host/lib/error.ts";
import { replayTrace } from "../trace-replay/replay.ts";
import { type Figure, figure } from "./figure.ts";

const NAMES: ReadonlyMap<number, string> = new Map([
  [EV_COMMAND, "command arrived"],
  [EV_DATA, "data complete"],
  [EV_DEVICE_DONE, "drive done"],
  [EV_RING_DONE, "ring done"],
  [EV_WORD, "word"],
  [EV_NEXUS, "nexus"],
  [EV_TIME, "time"],
  [EV_JOURNAL_DONE, "journal done"],
]);
const COMMONEST = 5;
const CALIBRATION_CALLS = 100_000;
const NS_PER_MS = 1e6;
const MEDIAN = 0.5;
const HIGH = 0.99;
/** All steps of a WRITE: the command, its data, and the completions of ring and drive. */
const WRITE_KINDS: readonly number[] = [EV_COMMAND, EV_DATA, EV_RING_DONE, EV_DEVICE_DONE];
/** Each of them. */
const AIM_WRITE_NS = 2000;

/** A runtime that times its steps by event kind and keeps the largest index. */
class TimedRuntime implements CoreRuntime {
  readonly name: CoreRuntime["name"];
  readonly memory: CoreRuntime["memory"];
  readonly samplesMs = new Map<number, number[]>();
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
    const samples = this.samplesMs.get(kind) ?? [];
    this.samplesMs.set(kind, samples);
    const startMs = performance.now();
    const actions = this.runtime.step();
    samples.push(performance.now() - startMs);
    const indexBytes = Number(this.view.getBigUint64(SHOW_AT + SHOW_INDEX_BYTES, true));
    this.indexBytesMax = Math.max(this.indexBytesMax, indexBytes);
    return actions;
  }
}

/** The figures of one runtime. */
export interface StepTimes {
  readonly figures: readonly Figure[];
  readonly indexBytesMax: number;
}

/**
 * Replays the trace at `path` on `runtime`, which must be fresh. Throws OperatorError where it does
 * not replay identically.
 */
export function measureSteps(path: string, runtime: CoreRuntime): StepTimes {
  const timed = new TimedRuntime(runtime);
  const replay = replayTrace(path, timed);
  if (replay.kind !== "identical") {
    throw new OperatorError("system", path, `${replay.kind}: ${replay.reason}`);
  }
  const overheadMs = clockOverheadMs();
  const kinds = [...timed.samplesMs].sort(([, left], [, right]) => right.length - left.length);
  const figures = kinds.slice(0, COMMONEST).flatMap(([kind, samplesMs]) => {
    const sorted = samplesMs.toSorted((left, right) => left - right);
    const name = `${runtime.name} step, ${NAMES.get(kind) ?? `event ${kind}`}`;
    const ns = (share: number): number => (quantile(sorted, share) - overheadMs) * NS_PER_MS;
    const isAimed = runtime.name === "wamr" && WRITE_KINDS.includes(kind);
    const aim = isAimed ? { atMost: AIM_WRITE_NS } : {};
    const count = `${sorted.length} steps`;
    return [
      figure(`${name}, p50`, ns(MEDIAN), "ns", count, aim),
      figure(`${name}, p99`, ns(HIGH), "ns", count),
    ];
  });
  return {
    figures: [...figures, wholeWrite(timed, overheadMs)],
    indexBytesMax: timed.indexBytesMax,
  };
}

/** All that the core does for a record. */
function wholeWrite({ name, samplesMs }: TimedRuntime, overheadMs: number): Figure {
  const sumMs = WRITE_KINDS.reduce((sum, kind) => {
    const sorted = (samplesMs.get(kind) ?? []).toSorted((left, right) => left - right);
    return sum + quantile(sorted, MEDIAN) - overheadMs;
  }, 0);
  return figure(`${name}, a WRITE in all`, sumMs * NS_PER_MS, "ns", "sum of its four steps, p50");
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** What asking the clock twice costs, the median. */
function clockOverheadMs(): number {
  const samples = Array.from({ length: CALIBRATION_CALLS }, () => {
    const startMs = performance.now();
    return performance.now() - startMs;
  });
  return quantile(
    samples.toSorted((left, right) => left - right),
    MEDIAN,
  );
}
