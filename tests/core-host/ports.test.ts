import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { crc32c } from "@node-rs/crc32";
import { DEVICE_ROBOT } from "../../assembly/spec/abi.ts";
import {
  AC_CONTROL,
  AC_DEVICE,
  AC_RECEIVE,
  AC_REPLY,
  AC_RING_LOAD,
  AC_RING_LOST,
  AC_RING_WRITE,
  BUFFER_SERVER,
  CONTROL_COUPLE,
  CONTROL_FENCE,
  DIRECTION_IN_BUFFER,
  DIRECTION_IN_PARAM,
  DIRECTION_NONE,
  DIRECTION_OUT_EXTENT,
  FROM_BUFFER,
  FROM_PARAM,
  TO_EXTENT,
  TO_PARAM,
} from "../../assembly/spec/action.ts";
import {
  EV_COMMAND,
  EV_DATA,
  EV_DEVICE_DONE,
  EV_DEVICE_LOST,
  EV_RING_DONE,
  EV_TASK_END,
  RESULT_ANSWERED,
  RESULT_EXTENT_BAD,
  RESULT_LOST,
  RESULT_SILENT,
} from "../../assembly/spec/event.ts";
import type { CacheDevice } from "../../host/cache/cache-device.ts";
import type { CoreEvent } from "../../host/core/core-event.ts";
import { DevicePort } from "../../host/lane/device-port.ts";
import { Extents } from "../../host/lane/extents.ts";
import { RingPort } from "../../host/lane/ring-port.ts";
import { TaskPort } from "../../host/lane/task-port.ts";
import { TransferBuffer } from "../../host/lane/transfer-buffer.ts";
import { perform, TestDrive, TestTask } from "./peers.ts";

const WRITE_6 = 0x0a;
const READ_6 = 0x08;
const RECORD_BYTES = 1000;
const AT = 4096;

/** A disk whose writes end when the test says so. */
class TestDisk implements CacheDevice {
  readonly sizeBytes = 1 << 20;
  readonly content = Buffer.alloc(this.sizeBytes);
  readonly ends: (() => void)[] = [];
  errno = 0;
  write(offset: number, parts: readonly Uint8Array[], done: (errno: number) => void): void {
    this.ends.push(() => {
      Buffer.concat(parts).copy(this.content, offset);
      done(this.errno);
    });
  }
  flush(done: (errno: number) => void): void {
    this.ends.push(() => done(this.errno));
  }
  read(offset: number, into: Uint8Array, done: (errno: number, bytes: number) => void): void {
    this.ends.push(() => {
      into.set(this.content.subarray(offset, offset + into.length));
      done(this.errno, into.length);
    });
  }
  close(): void {
    this.ends.length = 0;
  }
  end(): void {
    this.ends.shift()?.();
  }
}

function setUp() {
  const events: CoreEvent[] = [];
  const post = (event: CoreEvent): void => {
    events.push(event);
  };
  const cache = new TestDisk();
  const extents = new Extents(1 << 20, (at, into, done) => cache.read(at, into, done), crc32c);
  const buffers = new Map([[BUFFER_SERVER, new TransferBuffer()]]);
  const drive = new TestDrive();
  let isFailed = false;
  return {
    events,
    cache,
    extents,
    drive,
    fail: () => {
      isFailed = true;
    },
    tasks: new TaskPort({ post, extents, buffers, hasFailed: () => isFailed }),
    ring: new RingPort({ post, cache, extents, buffers }),
    devices: new DevicePort({
      post,
      extents,
      buffers,
      devices: new Map([
        [0, drive],
        [DEVICE_ROBOT, drive],
      ]),
    }),
  };
}

