/** What a trap under WAMR is: an error with the reason, for good, and nobody else's trouble. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EV_TIME } from "../../assembly/spec/event.ts";
import { Core } from "../../host/core/core.ts";
import { coreEvent } from "../../host/core/core-event.ts";
import { loadWamr } from "../../host/core/load-wamr.ts";
import type { CoreRuntime } from "../../host/core/runtime.ts";
import { skipWithoutWamr, taken } from "./here.ts";
import { PAGES, tinyModule } from "./tiny-module.ts";

/** Signed LEB128 of -2^31, and of -1. */
const LEAST = [0x80, 0x80, 0x80, 0x80, 0x78];
const MINUS_ONE = [0x7f];
/** The memory's last byte, signed LEB128: 14 bits, all set, and the rest (a page is 4 times 2^14 bytes). */
const LAST_BYTE = [0xff, 0xff, PAGES * 4 - 1];

const TRAPS: readonly (readonly [string, readonly number[], RegExp])[] = [
  ["unreachable", [0x00], /^unreachable$/],
  ["a load far outside", [0x41, ...MINUS_ONE, 0x28, 2, 0], /^out of bounds memory access$/],
  ["a load across the end", [0x41, ...LAST_BYTE, 0x28, 0, 0], /^out of bounds memory access$/],
  [
    "a fill across the end",
    [0x41, ...LAST_BYTE, 0x41, 0, 0x41, 2, 0xfc, 0x0b, 0, 0x41, 0],
    /^out of bounds memory access$/,
  ],
  ["a division by zero", [0x41, 1, 0x41, 0, 0x6d], /^integer divide by zero$/],
  ["an overflow", [0x41, ...LEAST, 0x41, ...MINUS_ONE, 0x6d], /^integer overflow$/],
  ["endless recursion", [0x10, 1], /^wasm operand stack overflow$/],
];

async function load(step: readonly number[]): Promise<CoreRuntime> {
  return taken(await loadWamr(tinyModule({ step })));
}

const skip = skipWithoutWamr();

describe("a trap", () => {
  for (const [what, step, words] of TRAPS) {
    it(`by ${what} is an error, and the instance is dead`, { skip }, async () => {
      const runtime = await load(step);
      assert.throws(() => runtime.step(), { message: words });
      assert.throws(() => runtime.step(), { message: words });
      assert.throws(() => runtime.abi(), { message: words });
    });
  }

  it("is a value of the core's step", { skip }, async () => {
    const core = new Core(await load([0x00]));
    const expected = { trap: "unreachable", eventKind: EV_TIME };
    assert.deepEqual(
      core.step(coreEvent(EV_TIME), 0, () => undefined),
      expected,
    );
  });

  it("leaves the memory readable and another instance alone", { skip }, async () => {
    // Counts its calls at address 8, and traps at the third: i32.store8(8, n + 1), 1 / (n - 2).
    const step = [
      ...[0x41, 8, 0x41, 8, 0x2d, 0, 0, 0x41, 1, 0x6a, 0x3a, 0, 0],
      ...[0x41, 1, 0x41, 8, 0x2d, 0, 0, 0x41, 3, 0x6b, 0x6d],
    ];
    const [one, other] = [await load(step), await load(step)];
    one.step();
    one.step();
    other.step();
    assert.throws(() => one.step(), /divide by zero/);
    assert.deepEqual([one.memory[8], other.memory[8]], [3, 1]);
    other.step();
    assert.deepEqual([one.memory[8], other.memory[8]], [3, 2]);
    other.memory[8] = 7;
    other.step();
    assert.equal(other.memory[8], 8);
  });
});
