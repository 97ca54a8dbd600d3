/**
 * A cartridge that somebody else has written comes into a lane: what of it is in the ring, when, and
 * what that is good for. Whether a cartridge that comes back is the one the ring knows.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as ev from "../../assembly/spec/event.ts";
import * as word from "../../assembly/spec/word.ts";
import { LaneHost } from "./lane-host.ts";
import type { LaneSettings } from "./lane-settings.ts";
import { MEDIUM_FAILURE } from "./tape-drive.ts";

const NOTHING = new Uint8Array();
const RECORD_BYTES = 4096;
/** Longer than what a READ of the copy asks for at first. */
const LONG_BYTES = 0x18_0000;
const record = (fill: number, bytes = RECORD_BYTES): Uint8Array<ArrayBuffer> =>
  new Uint8Array(bytes).fill(fill);
/** A label, a filemark, two records. */
const OTHERS = [record(1), undefined, record(2), record(3, LONG_BYTES)];
const HEADER_ONLY = { headerMarks: 1, copyBelowPercent: 0, spareMedia: 1 };

/** A lane with that cartridge in its drive; unit attentions are taken. */
async function mounted(settings: LaneSettings, objects = OTHERS): Promise<LaneHost> {
  const host = await LaneHost.start(settings);
  host.drive.objects.push(...objects);
  host.mount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  return host;
}

function good(host: LaneHost, cdb: readonly number[], dataOut = NOTHING): void {
  assert.equal(host.command(cdb, dataOut, 0).status, 0, `operation ${cdb[0]?.toString(16)}h`);
}
const write = (host: LaneHost, fill: number): void =>
  good(host, [0x0a, 0, 0, RECORD_BYTES >> 8, 0, 0], record(fill));
const locate = (host: LaneHost, object: number): void =>
  good(host, [0x2b, 0, 0, 0, 0, 0, object, 0, 0, 0]);
const sync = (host: LaneHost): void => good(host, [0x10, 0, 0, 0, 0, 0]);
const unload = (host: LaneHost): void => good(host, [0x1b, 0, 0, 0, 0, 0]);
const readNext = (host: LaneHost) => host.command([0x08, 2, 0x20, 0, 0, 0], NOTHING, 0x20_0000);
const fills = (host: LaneHost): (number | undefined)[] =>
  Array.from(host.drive.objects, (object) => object?.[0]);

/** The cartridge fails; its spare is `host.drive` with nothing on it. The words go as they should. */
function failMedium(host: LaneHost): void {
  host.drive.writeFailure = MEDIUM_FAILURE;
  write(host, 99);
  assert.equal(host.words.at(-1)?.[0], word.WORD_ASK_MEDIUM);
  host.word(word.WORD_MEDIUM, { c: 5, params: Buffer.alloc(32, "S") });
  host.word(word.WORD_MOVED, {});
  host.drive.writeFailure = undefined;
  host.drive.objects.length = 0;
  host.drive.insert();
  host.word(word.WORD_MOVED, {});
  assert.deepEqual(host.words.at(-1), [word.WORD_RECOVERED, 1, 0]);
}

test("the header is in the ring before the server gets the drive, the rest is not", async () => {
  const host = await mounted(HEADER_ONLY);
  assert.equal(host.show().received, 2);
  assert.equal(host.show().isProtected, false);
});

test("the rest follows while the server is quiet, long records too; then it is protected", async () => {
  const host = await mounted({ spareMedia: 1 });
  assert.equal(host.show().received, OTHERS.length);
  assert.equal(host.show().isProtected, true);
  locate(host, OTHERS.length);
  write(host, 4);
  failMedium(host);
  sync(host);
  assert.deepEqual(fills(host), [1, undefined, 2, 3, 4, 99]);
  assert.equal(host.drive.objects[3]?.length, LONG_BYTES);
});

test("a cartridge of which too much is used: only its header", async () => {
  const host = await LaneHost.start();
  host.drive.objects.push(...OTHERS);
  host.drive.attributes = { serial: "A", loads: 1, remaining: 49, maximum: 100 };
  host.mount();
  assert.equal(host.show().received, 2);
  assert.equal(host.show().isProtected, false);
});

test("what the server reads is copied too", async () => {
  const host = await LaneHost.start({ headerMarks: 0 });
  host.drive.objects.push(...OTHERS);
  host.timeStands = true;
  host.mount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  assert.equal(host.show().received, 0);
  for (const expected of OTHERS) {
    const { data } = readNext(host);
    assert.deepEqual(Buffer.from(data), Buffer.from(expected ?? NOTHING));
  }
  assert.equal(host.show().received, OTHERS.length);
  const { sense } = readNext(host);
  assert.equal((sense[2] ?? 0) & 0x0f, 0x08);
  assert.equal(host.show().isProtected, true);
});