test("a WRITE: the same bytes go to ring and drive, and their memory is free afterwards", async () => {
  const { events, cache, extents, drive, tasks, ring, devices } = setUp();
  const task = new TestTask(5, WRITE_6, RECORD_BYTES);
  tasks.command(task);
  const [command] = events;
  assert.equal(command?.kind, EV_COMMAND);
  assert.deepEqual([command?.tag, command?.a, command?.b], [5, 3, RECORD_BYTES]);
  perform(tasks.receive, { kind: AC_RECEIVE, tag: 5, a: RECORD_BYTES, d: TO_EXTENT, x: AT });
  task.arrive(9);
  const data = events[1];
  const crc = crc32c(new Uint8Array(RECORD_BYTES).fill(9));
  assert.deepEqual([data?.kind, data?.tag, data?.a, data?.b], [EV_DATA, 5, RECORD_BYTES, crc]);
  const header = new Uint8Array(64).fill(1);
  perform(ring.write, {
    kind: AC_RING_WRITE,
    tag: 6,
    a: RECORD_BYTES,
    x: AT - 64,
    y: AT,
    params: header,
  });
  perform(devices.command, {
    kind: AC_DEVICE,
    tag: 7,
    b: DIRECTION_OUT_EXTENT,
    c: RECORD_BYTES,
    d: 100,
    e: crc,
    f: 6,
    x: AT,
    y: RECORD_BYTES * 2 ** 32,
    params: Uint8Array.of(WRITE_6, ...new Uint8Array(15)),
  });
  perform(tasks.reply, { kind: AC_REPLY, tag: 5 });
  assert.deepEqual(
    task.answers.map(({ status }) => status),
    [0],
  );
  const [sent] = drive.requests;
  assert.equal(sent?.request.cdb.length, 6);
  assert.ok(sent?.request.dataOut?.[0]?.buffer === task.into?.buffer, "no copy was made");
  cache.end();
  assert.deepEqual(cache.content.subarray(AT - 64, AT), Buffer.from(header));
  assert.ok(cache.content.subarray(AT, AT + RECORD_BYTES).every((byte) => byte === 9));
  assert.deepEqual([events[2]?.kind, events[2]?.tag, events[2]?.a], [EV_RING_DONE, 6, 0]);
  assert.ok(extents.find(AT) !== undefined, "the drive still reads it");
  sent?.end({ kind: "answered", status: 0, sense: new Uint8Array(), dataInBytes: 0, residual: 0 });
  await turn();
  assert.deepEqual([events[3]?.kind, events[3]?.tag, events[3]?.a], [EV_DEVICE_DONE, 7, 0]);
  assert.ok(extents.find(AT) === undefined);
});

test("an extent that the ring has lost is a result, not an exception", () => {
  const { events, cache, devices } = setUp();
  perform(devices.command, {
    kind: AC_DEVICE,
    tag: 7,
    b: DIRECTION_OUT_EXTENT,
    c: 100,
    e: 1234,
    f: 6,
    x: AT,
    y: 100 * 2 ** 32,
    params: new Uint8Array(16),
  });
  cache.end();
  assert.deepEqual([events[0]?.a, events[0]?.c], [RESULT_EXTENT_BAD, 0]);
});

test("nothing is waited for of a lost ring but what fills a transfer buffer, and nobody hears of it", () => {
  const { events, cache, ring } = setUp();
  const params = new Uint8Array(64);
  perform(ring.write, { kind: AC_RING_WRITE, tag: 1, x: AT, params });
  let idleCount = 0;
  const whenIdle = (): void => {
    idleCount += 1;
  };
  ring.whenIdle(whenIdle);
  assert.equal(idleCount, 0);
  cache.end();
  assert.deepEqual([idleCount, events.length], [1, 1]);
  perform(ring.write, { kind: AC_RING_WRITE, tag: 2, x: AT, params });
  perform(ring.load, { kind: AC_RING_LOAD, tag: 3, a: 64, b: BUFFER_SERVER, x: AT });
  perform(ring.lost, { kind: AC_RING_LOST });
  ring.whenIdle(whenIdle);
  const [endWrite, endLoad] = cache.ends;
  assert.equal(idleCount, 1);
  endLoad?.();
  assert.deepEqual([idleCount, events.length], [2, 2]);
  endWrite?.();
  assert.deepEqual([idleCount, events.length], [2, 2]);
  // What the next instance is told by the same tag is its own.
  perform(ring.write, { kind: AC_RING_WRITE, tag: 2, x: AT, params });
  cache.ends.at(-1)?.();
  assert.deepEqual([events.length, events[2]?.tag], [3, 2]);
});

