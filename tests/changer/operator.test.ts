/** What an operator does to the library: noticed without a command of the server, told once to each nexus. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  EV_NEXUS,
  EV_OPERATOR,
  NEXUS_ESTABLISHED,
  NEXUS_LOST,
  NEXUS_LU_RESET,
  OPERATOR_STOP,
  RESULT_LOST,
} from "../../assembly/spec/event.ts";
import { WORD_GONE, WORD_MOUNT } from "../../assembly/spec/word.ts";
import { coreEvent } from "../../host/core/core-event.ts";
import { Bench, moveCdb, outcome, type Seen, seen } from "./bench.ts";
import { library } from "./model-library.ts";

const TAGS = ["AAA001L9", "AAA002L9", "AAA003L9", "SPR001L9"];
const SIZE = { slots: 6, drives: 2, ports: 2 };
const READY = [0, 0, 0, 0, 0, 0];
const PORT = 16;
const WATCH_MS = 15_000;
/** Of an import/export element: ACCESS, EXENAB, INENAB; and IMPEXP, an operator put there what it holds. */
const BY_ROBOT = 0x38;
const BY_OPERATOR = 0x3a;
const ACCESSED: [number, number] = [6, 0x2801];
const CHANGED: [number, number] = [6, 0x2800];

async function bench(): Promise<Bench> {
  const b = await Bench.started({
    library: library(SIZE, TAGS),
    lanes: 1,
    spares: ["SPR001L9"],
  });
  for (const place of b.library.places) if (place.type === 3) place.flags = BY_ROBOT;
  for (const nexus of [1, 2]) b.send({ ...coreEvent(EV_NEXUS), a: nexus, b: NEXUS_ESTABLISHED });
  b.run();
  b.ask([7, 0, 0, 0, 0, 0]);
  return b;
}
/** An operator puts a cartridge into an element (undefined: takes it), and the library says so. */
function operate(b: Bench, address: number, tag: string | undefined): void {
  const place = b.library.at(address);
  place.tag = tag;
  place.source = 0;
  if (place.type === 3) place.flags = tag === undefined ? BY_ROBOT : BY_OPERATOR;
  b.library.pending.push(place.type === 3 ? ACCESSED : CHANGED);
}
/** The library is asked by itself. */
function watch(b: Bench): void {
  b.tick();
  b.run();
}
function element(b: Bench, address: number): Seen {
  const found = seen(b).find((one) => one.address === address);
  assert.ok(found, `the server sees no element ${address}`);
  return found;
}
/** Unit attentions of a nexus, until it is ready. */
function attentions(b: Bench, nexus: number): string[] {
  const all: string[] = [];
  for (let next = outcome(b.ask(READY, nexus)); next !== "good"; ) {
    all.push(next);
    next = outcome(b.ask(READY, nexus));
  }
  return all;
}
function prevent(b: Bench, nexus: number, value: 0 | 1): void {
  assert.equal(outcome(b.ask([0x1e, 0, 0, 0, value, 0], nexus)), "good");
  b.run();
}

test("a cartridge put into an import/export element: 28/01 to each nexus, once", async () => {
  const b = await bench();
  operate(b, PORT, "NEW001L9");
  const from = b.nowMs;
  watch(b);
  assert.ok(b.nowMs - from <= WATCH_MS);
  for (const nexus of [1, 2]) assert.deepEqual(attentions(b, nexus), ["6/2801"]);
  const { tag, flags, source } = element(b, PORT);
  assert.deepEqual([tag, flags, source], ["NEW001L9", BY_OPERATOR | 1, PORT]);
  assert.equal(outcome(b.ask(moveCdb(PORT, 1004))), "good");
  assert.equal(element(b, PORT).flags, BY_ROBOT);
  assert.deepEqual([element(b, 1004).tag, element(b, 1004).source], ["NEW001L9", PORT]);
});

