/** READ ELEMENT STATUS as the server gets it: which elements, which bytes, what an allocation length leaves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench, moveCdb, outcome, seen } from "./bench.ts";
import { library } from "./model-library.ts";

const TAGS = ["AAA001L9", "AAA002L9", "AAA003L9", "AAA004L9", "CLN001L1"];
const SIZE = { slots: 8, drives: 3, ports: 2 };
const VOLTAG = 0x10;
const DVCID = 1;
/** Robot 1, import/export 16 and 17, lanes 256 and 257, storage 1000 to 1007 without the spare's 1003. */
const ALL = [1, 16, 17, 256, 257, 1000, 1001, 1002, 1004, 1005, 1006, 1007];

async function bench(): Promise<Bench> {
  return await Bench.started({ library: library(SIZE, TAGS), lanes: 2 });
}
interface Wish {
  readonly type?: number;
  readonly start?: number;
  readonly count?: number;
  readonly options?: number;
  readonly allocation?: number;
}
/** The CDB; volume tags are always asked for. */
function cdb({ type = 0, start = 0, count = 0xffff, options = 0, allocation = 0xffff }: Wish) {
  const [s, c, a] = [start, count, allocation].map((value) => [value >> 8, value & 0xff]);
  return [0xb8, VOLTAG | type, ...(s ?? []), ...(c ?? []), options, 0, ...(a ?? []), 0, 0];
}
interface Page {
  readonly type: number;
  readonly flags: number;
  readonly length: number;
  readonly addresses: number[];
}
function pages(data: Buffer): Page[] {
  const all: Page[] = [];
  for (let at = 8; at < data.length; ) {
    const length = data.readUInt16BE(at + 2);
    const end = at + 8 + data.readUIntBE(at + 5, 3);
    const addresses: number[] = [];
    for (let one = at + 8; one < end; one += length) addresses.push(data.readUInt16BE(one));
    all.push({ type: data.readUInt8(at), flags: data.readUInt8(at + 1), length, addresses });
    at = end;
  }
  return all;
}

test("all types in one answer, in order of addresses, each with its own descriptor length", async () => {
  const b = await bench();
  const { data } = b.ask(cdb({ options: DVCID }));
  assert.deepEqual([data.readUInt16BE(0), data.readUInt16BE(2)], [1, ALL.length]);
  assert.equal(data.readUIntBE(5, 3), data.length - 8);
  const found = pages(data);
  assert.deepEqual(
    found.map(({ type, flags, length }) => [type, flags, length]),
    [
      [1, 0x80, 52],
      [3, 0x80, 52],
      [4, 0x80, 92],
      [2, 0x80, 52],
    ],
  );
  assert.deepEqual(
    found.flatMap(({ addresses }) => addresses),
    ALL,
  );
});

test("starting address, count and type: every answer is the same elements of the whole", async () => {
  const b = await bench();
  const typeOf = (address: number): number => {
    if (address === 1) return 1;
    return address < 256 ? 3 : address < 1000 ? 4 : 2;
  };
  for (let type = 0; type <= 4; type += 1) {
    for (const start of [0, 1, 2, 16, 17, 255, 257, 1000, 1003, 1007, 1008, 0xffff]) {
      for (const count of [0, 1, 2, 3, 5, 8, 0xffff]) {
        const fits = ALL.filter((one) => one >= start && (type === 0 || typeOf(one) === type));
        const wanted = fits.slice(0, count);
        const { data } = b.ask(cdb({ type, start, count }));
        const name = `type ${type}, from ${start}, ${count}`;
        const addresses = pages(data).flatMap((page) => page.addresses);
        assert.deepEqual(addresses, wanted, name);
        assert.deepEqual(
          [data.readUInt16BE(0), data.readUInt16BE(2)],
          [wanted[0] ?? 0, wanted.length],
        );
        assert.equal(data.readUIntBE(5, 3), data.length - 8, name);
      }
    }
  }
  assert.equal(outcome(b.ask(cdb({ type: 5 }))), "5/2400");
});

test("any allocation length: whole headers and descriptors, and the full byte count", async () => {
  const b = await bench();
  b.ask(moveCdb(1000, 256));
  const whole = b.ask(cdb({ options: DVCID })).data;
  // Where an answer may end: the header, then page headers and descriptors.
  const ends: number[] = [];
  for (const { length, addresses } of pages(whole)) {
    const at = ends.at(-1) ?? 8;
    ends.push(at, at + 8, ...addresses.map((_, index) => at + 8 + (index + 1) * length));
  }
  for (let allocation = 0; allocation <= whole.length + 2; allocation += 1) {
    const reply = b.ask(cdb({ options: DVCID, allocation }));
    const wanted = ends.findLast((end) => end <= allocation) ?? allocation;
    assert.deepEqual(reply.data, whole.subarray(0, wanted), `allocation length ${allocation}`);
    assert.equal(reply.wanted, wanted);
  }
});

test("less expected than allocated: cut anywhere, the wanted count is told", async () => {
  const b = await bench();
  const whole = b.ask(cdb({})).data;
  for (const expected of [0, 1, 7, 9, 60, whole.length - 1]) {
    const reply = b.ask(cdb({}), 1, expected);
    assert.deepEqual(reply.data, whole.subarray(0, expected));
    assert.equal(reply.wanted, whole.length);
  }
});

test("without volume tags and device identifiers descriptors are short", async () => {
  const b = await bench();
  const { data } = b.ask([0xb8, 0, 0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0]);
  for (const { flags, length } of pages(data)) assert.deepEqual([flags, length], [0, 16]);
  assert.equal(data.length, 8 + 4 * 8 + ALL.length * 16);
});

test("access bits: import/export as the library has them, the lanes' drives always reachable", async () => {
  const b = await bench();
  b.library.at(17).flags = 0x38 | 0x02;
  b.library.at(17).tag = "NEW001L9";
  b.ask([0x07, 0, 0, 0, 0, 0]);
  const flags = new Map(seen(b).map((one) => [one.address, one.flags]));
  assert.equal(flags.get(16), 0x08);
  assert.equal(flags.get(17), 0x3b, "INENAB, EXENAB, ACCESS, IMPEXP, FULL");
  assert.equal(flags.get(256), 0x08);
  b.ask(moveCdb(1000, 256));
  assert.equal(seen(b).find(({ address }) => address === 256)?.flags, 0x09);
});

test("the source is where a cartridge was moved from last, also in storage", async () => {
  const b = await bench();
  const source = (address: number) => seen(b).find((one) => one.address === address)?.source;
  assert.equal(source(1000), 1000, "nobody has moved it");
  b.ask(moveCdb(1000, 1006));
  assert.equal(source(1006), 1000);
  b.ask(moveCdb(1006, 256));
  assert.equal(source(256), 1006);
  b.ask(moveCdb(256, 257));
  assert.equal(source(257), 1006);
  b.ask(moveCdb(257, 16));
  assert.equal(source(16), 1006);
  // An operator takes it by hand.
  b.library.at(1007).tag = b.library.at(16).tag;
  b.library.at(16).tag = undefined;
  b.ask([0x07, 0, 0, 0, 0, 0]);
  assert.equal(source(1007), 1007);
});