test("an aborted task ends once, and its memory is free", () => {
  const { events, extents, tasks } = setUp();
  const task = new TestTask(5, WRITE_6, RECORD_BYTES);
  tasks.command(task);
  perform(tasks.receive, { kind: AC_RECEIVE, tag: 5, a: RECORD_BYTES, d: TO_EXTENT, x: AT });
  tasks.abort(task);
  tasks.abort(task);
  assert.deepEqual(
    events.map(({ kind }) => kind),
    [EV_COMMAND, EV_TASK_END],
  );
  assert.ok(extents.find(AT) === undefined);
  perform(tasks.reply, { kind: AC_REPLY, tag: 5 });
  assert.equal(task.answers.length, 0);
});

test("data that came with the command is whole at once; a later abort does no harm", () => {
  const { events, extents, tasks } = setUp();
  const task = new TestTask(5, WRITE_6, RECORD_BYTES);
  task.immediateFill = 6;
  tasks.command(task);
  perform(tasks.receive, { kind: AC_RECEIVE, tag: 5, a: RECORD_BYTES, d: TO_EXTENT, x: AT });
  tasks.abort(task);
  assert.deepEqual(
    events.map(({ kind }) => kind),
    [EV_COMMAND, EV_DATA, EV_TASK_END],
  );
  assert.equal(extents.find(AT)?.pins, 0, "the core decides what becomes of it");
});

test("small data goes through parameters both ways", () => {
  const { events, tasks } = setUp();
  const task = new TestTask(5, 0x15, 12);
  tasks.command(task);
  perform(tasks.receive, { kind: AC_RECEIVE, tag: 5, a: 12, d: TO_PARAM });
  task.arrive(4);
  assert.deepEqual(events[1]?.params, new Uint8Array(12).fill(4));
  const params = Uint8Array.of(0x70, 0, 5, 1, 2, 3, 4);
  perform(tasks.reply, { kind: AC_REPLY, tag: 5, a: 2, b: 3, c: 4, d: FROM_PARAM, e: 9, params });
  const [answer] = task.answers;
  assert.deepEqual(answer?.sense, params.subarray(0, 3));
  assert.deepEqual(answer?.dataIn, params.subarray(3));
  assert.equal(answer?.wantedBytes, 9);
});

test("answers on their way keep their buffers; the third command waits", async () => {
  const { events, drive, tasks, devices } = setUp();
  const open: TestTask[] = [];
  const read = async (id: number): Promise<void> => {
    const task = new TestTask(id, READ_6, 0, RECORD_BYTES);
    open.push(task);
    tasks.command(task);
    perform(devices.command, {
      kind: AC_DEVICE,
      tag: id,
      b: DIRECTION_IN_BUFFER,
      c: RECORD_BYTES,
      f: 6,
      y: BUFFER_SERVER,
      params: new Uint8Array(16),
    });
    const last = drive.requests.at(-1);
    last?.request.dataIn?.fill(id);
    last?.end({
      kind: "answered",
      status: 0,
      sense: new Uint8Array(),
      dataInBytes: 10,
      residual: 0,
    });
    await turn();
    assert.equal(events.at(-1)?.e, crc32c(new Uint8Array(10).fill(id)));
    perform(tasks.reply, { kind: AC_REPLY, tag: id, c: 10, d: FROM_BUFFER, f: BUFFER_SERVER });
  };
  await read(1);
  await read(2);
  assert.deepEqual(
    open.map(({ answers: [answer] }) => answer?.dataIn?.[9]),
    [1, 2],
  );
  const third = new TestTask(3, READ_6, 0, RECORD_BYTES);
  const before = events.length;
  tasks.command(third);
  assert.equal(events.length, before, "it waits");
  open[0]?.answers[0]?.sent?.();
  assert.deepEqual([events.at(-1)?.kind, events.at(-1)?.tag], [EV_COMMAND, 3]);
});

