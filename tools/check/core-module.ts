/**
 * The built core is what another runtime can load: no imports, exactly the ABI, nothing managed.
 * Decides the list of exports.
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Check } from "./check.ts";

/** The whole ABI. */
const EXPORTS: readonly string[] = ["abi", "memory", "step"];
const MANAGED_RUNTIME = "~lib/rt";

/** Breaches of a module's bytes and of its text form. */
export function coreBreaches(wasm: Uint8Array, wat: string): string[] {
  const module = new WebAssembly.Module(wasm);
  const imports = WebAssembly.Module.imports(module).map((row) => `${row.module}.${row.name}`);
  const exports = WebAssembly.Module.exports(module).map((row) => row.name);
  const missing = EXPORTS.filter((name) => !exports.includes(name));
  const extra = exports.filter((name) => !EXPORTS.includes(name));
  return [
    ...imports.map((name) => `the core imports ${name}: it must import nothing`),
    ...missing.map((name) => `the core does not export ${name}`),
    ...extra.map((name) => `the core exports ${name}, which is not in the ABI`),
    ...(wat.includes(MANAGED_RUNTIME)
      ? [`the core holds a managed runtime (${MANAGED_RUNTIME})`]
      : []),
  ];
}

export const CORE_MODULE: Check = {
  name: "core module",
  find: async (root) => {
    const [wasm, wat] = ["core.wasm", "core.wat"].map((name) => join(root, "build", name));
    if (wasm === undefined || wat === undefined || !existsSync(wasm) || !existsSync(wat)) {
      return ["build/core.wasm or build/core.wat is missing: npm run build:core"];
    }
    return coreBreaches(readFileSync(wasm), readFileSync(wat, "utf8"));
  },
};
