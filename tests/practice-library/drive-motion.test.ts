/**
 * SPACE, LOCATE, REWIND, ERASE and READ POSITION against a model that is nothing but a list of
 * objects: random tapes, random moves.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Bench, record, u24, word } from "./harness.ts";

const RUNS = 60;

/** What a tape of these objects answers to a move, worked out step by step. */
class Model {
  readonly objects: readonly ("record" | "mark")[];
  at = 0;

  constructor(objects: readonly ("record" | "mark")[]) {
    this.objects = objects;
  }

  get marks(): number {
    return this.objects.slice(0, this.at).filter((kind) => kind === "mark").length;
  }

  space(code: number, count: number): string {
    const wanted = Math.abs(count);
    for (let done = 0; done < wanted; ) {
      const kind = count > 0 ? this.objects[this.at] : this.objects[this.at - 1];
      if (kind === undefined) {
        return count > 0 ? `8/00/05 ${wanted - done}` : `0/00/04 E ${wanted - done}`;
      }
      this.at += Math.sign(count);
      if (code === 0 && kind === "mark") {
        return `0/00/01 F ${wanted - done}`;
      }
      done += code === 0 || kind === "mark" ? 1 : 0;
    }
    return "GOOD";
  }

  locate(object: number): string {
    this.at = Math.min(object, this.objects.length);
    return object > this.objects.length ? "8/00/05" : "GOOD";
  }

  file(file: number): string {
    const starts = [0, ...this.objects.flatMap((kind, at) => (kind === "mark" ? [at + 1] : []))];
    this.at = starts[file] ?? this.objects.length;
    return starts[file] === undefined ? "8/00/05" : "GOOD";
  }
}

const move = fc.oneof(
  fc.record({
    op: fc.constantFrom("space6", "space16"),
    code: fc.constantFrom(0, 1),
    count: fc.integer({ min: -12, max: 12 }),
  }),
  fc.record({
    op: fc.constantFrom("locate10", "locate16", "file"),
    code: fc.constant(0),
    count: fc.integer({ min: 0, max: 14 }),
  }),
  fc.record({
    op: fc.constantFrom("rewind", "end", "locateEnd"),
    code: fc.constant(0),
    count: fc.constant(0),
  }),
);
const tape = fc.array(fc.constantFrom("record" as const, "mark" as const), { maxLength: 12 });

function cdbOf(op: string, code: number, count: number): number[] {
  const wide = Buffer.alloc(8);
  wide.writeBigInt64BE(BigInt(count));
  const cdbs = new Map([
    ["space6", [0x11, code, ...u24(count)]],
    ["space16", [0x91, code, 0, 0, ...wide]],
    ["locate10", [0x2b, 0, 0, 0, 0, 0, count]],
    ["locate16", [0x92, 0, 0, 0, ...wide]],
    ["file", [0x92, 1 << 3, 0, 0, ...wide]],
    ["rewind", [0x01]],
    ["end", [0x11, 3]],
    ["locateEnd", [0x92, 3 << 3]],
  ]);
  return cdbs.get(op) ?? [];
}

function expectedOf(model: Model, op: string, code: number, count: number): string {
  switch (op) {
    case "space6":
    case "space16":
      return model.space(code, count);
    case "locate10":
    case "locate16":
      return model.locate(count);
    case "file":
      return model.file(count);
    default:
      return model.locate(op === "rewind" ? 0 : model.objects.length);
  }
}

test("any moves on any tape end where a list of objects says", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  const property = fc.asyncProperty(
    tape,
    fc.array(move, { maxLength: 10 }),
    async (kinds, moves) => {
      await bench.rewind(1);
      assert.equal(word(await bench.send(1, [0x19])), "GOOD");
      for (const kind of kinds) {
        await (kind === "mark" ? bench.filemarks(1, 1) : bench.write(1, record(5)));
      }
      const model = new Model(kinds);
      model.at = kinds.length;
      for (const { op, code, count } of moves) {
        const expected = expectedOf(model, op, code, count);
        assert.equal(word(await bench.send(1, cdbOf(op, code, count))), expected, `${op} ${count}`);
        assert.deepEqual(await bench.position(1), [model.at, model.marks, 0]);
      }
    },
  );
  await fc.assert(property, { numRuns: RUNS });
});

test("moves the drive does not know are refused and move nothing", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  await bench.write(1, record(5));
  const cdbs = [
    [0x11, 2, 0, 0, 1],
    [0x11, 4, 0, 0, 1],
    [0x92, 2 << 3],
    [0x2b, 2, 0, 0, 0, 0, 0, 0, 1],
    [0x34, 3],
  ];
  for (const cdb of cdbs) {
    assert.equal(word(await bench.send(1, cdb)), "5/24/00");
    assert.deepEqual(await bench.position(1), [1, 0, 0]);
  }
});

test("more objects than one checkpoint of the index", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  await bench.write(1, record(4));
  await bench.filemarks(1, 3000);
  await bench.write(1, record(6));
  const rows: [cdb: number[], object: number, file: number][] = [
    [cdbOf("locate16", 0, 2048), 2048, 2047],
    [cdbOf("locate16", 0, 1025), 1025, 1024],
    [cdbOf("file", 0, 2900), 2901, 2900],
    [cdbOf("space16", 1, -1900), 1001, 1000],
    [cdbOf("end", 0, 0), 3002, 3000],
  ];
  for (const [cdb, object, file] of rows) {
    assert.equal(word(await bench.send(1, cdb)), "GOOD");
    assert.deepEqual(await bench.position(1), [object, file, 0]);
  }
  await bench.send(1, cdbOf("locate16", 0, 3001));
  assert.deepEqual((await bench.read(1, 6)).dataIn, record(6));
});

test("the three forms of READ POSITION say the same", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  const begin = (await bench.send(1, [0x34, 0], { inBytes: 20 })).dataIn;
  assert.equal(begin.readUInt8(0), 0x80);
  await bench.write(1, record(5));
  await bench.filemarks(1, 1);
  const short = (await bench.send(1, [0x34, 1], { inBytes: 20 })).dataIn;
  assert.deepEqual([short.readUInt8(0), short.readUInt32BE(4), short.readUInt32BE(8)], [0, 2, 2]);
  const extended = (await bench.send(1, [0x34, 8, 0, 0, 0, 0, 0, 0, 32], { inBytes: 32 })).dataIn;
  assert.equal(extended.readUInt16BE(2), 28);
  assert.deepEqual(
    [8, 16, 24].map((at) => extended.readBigUInt64BE(at)),
    [2n, 2n, 0n],
  );
  assert.deepEqual(await bench.position(1), [2, 1, 0]);
});