test("a failed core answers BUSY", () => {
  const { events, fail, tasks } = setUp();
  const open = new TestTask(1, READ_6);
  tasks.command(open);
  fail();
  tasks.failAll();
  const late = new TestTask(2, READ_6);
  tasks.command(late);
  assert.deepEqual([open.answers[0]?.status, late.answers[0]?.status], [8, 8]);
  assert.equal(events.length, 1);
});

test("sense data and small data-in come back in parameters", async () => {
  const { events, drive, devices } = setUp();
  perform(devices.command, {
    kind: AC_DEVICE,
    tag: 1,
    a: DEVICE_ROBOT,
    b: DIRECTION_IN_PARAM,
    c: 8,
    f: 6,
    params: new Uint8Array(16),
  });
  const [out] = drive.requests;
  out?.request.dataIn?.set([1, 2, 3]);
  const sense = Uint8Array.of(0x70, 0, 3);
  out?.end({ kind: "answered", status: 2, sense, dataInBytes: 3, residual: 5 });
  await turn();
  const [event] = events;
  assert.deepEqual([event?.a, event?.b, event?.c, event?.d], [RESULT_ANSWERED, 2, 5, 3]);
  assert.deepEqual(event?.params, Uint8Array.of(...sense, ...new Uint8Array(61), 1, 2, 3));
});

test("silence, a lost connection and an unknown device are results", async () => {
  const { events, drive, devices } = setUp();
  for (const [tag, device] of [0, 0, 77].entries()) {
    perform(devices.command, {
      kind: AC_DEVICE,
      tag,
      a: device,
      b: DIRECTION_NONE,
      f: 6,
      params: new Uint8Array(16),
    });
  }
  drive.requests[0]?.end({ kind: "silent" });
  drive.requests[1]?.end({ kind: "lost", reason: "cut" });
  await turn();
  const results = new Map(events.map(({ tag, a }) => [tag, a]));
  assert.deepEqual(
    [0, 1, 2].map((tag) => results.get(tag)),
    [RESULT_SILENT, RESULT_LOST, RESULT_LOST],
  );
});

test("a connection that breaks while idle is an event, while busy it is the command's result", () => {
  const { events, drive, devices } = setUp();
  const command = { kind: AC_DEVICE, b: DIRECTION_NONE, f: 6, params: new Uint8Array(16) };
  perform(devices.command, command);
  drive.lose();
  assert.deepEqual(
    events.map(({ kind, a }) => [kind, a]),
    [[EV_DEVICE_LOST, DEVICE_ROBOT]],
  );
});

test("couple and fence", async () => {
  const { events, drive, devices } = setUp();
  perform(devices.control, { kind: AC_CONTROL, tag: 1, b: CONTROL_COUPLE, d: 50 });
  await turn();
  drive.isReachable = false;
  perform(devices.control, { kind: AC_CONTROL, tag: 2, b: CONTROL_COUPLE, d: 60 });
  await turn();
  perform(devices.control, { kind: AC_CONTROL, tag: 3, b: CONTROL_FENCE });
  await turn();
  assert.deepEqual(drive.calls, ["connect 50", "connect 60", "disconnect"]);
  assert.deepEqual(
    events.map(({ a }) => a),
    [RESULT_ANSWERED, RESULT_LOST, RESULT_ANSWERED],
  );
});
