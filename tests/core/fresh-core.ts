/**
 * The built core for tests, run by what the runner wants (test-runtime.ts), else by what runs it in
 * the product: WAMR where its addon is, else V8. Decides nothing else.
 */

import { loadCore } from "../../host/bridge/core-module.ts";
import type { CoreRuntime } from "../../host/core/runtime.ts";
import { testRuntime } from "./test-runtime.ts";

const core = await loadCore(testRuntime());

/** A fresh instance of build/core.wasm. */
export function freshCore(): Promise<CoreRuntime> {
  return core.instance();
}
