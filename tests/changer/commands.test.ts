/** What the server sees of the changer, command by command, against a library without faults. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  EV_DEVICE_DONE,
  EV_NEXUS,
  EV_OPERATOR,
  EV_TASK_END,
  NEXUS_ESTABLISHED,
  NEXUS_LU_RESET,
  OPERATOR_STOP,
} from "../../assembly/spec/event.ts";
import {
  WORD_GONE,
  WORD_MOUNT,
  WORD_MOUNTED,
  WORD_RELEASE,
  WORD_RELEASED,
  WORD_SPARES,
} from "../../assembly/spec/word.ts";
import { coreEvent } from "../../host/core/core-event.ts";
import { Bench, moveCdb, outcome, seen } from "./bench.ts";
import { library } from "./model-library.ts";

const TAGS = ["AAA001L9", "AAA002L9", "AAA003L9", "AAA004L9", "CLN001L1"];
const SIZE = { slots: 8, drives: 3, ports: 2 };
const INQUIRY = 0x12;

async function bench(): Promise<Bench> {
  return await Bench.started({ library: library(SIZE, TAGS), lanes: 2 });
}
function place(b: Bench, address: number): { tag: string | undefined; source: number | undefined } {
  const found = seen(b).find((one) => one.address === address);
  assert.ok(found, `the server sees no element ${address}`);
  return { tag: found.tag, source: found.source };
}

test("starts, and keeps the last full storage element that is no cleaning cartridge", async () => {
  const b = await bench();
  assert.equal(b.started, 0);
  const all = seen(b);
  const storage = all.filter(({ type }) => type === 2);
  assert.deepEqual(
    storage.map(({ address }) => address),
    [1000, 1001, 1002, 1004, 1005, 1006, 1007],
  );
  assert.deepEqual(
    storage.map(({ tag }) => tag),
    ["AAA001L9", "AAA002L9", "AAA003L9", "CLN001L1", undefined, undefined, undefined],
  );
  const lanes = all.filter(({ type }) => type === 4);
  assert.deepEqual(
    lanes.map(({ address }) => address),
    [256, 257],
  );
  assert.match(lanes[1]?.device ?? "", /^ACME {4}TAPE {12}LANE2 {11}$/);
});

test("spare media by name; unknown names are logged and change nothing", async () => {
  const spares = ["AAA002L9", "NOSUCH", "AAA001L9"];
  const b = await Bench.started({ library: library(SIZE, TAGS), lanes: 2, spares });
  const tags = seen(b).flatMap(({ tag }) => tag ?? []);
  assert.deepEqual(tags, ["AAA003L9", "AAA004L9", "CLN001L1"]);
  assert.equal(b.logs.filter(({ params }) => params.toString().startsWith("NOSUCH")).length, 1);
});

test("a cleaning cartridge that was named is hidden, and no spare for anybody", async () => {
  const spares = ["AAA004L9", "CLN001L1"];
  const first = await Bench.started({ library: library(SIZE, TAGS), lanes: 2, spares });
  const again = await first.restart();
  again.begin();
  again.run();
  for (const b of [first, again]) {
    assert.equal(b.started, 0);
    assert.ok(seen(b).every(({ tag }) => tag !== "CLN001L1"));
    assert.equal(b.lastWord(WORD_SPARES, 1)?.d, 1, "one spare medium");
  }
});

test("loads: robot, then the lane's word, then GOOD; the source is the slot it came from", async () => {
  const b = await bench();
  b.silent.add(2);
  const task = b.command(moveCdb(1001, 257));
  b.settle();
  const mount = b.lastWord(WORD_MOUNT, 2);
  assert.equal(mount?.c, 1);
  assert.equal(mount?.d, 0);
  assert.equal(mount?.x, 0x10001);
  assert.equal(mount?.params.toString("latin1").replace(/ +/g, " "), "AAA002L9 AAA002L9 ");
  assert.equal(b.replies.has(task), false);
  b.word(WORD_MOUNTED, 2);
  b.settle();
  assert.equal(b.replies.get(task)?.status, 0);
  assert.deepEqual(place(b, 257), { tag: "AAA002L9", source: 1001 });
  assert.deepEqual(place(b, 1001), { tag: undefined, source: undefined });
});

test("a lane that never answers the mount: GOOD after its time", async () => {
  const b = await bench();
  b.silent.add(1);
  const from = b.nowMs;
  assert.equal(outcome(b.ask(moveCdb(1001, 256))), "good");
  assert.equal(b.nowMs - from, 60_000);
});

test("unloads: the lane's word first, then the robot", async () => {
  const b = await bench();
  b.ask(moveCdb(1000, 256));
  b.silent.add(1);
  const moves = b.library.moves;
  const task = b.command(moveCdb(256, 1006));
  b.settle();
  assert.ok(b.lastWord(WORD_RELEASE, 1));
  assert.equal(b.library.moves, moves);
  assert.equal(outcome(b.ask(moveCdb(1001, 257))), "good", "another lane is not held up");
  b.word(WORD_RELEASED, 1);
  b.settle();
  assert.equal(b.replies.get(task)?.status, 0);
  assert.equal(b.lastWord(WORD_GONE, 1)?.c, 0);
  assert.deepEqual(place(b, 1006), { tag: "AAA001L9", source: 1000 });
});

test("a lane that cannot release: its sense, and nothing moved", async () => {
  const b = await bench();
  b.ask(moveCdb(1000, 256));
  b.silent.add(1);
  const task = b.command(moveCdb(256, 1000));
  b.settle();
  b.word(WORD_RELEASED, 1, 0x045300);
  b.settle();
  const reply = b.replies.get(task);
  assert.ok(reply);
  assert.equal(outcome(reply), "4/5300");
  assert.deepEqual(place(b, 256), { tag: "AAA001L9", source: 1000 });
});

test("wrong moves get the right sense", async () => {
  const b = await bench();
  b.ask(moveCdb(1000, 256));
  const expected: [number, number, string][] = [
    [1007, 257, "5/3b0e"],
    [1001, 256, "5/3b0d"],
    [1001, 1002, "5/3b0d"],
    [1003, 257, "5/2101"],
    [1001, 1003, "5/2101"],
    [1001, 258, "5/2101"],
    [4711, 257, "5/2101"],
    [257, 1007, "5/3b0e"],
  ];
  for (const [from, to, sense] of expected) {
    assert.equal(outcome(b.ask(moveCdb(from, to))), sense, `${from} to ${to}`);
  }
  const invert = moveCdb(1001, 257);
  invert[10] = 1;
  assert.equal(outcome(b.ask(invert)), "5/2400");
  assert.equal(outcome(b.ask([0xa5, 0, 0, 99, 3, 233, 1, 1])), "5/2101");
});

test("import/export elements are places like others", async () => {
  const b = await bench();
  assert.equal(outcome(b.ask(moveCdb(1000, 17))), "good");
  assert.deepEqual(place(b, 17), { tag: "AAA001L9", source: 1000 });
  assert.equal(outcome(b.ask(moveCdb(17, 256))), "good");
  assert.deepEqual(place(b, 256), { tag: "AAA001L9", source: 17 });
  assert.equal(outcome(b.ask(moveCdb(256, 257))), "good");
  assert.deepEqual(place(b, 257), { tag: "AAA001L9", source: 17 });
});

test("a second command on an element that is being moved is BUSY; others are answered", async () => {
  const b = await bench();
  b.silent.add(1);
  const task = b.command(moveCdb(1000, 256));
  b.settle();
  const second = b.command(moveCdb(1001, 256));
  const status = b.command([0x00, 0, 0, 0, 0, 0]);
  b.settle();
  assert.equal(b.replies.get(second)?.status, 8);
  assert.equal(b.replies.get(status)?.status, 0);
  b.send(coreEvent(EV_TASK_END, task));
  b.run();
  assert.equal(b.replies.has(task), false, "an ended task is not answered");
  assert.equal(place(b, 256).tag, "AAA001L9", "but goes to its end");
});

test("less expected than asked for: cut, and the wanted count is told", async () => {
  const b = await bench();
  const reply = b.ask([INQUIRY, 0, 0, 0, 36, 0], 1, 5);
  assert.equal(reply.data.length, 5);
  assert.equal(reply.wanted, 36);
});

test("INQUIRY: the real changer's names, its own serial number", async () => {
  const b = await bench();
  const standard = b.ask([INQUIRY, 0, 0, 0, 255, 0]).data;
  assert.equal(standard.toString("hex", 0, 8), "088006021f000002");
  assert.equal(standard.toString("latin1", 8), "ACME    LIBRARY         0001");
  const serial = b.ask([INQUIRY, 1, 0x80, 0, 255, 0]).data.toString("latin1", 4);
  assert.match(serial, /^USTCHG[0-9A-F]{8}$/);
  assert.equal(b.ask([INQUIRY, 1, 0, 0, 255, 0]).data.toString("hex"), "08000003008083");
  const ids = b.ask([INQUIRY, 1, 0x83, 0, 255, 0]).data;
  assert.equal(ids.readUInt16BE(2), ids.length - 4);
  assert.ok(ids.toString("latin1").includes(`ACME    LIBRARY         ${serial}`));
  assert.equal(outcome(b.ask([INQUIRY, 1, 0x99, 0, 255, 0])), "5/2400");
  const again = await bench();
  assert.equal(again.ask([INQUIRY, 1, 0x80, 0, 255, 0]).data.toString("latin1", 4), serial);
});

test("MODE SENSE: what the server sees is what it counts", async () => {
  const b = await bench();
  const short = b.ask([0x1a, 8, 0x1d, 0, 255, 0]).data;
  assert.equal(short.toString("hex"), "170000001d120001000103e80007001000020100" + "00020000");
  const long = b.ask([0x5a, 8, 0x3f, 0, 0, 0, 0, 1, 0, 0]).data;
  assert.equal(long.readUInt16BE(0), long.length - 2);
  assert.equal(long.length, 8 + 20 + 4 + 20);
  assert.equal(outcome(b.ask([0x1a, 8, 0x02, 0, 255, 0])), "5/2400");
  assert.equal(outcome(b.ask([0x1a, 8, 0xdd, 0, 255, 0])), "5/3900");
});

test("REPORT LUNS: the changer and the lanes", async () => {
  const b = await bench();
  const luns = b.ask([0xa0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]).data;
  assert.equal(luns.length, 8 + 3 * 8);
  assert.deepEqual([luns.readUInt32BE(0), luns[9], luns[17], luns[25]], [24, 0, 1, 2]);
  assert.equal(outcome(b.ask([0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0])), "5/2400");
});

test("unit attentions: none at the beginning; after a reset one for each nexus", async () => {
  const b = await bench();
  for (const nexus of [1, 2]) b.send({ ...coreEvent(EV_NEXUS), a: nexus, b: NEXUS_ESTABLISHED });
  assert.equal(outcome(b.ask([0, 0, 0, 0, 0, 0])), "good");
  b.send({ ...coreEvent(EV_NEXUS), a: 1, b: NEXUS_LU_RESET });
  assert.equal(outcome(b.ask([INQUIRY, 0, 0, 0, 36, 0])), "good");
  assert.equal(outcome(b.ask([0, 0, 0, 0, 0, 0], 1)), "6/2903");
  assert.equal(outcome(b.ask([0, 0, 0, 0, 0, 0], 1)), "good");
  const taken = b.ask([3, 0, 0, 0, 18, 0], 2).data;
  assert.equal(taken.readUInt16BE(12), 0x2903);
  assert.equal(outcome(b.ask([0, 0, 0, 0, 0, 0], 2)), "good");
});

test("INITIALIZE ELEMENT STATUS finds what an operator did, others get a unit attention", async () => {
  const b = await bench();
  for (const nexus of [1, 2]) b.send({ ...coreEvent(EV_NEXUS), a: nexus, b: NEXUS_ESTABLISHED });
  assert.equal(outcome(b.ask([0x07, 0, 0, 0, 0, 0])), "good");
  assert.equal(outcome(b.ask([0, 0, 0, 0, 0, 0], 2)), "good", "nothing changed");
  b.library.at(1000).tag = "NEW001L9";
  b.library.at(1006).tag = "AAA001L9";
  assert.equal(outcome(b.ask([0x07, 0, 0, 0, 0, 0])), "good");
  assert.equal(outcome(b.ask([0, 0, 0, 0, 0, 0], 2)), "6/2800");
  assert.equal(place(b, 1000).tag, "NEW001L9");
  assert.equal(place(b, 1006).tag, "AAA001L9");
});

test("a unit attention of the robot about its inventory leads to a reading", async () => {
  const b = await bench();
  b.library.at(1006).tag = "NEW001L9";
  b.library.pending.push([6, 0x2801]);
  assert.equal(outcome(b.ask(moveCdb(1000, 256))), "good");
  assert.equal(place(b, 1006).tag, "NEW001L9");
});

test("POSITION TO ELEMENT: any element that the server knows", async () => {
  const b = await bench();
  const cdb = (address: number, invert = 0): number[] => {
    return [0x2b, 0, 0, 1, address >> 8, address & 0xff, 0, 0, invert, 0];
  };
  for (const address of [1, 17, 256, 1000]) assert.equal(outcome(b.ask(cdb(address))), "good");
  for (const address of [0xf000, 1003, 258]) {
    assert.equal(outcome(b.ask(cdb(address))), "5/2101", `${address} is not the server's`);
  }
  assert.equal(outcome(b.ask(cdb(1000, 1))), "5/2400");
});

test("INITIALIZE ELEMENT STATUS WITH RANGE begins at an element", async () => {
  const b = await bench();
  const { readings } = b.library;
  for (const op of [0x37, 0xe7]) {
    assert.equal(outcome(b.ask([op, 1, 1000 >> 8, 1000 & 0xff, 0, 0, 0, 4])), "good");
    assert.equal(outcome(b.ask([op, 1, 0xf0, 0, 0, 0, 0, 4])), "5/2101");
    assert.equal(outcome(b.ask([op, 0, 0xf0, 0, 0, 0, 0, 0])), "good", "without RANGE: all");
  }
  assert.ok(b.library.readings >= readings + 4 * 4, "the library was really read");
});

test("stops: the running move is finished, waiting ones are not begun", async () => {
  const b = await bench();
  b.command(moveCdb(1000, 256));
  b.command(moveCdb(1001, 257));
  b.send({ ...coreEvent(EV_OPERATOR), a: OPERATOR_STOP });
  assert.equal(b.stopped, false);
  b.settle();
  assert.equal(b.stopped, true);
  assert.equal(b.library.moves, 1);
  b.send(coreEvent(EV_DEVICE_DONE, 4711));
});
