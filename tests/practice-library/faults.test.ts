/** Each row of the fault rules: what a program behind the port sees. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench, DRIVE, ManualClock, record, SLOT, word } from "./harness.ts";

const READY = [0x00];
const UNLOAD = [0x1b, 0, 0, 0, 0];
const LOAD = [0x1b, 0, 0, 0, 1];

async function loaded(t: Parameters<typeof Bench.open>[0], ...rules: string[]): Promise<Bench> {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  for (const rule of rules) {
    assert.equal(bench.library.setFault(rule), undefined);
  }
  return bench;
}

/** What so many WRITEs of 10 bytes are answered. */
async function writes(bench: Bench, count: number, drive = 1): Promise<string[]> {
  const words: string[] = [];
  for (let index = 0; index < count; index += 1) {
    words.push(word(await bench.write(drive, record(10, index))));
  }
  return words;
}

test("cartridge write fail: in whatever drive, from that object on, nothing written", async (t) => {
  const bench = await loaded(t, "cartridge UND001L9 write fail at 2");
  assert.deepEqual(await writes(bench, 3), ["GOOD", "GOOD", "3/0C/00 10"]);
  assert.deepEqual(await bench.position(1), [2, 0, 0]);
  assert.equal(word(await bench.filemarks(1, 1)), "3/0C/00 1");
  assert.equal(word(await bench.filemarks(1, 0)), "GOOD");
  assert.deepEqual(await bench.alerts(1), [3, 4, 6]);
  assert.deepEqual(await bench.alerts(1), []);
  await bench.move(DRIVE, SLOT);
  await bench.mount(0, 2);
  await bench.send(2, [0x11, 3]);
  assert.deepEqual(await writes(bench, 1, 2), ["3/0C/00 10"]);
  await bench.move(DRIVE + 1, SLOT);
  await bench.mount(1, 1);
  assert.deepEqual(await writes(bench, 4), Array(4).fill("GOOD"));
  const [fault] = bench.library.listFaults();
  assert.deepEqual(fault, {
    rule: "cartridge UND001L9 write fail at 2",
    struck: 3,
    active: true,
  });
});

test("cartridge write fail times 2 heals after two", async (t) => {
  const bench = await loaded(t, "cartridge UND001L9 write fail at 1 times 2");
  assert.deepEqual(await writes(bench, 4), ["GOOD", "3/0C/00 10", "3/0C/00 10", "GOOD"]);
  assert.equal(bench.library.listFaults()[0]?.active, false);
});

test("cartridge read fail: at that object only, the position goes on", async (t) => {
  const bench = await loaded(t, "cartridge UND001L9 read fail at 1");
  await writes(bench, 3);
  await bench.rewind(1);
  const reads = [1, 2, 3].map(() => bench.read(1, 10));
  assert.deepEqual((await Promise.all(reads)).map(word), ["GOOD", "3/11/00 10", "GOOD"]);
  assert.deepEqual(await bench.alerts(1), [3, 4, 5]);
});

test("drive write and read fail: after so many records, so many times, with any cartridge", async (t) => {
  const bench = await loaded(t, "drive 1 write fail after 2 times 1", "drive 1 read fail after 1");
  assert.deepEqual(await writes(bench, 4), ["GOOD", "GOOD", "4/44/00 10", "GOOD"]);
  assert.deepEqual(await bench.alerts(1), [31]);
  await bench.rewind(1);
  const reads = [1, 2, 3].map(() => bench.read(1, 10));
  assert.deepEqual((await Promise.all(reads)).map(word), ["GOOD", "4/44/00 10", "4/44/00 10"]);
  assert.deepEqual(await bench.position(1), [1, 0, 0]);
  await bench.mount(1, 2);
  assert.deepEqual(await writes(bench, 4, 2), Array(4).fill("GOOD"));
});

