/**
 * An image as a tape file, object after object. Decides that it is copied whole or not at all: from
 * its base to its end, every byte of it checked on the way. What `check` calls lost ends it.
 * Invariant: what a bridge gives up meanwhile is told from what is wrong.
 */
import type { RingSegment } from "./chains.ts";
import { wasStored } from "./check-ring.ts";
import type { RingDevice } from "./device.ts";
import { type Finding, hole, lostObjects, shortEnd, takenAgain, wrongData } from "./finding.ts";
import { type Fault, SEGMENT } from "./layout.ts";
import type { Opened } from "./opened.ts";
import { newestCopy, type RingImage, readSuperblocks, sequenceNow } from "./read-ring.ts";
import { type RingEntry, readData, SegmentWalk } from "./segment-walk.ts";
import { type ByteSink, EqualRecords, hasRecordOf, putFilemarks } from "./tape-format.ts";

/** What is copied from. */
type Source = Pick<Opened, "file" | "ring">;

/** What was copied. */
export interface CopyTotals {
  records: number;
  filemarks: number;
  /** Of data. */
  bytes: number;
}

/** Puts the image into `sink`; a generator: bytes read so far. A finding: why it is not whole. */
export function* copyImage(
  source: Source,
  image: RingImage,
  sink: ByteSink,
): Generator<number, CopyTotals | Finding> {
  const { file, ring } = source;
  const { segments, holeBefore } = image.chain;
  if (holeBefore !== undefined) {
    return isOtherNow(file, image) ? takenAgain(image, holeBefore) : hole(image);
  }
  const totals = { records: 0, filemarks: 0, bytes: 0 };
  let before = 0;
  for (const segment of segments) {
    const finding = yield* copySegment(source, image, segment, totals, sink, before);
    if (finding !== undefined) {
      const now = sequenceNow(file, ring.superblock, segment.index);
      return now === segment.sequence ? finding : takenAgain(image, segment);
    }
    before += segment.endBytes - SEGMENT.dataAt;
  }
  const newest = segments.at(-1);
  if (newest?.tailFault !== undefined && wasStored(newest, ring)) {
    return shortEnd(image, newest.offset + newest.endBytes, newest.tailFault);
  }
  return totals;
}

/** The image begins elsewhere than when it was indexed, or is not there any more. */
function isOtherNow(file: RingDevice, { row }: RingImage): boolean {
  const rows = newestCopy(readSuperblocks(file))?.rows ?? [];
  return rows.find(({ number }) => number === row.number)?.base !== row.base;
}

/** What the segment lacks; `before`: bytes that were read in front of it. */
function* copySegment(
  { file, ring }: Source,
  image: RingImage,
  segment: RingSegment,
  totals: CopyTotals,
  sink: ByteSink,
  before: number,
): Generator<number, Finding | undefined> {
  const walk = new SegmentWalk(file, ring.superblock.identity, segment);
  for (let entry = walk.next(); entry !== undefined; entry = walk.next()) {
    const inFront = before + entry.offset - segment.offset - SEGMENT.dataAt;
    const fault = yield* copyEntry(file, entry, sink, inFront);
    if (fault !== undefined) {
      return wrongData(image, entry, fault);
    }
    add(totals, entry);
  }
  if (walk.object >= segment.end) return undefined;
  const place = { at: segment.offset + walk.bytes, first: walk.object, end: segment.end };
  return lostObjects(image, place, walk.fault);
}

/** What is wrong with the entry. */
function* copyEntry(
  file: RingDevice,
  entry: RingEntry,
  sink: ByteSink,
  inFront: number,
): Generator<number, Fault | undefined> {
  const { isFilemark, count, objectBytes } = entry;
  yield inFront;
  if (isFilemark) {
    putFilemarks(count, sink);
    return undefined;
  }
  if (!hasRecordOf(objectBytes)) return "length";
  const records = new EqualRecords(count, objectBytes, sink);
  return yield* readData(file, entry, (piece) => records.put(piece), inFront);
}

function add(totals: CopyTotals, { isFilemark, count, objectBytes }: RingEntry): void {
  if (isFilemark) {
    totals.filemarks += count;
  } else {
    totals.records += count;
    totals.bytes += count * objectBytes;
  }
}
