/** What a lane refuses, of the commands document: with the right sense, and no drive hears of it. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { LANE_TABLE, readRows } from "../../tools/commands/read-table.ts";
import { LANE_REFUSED } from "../../tools/commands/words.ts";
import { ROOT } from "../../tools/launch/set-up.mjs";
import { A, attentions, begin, host, NOTHING, told } from "./reservation-kit.ts";

const BYTES = 64;

/** Operation codes that the drive got. */
let heard: (number | undefined)[];

beforeEach(async () => {
  await begin();
  host.mount();
  attentions(A);
  heard = [];
  const execute = host.drive.execute.bind(host.drive);
  host.drive.execute = (cdb, data) => {
    heard.push(cdb[0]);
    return execute(cdb, data);
  };
});

/** The support field of REPORT SUPPORTED OPERATION CODES for one command. */
function support(op: number, action: number | undefined): number {
  const option = action === undefined ? 1 : 2;
  const cdb = [0xa3, 0x0c, option, op, 0, action ?? 0, 0, 0, 0, BYTES, 0, 0];
  const answer = host.command(cdb, NOTHING, BYTES, A);
  assert.equal(told(answer), "good");
  return (answer.data[1] ?? 0) & 7;
}

test("each command that is refused is 5/20/00, or 5/24/00 for a service action of one that is not", () => {
  const known = new Set(readRows(ROOT, LANE_TABLE).map(({ op }) => op));
  assert.ok(LANE_REFUSED.size > 0);
  for (const key of LANE_REFUSED.keys()) {
    const [op = 0, action] = key.split("/").map((digits) => Number.parseInt(digits, 16));
    const cdb = [op, action ?? 0, ...new Array<number>(14).fill(0)];
    const answer = told(host.command(cdb, Buffer.alloc(BYTES), BYTES, A));
    assert.equal(answer, known.has(op) ? "5/24/0" : "5/20/0", key);
    assert.equal(support(op, known.has(op) ? action : undefined), 1, key);
  }
  assert.equal(host.receivedCount, 0, "no parameter list is asked for");
  assert.deepEqual(heard, []);
});

test("no keys come to the core, whatever their length", () => {
  const key = Buffer.alloc(BYTES, 0x6b);
  const out = [0xb5, 0x20, 0, 0x10, 0, 0, 0, 0, 0, BYTES, 0, 0];
  assert.equal(told(host.command(out, key, 0, A)), "5/20/0");
  const into = [0xa2, 0x20, 0, 0x20, 0, 0, 0, 0, 0, BYTES, 0, 0];
  assert.equal(told(host.command(into, NOTHING, BYTES, A)), "5/20/0");
  assert.equal(host.receivedCount, 0);
  assert.deepEqual(heard, []);
});
