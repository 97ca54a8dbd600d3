/** WRITE ATTRIBUTE of a practice drive, and what its cartridge keeps of it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench, leapingClock, temporaryFolder, word } from "./harness.ts";

type Row = readonly [identifier: number, format: number, text: string];

async function write(bench: Bench, rows: readonly Row[], partition = 0): Promise<string> {
  const parts = rows.flatMap(([identifier, format, text]) => {
    const head = Buffer.alloc(5);
    head.writeUInt16BE(identifier);
    head.writeUInt8(format, 2);
    head.writeUInt16BE(text.length, 3);
    return [head, Buffer.from(text)];
  });
  const body = Buffer.concat(parts);
  const out = Buffer.concat([Buffer.alloc(4), body]);
  out.writeUInt32BE(body.length);
  const length = [out.length >> 8, out.length & 0xff];
  const cdb = [0x8d, 0, 0, 0, 0, 0, 0, partition, 0, 0, 0, 0, ...length];
  return word(await bench.send(1, cdb, { out }));
}
/** From the first host attribute on, without the length in front. */
async function read(bench: Bench, partition = 0): Promise<string> {
  const cdb = [0x8c, 0, 0, 0, 0, 0, 0, partition, 8, 0, 0, 0, 16, 0];
  const answer = await bench.send(1, cdb, { inBytes: 4096 });
  return word(answer) === "GOOD" ? answer.dataIn.toString("latin1", 4) : word(answer);
}
const BARCODE = `\x08\x06\x01\x00 ${"UND001L9".padEnd(32)}`;

test("hosts write into a cartridge's memory, which keeps it", async (t) => {
  const folder = temporaryFolder(t);
  let bench = await Bench.open(t, {}, leapingClock(), folder);
  await bench.mount(0, 1);
  const written = (...rows: readonly Row[]): Promise<string> => write(bench, rows);
  const known = (): Promise<string> => read(bench);
  assert.equal(await known(), BARCODE);
  assert.equal(await written([0x0800, 1, "A VENDOR"], [0x0805, 0, "\x01"]), "GOOD");
  const both = `\x08\x00\x01\x00\x08A VENDOR\x08\x05\x00\x00\x01\x01${BARCODE}`;
  assert.equal(await known(), both);
  const label = (bytes: number): string => "L".repeat(bytes);
  const pool = Array.from({ length: 8 }, (_, index) => [0x1400 + index, 0, label(160)] as const);
  for (const [rows, said] of [
    [[[0x0801, 1, "A VENDOR"]], "5/26/00"],
    [[[0x0401, 1, label(32)]], "5/26/00"],
    [[[0x0805, 1, "\x01"]], "5/26/00"],
    [
      [
        [0x0802, 1, "VERSION1"],
        [0x0800, 1, "B VENDOR"],
      ],
      "5/26/00",
    ],
    [pool, "5/55/06"],
  ] as const) {
    assert.equal(await written(...rows), said);
  }
  const cut = [0x8d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8];
  assert.equal(
    word(await bench.send(1, cut, { out: Buffer.from("0000000908000100", "hex") })),
    "5/1A/00",
  );
  assert.equal(await known(), both, "a list is taken whole or not at all");
  assert.equal(await written([0x0800, 1, ""], [0x1401, 0, "vendor's"]), "GOOD");
  const left = `\x08\x05\x00\x00\x01\x01${BARCODE}\x14\x01\x00\x00\x08vendor's`;
  assert.equal(await known(), left);
  await bench.library.close();
  bench = await Bench.open(t, {}, leapingClock(), folder);
  await bench.send(1, [0x1b, 0, 0, 0, 1]);
  await bench.send(1, [0x00]);
  assert.equal(await known(), left);
});

test("each partition has some of its own; FORMAT MEDIUM makes them anew", async (t) => {
  const folder = temporaryFolder(t);
  let bench = await Bench.open(t, {}, leapingClock(), folder);
  await bench.mount(0, 1);
  const divide = async (): Promise<void> => {
    const out = Buffer.from([0, 0, 0x10, 0, 0x11, 10, 3, 1, 0x3c, 3, 6, 0, 255, 255, 0, 10]);
    assert.equal(word(await bench.send(1, [0x15, 0x10, 0, 0, out.length], { out })), "GOOD");
    assert.equal(word(await bench.send(1, [0x04, 0, 1])), "GOOD");
  };
  await divide();
  const vendor: Row = [0x0800, 1, "A VENDOR"];
  const coherency = (which: string): Row => [0x080c, 0, which.padEnd(23)];
  assert.equal(await write(bench, [vendor, coherency("one")], 1), "GOOD");
  assert.equal(await write(bench, [coherency("zero")]), "GOOD");
  assert.equal(await write(bench, [coherency("two")], 2), "5/24/00");
  const shown = (which: string): string =>
    `\x08\x00\x01\x00\x08A VENDOR${BARCODE}\x08\x0c\x00\x00\x17${which.padEnd(23)}`;
  await bench.library.close();
  bench = await Bench.open(t, {}, leapingClock(), folder);
  await bench.send(1, [0x1b, 0, 0, 0, 1]);
  await bench.send(1, [0x00]);
  assert.deepEqual([await read(bench), await read(bench, 1)], [shown("zero"), shown("one")]);
  assert.equal(await read(bench, 2), "5/24/00");
  assert.equal(await write(bench, [[0x080c, 0, ""]]), "GOOD");
  assert.equal(await read(bench, 1), shown("one"));
  await divide();
  assert.equal(await read(bench, 1), `\x08\x00\x01\x00\x08A VENDOR${BARCODE}`);
});
