/** Partitions: mode page 11h, FORMAT MEDIUM, the ways from one to another, and what each has for itself. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { encryptionPage, noEncryptionPage, protocolOut } from "./encryption-page.ts";
import { Bench, DRIVE, newNexus, record, SLOT, word } from "./harness.ts";

const MEBIBYTE = 1024 * 1024;
const CAPACITY = 64 * MEBIBYTE;
const UNLOAD = [0x1b, 0, 0, 0, 0];
const LOAD = [0x1b, 0, 0, 0, 1];
const FDP = 0x80;
const SDP = 0x40;
const IDP = 0x20;
const BYTES = 0x00;
const MEGABYTES = 0x10;
const POWER = 0x18;
const POFM = 0x04;
const REST = 0xffff;

/** A page 11h as a server sends it: flags are those of byte 4. */
function pageOf(flags: number, additional: number, sizes: readonly number[], power = 0): Buffer {
  const page = Buffer.from([0x11, 6 + sizes.length * 2, 3, additional, flags | POFM, 3, power, 0]);
  const each = sizes.map((size) => Buffer.from([size >> 8, size & 0xff]));
  return Buffer.concat([page, ...each]);
}

/** MODE SELECT(6) with that page alone. */
async function select(bench: Bench, page: Buffer): Promise<string> {
  const list = Buffer.concat([Buffer.from([0, 0, 0x10, 0]), page]);
  return word(await bench.send(1, [0x15, 0x10, 0, 0, list.length], { out: list }));
}

/** The page as MODE SENSE(6) tells it, in hexadecimal digits. */
async function sense(bench: Bench, control = 0): Promise<string> {
  const cdb = [0x1a, 8, (control << 6) | 0x11, 0, 64];
  return (await bench.send(1, cdb, { inBytes: 64 })).dataIn.subarray(4).toString("hex");
}

const format = async (bench: Bench, how: number) => word(await bench.send(1, [0x04, 0, how]));

const locate = async (bench: Bench, partition: number, object = 0) =>
  word(await bench.send(1, [0x2b, 2, 0, 0, 0, 0, object, 0, partition]));

/** Partition and object. */
async function place(bench: Bench): Promise<[number, number]> {
  const { dataIn } = await bench.send(1, [0x34, 6], { inBytes: 32 });
  return [dataIn.readUInt32BE(4), dataIn.readUInt32BE(12)];
}

async function divided(t: TestContext, page: Buffer, capacityBytes = CAPACITY): Promise<Bench> {
  const bench = await Bench.open(t, { capacityBytes });
  await bench.mount(0, 1);
  assert.equal(await select(bench, page), "GOOD");
  assert.equal(await format(bench, 1), "GOOD");
  return bench;
}

test("page 11h says what is on the cartridge, and FORMAT MEDIUM makes what was selected", async (t) => {
  const bench = await Bench.open(t);
  assert.equal(await sense(bench), "110e03001c0300000000000000000000");
  await bench.mount(0, 1);
  const whole = "110e03001c0304001a36000000000000";
  assert.equal(await sense(bench), whole, "64 MiB are 6710 units of 10^4 bytes");
  assert.equal(await sense(bench, 1), "110e00fff8000f00ffffffffffffffff");
  assert.equal(await sense(bench, 2), "110e0000000000000000000000000000", "what was at power on");
  assert.equal(await select(bench, pageOf(IDP | MEGABYTES, 1, [REST, 10])), "GOOD");
  assert.equal(await sense(bench), whole, "selected is not yet there");
  await bench.write(1, record(10));
  assert.equal(await format(bench, 1), "5/3B/0C");
  await bench.rewind(1);
  assert.equal(await format(bench, 1), "GOOD");
  const halved = "110e03013c030300df14271000000000";
  assert.equal(await sense(bench), halved, "57108 and 10000 units of 10^3");
  assert.equal(word(await bench.read(1, 10)), "8/00/05 10");
  const read = Buffer.from(halved, "hex");
  assert.equal(await select(bench, read), "GOOD");
  assert.equal(await format(bench, 2), "GOOD");
  assert.equal(await sense(bench), halved, "a page given back divides alike");
  assert.equal(await select(bench, pageOf(FDP, 2, [0, 0])), "GOOD");
  assert.equal(await select(bench, pageOf(0, 1, [0, 0])), "GOOD");
  assert.equal(await format(bench, 1), "GOOD");
  assert.equal(await sense(bench), whole, "as it is selects nothing, and a page is for one FORMAT");
});

