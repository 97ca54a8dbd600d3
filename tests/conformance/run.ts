/**
 * `node tests/conformance/run.ts [--steps N] [--seed S] [--from SEQUENCE] [--failure KIND] [--changer]`:
 * the comparison by hand, with any seed and number. One JSON document on stdout, a difference in words
 * on stderr. Exit 0 the same, 1 a difference, 2 wrong usage.
 */

import { parseArgs } from "node:util";
import { messageOf } from "../../host/lib/error.ts";
import { EXIT_DONE, EXIT_USAGE, EXIT_WRONG } from "../../host/lib/exit-code.ts";
import { type Campaign, runCampaign } from "./campaign.ts";
import { playChangers } from "./changer-play.ts";
import { FAILURE_KINDS } from "./failure.ts";

interface Wish extends Campaign {
  /** The changers alone. */
  readonly isChanger: boolean;
}

function wishOf(argv: string[]): Wish {
  const { values } = parseArgs({
    args: argv,
    options: {
      steps: { type: "string", default: "10000" },
      seed: { type: "string", default: "1" },
      from: { type: "string", default: "0" },
      failure: { type: "string", default: "none" },
      changer: { type: "boolean", default: false },
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
  const isChanger = values.changer;
  if (isChanger && from !== 0) {
    throw new Error("--changer goes without --from");
  }
  return { stepCount, seed, from, failure, isChanger };
}

async function compareChangers(wish: Wish): Promise<number> {
  try {
    const { met, recoveredCount } = await playChangers(wish);
    console.log(JSON.stringify({ recoveredCount, met: [...met] }));
    return EXIT_DONE;
  } catch (thrown) {
    console.error(messageOf(thrown));
    return EXIT_WRONG;
  }
}

async function main(argv: string[]): Promise<number> {
  let wish: Wish;
  try {
    wish = wishOf(argv);
  } catch (thrown) {
    console.error(messageOf(thrown));
    return EXIT_USAGE;
  }
  if (wish.isChanger) {
    return await compareChangers(wish);
  }
  const { difference, met, ...figures } = await runCampaign(wish);
  console.log(JSON.stringify({ ...figures, met: Object.fromEntries(met) }, null, 2));
  if (difference !== undefined) {
    console.error(difference);
  }
  return difference === undefined && figures.mismatchLines.length === 0 ? EXIT_DONE : EXIT_WRONG;
}

process.exitCode = await main(process.argv.slice(2));
