/**
 * Which runtime a test file runs the core under: what the runner names in UNDERSTUDY_TEST_RUNTIME (it
 * runs some suites once for each), else that of the product.
 */

import type { RuntimeChoice } from "../../host/core/runtime.ts";

const CHOICES: readonly RuntimeChoice[] = ["auto", "v8", "wamr"];

/** The choice of this process. */
export function testRuntime(): RuntimeChoice {
  const wanted = process.env["UNDERSTUDY_TEST_RUNTIME"] ?? "auto";
  const found = CHOICES.find((one) => one === wanted);
  if (found === undefined) {
    throw new Error(`UNDERSTUDY_TEST_RUNTIME is ${wanted}, not ${CHOICES.join(", ")}`);
  }
  return found;
}
