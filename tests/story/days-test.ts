/** Seeded stories (days.ts) as tests. Decides the stage; the seed decides the rest. */

import assert from "node:assert/strict";
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

/** What stories have seen. */
interface Seen {
  images: number;
  recoveries: number;
}

/** Registers a test for each seed of `first` to `last`. */
export function testDays(first: number, last: number): Seen {
  const seen: Seen = { images: 0, recoveries: 0 };
  for (let seed = first; seed <= last; seed += 1) {
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
  return seen;
}

/** The same, and a test that nobody takes empty stories for a proof. */
export function testBusyDays(first: number, last: number): void {
  const count = last - first + 1;
  const seen = testDays(first, last);
  test("something happened in these days", () => {
    assert.ok(seen.images > 2 * count, `${seen.images} images were compared`);
    assert.ok(seen.recoveries > count / 2, `${seen.recoveries} recoveries`);
  });
}
