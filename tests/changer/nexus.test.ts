/** What belongs to an I_T nexus: reservation, prevention, unit attention, sense data. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  EV_NEXUS,
  NEXUS_ESTABLISHED,
  NEXUS_LOST,
  NEXUS_LU_RESET,
  NEXUS_TASKS_CLEARED,
  NEXUS_TASKS_ENDED,
} from "../../assembly/spec/event.ts";
import { coreEvent } from "../../host/core/core-event.ts";
import { Bench, moveCdb, outcome } from "./bench.ts";
import { library } from "./model-library.ts";

const TAGS = ["AAA001L9", "AAA002L9", "AAA003L9", "AAA004L9"];
const READY = [0, 0, 0, 0, 0, 0];
const CONFLICT = "status 24";
const EXCLUSIVE_ACCESS = 3;

async function bench(): Promise<Bench> {
  const b = await Bench.started({
    library: library({ slots: 6, drives: 2, ports: 1 }, TAGS),
    lanes: 1,
  });
  for (const nexus of [1, 2]) establish(b, nexus, `server-${nexus}`);
  return b;
}
function establish(b: Bench, nexus: number, port: string): void {
  const params = Buffer.from(port);
  b.send({ ...coreEvent(EV_NEXUS), a: nexus, b: NEXUS_ESTABLISHED, params });
}
/** PERSISTENT RESERVE OUT. */
function persistent(b: Bench, nexus: number, action: number, key: bigint, next = 0n): string {
  const list = Buffer.alloc(24);
  list.writeBigUInt64BE(key, 0);
  list.writeBigUInt64BE(next, 8);
  return outcome(b.ask([0x5f, action, EXCLUSIVE_ACCESS, 0, 0, 0, 0, 0, 24, 0], nexus, 0, list));
}
function keys(b: Bench, nexus: number): string {
  return b.ask([0x5e, 0, 0, 0, 0, 0, 0, 1, 0, 0], nexus).data.toString("hex");
}
function reserve(bytes: 6 | 10): number[] {
  return [bytes === 6 ? 0x16 : 0x56, ...new Array<number>(bytes - 1).fill(0)];
}
function release(bytes: 6 | 10): number[] {
  return [bytes === 6 ? 0x17 : 0x57, ...new Array<number>(bytes - 1).fill(0)];
}

for (const bytes of [6, 10] as const) {
  test(`RESERVE(${bytes}) and RELEASE(${bytes}) of the whole changer`, async () => {
    const b = await bench();
    assert.equal(outcome(b.ask(reserve(bytes), 1)), "good");
    assert.equal(outcome(b.ask(reserve(bytes), 1)), "good", "again by the holder");
    assert.equal(outcome(b.ask(reserve(bytes), 2)), CONFLICT);
    assert.equal(outcome(b.ask(release(bytes), 2)), "good", "not the holder's: no effect");
    assert.equal(outcome(b.ask(reserve(bytes), 2)), CONFLICT);
    assert.equal(outcome(b.ask(release(bytes), 1)), "good");
    assert.equal(outcome(b.ask(reserve(bytes), 2)), "good");
    for (const bits of [0x01, 0x10]) {
      const cdb = reserve(bytes).with(1, bits);
      assert.equal(outcome(b.ask(cdb, 2)), "5/2400", "elements and third parties");
      assert.equal(outcome(b.ask(cdb.with(0, cdb[0] === 0x16 ? 0x17 : 0x57), 2)), "5/2400");
    }
  });
}

