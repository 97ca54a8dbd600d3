/**
 * Modules of a few bytes, written section by section as the WebAssembly core specification (5.5)
 * has them: whatever a real core is not. Decides nothing about what a core is.
 */

import { ABI_VERSION, STATIC_AT } from "../../assembly/spec/abi.ts";

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const TYPE_SECTION = 1;
const IMPORT_SECTION = 2;
const FUNCTION_SECTION = 3;
const MEMORY_SECTION = 5;
const EXPORT_SECTION = 7;
const CODE_SECTION = 10;
const KIND_FUNCTION = 0;
const KIND_MEMORY = 2;
/** The types of the type section, by index. */
const TYPES = [
  [0x60, 0, 1, 0x7f], // () -> i32
  [0x60, 1, 0x7f, 1, 0x7f], // (i32) -> i32
  [0x60, 0, 1, 0x7e], // () -> i64
];
/** Of WebAssembly. */
const PAGE_BYTES = 65536;
/** Pages of memory, just beyond the memory map. */
export const PAGES: number = STATIC_AT / PAGE_BYTES + 1;
const END = 0x0b;

/** How a module differs from a core that does nothing. */
export interface TinyModule {
  /** The instructions of `step`, without the end; they leave an i32. */
  readonly step?: readonly number[];
  /** An index into TYPES. */
  readonly stepType?: number;
  readonly abi?: number;
  /** Bytes of the memory's limits. */
  readonly limits?: readonly number[];
  readonly without?: "abi" | "step" | "memory";
  readonly hasImport?: boolean;
}

/** i32.const 0 */
export const NOTHING = [0x41, 0];

/** The bytes of the module. */
export function tinyModule(change: TinyModule = {}): Uint8Array<ArrayBuffer> {
  const { step = NOTHING, stepType = 0, abi = ABI_VERSION, without, hasImport = false } = change;
  const { limits = [1, PAGES, PAGES] } = change;
  const first = hasImport ? 1 : 0;
  const exports = [
    [...name("abi"), KIND_FUNCTION, first],
    [...name("step"), KIND_FUNCTION, first + 1],
    [...name("memory"), KIND_MEMORY, 0],
  ].filter((_, index) => ["abi", "step", "memory"][index] !== without);
  return Uint8Array.from([
    ...HEADER,
    ...section(TYPE_SECTION, TYPES),
    ...(hasImport ? section(IMPORT_SECTION, [[...name("env"), ...name("clock"), 0, 0]]) : []),
    ...section(FUNCTION_SECTION, [[0], [stepType]]),
    ...section(MEMORY_SECTION, [limits]),
    ...section(EXPORT_SECTION, exports),
    ...section(CODE_SECTION, [code([0x41, abi]), code(step)]),
  ]);
}

function section(id: number, entries: readonly (readonly number[])[]): number[] {
  const content = [entries.length, ...entries.flat()];
  return [id, content.length, ...content];
}

/** A body without locals. */
function code(instructions: readonly number[]): number[] {
  return [instructions.length + 2, 0, ...instructions, END];
}

function name(text: string): number[] {
  return [text.length, ...Buffer.from(text)];
}
