/** A campaign as a test: no difference, all that is asked for was played, each meant difference was met. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Campaign, runCampaign } from "./campaign.ts";

/** Longer than a machine takes that has other work to do. */
const LIMIT = { timeout: 400_000 };

/** `meets`: numbers of the rows of differences.ts that must be needed at least once. */
export function testCampaign(campaign: Campaign, meets: readonly number[]): void {
  const { seed, stepCount, failure } = campaign;
  const what = failure === undefined ? "" : `, "${failure}" in each sequence`;
  test(
    `${stepCount} steps of seed ${seed}${what}: the bridge is the bare drive`,
    LIMIT,
    async (context) => {
      const result = await runCampaign(campaign);
      const met = Object.fromEntries(result.met);
      context.diagnostic(
        JSON.stringify({ steps: result.stepCount, met, recovered: result.recoveredCount }),
      );
      assert.equal(result.difference, undefined);
      assert.deepEqual(result.mismatchLines, []);
      assert.ok(result.stepCount >= stepCount);
      assert.equal(result.recoveredCount > 0, failure !== undefined, "failures that were covered");
      const unmet = meets.filter((number) => !result.met.has(number));
      assert.deepEqual(unmet, [], "meant differences that no answer had: take them out");
    },
  );
}
