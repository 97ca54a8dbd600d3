/**
 * A real Linux server (kernel iscsi_tcp, st, ch, sg) and QEMU's own initiator back up through the bridge: one
 * day with nothing wrong, the same day while cartridges, drives and the robot fail in the middle. Every step
 * must end and speak as on a sound library, to the letter, and the server's kernel too.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { before, describe, it, type TestContext } from "node:test";
import { LIMIT_WIND_FACTOR } from "../../assembly/spec/drive-limit.ts";
import {
  type GuestEnd,
  type GuestImage,
  guestImage,
  passThroughLack,
  runGuest,
} from "../../tools/rigs/guest/guest.ts";
import { DRIVE_TIMEOUT_SECONDS, type GuestBridge, startGuestBridge } from "./bridge.ts";
import { assertPassed, stepPassed, transcriptOf } from "./transcript.ts";

const BUILD_TIMEOUT_MS = 110_000;
const JOB_TIMEOUT_MS = 180_000;
const WIND_MS = LIMIT_WIND_FACTOR * DRIVE_TIMEOUT_SECONDS * 1000;
const DAY = {
  ["JOB_SLOTS"]: "1 2 3 4 5",
  ["JOB_FREE"]: "7",
  ["JOB_PORT"]: "11",
};

/** What is broken at each `fault` of the jobs; the drive is the lane's at that moment. */
const RULE_OF = new Map<string, (drive: number) => string>([
  ["move", () => "robot move fail"],
  ["exchange", () => "robot move fail"],
  ["load", () => "robot move fail"],
  ["unload", () => "robot move fail"],
  ["medium", () => "cartridge UND001L9 write fail at 30"],
  ["read", () => "cartridge UND002L9 read fail at 3"],
  ["drive", (drive) => `drive ${drive} write fail after 1000`],
  ["hang", (drive) => `drive ${drive} hang after 30`],
  ["silent", (drive) => `drive ${drive} hang`],
  ["elsewhere", () => "cartridge UND005L9 write fail at 30"],
]);

describe("a Linux server", () => {
  const lack = passThroughLack();
  let image: GuestImage = { kind: "missing", reason: "" };
  const days: GuestEnd[] = [];
  before(async () => {
    image = await guestImage(BUILD_TIMEOUT_MS);
  });

  /** A day of the server, with faults or without. */
  async function day(path: string, bridge: GuestBridge, isFailing: boolean): Promise<GuestEnd> {
    const end = await runGuest({
      image: path,
      job: join(import.meta.dirname, "jobs/day"),
      target: bridge.target,
      variables: { ...DAY, ...(lack === "" ? { ["JOB_PASS_THROUGH"]: "1" } : {}) },
      timeoutMs: JOB_TIMEOUT_MS,
      setFault: async (name) => {
        if (isFailing) {
          const rule = RULE_OF.get(name) ?? assert.fail(name);
          await bridge.breakLibrary(rule(await bridge.laneDrive()));
        }
      },
    });
    assertPassed(end, bridge.log());
    days.push(end);
    return end;
  }

  it("uses robot and tape as a whole drive's", async (t) => {
    const path = imagePath(t, image);
    if (path === undefined) {
      return;
    }
    const bridge = await startGuestBridge(t);
    await day(path, bridge, false);
    assert.deepEqual((await bridge.status()).recoveries, []);
  });

  it("sees the same day while cartridges, drives and the robot fail", async (t) => {
    const path = imagePath(t, image);
    if (path === undefined) {
      return;
    }
    const bridge = await startGuestBridge(t);
    const end = await day(path, bridge, true);
    assert.deepEqual(transcriptOf(end), transcriptOf(days[0] ?? assert.fail("no sound day")));
    const { recoveries } = await bridge.status();
    assert.deepEqual(
      recoveries.map(({ kind, result }) => [kind, result]),
      [
        ["medium", "recovered"],
        ["drive", "recovered"],
        ["drive", "recovered"],
        ["drive", "recovered"],
        ...(lack === "" ? [["medium", "recovered"]] : []),
      ],
    );
    const said = (words: string): number =>
      bridge.log().filter((line) => line.includes(words)).length;
    assert.equal(said("the robot failed"), 4);
    assert.ok(said("read from the ring") > 0);
    assert.equal(said(`no answer in ${WIND_MS} ms`), 1);
  });

  it("shares the drive with QEMU's own initiator", (t) => {
    if (image.kind === "missing" || lack !== "") {
      t.skip(image.kind === "missing" ? image.reason : lack);
      return;
    }
    assert.equal(days.length, 2);
    for (const end of days) {
      assert.ok(stepPassed(end, "pt-kernel"));
    }
  });
});

/** undefined: there is none, and the test is told to be skipped. */
function imagePath(t: TestContext, image: GuestImage): string | undefined {
  if (image.kind === "ready") {
    return image.path;
  }
  t.skip(image.reason);
  return undefined;
}