test("what the drive chooses, smallest partitions, and units", async (t) => {
  const bench = await Bench.open(t, { capacityBytes: 1_000_000_000_000 });
  await bench.mount(0, 1);
  const rows: [page: Buffer, sizes: number[], power: number][] = [
    [pageOf(FDP, 1, [0, 0]), [50_000, 50_000], 7],
    [pageOf(SDP, 2, [0, 0, 0]), [33_334, 33_334, 33_332], 7],
    [pageOf(SDP, 3, [0, 0, 0, 0]), [25_000, 25_000, 25_000, 25_000], 7],
    [pageOf(IDP | POWER, 1, [1, REST], 9), [157, 9_843], 8],
    [pageOf(IDP | POWER, 1, [REST, 100], 9), [9_000, 1_000], 8],
    [pageOf(IDP | MEGABYTES, 2, [65_000, 40_000, REST]), [650, 400, 8_950], 8],
    [pageOf(IDP | BYTES, 3, [1, 2, 3, 4]), [15_625, 15_625, 15_625, 15_625], 6],
    [pageOf(0, 0, [0]), [10_000], 8],
  ];
  for (const [page, sizes, power] of rows) {
    assert.equal(await select(bench, page), "GOOD", page.toString("hex"));
    assert.equal(await format(bench, 2), "GOOD");
    const told = Buffer.from(await sense(bench), "hex");
    const all = sizes.map((_, index) => told.readUInt16BE(8 + index * 2));
    assert.deepEqual([all, told[6], told[3]], [sizes, power, sizes.length - 1]);
  }
});

test("pages that cannot be are refused where they are wrong", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  const other = (at: number, value: number) => {
    const page = pageOf(IDP, 1, [REST, 10]);
    page.writeUInt8(value, at);
    return page;
  };
  const rows: [page: Buffer, at: number][] = [
    [other(2, 1), 2],
    [other(4, IDP), 4],
    [other(4, IDP | POFM | 2), 4],
    [other(4, IDP | POFM | 1), 4],
    [other(4, IDP | SDP | POFM), 4],
    [other(4, POFM), 4],
    [other(5, 1), 5],
    [other(7, 1), 7],
    [pageOf(IDP, 4, [REST, 1, 1, 1]), 3],
    [pageOf(IDP, 2, [REST, 1]), 1],
    [pageOf(IDP, 0, []), 1],
    [pageOf(IDP, 3, [REST, 1, 1, 1, 1]), 1],
    [pageOf(IDP, 2, [REST, 1, REST]), 12],
    [pageOf(IDP | MEGABYTES, 1, [60, 8]), 8],
    [pageOf(IDP | MEGABYTES, 1, [REST, 68]), 8],
  ];
  for (const [page, at] of rows) {
    const list = Buffer.concat([Buffer.from([0, 0, 0, 0x10, 0, 0, 0, 0]), page]);
    const cdb = [0x55, 0x10, 0, 0, 0, 0, 0, 0, list.length];
    const { senseData, ...outcome } = await bench.send(1, cdb, { out: list });
    assert.equal(outcome.sense, "5/26/00", page.toString("hex"));
    assert.equal(senseData.readUInt16BE(16), 8 + at, page.toString("hex"));
  }
  assert.equal(await format(bench, 1), "GOOD");
  assert.equal((await sense(bench)).slice(6, 8), "00", "nothing was kept of them");
});

test("a selected page is forgotten at LOAD, UNLOAD and reset; others are told of it", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  const other = newNexus("iqn.2026-11.com.example:other");
  bench.establish(other);
  await bench.send(1, [0x00], { nexus: other });
  const forgets: (() => unknown)[] = [
    () => bench.send(1, LOAD),
    async () => {
      await bench.send(1, UNLOAD);
      await bench.send(1, LOAD);
    },
    async () => {
      bench.library.units.get(1)?.nexus(bench.nexus, "lu-reset");
      await bench.send(1, [0x00]);
    },
  ];
  for (const forget of forgets) {
    assert.equal(await select(bench, pageOf(FDP, 1, [0, 0])), "GOOD");
    assert.equal(word(await bench.send(1, [0x00], { nexus: other })), "6/2A/01");
    await forget();
    await bench.send(1, [0x00], { nexus: other });
    assert.equal(await format(bench, 1), "GOOD");
    assert.equal((await sense(bench)).slice(6, 8), "00");
  }
});

