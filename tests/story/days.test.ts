/** 200 seeded stories; `node tests/story/run.ts` lives any others. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Seen, testDays } from "./days-test.ts";

const STORY_COUNT = 200;

const seen: Seen = { images: 0, recoveries: 0 };
for (let seed = 1; seed <= STORY_COUNT; seed += 1) {
  testDays(seed, seen);
}

test("something happened in these days", () => {
  assert.ok(seen.images > 2 * STORY_COUNT, `${seen.images} images were compared`);
  assert.ok(seen.recoveries > STORY_COUNT / 2, `${seen.recoveries} recoveries`);
});
