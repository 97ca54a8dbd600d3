/**
 * The core under V8, Node's own engine. Uses the AssemblyScript loader, which turns the `abort` of a
 * debug build into an error with file and line; a release build has no imports at all. Decides
 * whether the exports are there; what else makes a core, `core-check.ts` decides.
 */

import { instantiate } from "@assemblyscript/loader";
import { messageOf } from "../lib/error.ts";
import { coreFault } from "./core-check.ts";
import type { CoreRuntime, LoadFault } from "./runtime.ts";

interface CoreExports extends Record<string, unknown> {
  abi(): number;
  step(): number;
}

/** An instance of the module, or why these bytes are no core of this ABI. Never rejects. */
export async function loadV8(wasm: Uint8Array<ArrayBuffer>): Promise<CoreRuntime | LoadFault> {
  try {
    const { exports } = await instantiate<CoreExports>(wasm, {});
    const { abi, step, memory } = exports;
    if (typeof abi !== "function" || typeof step !== "function" || memory === undefined) {
      return { fault: "the module does not export abi, step and memory" };
    }
    const runtime: CoreRuntime = { name: "v8", memory: new Uint8Array(memory.buffer), abi, step };
    const fault = coreFault(wasm, runtime);
    return fault === undefined ? runtime : { fault };
  } catch (thrown) {
    return { fault: messageOf(thrown) };
  }
}
