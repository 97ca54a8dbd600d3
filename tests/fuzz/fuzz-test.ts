/** A fuzzer as a test: nothing wrong, everything met that it is made to meet. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fuzzer, FuzzPlan } from "./fuzzer.ts";

/** Longer than a machine takes that has other work to do. */
const LIMIT = { timeout: 300_000 };

/** `meets`: what has to be met at least once. */
export function testFuzzer(fuzzer: Fuzzer, plan: FuzzPlan, meets: readonly string[]): void {
  test(`${plan.count} ${fuzzer.name} of seed ${plan.seed}`, LIMIT, async (context) => {
    const outcome = await fuzzer.run(plan);
    context.diagnostic(JSON.stringify(outcome.met));
    assert.deepEqual(outcome.wrong, []);
    assert.ok(outcome.sent >= plan.count);
    const unmet = meets.filter((name) => (outcome.met[name] ?? 0) === 0);
    assert.deepEqual(unmet, [], "never met");
  });
}
