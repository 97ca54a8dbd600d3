/** ERASE, FORMAT MEDIUM and SET CAPACITY whose command was aborted while the drive did them: what is gone stays gone. */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as ev from "../../assembly/spec/event.ts";
import { type Answer, LaneHost } from "./lane-host.ts";

const NOTHING = new Uint8Array();
const WRITE = [0x0a, 0, 0, 0x10, 0, 0];
const SYNCHRONIZE = [0x10, 0, 0, 0, 0, 0];
const TEST_UNIT_READY = [0, 0, 0, 0, 0, 0];
const REWIND = [0x01, 0, 0, 0, 0, 0];
const READ = [0x08, 0, 0, 0x10, 0, 0];
const LOCATE_TO_2 = [0x2b, 0, 0, 0, 0, 0, 2, 0, 0, 0];
const SPACE_TO_END = [0x11, 3, 0, 0, 0, 0];
const ERASE = [0x19, 0, 0, 0, 0, 0];
const FORMAT = [0x04, 0, 0, 0, 0, 0];
const END_OF_DATA = "2 8/0005";
const GOOD = "0 0/";

function record(value: number): Buffer {
  return Buffer.alloc(4096, value);
}
function word({ status, sense }: Answer): string {
  const key = (sense[2] ?? 0) & 0x0f;
  const code = Buffer.from(sense.subarray(12, 14)).toString("hex");
  return `${status} ${key}/${code}`;
}

/** Five records are on the tape; READ finds them in the ring. */
async function written(): Promise<LaneHost> {
  const host = await LaneHost.start();
  host.mount();
  host.command(TEST_UNIT_READY, NOTHING, 0);
  for (let value = 1; value <= 5; value += 1) {
    assert.equal(word(host.command(WRITE, record(value), 0)), GOOD);
  }
  assert.equal(word(host.command(SYNCHRONIZE, NOTHING, 0)), GOOD);
  assert.equal(word(host.command(REWIND, NOTHING, 0)), GOOD);
  return host;
}

/** The drive does it, and whose command it was is not there any more. */
function aborted(host: LaneHost, cdb: readonly number[]): void {
  holdWhile(host, cdb);
  assert.deepEqual(host.begin(cdb, NOTHING, 0), []);
  host.abort();
  assert.deepEqual(host.release(ev.EV_DEVICE_DONE), []);
}

/** The drive's answer to that command waits, not to what goes before it. */
function holdWhile(host: LaneHost, [operation]: readonly number[]): void {
  host.onDevice = (cdb) => {
    if (cdb[0] === operation) host.hold(ev.EV_DEVICE_DONE);
  };
}

/** What the server finds from the beginning on, as the first byte of each record. */
function found(host: LaneHost): number[] {
  assert.equal(word(host.command(REWIND, NOTHING, 0)), GOOD);
  const values: number[] = [];
  for (;;) {
    const answer = host.command(READ, NOTHING, 4096);
    if (answer.status !== 0) {
      assert.equal(word(answer), END_OF_DATA);
      return values;
    }
    values.push(answer.data[0] ?? 0);
  }
}

test("an aborted ERASE: what stood behind its place is read no more, and does not come back", async () => {
  const host = await written();
  assert.equal(word(host.command(LOCATE_TO_2, NOTHING, 0)), GOOD);
  aborted(host, ERASE);
  assert.deepEqual(found(host), [1, 2]);
  assert.equal(word(host.command(SPACE_TO_END, NOTHING, 0)), GOOD);
  assert.equal(word(host.command(WRITE, record(9), 0)), GOOD);
  assert.equal(word(host.command(SYNCHRONIZE, NOTHING, 0)), GOOD);
  assert.deepEqual(
    host.drive.objects.map((object) => object?.[0]),
    [1, 2, 9],
  );
  assert.deepEqual(found(host), [1, 2, 9]);
});

test("an aborted FORMAT MEDIUM: the tape is empty, and the ring has nothing of it", async () => {
  const host = await written();
  aborted(host, FORMAT);
  assert.equal(word(host.command(TEST_UNIT_READY, NOTHING, 0)), "2 6/2800");
  assert.deepEqual(found(host), []);
  assert.equal(word(host.command(WRITE, record(9), 0)), GOOD);
  assert.equal(word(host.command(SYNCHRONIZE, NOTHING, 0)), GOOD);
  assert.deepEqual(
    host.drive.objects.map((object) => object?.[0]),
    [9],
  );
  assert.deepEqual(found(host), [9]);
  const next = await LaneHost.start({ disk: host.memory.ring });
  next.drive.objects.push(...host.drive.objects);
  next.mount();
  next.command(TEST_UNIT_READY, NOTHING, 0);
  assert.deepEqual(found(next), [9]);
});

test("an aborted FORMAT MEDIUM that the drive refuses: everything is as it was", async () => {
  const host = await written();
  host.drive.isFormatRefused = true;
  aborted(host, FORMAT);
  assert.deepEqual(found(host), [1, 2, 3, 4, 5]);
});

test("a drive that is lost right after FORMAT MEDIUM formats once more: how it is divided has to be known", async () => {
  const host = await written();
  let askedCount = 0;
  host.onDevice = ([operation]) => {
    const asks = operation === 0x5a || operation === 0x8c;
    askedCount += asks && host.drive.formatCount === 1 ? 1 : 0;
    host.isDriveLost = asks && askedCount === 1;
  };
  assert.equal(word(host.command(FORMAT, NOTHING, 0)), GOOD);
  assert.equal(host.drive.formatCount, 2);
  assert.deepEqual(found(host), []);
});

test("the drive still formats for a command that was aborted: others wait, and are told when it takes long", async () => {
  const host = await written();
  holdWhile(host, FORMAT);
  assert.deepEqual(host.begin(FORMAT, NOTHING, 0), []);
  host.abort();
  host.timeStands = true;
  assert.deepEqual(host.begin(READ, NOTHING, 4096), []);
  host.timeStands = false;
  host.show();
  assert.deepEqual(host.takeAnswers().map(word), ["2 2/0407"]);
  assert.deepEqual(host.release(ev.EV_DEVICE_DONE), []);
  assert.equal(word(host.command(TEST_UNIT_READY, NOTHING, 0)), "2 6/2800");
  assert.deepEqual(found(host), []);
});
