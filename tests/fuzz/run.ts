/**
 * `node tests/fuzz/run.ts [--NAME COUNT]... [--seed N]`: fuzzers by hand, one after the other, with
 * any seed and number. One JSON document on stdout, how far it is on stderr. Exit 0 all is well, 1 something must not be,
 * 2 wrong usage.
 */

import { parseArgs } from "node:util";
import { messageOf } from "../../host/lib/error.ts";
import { EXIT_DONE, EXIT_USAGE, EXIT_WRONG } from "../../host/lib/exit-code.ts";
import type { Fuzzer, FuzzOutcome, FuzzPlan } from "./fuzzer.ts";
import { FUZZERS } from "./fuzzers.ts";
import {
  GROWTH_BYTES_MAX,
  heapBytes,
  type MemoryLook,
  MemoryWatch,
  RSS_GROWTH_BYTES_MAX,
} from "./heap.ts";

const COUNT_MAX = 1e9;
/** Inputs before memory is looked at for the first time: by then everything was used once. */
const WARM_UP_COUNT = 20_000;

interface Job {
  readonly fuzzer: Fuzzer;
  readonly plan: FuzzPlan;
}

function jobsOf(argv: string[]): readonly Job[] {
  const numeric = { type: "string" } as const;
  const names = [...FUZZERS.map(({ name }) => name), "seed"];
  const options = Object.fromEntries(names.map((name) => [name, numeric]));
  const values: Record<string, unknown> = parseArgs({ args: argv, options }).values;
  const numberOf = (text: string): number => {
    const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (!(number <= COUNT_MAX)) {
      throw new Error(`a number up to ${COUNT_MAX} is wanted, not ${JSON.stringify(text)}`);
    }
    return number;
  };
  const seed = numberOf(String(values["seed"] ?? "1"));
  const jobs = FUZZERS.filter(({ name }) => values[name] !== undefined).map((fuzzer) => ({
    fuzzer,
    plan: { seed, count: numberOf(String(values[fuzzer.name])) },
  }));
  if (jobs.length === 0) {
    const lines = FUZZERS.map(({ name, help }) => `  --${name} COUNT  ${help}`);
    throw new Error(["node tests/fuzz/run.ts [--NAME COUNT]... [--seed N]", ...lines].join("\n"));
  }
  return jobs;
}

interface FuzzReport extends FuzzOutcome {
  readonly fuzzer: string;
  readonly seed: number;
  readonly heapGrowthBytes: number;
  readonly memory: readonly MemoryLook[];
  readonly seconds: number;
}

/** A run of its own warms up; what the second one leaves behind is growth. */
async function runJob({ fuzzer, plan }: Job): Promise<FuzzReport> {
  const start = performance.now();
  await fuzzer.run({ ...plan, count: Math.min(plan.count, WARM_UP_COUNT) });
  const before = heapBytes();
  const watch = new MemoryWatch(plan.count);
  const onSent = (sent: number): void => {
    if (watch.sent(sent)) {
      console.error(`${fuzzer.name}: ${JSON.stringify(watch.looks.at(-1))}`);
    }
  };
  const outcome = await fuzzer.run({ ...plan, onSent });
  const heapGrowthBytes = heapBytes() - before;
  const seconds = Math.round(performance.now() - start) / 1000;
  const wrong = [
    ...outcome.wrong,
    ...growthOf("heap", heapGrowthBytes, GROWTH_BYTES_MAX),
    ...growthOf("process", watch.rssGrowthBytes, RSS_GROWTH_BYTES_MAX),
  ];
  const memory = watch.looks;
  return {
    ...{ fuzzer: fuzzer.name, seed: plan.seed },
    ...{ ...outcome, heapGrowthBytes, memory, seconds, wrong },
  };
}

function growthOf(what: string, bytes: number, limit: number): string[] {
  return bytes > limit ? [`the ${what} grew by ${bytes} bytes`] : [];
}

async function main(argv: string[]): Promise<number> {
  let jobs: readonly Job[];
  try {
    jobs = jobsOf(argv);
  } catch (thrown) {
    console.error(messageOf(thrown));
    return EXIT_USAGE;
  }
  const outcomes = [];
  for (const job of jobs) {
    outcomes.push(await runJob(job));
  }
  console.log(JSON.stringify(outcomes, null, 2));
  return outcomes.every(({ wrong }) => wrong.length === 0) ? EXIT_DONE : EXIT_WRONG;
}

process.exitCode = await main(process.argv.slice(2));
