/**
 * The module of the core and the runtime that runs it, as the operator chose. Decides what a fault
 * in either means to the operator; every instance is of the same bytes.
 */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chooseRuntime } from "../core/choose-runtime.ts";
import type { CoreRuntime, RuntimeChoice, RuntimeName } from "../core/runtime.ts";
import { OperatorError, operatorErrorOf } from "../lib/error.ts";

const MODULE_PATH = fileURLToPath(new URL("../../build/core.wasm", import.meta.url));

/** A module with a runtime, of which instances are made. */
export interface LoadedCore {
  readonly runtime: RuntimeName;
  /** Why V8 stands in for WAMR; "" where nothing stands in. */
  readonly reason: string;
  /** A fresh instance, at any time. Rejects with an OperatorError where the module is no core. */
  instance(): Promise<CoreRuntime>;
}

/**
 * The core's module at `path` with the runtime for `choice`. Rejects with an OperatorError: no such
 * runtime here, no such file.
 */
export async function loadCore(choice: RuntimeChoice, path = MODULE_PATH): Promise<LoadedCore> {
  const chosen = chooseRuntime(choice);
  if ("fault" in chosen) {
    throw new OperatorError("runtimeMissing", choice, chosen.fault);
  }
  const bytes = await readFile(path).catch((thrown: unknown) => {
    throw operatorErrorOf(thrown, path);
  });
  const wasm = new Uint8Array(bytes);
  return {
    runtime: chosen.name,
    reason: chosen.reason,
    instance: async () => {
      const runtime = await chosen.load(wasm);
      if ("fault" in runtime) {
        const words = `${runtime.fault}, says ${chosen.name}; build the core again`;
        throw new OperatorError("system", path, words);
      }
      return runtime;
    },
  };
}

/** `count` instances. Rejects with an OperatorError. */
export async function instancesOf(core: LoadedCore, count: number): Promise<CoreRuntime[]> {
  const runtimes: CoreRuntime[] = [];
  for (let index = 0; index < count; index += 1) {
    runtimes.push(await core.instance());
  }
  return runtimes;
}
