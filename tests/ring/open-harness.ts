/**
 * Instances of the ring's harness, under the runtime that the runner names (tests/core/test-runtime.ts).
 * At once, not by a promise: a ring is made inside properties.
 */

import { readFileSync } from "node:fs";
import { loadWamrNow, wamrFault } from "../../host/core/load-wamr.ts";
import type { CoreRuntime } from "../../host/core/runtime.ts";
import { testRuntime } from "../core/test-runtime.ts";
import { buildHarness } from "./build-harness.ts";

/** What makes fresh instances. */
export function openHarness(): () => CoreRuntime {
  const wasm = new Uint8Array(readFileSync(buildHarness()));
  const choice = testRuntime();
  if (choice === "wamr" || (choice === "auto" && wamrFault() === undefined)) {
    return () => {
      const runtime = loadWamrNow(wasm);
      if ("fault" in runtime) throw new Error(runtime.fault);
      return runtime;
    };
  }
  const module = new WebAssembly.Module(wasm);
  return () => {
    const { exports } = new WebAssembly.Instance(module, {});
    const { abi, step, memory } = exports as unknown as HarnessExports;
    return { name: "v8", memory: new Uint8Array(memory.buffer), abi, step };
  };
}

interface HarnessExports {
  readonly memory: WebAssembly.Memory;
  abi(): number;
  step(): number;
}
