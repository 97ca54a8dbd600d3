/** The changer through the port: element status, moves, refusals, restart. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { LISTED_CODES } from "../../tools/practice-library/changer-codes.ts";
import { Bench, DRIVE, IMPORT, leapingClock, SLOT, temporaryFolder, word } from "./harness.ts";

interface ElementView {
  readonly type: number;
  readonly address: number;
  readonly flags: number;
  readonly source: number | undefined;
  readonly tag: string;
  readonly designator: string;
}

/** Reads a whole READ ELEMENT STATUS answer with volume tags. */
function parseStatus(data: Buffer): ElementView[] {
  const views: ElementView[] = [];
  let page = data.subarray(8);
  while (page.length > 0) {
    const size = page.readUInt16BE(2);
    const end = 8 + page.readUIntBE(5, 3);
    for (let at = 8; at < end; at += size) {
      const one = page.subarray(at, at + size);
      views.push({
        type: page.readUInt8(0),
        address: one.readUInt16BE(0),
        flags: one.readUInt8(2),
        source: (one.readUInt8(9) & 0x80) === 0 ? undefined : one.readUInt16BE(10),
        tag: one.subarray(12, 44).toString("latin1").replaceAll("\0", "").trim(),
        designator: one.subarray(52).toString("latin1"),
      });
    }
    page = page.subarray(end);
  }
  return views;
}

async function status(bench: Bench, type = 0, first = 0, count = 0xffff): Promise<ElementView[]> {
  const range = [first >> 8, first & 0xff, count >> 8, count & 0xff];
  const cdb = [0xb8, 0x10 | type, ...range, 1, 0, 0xff, 0xff];
  const { dataIn } = await bench.send(0, cdb, { inBytes: 0xffff });
  assert.equal(dataIn.readUIntBE(5, 3), dataIn.length - 8);
  return parseStatus(dataIn);
}

test("all elements in one answer: addresses, tags, serial numbers, the cleaning cartridge", async (t) => {
  const bench = await Bench.open(t);
  const views = await status(bench);
  const tags = views.map(({ type, address, tag }) =>
    `${type} ${address.toString(16)} ${tag}`.trim(),
  );
  assert.deepEqual(tags, [
    "1 0",
    "3 10",
    "3 11",
    "4 100",
    "4 101",
    "2 1000 UND001L9",
    "2 1001 UND002L9",
    "2 1002 UND003L9",
    "2 1003",
    "2 1004",
    "2 1005 CLNU01L1",
  ]);
  assert.match(views[4]?.designator ?? "", /UNDERSTDPRACTICE-LTO9 {3}PRACDRV002$/);
  const second = await status(bench, 2, 0x1001, 2);
  assert.deepEqual(
    second.map(({ tag }) => tag),
    ["UND002L9", "UND003L9"],
  );
});

test("the status is cut at the allocation length and still says how long it is", async (t) => {
  const bench = await Bench.open(t);
  const cdb = [0xb8, 0x10, 0, 0, 0xff, 0xff, 0, 0, 0, 8];
  const { dataIn } = await bench.send(0, cdb, { inBytes: 8 });
  assert.equal(dataIn.length, 8);
  assert.equal(dataIn.readUInt16BE(2), 11);
  assert.ok(dataIn.readUIntBE(5, 3) > 11 * 52);
});

test("no descriptor is cut: what there is no room for is left out", async (t) => {
  const bench = await Bench.open(t);
  const cdb = [0xb8, 0x12, 0, 0, 0xff, 0xff, 0, 0, 0, 16 + 2 * 52 + 51];
  const { dataIn } = await bench.send(0, cdb, { inBytes: 0xff });
  assert.equal(dataIn.length, 16 + 2 * 52);
  assert.equal(dataIn.readUIntBE(5, 3), 8 + 6 * 52);
});