test("what the robot puts there is no operator's: IMPEXP is off, and was the server's own doing", async () => {
  const b = await bench();
  operate(b, PORT, "NEW001L9");
  watch(b);
  assert.deepEqual(attentions(b, 1), ["6/2801"]);
  b.ask(moveCdb(PORT, 1004));
  assert.equal(outcome(b.ask(moveCdb(1000, PORT))), "good");
  assert.equal(element(b, PORT).flags, BY_ROBOT | 1);
  operate(b, PORT, undefined);
  watch(b);
  assert.deepEqual(attentions(b, 1), ["6/2801"]);
  assert.equal(element(b, PORT).tag, undefined);
  assert.equal(outcome(b.ask(moveCdb(PORT, 1000))), "5/3b0e");
});

test("cartridges that change in the shelves: 28/00; in both: both, the shelves first", async () => {
  const b = await bench();
  operate(b, 1001, undefined);
  watch(b);
  assert.deepEqual(attentions(b, 1), ["6/2800"]);
  assert.deepEqual(attentions(b, 2), ["6/2800"]);
  assert.equal(outcome(b.ask(moveCdb(1001, 256))), "5/3b0e");
  operate(b, 1005, "NEW001L9");
  operate(b, PORT + 1, "NEW002L9");
  watch(b);
  for (const nexus of [1, 2]) assert.deepEqual(attentions(b, nexus), ["6/2800", "6/2801"]);
  assert.deepEqual(
    seen(b).flatMap(({ tag }) => tag ?? []),
    ["NEW002L9", "AAA001L9", "AAA003L9", "NEW001L9"],
  );
});

for (const [what, attentionCount] of [
  ["", 0],
  [", and the library tells", 1],
] as const) {
  test(`a slot emptied, or filled, by hand just before a move${what}: refused at once`, async () => {
    const b = await bench();
    for (const [slot, tag, move, refusal] of [
      [1001, undefined, moveCdb(1001, 256), "5/3b0e"],
      [1004, "NEW001L9", moveCdb(1000, 1004), "5/3b0d"],
    ] as const) {
      b.library.at(slot).tag = tag;
      b.library.pending.push(...[CHANGED].slice(0, attentionCount));
      const from = b.nowMs;
      assert.equal(outcome(b.ask(move)), refusal);
      assert.equal(b.nowMs, from);
      b.run();
      for (const nexus of [1, 2]) assert.deepEqual(attentions(b, nexus), ["6/2800"]);
      assert.equal(element(b, slot).tag, tag);
    }
    assert.equal(outcome(b.ask(moveCdb(1000, 256))), "good");
  });
}

test("a robot that finds no cartridge where the inventory has one is asked again, after a wait", async () => {
  const b = await bench();
  const from = b.nowMs;
  b.library.refusals.push([5, 0x3b0e], [5, 0x3b0d]);
  assert.equal(outcome(b.ask(moveCdb(1000, 256))), "good");
  assert.equal(b.nowMs - from, 500 + 1000);
  b.library.refusals.push(...Array.from({ length: 4 }, (): [number, number] => [5, 0x3b0e]));
  assert.equal(outcome(b.ask(moveCdb(256, 1000))), "5/3b0e");
  assert.equal(outcome(b.ask(moveCdb(256, 1000))), "good");
});

test("a door that was opened for nothing: no unit attention", async () => {
  const b = await bench();
  b.library.pending.push(ACCESSED);
  watch(b);
  assert.deepEqual(attentions(b, 1), []);
});

test("who asks for the inventory himself is told by it, the others by a unit attention", async () => {
  const b = await bench();
  operate(b, 1000, undefined);
  assert.equal(outcome(b.ask([7, 0, 0, 0, 0, 0], 1)), "good");
  assert.deepEqual(attentions(b, 1), []);
  assert.deepEqual(attentions(b, 2), ["6/2800"]);
});

