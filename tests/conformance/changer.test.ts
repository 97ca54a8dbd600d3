/** The bridge's changer and a bare one answer alike; each difference that is meant is met. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { playChangers } from "./changer-play.ts";

const LIMIT = { timeout: 120_000 };
const SEED = 1;
const STEPS = 1000;
/** Of SPEC.md, section 15: identity, registrants, operation codes. */
const MEANT = [2, 5, 8];

test(`${STEPS} commands of seed ${SEED}: the bridge's changer is the bare one`, LIMIT, async () => {
  const met = await playChangers(SEED, STEPS);
  assert.deepEqual([...met].sort(), MEANT);
});
