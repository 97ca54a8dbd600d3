/** By hand: `node tests/power/run.ts --seed 1000 --count 500`; exit code 1 where one fails. */

import { parseArgs } from "node:util";
import { testSeed } from "./seed-test.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "100" },
  },
});
const seed = Number(values.seed);
for (let index = 0; index < Number(values.count); index += 1) {
  testSeed(seed + index, { recoveries: 0, onSpares: 0 });
}
