/** EXCHANGE MEDIUM, and MOVE MEDIUM from an element to itself. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { WORD_RELEASE } from "../../assembly/spec/word.ts";
import { Bench, moveCdb, outcome, seen } from "./bench.ts";
import { library } from "./model-library.ts";

const TAGS = ["AAA001L9", "AAA002L9", "AAA003L9", "AAA004L9"];
const SIZE = { slots: 6, drives: 3, ports: 1 };

async function bench(tags: readonly string[] = TAGS, slots = SIZE.slots): Promise<Bench> {
  const b = await Bench.started({ library: library({ ...SIZE, slots }, tags), lanes: 2 });
  b.ask(moveCdb(1000, 256));
  return b;
}
function exchange(from: number, to: number, second: number, invert = 0): number[] {
  const bytes = [from, to, second].flatMap((address) => [address >> 8, address & 0xff]);
  return [0xa6, 0, 0, 1, ...bytes, invert, 0];
}
function tagAt(b: Bench, address: number): string | undefined {
  return seen(b).find((one) => one.address === address)?.tag;
}
function sourceAt(b: Bench, address: number): number | undefined {
  return seen(b).find((one) => one.address === address)?.source;
}
function tags(b: Bench): string[] {
  return seen(b)
    .flatMap(({ tag }) => tag ?? [])
    .toSorted();
}

test("a move from an element to itself is done at once, also where it is a lane", async () => {
  const b = await bench();
  const { moves } = b.library;
  for (const address of [1001, 256]) {
    assert.equal(outcome(b.ask(moveCdb(address, address))), "good");
  }
  assert.equal(outcome(b.ask(moveCdb(1000, 1000))), "5/3b0e");
  assert.equal(b.library.moves, moves);
  assert.equal(b.lastWord(WORD_RELEASE, 1), undefined, "the lane is not disturbed");
});

test("EXCHANGE MEDIUM to another element", async () => {
  const b = await bench();
  assert.equal(outcome(b.ask(exchange(1001, 256, 1000))), "good");
  assert.deepEqual([tagAt(b, 256), tagAt(b, 1000), tagAt(b, 1001)], [TAGS[1], TAGS[0], undefined]);
});

test("EXCHANGE MEDIUM of two: storage with a lane, a lane with a lane, import/export with storage", async () => {
  const b = await bench();
  assert.equal(outcome(b.ask(exchange(1001, 256, 1001))), "good");
  assert.deepEqual([tagAt(b, 256), tagAt(b, 1001)], [TAGS[1], TAGS[0]]);
  b.ask(moveCdb(1002, 257));
  assert.equal(outcome(b.ask(exchange(256, 257, 256))), "good");
  assert.deepEqual([tagAt(b, 256), tagAt(b, 257)], [TAGS[2], TAGS[1]]);
  b.ask(moveCdb(257, 16));
  assert.equal(outcome(b.ask(exchange(16, 1001, 16))), "good");
  assert.deepEqual([tagAt(b, 16), tagAt(b, 1001)], [TAGS[0], TAGS[1]]);
  // Not where one of them was put aside: nobody was told of that.
  assert.deepEqual([sourceAt(b, 16), sourceAt(b, 1001)], [1001, 16]);
  assert.deepEqual(tags(b), TAGS.slice(0, 3));
});

test("EXCHANGE MEDIUM is refused where it cannot be", async () => {
  const b = await bench();
  const rows: [readonly number[], string][] = [
    [exchange(1004, 256, 1005), "5/3b0e"],
    [exchange(1001, 257, 1005), "5/3b0e"],
    [exchange(1001, 256, 1002), "5/3b0d"],
    [exchange(1001, 256, 256), "5/3b0d"],
    [exchange(1001, 1001, 1005), "5/2101"],
    [exchange(1003, 256, 1005), "5/2101"],
    [exchange(1001, 258, 1005), "5/2101"],
    [exchange(1001, 256, 4711), "5/2101"],
    [exchange(1001, 256, 1005, 1), "5/2400"],
    [exchange(1001, 256, 1005, 2), "5/2400"],
  ];
  const before = seen(b);
  for (const [cdb, wanted] of rows) {
    assert.equal(outcome(b.ask(cdb)), wanted, Buffer.from(cdb).toString("hex"));
  }
  assert.deepEqual(seen(b), before);
});

test("an exchange of two in a library without an empty storage element is refused", async () => {
  const b = await bench(TAGS, 4);
  b.ask(moveCdb(1001, 1000));
  b.ask(moveCdb(256, 1001));
  b.ask(moveCdb(1000, 16));
  b.ask(moveCdb(1002, 1000));
  b.ask(moveCdb(1001, 1002));
  b.ask(moveCdb(16, 1001));
  assert.equal(outcome(b.ask(exchange(1000, 1001, 1000))), "5/3b0d");
});

test("an exchange that fails in its middle: the sense, and everything is where it is", async () => {
  const b = await bench();
  for (const passed of [0, 1, 2]) {
    const before = tags(b);
    b.library.passing = passed;
    b.library.failures = Array.from({ length: 4 }, () => ({ afterwards: false }));
    assert.equal(outcome(b.ask(exchange(1001, 256, 1001))), "4/1501");
    b.run();
    assert.deepEqual(tags(b), before, `after ${passed} moves`);
    // Back to where it began.
    for (const [index, address] of [256, 1001].entries()) {
      const there = seen(b).find(({ tag }) => tag === TAGS[index])?.address ?? 0;
      if (there === address) continue;
      if (tagAt(b, address) !== undefined)
        assert.equal(outcome(b.ask(moveCdb(address, 1005))), "good");
      const now = seen(b).find(({ tag }) => tag === TAGS[index])?.address ?? 0;
      assert.equal(outcome(b.ask(moveCdb(now, address))), "good");
    }
  }
});

test("while an exchange is under way its elements are busy", async () => {
  const b = await bench();
  b.silent.add(1);
  b.command(exchange(1001, 256, 1001));
  b.settle();
  for (const cdb of [moveCdb(1001, 257), moveCdb(1002, 1000), moveCdb(256, 1005)]) {
    assert.equal(outcome(b.ask(cdb)), "status 8", Buffer.from(cdb).toString("hex"));
  }
  assert.equal(outcome(b.ask(moveCdb(1002, 257))), "good");
});
