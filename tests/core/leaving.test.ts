/** A cartridge that leaves, or is to leave, while something goes on: found by tests/parity's streams. */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as ev from "../../assembly/spec/event.ts";
import {
  WORD_ASK_DRIVE,
  WORD_ASK_MEDIUM,
  WORD_BAD_MEDIUM,
  WORD_DRIVE,
  WORD_MEDIUM,
  WORD_MOVE_IN,
  WORD_MOVE_OUT,
  WORD_MOVED,
} from "../../assembly/spec/word.ts";
import { type Answer, LaneHost } from "./lane-host.ts";
import type { LaneSettings } from "./lane-settings.ts";
import { DRIVE_FAILURE, MEDIUM_FAILURE } from "./tape-drive.ts";

const NOTHING = new Uint8Array();
const WRITE = [0x0a, 0, 0, 0x10, 0, 0];
const RECORD = Buffer.alloc(4096, 1);
const SYNCHRONIZE = [0x10, 0, 0, 0, 0, 0];
const TEST_UNIT_READY = [0, 0, 0, 0, 0, 0];
const UNLOAD = [0x1b, 0, 0, 0, 0, 0];
const LOAD = [0x1b, 0, 0, 0, 1, 0];
const READ = [0x08, 0, 0, 0x10, 0, 0];
const READ_BLOCK_LIMITS = [0x05, 0, 0, 0, 0, 0];
const SPACE = [0x11, 0, 0, 0, 1, 0];

/** A cartridge is in the drive, and the server knows. */
async function mounted(settings: LaneSettings = {}): Promise<LaneHost> {
  const host = await LaneHost.start(settings);
  host.mount();
  host.command(TEST_UNIT_READY, NOTHING, 0);
  return host;
}

function word({ status, sense }: Answer): string {
  const key = (sense[2] ?? 0) & 0x0f;
  return `${status} ${key}/${Buffer.from(sense).toString("hex", 12, 14)}`;
}

/** A TapeAlert flag that names the drive. */
const DRIVE_ALERT = 31;
const NOT_PRESENT = "2 2/3a00";

for (const [name, cdb, data] of [
  ["a WRITE", WRITE, RECORD],
  ["a WRITE FILEMARKS", SYNCHRONIZE, NOTHING],
] as const) {
  test(`${name} during an unload for the robot waits, and is not taken`, async () => {
    const host = await mounted();
    assert.equal(host.command(WRITE, RECORD, 0).status, 0);
    assert.equal(host.command(SYNCHRONIZE, NOTHING, 0).status, 0);
    host.hold(ev.EV_DEVICE_DONE);
    host.wantOut();
    assert.deepEqual(host.begin(cdb, data, 0), []);
    assert.deepEqual(host.release(ev.EV_DEVICE_DONE).map(word), [NOT_PRESENT]);
    assert.equal(host.drive.objects.length, 1);
  });
}

test("a synchronize whose cartridge leaves is no success, and the next cartridge works", async () => {
  const host = await mounted();
  host.hold(ev.EV_DEVICE_DONE);
  assert.deepEqual(host.begin(WRITE, RECORD, 0).map(word), ["0 0/"]);
  assert.deepEqual(host.begin(SYNCHRONIZE, NOTHING, 0), []);
  assert.deepEqual(host.gone().map(word), [NOT_PRESENT]);
  host.mount();
  assert.deepEqual(host.release(ev.EV_DEVICE_DONE), []);
  host.command(TEST_UNIT_READY, NOTHING, 0);
  assert.equal(host.command(TEST_UNIT_READY, NOTHING, 0).status, 0);
});

test("data for a cartridge that has left are not taken for the next one", async () => {
  const host = await mounted();
  host.hold(ev.EV_DATA);
  assert.deepEqual(host.begin(WRITE, RECORD, 0), []);
  assert.deepEqual(host.gone().map(word), [NOT_PRESENT]);
  host.mount();
  assert.deepEqual(host.release(ev.EV_DATA), []);
  host.command(TEST_UNIT_READY, NOTHING, 0);
  assert.equal(host.command(SYNCHRONIZE, NOTHING, 0).status, 0);
  assert.deepEqual(host.drive.objects, []);
});