test("drive write deferred: a GOOD that was none, told by the next command", async (t) => {
  const bench = await loaded(t, "drive 1 write deferred after 2");
  assert.deepEqual(await writes(bench, 3), ["GOOD", "GOOD", "GOOD"]);
  assert.equal(word(await bench.send(1, READY)), "4/44/00 D");
  assert.deepEqual(await bench.position(1), [2, 0, 0]);
  assert.equal(word(await bench.filemarks(1, 1)), "4/44/00 D");
  assert.deepEqual(await bench.position(1), [2, 0, 0]);
});

test("drive write deferred loses the buffer", async (t) => {
  const clock = new ManualClock();
  const bench = await Bench.open(t, { rate: 1024 * 1024, moveMs: 0, loadMs: 0 }, clock);
  await bench.mount(0, 1);
  bench.library.setFault("drive 1 write deferred after 5");
  const big = Buffer.alloc(2 * 1024 * 1024);
  const answers = Array.from({ length: 6 }, () => bench.write(1, big));
  await clock.someoneWaits();
  await Promise.all(answers.slice(0, 5));
  clock.advance(10_000);
  assert.deepEqual((await Promise.all(answers)).map(word), Array(6).fill("GOOD"));
  assert.equal(word(await bench.filemarks(1, 0)), "4/44/00 D");
  const [object] = await bench.position(1);
  assert.ok(object < 5, `${object} of 5 objects reached the medium`);
});

test("hang: nothing is answered, the robot still gets the cartridge, clear brings it back", async (t) => {
  const bench = await loaded(t, "drive 1 hang after 2");
  await bench.send(1, [0x1e, 0, 0, 0, 1]);
  assert.deepEqual(await writes(bench, 2), ["GOOD", "GOOD"]);
  let isAnswered = false;
  const held = bench.send(1, READY).then((outcome) => {
    isAnswered = true;
    return outcome;
  });
  await bench.idle(1);
  assert.equal(word(await bench.move(DRIVE, SLOT)), "GOOD");
  assert.equal(word(await bench.move(SLOT, DRIVE + 1)), "GOOD");
  assert.equal(isAnswered, false);
  bench.library.clearFaults();
  assert.equal(word(await held), "6/29/00");
  assert.equal(word(await bench.send(1, READY)), "2/3A/00");
  await bench.send(2, LOAD);
  await bench.send(2, READY);
  assert.deepEqual((await bench.read(2, 10)).dataIn, record(10, 0));
});

test("an aborted task of a hung drive stays unanswered after clear", async (t) => {
  const bench = await loaded(t, "drive 1 hang");
  const { task, unit, outcome } = bench.start(1, READY);
  const other = bench.start(1, READY);
  await bench.idle(1);
  unit.abort(task);
  bench.library.clearFaults();
  assert.equal(word(await other.outcome), "6/29/00");
  const first = await Promise.race([outcome, Promise.resolve("none")]);
  assert.equal(first, "none");
});

test("drop: the connection goes with the first command and with every later one", async (t) => {
  const bench = await loaded(t, "drive 1 drop");
  bench.start(1, READY);
  bench.start(1, READY);
  await bench.idle(1);
  assert.deepEqual(bench.cut, [1, 1]);
  assert.equal(word(await bench.send(2, READY)), "2/3A/00");
  bench.library.clearFaults();
  assert.equal(word(await bench.send(1, READY)), "6/29/00");
  assert.deepEqual(bench.cut, [1, 1]);
});

test("reset: unit attention once, position and settings lost", async (t) => {
  const bench = await loaded(t, "drive 1 reset after 3");
  assert.deepEqual(await writes(bench, 4), ["GOOD", "GOOD", "GOOD", "6/29/00"]);
  assert.deepEqual(await bench.position(1), [0, 0, 0]);
  assert.equal((await bench.read(1, 10)).dataIn.length, 10);
});

