/**
 * What makes a module a core, whoever runs it: its ABI version, memory beyond the memory map, and
 * that this memory never moves. The exports and their types are the runtime's to check: only it
 * has read the module.
 */

import { ABI_VERSION, STATIC_AT } from "../../assembly/spec/abi.ts";
import type { CoreRuntime } from "./runtime.ts";

/** Of a WebAssembly binary: magic number and version, then sections of (id, size, content). */
const SECTIONS_AT = 8;
const MEMORY_SECTION = 5;
/** Of a memory's limits: a maximum follows the minimum. */
const HAS_MAXIMUM = 1;

/** Why this instance of the module `wasm`, which its runtime took, is no core; or undefined. */
export function coreFault(wasm: Uint8Array, runtime: CoreRuntime): string | undefined {
  const version = runtime.abi();
  if (version !== ABI_VERSION) {
    return `the module has ABI version ${version}, this host needs ${ABI_VERSION}`;
  }
  const { byteLength } = runtime.memory;
  if (byteLength <= STATIC_AT) {
    return `the module has ${byteLength} bytes of memory, the memory map needs more than ${STATIC_AT}`;
  }
  return isMemoryStatic(wasm) ? undefined : "the module's memory can grow; a core's is static";
}

/** Has the one memory of a valid module the same minimum and maximum? */
function isMemoryStatic(wasm: Uint8Array): boolean {
  for (let at = SECTIONS_AT; at < wasm.length; ) {
    const id = wasm[at];
    const [size, contentAt] = readUnsigned(wasm, at + 1);
    if (id === MEMORY_SECTION) {
      const [, flagsAt] = readUnsigned(wasm, contentAt);
      const [flags, minimumAt] = readUnsigned(wasm, flagsAt);
      const [minimum, maximumAt] = readUnsigned(wasm, minimumAt);
      return flags === HAS_MAXIMUM && readUnsigned(wasm, maximumAt)[0] === minimum;
    }
    at = contentAt + size;
  }
  return false;
}

/** An unsigned LEB128 number, and where the next byte is. */
function readUnsigned(bytes: Uint8Array, at: number): readonly [number, number] {
  let value = 0;
  for (let index = at, factor = 1; ; index += 1, factor *= 0x80) {
    const byte = bytes[index] ?? 0;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) {
      return [value, index + 1];
    }
  }
}