test("a cartridge that leaves while it is loaded keeps nobody from the next one", async () => {
  const host = await LaneHost.start();
  host.hold(ev.EV_DEVICE_DONE);
  host.mount();
  host.gone();
  host.release(ev.EV_DEVICE_DONE);
  host.mount();
  host.command(TEST_UNIT_READY, NOTHING, 0);
  assert.equal(host.command(TEST_UNIT_READY, NOTHING, 0).status, 0);
});

test("a ring that has failed keeps no cartridge in the drive", async () => {
  const host = await mounted();
  for (let count = 0; count < 3; count += 1) {
    assert.equal(host.command(WRITE, RECORD, 0).status, 0);
  }
  host.memory.isDiskFull = true;
  assert.equal(host.command(WRITE, RECORD, 0).status, 0);
  assert.equal(host.command(SYNCHRONIZE, NOTHING, 0).status, 0);
  assert.equal(host.command(UNLOAD, NOTHING, 0).status, 0);
  assert.equal(host.drive.objects.length, 4);
});

test("a cartridge that leaves while it is compared for a command that was aborted", async () => {
  const host = await mounted();
  assert.equal(host.command(WRITE, RECORD, 0).status, 0);
  assert.equal(host.command(UNLOAD, NOTHING, 0).status, 0);
  host.remount();
  host.command(TEST_UNIT_READY, NOTHING, 0);
  host.hold(ev.EV_DEVICE_DONE);
  assert.deepEqual(host.begin(SPACE, NOTHING, 0), []);
  host.abort();
  assert.deepEqual(host.gone(), []);
  assert.deepEqual(host.release(ev.EV_DEVICE_DONE), []);
  host.mount();
  host.command(TEST_UNIT_READY, NOTHING, 0);
  assert.equal(host.command(TEST_UNIT_READY, NOTHING, 0).status, 0);
});

test("a drive that does not unload is told of, and asked again by the next UNLOAD", async () => {
  const host = await mounted();
  host.drive.unloadFailure = [4, 0x5300];
  assert.equal(word(host.command(UNLOAD, NOTHING, 0)), "2 4/5300");
  assert.equal(host.command(READ_BLOCK_LIMITS, NOTHING, 6).status, 0);
  host.drive.unloadFailure = undefined;
  assert.equal(word(host.command(UNLOAD, NOTHING, 0)), "0 0/");
  assert.equal(word(host.command(TEST_UNIT_READY, NOTHING, 0)), NOT_PRESENT);
});

test("LOAD takes in at once what UNLOAD has put out; a drive loads by itself what the robot brings", async () => {
  const host = await mounted();
  assert.equal(word(host.command(UNLOAD, NOTHING, 0)), "0 0/");
  host.timeStands = true;
  assert.equal(word(host.command(LOAD, NOTHING, 0)), "0 0/");
  assert.equal(word(host.command(TEST_UNIT_READY, NOTHING, 0)), "0 0/");

  assert.equal(word(host.command(UNLOAD, NOTHING, 0)), "0 0/");
  host.gone();
  host.mount();
  assert.deepEqual(host.begin(LOAD, NOTHING, 0), []);
  host.timeStands = false;
  host.abort();
  assert.equal(word(host.command(TEST_UNIT_READY, NOTHING, 0)), "2 6/2800");
});

test("the end of the tape is asked for before an unload, not before a load", async () => {
  const host = await mounted();
  for (const options of [5, 7, 9]) {
    assert.equal(word(host.command(LOAD.with(4, options), NOTHING, 0)), "2 5/2400");
  }
  assert.equal(word(host.command(UNLOAD.with(4, 4), NOTHING, 0)), "0 0/");
});

test("what an UNLOAD that was aborted came to is nothing to the next one", async () => {
  const host = await mounted();
  host.drive.unloadFailure = [4, 0x5300];
  host.hold(ev.EV_DEVICE_DONE);
  assert.deepEqual(host.begin(UNLOAD, NOTHING, 0), []);
  host.abort();
  assert.deepEqual(host.release(ev.EV_DEVICE_DONE), []);
  host.drive.unloadFailure = undefined;
  assert.equal(word(host.command(UNLOAD, NOTHING, 0)), "0 0/");
});

