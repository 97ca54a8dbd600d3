/** What the changer says of itself: operation codes with time limits, log pages. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CHANGER_TABLE,
  type CommandRow,
  commandKey,
  readRows,
} from "../../tools/commands/read-table.ts";
import { ROOT } from "../../tools/launch/set-up.mjs";
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
const rows = readRows(ROOT, CHANGER_TABLE);

function timeouts(row: CommandRow): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16BE(10, 0);
  bytes.writeUInt32BE(row.seconds, 8);
  return bytes;
}
function descriptor(row: CommandRow, timed: boolean): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt8(row.op, 0);
  bytes.writeUInt16BE(row.action ?? 0, 2);
  bytes.writeUInt8((row.action === undefined ? 0 : 1) | (timed ? 2 : 0), 5);
  bytes.writeUInt16BE(row.usage.length, 6);
  return timed ? Buffer.concat([bytes, timeouts(row)]) : bytes;
}

test("the list is the table, and what is not in it is refused", async () => {
  const b = await bench();
  const { data } = b.ask(report(0));
  assert.equal(data.readUInt32BE(0), data.length - 4);
  assert.deepEqual(data.subarray(4), Buffer.concat(rows.map((row) => descriptor(row, false))));
  const codes = new Set(rows.map(({ op }) => op));
  for (let op = 0; op <= 0xff; op += 1) {
    const refused = outcome(b.ask([...EMPTY].with(0, op))) === "5/2000";
    assert.equal(codes.has(op), !refused, op.toString(16));
    if (refused) assert.equal(b.ask(report(1, op)).data.toString("hex"), "00010000");
  }
});

test("each command: its usage map and its time", async () => {
  const b = await bench();
  for (const row of rows) {
    const one = b.ask(report(row.action === undefined ? 0x81 : 0x82, row.op, row.action)).data;
    const head = Buffer.of(0, 0x83, 0, row.usage.length);
    assert.deepEqual(one, Buffer.concat([head, row.usage, timeouts(row)]), commandKey(row.op, 0));
  }
  const all = b.ask(report(0x80)).data;
  assert.deepEqual(all.subarray(4), Buffer.concat(rows.map((row) => descriptor(row, true))));
});

test("a usage map is as long as the command, and times are those that servers use at least", () => {
  const bytes = new Map([...rows].map(({ op, usage }) => [op, usage.length]));
  for (const [op, length] of [
    [0x37, 10],
    [0xe7, 12],
    [0xb8, 12],
    [0x1a, 6],
  ] as const) {
    assert.equal(bytes.get(op), length);
  }
  // Linux ch waits 300 s for a move, 3600 s for INITIALIZE ELEMENT STATUS.
  const seconds = new Map([...rows].map((row) => [row.op, row.seconds]));
  assert.ok((seconds.get(0xa5) ?? 0) >= 300 && (seconds.get(0x07) ?? 0) >= 3600);
});

test("reporting options that do not fit the operation code", async () => {
  const b = await bench();
  const wanted: [number, number, number, string][] = [
    [1, 0xa3, 0, "5/2400"],
    [2, 0xb8, 0, "5/2400"],
    [4, 0xb8, 0, "5/2400"],
    [3, 0xb8, 0, "good"],
    [3, 0xa3, 0x0c, "good"],
  ];
  for (const [options, op, action, how] of wanted) {
    assert.equal(outcome(b.ask(report(options, op, action))), how);
  }
  assert.equal(b.ask(report(3, 0xa3, 0x0a)).data.readUInt8(1), 1);
  assert.equal(b.ask(report(3, 0xb8, 1)).data.readUInt8(1), 1);
  assert.equal(outcome(b.ask(report(0).with(1, 0x0a))), "5/2400");
});

test("task management functions: those of the target", async () => {
  const b = await bench();
  const ask = [0xa3, 0x0d, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0];
  assert.equal(b.ask(ask).data.toString("hex"), "da000000");
  assert.equal(b.ask(ask.with(2, 0x80)).data.length, 16);
  assert.equal(outcome(b.ask(ask.with(9, 3))), "5/2400");
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
    assert.equal(data.toString("hex", at, at + 5), `${flag.toString(16).padStart(4, "0")}030100`);
  }
  const last = b.ask(sense(0x6e).with(6, 64));
  assert.equal(last.data.toString("hex"), "2e0000050040030100", "from the parameter pointer on");
  assert.equal(outcome(b.ask(sense(0x6e).with(6, 65))), "5/2400", "behind the last parameter");
  assert.equal(b.ask(sense(0x40).with(6, 1)).data.length, 6, "the list has no parameters");
  assert.equal(outcome(b.ask(sense(0x02))), "5/2400");
  assert.equal(outcome(b.ask(sense(0x2e, 1))), "5/2400");
  assert.equal(outcome(b.ask(sense(0x2e, 0, 1))), "5/2400");
});
