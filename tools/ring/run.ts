/**
 * `understudy ring show|check|save`: what rings hold, what is wrong with them, and an image of theirs
 * as a file, all without a bridge. Decides the order of things and the exit codes.
 * Invariant: nothing is written but the report, and by `save` the file that the operator names.
 */
import { keyPlaceOf, readSecret } from "../../host/cache/key-source.ts";
import { EXIT_DONE, EXIT_USAGE, EXIT_WRONG } from "../../host/lib/exit-code.ts";
import { type Io, printed } from "../../host/lib/io.ts";
import { problemLines } from "../../host/lib/problem.ts";
import type { Environment } from "../../host/lib/state-directory.ts";
import { createProgress } from "../demo/progress.ts";
import { bytesToCheck, checkRing } from "./check-ring.ts";
import { findStripes } from "./find-stripes.ts";
import { type Finding, located } from "./finding.ts";
import { indexRing, type RingSource } from "./index-ring.ts";
import { openRings } from "./open-rings.ts";
import type { Opened, Work } from "./opened.ts";
import { parseRing, ringHelpLines } from "./options.ts";
import { withPatience } from "./patience.ts";
import { checkLines, findingLines, ringDocument } from "./report.ts";
import { saveRing } from "./save.ts";
import { showRing } from "./show.ts";

/** How one ring ended. */
interface Outcome {
  readonly exitCode: number;
  /** It has an image that was asked for. */
  readonly hasImage: boolean;
}

/**
 * Runs the command; `terminal`: where a bar can be drawn; `env`: where keys are. Throws OperatorError for the
 * entry to report.
 */
export async function runRing(
  argv: readonly string[],
  io: Io,
  terminal: NodeJS.WritableStream | undefined,
  env: Environment = {},
): Promise<number> {
  const options = parseRing(argv);
  if (options === "help") return printed(ringHelpLines(), io.out, EXIT_DONE);
  if ("problems" in options) {
    return printed(problemLines("understudy ring", options.problems), io.err, EXIT_USAGE);
  }
  const work = { options, io, progress: createProgress(io.err, terminal) };
  const rings = findStripes(options.path);
  const secret = options.key && readSecret(keyPlaceOf(options.key, env));
  const sources = openRings(rings, secret);
  secret?.fill(0);
  try {
    return await (options.action === "save" ? saveRing : readAll)(work, sources);
  } finally {
    for (const { file } of sources) file.close();
  }
}

/** Shows or checks one ring after the other. */
async function readAll(work: Work, sources: readonly RingSource[]): Promise<number> {
  const { options, io } = work;
  const outcomes: Outcome[] = [];
  if (options.json) io.out('{"rings":[');
  for (const source of sources) {
    if (options.json && outcomes.length > 0) io.out(",");
    outcomes.push(await readOne(work, source));
    if (io.signal.aborted) break;
  }
  if (options.json) io.out("]}");
  const exitCode = Math.max(...outcomes.map((outcome) => outcome.exitCode));
  if (options.volumeTag === "" || outcomes.some(({ hasImage }) => hasImage)) return exitCode;
  io.err(`understudy ring: ${options.path} has no image of ${options.volumeTag}`);
  return EXIT_WRONG;
}

async function readOne(work: Work, source: RingSource): Promise<Outcome> {
  const indexed = await indexRing(work, source);
  if (indexed === "stopped") return stopped(work, source.path);
  if ("noRing" in indexed) return withoutRing(work, source.path, indexed.noRing);
  if (work.options.action === "check") return checkOne(work, indexed);
  return { exitCode: await showRing(work, indexed), hasImage: indexed.images.length > 0 };
}

function withoutRing({ options, io }: Work, path: string, finding: Finding): Outcome {
  const lines = options.json
    ? [JSON.stringify({ path, findings: [finding] })]
    : [`${path}: no ring`, ...findingLines(finding)];
  return { exitCode: printed(lines, io.out, EXIT_WRONG), hasImage: false };
}

async function checkOne(work: Work, opened: Opened): Promise<Outcome> {
  const { options, io, progress } = work;
  const { place, images } = opened;
  const phase = { name: "check", totalBytes: bytesToCheck(images) };
  const checked = await withPatience(checkRing(opened), phase, progress, io.signal);
  if (checked === undefined) return stopped(work, place.path);
  const findings = checked.findings.map((finding) => located(finding, place));
  const result = { ...checked, findings };
  const lines = options.json
    ? [JSON.stringify({ ...ringDocument(opened), ...result })]
    : checkLines(place, result);
  const exitCode = findings.length === 0 ? EXIT_DONE : EXIT_WRONG;
  return { exitCode: printed(lines, io.out, exitCode), hasImage: images.length > 0 };
}

/** What was not read to its end was not found right. */
function stopped({ options, io }: Work, path: string): Outcome {
  if (options.json) io.out(JSON.stringify({ path, stopped: true }));
  io.err(`understudy ring: ${path}: stopped before the end`);
  return { exitCode: EXIT_WRONG, hasImage: true };
}
