/** Libraries as they are: robots that fail, are lost or slow to start, answers with holes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { RESULT_LOST, RESULT_SILENT } from "../../assembly/spec/event.ts";
import { LOG_ROBOT_FAILED } from "../../assembly/spec/log-code.ts";
import { Bench, moveCdb, outcome, seen } from "./bench.ts";
import { library, type Quirks } from "./model-library.ts";

const TAGS = ["AAA001L9", "AAA002L9", "AAA003L9", "AAA004L9"];
const SIZE = { slots: 5, drives: 3, ports: 1 };

async function bench(quirks: Quirks = {}): Promise<Bench> {
  return await Bench.started({ library: library(SIZE, TAGS, quirks), lanes: 2 });
}
function failing(times: number, afterwards: boolean): { afterwards: boolean }[] {
  return Array.from({ length: times }, () => ({ afterwards }));
}

test("a move that fails is tried again", async () => {
  const b = await bench();
  b.library.failures = failing(3, false);
  const from = b.nowMs;
  assert.equal(outcome(b.ask(moveCdb(1000, 256))), "good");
  assert.equal(b.nowMs - from, 500 + 1000 + 2000);
});

test("a move that happened in spite of its error is not done twice", async () => {
  const b = await bench();
  b.library.failures = failing(1, true);
  assert.equal(outcome(b.ask(moveCdb(1000, 256))), "good");
  assert.equal(b.library.moves, 1);
});

test("a robot that is stuck: the server gets its own sense, nothing is lost", async () => {
  const b = await bench();
  const before = seen(b);
  b.library.failures = failing(4, false);
  assert.equal(outcome(b.ask(moveCdb(1000, 256))), "4/1501");
  b.run();
  assert.deepEqual(seen(b), before);
  assert.equal(outcome(b.ask(moveCdb(1000, 256))), "good");
});

test("an unload that fails leaves the volume where it is", async () => {
  const b = await bench();
  b.ask(moveCdb(1000, 256));
  const before = seen(b);
  b.library.failures = failing(4, false);
  assert.equal(outcome(b.ask(moveCdb(256, 1000))), "4/1501");
  b.run();
  assert.deepEqual(seen(b), before);
});

test("a robot that says nothing, or is gone for a while", async () => {
  const b = await bench();
  b.robotResult = { result: RESULT_LOST, times: 3 };
  assert.equal(outcome(b.ask(moveCdb(1000, 256))), "good");
  b.robotResult = { result: RESULT_SILENT, times: 1 };
  assert.equal(outcome(b.ask(moveCdb(1001, 257))), "4/0800");
  b.robotResult = { result: RESULT_LOST, times: 1000 };
  assert.equal(outcome(b.ask(moveCdb(1001, 257))), "4/0800");
  b.robotResult = { result: 0, times: 0 };
  b.run();
  assert.equal(outcome(b.ask(moveCdb(1001, 257))), "good");
});

test("unit attentions are absorbed, a library that is not ready yet is waited for", async () => {
  const b = await Bench.create({ library: library(SIZE, TAGS), lanes: 2 });
  b.library.pending.push([6, 0x2900], [6, 0x2800], [2, 0x0401], [2, 0x0401]);
  b.begin();
  b.run();
  assert.equal(b.started, 0);
});

test("a library that cannot be read: started with a code, commands are NOT READY", async () => {
  const b = await Bench.create({ library: library(SIZE, TAGS), lanes: 2 });
  b.robotResult = { result: RESULT_LOST, times: 1000 };
  b.begin();
  b.run();
  assert.equal(b.started, LOG_ROBOT_FAILED);
  assert.equal(outcome(b.ask([0, 0, 0, 0, 0, 0])), "2/0401");
  assert.equal(outcome(b.ask([0x12, 0, 0, 0, 36, 0])), "good");
});

for (const [name, quirks] of Object.entries<Quirks>({
  shortBytes: { shortBytes: true },
  noDeviceIds: { noDeviceIds: true },
  silentDeviceIds: { silentDeviceIds: true },
  noModePage: { noModePage: true },
  blindDrives: { blindDrives: true },
})) {
  test(`a library with a quirk is the same library: ${name}`, async () => {
    const plain = await bench();
    const b = await bench(quirks);
    assert.deepEqual(seen(b), seen(plain));
    b.ask(moveCdb(1000, 256));
    plain.ask(moveCdb(1000, 256));
    assert.equal(outcome(b.ask([0x07, 0, 0, 0, 0, 0])), "good");
    assert.deepEqual(seen(b), seen(plain));
    const after = await b.restart();
    after.begin();
    after.run();
    assert.deepEqual(seen(after), seen(plain));
  });
}

test("drives are matched by serial number, not by order", async () => {
  const shuffled = library(SIZE, TAGS);
  const drives = shuffled.places.filter(({ type }) => type === 4);
  const places = shuffled.places.filter(({ type }) => type !== 4);
  for (const [index, drive] of drives.entries()) {
    places.push({ ...drive, serial: drives.at(-1 - index)?.serial ?? "" });
  }
  shuffled.places.splice(0, shuffled.places.length, ...places);
  // The host numbers drives by logical unit: DRV00000 is the last element here.
  const b = await Bench.create({ library: shuffled, lanes: 1 });
  b.drives = ["DRV00000", "DRV00001", "DRV00002"];
  b.begin();
  b.run();
  assert.equal(outcome(b.ask(moveCdb(1000, 258))), "good");
  assert.equal(shuffled.at(258).tag, "AAA001L9");
});

test("a large library is read in pieces", async () => {
  const tags = Array.from({ length: 1000 }, (_, n) => `V${String(n).padStart(5, "0")}L9`);
  const big = library({ slots: 1024, drives: 32, ports: 64 }, tags);
  const b = await Bench.started({ library: big, lanes: 32, spares: ["V00500L9"] });
  assert.equal(b.started, 0);
  const all = seen(b);
  assert.equal(all.length, 1 + 1023 + 64 + 32);
  assert.equal(all.filter(({ tag }) => tag !== undefined).length, 999);
  for (let lane = 0; lane < 32; lane += 1) b.ask(moveCdb(1000 + lane, 256 + lane));
  const after = await b.restart();
  after.begin();
  after.run();
  assert.equal(after.started, 0);
  assert.deepEqual(seen(after), seen(b));
  assert.ok(b.journal.length <= 8192);
});
