/**
 * `ring show`: prints a ring, and with `--objects` every object of its images, one after the other.
 * Decides how they stream: a ring may hold more objects than memory does.
 */
import { EXIT_DONE, EXIT_WRONG } from "../../host/lib/exit-code.ts";
import { type Io, printed } from "../../host/lib/io.ts";
import { bytesToCheck } from "./check-ring.ts";
import { type Finding, located, lostObjects } from "./finding.ts";
import { SEGMENT } from "./layout.ts";
import type { Opened, Work } from "./opened.ts";
import { withPatience } from "./patience.ts";
import type { RingImage } from "./read-ring.ts";
import {
  findingLines,
  type ImageDocument,
  objectDocument,
  objectLine,
  ringDocument,
  ringLines,
} from "./report.ts";
import { type RingEntry, SegmentWalk } from "./segment-walk.ts";

/** Where the lines of objects go: text, or pieces of one document. */
interface ObjectPrinter {
  begin(image: ImageDocument): void;
  object(entry: RingEntry, index: number): void;
  end(missing: readonly Finding[]): void;
}

/** Prints the ring; the exit code. */
export async function showRing(work: Work, opened: Opened): Promise<number> {
  const { json, objects } = work.options;
  const { out } = work.io;
  const document = ringDocument(opened);
  if (!objects) {
    return printed(json ? [JSON.stringify(document)] : ringLines(document), out, EXIT_DONE);
  }
  const { images, ...rest } = document;
  const head = json ? [`${JSON.stringify(rest).slice(0, -1)},"images":[`] : ringLines(document);
  let exitCode = printed(head, out, EXIT_DONE);
  const printer = json ? jsonPrinter(work.io) : linePrinter(work.io);
  for (const [n, image] of images.entries()) {
    printer.begin(image);
    const missing = await showObjects(work, opened, opened.images[n], printer);
    printer.end(missing ?? []);
    if (missing?.length !== 0) exitCode = EXIT_WRONG;
    if (missing === undefined) break;
  }
  if (json) out("]}");
  return exitCode;
}

/** What is missing of the image; undefined: it was stopped. */
async function showObjects(
  { io, progress }: Work,
  opened: Opened,
  image: RingImage | undefined,
  printer: ObjectPrinter,
): Promise<readonly Finding[] | undefined> {
  if (image === undefined) return [];
  const phase = { name: "objects", totalBytes: bytesToCheck([image]) };
  const missing = await withPatience(
    eachObject(opened, image, printer),
    phase,
    progress,
    io.signal,
  );
  if (missing === undefined) io.err("understudy ring: stopped before the end");
  return missing;
}

/** Yields bytes of entries so far. */
function* eachObject(
  { file, place: ringPlace, ring }: Opened,
  image: RingImage,
  printer: ObjectPrinter,
): Generator<number, readonly Finding[]> {
  const missing: Finding[] = [];
  let bytes = 0;
  for (const segment of image.chain.segments) {
    const walk = new SegmentWalk(file, ring.superblock.identity, segment);
    for (let entry = walk.next(); entry !== undefined; entry = walk.next()) {
      for (let index = 0; index < entry.count; index++) {
        printer.object(entry, index);
        yield bytes + walk.bytes - SEGMENT.dataAt;
      }
    }
    if (walk.object < segment.end) {
      const place = { at: segment.offset + walk.bytes, first: walk.object, end: segment.end };
      missing.push(located(lostObjects(image, place, walk.fault), ringPlace));
    }
    bytes += segment.endBytes - SEGMENT.dataAt;
  }
  return missing;
}

function linePrinter({ out }: Io): ObjectPrinter {
  return {
    begin: ({ number, volumeTag }) => out(`image ${number} "${volumeTag}"`),
    object: (entry, index) => out(`  ${objectLine(entry, index)}`),
    end: (missing) => printed(missing.flatMap(findingLines), out, EXIT_DONE),
  };
}

function jsonPrinter({ out }: Io): ObjectPrinter {
  let betweenImages = "";
  let betweenObjects = "";
  return {
    begin(image) {
      out(`${betweenImages}${JSON.stringify(image).slice(0, -1)},"objects":[`);
      betweenImages = ",";
      betweenObjects = "";
    },
    object(entry, index) {
      out(`${betweenObjects}${JSON.stringify(objectDocument(entry, index))}`);
      betweenObjects = ",";
    },
    end: (missing) => out(`],"findings":${JSON.stringify(missing)}}`),
  };
}
