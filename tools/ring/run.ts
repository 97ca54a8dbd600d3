/**
 * `understudy ring show|check PATH`: what rings hold and what is wrong with them, read without a
 * bridge. Decides the order of things and the exit codes.
 * Invariant: nothing is written but the report.
 */
import { keyPlaceOf, readSecret } from "../../host/cache/key-source.ts";
import { EXIT_DONE, EXIT_USAGE, EXIT_WRONG } from "../../host/lib/exit-code.ts";
import { type Io, printed } from "../../host/lib/io.ts";
import { problemLines } from "../../host/lib/problem.ts";
import type { Environment } from "../../host/lib/state-directory.ts";
import { createProgress } from "../demo/progress.ts";
import { bytesToCheck, checkRing } from "./check-ring.ts";
import type { OpenRingDevice } from "./device.ts";
import { findRings } from "./find-rings.ts";
import { noRing } from "./finding.ts";
import { openRing } from "./open-ring.ts";
import type { Opened, Work } from "./opened.ts";
import { parseRing, ringHelpLines } from "./options.ts";
import { withPatience } from "./patience.ts";
import {
  HEADERS_BYTES,
  newestCopy,
  readRing,
  readSuperblocks,
  type SuperblockCopy,
} from "./read-ring.ts";
import { checkLines, findingLines, ringDocument } from "./report.ts";
import { showRing } from "./show.ts";
import { writerOf } from "./writer.ts";

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
  const paths = findRings(options.path);
  const secret = options.key && readSecret(keyPlaceOf(options.key, env));
  const files = paths.map((path) => ({ path, ...openRing(path, secret) }));
  secret?.fill(0);
  const outcomes: Outcome[] = [];
  if (options.json) io.out('{"rings":[');
  for (const { path, file, encryption } of files) {
    if (options.json && outcomes.length > 0) io.out(",");
    const { sizeBytes } = file;
    const place = { path, sizeBytes, encryption, writerPid: writerOf(path) };
    outcomes.push(await readOne(work, file, place));
    file.close();
    if (io.signal.aborted) break;
  }
  if (options.json) io.out("]}");
  const exitCode = Math.max(...outcomes.map((outcome) => outcome.exitCode));
  if (options.volumeTag === "" || outcomes.some(({ hasImage }) => hasImage)) return exitCode;
  io.err(`understudy ring: ${options.path} has no image of ${options.volumeTag}`);
  return EXIT_WRONG;
}

async function readOne(work: Work, file: OpenRingDevice, place: Opened["place"]): Promise<Outcome> {
  const { options, io, progress } = work;
  const copies = readSuperblocks(file);
  const superblock = newestCopy(copies);
  if (superblock === undefined) return withoutRing(work, place.path, copies);
  const phase = { name: "headers", totalBytes: superblock.segmentCount * HEADERS_BYTES };
  const ring = await withPatience(readRing(file, superblock), phase, progress, io.signal);
  if (ring === undefined) return stopped(work, place.path);
  const { volumeTag } = options;
  const images = ring.images.filter(({ row }) => volumeTag === "" || row.volumeTag === volumeTag);
  const opened = { file, place, copies, ring, images };
  if (options.action === "check") return checkOne(work, opened);
  return { exitCode: await showRing(work, opened), hasImage: images.length > 0 };
}

function withoutRing(
  { options, io }: Work,
  path: string,
  copies: readonly SuperblockCopy[],
): Outcome {
  const finding = noRing(copies);
  const lines = options.json
    ? [JSON.stringify({ path, findings: [finding] })]
    : [`${path}: no ring`, ...findingLines(finding)];
  return { exitCode: printed(lines, io.out, EXIT_WRONG), hasImage: false };
}

async function checkOne(work: Work, opened: Opened): Promise<Outcome> {
  const { options, io, progress } = work;
  const { place, images } = opened;
  const phase = { name: "check", totalBytes: bytesToCheck(images) };
  const result = await withPatience(checkRing(opened), phase, progress, io.signal);
  if (result === undefined) return stopped(work, place.path);
  const lines = options.json
    ? [JSON.stringify({ ...ringDocument(opened), ...result })]
    : checkLines(place, result);
  const exitCode = result.findings.length === 0 ? EXIT_DONE : EXIT_WRONG;
  return { exitCode: printed(lines, io.out, exitCode), hasImage: images.length > 0 };
}

/** What was not read to its end was not found right. */
function stopped({ options, io }: Work, path: string): Outcome {
  if (options.json) io.out(JSON.stringify({ path, stopped: true }));
  io.err(`understudy ring: ${path}: stopped before the end`);
  return { exitCode: EXIT_WRONG, hasImage: true };
}
