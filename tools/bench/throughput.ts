/**
 * In-line against direct throughput. Decides how runs are interleaved: a pair is one of each, the
 * order alternates, and the medians are compared, so that what the machine does meanwhile hits both.
 */

import { formatSize } from "../../host/lib/size.ts";
import { type Figure, figure, median } from "./figure.ts";
import { openDirect, openInLine, type Subject, type SubjectSetting } from "./subject.ts";
import { writeRun } from "./workload.ts";

/** What is compared. */
export interface PairPlan extends SubjectSetting {
  readonly recordSizes: readonly number[];
  readonly pairs: number;
  readonly tell: (line: string) => void;
}

/** Issue of the whole series for one library: a ratio per record length, and the bridge's memory. */
export interface PairFigures {
  readonly ratios: readonly Figure[];
  readonly peakResidentBytes: number;
}

/** The record length that the aim is set for. */
const AIM_RECORD_BYTES = 262_144;
const AIM_RATIO = 0.8;
const KIBIBYTE = 1024;

/** Measures. Throws OperatorError, ServerFault. */
export async function measurePairs(plan: PairPlan): Promise<PairFigures> {
  const direct = await openDirect(plan);
  try {
    const inLine = await openInLine(plan);
    try {
      const ratios: Figure[] = [];
      for (const recordBytes of plan.recordSizes) {
        ratios.push(await measureSize(plan, recordBytes, direct, inLine));
      }
      return { ratios, peakResidentBytes: await inLine.peakResidentBytes() };
    } finally {
      await inLine.close();
    }
  } finally {
    await direct.close();
  }
}

async function measureSize(
  plan: PairPlan,
  recordBytes: number,
  direct: Subject,
  inLine: Subject,
): Promise<Figure> {
  const { library } = plan;
  const tell = (line: string): void => plan.tell(`${library} ${line}`);
  const named = { direct, "in-line": inLine };
  const [directRates, inLineRates] = await pairedRates(named, { ...plan, recordBytes, tell });
  const details = `${formatRate(median(inLineRates))} / ${formatRate(median(directRates))}`;
  const aim = library === "tgt" && recordBytes === AIM_RECORD_BYTES;
  return figure(
    `in-line / direct, ${library}, ${recordBytes / KIBIBYTE} KiB`,
    median(inLineRates) / median(directRates),
    "ratio",
    details,
    aim ? { atLeast: AIM_RATIO } : {},
  );
}

/** One load for two subjects. */
export interface PairLoad {
  readonly recordBytes: number;
  readonly bytes: number;
  readonly pairs: number;
  readonly tell: (line: string) => void;
}

/** Bytes per second of each run of the first and of the second subject. Throws ServerFault. */
export async function pairedRates(
  subjects: Readonly<Record<string, Subject>>,
  { recordBytes, bytes, pairs, tell }: PairLoad,
): Promise<readonly [readonly number[], readonly number[]]> {
  const runs = Object.entries(subjects).map(([name, { tape }]) => ({
    name,
    tape,
    rates: [] as number[],
  }));
  for (let pair = 0; pair < pairs; pair += 1) {
    for (const { tape, rates } of pair % 2 === 0 ? runs : runs.toReversed()) {
      rates.push(await writeRun(tape, recordBytes, bytes));
    }
    const words = runs.map(({ name, rates }) => `${name} ${formatRate(rates.at(-1))}`);
    tell(`${recordBytes / KIBIBYTE} KiB: ${words.join(", ")}`);
  }
  return [runs[0]?.rates ?? [], runs[1]?.rates ?? []];
}

/** "12 MiB/s". */
export function formatRate(bytesPerSecond = 0): string {
  return `${formatSize(bytesPerSecond)}/s`;
}
