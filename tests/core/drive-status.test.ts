/** A drive's answer that is neither GOOD nor has sense data: nothing was done, whatever it means. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { LaneHost } from "./lane-host.ts";

const NOTHING = new Uint8Array();
const RECORD = Buffer.alloc(512, 7);
const TEST_UNIT_READY = [0, 0, 0, 0, 0, 0];
const SYNCHRONIZE = [0x10, 0, 0, 0, 0, 0];
const WRITE = [0x0a, 0, 0, 2, 0, 0];
const READ = [0x08, 0, 0, 2, 0, 0];
const SPACE_MARKS = [0x11, 1, 0, 0, 1, 0];
const READ_POSITION = [0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const ABORTED_COMMAND = 0x0b;
const STATUSES = [
  [0x02, "CHECK CONDITION without sense data"],
  [0x08, "BUSY"],
  [0x18, "RESERVATION CONFLICT"],
  [0x28, "TASK SET FULL"],
  [0x40, "TASK ABORTED"],
] as const;

function place(host: LaneHost): number {
  return Buffer.from(host.command(READ_POSITION, NOTHING, 20).data).readUInt32BE(4);
}

for (const [status, name] of STATUSES) {
  test(`${name} to a WRITE: the record is written all the same`, async () => {
    const host = await LaneHost.start();
    host.mount();
    host.command(TEST_UNIT_READY, NOTHING, 0);
    host.drive.refusals.set(0x0a, { status, times: 1 });
    assert.equal(host.command(WRITE, RECORD, 0).status, 0);
    assert.equal(host.command(SYNCHRONIZE, NOTHING, 0).status, 0);
    assert.deepEqual(
      host.drive.objects.map((object) => object?.length),
      [RECORD.length],
    );
  });

  test(`${name} to a READ: the server gets the record`, async () => {
    const host = await LaneHost.start({ headerMarks: 0, copyBelowPercent: 0 });
    host.drive.objects.push(RECORD);
    host.mount();
    host.command(TEST_UNIT_READY, NOTHING, 0);
    host.drive.refusals.set(0x08, { status, times: 2 });
    const { status: told, data } = host.command(READ, NOTHING, RECORD.length);
    assert.equal(told, 0);
    assert.deepEqual(Buffer.from(data), RECORD);
  });

  test(`${name} to the READ of a walk over the tape is no object`, async () => {
    // Of a kind that nothing is tried again with: the server is told, and stands where it stood.
    const host = await LaneHost.start({ isPlain: true });
    host.drive.objects.push(RECORD, undefined, RECORD);
    host.mount();
    host.command(TEST_UNIT_READY, NOTHING, 0);
    host.drive.refusals.set(0x08, { status, times: 1 });
    const { status: told, sense } = host.command(SPACE_MARKS, NOTHING, 0);
    assert.deepEqual([told, sense[2], sense[12], sense[13]], [2, ABORTED_COMMAND, 0, 0]);
    assert.equal(place(host), 0);
    assert.equal(host.command(SPACE_MARKS, NOTHING, 0).status, 0);
    assert.equal(place(host), 2);
  });
}
