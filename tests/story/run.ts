/** By hand: `node tests/story/run.ts --seed 1000 --count 500`; exit code 1 where one fails. */

import { parseArgs } from "node:util";
import { testDays } from "./days-test.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "100" },
  },
});
const seed = Number(values.seed);
testDays(seed, seed + Number(values.count) - 1);
