/**
 * Reads all of a ring, data included, and lists what is wrong. Decides what counts as wrong and what
 * is ordinary after a power cut; the words are finding.ts's. Never writes.
 * Invariant: what a bridge gave up or wrote anew while this reads is not called wrong.
 */
import type { RingSegment } from "./chains.ts";
import type { RingDevice } from "./device.ts";
import {
  badCopy,
  badHeader,
  type Finding,
  faultWords,
  hole,
  lostObjects,
  shortEnd,
  tooSmall,
  wrongData,
  wrongSeal,
} from "./finding.ts";
import { type Fault, SEGMENT } from "./layout.ts";
import type { Opened } from "./opened.ts";
import {
  isStillBad,
  type Ring,
  type RingImage,
  readSuperblocks,
  type SuperblockCopy,
  segmentsOnDevice,
  sequenceNow,
} from "./read-ring.ts";
import { dataFault, type RingEntry, SegmentWalk } from "./segment-walk.ts";

/** What is checked: the ring, and of it these images. */
export type Checked = Omit<Opened, "place">;

/** What was read of an image, and is right. */
export interface ImageTotals {
  readonly image: number;
  readonly volumeTag: string;
  records: number;
  filemarks: number;
  bytes: number;
}

export interface CheckResult {
  readonly findings: readonly Finding[];
  /** What is ordinary and worth knowing. */
  readonly notes: readonly string[];
  readonly totals: readonly ImageTotals[];
}

/** What the unsealed end of an image looks like when nothing was being written there. */
const ORDINARY_TAIL: readonly (Fault | undefined)[] = [undefined, "blank", "stale", "identity"];

/** Bytes of the images' entries: what a check reads. */
export function bytesToCheck(images: readonly RingImage[]): number {
  const all = images.flatMap(({ chain }) => chain.segments);
  return all.reduce((sum, { endBytes }) => sum + endBytes - SEGMENT.dataAt, 0);
}

/** Goes through the ring; a generator, so that who waits can show and stop it: bytes read so far. */
export function* checkRing(opened: Checked): Generator<number, CheckResult> {
  const { file: device, copies, ring, images } = opened;
  const findings = headFindings(device, copies, ring);
  const notes: string[] = [];
  const totals: ImageTotals[] = [];
  let bytes = 0;
  for (const image of images) {
    notes.push(...chainNotes(image));
    if (image.chain.holeBefore !== undefined) findings.push(hole(image));
    const sum = { image: image.row.number, volumeTag: image.row.volumeTag };
    const total = { ...sum, records: 0, filemarks: 0, bytes: 0 };
    totals.push(total);
    for (const segment of image.chain.segments) {
      const found: Finding[] = [];
      for (const read of checkSegment(device, ring, image, segment, total, found)) {
        yield bytes + read;
      }
      bytes += segment.endBytes - SEGMENT.dataAt;
      if (found.length === 0) continue;
      if (sequenceNow(device, ring.superblock, segment.index) === segment.sequence) {
        findings.push(...found);
      } else {
        notes.push(`segment ${segment.index} was given up and taken again while this read it`);
      }
    }
  }
  return { findings, notes, totals };
}

/** Superblocks, size and segment headers; a second look at each, since a bridge may write them. */
function headFindings(
  device: RingDevice,
  copies: readonly SuperblockCopy[],
  ring: Ring,
): Finding[] {
  const again = readSuperblocks(device);
  const bad = copies.filter(({ fault }, n) => fault !== undefined && again[n]?.fault === fault);
  const fit = segmentsOnDevice(device, ring.superblock);
  const { segmentCount } = ring.superblock;
  return [
    ...bad.map(badCopy),
    ...(fit < segmentCount ? [tooSmall(device.sizeBytes, ring.superblock, fit)] : []),
    ...ring.badHeaders.filter((bad) => isStillBad(device, ring.superblock, bad)).map(badHeader),
  ];
}

function chainNotes({ row, chain, end }: RingImage): string[] {
  const name = `image ${row.number} "${row.volumeTag}"`;
  const notes: string[] = [];
  if (chain.struck.length > 0) {
    const count = chain.struck.length;
    notes.push(`${name}: ${count} segments behind a gap never happened: the power went`);
  }
  const tail = chain.segments.at(-1)?.tailFault;
  if (tail !== undefined && !ORDINARY_TAIL.includes(tail)) {
    const words = `${name} ends at object ${end}: behind it ${faultWords(tail)}`;
    notes.push(`${words}; ordinary for what was being written when the power went`);
  }
  return notes;
}

function* checkSegment(
  device: RingDevice,
  ring: Ring,
  image: RingImage,
  segment: RingSegment,
  total: ImageTotals,
  found: Finding[],
): Generator<number> {
  const walk = new SegmentWalk(device, ring.superblock.identity, segment);
  for (let entry = walk.next(); entry !== undefined; entry = walk.next()) {
    const fault = dataFault(device, entry);
    if (fault === undefined) {
      add(total, entry);
    } else {
      found.push(wrongData(image, entry, fault));
    }
    yield walk.bytes - SEGMENT.dataAt;
  }
  const { object, bytes, filemarks, fault } = walk;
  if (object < segment.end) {
    const place = { at: segment.offset + bytes, first: object, end: segment.end };
    found.push(lostObjects(image, place, fault));
    return;
  }
  const isNewest = segment === image.chain.segments.at(-1);
  if (isNewest && segment.tailFault !== undefined && wasStored(segment, ring)) {
    found.push(shortEnd(image, segment.offset + bytes, segment.tailFault));
  }
  const isWhole = object === segment.end && bytes === segment.endBytes;
  if (segment.isSealed && isWhole && filemarks !== segment.endFilemarks) {
    found.push(wrongSeal(segment.offset + SEGMENT.sealAt));
  }
}

/** Torn or rotten bytes in a segment that was once wholly on stable storage. */
export function wasStored({ sequence, tailFault }: RingSegment, { durable }: Ring): boolean {
  return sequence <= durable && !ORDINARY_TAIL.includes(tailFault);
}

function add(total: ImageTotals, { isFilemark, count, objectBytes }: RingEntry): void {
  if (isFilemark) {
    total.filemarks += count;
  } else {
    total.records += count;
    total.bytes += count * objectBytes;
  }
}
