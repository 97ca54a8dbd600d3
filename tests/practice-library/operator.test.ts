/** What an operator does: the words, the doors, who is told, what stays. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DEED_EXAMPLES, parseDeed } from "../../tools/practice-library/operator.ts";
import {
  Bench,
  DRIVE,
  IMPORT,
  leapingClock,
  ManualClock,
  newNexus,
  SLOT,
  temporaryFolder,
  word,
} from "./harness.ts";

/** Byte 2 of an element's descriptor, and its barcode. */
async function element(bench: Bench, address: number): Promise<[flags: number, tag: string]> {
  const cdb = [0xb8, 0x10, address >> 8, address & 0xff, 0, 1, 0, 0, 1, 0];
  const { dataIn } = await bench.send(0, cdb, { inBytes: 256 });
  return [dataIn.readUInt8(18), dataIn.toString("latin1", 28, 60).replaceAll("\0", "").trim()];
}

async function ready(bench: Bench, nexus = bench.nexus): Promise<string> {
  return word(await bench.send(0, [0x00], { nexus }));
}

function prevent(bench: Bench, value: 0 | 1) {
  return bench.send(0, [0x1e, 0, 0, 0, value]);
}

test("words are a deed, or say what was expected", () => {
  assert.deepEqual(parseDeed(" put  NEW001L9 into 1Fh"), { barcode: "NEW001L9", address: 0x1f });
  assert.deepEqual(parseDeed("take 1000h"), { barcode: "", address: SLOT });
  for (const example of DEED_EXAMPLES) {
    assert.ok(!("problem" in parseDeed(example)), example);
  }
  const wrong = ["", "take", "take 10", "take 10000h", "put NEW001L9", "put library into 10h"];
  for (const text of [...wrong, "put ../X into 10h", "take 10h 11h"]) {
    const deed = parseDeed(text);
    assert.ok("problem" in deed, text);
    assert.match(deed.problem, /expected put BARCODE into ADDRESS.*for example/);
  }
});

test("in and out: each nexus is told once, and IMPEXP is on until the robot comes", async (t) => {
  const bench = await Bench.open(t);
  const other = newNexus("iqn.2026-11.com.example:other");
  bench.establish(other);
  assert.equal(await ready(bench, other), "6/29/00");
  assert.equal(bench.library.operate("put NEW001L9 into 10h"), undefined);
  for (const nexus of [bench.nexus, other]) {
    assert.deepEqual([await ready(bench, nexus), await ready(bench, nexus)], ["6/28/01", "GOOD"]);
  }
  assert.deepEqual(await element(bench, IMPORT), [0x3b, "NEW001L9"]);
  assert.equal(word(await bench.move(IMPORT, IMPORT + 1)), "GOOD");
  assert.deepEqual(await element(bench, IMPORT + 1), [0x39, "NEW001L9"]);
  assert.equal(bench.library.operate("take 1001h"), undefined);
  for (const nexus of [bench.nexus, other]) {
    assert.deepEqual([await ready(bench, nexus), await ready(bench, nexus)], ["6/28/00", "GOOD"]);
  }
  assert.deepEqual(await element(bench, SLOT + 1), [0x08, ""]);
});

test("what is refused changes nothing and tells nobody", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  const rows: [deed: string, problem: RegExp][] = [
    ["take 100h", /100h is no slot/],
    ["put NEW001L9 into 0h", /0h is no slot/],
    ["take 2000h", /2000h is no slot/],
    ["take 1000h", /nothing in 1000h/],
    ["put NEW001L9 into 1001h", /1001h is full: it holds UND002L9/],
    ["put UND001L9 into 10h", /UND001L9 is in the library already/],
    ["give 10h", /expected put/],
  ];
  for (const [deed, problem] of rows) {
    assert.match(bench.library.operate(deed) ?? "done", problem);
  }
  assert.equal(await ready(bench), "GOOD");
  assert.equal(existsSync(join(bench.folder, "NEW001L9.json")), false);
});

test("the door is locked while a nexus prevents removal; the robot is not", async (t) => {
  const bench = await Bench.open(t);
  await prevent(bench, 1);
  assert.match(bench.library.operate("take 1001h") ?? "done", /prevents medium removal/);
  assert.equal(word(await bench.move(SLOT, IMPORT)), "GOOD");
  await prevent(bench, 0);
  assert.equal(bench.library.operate("take 1001h"), undefined);
});

test("the door is locked while the robot carries a cartridge", async (t) => {
  const clock = new ManualClock();
  const bench = await Bench.open(t, {}, clock);
  const moved = bench.move(SLOT, DRIVE);
  await clock.someoneWaits();
  assert.match(bench.library.operate("take 1001h") ?? "done", /robot is carrying/);
  clock.run();
  assert.equal(word(await moved), "GOOD");
  assert.equal(bench.library.operate("take 1001h"), undefined);
});

test("a restart knows what was taken and put; what comes back has its data", async (t) => {
  const folder = temporaryFolder(t);
  const first = await Bench.open(t, {}, leapingClock(), folder);
  await first.mount(0, 1);
  await first.write(1, Buffer.from("kept"));
  await first.move(DRIVE, SLOT);
  for (const deed of ["take 1000h", "take 1005h", "put NEW001L9 into 10h"]) {
    assert.equal(first.library.operate(deed), undefined);
  }
  await first.library.close();
  const second = await Bench.open(t, { cartridges: 4 }, leapingClock(), folder);
  assert.deepEqual(second.library.inventory.barcodes().sort(), [
    "NEW001L9",
    "UND002L9",
    "UND003L9",
  ]);
  assert.deepEqual(await element(second, IMPORT), [0x3b, "NEW001L9"]);
  assert.equal(second.library.operate("put UND001L9 into 1003h"), undefined);
  assert.equal(await ready(second), "6/28/00");
  await second.mount(3, 1);
  assert.equal((await second.read(1, 4)).dataIn.toString(), "kept");
});
