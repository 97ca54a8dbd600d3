/**
 * `understudy bench`: the figures of the project, side by side in one run. Decides which figures
 * there are and in which order; a missed aim is shown, only a broken run is an error.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { instancesOf, loadCore } from "../../host/bridge/core-module.ts";
import { wamrFault } from "../../host/core/load-wamr.ts";
import type { CoreRuntime, RuntimeChoice } from "../../host/core/runtime.ts";
import { messageOf, OperatorError } from "../../host/lib/error.ts";
import { EXIT_DONE, EXIT_USAGE, EXIT_WRONG } from "../../host/lib/exit-code.ts";
import { type Io, printed } from "../../host/lib/io.ts";
import { problemLines } from "../../host/lib/problem.ts";
import { formatSize } from "../../host/lib/size.ts";
import { ServerFault } from "../demo/server-device.ts";
import { measureCore } from "./core-figures.ts";
import { measureFailure } from "./failure-figures.ts";
import { type Figure, figure, figureLines } from "./figure.ts";
import { type BenchOptions, benchHelpLines, parseBench } from "./options.ts";
import { measureRing } from "./ring-figures.ts";
import { measureRuntimes } from "./runtime-figures.ts";
import { type LibraryKind, openInLine } from "./subject.ts";
import { measurePairs } from "./throughput.ts";
import { writeRun } from "./workload.ts";

const KIBIBYTE = 1024;
const RECORD_SIZES: readonly number[] = [64 * KIBIBYTE, 256 * KIBIBYTE, 1024 * KIBIBYTE];
const MEBIBYTE = 1_048_576;
const AIM_RESIDENT_MEBIBYTES = 200;
/** The practice drives as fast as they can be, where rates are compared. */
const NO_RATE_LIMIT = "none";

/** Runs the command. Throws OperatorError for the entry to report. */
export async function runBench(argv: readonly string[], io: Io): Promise<number> {
  const options = parseBench(argv);
  if (options === "help") {
    return printed(benchHelpLines(), io.out, EXIT_DONE);
  }
  if ("problems" in options) {
    return printed(problemLines("understudy bench", options.problems), io.err, EXIT_USAGE);
  }
  const figures: Figure[] = [];
  try {
    for await (const figuresOfOne of measureAll(options, io)) {
      figures.push(...figuresOfOne);
    }
  } catch (error) {
    if (!(error instanceof ServerFault)) {
      throw error;
    }
    io.err(`understudy bench: the server saw an error: ${error.message}`);
    return EXIT_WRONG;
  }
  const { bytes, pairs } = options;
  const machine = `${cpus().length} cores (${cpus()[0]?.model ?? "?"}), Node ${process.version}`;
  if (options.json) {
    io.out(JSON.stringify({ machine, bytesPerRun: bytes, pairs, figures }, null, 2));
    return EXIT_DONE;
  }
  const heading = `${formatSize(bytes)} a run, medians of ${pairs} pairs, ${machine}`;
  return printed([heading, ...figureLines(figures)], io.out, EXIT_DONE);
}

async function* measureAll(options: BenchOptions, io: Io): AsyncGenerator<readonly Figure[]> {
  let peakBytes = 0;
  for (const library of ["tgt", "practice"] as const) {
    const measured = await pairsOf(library, options, io);
    peakBytes = Math.max(peakBytes, measured?.peakResidentBytes ?? 0);
    yield measured?.ratios ?? [];
  }
  const { bytes, runtime } = options;
  yield [
    figure("bridge, highest resident set", peakBytes / MEBIBYTE, "MiB", "over all in-line runs", {
      atMost: AIM_RESIDENT_MEBIBYTES,
    }),
  ];
  io.err("a failure");
  yield await measureFailure({ bytes, runtime });
  io.err("WAMR against V8");
  yield await runtimeFigures(options, io);
  io.err("the core alone");
  yield await coreFigures(options);
  io.err("the ring");
  yield await measureRing(await freshCore(runtime));
}

/** Nothing where WAMR cannot be had, and the operator is told why. */
async function runtimeFigures({ bytes, pairs }: BenchOptions, io: Io): Promise<readonly Figure[]> {
  const fault = wamrFault();
  if (fault !== undefined) {
    io.err(`left out: ${fault}`);
    return [];
  }
  return await measureRuntimes({ bytes, pairs, tell: (line) => io.err(line) });
}

/** undefined: this machine cannot have that library, and the operator was told why. */
async function pairsOf(library: LibraryKind, { bytes, pairs, runtime }: BenchOptions, io: Io) {
  try {
    return await measurePairs({
      library,
      bytes,
      pairs,
      runtime,
      rate: NO_RATE_LIMIT,
      recordSizes: RECORD_SIZES,
      tell: (line) => io.err(line),
    });
  } catch (error) {
    const isMissing =
      error instanceof OperatorError &&
      (error.code === "packageMissing" || error.code === "permission");
    if (!isMissing) {
      throw error;
    }
    io.err(`left out: ${messageOf(error)}`);
    return undefined;
  }
}

async function coreFigures({ bytes, runtime }: BenchOptions): Promise<readonly Figure[]> {
  const traceDirectory = await mkdtemp(join(tmpdir(), "understudy-trace-"));
  try {
    const setting = { library: "practice" as const, bytes, runtime, rate: NO_RATE_LIMIT };
    const subject = await openInLine({ ...setting, traceDirectory });
    await writeRun(subject.tape, 64 * KIBIBYTE, bytes).finally(subject.close);
    return await measureCore(join(traceDirectory, "lane-1.trace"), bytes);
  } finally {
    await rm(traceDirectory, { recursive: true, force: true });
  }
}

async function freshCore(choice: RuntimeChoice): Promise<CoreRuntime> {
  const [core] = await instancesOf(await loadCore(choice), 1);
  if (core === undefined) {
    throw new Error("there is no instance");
  }
  return core;
}
