/**
 * Which runtime runs cores. Decides what `auto` means: WAMR where its addon is, else V8 with the
 * reason, which whoever starts a core must tell.
 */

import { loadV8 } from "./load-v8.ts";
import { loadWamr, wamrFault } from "./load-wamr.ts";
import type { CoreRuntime, LoadFault, RuntimeChoice, RuntimeName } from "./runtime.ts";

/** A runtime that can be used here. */
export interface ChosenRuntime {
  readonly name: RuntimeName;
  /** Why V8 stands in for WAMR; "" where nothing stands in. */
  readonly reason: string;
  /** A fresh instance of the module, or why these bytes are no core. Never rejects. */
  load(wasm: Uint8Array<ArrayBuffer>): Promise<CoreRuntime | LoadFault>;
}

/** The runtime for this choice; a fault only where WAMR alone was wanted and is not here. */
export function chooseRuntime(choice: RuntimeChoice): ChosenRuntime | LoadFault {
  const fault = choice === "v8" ? undefined : wamrFault();
  if (choice === "wamr" && fault !== undefined) {
    return { fault };
  }
  return choice === "v8" || fault !== undefined
    ? { name: "v8", reason: fault ?? "", load: loadV8 }
    : { name: "wamr", reason: "", load: loadWamr };
}
