/**
 * `understudy demo`: plays the stories one after the other and says whether all went right.
 * Decides streams and exit codes; a story's own course is `story.ts`'s.
 */

import { OperatorError } from "../../host/lib/error.ts";
import { EXIT_DONE, EXIT_MACHINE, EXIT_USAGE, EXIT_WRONG } from "../../host/lib/exit-code.ts";
import { type Io, printed } from "../../host/lib/io.ts";
import { problemLines } from "../../host/lib/problem.ts";
import { formatSize } from "../../host/lib/size.ts";
import { RECORD_BYTES, StoppedByOperator } from "./backup.ts";
import type { CaseResult } from "./case-result.ts";
import type { DemoLibrary, StageSetting } from "./demo-library.ts";
import { type BackupPlan, planBackup } from "./file-list.ts";
import { type DemoOptions, demoHelpLines, type LibraryChoice, parseDemo } from "./options.ts";
import { openPracticeStage } from "./practice-stage.ts";
import { createProgress, type Progress } from "./progress.ts";
import { reportLines, verdictLine } from "./report.ts";
import { playStory } from "./story.ts";
import { openTgtStage } from "./tgt-stage.ts";

const STAGES: ReadonlyMap<LibraryChoice, (setting: StageSetting) => Promise<DemoLibrary>> = new Map(
  [
    ["practice", openPracticeStage],
    ["tgt", openTgtStage],
  ],
);

/** Runs the command. Throws OperatorError for the entry to report. */
export async function runDemo(argv: readonly string[], io: Io): Promise<number> {
  const options = parseDemo(argv);
  if (options === "help") {
    return printed(demoHelpLines(), io.out, EXIT_DONE);
  }
  if ("problems" in options) {
    return printed(problemLines("understudy demo", options.problems), io.err, EXIT_USAGE);
  }
  const progress = createProgress(io.err, process.stderr.isTTY ? process.stderr : undefined);
  const plan = await planOf(options, progress);
  try {
    return await playAll(options, plan, progress, io);
  } catch (error) {
    if (!(error instanceof StoppedByOperator)) {
      throw error;
    }
    io.err(`understudy demo: ${error.message}`);
    return EXIT_MACHINE;
  }
}

async function playAll(
  options: DemoOptions,
  plan: BackupPlan,
  progress: Progress,
  io: Io,
): Promise<number> {
  const results: CaseResult[] = [];
  for (const demoCase of options.cases) {
    const result = await playStory(demoCase, {
      plan,
      openLibrary: STAGES.get(options.library) ?? openPracticeStage,
      runtime: options.runtime,
      progress,
      signal: io.signal,
    });
    results.push(result);
    if (!options.json) {
      printed(reportLines(result), io.out, EXIT_DONE);
    }
  }
  const ok = results.every((result) => result.ok);
  const document = JSON.stringify({ ok, library: options.library, cases: results }, null, 2);
  io.out(options.json ? document : `\n${verdictLine(results)}`);
  return ok ? EXIT_DONE : EXIT_WRONG;
}

async function planOf(options: DemoOptions, progress: Progress): Promise<BackupPlan> {
  const { roots, sizeBytes } = options;
  const plan = await planBackup(roots, sizeBytes, RECORD_BYTES);
  if (plan.archives.length === 0) {
    const details = `nothing readable in it fits into ${formatSize(sizeBytes)}`;
    throw new OperatorError("system", roots.join(", "), details);
  }
  const files = plan.archives.reduce((sum, { paths }) => sum + paths.length, 0);
  const rounds = plan.rounds > 1 ? `, taken ${plan.rounds} times` : "";
  progress.line(
    `a backup of ${roots.join(" and ")}${rounds}: ${plan.archives.length} archives, ` +
      `${files} files, at most ${formatSize(plan.bytesMax)}`,
  );
  return plan;
}
