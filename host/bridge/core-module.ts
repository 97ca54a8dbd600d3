/**
 * Which runtime runs the cores, and the module itself. Decides by the configuration; this version
 * has V8 only, and says so rather than quietly taking it where WAMR was asked for.
 */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { RuntimeChoice } from "../config/bridge-config.ts";
import { loadV8 } from "../core/load-v8.ts";
import type { CoreRuntime } from "../core/runtime.ts";
import { OperatorError, operatorErrorOf } from "../lib/error.ts";

const MODULE_PATH = fileURLToPath(new URL("../../build/core.wasm", import.meta.url));

/** Refuses a runtime that this version has not, before anything else is tried. */
export function checkRuntime(choice: RuntimeChoice): void {
  if (choice === "wamr") {
    throw new OperatorError("runtimeMissing", "wamr", "this version runs the core under V8 only");
  }
}

/** `count` instances of the core. Rejects with an OperatorError. */
export async function loadCores(choice: RuntimeChoice, count: number): Promise<CoreRuntime[]> {
  checkRuntime(choice);
  const wasm = await readFile(MODULE_PATH).catch((thrown: unknown) => {
    throw operatorErrorOf(thrown, MODULE_PATH);
  });
  const runtimes: CoreRuntime[] = [];
  for (let index = 0; index < count; index += 1) {
    const runtime = await loadV8(new Uint8Array(wasm));
    if ("fault" in runtime) {
      throw new OperatorError("system", MODULE_PATH, `${runtime.fault}; build the core again`);
    }
    runtimes.push(runtime);
  }
  return runtimes;
}
