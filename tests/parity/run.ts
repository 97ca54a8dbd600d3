/**
 * `node tests/parity/run.ts [--events N] [--seed N] [--weather NAME|all] [--runtimes v8,wamr]
 * [--trace FILE]...`: streams of random events by hand, and traces, under one or several runtimes.
 * One JSON document on stdout, the same on every machine. Exit 0 the same everywhere, 1 a difference,
 * a trap that nobody provoked, or something stuck, 2 wrong usage.
 */

import { parseArgs } from "node:util";
import type { RuntimeName } from "../../host/core/runtime.ts";
import { messageOf } from "../../host/lib/error.ts";
import { EXIT_DONE, EXIT_USAGE, EXIT_WRONG } from "../../host/lib/exit-code.ts";
import { WEATHERS } from "./faults.ts";
import { replayUnder } from "./replay-all.ts";
import { opener } from "./runtimes.ts";
import { runStream } from "./stream.ts";

const RUNTIMES: readonly RuntimeName[] = ["v8", "wamr"];
const EVENTS_MAX = 1e9;

interface Options {
  readonly eventCount: number;
  readonly seed: number;
  readonly weathers: typeof WEATHERS;
  readonly runtimes: readonly RuntimeName[];
  readonly traces: readonly string[];
}

function optionsOf(argv: string[]): Options {
  const { values } = parseArgs({
    args: argv,
    options: {
      events: { type: "string", default: "100000" },
      seed: { type: "string", default: "1" },
      weather: { type: "string", default: "all" },
      runtimes: { type: "string", default: RUNTIMES.join() },
      trace: { type: "string", multiple: true, default: [] },
    },
  });
  const [eventCount, seed] = [Number(values.events), Number(values.seed)];
  const names = values.runtimes.split(",");
  const runtimes = RUNTIMES.filter((name) => names.includes(name));
  const weathers = WEATHERS.filter(({ name }) => [name, "all"].includes(values.weather));
  const areNumbers = [eventCount, seed].every((n) => Number.isSafeInteger(n) && n >= 0);
  if (!areNumbers || eventCount > EVENTS_MAX || runtimes.length !== names.length) {
    throw new Error("--events and --seed are whole numbers, --runtimes is v8, wamr or v8,wamr");
  }
  if (weathers.length === 0) {
    throw new Error(`--weather is all, ${WEATHERS.map(({ name }) => name).join(", ")}`);
  }
  return { eventCount, seed, weathers, runtimes, traces: values.trace };
}

async function main(argv: string[]): Promise<number> {
  let options: Options;
  try {
    options = optionsOf(argv);
  } catch (thrown) {
    console.error(messageOf(thrown));
    return EXIT_USAGE;
  }
  const { eventCount, seed, weathers, runtimes } = options;
  try {
    const traces = [];
    for (const path of options.traces) {
      const { stepCount, actionCount, memoryDigest } = await replayUnder(path, runtimes);
      traces.push({ stepCount, actionCount, memoryDigest });
    }
    const streams = [];
    for (const weather of eventCount === 0 ? [] : weathers) {
      const outcome = await runStream({ seed, weather, eventCount, open: opener(runtimes) });
      streams.push({ weather: weather.name, seed, ...outcome });
    }
    console.log(JSON.stringify({ traces, streams }, null, 2));
    const bad = streams.filter(
      ({ weather, traps, stallCount }) =>
        traps.some(({ isProvoked }) => !isProvoked) || (stallCount > 0 && weather !== "wild"),
    );
    return bad.length === 0 ? EXIT_DONE : EXIT_WRONG;
  } catch (thrown) {
    console.error(messageOf(thrown));
    return EXIT_WRONG;
  }
}

process.exitCode = await main(process.argv.slice(2));