test("the commands that are listed are those that there are", async (t) => {
  const bench = await Bench.open(t);
  for (let code = 0; code < 0x100; code += 1) {
    const { status, sense } = await bench.send(0, [code]);
    const isKnown = status === 0 || sense !== "5/20/00";
    assert.equal(isKnown, LISTED_CODES.has(code), `${code.toString(16)}h`);
  }
});

test("a search for volume tags finds each cartridge once, where it is when it is asked", async (t) => {
  const bench = await Bench.open(t);
  const list = Buffer.alloc(40);
  list.write("UND00?*", "latin1");
  const search = [0xb6, 0, 0, 0, 0, 5, 0, 0, 0, 40];
  const request = [0xb5, 0x10, 0, 0, 0, 2, 0, 0, 1, 0];
  const found = async () => {
    const { dataIn } = await bench.send(0, request, { inBytes: 0x100 });
    return [dataIn.readUInt8(4), ...parseStatus(dataIn).map(({ address, tag }) => [address, tag])];
  };
  assert.equal(word(await bench.send(0, request)), "5/2C/00", "nobody has searched");
  assert.equal(word(await bench.send(0, search, { out: list })), "GOOD");
  await bench.move(SLOT, IMPORT);
  assert.deepEqual(await found(), [5, [IMPORT, "UND001L9"], [SLOT + 1, "UND002L9"]]);
  assert.deepEqual(await found(), [5, [SLOT + 2, "UND003L9"]]);
  assert.deepEqual(await found(), [5]);
  const tooLong = Buffer.alloc(39);
  assert.equal(
    word(await bench.send(0, [0xb6, 0, 0, 0, 0, 5, 0, 0, 0, 39], { out: tooLong })),
    "5/1A/00",
  );
  assert.equal(
    word(await bench.send(0, [0xb6, 0, 0, 0, 0, 8, 0, 0, 0, 40], { out: list })),
    "5/24/00",
  );
});

test("moves: into a drive, to import/export, back; the source is remembered", async (t) => {
  const bench = await Bench.open(t);
  assert.equal(word(await bench.move(SLOT, DRIVE)), "GOOD");
  await bench.send(1, [0x1b, 0, 0, 0, 1]);
  const loaded = (await status(bench, 4))[0];
  assert.deepEqual([loaded?.tag, loaded?.source, loaded?.flags], ["UND001L9", SLOT, 0x01]);
  assert.equal(word(await bench.move(DRIVE, IMPORT)), "GOOD");
  assert.equal(word(await bench.send(1, [0x00])), "6/28/00");
  assert.equal(word(await bench.send(1, [0x00])), "2/3A/00");
  const exported = (await status(bench, 3))[0];
  assert.deepEqual([exported?.tag, exported?.source], ["UND001L9", SLOT]);
  assert.equal(word(await bench.move(IMPORT, SLOT + 3)), "GOOD");
});

test("refusals name their reason and move nothing", async (t) => {
  const bench = await Bench.open(t);
  const before = await status(bench);
  const rows: [from: number, to: number, expected: string][] = [
    [SLOT + 3, DRIVE, "5/3B/0E"],
    [SLOT, SLOT + 1, "5/3B/0D"],
    [SLOT, 0x2000, "5/21/01"],
    [0x00ff, SLOT + 3, "5/21/01"],
    [SLOT, 0, "5/21/01"],
    [SLOT, SLOT, "GOOD"],
  ];
  for (const [from, to, expected] of rows) {
    assert.equal(word(await bench.move(from, to)), expected);
  }
  const inverted = [0xa5, 0, 0, 0, 0x10, 0, 1, 0, 0, 0, 1];
  assert.equal(word(await bench.send(0, inverted)), "5/24/00");
  assert.equal(word(await bench.send(0, [0xa5, 0, 0, 7, 0x10, 0, 1, 0])), "5/21/01");
  assert.equal(word(await bench.send(0, [0xb8, 0x15, 0, 0, 1, 0, 0, 0, 1, 0])), "5/24/00");
  const none = await bench.send(0, [0xb8, 0x14, 0x20, 0, 1, 0, 0, 0, 1, 0], { inBytes: 64 });
  assert.equal(none.dataIn.toString("hex"), "0000000000000000", "no element is there or behind");
  assert.deepEqual(await status(bench), before);
});