test("the ring is lost in the middle of a copy: the copy ends, what is read is right", async () => {
  const host = await LaneHost.start({ headerMarks: 0 });
  host.drive.objects.push(...OTHERS);
  host.timeStands = true;
  host.mount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  readNext(host);
  host.memory.isDiskFull = true;
  for (const expected of OTHERS.slice(1)) {
    assert.deepEqual(Buffer.from(readNext(host).data), Buffer.from(expected ?? NOTHING));
  }
  assert.equal(host.show().received, 2);
  assert.equal(host.show().isProtected, false);
  locate(host, 2);
  write(host, 7);
  sync(host);
  assert.deepEqual(fills(host), [1, undefined, 7]);
  assert.equal(host.show().state, "degraded");
});

test("header only: what is written behind it makes the image whole", async () => {
  const host = await mounted(HEADER_ONLY);
  locate(host, 2);
  write(host, 7);
  assert.equal(host.show().isProtected, true);
  failMedium(host);
  sync(host);
  assert.deepEqual(fills(host), [1, undefined, 7, 99]);
});

test("header only: appending behind what is not there runs unprotected, and says so", async () => {
  const host = await mounted(HEADER_ONLY);
  locate(host, OTHERS.length);
  write(host, 7);
  assert.equal(host.show().isProtected, false);
  assert.equal(host.show().state, "degraded");
  sync(host);
  host.drive.writeFailure = MEDIUM_FAILURE;
  write(host, 8);
  const { status, sense } = host.command([0x10, 0, 0, 0, 0, 0], NOTHING, 0);
  assert.deepEqual([status, (sense[2] ?? 0) & 0x0f, sense[12]], [2, 3, 0x0c]);
  assert.deepEqual(fills(host), [1, undefined, 2, 3, 7]);
});

test("header only: the end of data, spacing and reading are the tape's, not the ring's", async () => {
  const host = await mounted(HEADER_ONLY);
  good(host, [0x11, 3, 0, 0, 0, 0]);
  const position = host.command([0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0], NOTHING, 20);
  assert.equal(Buffer.from(position.data).readUInt32BE(4), OTHERS.length);
  locate(host, 1);
  assert.equal((readNext(host).sense[2] ?? 0) & 0x80, 0x80);
  assert.deepEqual([...readNext(host).data], [...record(2)]);
});

test("a record that cannot be read ends the copy, and nothing else", async () => {
  const host = await LaneHost.start();
  host.drive.objects.push(...OTHERS);
  host.drive.readFailure = 2;
  host.mount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  assert.equal(host.show().received, 2);
  assert.equal(host.show().state, "idle");
  assert.ok(host.words.every(([kind]) => kind === word.WORD_MOUNTED));
  host.drive.readFailure = undefined;
  locate(host, 2);
  assert.deepEqual([...readNext(host).data], [...record(2)]);
});

test("a command that comes while the header is read is answered when it is there", async () => {
  const host = await LaneHost.start();
  host.drive.objects.push(...OTHERS);
  host.timeStands = true;
  host.hold(ev.EV_DEVICE_DONE);
  host.mount();
  assert.equal(host.begin([0x01, 0, 0, 0, 0, 0], NOTHING, 0).length, 0);
  assert.deepEqual(
    host.release(ev.EV_DEVICE_DONE).map(({ status }) => status),
    [0],
  );
  assert.equal(host.show().received, 2);
});

test("a cartridge that comes back untouched is protected at once, nothing is read", async () => {
  const host = await LaneHost.start({ spareMedia: 1 });
  host.drive.attributes = { serial: "A", loads: 1, remaining: 90, maximum: 100 };
  host.mount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  write(host, 1);
  unload(host);
  const before = host.drive.readCount;
  host.remount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  assert.equal(host.show().isProtected, true);
  assert.equal(host.drive.readCount, before);
  good(host, [0x11, 3, 0, 0, 0, 0]);
  write(host, 2);
  failMedium(host);
  sync(host);
  assert.deepEqual(fills(host), [1, 2, 99]);
});

for (const [how, change] of [
  ["was loaded elsewhere", (host: LaneHost) => host.drive.insert()],
  ["is another one with the same tag", (host: LaneHost) => void otherSerial(host)],
] as const) {
  test(`a cartridge that ${how} is never taken for its old image`, async () => {
    const host = await LaneHost.start();
    host.drive.attributes = { serial: "A", loads: 1, remaining: 90, maximum: 100 };
    host.mount();
    host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
    write(host, 1);
    unload(host);
    change(host);
    host.drive.objects.splice(0, Infinity, record(5), record(6));
    host.remount();
    host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
    assert.equal(host.show().isProtected, false);
    assert.deepEqual([...readNext(host).data], [...record(5)]);
    good(host, [0x11, 3, 0, 0, 0, 0]);
    write(host, 7);
    sync(host);
    assert.deepEqual(fills(host), [5, 6, 7]);
  });
}

function otherSerial(host: LaneHost): void {
  const { attributes } = host.drive;
  assert.ok(attributes !== undefined);
  host.drive.attributes = { ...attributes, serial: "B" };
}
