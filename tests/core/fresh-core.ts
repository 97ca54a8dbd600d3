/**
 * The built core for tests, run by what runs it in the product: WAMR where its addon is, else V8.
 * Decides nothing else.
 */

import assert from "node:assert/strict";
import { instancesOf, loadCore } from "../../host/bridge/core-module.ts";
import type { CoreRuntime } from "../../host/core/runtime.ts";

const core = await loadCore("auto");

/** A fresh instance of build/core.wasm. */
export async function freshCore(): Promise<CoreRuntime> {
  const [fresh] = await instancesOf(core, 1);
  assert.ok(fresh !== undefined);
  return fresh;
}