test("under another nexus's reservation only what asks, or gives back, is carried out", async () => {
  const b = await bench();
  b.ask(reserve(6), 1);
  const rows: [readonly number[], string][] = [
    [[0x12, 0, 0, 0, 36, 0], "good"],
    [[0x03, 0, 0, 0, 18, 0], "good"],
    [[0xa0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0], "good"],
    [[0x4d, 0, 0x40, 0, 0, 0, 0, 0, 255, 0], "good"],
    [[0xa3, 0x0c, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0], "good"],
    [release(6), "good"],
    [release(10), "good"],
    [[0x1e, 0, 0, 0, 0, 0], "good"],
    [[0x1e, 0, 0, 0, 1, 0], CONFLICT],
    [[0xb8, 0, 0, 0, 0, 9, 2, 0, 1, 0, 0, 0], "good"],
    [[0xb8, 0, 0, 0, 0, 9, 0, 0, 1, 0, 0, 0], CONFLICT],
    [READY, CONFLICT],
    [moveCdb(1000, 256), CONFLICT],
    [[0xa6, 0, 0, 0, 3, 232, 1, 0, 3, 237, 0, 0], CONFLICT],
    [[0x2b, 0, 0, 1, 3, 232, 0, 0, 0, 0], CONFLICT],
    [[0x07, 0, 0, 0, 0, 0], CONFLICT],
    [[0x1a, 8, 0x1d, 0, 255, 0], CONFLICT],
    [reserve(10), CONFLICT],
    [[0xff, 0, 0, 0, 0, 0], "5/2000"],
  ];
  for (const [cdb, wanted] of rows) {
    assert.equal(outcome(b.ask(cdb, 2)), wanted, Buffer.from(cdb).toString("hex"));
  }
  assert.equal(outcome(b.ask(moveCdb(1000, 256), 1)), "good", "the holder may");
});

test("a reservation ends with its nexus, and with a reset", async () => {
  const b = await bench();
  b.ask(reserve(6), 1);
  b.send({ ...coreEvent(EV_NEXUS), a: 1, b: NEXUS_LOST });
  assert.equal(outcome(b.ask(READY, 2)), "good");
  b.ask(reserve(6), 2);
  b.send({ ...coreEvent(EV_NEXUS), a: 3, b: NEXUS_ESTABLISHED });
  assert.equal(outcome(b.ask(READY, 3)), CONFLICT);
  b.send({ ...coreEvent(EV_NEXUS), a: 3, b: NEXUS_LU_RESET });
  assert.equal(outcome(b.ask(READY, 3)), "6/2903");
  assert.equal(outcome(b.ask(READY, 3)), "good");
});

test("a port that comes back is told what it lost and what it missed", async () => {
  const b = await bench();
  const established = (nexus: number, port: string) =>
    b.send({ ...coreEvent(EV_NEXUS), a: nexus, b: NEXUS_ESTABLISHED, params: Buffer.from(port) });
  const lost = (nexus: number) => b.send({ ...coreEvent(EV_NEXUS), a: nexus, b: NEXUS_LOST });
  established(3, "iqn.one,i,0x1");
  established(4, "iqn.two,i,0x1");
  b.ask(reserve(6), 3);
  lost(3);
  lost(4);
  b.send({ ...coreEvent(EV_NEXUS), a: 1, b: NEXUS_LU_RESET });
  established(5, "iqn.one,i,0x1");
  established(6, "iqn.two,i,0x1");
  established(7, "iqn.three,i,0x1");
  assert.deepEqual(
    [5, 5, 5].map((nexus) => outcome(b.ask(READY, nexus))),
    ["6/2903", "6/2907", "good"],
  );
  assert.deepEqual(
    [6, 6].map((nexus) => outcome(b.ask(READY, nexus))),
    ["6/2903", "good"],
  );
  assert.equal(outcome(b.ask(READY, 7)), "good");
});

test("another's CLEAR TASK SET is told to who lost a command, and only there", async () => {
  const b = await bench();
  b.ask(reserve(6), 2);
  b.send({ ...coreEvent(EV_NEXUS), a: 2, b: NEXUS_TASKS_CLEARED });
  assert.equal(outcome(b.ask([3, 0, 0, 0, 18, 0], 1)), "good");
  assert.equal(outcome(b.ask(READY, 2)), "6/2f00");
  assert.equal(outcome(b.ask(READY, 2)), "good");
  assert.equal(outcome(b.ask(READY, 1)), CONFLICT, "the reservation stays");
});

