/** WRITE ATTRIBUTE of a practice drive, and what its cartridge keeps of it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench, leapingClock, temporaryFolder, word } from "./harness.ts";

test("hosts write into a cartridge's memory, which keeps it", async (t) => {
  const folder = temporaryFolder(t);
  let bench = await Bench.open(t, {}, leapingClock(), folder);
  await bench.mount(0, 1);
  const written = (...rows: readonly (readonly [number, number, string])[]): Promise<string> => {
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
    const cdb = [0x8d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, out.length >> 8, out.length & 0xff];
    return bench.send(1, cdb, { out }).then(word);
  };
  const known = async (): Promise<string> => {
    const cdb = [0x8c, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 16, 0];
    const { dataIn } = await bench.send(1, cdb, { inBytes: 4096 });
    return dataIn.toString("latin1", 4);
  };
  const barcode = `\x08\x06\x01\x00 ${"UND001L9".padEnd(32)}`;
  assert.equal(await known(), barcode);
  assert.equal(await written([0x0800, 1, "A VENDOR"], [0x0805, 0, "\x01"]), "GOOD");
  const both = `\x08\x00\x01\x00\x08A VENDOR\x08\x05\x00\x00\x01\x01${barcode}`;
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
  const left = `\x08\x05\x00\x00\x01\x01${barcode}\x14\x01\x00\x00\x08vendor's`;
  assert.equal(await known(), left);
  await bench.library.close();
  bench = await Bench.open(t, {}, leapingClock(), folder);
  await bench.send(1, [0x1b, 0, 0, 0, 1]);
  await bench.send(1, [0x00]);
  assert.equal(await known(), left);
});
