/**
 * The port to whatever runs the core's wasm module. Decides nothing: each adapter (`load-v8.ts`,
 * `load-wamr.ts`) gives the exported functions and the linear memory. Invariants: one instance per core, called from
 * one thread only; the memory is static, so the view stays valid for the life of the instance;
 * `step` throws when the core traps, and is never called again after that.
 */

/** Who runs the core. */
export type RuntimeName = "v8" | "wamr";

/** Who shall run the core; `auto` takes WAMR where it can. */
export type RuntimeChoice = RuntimeName | "auto";

/** One instance of the core. */
export interface CoreRuntime {
  readonly name: RuntimeName;
  /** The whole linear memory, as laid out in assembly/spec/abi.ts. */
  readonly memory: Uint8Array<ArrayBuffer>;
  /** The version of the memory map that the module was built with. */
  abi(): number;
  /** Takes the event at EVENT_AT; the number of actions at ACTION_AT. Throws when the core traps. */
  step(): number;
}

/** Why a module could not be loaded: one line for the operator. */
export interface LoadFault {
  readonly fault: string;
}
