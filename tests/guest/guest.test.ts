/**
 * A real Linux server (kernel iscsi_tcp, st, ch, sg) backs up through the bridge: once with nothing
 * wrong, once while a cartridge, two drives and the robot fail in the middle. Every step of the
 * server must go as on a sound library, and its kernel must have nothing to say about it.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { before, describe, it, type TestContext } from "node:test";
import {
  type GuestEnd,
  type GuestImage,
  guestImage,
  RIG_JOBS,
  runGuest,
} from "../../tools/rigs/guest/guest.ts";
import { type GuestBridge, startGuestBridge } from "./bridge.ts";

const BUILD_TIMEOUT_MS = 110_000;
const JOB_TIMEOUT_MS = 110_000;
const CONSOLE_LINES_SHOWN = 120;

/** Each strikes in the middle of the next write, or at the next move. */
const RULE_OF = new Map<string, (drive: number) => string>([
  ["medium", () => "cartridge UND001L9 write fail at 30"],
  // Of the 32 MiB of a cartridge the server has 28: 110 records.
  ["near-end", () => "cartridge UND003L9 write fail at 100"],
  ["drive", (drive) => `drive ${drive} write fail after 2000`],
  ["hang", (drive) => `drive ${drive} hang after 30`],
  ["robot", () => "robot move fail"],
  ["robot-again", () => "robot move fail"],
  ["robot-once-more", () => "robot move fail"],
]);

describe("a Linux server", () => {
  let image: GuestImage = { kind: "missing", reason: "" };
  before(async () => {
    image = await guestImage(BUILD_TIMEOUT_MS);
  });

  it("uses robot and tape as a whole drive's", async (t) => {
    const path = imagePath(t, image);
    if (path === undefined) {
      return;
    }
    const bridge = await startGuestBridge(t);
    const end = await runGuest({
      image: path,
      job: join(RIG_JOBS, "tape"),
      target: bridge.target,
      timeoutMs: JOB_TIMEOUT_MS,
    });
    assertPassed(end, bridge);
    assert.deepEqual((await bridge.status()).recoveries, []);
  });

  it("notices nothing of a failing cartridge, failing drives and a failing robot", async (t) => {
    const path = imagePath(t, image);
    if (path === undefined) {
      return;
    }
    const bridge = await startGuestBridge(t);
    const end = await runGuest({
      image: path,
      job: join(import.meta.dirname, "jobs/failures"),
      target: bridge.target,
      variables: { ["JOB_SLOTS"]: "1 2 3 4", ["JOB_FREE"]: "7" },
      timeoutMs: JOB_TIMEOUT_MS,
      setFault: async (name) => {
        const rule = RULE_OF.get(name);
        assert.ok(rule !== undefined, name);
        await bridge.breakLibrary(rule(await bridge.laneDrive()));
      },
    });
    assertPassed(end, bridge);
    const { recoveries } = await bridge.status();
    assert.deepEqual(
      recoveries.map(({ kind, result }) => [kind, result]),
      [
        ["medium", "recovered"],
        ["drive", "recovered"],
        ["drive", "recovered"],
      ],
    );
    const robotFaults = bridge.log().filter((line) => line.includes("the robot failed"));
    assert.equal(robotFaults.length, 3, robotFaults.join("\n"));
  });

  it("writes an archive over two cartridges, also where the first one fails near its end", async (t) => {
    const path = imagePath(t, image);
    if (path === undefined) {
      return;
    }
    const bridge = await startGuestBridge(t, ["--capacity", "32M"]);
    const end = await runGuest({
      image: path,
      job: join(import.meta.dirname, "jobs/volumes"),
      target: bridge.target,
      variables: { ["JOB_SLOTS"]: "1 2 3 4" },
      timeoutMs: JOB_TIMEOUT_MS,
      setFault: (name) => bridge.breakLibrary(RULE_OF.get(name)?.(1) ?? assert.fail(name)),
    });
    assertPassed(end, bridge);
    const { recoveries } = await bridge.status();
    assert.deepEqual(
      recoveries.map(({ kind, result }) => [kind, result]),
      [["medium", "recovered"]],
    );
    const warned = bridge.log().filter((line) => line.includes("the cartridge is nearly full"));
    assert.ok(warned.length > 0 && warned.every((line) => line.includes("warnedBy=bridge")));
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

function assertPassed(end: GuestEnd, bridge: GuestBridge): void {
  const words = [
    `exit code ${end.exitCode}`,
    ...failedSteps(end.console),
    "--- console",
    ...end.console.slice(-CONSOLE_LINES_SHOWN),
    "--- bridge",
    ...bridge.log(),
  ];
  assert.equal(end.exitCode, 0, words.join("\n"));
}

/** What each failed step said; a summary of a long console must name it. */
function failedSteps(lines: readonly string[]): string[] {
  const steps: string[][] = [[]];
  for (const line of lines) {
    if (line.startsWith("--- [")) {
      steps.push([]);
    }
    steps.at(-1)?.push(line);
  }
  return steps.filter((step) => step.some((line) => /^ {4}=> rc=[1-9]/.test(line))).flat();
}