test("magazines, and a library that was off: what they hold is read anew", async () => {
  for (const code of [0x3b12, 0x3b13, 0x2900]) {
    const b = await bench();
    b.library.at(1005).tag = "NEW001L9";
    b.library.pending.push([6, code]);
    watch(b);
    assert.deepEqual(attentions(b, 1), ["6/2800"], code.toString(16));
    assert.equal(element(b, 1005).tag, "NEW001L9");
  }
});

test("the cartridge of a lane taken out by hand: the lane and the server hear of it", async () => {
  const b = await bench();
  assert.equal(outcome(b.ask(moveCdb(1000, 256))), "good");
  operate(b, 256, undefined);
  watch(b);
  assert.ok(b.lastWord(WORD_GONE, 1));
  for (const nexus of [1, 2]) assert.deepEqual(attentions(b, nexus), ["6/2800"]);
  assert.equal(element(b, 256).tag, undefined);
  operate(b, 256, "AAA001L9");
  watch(b);
  assert.deepEqual(attentions(b, 1), ["6/2800"]);
  assert.equal(b.words.filter(({ a }) => a === WORD_MOUNT).length, 2);
  assert.equal(element(b, 256).tag, "AAA001L9");
});

test("a spare put elsewhere by hand stays hidden, one that comes back too", async () => {
  const b = await bench();
  operate(b, 1003, undefined);
  operate(b, 1005, "SPR001L9");
  watch(b);
  attentions(b, 1);
  assert.ok(seen(b).every(({ tag }) => tag !== "SPR001L9"));
  operate(b, 1005, undefined);
  watch(b);
  operate(b, PORT, "SPR001L9");
  watch(b);
  attentions(b, 1);
  assert.ok(seen(b).every(({ tag }) => tag !== "SPR001L9"));
});

test("PREVENT locks the library once for all nexuses, ALLOW of the last unlocks it", async () => {
  const b = await bench();
  assert.deepEqual(b.library.locked, []);
  prevent(b, 1, 1);
  prevent(b, 2, 1);
  assert.deepEqual(b.library.locked, [1]);
  prevent(b, 1, 0);
  assert.deepEqual(b.library.locked, [1]);
  prevent(b, 2, 0);
  assert.deepEqual(b.library.locked, [1, 0]);
});

test("PREVENT ends with its nexus, and with a reset", async () => {
  const b = await bench();
  prevent(b, 1, 1);
  b.send({ ...coreEvent(EV_NEXUS), a: 1, b: NEXUS_LOST });
  b.run();
  assert.deepEqual(b.library.locked, [1, 0]);
  prevent(b, 2, 1);
  b.send({ ...coreEvent(EV_NEXUS), a: 2, b: NEXUS_LU_RESET });
  b.run();
  assert.deepEqual(b.library.locked, [1, 0, 1, 0]);
});

test("a library that forgot is told again; one that refuses is not asked for ever", async () => {
  const b = await bench();
  prevent(b, 1, 1);
  b.library.pending.push([6, 0x2900]);
  watch(b);
  assert.deepEqual(b.library.locked, [1, 1]);
  b.library.pending.push([5, 0x2000]);
  prevent(b, 1, 0);
  watch(b);
  assert.deepEqual(b.library.locked, [1, 1]);
});

test("a library that is away is asked again at its time, and then told", async () => {
  const b = await bench();
  b.robotResult = { result: RESULT_LOST, times: 2 };
  prevent(b, 1, 1);
  assert.deepEqual(b.library.locked, []);
  watch(b);
  watch(b);
  assert.deepEqual(b.library.locked, [1]);
});

test("a bridge that stops asks nothing more", async () => {
  const b = await bench();
  b.send({ ...coreEvent(EV_OPERATOR), a: OPERATOR_STOP });
  b.run();
  assert.ok(b.stopped);
  assert.ok(b.wakeMs === undefined || b.isIdle);
  b.tick();
  b.run();
  assert.equal(b.wakeMs, undefined);
});