test("exchange swaps two cartridges, also into the place of the first", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  const swap = [0xa6, 0, 0, 0, 0x10, 0x01, 0x01, 0x00, 0x10, 0x01];
  assert.equal(word(await bench.send(0, swap)), "GOOD");
  const views = await status(bench);
  const tagAt = (address: number) => views.find((one) => one.address === address)?.tag;
  assert.deepEqual([tagAt(DRIVE), tagAt(SLOT + 1)], ["UND002L9", "UND001L9"]);
  const full = [0xa6, 0, 0, 0, 0x10, 0x02, 0x01, 0x00, 0x10, 0x01];
  assert.equal(word(await bench.send(0, full)), "5/3B/0D");
});

test("commands that only ask", async (t) => {
  const bench = await Bench.open(t);
  const page = (await bench.send(0, [0x1a, 8, 0x1d, 0, 255], { inBytes: 255 })).dataIn;
  assert.equal(page.subarray(4).toString("hex"), "1d1200000001100000060010000201000002" + "0000");
  const all = (await bench.send(0, [0x1a, 0, 0x3f, 0, 255], { inBytes: 255 })).dataIn;
  assert.deepEqual([all[0], all.length], [47, 48]);
  for (const cdb of [[0x07], [0x37], [0xe7], [0x2b, 0, 0, 0, 0x10, 0], [0x1e, 0, 0, 0, 1]]) {
    assert.equal(word(await bench.send(0, cdb)), "GOOD");
  }
  assert.equal(word(await bench.send(0, [0x2b, 0, 0, 0, 0x20, 0])), "5/21/01");
  const inquiry = (await bench.send(0, [0x12, 0, 0, 0, 36], { inBytes: 36 })).dataIn;
  assert.equal(inquiry.subarray(8, 32).toString(), "UNDERSTDPRACTICE-LIB    ");
  assert.equal(inquiry[0], 0x08);
});

test("a restart finds every cartridge where it was, data included", async (t) => {
  const folder = temporaryFolder(t);
  const first = await Bench.open(t, {}, leapingClock(), folder);
  await first.mount(0, 1);
  await first.move(SLOT + 1, IMPORT);
  await first.write(1, Buffer.from("kept"));
  const before = await status(first);
  await first.library.close();
  const second = await Bench.open(t, {}, leapingClock(), folder);
  assert.deepEqual(
    (await status(second)).map(({ address, tag }) => [address, tag]),
    before.map(({ address, tag }) => [address, tag]),
  );
  await second.send(1, [0x1b, 0, 0, 0, 1]);
  await second.send(1, [0x00]);
  assert.equal((await second.read(1, 4)).dataIn.toString(), "kept");
  const statistics = await second.send(1, [0x4d, 0, 0x17, 0, 0, 0, 0, 1, 0], { inBytes: 256 });
  assert.equal(statistics.dataIn.readUInt32BE(13), 2, "mounts are counted on");
});

test("a smaller library keeps every cartridge, or says that it cannot", async (t) => {
  const folder = temporaryFolder(t);
  const first = await Bench.open(t, {}, leapingClock(), folder);
  await first.move(SLOT + 1, DRIVE + 1);
  await first.library.close();
  const order = { drives: 1, slots: 4, importExport: 0 };
  const second = await Bench.open(t, order, leapingClock(), folder);
  const tags = (await status(second, 2)).map(({ tag }) => tag).sort();
  assert.deepEqual(tags, ["CLNU01L1", "UND001L9", "UND002L9", "UND003L9"]);
  await second.library.close();
  await assert.rejects(Bench.open(t, { ...order, slots: 3 }, leapingClock(), folder), RangeError);
});