test("an UNLOAD without an answer of the drive is told of that, not of what was last wrong", async () => {
  const host = await mounted();
  assert.equal(word(host.command(READ, NOTHING, 4096)), "2 8/0005");
  host.isDriveLost = true;
  assert.equal(word(host.command(UNLOAD, NOTHING, 0)), "2 4/0400");
});

test("a LOAD waits for the end of an UNLOAD that was aborted", async () => {
  const host = await mounted();
  host.hold(ev.EV_DEVICE_DONE);
  assert.deepEqual(host.begin(UNLOAD, NOTHING, 0), []);
  host.abort();
  assert.deepEqual(host.begin(LOAD, NOTHING, 0), []);
  assert.deepEqual(host.release(ev.EV_DEVICE_DONE).map(word), ["0 0/"]);
  assert.equal(word(host.command(TEST_UNIT_READY, NOTHING, 0)), "0 0/");
});

test("[620] a cartridge that is stuck when the server unloads: its spare is unloaded", async () => {
  const host = await mounted({ spareDrives: 1, spareMedia: 1 });
  assert.equal(host.command(WRITE, RECORD, 0).status, 0);
  host.drive.unloadFailure = [4, 0x5300];
  assert.deepEqual(host.begin(UNLOAD, NOTHING, 0), []);
  assert.equal(host.words.at(-1)?.[0], WORD_ASK_DRIVE);
  host.word(WORD_DRIVE, { c: 1 });
  assert.equal(host.words.at(-1)?.[0], WORD_ASK_MEDIUM);
  host.word(WORD_MEDIUM, { c: 1, params: Buffer.from("SPARE1L9".padEnd(32)) });
  assert.equal(host.words.at(-1)?.[0], WORD_MOVE_IN);
  host.drive.unloadFailure = undefined;
  host.drive.objects.length = 0;
  host.drive.insert();
  host.word(WORD_MOVED, { c: 0 });
  assert.deepEqual(host.takeAnswers().map(word), ["0 0/"]);
  assert.equal(host.drive.objects.length, 1);
  assert.equal(word(host.command(TEST_UNIT_READY, NOTHING, 0)), NOT_PRESENT);
});

test("[620] a drive that keeps the spare medium which it was given: the next one goes into a spare drive", async () => {
  const host = await mounted({ spareDrives: 1, spareMedia: 2 });
  assert.equal(host.command(WRITE, RECORD, 0).status, 0);
  host.drive.writeFailure = MEDIUM_FAILURE;
  assert.equal(host.command(WRITE, RECORD, 0).status, 0);
  assert.equal(host.words.at(-1)?.[0], WORD_ASK_MEDIUM);
  host.word(WORD_MEDIUM, { c: 5, params: Buffer.from("SPARE1L9".padEnd(32)) });
  assert.equal(host.words.at(-1)?.[0], WORD_MOVE_OUT);
  host.word(WORD_MOVED, { c: 0 });
  assert.deepEqual(host.words.at(-1)?.slice(0, 2), [WORD_MOVE_IN, 5]);
  host.drive.objects.length = 0;
  host.drive.insert();
  host.drive.writeFailure = DRIVE_FAILURE;
  host.drive.alerts.add(DRIVE_ALERT);
  host.drive.unloadFailure = [4, 0x5300];
  host.word(WORD_MOVED, { c: 0 });
  assert.equal(host.words.at(-1)?.[0], WORD_ASK_DRIVE);
  host.word(WORD_DRIVE, { c: 1 });
  assert.deepEqual(
    host.words
      .slice(-2)
      .map(([kind, medium]) => (kind === WORD_BAD_MEDIUM ? [kind, medium] : kind)),
    [[WORD_BAD_MEDIUM, 5], WORD_ASK_MEDIUM],
  );
  host.word(WORD_MEDIUM, { c: 6, params: Buffer.from("SPARE2L9".padEnd(32)) });
  assert.deepEqual(host.words.at(-1)?.slice(0, 2), [WORD_MOVE_IN, 6]);
  host.drive.writeFailure = undefined;
  host.drive.unloadFailure = undefined;
  host.drive.objects.length = 0;
  host.drive.insert();
  host.word(WORD_MOVED, { c: 0 });
  assert.equal(host.command(SYNCHRONIZE, NOTHING, 0).status, 0);
  assert.equal(host.drive.objects.length, 2);
});
