/**
 * Waiting for cores: until all have started, until all have stopped. Decides how long, and what it
 * means when one does not.
 */

import { DEVICE_ROBOT } from "../../assembly/spec/abi.ts";
import type { CoreHost, StopResult } from "../lane/core-host.ts";
import { logWords } from "../lane/log-words.ts";
import { OperatorError } from "../lib/error.ts";
import type { Log } from "../lib/log.ts";
import type { Cores } from "./cores.ts";

/** An inventory of a large library without bar codes takes minutes; opening a ring, seconds. */
const START_MS_MAX = 300_000;
/** What a service manager waits before it kills, with some room. */
const STOP_MS_MAX = 60_000;

const STOP_WORDS: ReadonlyMap<StopResult | "late", string> = new Map([
  ["finished", "stopped: everything is on the tape"],
  ["owed", "stopped: the ring keeps what the tape still lacks, the next start finishes it"],
  ["failed", "stopped: the core had failed, the next start looks into the ring"],
  ["late", "stopped while still at work: the next start looks into the ring"],
]);

/** True when all cores have started, false when `signal` aborted before. Rejects when one cannot. */
export async function whenStarted(cores: Cores, signal: AbortSignal): Promise<boolean> {
  const all = Promise.all([...cores.lanes, cores.changer].map(checkStarted)).then(() => true);
  const aborted = whenAborted(signal).then(() => false);
  const outcome = await withLimit(Promise.race([all, aborted]), START_MS_MAX);
  if (outcome === undefined) {
    throw new OperatorError("libraryUnsuitable", "start", `not ready in ${START_MS_MAX / 1000} s`);
  }
  return outcome;
}

/** Resolves when the signal aborts, at once when it has. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    }
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Asks all lanes, then the changer, to stop; says how each did. Never rejects. */
export async function stopCores(cores: Cores, log: Log): Promise<void> {
  await Promise.all(
    cores.lanes.map(async (lane) => {
      const result = (await withLimit(lane.stop(), STOP_MS_MAX)) ?? "late";
      log(result === "finished" ? "info" : "warn", STOP_WORDS.get(result) ?? result, {
        lane: lane.lane,
      });
    }),
  );
  await withLimit(cores.changer.stop(), STOP_MS_MAX);
}

async function checkStarted(core: CoreHost): Promise<void> {
  const code = await core.started;
  const where = core.lane === 0 ? "changer" : `lane ${core.lane}`;
  if (code === 0) {
    return;
  }
  if (code < 0) {
    throw new Error(`the core of the ${where} failed at start: ${core.failure}`);
  }
  const numbers = { a: code, b: DEVICE_ROBOT, c: 0, d: 0, e: 0, x: 0, y: 0 };
  const words = logWords({ ...numbers, params: new Uint8Array() }, () => "robot");
  const kind = core.lane === 0 ? "libraryUnsuitable" : "system";
  throw new OperatorError(kind, where, `${words.message}, code ${code}; see the log above`);
}

/** The promise's value, or undefined when it takes longer. */
async function withLimit<T>(promise: Promise<T>, limitMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
