/** REPORT SUPPORTED OPERATION CODES against the table that it comes from, read by other code. */

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { type CommandRow, LANE_TABLE, readRows } from "../../tools/commands/read-table.ts";
import { ROOT } from "../../tools/launch/set-up.mjs";
import { type Answer, LaneHost } from "./lane-host.ts";

const NOTHING = new Uint8Array();
const ALLOCATION = 8192;
const INVALID_FIELD = [0x05, 0x24, 0x00];
const rows = readRows(ROOT, LANE_TABLE);
let host: LaneHost;

function report(options: number, op = 0, action = 0, allocation = ALLOCATION): Answer {
  const cdb = Buffer.alloc(12);
  cdb.set([0xa3, 0x0c, options, op]);
  cdb.writeUInt16BE(action, 4);
  cdb.writeUInt32BE(allocation, 6);
  return host.command([...cdb], NOTHING, ALLOCATION);
}

function good(answer: Answer): Buffer {
  assert.equal(answer.status, 0);
  return Buffer.from(answer.data);
}

function senseOf({ status, sense }: Answer): number[] {
  assert.equal(status, 2);
  return [(sense[2] ?? 0) & 15, sense[12] ?? 0, sense[13] ?? 0];
}

function timeouts(row: CommandRow): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16BE(10, 0);
  bytes.writeUInt32BE(row.seconds, 8);
  return bytes;
}

function descriptor(row: CommandRow, withTimeouts: boolean): Buffer {
  const bytes = Buffer.alloc(8);
  bytes[0] = row.op;
  bytes.writeUInt16BE(row.action ?? 0, 2);
  bytes[5] = (row.action === undefined ? 0 : 1) | (withTimeouts ? 2 : 0);
  bytes.writeUInt16BE(row.usage.length, 6);
  return withTimeouts ? Buffer.concat([bytes, timeouts(row)]) : bytes;
}

function compareOne(row: CommandRow, options: number, withTimeouts: boolean): void {
  const data = good(report(options | (withTimeouts ? 0x80 : 0), row.op, row.action));
  const head = Buffer.of(0, withTimeouts ? 0x83 : 0x03, 0, row.usage.length);
  const times = withTimeouts ? timeouts(row) : Buffer.alloc(0);
  assert.deepEqual(data, Buffer.concat([head, row.usage, times]));
}

describe("REPORT SUPPORTED OPERATION CODES", () => {
  before(async () => {
    host = await LaneHost.start({ passesKeys: true });
  });

  for (const withTimeouts of [false, true]) {
    it(`says all commands, ${withTimeouts ? "with" : "without"} times`, () => {
      const data = good(report(withTimeouts ? 0x80 : 0));
      assert.equal(data.readUInt32BE(0), data.length - 4);
      assert.deepEqual(
        data.subarray(4),
        Buffer.concat(rows.map((row) => descriptor(row, withTimeouts))),
      );
    });

    it(`says each command, ${withTimeouts ? "with" : "without"} times`, () => {
      for (const row of rows) {
        compareOne(row, row.action === undefined ? 1 : 2, withTimeouts);
        compareOne(row, 3, withTimeouts);
      }
    });
  }

  it("says what is not supported", () => {
    for (const [options, op, action] of [
      [1, 0x28, 0],
      [2, 0x28, 3],
      [2, 0x34, 0x1f],
      [3, 0x34, 0x1f],
      [3, 0x08, 1],
    ] as const) {
      assert.deepEqual([...good(report(options, op, action))], [0, 1, 0, 0]);
    }
  });

  it("refuses what does not go together", () => {
    assert.deepEqual(senseOf(report(1, 0x34)), INVALID_FIELD);
    assert.deepEqual(senseOf(report(2, 0x08)), INVALID_FIELD);
    assert.deepEqual(senseOf(report(4, 0x08)), INVALID_FIELD);
  });

  it("is cut to the allocation length and says its whole length", () => {
    const data = good(report(0, 0, 0, 10));
    assert.equal(data.length, 10);
    assert.equal(data.readUInt32BE(0), rows.length * 8);
  });

  it("is refused for a service action that there is not", () => {
    assert.deepEqual(senseOf(host.command([0xa3, 0x1f], NOTHING, 64)), INVALID_FIELD);
  });
});

describe("the table", () => {
  it("has one row a command, and no usage map longer than its CDB", () => {
    const keys = rows.map(({ op, action }) => `${op}/${action}`);
    assert.equal(new Set(keys).size, rows.length);
    for (const op of new Set(rows.map((row) => row.op))) {
      const same = rows.filter((row) => row.op === op);
      const kinds = new Set(same.map(({ what, needs }) => `${what} ${needs}`));
      assert.equal(kinds.size, 1, `${op.toString(16)}h`);
    }
  });
});

describe("REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS", () => {
  function functions(extended: number, allocation: number): Answer {
    const cdb = [0xa3, 0x0d, extended, 0, 0, 0, 0, 0, 0, allocation, 0, 0];
    return host.command(cdb, NOTHING, 64);
  }

  it("says what the target does, short and long", () => {
    assert.deepEqual([...good(functions(0, 64))], [0xda, 0, 0, 0]);
    assert.deepEqual([...good(functions(0x80, 64))].slice(0, 4), [0xda, 0, 0, 12]);
    assert.equal(good(functions(0x80, 64)).length, 16);
  });

  it("wants room for the short form", () => {
    assert.deepEqual(senseOf(functions(0, 3)), INVALID_FIELD);
  });
});