test("commands that ended with their connection are told, and nothing else was lost", async () => {
  const b = await bench();
  b.ask(reserve(6), 2);
  b.send({ ...coreEvent(EV_NEXUS), a: 2, b: NEXUS_TASKS_ENDED });
  assert.equal(outcome(b.ask(READY, 2)), "6/477f");
  assert.equal(outcome(b.ask(READY, 2)), "good");
  assert.equal(outcome(b.ask(READY, 1)), CONFLICT, "the reservation stays");
});

test("PREVENT ALLOW MEDIUM REMOVAL: reserved values are refused", async () => {
  const b = await bench();
  for (const [value, wanted] of [
    [1, "good"],
    [0, "good"],
    [2, "5/2400"],
    [3, "5/2400"],
  ] as const) {
    assert.equal(outcome(b.ask([0x1e, 0, 0, 0, value, 0])), wanted);
  }
});

test("REQUEST SENSE: a pending unit attention in either format, once", async () => {
  const b = await bench();
  assert.equal(
    b.ask([3, 0, 0, 0, 18, 0]).data.toString("hex"),
    `70${"00".repeat(6)}0a${"00".repeat(10)}`,
  );
  b.send({ ...coreEvent(EV_NEXUS), a: 1, b: NEXUS_LU_RESET });
  assert.equal(b.ask([3, 1, 0, 0, 252, 0], 1).data.toString("hex"), "7206290300000000");
  const fixed = b.ask([3, 0, 0, 0, 252, 0], 2).data;
  assert.deepEqual([fixed.length, fixed.readUInt8(2), fixed.readUInt16BE(12)], [18, 6, 0x2903]);
  for (const nexus of [1, 2]) assert.equal(outcome(b.ask(READY, nexus)), "good");
  assert.equal(b.ask([3, 0, 0, 0, 4, 0]).data.length, 4);
});

test("a persistent reservation of the changer belongs to the port, through resets and sessions", async () => {
  const b = await bench();
  assert.equal(persistent(b, 1, 1, 5n), CONFLICT, "not registered");
  assert.equal(persistent(b, 1, 0, 0n, 5n), "good");
  assert.equal(persistent(b, 1, 1, 5n), "good");
  assert.equal(outcome(b.ask(reserve(6), 1)), CONFLICT);
  assert.equal(outcome(b.ask(moveCdb(1000, 256), 2)), CONFLICT);
  assert.equal(outcome(b.ask([0xb8, 0, 0, 0, 0, 9, 0, 0, 1, 0, 0, 0], 2)), CONFLICT);
  assert.equal(outcome(b.ask([0xb8, 0, 0, 0, 0, 9, 2, 0, 1, 0, 0, 0], 2)), "good");
  assert.equal(outcome(b.ask(READY, 2)), "good");
  b.send({ ...coreEvent(EV_NEXUS), a: 2, b: NEXUS_LU_RESET });
  b.send({ ...coreEvent(EV_NEXUS), a: 1, b: NEXUS_LOST });
  assert.equal(outcome(b.ask(READY, 2)), "6/2903");
  assert.equal(outcome(b.ask(moveCdb(1000, 256), 2)), CONFLICT);
  establish(b, 7, "server-1");
  assert.equal(outcome(b.ask(READY, 7)), "6/2903", "the port has not heard of the reset yet");
  assert.equal(outcome(b.ask(moveCdb(1000, 256), 7)), "good", "another session of the holder's");
  assert.equal(persistent(b, 2, 6, 0n, 9n), "good");
  assert.equal(keys(b, 2), "0000000200000010".concat("0000000000000005", "0000000000000009"));
  assert.equal(persistent(b, 2, 4, 9n, 5n), "good");
  assert.equal(outcome(b.ask(READY, 7)), "6/2a05", "its registration was preempted");
  assert.equal(outcome(b.ask(moveCdb(256, 1000), 7)), CONFLICT);
  assert.equal(outcome(b.ask(moveCdb(256, 1000), 2)), "good");
});
