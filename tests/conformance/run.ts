/**
 * `node tests/conformance/run.ts [--steps N] [--seed S] [--from SEQUENCE] [--failure KIND]`:
 * the comparison by hand, with any seed and number. One JSON document on stdout, a difference in words
 * on stderr. Exit 0 the same, 1 a difference, 2 wrong usage.
 */

import { parseArgs } from "node:util";
import { messageOf } from "../../host/lib/error.ts";
import { EXIT_DONE, EXIT_USAGE, EXIT_WRONG } from "../../host/lib/exit-code.ts";
import { type Campaign, runCampaign } from "./campaign.ts";
import { FAILURE_KINDS } from "./failure.ts";

function campaignOf(argv: string[]): Campaign {
  const { values } = parseArgs({
    args: argv,
    options: {
      steps: { type: "string", default: "10000" },
      seed: { type: "string", default: "1" },
      from: { type: "string", default: "0" },
      failure: { type: "string", default: "none" },
    },
  });
  const [stepCount, seed, from] = [values.steps, values.seed, values.from].map(Number);
  const isNumber = (value: number | undefined): value is number =>
    Number.isSafeInteger(value) && (value ?? -1) >= 0;
  if (!isNumber(stepCount) || !isNumber(seed) || !isNumber(from)) {
    throw new Error("--steps, --seed and --from are whole numbers");
  }
  const failure = FAILURE_KINDS.find((kind) => kind === values.failure);
  if (failure === undefined && values.failure !== "none") {
    throw new Error(`--failure is none, ${FAILURE_KINDS.join(" or ")}`);
  }
  return { stepCount, seed, from, failure };
}

async function main(argv: string[]): Promise<number> {
  let campaign: Campaign;
  try {
    campaign = campaignOf(argv);
  } catch (thrown) {
    console.error(messageOf(thrown));
    return EXIT_USAGE;
  }
  const { difference, met, ...figures } = await runCampaign(campaign);
  console.log(JSON.stringify({ ...figures, met: Object.fromEntries(met) }, null, 2));
  if (difference !== undefined) {
    console.error(difference);
  }
  return difference === undefined && figures.mismatchLines.length === 0 ? EXIT_DONE : EXIT_WRONG;
}

process.exitCode = await main(process.argv.slice(2));