test("unload fail: the cartridge is stuck for UNLOAD and for the robot", async (t) => {
  const bench = await loaded(t, "drive 1 unload fail");
  assert.equal(word(await bench.send(1, UNLOAD)), "4/53/00");
  assert.equal(word(await bench.move(DRIVE, SLOT)), "4/53/00");
  assert.deepEqual(await bench.alerts(1), [56]);
  assert.equal(word(await bench.send(1, READY)), "GOOD");
  bench.library.clearFaults();
  assert.equal(word(await bench.move(DRIVE, SLOT)), "GOOD");
});

test("a hung drive that cannot unload keeps its cartridge", async (t) => {
  const bench = await loaded(t, "drive 1 hang", "drive 1 unload fail");
  bench.start(1, READY);
  await bench.idle(1);
  assert.equal(word(await bench.move(DRIVE, SLOT)), "4/53/00");
});

test("load fail: not ready for that reason, stuck until clear", async (t) => {
  const bench = await Bench.open(t);
  bench.library.setFault("drive 1 load fail");
  assert.equal(word(await bench.move(SLOT, DRIVE)), "GOOD");
  assert.equal(word(await bench.send(1, LOAD)), "3/53/00");
  assert.equal(word(await bench.send(1, READY)), "3/53/00");
  assert.equal(word(await bench.move(DRIVE, SLOT)), "3/53/00");
  assert.deepEqual(await bench.alerts(1), [55]);
  bench.library.clearFaults();
  assert.equal(word(await bench.send(1, LOAD)), "GOOD");
  assert.equal(word(await bench.move(DRIVE, SLOT)), "GOOD");
});

test("dirty: TapeAlert 20, then write errors, until a cleaning cartridge was in", async (t) => {
  const bench = await loaded(t, "drive 1 dirty after 2");
  assert.deepEqual(await writes(bench, 1), ["GOOD"]);
  assert.deepEqual(await bench.alerts(1), []);
  assert.deepEqual(await writes(bench, 1), ["GOOD"]);
  assert.deepEqual(await bench.alerts(1), [20]);
  assert.deepEqual(await writes(bench, 17), [...Array(16).fill("GOOD"), "3/0C/00 10"]);
  await bench.move(DRIVE, SLOT);
  assert.equal(word(await bench.move(SLOT + 5, DRIVE)), "GOOD");
  assert.equal(word(await bench.send(1, LOAD)), "2/3A/00");
  assert.equal(word(await bench.move(DRIVE, SLOT + 5)), "GOOD");
  await bench.mount(0, 1);
  assert.deepEqual(await writes(bench, 30), Array(30).fill("GOOD"));
  assert.equal(bench.library.listFaults()[0]?.active, false);
});

test("robot move fail once or N times, robot stuck for ever", async (t) => {
  const bench = await Bench.open(t);
  bench.library.setFault("robot move fail times 2");
  const two = [await bench.move(SLOT, DRIVE), await bench.move(SLOT, DRIVE)];
  assert.deepEqual(two.map(word), ["4/15/01", "4/15/01"]);
  assert.equal(word(await bench.move(SLOT, SLOT + 3)), "GOOD");
  bench.library.setFault("robot stuck");
  for (let index = 0; index < 3; index += 1) {
    assert.equal(word(await bench.move(SLOT + 1, DRIVE)), "4/15/01");
  }
  bench.library.clearFaults();
  assert.deepEqual(bench.library.listFaults(), []);
  assert.equal(word(await bench.move(SLOT + 1, DRIVE)), "GOOD");
});

test("rules that name what is not there are refused with what is", async (t) => {
  const bench = await Bench.open(t);
  const { library } = bench;
  assert.match(library.setFault("drive 3 hang") ?? "", /drives are 1 to 2/);
  assert.match(library.setFault("cartridge NONE write fail") ?? "", /there is: CLNU01L1 UND001L9/);
  assert.match(library.setFault("nonsense") ?? "", /word 1/);
  assert.deepEqual(library.listFaults(), []);
  const answers = Array.from({ length: 101 }, () => library.setFault("drive 1 rate 40M"));
  assert.equal(answers.filter((answer) => answer === undefined).length, 100);
});
