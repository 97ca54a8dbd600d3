/** Each command for a drive has the time of its class (assembly/spec/drive-limit.ts), and no other. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  LIMIT_CAPACITY_MS,
  LIMIT_ERASE_FACTOR,
  LIMIT_ERASE_LONG_MS,
  LIMIT_FORMAT_MS,
  LIMIT_LOAD_FACTOR,
  LIMIT_POLL_MS,
  LIMIT_UNLOAD_FACTOR,
  LIMIT_WIND_AGAIN_FACTOR,
  LIMIT_WIND_FACTOR,
} from "../../assembly/spec/drive-limit.ts";
import { LaneHost } from "./lane-host.ts";
import { DRIVE_TIMEOUT_MS, type LaneSettings } from "./lane-settings.ts";

const NOTHING = new Uint8Array();
const RECORD = Buffer.alloc(4096, 1);
const NOT_COPIED = { headerMarks: 0, copyBelowPercent: 0 };
const INITIALIZING_COMMAND_REQUIRED = [2, 0x0402] as const;

const TEST_UNIT_READY = [0, 0, 0, 0, 0, 0];
const WRITE = [0x0a, 0, 0, 0x10, 0, 0];

/** Names of commands; of LOAD UNLOAD and ERASE one for each class. */
const NAMES = new Map([
  [0x00, "TEST UNIT READY"],
  [0x01, "REWIND"],
  [0x04, "FORMAT MEDIUM"],
  [0x08, "READ"],
  [0x0a, "WRITE"],
  [0x0b, "SET CAPACITY"],
  [0x10, "WRITE FILEMARKS"],
  [0x11, "SPACE"],
  [0x15, "MODE SELECT"],
  [0x19, "ERASE"],
  [0x1a, "MODE SENSE(6)"],
  [0x1b, "UNLOAD"],
  [0x2b, "LOCATE(10)"],
  [0x34, "READ POSITION"],
  [0x3c, "READ BUFFER"],
  [0x4d, "LOG SENSE"],
  [0x5a, "MODE SENSE(10)"],
  [0x8c, "READ ATTRIBUTE"],
  [0x92, "LOCATE(16)"],
]);

function nameOf(cdb: Uint8Array): string {
  if (cdb[0] === 0x1b && ((cdb[4] ?? 0) & 1) !== 0) {
    return "LOAD";
  }
  if (cdb[0] === 0x19 && ((cdb[1] ?? 0) & 1) !== 0) {
    return "ERASE, LONG";
  }
  return NAMES.get(cdb[0] ?? 0) ?? `operation code ${cdb[0]?.toString(16)}h`;
}

/** Commands and the limit of each, in milliseconds, as `COMMAND LIMIT`: those since `watched`. */
type Limits = Set<string>;

function watched(host: LaneHost): Limits {
  const limits: Limits = new Set();
  host.onDevice = (cdb, limitMs) => {
    limits.add(`${nameOf(cdb)} ${limitMs}`);
  };
  return limits;
}

function areLimits(limits: Limits, expected: readonly (readonly [number, ...string[]])[]): void {
  const all = expected.flatMap(([limitMs, ...names]) => names.map((name) => `${name} ${limitMs}`));
  assert.deepEqual([...limits].sort(), all.sort());
}

async function mounted(
  settings: LaneSettings,
  tape: (Uint8Array | undefined)[],
): Promise<LaneHost> {
  const host = await LaneHost.start(settings);
  host.drive.objects.push(...tape);
  host.mount();
  host.command(TEST_UNIT_READY, NOTHING, 0);
  return host;
}

test("ordinary commands, polls, and what winds, loads, unloads or makes a tape anew", async () => {
  const host = await mounted(NOT_COPIED, [RECORD, undefined, RECORD]);
  const limits = watched(host);
  host.command([0x08, 0, 0, 0x10, 0, 0], NOTHING, RECORD.length);
  host.command(WRITE, RECORD, 0);
  for (const cdb of [
    [0x11, 0, 0xff, 0xff, 0xff, 0],
    [0x2b, 0, 0, 0, 0, 0, 1, 0, 0, 0],
    [0x92, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0],
    [0x10, 0, 0, 0, 0, 0],
    [0x3c, 2, 0, 0, 0, 0, 0, 0, 64, 0],
    [0x19, 0, 0, 0, 0, 0],
    [0x19, 1, 0, 0, 0, 0],
    [0x01, 0, 0, 0, 0, 0],
    [0x04, 0, 0, 0, 0, 0],
    [0x0b, 0, 0, 0x80, 0, 0],
    [0x1b, 0, 0, 0, 0, 0],
  ]) {
    host.command(cdb, NOTHING, 64);
  }
  host.drive.readyFailure = INITIALIZING_COMMAND_REQUIRED;
  host.command([0x1b, 0, 0, 0, 1, 0], NOTHING, 0);
  areLimits(limits, [
    [LIMIT_POLL_MS, "TEST UNIT READY"],
    [
      DRIVE_TIMEOUT_MS,
      ...["MODE SENSE(10)", "READ", "READ ATTRIBUTE", "READ BUFFER", "READ POSITION"],
      ...["WRITE", "WRITE FILEMARKS"],
    ],
    [LIMIT_WIND_FACTOR * DRIVE_TIMEOUT_MS, "LOCATE(10)", "LOCATE(16)", "REWIND", "SPACE"],
    [LIMIT_UNLOAD_FACTOR * DRIVE_TIMEOUT_MS, "UNLOAD"],
    [LIMIT_LOAD_FACTOR * DRIVE_TIMEOUT_MS, "LOAD"],
    [LIMIT_ERASE_FACTOR * DRIVE_TIMEOUT_MS, "ERASE"],
    [LIMIT_CAPACITY_MS, "SET CAPACITY"],
    [LIMIT_FORMAT_MS, "FORMAT MEDIUM"],
    [LIMIT_ERASE_LONG_MS, "ERASE, LONG"],
  ]);
});

test("a recovery asks for evidence shortly, and gives winding more time", async () => {
  const host = await mounted({}, []);
  for (let count = 0; count < 3; count += 1) {
    assert.equal(host.command(WRITE, RECORD, 0).status, 0);
  }
  const limits = watched(host);
  host.drive.reset();
  assert.equal(host.command(WRITE, RECORD, 0).status, 0);
  assert.equal(host.drive.objects.length, 4);
  areLimits(limits, [
    [LIMIT_POLL_MS, "LOG SENSE", "TEST UNIT READY"],
    [
      DRIVE_TIMEOUT_MS,
      ...["MODE SELECT", "MODE SENSE(10)", "MODE SENSE(6)", "READ", "READ ATTRIBUTE", "WRITE"],
    ],
    [LIMIT_WIND_AGAIN_FACTOR * DRIVE_TIMEOUT_MS, "LOCATE(10)"],
  ]);
});
