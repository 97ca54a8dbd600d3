/** Log pages of a practice drive: what is counted, what LOG SELECT and a reset set back, flags as bits. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench, newNexus, record, word } from "./harness.ts";

const PAGES = "000203060c111214172e31";
const TEST_UNIT_READY = [0x00];

/** A page without its header. */
async function page(bench: Bench, code: number, control = 1): Promise<string> {
  const cdb = [0x4d, 0, (control << 6) | code, 0, 0, 0, 0, 2, 0];
  return (await bench.send(1, cdb, { inBytes: 512 })).dataIn.subarray(4).toString("hex");
}

/** A parameter that is a counter. */
function counter(code: number, bytes: number, value: number): string {
  const hex = (number: number, digits: number) => number.toString(16).padStart(digits, "0");
  return `${hex(code, 4)}00${hex(bytes, 2)}${hex(value, bytes * 2)}`;
}

function errors(bytes: number, uncorrected: number): string {
  const none = [0, 1, 2, 3, 4].map((code) => counter(code, 4, 0)).join("");
  return none + counter(5, 8, bytes) + counter(6, 4, uncorrected);
}

test("bytes and errors are counted until LOG SELECT or a reset", async (t) => {
  const bench = await Bench.open(t);
  const select = async (...bytes: readonly number[]) => {
    return word(await bench.send(1, [0x4c, ...bytes, 0, 0, 0, 0, 0, 0]));
  };
  assert.equal(await page(bench, 0x00), PAGES);
  await bench.mount(0, 1);
  await bench.write(1, record(100));
  await bench.write(1, record(50));
  await bench.rewind(1);
  await bench.read(1, 200);
  assert.equal(await page(bench, 0x02), errors(150, 0));
  assert.equal(await page(bench, 0x03), errors(100, 0));
  assert.equal(await page(bench, 0x02, 3), errors(0, 0));
  assert.match(await page(bench, 0x02, 0), /^00000004f{8}00010004f{8}/);
  const other = newNexus("iqn.2026-11.com.example:other");
  bench.establish(other);
  await bench.send(1, TEST_UNIT_READY, { nexus: other });
  assert.equal(await select(2, 0x42), "GOOD");
  assert.equal(word(await bench.send(1, TEST_UNIT_READY, { nexus: other })), "6/2A/02");
  assert.equal(await page(bench, 0x02), errors(0, 0));
  assert.equal(await page(bench, 0x03), errors(100, 0));
  assert.equal(await select(1, 0), "5/24/00");
  assert.equal(await select(2, 0x17), "5/24/00");
  bench.library.units.get(1)?.nexus(bench.nexus, "lu-reset");
  await bench.send(1, TEST_UNIT_READY);
  assert.equal(await page(bench, 0x03), errors(0, 0));
});

test("a failure counts as one, and its flags are bits of page 12h until page 2Eh is read", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  bench.library.setFault("cartridge UND001L9 write fail");
  assert.equal(word(await bench.write(1, record(10))), "3/0C/00 10");
  assert.equal(await page(bench, 0x02), errors(10, 1));
  // Flags 3, 4 and 6.
  const flags = `00000308${"34".padEnd(16, "0")}`;
  assert.equal(await page(bench, 0x12), flags);
  assert.equal(await page(bench, 0x12), flags);
  assert.match(await page(bench, 0x2e), /^0001030100000203010000030301010004030101/);
  assert.equal(await page(bench, 0x12), `00000308${"0".repeat(16)}`);
});

test("device status says where the cartridge is", async (t) => {
  const bench = await Bench.open(t);
  const status = async () => (await page(bench, 0x11)).slice(8);
  assert.equal(await status(), "11200000");
  await bench.mount(0, 1);
  assert.equal(await status(), "31170000");
  await bench.send(1, [0x1e, 0, 0, 0, 1]);
  assert.equal(await status(), "b1170000");
  await bench.send(1, [0x1e, 0, 0, 0, 0]);
  await bench.send(1, [0x1b, 0, 0, 0, 8]);
  assert.equal(await status(), "11140000");
});