test("each partition has its own data, filemarks and end, and keeps them over a reload", async (t) => {
  const bench = await divided(t, pageOf(IDP | MEGABYTES, 2, [REST, 10, 10]));
  for (const partition of [0, 1, 2]) {
    assert.equal(await locate(bench, partition), "GOOD");
    for (let object = 0; object <= partition; object += 1) {
      await bench.write(1, record(10 + partition, object));
    }
    await bench.filemarks(1, 1);
    assert.deepEqual(await place(bench), [partition, partition + 2]);
  }
  for (const name of ["UND001L9.tap", "UND001L9.p1.tap", "UND001L9.p2.tap"]) {
    assert.ok(existsSync(join(bench.folder, name)), name);
  }
  assert.ok(!existsSync(join(bench.folder, "UND001L9.p3.tap")));
  await bench.send(1, UNLOAD);
  await bench.move(DRIVE, SLOT);
  await bench.mount(0, 1);
  assert.deepEqual(await place(bench), [0, 0]);
  for (const partition of [2, 0, 1]) {
    assert.equal(await locate(bench, partition, partition), "GOOD");
    assert.deepEqual((await bench.read(1, 99)).dataIn, record(10 + partition, partition));
    assert.equal(word(await bench.read(1, 99)), "0/00/01 F 99");
    assert.equal(word(await bench.read(1, 99)), "8/00/05 99");
    await bench.rewind(1);
    assert.deepEqual(await place(bench), [partition, 0]);
    assert.equal(word(await bench.send(1, [0x11, 3])), "GOOD");
    assert.deepEqual(await place(bench), [partition, partition + 2]);
  }
  assert.equal(word(await bench.send(1, LOAD)), "GOOD");
  assert.deepEqual(await place(bench), [0, 0]);
});

