/** One seeded story (days.ts) as a test. Decides the stage; the seed decides the rest. */

import { test } from "node:test";
import { Stage } from "../recovery/kit.ts";
import { Days } from "./days.ts";

const LIMIT = { timeout: 60_000 };
/** Spares for every fault of a story; a small ring; a cartridge that somebody else has written. */
const STAGE = {
  library: ["--drives", "4"],
  bridge: [
    ...["--lanes", "1", "--spare-media", "UND006L9,UND007L9,UND008L9"],
    ...["--drive-timeout", "5", "--ring-size", "64M"],
  ],
  written: ["UND002L9"],
};

/** What stories have seen, so that nobody takes empty ones for a proof. */
export interface Seen {
  images: number;
  recoveries: number;
}

/** Registers the test of that seed; it adds to `seen`. */
export function testDays(seed: number, seen: Seen): void {
  test(`days of seed ${seed}`, LIMIT, async (t) => {
    const stage = await Stage.open(t, STAGE);
    const days = await Days.of(stage, seed);
    await days.live().catch((error: unknown) => {
      t.diagnostic(days.said.join("; "));
      throw error;
    });
    seen.images += days.imageCount;
    seen.recoveries += days.recoveryCount;
  });
}
