/** The whole ABI of the core: `abi()` and `step()`, and its memory. Nothing else is exported. */
import { actionCount, beginActions } from "./lib/action.ts";
import { ABI_VERSION } from "./spec/abi.ts";

/** The version of the memory map and of all records. */
export function abi(): u32 {
  return ABI_VERSION;
}

/** Takes the event at EVENT_AT; answers how many actions lie at ACTION_AT. */
export function step(): u32 {
  beginActions();
  return actionCount();
}
