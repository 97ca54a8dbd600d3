/** Instances of a core under each runtime. Decides which runtimes are compared, and with what module. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { loadV8 } from "../../host/core/load-v8.ts";
import { loadWamr, wamrFault } from "../../host/core/load-wamr.ts";
import type { CoreRuntime, LoadFault, RuntimeName } from "../../host/core/runtime.ts";

/** The module of the product. */
export const CORE_PATH = "build/core.wasm";

const LOADERS: Readonly<
  Record<RuntimeName, (wasm: Uint8Array<ArrayBuffer>) => Promise<CoreRuntime | LoadFault>>
> = { v8: loadV8, wamr: loadWamr };

/** Why the runtimes cannot be compared here, for a test's `skip`; false where they can. */
export function cannotCompare(): string | false {
  const fault = wamrFault();
  return fault === undefined ? false : `no WAMR: ${fault}`;
}

/** The bytes of a module. */
export function moduleAt(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(path));
}

/** A fresh instance. Those that nobody has any more are freed by the event loop, which has its turn before. */
export async function instanceOf(
  name: RuntimeName,
  wasm: Uint8Array<ArrayBuffer>,
): Promise<CoreRuntime> {
  await setImmediate();
  const runtime = await LOADERS[name](wasm);
  assert.ok(!("fault" in runtime), `${name}: ${"fault" in runtime ? runtime.fault : ""}`);
  return runtime;
}

/** Makes a fresh instance for each of the runtimes, in their order. */
export function opener(
  names: readonly RuntimeName[],
  path = CORE_PATH,
): () => Promise<readonly CoreRuntime[]> {
  const wasm = moduleAt(path);
  return () => Promise.all(names.map((name) => instanceOf(name, wasm)));
}
