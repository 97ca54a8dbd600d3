/**
 * A real Linux server writes with tar over two cartridges, which it changes at early warning: once on sound
 * cartridges, once where the first one fails near its end. Then it divides cartridges and writes to both partitions,
 * of a sound one and of one that fails in the middle: both have the same transcript, and the same is on tape.
 */

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type GuestEnd, guestImage, runGuest } from "../../tools/rigs/guest/guest.ts";
import { SPARE_MEDIA, startGuestBridge } from "./bridge.ts";
import { assertPassed, transcriptOf } from "./transcript.ts";

const BUILD_TIMEOUT_MS = 110_000;
const JOB_TIMEOUT_MS = 180_000;
/** What is broken at each `fault` of the job; "": nothing. Of the 32 MiB of a cartridge the server has 28: 110 records. */
const RULES = new Map([
  ["near-end", "cartridge UND003L9 write fail at 100"],
  ["sound", ""],
  ["failing", "cartridge UND006L9 write fail at 8 partition 0"],
]);

const SOUND = "UND005L9";
/** Files of a cartridge's partitions. */
const PARTITION_ENDINGS = [".tap", ".p1.tap"] as const;
const PARTITION_STEPS = 7;

test("a Linux server's archive over two cartridges, and in two partitions", async (t) => {
  const image = await guestImage(BUILD_TIMEOUT_MS);
  if (image.kind === "missing") {
    t.skip(image.reason);
    return;
  }
  const bridge = await startGuestBridge(t, ["--capacity", "32M"]);
  const end = await runGuest({
    image: image.path,
    job: join(import.meta.dirname, "jobs/volumes"),
    target: bridge.target,
    variables: { ["JOB_SLOTS"]: "1 2 3 4 5 6" },
    timeoutMs: JOB_TIMEOUT_MS,
    setFault: async (name) => {
      const rule = RULES.get(name) ?? assert.fail(name);
      if (rule !== "") {
        await bridge.breakLibrary(rule);
      }
    },
  });
  assertPassed(end, bridge.log());
  const { recoveries } = await bridge.status();
  assert.deepEqual(
    recoveries.map(({ kind, result }) => [kind, result]),
    [
      ["medium", "recovered"],
      ["medium", "recovered"],
    ],
  );
  assert.deepEqual(partitionSteps(end, "failing"), partitionSteps(end, "sound"));
  const spare = await dividedSpare(bridge.libraryFolder);
  for (const ending of PARTITION_ENDINGS) {
    const written = await readFile(join(bridge.libraryFolder, `${SOUND}${ending}`));
    const copied = await readFile(join(bridge.libraryFolder, `${spare}${ending}`));
    assert.ok(written.equals(copied), `${SOUND}${ending} and ${spare}${ending} differ`);
  }
  const warned = bridge.log().filter((line) => line.includes("the cartridge is nearly full"));
  assert.ok(warned.length > 0 && warned.every((line) => line.includes("warnedBy=bridge")));
});

/** What was said in the steps of one cartridge, without their names, and without its slot. */
function partitionSteps(end: GuestEnd, name: string): string[] {
  const steps = transcriptOf(end).filter((step) => step.startsWith(`--- [${name}-part-`));
  assert.equal(steps.length, PARTITION_STEPS);
  return steps.map((step) => {
    const [, ...lines] = step.split("\n");
    return lines.join("\n").replaceAll(/^FAULT .*|Storage Element \d/gm, "");
  });
}

/** The spare that has two partitions now. */
async function dividedSpare(folder: string): Promise<string> {
  const names = await readdir(folder);
  const spares = SPARE_MEDIA.filter((tag) => names.includes(`${tag}.p1.tap`));
  assert.equal(spares.length, 1, spares.join());
  return spares[0] ?? "";
}
