/**
 * By hand: `node tests/power/run.ts --seed 1000 --count 500`; `--divided N`: the day with two partitions, each N-th world.
 * Exit code 1 where one fails.
 */

import { parseArgs } from "node:util";
import { testDividedDay } from "./divided-day.ts";
import { testSeed } from "./seed-test.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "100" },
    divided: { type: "string" },
  },
});
const seed = Number(values.seed);
if (values.divided !== undefined) {
  testDividedDay(Number(values.divided));
} else {
  for (let index = 0; index < Number(values.count); index += 1) {
    testSeed(seed + index, { recoveries: 0, onSpares: 0 });
  }
}
