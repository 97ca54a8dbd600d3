/**
 * `ring save`: an image as a tape file, without a bridge. Decides which image is meant, what is said
 * and the exit codes. Invariant: the file is there only when it is whole and right.
 */
import { EXIT_DONE, EXIT_USAGE, EXIT_WRONG } from "../../host/lib/exit-code.ts";
import { printed } from "../../host/lib/io.ts";
import { bytesToCheck } from "./check-ring.ts";
import { copyImage } from "./copy-image.ts";
import { located } from "./finding.ts";
import { indexRing, type RingSource } from "./index-ring.ts";
import type { Opened, Work } from "./opened.ts";
import { withPatience } from "./patience.ts";
import type { RingImage } from "./read-ring.ts";
import { findingLines } from "./report.ts";
import { refuseExisting, SaveFile } from "./save-file.ts";

/** An image that the operator may mean. */
interface Candidate {
  readonly opened: Opened;
  readonly image: RingImage;
}

/** The file that was saved. */
interface SavedDocument {
  readonly path: string;
  readonly volumeTag: string;
  readonly file: string;
  /** The object that is the file's first; the one after its last. */
  readonly base: number;
  readonly end: number;
  readonly records: number;
  readonly filemarks: number;
  /** Of data in all records. */
  readonly bytes: number;
  /** Of the file. */
  readonly sha256: string;
}

/** Saves it; the exit code. Throws OperatorError for the entry to report. */
export async function saveRing(work: Work, sources: readonly RingSource[]): Promise<number> {
  const { path, volumeTag, saveTo } = work.options;
  refuseExisting(saveTo);
  const candidates: Candidate[] = [];
  for (const source of sources) {
    const indexed = await indexRing(work, source);
    if (indexed === "stopped") return stopped(work);
    if ("noRing" in indexed) {
      say(work, `${source.path}: ${indexed.noRing.what}`);
    } else {
      candidates.push(...indexed.images.map((image) => ({ opened: indexed, image })));
    }
  }
  const [only, ...others] = candidates;
  if (only === undefined) {
    return say(work, `${path} has no image of ${volumeTag}`, EXIT_WRONG);
  }
  if (others.length > 0) {
    const places = candidates.map(({ opened }) => opened.place.path).join(", ");
    const words = `${candidates.length} images of ${volumeTag}: ${places}; name one ring as PATH`;
    return say(work, words, EXIT_USAGE);
  }
  return saveOne(work, only);
}

async function saveOne(work: Work, { opened, image }: Candidate): Promise<number> {
  const { options, io, progress } = work;
  const { path, writerPid } = opened.place;
  if (writerPid !== 0) {
    const words = `process ${writerPid} may be writing it: the newest objects may be missing`;
    say(work, `${path} is in use: ${words}`);
  }
  const file = new SaveFile(options.saveTo);
  try {
    const phase = { name: "save", totalBytes: bytesToCheck([image]) };
    const copied = await withPatience(copyImage(opened, image, file), phase, progress, io.signal);
    if (copied === undefined) return stopped(work);
    if ("means" in copied) {
      say(work, `${path}: the image of ${options.volumeTag} cannot be saved whole`);
      return printed(findingLines(located(copied, opened.place)), io.err, EXIT_WRONG);
    }
    const sha256 = await file.finish();
    const { volumeTag, saveTo } = options;
    const { base, end } = image;
    report(work, { path, volumeTag, file: saveTo, base, end, ...copied, sha256 });
    return EXIT_DONE;
  } finally {
    file.close();
  }
}

function report(work: Work, saved: SavedDocument): void {
  const { path, volumeTag, file, base, end, records, filemarks, bytes, sha256 } = saved;
  const { options, io } = work;
  if (base > 0) {
    const missing = `the ring has no objects 0 to ${base - 1} of ${volumeTag} any more`;
    say(work, `note: ${missing}: ${file} begins with object ${base}`);
  }
  const lines = options.json
    ? [JSON.stringify(saved)]
    : [
        `${file}: objects ${base} to ${end - 1} of ${volumeTag}, from ${path}`,
        `  records=${records} filemarks=${filemarks} bytes=${bytes}`,
        `  SHA-256 of the file: ${sha256}`,
      ];
  printed(lines, io.out, EXIT_DONE);
}

function stopped(work: Work): number {
  return say(work, "stopped before the end: nothing is saved", EXIT_WRONG);
}

function say({ io }: Work, words: string, exitCode = EXIT_DONE): number {
  return printed([`understudy ring: ${words}`], io.err, exitCode);
}
