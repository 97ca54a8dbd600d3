/**
 * The core under the WebAssembly Micro Runtime, by the addon of board/wamr-addon. Decides where the
 * addon is and why it cannot be used; what else makes a core, `core-check.ts` decides. Invariant:
 * a process without the addon runs, and nothing of it is loaded before somebody asks.
 */

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf } from "../lib/error.ts";
import { coreFault } from "./core-check.ts";
import type { CoreRuntime, LoadFault } from "./runtime.ts";

/** As board/wamr-addon/addon.c has it; throws an Error for whatever is no core. */
interface WamrAddon {
  load(
    wasm: Uint8Array,
    stackBytes?: number,
  ): { readonly memory: ArrayBuffer; abi(): number; step(): number };
}

const FOLDER = fileURLToPath(
  new URL(`../../build/wamr-addon/${process.platform}-${process.arch}`, import.meta.url),
);
const ADDON_PATH = join(FOLDER, "wamr.node");
/** Set-up leaves one line here when it could not build the addon. */
const NOT_BUILT_PATH = join(FOLDER, "not-built.txt");

let found: WamrAddon | LoadFault | undefined;

/** Why WAMR cannot run cores in this process, in one line; undefined when it can. */
export function wamrFault(): string | undefined {
  found ??= findAddon();
  return "fault" in found ? found.fault : undefined;
}

/** An instance of the module, or why there is none. Never rejects. */
export async function loadWamr(wasm: Uint8Array<ArrayBuffer>): Promise<CoreRuntime | LoadFault> {
  return loadWamrNow(wasm);
}

/** The same at once: loading is no work for another thread here. */
export function loadWamrNow(wasm: Uint8Array<ArrayBuffer>): CoreRuntime | LoadFault {
  found ??= findAddon();
  if ("fault" in found) {
    return found;
  }
  try {
    const { memory, abi, step } = found.load(wasm);
    const runtime: CoreRuntime = { name: "wamr", memory: new Uint8Array(memory), abi, step };
    const fault = coreFault(wasm, runtime);
    return fault === undefined ? runtime : { fault };
  } catch (thrown) {
    return { fault: messageOf(thrown) };
  }
}

function findAddon(): WamrAddon | LoadFault {
  if (!existsSync(ADDON_PATH)) {
    const why = existsSync(NOT_BUILT_PATH) ? readFileSync(NOT_BUILT_PATH, "utf8").trim() : "";
    return { fault: why || `the addon is not built: ${ADDON_PATH} is missing` };
  }
  try {
    return createRequire(import.meta.url)(ADDON_PATH);
  } catch (thrown) {
    return { fault: `the addon cannot be loaded: ${messageOf(thrown)}` };
  }
}
