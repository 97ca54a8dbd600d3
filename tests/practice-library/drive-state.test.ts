/** A drive's states, unit attentions, reservations, settings and what it tells of itself. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench, DRIVE, ManualClock, newNexus, record, SLOT, word } from "./harness.ts";

const TEST_UNIT_READY = [0x00];
const UNLOAD = [0x1b, 0, 0, 0, 0];
const UNLOAD_HOLD = [0x1b, 0, 0, 0, 8];
const LOAD = [0x1b, 0, 0, 0, 1];
const REQUEST_SENSE = [0x03, 0, 0, 0, 18];

test("a cartridge's way: empty, becoming ready, ready, held, ejected, gone", async (t) => {
  const clock = new ManualClock();
  const bench = await Bench.open(t, { moveMs: 0 }, clock);
  const ready = async () => word(await bench.send(1, TEST_UNIT_READY));
  assert.equal(await ready(), "2/3A/00");
  await bench.move(SLOT, DRIVE);
  assert.equal(await ready(), "2/04/01");
  const loaded = bench.send(1, LOAD);
  clock.advance(50);
  assert.equal(word(await loaded), "GOOD");
  assert.equal(await ready(), "6/28/00");
  assert.equal(await ready(), "GOOD");
  assert.equal(word(await bench.send(1, UNLOAD_HOLD)), "GOOD");
  assert.equal(await ready(), "2/04/02");
  assert.equal(word(await bench.send(1, UNLOAD)), "GOOD");
  assert.equal(await ready(), "2/3A/00");
  assert.equal(word(await bench.move(DRIVE, SLOT)), "GOOD");
  assert.equal(word(await bench.send(1, LOAD)), "2/3A/00");
});

test("LOAD brings an ejected cartridge back; others hear of it, who asked does not", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  const other = newNexus("iqn.2026-11.com.example:other");
  bench.establish(other);
  await bench.send(1, TEST_UNIT_READY, { nexus: other });
  await bench.write(1, record(10));
  await bench.send(1, UNLOAD);
  assert.equal(word(await bench.send(1, LOAD)), "GOOD");
  assert.equal(word(await bench.send(1, TEST_UNIT_READY)), "GOOD");
  assert.equal(word(await bench.send(1, TEST_UNIT_READY, { nexus: other })), "6/28/00");
  assert.deepEqual(await bench.position(1), [0, 0, 0]);
  assert.deepEqual((await bench.read(1, 10)).dataIn, record(10));
});

test("each nexus has its own unit attentions, and a comeback is told from a first visit", async (t) => {
  const bench = await Bench.open(t);
  const first = newNexus("iqn.2026-11.com.example:other");
  bench.establish(first);
  assert.equal(
    word(await bench.send(1, [0x12, 0, 0, 0, 36], { nexus: first, inBytes: 36 })),
    "GOOD",
  );
  assert.equal(word(await bench.send(1, TEST_UNIT_READY, { nexus: first })), "6/29/00");
  const unit = bench.library.units.get(1);
  unit?.nexus(first, "lost");
  const again = newNexus("iqn.2026-11.com.example:other");
  bench.establish(again);
  const { dataIn } = await bench.send(1, REQUEST_SENSE, { nexus: again, inBytes: 18 });
  assert.deepEqual([dataIn[2], dataIn[12], dataIn[13]], [6, 0x29, 7]);
  assert.equal(word(await bench.send(1, TEST_UNIT_READY, { nexus: again })), "2/3A/00");
  unit?.nexus(again, "lu-reset");
  assert.equal(word(await bench.send(1, TEST_UNIT_READY)), "6/29/03");
});

test("REQUEST SENSE tells what the drive is doing, with GOOD", async (t) => {
  const bench = await Bench.open(t);
  const empty = await bench.send(1, REQUEST_SENSE, { inBytes: 18 });
  assert.equal(empty.status, 0);
  assert.deepEqual([empty.dataIn[0], empty.dataIn[2], empty.dataIn[12]], [0x70, 2, 0x3a]);
  await bench.mount(0, 1);
  const ready = await bench.send(1, REQUEST_SENSE, { inBytes: 18 });
  assert.deepEqual([ready.dataIn[2], ready.dataIn[12]], [0, 0]);
  bench.library.units.get(1)?.nexus(bench.nexus, "lu-reset");
  const reset = await bench.send(1, [0x03, 1, 0, 0, 18], { inBytes: 18 });
  assert.equal(reset.dataIn.toString("hex"), "7206290300000000");
  assert.equal(word(await bench.send(1, TEST_UNIT_READY)), "GOOD");
});

test("the default self-test, the list of diagnostic pages, and a buffer to read", async (t) => {
  const bench = await Bench.open(t);
  const ask = async (cdb: number[]) => (await bench.send(1, cdb, { inBytes: 64 })).dataIn;
  assert.equal(word(await bench.send(1, [0x1d, 4, 0, 0, 0])), "GOOD");
  assert.equal(word(await bench.send(1, [0x1d, 0x20, 0, 0, 0])), "5/24/00");
  assert.equal(word(await bench.send(1, [0x1d, 0x10, 0, 0, 8])), "5/24/00");
  assert.equal((await ask([0x1c, 1, 0, 0, 64])).toString("hex"), "0000000100");
  assert.equal(word(await bench.send(1, [0x1c, 1, 0x80, 0, 64])), "5/24/00");
  const text = "practice drive PRACDRV001";
  assert.equal((await ask([0x3c, 3, 0, 0, 0, 0, 0, 0, 4])).toString("hex"), "00000019");
  assert.equal((await ask([0x3c, 2, 0, 0, 0, 9, 0, 0, 64])).toString(), text.slice(9));
  assert.equal(word(await bench.send(1, [0x3c, 2, 1, 0, 0, 0, 0, 0, 64])), "5/24/00");
  assert.equal(word(await bench.send(1, [0x3b, 2, 0, 0, 0, 0, 0, 0, 0])), "5/20/00");
});

test("RESERVE keeps others out until RELEASE, a lost nexus or a reset", async (t) => {
  const bench = await Bench.open(t);
  const other = newNexus("iqn.2026-11.com.example:other");
  bench.establish(other);
  await bench.send(1, TEST_UNIT_READY, { nexus: other });
  const unit = bench.library.units.get(1);
  const ends: (() => unknown)[] = [
    () => bench.send(1, [0x17]),
    () => unit?.nexus(bench.nexus, "lost"),
    () => unit?.nexus(other, "lu-reset"),
  ];
  for (const end of ends) {
    assert.equal(word(await bench.send(1, [0x16])), "GOOD");
    const refused = await bench.send(1, TEST_UNIT_READY, { nexus: other });
    assert.equal(refused.status, 0x18);
    const passing = [[0x12, 0, 0, 0, 36], [0x05], [0x44, 0, 0, 0, 0, 0, 0, 0, 64], [0x1e]];
    for (const cdb of [...passing, [0x4d, 0, 0x40, 0, 0, 0, 0, 0, 64]]) {
      assert.equal((await bench.send(1, cdb, { nexus: other })).status, 0);
    }
    const preventing = await bench.send(1, [0x1e, 0, 0, 0, 1], { nexus: other });
    assert.equal(preventing.status, 0x18);
    assert.equal(word(await bench.send(1, [0x25], { nexus: other })), "5/20/00");
    await end();
    bench.establish(bench.nexus);
    assert.notEqual((await bench.send(1, TEST_UNIT_READY, { nexus: other })).status, 0x18);
    await bench.send(1, TEST_UNIT_READY);
  }
});

test("PREVENT keeps the cartridge in until ALLOW", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  await bench.send(1, [0x1e, 0, 0, 0, 1]);
  assert.equal(word(await bench.send(1, UNLOAD)), "5/53/02");
  assert.equal(word(await bench.move(DRIVE, SLOT)), "5/53/02");
  await bench.send(1, [0x1e, 0, 0, 0, 0]);
  assert.equal(word(await bench.move(DRIVE, SLOT)), "GOOD");
});

test("MODE SELECT sets what MODE SENSE tells, and refuses the rest", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  const sense = async (cdb: number[]) => (await bench.send(1, cdb, { inBytes: 255 })).dataIn;
  const before = await sense([0x1a, 0, 0, 0, 255]);
  assert.equal(before.toString("hex"), "0b001008" + "6000000000000000");
  const list = Buffer.from([0, 0, 0, 8, 0x60, 0, 0, 0, 0, 0, 2, 0]);
  assert.equal(word(await bench.send(1, [0x15, 0x10, 0, 0, 12], { out: list })), "GOOD");
  const after = await sense([0x5a, 0, 0, 0, 0, 0, 0, 0, 255]);
  assert.equal(after.toString("hex"), "000e" + "000000000008" + "6000000000000200");
  const all = await sense([0x1a, 8, 0x3f, 0xff, 255]);
  assert.equal(all.length, all.readUInt8(0) + 1);
  const refusals: [list: number[], bytes: number, expected: string][] = [
    [[0, 0, 0x10, 8, 0x42, 0, 0, 0, 0, 0, 0, 0], 12, "5/26/00"],
    [[0, 0, 0x70, 0], 4, "5/26/00"],
    [[0, 0, 0x10, 0, 0x3e, 0], 6, "5/26/00"],
    [[0, 0, 0x10, 7, 0, 0, 0, 0, 0, 0, 0], 11, "5/1A/00"],
    [[0, 0, 0x10, 0, 0x0f, 14, 0], 7, "5/1A/00"],
    [[0, 0, 0x10, 0, 0x0f, 15, 0], 7, "5/1A/00"],
    [[0, 0, 0x10, 0, 0x0f, 1, 0, 0x0f], 8, "5/26/00"],
    [[0, 0, 0x10, 0, 0x3f, 0, 0x0f], 7, "5/26/00"],
    [[0, 0, 0x10, 0, 0x0f], 5, "5/1A/00"],
    [[0, 0, 0x10, 0], 12, "5/1A/00"],
  ];
  for (const [bytes, length, expected] of refusals) {
    const cdb = [0x15, 0x10, 0, 0, length];
    assert.equal(word(await bench.send(1, cdb, { out: Buffer.from(bytes) })), expected);
  }
  const pointed = await bench.send(1, [0x15, 0x10, 0, 0, 16], {
    out: Buffer.from([0, 0, 0x10, 0, 0x0a, 10, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
  });
  assert.equal(word(pointed), "5/26/00");
  assert.equal(pointed.senseData.subarray(15).toString("hex"), "800006");
  assert.equal(word(await bench.send(1, [0x1a, 0, 0xc0, 0, 255])), "5/39/00");
  assert.equal(word(await bench.send(1, [0x1a, 0, 0x2a, 0, 255])), "5/24/00");
});

test("a change of modes is told to others, the same set again is not; a reset ends it", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  const other = newNexus("iqn.2026-11.com.example:other");
  bench.establish(other);
  await bench.send(1, TEST_UNIT_READY, { nexus: other });
  const page = async (code: number, control: number) =>
    (await bench.send(1, [0x1a, 8, (control << 6) | code, 0, 255], { inBytes: 255 })).dataIn
      .subarray(4)
      .toString("hex");
  const compression = await page(0x0f, 0);
  assert.equal(await page(0x0f, 1), "0f0e80".padEnd(32, "0"));
  const list = (hex: string) => ({ out: Buffer.from(`00001000${hex}`, "hex") });
  const select = [0x15, 0x10, 0, 0, 20];
  const told = async () => word(await bench.send(1, TEST_UNIT_READY, { nexus: other }));
  assert.equal(word(await bench.send(1, select, list(compression))), "GOOD");
  assert.equal(await told(), "GOOD");
  const off = compression.replace("c0", "40");
  assert.equal(word(await bench.send(1, select, list(off))), "GOOD");
  assert.equal(await told(), "6/2A/01");
  assert.deepEqual([await page(0x0f, 0), await page(0x0f, 2)], [off, compression]);
  assert.equal((await page(0x10, 0)).slice(28), "0000");
  bench.library.units.get(1)?.nexus(other, "lu-reset");
  assert.equal(await told(), "6/29/03");
  await bench.send(1, TEST_UNIT_READY);
  assert.equal(await page(0x0f, 0), compression);
});

test("with D_SENSE sense data come as descriptors", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  await bench.write(1, record(10));
  await bench.rewind(1);
  const control = Buffer.from([0, 0, 0x10, 0, 0x0a, 10, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  assert.equal(word(await bench.send(1, [0x15, 0x10, 0, 0, 16], { out: control })), "GOOD");
  const { senseData } = await bench.read(1, 4);
  const descriptors = `000a8000${"fffffffffffffffa"}04020020`;
  assert.equal(senseData.toString("hex"), `7200000000000010${descriptors}`);
});

test("a drive tells who it is and what it holds", async (t) => {
  const bench = await Bench.open(t);
  const ask = async (cdb: number[]) => (await bench.send(1, cdb, { inBytes: 4096 })).dataIn;
  const standard = await ask([0x12, 0, 0, 0, 36]);
  assert.equal(standard.subarray(8, 32).toString(), "UNDERSTDPRACTICE-LTO9   ");
  assert.deepEqual([standard[0], standard[1]], [0x01, 0x80]);
  assert.equal((await ask([0x12, 1, 0, 0, 255])).toString("hex"), "01000007" + "00808386b0b1b2");
  assert.equal((await ask([0x12, 1, 0x80, 0, 255])).subarray(4).toString(), "PRACDRV001");
  assert.match(
    (await ask([0x12, 1, 0x83, 0, 255])).toString("latin1"),
    /PRACTICE-LTO9 {3}PRACDRV001/,
  );
  assert.equal((await ask([0x05])).toString("hex"), "008000000001");
  assert.equal((await ask([0xa0, 0, 0, 0, 0, 0, 0, 0, 1, 0])).readUInt32BE(0), 24);
  assert.equal(word(await bench.send(1, [0x12, 1, 0xc0, 0, 255])), "5/24/00");
  assert.equal(word(await bench.send(1, [0x8c])), "2/3A/00");
  await bench.mount(0, 1);
  const attributes = await ask([0x8c, 0, 0, 0, 0, 0, 0, 0, 8, 6, 0, 0, 16, 0]);
  assert.equal(attributes.subarray(9).toString(), "UND001L9".padEnd(32));
  const density = await ask([0x44, 1, 0, 0, 0, 0, 0, 16, 0]);
  assert.deepEqual([density.readUInt16BE(0), density[4]], [54, 0x60]);
  const capacity = await ask([0x4d, 0, 0x31, 0, 0, 0, 0, 16, 0]);
  assert.deepEqual([capacity.readUInt32BE(8), capacity.readUInt32BE(24)], [64, 64]);
  const statistics = await ask([0x4d, 0, 0x17, 0, 0, 0, 0, 16, 0]);
  assert.equal(statistics.readUInt32BE(13), 1);
  assert.equal(word(await bench.send(1, [0x4d, 0, 0x0d, 0, 0, 0, 0, 16, 0])), "5/24/00");
});

test("numbers without a unit answer as such", async (t) => {
  const bench = await Bench.open(t);
  const inquiry = await bench.send(9, [0x12, 0, 0, 0, 36], { inBytes: 36 });
  assert.equal(inquiry.dataIn[0], 0x7f);
  const luns = await bench.send(9, [0xa0, 0, 0, 0, 0, 0, 0, 0, 1, 0], { inBytes: 256 });
  assert.equal(luns.dataIn.readUInt32BE(0), 24);
  assert.equal(word(await bench.send(9, TEST_UNIT_READY)), "5/25/00");
  assert.equal(word(await bench.send(1, [0xff])), "5/20/00");
});

test("a task that is aborted in its data phase does not hold up the next", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  const unit = bench.library.units.get(1);
  const task = {
    id: 0xffff,
    nexus: bench.nexus,
    cdb: Buffer.from([0x0a, 0, 0, 0, 10, ...Array(11).fill(0)]),
    dataOutBytes: 10,
    dataInBytes: 0,
    reply: () => assert.fail("an aborted task was answered"),
  };
  await new Promise<void>((resolve) => {
    unit?.command({ ...task, receive: () => resolve() });
  });
  unit?.abort({ ...task, receive: () => undefined });
  assert.equal(word(await bench.write(1, record(10))), "GOOD");
  assert.deepEqual(await bench.position(1), [1, 0, 0]);
});
