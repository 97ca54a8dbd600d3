/** REPORT DENSITY SUPPORT: the drive's answer, the last one while a recovery runs, and what there is without. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, LaneHost } from "./lane-host.ts";
import { DRIVE_FAILURE, densityReport } from "./tape-drive.ts";

const NOTHING = new Uint8Array();
const ROOM = 4096;
const BUSY = 0x08;
const DENSITIES = [0x5e, 0x60];

function ask(host: LaneHost, flags: number, room = ROOM): Answer {
  return host.command([0x44, flags, 0, 0, 0, 0, 0, room >> 8, room & 0xff, 0], NOTHING, ROOM);
}

function hex(data: Uint8Array): string {
  return Buffer.from(data).toString("hex");
}

async function ready(settings = {}): Promise<LaneHost> {
  const host = await LaneHost.start({ spareDrives: 1, ...settings });
  host.drive.densities = DENSITIES;
  host.drive.density = 0x60;
  host.mount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  return host;
}

/** A recovery that waits for a spare drive, which nobody grants. */
function fail(host: LaneHost): void {
  host.drive.writeFailure = DRIVE_FAILURE;
  assert.equal(host.command([0x0a, 0, 0, 0, 10, 0], new Uint8Array(10), 0).status, 0);
}

test("the drive is asked, and its answer cut where the CDB says", async () => {
  const host = await ready();
  const report = hex(densityReport(DENSITIES));
  assert.equal(hex(ask(host, 0).data), report);
  assert.equal(hex(ask(host, 0, 60).data), report.slice(0, 120));
  host.drive.densities = [0x60];
  assert.equal(hex(ask(host, 0).data), hex(densityReport([0x60])));
});

test("while a recovery runs the last answer is given, and no BUSY", async () => {
  const host = await ready();
  const report = hex(densityReport(DENSITIES));
  assert.equal(hex(ask(host, 0).data), report);
  fail(host);
  assert.equal(hex(ask(host, 0).data), report);
  assert.equal(hex(ask(host, 0, 60).data), report.slice(0, 120));
  assert.equal(hex(ask(host, 1).data), hex(densityReport([0x60])));
  const { status, sense } = ask(host, 2);
  assert.deepEqual([status, sense[12]], [2, 0x24]);
  // What else only a drive has is still BUSY.
  const dump = host.command([0x3c, 2, 0, 0, 0, 0, 0, 0, 8, 0], NOTHING, 8);
  assert.equal(dump.status, BUSY);
});

test("the last answer outlives a trapped core", async () => {
  const host = await ready({ successors: 1 });
  assert.equal(hex(ask(host, 0).data), hex(densityReport(DENSITIES)));
  fail(host);
  host.trapIn(0);
  assert.equal(hex(ask(host, 0).data), hex(densityReport(DENSITIES)));
});

test("no drive has the command: the head of a report, and what the medium is where that is known", async () => {
  const host = await LaneHost.start();
  assert.equal(hex(ask(host, 0).data), "00020000");
  const { status, sense } = ask(host, 1);
  assert.deepEqual([status, sense[2], sense[12]], [2, 2, 0x3a]);
  host.drive.density = 0x60;
  host.drive.attributes = { serial: "A", loads: 3, remaining: 900, maximum: 1000 };
  host.mount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  // 1000 MiB are 1048 MB.
  const descriptor = `6060a0${"00".repeat(9)}00000418${"20".repeat(36)}`;
  assert.equal(hex(ask(host, 1).data), `00360000${descriptor}`);
});

test("a recovery before the drive was asked: BUSY, for it has an answer", async () => {
  const host = await ready();
  fail(host);
  assert.equal(ask(host, 0).status, BUSY);
});
