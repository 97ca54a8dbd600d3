import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { isSameDevice } from "../../host/bridge/same-device.ts";
import { StandingDevice } from "../../host/lane/standing-device.ts";
import type { ScsiRequest } from "../../host/lib/scsi-device.ts";
import { TestClock, TestDrive } from "./peers.ts";

const REQUEST: ScsiRequest = { cdb: new Uint8Array(6), timeoutMs: 100 };

function setUp() {
  const clock = new TestClock();
  const drive = new TestDrive();
  const state = { isOurs: true, standingCount: 0 };
  const device = new StandingDevice(drive, {
    clock,
    log: () => undefined,
    isOurs: () => Promise.resolve(state.isOurs),
  });
  device.onStanding(() => {
    state.standingCount += 1;
  });
  return { clock, drive, device, state };
}

test("a connection that breaks is sought again, ever more rarely, until it stands", async () => {
  const { clock, drive, device, state } = setUp();
  assert.equal(await device.connect(100), true);
  assert.equal(state.standingCount, 1);
  drive.isReachable = false;
  drive.lose();
  assert.deepEqual(await device.execute(REQUEST), { kind: "lost", reason: "not connected" });
  const delays: number[] = [];
  for (let count = 0; count < 8; count += 1) {
    const [timer] = clock.timers;
    assert.ok(timer !== undefined && clock.timers.length === 1);
    delays.push(timer.atMs - clock.nowMs());
    clock.advance(timer.atMs - clock.nowMs());
    await turn();
  }
  assert.deepEqual(delays, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  drive.isReachable = true;
  clock.advance(30_000);
  await turn();
  assert.equal(state.standingCount, 2);
  assert.equal(clock.timers.length, 0);
  drive.lose();
  assert.equal((clock.timers[0]?.atMs ?? 0) - clock.nowMs(), 1000, "the interval starts afresh");
});

test("a fenced device is left alone", async () => {
  const { clock, drive, device } = setUp();
  await device.connect(100);
  drive.lose();
  await device.disconnect();
  assert.equal(clock.timers.length, 0);
  drive.lose();
  assert.equal(clock.timers.length, 0);
});

test("another device in its place gets no command", async () => {
  const { clock, drive, device, state } = setUp();
  state.isOurs = false;
  assert.equal(await device.connect(100), false);
  assert.equal((await device.execute(REQUEST)).kind, "lost");
  assert.equal(drive.requests.length, 0);
  assert.deepEqual(drive.calls, ["connect 100", "disconnect"]);
  state.isOurs = true;
  clock.advance(1000);
  await turn();
  assert.equal(state.standingCount, 1);
});

test("a device is known by its serial number", async () => {
  const drive = new TestDrive();
  const asked = Promise.all(["SERIAL1", "SERIAL2"].map((one) => isSameDevice(drive, one, 100)));
  for (const { request, end } of drive.requests) {
    const page = Buffer.from("\x01\x80\x00\x09SERIAL1  ", "latin1");
    request.dataIn?.set(page);
    const sense = new Uint8Array();
    end({ kind: "answered", status: 0, sense, dataInBytes: page.length, residual: 0 });
  }
  assert.deepEqual(await asked, [true, false]);
  assert.equal(await isSameDevice(drive, "", 100), true);
});
