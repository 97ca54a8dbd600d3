/** READ, WRITE and WRITE FILEMARKS through the port: lengths, marks, ends of the medium. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Bench, record, u24, word } from "./harness.ts";

const FIXED = 1;
const SILI = 2;

test("what was written is in the file, byte for byte as SIMH has it", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  await bench.write(1, Buffer.from("abc"));
  await bench.filemarks(1, 2);
  await bench.write(1, Buffer.from("wxyz"));
  await bench.filemarks(1, 0);
  const file = readFileSync(join(bench.folder, "UND001L9.tap"));
  const expected = "03000000 61626300 03000000 00000000 00000000 04000000 7778797a 04000000";
  assert.equal(file.toString("hex"), expected.replaceAll(" ", ""));
});

test("a record read with every length and flag", async (t) => {
  const rows: [bytes: number, flags: number, expected: string, dataBytes: number][] = [
    [100, 0, "GOOD", 100],
    [140, 0, "0/00/00 I 40", 100],
    [60, 0, "0/00/00 I -40", 60],
    [140, SILI, "GOOD", 100],
    [60, SILI, "GOOD", 60],
    [0, 0, "GOOD", 0],
    [1, FIXED, "5/24/00", 0],
    [1, FIXED | SILI, "5/24/00", 0],
  ];
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  await bench.write(1, record(100));
  for (const [bytes, flags, expected, dataBytes] of rows) {
    await bench.rewind(1);
    const outcome = await bench.read(1, bytes, flags);
    assert.equal(word(outcome), expected, `READ ${bytes} flags ${flags}`);
    assert.deepEqual(outcome.dataIn, record(100).subarray(0, dataBytes));
  }
});

test("VERIFY ends as READ without SILI does, and gives nothing", async (t) => {
  const rows: [length: number, flags: number, expected: string][] = [
    [100, 0, "GOOD"],
    [140, 0, "0/00/00 I 40"],
    [60, 0, "0/00/00 I -40"],
    [0, 0, "GOOD"],
    [2, FIXED, "0/00/01 F 1"],
    [1, FIXED, "GOOD"],
    [100, 2, "5/24/00"],
    [100, 4, "5/24/00"],
  ];
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  await bench.write(1, record(100));
  await bench.filemarks(1, 1);
  await setBlockLength(bench, 100);
  for (const [length, flags, expected] of rows) {
    await bench.rewind(1);
    const outcome = await bench.send(1, [0x13, flags, ...u24(length)], { inBytes: 100 });
    assert.equal(word(outcome), expected, `VERIFY ${length} flags ${flags}`);
    assert.equal(outcome.dataIn.length, 0);
  }
});

test("data is cut at the expected length, and what was wanted is told", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  await bench.write(1, record(100));
  await bench.rewind(1);
  const { dataIn, wantedBytes } = await bench.send(1, [0x08, 0, ...u24(100)], { inBytes: 30 });
  assert.equal(dataIn.length, 30);
  assert.equal(wantedBytes, 100);
});

test("a write that brings less data than its CDB says is refused", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  const outcome = await bench.send(1, [0x0a, 0, ...u24(100)], { out: record(60) });
  assert.equal(word(outcome), "5/24/00");
  assert.equal(outcome.wantedBytes, 100);
  assert.deepEqual(await bench.position(1), [0, 0, 0]);
});

test("overlength is told in spite of SILI when a block length is set", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  await bench.write(1, record(100));
  await setBlockLength(bench, 10);
  await bench.rewind(1);
  assert.equal(word(await bench.read(1, 60, SILI)), "0/00/00 I -40");
  await bench.rewind(1);
  assert.equal(word(await bench.read(1, 140, SILI)), "GOOD");
});

test("filemarks and end of data stop a read", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  await bench.write(1, record(10));
  await bench.filemarks(1, 1);
  await bench.rewind(1);
  await bench.read(1, 10);
  assert.equal(word(await bench.read(1, 10)), "0/00/01 F 10");
  assert.deepEqual(await bench.position(1), [2, 1, 0]);
  assert.equal(word(await bench.read(1, 10)), "8/00/05 10");
  assert.deepEqual(await bench.position(1), [2, 1, 0]);
});

test("fixed blocks: whole, cut by a mark, of a wrong length, at the end of data", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  await setBlockLength(bench, 16);
  const data = record(48);
  const written = await bench.send(1, [0x0a, FIXED, ...u24(3)], { out: data });
  assert.equal(word(written), "GOOD");
  await bench.filemarks(1, 1);
  await bench.write(1, record(20));
  await bench.rewind(1);
  const two = await bench.send(1, [0x08, FIXED, ...u24(2)], { inBytes: 32 });
  assert.equal(word(two), "GOOD");
  assert.deepEqual(two.dataIn, data.subarray(0, 32));
  const three = await bench.send(1, [0x08, FIXED, ...u24(3)], { inBytes: 48 });
  assert.equal(word(three), "0/00/01 F 2");
  assert.deepEqual(three.dataIn, data.subarray(32));
  const wrong = await bench.send(1, [0x08, FIXED, ...u24(1)], { inBytes: 16 });
  assert.equal(word(wrong), "0/00/00 I 1");
  const end = await bench.send(1, [0x08, FIXED, ...u24(4)], { inBytes: 64 });
  assert.equal(word(end), "8/00/05 4");
});

test("writing in the middle makes everything behind it go", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  for (const seed of [1, 2, 3]) {
    await bench.write(1, record(10, seed));
  }
  await bench.rewind(1);
  await bench.read(1, 10);
  await bench.write(1, record(20, 9));
  await bench.rewind(1);
  await bench.read(1, 10);
  assert.deepEqual((await bench.read(1, 20)).dataIn, record(20, 9));
  assert.equal(word(await bench.read(1, 20)), "8/00/05 20");
});

test("early warning tells and writes, the end does not write", async (t) => {
  const capacityBytes = 1024 * 1024;
  const bench = await Bench.open(t, { capacityBytes });
  await bench.mount(0, 1);
  const words: string[] = [];
  const block = record(10_000);
  for (let index = 0; index < 105; index += 1) {
    words.push(word(await bench.write(1, block)));
  }
  // Early warning from 98 % of the capacity on: 1027605 bytes, 10008 a record; 104 fit in all.
  assert.deepEqual(new Set(words.slice(0, 102)), new Set(["GOOD"]));
  assert.deepEqual(words.slice(102), ["0/00/02 E 0", "0/00/02 E 0", "D/00/02 E 10000"]);
  assert.deepEqual(await bench.position(1), [104, 0, 0]);
  assert.equal(word(await bench.filemarks(1, 1)), "0/00/02 E 0");
  await bench.rewind(1);
  assert.equal(word(await bench.read(1, 10_000)), "GOOD");
});

test("records that no drive takes are refused", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  const huge = Buffer.alloc(8 * 1024 * 1024 + 1);
  assert.equal(word(await bench.write(1, huge)), "5/24/00");
  assert.equal(word(await bench.write(1, huge.subarray(1))), "GOOD");
  assert.equal(word(await bench.filemarks(1, 1, 2)), "5/24/00");
});

async function setBlockLength(bench: Bench, bytes: number): Promise<void> {
  const list = Buffer.from([0, 0, 0x10, 8, 0, 0, 0, 0, 0, ...u24(bytes)]);
  const outcome = await bench.send(1, [0x15, 0x10, 0, 0, list.length], { out: list });
  assert.equal(word(outcome), "GOOD");
}
