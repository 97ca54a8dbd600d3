/**
 * The built core for tests, under the runtime that the runner names in UNDERSTUDY_TEST_RUNTIME (it
 * runs some suites once for each), else under what runs it in the product: WAMR where its addon is,
 * else V8. Decides nothing else.
 */

import { loadCore } from "../../host/bridge/core-module.ts";
import type { CoreRuntime, RuntimeChoice } from "../../host/core/runtime.ts";

const CHOICES: readonly RuntimeChoice[] = ["auto", "v8", "wamr"];

function choice(): RuntimeChoice {
  const wanted = process.env["UNDERSTUDY_TEST_RUNTIME"] ?? "auto";
  const found = CHOICES.find((one) => one === wanted);
  if (found === undefined) {
    throw new Error(`UNDERSTUDY_TEST_RUNTIME is ${wanted}, not ${CHOICES.join(", ")}`);
  }
  return found;
}

const core = await loadCore(choice());

/** A fresh instance of build/core.wasm. */
export function freshCore(): Promise<CoreRuntime> {
  return core.instance();
}
