/**
 * The core alone, under each runtime that is here: steps, index, memory of an instance, the size of
 * the module. Decides what is compared side by side; how a step is timed is step-times.ts.
 */

import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { loadCore } from "../../host/bridge/core-module.ts";
import { wamrFault } from "../../host/core/load-wamr.ts";
import type { RuntimeName } from "../../host/core/runtime.ts";
import { type Figure, figure } from "./figure.ts";
import { measureSteps } from "./step-times.ts";

const GIBIBYTE = 1024 ** 3;
const KIBIBYTE = 1024;
/** 18 TB in 64 KiB records must be indexed in tens of MiB: 64 MiB at most. */
const AIM_INDEX_BYTES_PER_GIBIBYTE = Math.round((64 * 1024 ** 2) / (18e12 / GIBIBYTE));
const MODULE_PATH = fileURLToPath(new URL("../../build/core.wasm", import.meta.url));
const MEMORY_SCRIPT = fileURLToPath(new URL("instance-memory.ts", import.meta.url));
const MEMORY_TIMEOUT_MS = 120_000;

/** The runtimes of this machine. */
export function runtimesHere(): readonly RuntimeName[] {
  return wamrFault() === undefined ? ["wamr", "v8"] : ["v8"];
}

/**
 * Replays the trace at `path`, which was taken of a run of `bytes` in 64 KiB records. Throws
 * OperatorError where it does not replay identically.
 */
export async function measureCore(path: string, bytes: number): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  let indexBytes = 0;
  for (const name of runtimesHere()) {
    const core = await loadCore(name);
    const { figures: steps, indexBytesMax } = measureSteps(path, await core.instance());
    indexBytes = Math.max(indexBytes, indexBytesMax);
    figures.push(...steps, await memoryFigure(name, path));
  }
  const { size } = await stat(MODULE_PATH);
  return [
    figure(
      "index per GiB of 64 KiB records",
      (indexBytes * GIBIBYTE) / bytes,
      "bytes",
      `${indexBytes} in all`,
      { atMost: AIM_INDEX_BYTES_PER_GIBIBYTE },
    ),
    figure("module", size, "bytes", "build/core.wasm"),
    ...figures,
  ];
}

/** A process of its own: what a collector has not given back yet must not count. */
async function memoryFigure(name: RuntimeName, path: string): Promise<Figure> {
  const args = ["--expose-gc", MEMORY_SCRIPT, name, path];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    timeout: MEMORY_TIMEOUT_MS,
  });
  const { bytes, count } = JSON.parse(stdout);
  const details = `resident set of ${count} instances that have replayed the run`;
  return figure(`${name}, memory of an instance`, bytes / KIBIBYTE, "KiB", details);
}
