/**
 * A real Linux server writes with tar over two cartridges, which it changes at early warning: once on sound
 * cartridges, once where the first one fails near its end.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { guestImage, runGuest } from "../../tools/rigs/guest/guest.ts";
import { startGuestBridge } from "./bridge.ts";
import { assertPassed } from "./transcript.ts";

const BUILD_TIMEOUT_MS = 110_000;
const JOB_TIMEOUT_MS = 180_000;
/** Of the 32 MiB of a cartridge the server has 28: 110 records. */
const NEAR_END = "cartridge UND003L9 write fail at 100";

test("a Linux server's archive over two cartridges", async (t) => {
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
    variables: { ["JOB_SLOTS"]: "1 2 3 4" },
    timeoutMs: JOB_TIMEOUT_MS,
    setFault: async (name) => {
      assert.equal(name, "near-end");
      await bridge.breakLibrary(NEAR_END);
    },
  });
  assertPassed(end, bridge.log());
  const { recoveries } = await bridge.status();
  assert.deepEqual(
    recoveries.map(({ kind, result }) => [kind, result]),
    [["medium", "recovered"]],
  );
  const warned = bridge.log().filter((line) => line.includes("the cartridge is nearly full"));
  assert.ok(warned.length > 0 && warned.every((line) => line.includes("warnedBy=bridge")));
});
