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
  const directRates: number[] = [];
  const inLineRates: number[] = [];
  for (let pair = 0; pair < plan.pairs; pair += 1) {
    const runs = [
      async () => directRates.push(await writeRun(direct.tape, recordBytes, plan.bytes)),
      async () => inLineRates.push(await writeRun(inLine.tape, recordBytes, plan.bytes)),
    ];
    for (const run of pair % 2 === 0 ? runs : runs.toReversed()) {
      await run();
    }
    plan.tell(
      `${plan.library} ${recordBytes / KIBIBYTE} KiB: direct ${rate(directRates.at(-1))}, ` +
        `in-line ${rate(inLineRates.at(-1))}`,
    );
  }
  const details = `${rate(median(inLineRates))} / ${rate(median(directRates))}`;
  const aim = plan.library === "tgt" && recordBytes === AIM_RECORD_BYTES;
  return figure(
    `in-line / direct, ${plan.library}, ${recordBytes / KIBIBYTE} KiB`,
    median(inLineRates) / median(directRates),
    "ratio",
    details,
    aim ? { atLeast: AIM_RATIO } : {},
  );
}

function rate(bytesPerSecond = 0): string {
  return `${formatSize(bytesPerSecond)}/s`;
}
