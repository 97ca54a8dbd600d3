/** What each runtime takes as a core, and what it says of everything else. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { ABI_VERSION, STATIC_AT } from "../../assembly/spec/abi.ts";
import { loadV8 } from "../../host/core/load-v8.ts";
import { loadWamr } from "../../host/core/load-wamr.ts";
import { skipWithoutWamr, taken } from "./here.ts";
import { PAGES, type TinyModule, tinyModule } from "./tiny-module.ts";

const CORE = new Uint8Array(readFileSync("build/core.wasm"));
const RUNTIMES = [
  ["v8", loadV8, false],
  ["wamr", loadWamr, skipWithoutWamr()],
] as const;
/** Bytes of a module that one bit in is turned over in turn. */
const FLIPPED_BYTES_MAX = 120;

const REFUSED: readonly (readonly [string, TinyModule, RegExp])[] = [
  [
    "another ABI version",
    { abi: ABI_VERSION + 1 },
    new RegExp(`ABI version ${ABI_VERSION + 1}, this host needs ${ABI_VERSION}`),
  ],
  ["no abi", { without: "abi" }, /does not export .*abi/],
  ["no step", { without: "step" }, /does not export .*step/],
  ["no memory", { without: "memory" }, /does not export .*memory/],
  [
    "a memory that ends with the memory map",
    { limits: [1, PAGES - 1, PAGES - 1] },
    new RegExp(`${STATIC_AT} bytes of memory`),
  ],
  ["a memory that can grow", { limits: [1, PAGES, PAGES + 1] }, /memory can grow/],
  ["a memory without a maximum", { limits: [0, PAGES] }, /memory can grow/],
  ["an import", { hasImport: true }, /import|function/i],
];

for (const [name, load, skip] of RUNTIMES) {
  describe(`under ${name}`, () => {
    it("the core and a tiny module are cores, and untouched", { skip }, async () => {
      for (const bytes of [CORE, tinyModule()]) {
        const before = Buffer.from(bytes);
        const runtime = taken(await load(bytes));
        assert.deepEqual([runtime.name, runtime.abi()], [name, ABI_VERSION]);
        assert.ok(before.equals(bytes));
      }
    });

    for (const [what, change, words] of REFUSED) {
      it(`${what} is refused`, { skip }, async () => {
        const runtime = await load(tinyModule(change));
        assert.match("fault" in runtime ? runtime.fault : "taken", words);
      });
    }

    it("every truncated module is refused", { skip }, async () => {
      const tiny = tinyModule();
      for (let length = 0; length < tiny.length; length += 1) {
        assert.ok("fault" in (await load(tiny.slice(0, length))), `${length} bytes`);
      }
      for (const length of [CORE.length - 1, CORE.length >> 1, 1000]) {
        assert.ok("fault" in (await load(CORE.slice(0, length))), `${length} bytes`);
      }
    });

    it("a module with a flipped bit is a core or a fault, and never a crash", {
      skip,
    }, async () => {
      const tiny = tinyModule();
      let faultCount = 0;
      for (let bit = 0; bit < Math.min(tiny.length, FLIPPED_BYTES_MAX) * 8; bit += 1) {
        const bytes = Uint8Array.from(tiny);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        faultCount += "fault" in (await load(bytes)) ? 1 : 0;
      }
      assert.ok(faultCount > tiny.length, `${faultCount} faults`);
    });
  });
}

describe("WAMR alone", () => {
  it("refuses a step of another type", { skip: skipWithoutWamr() }, async () => {
    for (const [stepType, step] of [
      [1, [0x41, 0]],
      [2, [0x42, 0]],
    ] as const) {
      const runtime = await loadWamr(tinyModule({ stepType, step }));
      assert.match("fault" in runtime ? runtime.fault : "taken", /step is not a function/);
    }
  });
});
