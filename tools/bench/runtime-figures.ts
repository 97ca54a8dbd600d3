/**
 * The bridge under WAMR against the bridge under V8: throughput in interleaved pairs, time from
 * start to ready, and what building the addon takes. Decides the load; nothing where WAMR is not.
 */

import { openPracticeStage } from "../demo/practice-stage.ts";
import { openStage } from "../demo/stage.ts";
import { ROOT } from "../launch/set-up.mjs";
import { buildAddon } from "../launch/wamr-addon.mjs";
import { type Figure, figure, median } from "./figure.ts";
import { openInLine } from "./subject.ts";
import { formatRate, pairedRates } from "./throughput.ts";

const RECORD_BYTES = 262_144;
const AIM_RATIO = 0.95;
/** The difference is smaller than what a busy machine does to one run: it takes many pairs. */
const PAIRS_MIN = 9;
const NO_RATE_LIMIT = "none";
const START_BYTES = 16_777_216;
const RUNTIMES = ["wamr", "v8"] as const;

/** How much is measured. */
export interface RuntimePlan {
  readonly bytes: number;
  readonly pairs: number;
  readonly tell: (line: string) => void;
}

/** Measures. Throws OperatorError, ServerFault. */
export async function measureRuntimes(plan: RuntimePlan): Promise<readonly Figure[]> {
  return [await throughput(plan), ...(await startTimes(plan)), ...buildTime(plan)];
}

async function throughput({ bytes, pairs, tell }: RuntimePlan): Promise<Figure> {
  const setting = { library: "practice" as const, bytes, rate: NO_RATE_LIMIT };
  const wamr = await openInLine({ ...setting, runtime: "wamr" });
  try {
    const v8 = await openInLine({ ...setting, runtime: "v8" });
    try {
      const load = { recordBytes: RECORD_BYTES, bytes, pairs: Math.max(pairs, PAIRS_MIN), tell };
      const [left, right] = await pairedRates({ wamr, v8 }, load);
      const ratios = left.map((rate, pair) => rate / (right[pair] ?? Number.NaN));
      const details = `${load.pairs} pairs; ${formatRate(median(left))} / ${formatRate(median(right))}`;
      const aim = { atLeast: AIM_RATIO };
      return figure("in-line, WAMR / V8, 256 KiB", median(ratios), "ratio", details, aim);
    } finally {
      await v8.close();
    }
  } finally {
    await wamr.close();
  }
}

/** From the start of the process to its ready line, a practice library with three drives behind it. */
async function startTimes({ pairs, tell }: RuntimePlan): Promise<readonly Figure[]> {
  const times = new Map<string, number[]>(RUNTIMES.map((name) => [name, []]));
  for (let pair = 0; pair < pairs; pair += 1) {
    for (const runtime of pair % 2 === 0 ? RUNTIMES : RUNTIMES.toReversed()) {
      const stage = await openStage({
        openLibrary: openPracticeStage,
        backupBytes: START_BYTES,
        hasSpares: true,
        runtime,
      });
      times.get(runtime)?.push(stage.bridge.readyMs);
      tell(`start to ready, ${runtime}: ${stage.bridge.readyMs.toFixed(0)} ms`);
      await stage.close();
    }
  }
  return [...times].map(([name, samples]) =>
    figure(`start to ready, ${name}`, median(samples), "ms", `median of ${samples.length}`),
  );
}

/** Nothing where it cannot be built: the reason was told. */
function buildTime({ tell }: RuntimePlan): readonly Figure[] {
  const startMs = performance.now();
  if (!buildAddon(ROOT, tell)) {
    return [];
  }
  const seconds = (performance.now() - startMs) / 1000;
  return [figure("building the addon", seconds, "s", "sources fetched before, two jobs")];
}
