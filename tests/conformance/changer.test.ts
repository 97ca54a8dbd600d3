/**
 * The bridge's changer and a bare one answer alike, also while drives and cartridges behind the bridge fail; each
 * difference that is meant is met.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { playChangers } from "./changer-play.ts";
import { FAILURE_KINDS } from "./failure.ts";

const LIMIT = { timeout: 120_000 };
const SEED = 1;
const STEPS = 1000;
const FAILING_STEPS = 200;
/** Of SPEC.md, section 15: identity, registrants, operation codes. */
const MEANT = [2, 5, 8];

test(`${STEPS} commands of seed ${SEED}: the bridge's changer is the bare one`, LIMIT, async () => {
  const { met } = await playChangers({ seed: SEED, stepCount: STEPS });
  assert.deepEqual([...met].sort(), MEANT);
});

for (const failure of FAILURE_KINDS) {
  test(`so it is while "${failure}" happens twice behind it`, LIMIT, async () => {
    const story = { seed: SEED, stepCount: FAILING_STEPS, failure };
    assert.ok((await playChangers(story)).recoveredCount > 0);
  });
}
