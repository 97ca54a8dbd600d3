/**
 * Which runtime runs the cores, and the module itself. Decides by the configuration; this version
 * has V8 only, and says so rather than quietly taking it where WAMR was asked for.
 */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { RuntimeChoice } from "../config/bridge-config.ts";
import { loadV8 } from "../core/load-v8.ts";
import type { CoreRuntime, LoadFault } from "../core/runtime.ts";
import { messageOf, OperatorError } from "../lib/error.ts";

const MODULE_PATH = fileURLToPath(new URL("../../build/core.wasm", import.meta.url));

/** Refuses a runtime that this version has not, before anything else is tried. */
export function checkRuntime(choice: RuntimeChoice): void {
  if (choice === "wamr") {
    throw new OperatorError("runtimeMissing", "wamr", "this version runs the core under V8 only");
  }
}

/** One more instance of the core, or why not. Never rejects. */
export type MakeRuntime = () => Promise<CoreRuntime | LoadFault>;

/** Where instances come from, for the runtime that was asked for. */
export type OpenModule = (choice: RuntimeChoice) => MakeRuntime;

/** Instances of the project's own module, which is read anew for each of them. */
export const openCoreModule: OpenModule = (choice) => {
  checkRuntime(choice);
  return async () => {
    try {
      return await loadV8(new Uint8Array(await readFile(MODULE_PATH)));
    } catch (thrown) {
      return { fault: `${MODULE_PATH}: ${messageOf(thrown)}` };
    }
  };
};

/** `count` instances of the core. Rejects with an OperatorError. */
export async function loadCores(makeRuntime: MakeRuntime, count: number): Promise<CoreRuntime[]> {
  const runtimes: CoreRuntime[] = [];
  for (let index = 0; index < count; index += 1) {
    const runtime = await makeRuntime();
    if ("fault" in runtime) {
      throw new OperatorError("system", MODULE_PATH, `${runtime.fault}; build the core again`);
    }
    runtimes.push(runtime);
  }
  return runtimes;
}