test("LOCATE and the commands of sixteen bytes go to a partition, or stay where there is none", async (t) => {
  const bench = await divided(t, pageOf(FDP, 1, [0, 0]));
  const sixteen = (op: number, partition: number, object: number, length: number) => {
    return [op, 0, 0, partition, 0, 0, 0, 0, 0, 0, 0, object, 0, 0, length];
  };
  await bench.write(1, record(10));
  const out = record(10, 1);
  const rows: [cdb: number[], answer: string, at: [number, number]][] = [
    [[0x2b, 0, 0, 0, 0, 0, 0, 0, 7], "GOOD", [0, 0]],
    [[0x92, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5], "8/00/05", [1, 0]],
    [[0x92, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "GOOD", [1, 0]],
    [[0x92, 2 | (3 << 3), 0, 0], "GOOD", [0, 1]],
    [[0x92, 2 | (2 << 3), 0, 1], "5/24/00", [0, 1]],
    [[0x92, 2, 0, 2], "5/24/00", [0, 1]],
    [[0x2b, 2, 0, 0, 0, 0, 0, 0, 2], "5/24/00", [0, 1]],
    [sixteen(0x8a, 1, 0, 10), "GOOD", [1, 1]],
    [sixteen(0x88, 0, 0, 10), "GOOD", [0, 1]],
    [sixteen(0x8f, 1, 0, 10), "GOOD", [1, 1]],
    [sixteen(0x88, 2, 0, 10), "5/24/00", [1, 1]],
    [sixteen(0x80, 0, 1, 1), "GOOD", [0, 2]],
    [sixteen(0x93, 1, 1, 0), "GOOD", [1, 1]],
    [[0x82, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1], "GOOD", [1, 1]],
    [[0x82, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1], "5/3B/00", [1, 1]],
    [[0x82, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 1], "5/24/00", [1, 1]],
    [[0x82, 0, 2, 2], "GOOD", [1, 1]],
    [[0x04], "5/3B/0C", [1, 1]],
    [[0x01], "GOOD", [1, 0]],
    [[0x04], "5/3B/0C", [1, 0]],
    [[0x0b, 0, 0, 0xff, 0xff], "5/3B/0C", [1, 0]],
  ];
  for (const [cdb, answer, at] of rows) {
    const hex = Buffer.from(cdb).toString("hex");
    assert.equal(word(await bench.send(1, cdb, { out, inBytes: 10 })), answer, hex);
    assert.deepEqual(await place(bench), at, hex);
  }
});

test("READ POSITION names the partition in each form, with its own beginning and end", async (t) => {
  const bench = await divided(t, pageOf(IDP | MEGABYTES, 1, [REST, 2]));
  const heads = async () => {
    const short = (await bench.send(1, [0x34, 0], { inBytes: 20 })).dataIn;
    const long = (await bench.send(1, [0x34, 6], { inBytes: 32 })).dataIn;
    const cdb = [0x34, 8, 0, 0, 0, 0, 0, 0, 32];
    const extended = (await bench.send(1, cdb, { inBytes: 32 })).dataIn;
    return [short, long, extended].map((data) => data.subarray(0, 8).toString("hex").slice(0, 16));
  };
  assert.deepEqual(
    (await heads()).map((head) => head.slice(0, 4)),
    ["8000", "8000", "8000"],
  );
  await locate(bench, 1);
  await bench.write(1, Buffer.alloc(MEBIBYTE));
  const [short, long, extended] = await heads();
  assert.equal(short, "0001000000000001");
  assert.equal(long, "0000000000000001");
  assert.equal(extended, "0001001c00000000");
  assert.equal(word(await bench.write(1, Buffer.alloc(920_000))), "0/00/02 E 0");
  assert.deepEqual(
    (await heads()).map((head) => head.slice(0, 2)),
    ["40", "40", "40"],
  );
  await locate(bench, 0);
  assert.deepEqual(
    (await heads()).map((head) => head.slice(0, 2)),
    ["80", "80", "80"],
  );
});

test("a full partition leaves the other as it was, and each has its own room", async (t) => {
  const bench = await divided(t, pageOf(IDP | MEGABYTES, 1, [2, REST]));
  const file = () => readFileSync(join(bench.folder, "UND001L9.p1.tap"));
  await locate(bench, 1);
  await bench.write(1, record(100));
  const before = file();
  await locate(bench, 0);
  assert.equal(word(await bench.write(1, Buffer.alloc(1_500_000))), "GOOD");
  assert.equal(word(await bench.write(1, Buffer.alloc(MEBIBYTE))), `D/00/02 E ${MEBIBYTE}`);
  assert.deepEqual(file(), before);
  const page = (await bench.send(1, [0x4d, 0, 0x31, 0, 0, 0, 0, 0, 64], { inBytes: 64 })).dataIn;
  assert.deepEqual(
    [0, 1, 2, 3].map((index) => page.readUInt32BE(8 + index * 8)),
    [0, 62, 1, 62],
  );
  for (const [partition, mebibytes] of [
    [0, 0n],
    [1, 62n],
  ] as const) {
    const cdb = [0x8c, 0, 0, 0, 0, 0, 0, partition, 0, 0, 0, 0, 0, 64];
    const { dataIn } = await bench.send(1, cdb, { inBytes: 64 });
    assert.equal(dataIn.readBigUInt64BE(9), mebibytes);
  }
  await locate(bench, 1, 1);
  assert.equal(word(await bench.write(1, Buffer.alloc(MEBIBYTE))), "GOOD");
});

test("FORMAT 0 and SET CAPACITY make one partition; the files of the others are gone", async (t) => {
  const bench = await divided(t, pageOf(SDP, 3, [0, 0, 0, 0]));
  const parts = () =>
    [0, 1, 2, 3].filter((n) =>
      existsSync(join(bench.folder, `UND001L9${(n && `.p${n}`) || ""}.tap`)),
    );
  const facts = () => JSON.parse(readFileSync(join(bench.folder, "UND001L9.json"), "utf8"));
  for (const cdb of [[0x04], [0x0b, 0, 0, 0xff, 0xff]]) {
    assert.deepEqual(parts(), [0, 1, 2, 3]);
    assert.equal(facts().partitions.length, 4);
    await bench.write(1, record(10));
    await bench.rewind(1);
    assert.equal(word(await bench.send(1, cdb)), "GOOD");
    assert.deepEqual([parts(), facts().partitions], [[0], undefined]);
    assert.equal(await locate(bench, 1), "5/24/00");
    assert.equal(word(await bench.read(1, 10)), "8/00/05 10");
    assert.equal(await select(bench, pageOf(SDP, 3, [0, 0, 0, 0])), "GOOD");
    assert.equal(await format(bench, 1), "GOOD");
  }
});

test("the keys of records are those of their partition", async (t) => {
  const bench = await divided(t, pageOf(FDP, 1, [0, 0]));
  const set = (page: Buffer) => bench.send(1, protocolOut(page.length), { out: page });
  await bench.write(1, record(10));
  await locate(bench, 1);
  await set(encryptionPage(Buffer.alloc(32, 0x4b)));
  await bench.write(1, record(10));
  await set(noEncryptionPage());
  const reads = async () => {
    const words: string[] = [];
    for (const partition of [0, 1]) {
      await locate(bench, partition);
      words.push(word(await bench.read(1, 10)));
    }
    return words;
  };
  assert.deepEqual(await reads(), ["GOOD", "7/74/01"]);
  await bench.send(1, UNLOAD);
  await bench.send(1, LOAD);
  assert.deepEqual(await reads(), ["GOOD", "7/74/01"]);
});

test("a rule may strike in one partition alone", async (t) => {
  const bench = await divided(t, pageOf(FDP, 1, [0, 0]));
  bench.library.setFault("cartridge UND001L9 write fail at 0 partition 1");
  const each = async () => {
    const words: string[] = [];
    for (const partition of [0, 1]) {
      await locate(bench, partition);
      words.push(word(await bench.write(1, record(10))));
    }
    return words;
  };
  assert.deepEqual(await each(), ["GOOD", "3/0C/00 10"]);
  bench.library.clearFaults();
  assert.deepEqual(await each(), ["GOOD", "GOOD"]);
  bench.library.setFault("cartridge UND001L9 read fail at 0 partition 0");
  await locate(bench, 1);
  assert.equal(word(await bench.read(1, 10)), "GOOD");
  await locate(bench, 0);
  assert.equal(word(await bench.read(1, 10)), "3/11/00 10");
});
