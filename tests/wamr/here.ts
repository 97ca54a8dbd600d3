/**
 * Whether the addon is here. Decides what its absence means: not run, with the reason, where the
 * machine lacks a program that builds it; a failure where it has them all.
 */

import { wamrFault } from "../../host/core/load-wamr.ts";
import type { CoreRuntime, LoadFault } from "../../host/core/runtime.ts";
import { findProgram } from "../../tools/launch/debian.mjs";

const PROGRAMS = ["gcc", "cmake", "make", "cargo"];

/** The instance that loading must have given. */
export function taken(loaded: CoreRuntime | LoadFault): CoreRuntime {
  if ("fault" in loaded) {
    throw new Error(`refused: ${loaded.fault}`);
  }
  return loaded;
}

/** For the `skip` of a test: false, or why it cannot run. Throws where the addon should be here. */
export function skipWithoutWamr(): string | false {
  const fault = wamrFault();
  if (fault === undefined) {
    return false;
  }
  const missing = PROGRAMS.filter((name) => findProgram(name) === undefined);
  if (missing.length === 0) {
    throw new Error(`everything that builds the addon is here, but: ${fault}`);
  }
  return `no ${missing.join(", ")}: ${fault}`;
}
