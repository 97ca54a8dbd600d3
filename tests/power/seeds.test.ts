/** Seeded power cuts, several in a row; `node tests/power/run.ts` lives any others. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Seen, testSeed } from "./seed-test.ts";

const SEED_COUNT = 24;

const seen: Seen = { recoveries: 0, onSpares: 0 };
for (let seed = 1; seed <= SEED_COUNT; seed += 1) {
  testSeed(seed, seen);
}

test("something failed in these lives", () => {
  assert.ok(seen.recoveries + seen.onSpares > 0, JSON.stringify(seen));
});
