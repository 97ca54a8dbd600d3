/**
 * 200 seeded days (days.ts); tests/story/run.ts lives any number of them by hand.
 */

import { test } from "node:test";
import { Stage } from "../recovery/kit.ts";
import { Days } from "./days.ts";

const LIMIT = { timeout: 60_000 };
const STORY_COUNT = 200;
const FLAGS = {
  library: ["--drives", "4"],
  bridge: [
    ...["--lanes", "1", "--spare-media", "UND006L9,UND007L9,UND008L9"],
    ...["--drive-timeout", "5", "--ring-size", "64M"],
  ],
  written: ["UND002L9"],
};

for (let seed = 1; seed <= STORY_COUNT; seed += 1) {
  test(`days of seed ${seed}`, LIMIT, async (t) => {
    const stage = await Stage.open(t, FLAGS);
    const days = await Days.of(stage, seed);
    await days.live().catch((error: unknown) => {
      t.diagnostic(days.said.join("; "));
      throw error;
    });
  });
}
