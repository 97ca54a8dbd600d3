/** One seeded story of lives and power cuts (seeded-lives.ts) as a test. */

import { test } from "node:test";
import { SeededLives } from "./seeded-lives.ts";

const LIMIT = { timeout: 60_000 };

/** What stories have seen, so that nobody takes empty ones for a proof. */
export interface Seen {
  recoveries: number;
  onSpares: number;
}

/** Registers the test of that seed; it adds to `seen`. */
export function testSeed(seed: number, seen: Seen): void {
  test(`power cuts of seed ${seed}`, LIMIT, async (t) => {
    const lives = new SeededLives(seed);
    const last = await lives.live().catch((thrown: unknown) => {
      t.diagnostic(lives.said.join("\n"));
      throw thrown;
    });
    seen.recoveries += last.recoveryCount;
    seen.onSpares += last.realVolumeTag === "UND001L9" ? 0 : 1;
  });
}
