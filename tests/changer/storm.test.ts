/** Storms by seed (storm.ts); others by hand: run-storms.ts. */
import { test } from "node:test";
import { Storm } from "./storm.ts";

const STORMS = 40;
const STEPS = 400;

test("storms: the virtual inventory stays a permutation", async (t) => {
  for (let seed = 1; seed <= STORMS; seed += 1) {
    const storm = await Storm.begin(seed);
    try {
      await storm.blow(STEPS);
      await storm.calm();
    } catch (fault) {
      t.diagnostic([`seed ${seed}:`, ...storm.story.slice(-30)].join("\n"));
      throw fault;
    }
  }
});
