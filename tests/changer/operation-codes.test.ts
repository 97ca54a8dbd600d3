/** What the changer says of itself: operation codes with time limits, log pages. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench, outcome } from "./bench.ts";
import { library } from "./model-library.ts";

async function bench(): Promise<Bench> {
  const tags = ["AAA001L9", "AAA002L9"];
  return await Bench.started({
    library: library({ slots: 4, drives: 2, ports: 1 }, tags),
    lanes: 1,
  });
}
/** REPORT SUPPORTED OPERATION CODES: reporting options, operation code, service action. */
function report(options: number, op = 0, action = 0): number[] {
  return [0xa3, 0x0c, options, op, 0, action, 0, 0, 4, 0, 0, 0];
}
const EMPTY = Buffer.alloc(16);

test("every operation code: the list says what is carried out, and nothing else is", async () => {
  const b = await bench();
  const { data } = b.ask(report(0));
  assert.equal(data.readUInt32BE(0), data.length - 4);
  const listed = new Map<number, number>();
  for (let at = 4; at < data.length; at += 8) {
    listed.set(data.readUInt8(at), data.readUInt16BE(at + 6));
    assert.equal(data.readUInt8(at + 5) & 1, data.readUInt8(at) === 0xa3 ? 1 : 0);
  }
  for (let op = 0; op <= 0xff; op += 1) {
    // With a service action for MAINTENANCE IN; elsewhere byte 1 is zero.
    const cdb = op === 0xa3 ? report(0) : [...EMPTY.subarray(0, 16)].with(0, op);
    const refused = outcome(b.ask(cdb)) === "5/2000";
    assert.equal(listed.has(op), !refused, op.toString(16));
    const one = b.ask(op === 0xa3 ? report(2, op, 0x0c) : report(1, op)).data;
    assert.equal(one.readUInt8(1), refused ? 1 : 3, op.toString(16));
    if (refused) continue;
    assert.equal(one.readUInt16BE(2), listed.get(op));
    assert.deepEqual([one.length, one.readUInt8(4)], [4 + one.readUInt16BE(2), op]);
  }
});

test("with time limits: a move has an hour", async () => {
  const b = await bench();
  const one = b.ask(report(0x81, 0xa5)).data;
  assert.equal(one.readUInt8(1), 0x83);
  assert.equal(one.toString("hex", 16), "000a00000" + "0000e1000000e10");
  const all = b.ask(report(0x80)).data;
  assert.equal((all.length - 4) % 20, 0);
  for (let at = 4; at < all.length; at += 20) {
    assert.equal(all.readUInt8(at + 5) & 2, 2);
    assert.ok(all.readUInt32BE(at + 8 + 8) >= 60);
  }
});

test("reporting options that do not fit the operation code", async () => {
  const b = await bench();
  const rows: [number, number, number, string][] = [
    [1, 0xa3, 0, "5/2400"],
    [2, 0xb8, 0, "5/2400"],
    [4, 0xb8, 0, "5/2400"],
    [3, 0xb8, 0, "good"],
    [3, 0xa3, 0x0c, "good"],
  ];
  for (const [options, op, action, wanted] of rows) {
    assert.equal(outcome(b.ask(report(options, op, action))), wanted);
  }
  assert.equal(b.ask(report(3, 0xa3, 0x0a)).data.readUInt8(1), 1);
  assert.equal(b.ask(report(3, 0xb8, 1)).data.readUInt8(1), 1);
  assert.equal(outcome(b.ask(report(0).with(1, 0x0a))), "5/2000");
});

test("LOG SENSE: the list of pages and TapeAlert, no flag set", async () => {
  const b = await bench();
  const sense = (page: number, subpage = 0, sp = 0): number[] => {
    return [0x4d, sp, page, subpage, 0, 0, 0, 4, 0, 0];
  };
  assert.equal(b.ask(sense(0x40)).data.toString("hex"), "00000002002e");
  const { data } = b.ask(sense(0x6e));
  assert.deepEqual([data.length, data.readUInt16BE(0), data.readUInt16BE(2)], [324, 0x2e00, 320]);
  for (let flag = 1; flag <= 64; flag += 1) {
    const at = 4 + (flag - 1) * 5;
    assert.equal(data.toString("hex", at, at + 5), `${flag.toString(16).padStart(4, "0")}000100`);
  }
  assert.equal(outcome(b.ask(sense(0x02))), "5/2400");
  assert.equal(outcome(b.ask(sense(0x2e, 1))), "5/2400");
  assert.equal(outcome(b.ask(sense(0x2e, 0, 1))), "5/3900");
});
