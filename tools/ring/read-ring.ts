/**
 * Reads a ring as SPEC.md says: superblocks, segments, images. Decides nothing that is not written
 * there; never writes, never throws for what it reads. What is not believed is noted, not hidden.
 */
import { type Chain, chainOf, type RingSegment } from "./chains.ts";
import type { RingDevice } from "./device.ts";
import {
  type Fault,
  FIRST_SEGMENT_AT,
  type ImageRow,
  OPEN_MAGIC,
  parseSegmentHeader,
  parseSuperblock,
  SEAL_MAGIC,
  SEGMENT,
  SUPERBLOCK,
  type Superblock,
} from "./layout.ts";
import { dataFault, SegmentWalk } from "./segment-walk.ts";

/** Bytes that are read to know a segment. */
export const HEADERS_BYTES = 2 * SEGMENT.headerBytes;

/** One of the two places of the superblock. */
export interface SuperblockCopy {
  /** Ring offset. */
  readonly at: number;
  readonly superblock: Superblock | undefined;
  readonly fault: Fault | undefined;
}

/** A segment header that is there and not right. */
export interface BadHeader {
  /** Ring offset of the header. */
  readonly at: number;
  readonly segment: number;
  readonly fault: Fault;
  /** The segment is known all the same, by its other header. */
  readonly isKnown: boolean;
}

export interface RingImage {
  readonly row: ImageRow;
  readonly chain: Chain;
  /** The first object that is there, the one after the last, and the filemarks before that. */
  readonly base: number;
  readonly end: number;
  readonly filemarks: number;
}

export interface Ring {
  readonly superblock: Superblock;
  readonly durable: number;
  readonly segmentsUsed: number;
  /** Images that have objects. */
  readonly images: readonly RingImage[];
  /** Rows that have none. */
  readonly emptyRows: readonly ImageRow[];
  readonly badHeaders: readonly BadHeader[];
}

/** Both copies. */
export function readSuperblocks(device: RingDevice): SuperblockCopy[] {
  return SUPERBLOCK.copies.map((at) => {
    const parsed = parseSuperblock(device.read(at, SUPERBLOCK.bytes));
    return typeof parsed === "string"
      ? { at, superblock: undefined, fault: parsed }
      : { at, superblock: parsed, fault: undefined };
  });
}

/** The copy that counts; undefined: there is no ring. */
export function newestCopy(copies: readonly SuperblockCopy[]): Superblock | undefined {
  return copies
    .flatMap(({ superblock }) => superblock ?? [])
    .reduce<Superblock | undefined>(
      (best, copy) => (best === undefined || copy.number > best.number ? copy : best),
      undefined,
    );
}

/** Segments of the ring that lie wholly on the device: fewer than it has when the device shrank. */
export function segmentsOnDevice({ sizeBytes }: RingDevice, superblock: Superblock): number {
  const fit = Math.floor((sizeBytes - FIRST_SEGMENT_AT) / superblock.segmentBytes);
  return Math.max(0, Math.min(fit, superblock.segmentCount));
}

/** Everything but the entries; a generator, so that who waits can show that it goes on: bytes read so far. */
export function* readRing(device: RingDevice, superblock: Superblock): Generator<number, Ring> {
  const segments: RingSegment[] = [];
  const badHeaders: BadHeader[] = [];
  let { durable } = superblock;
  const count = segmentsOnDevice(device, superblock);
  for (let index = 0; index < count; index++) {
    const found = readSegment(device, superblock, index, badHeaders);
    yield (index + 1) * HEADERS_BYTES;
    if (found === undefined) continue;
    durable = Math.max(durable, found.durable, found.isSealed ? found.sequence : 0);
    segments.push(found);
  }
  const chains = superblock.rows.map((row) => ({ row, chain: chainOf(row, segments, durable) }));
  return {
    superblock,
    durable,
    segmentsUsed: segments.length,
    images: chains.flatMap(({ row, chain }) => imageOf(row, chain) ?? []),
    emptyRows: chains.filter(({ chain }) => chain.segments.length === 0).map(({ row }) => row),
    badHeaders,
  };
}

function imageOf(row: ImageRow, chain: Chain): RingImage | undefined {
  const oldest = chain.segments[0];
  const newest = chain.segments.at(-1);
  if (oldest === undefined || newest === undefined) return undefined;
  return { row, chain, base: oldest.first, end: newest.end, filemarks: newest.endFilemarks };
}

/** The sequence number of the segment at that place now; undefined: it is not in use. */
export function sequenceNow(
  device: RingDevice,
  superblock: Superblock,
  index: number,
): number | undefined {
  return readHeaders(device, superblock, index).known?.sequence;
}

/** A second look at a header that was not right: a bridge may have been writing it. */
export function isStillBad(
  device: RingDevice,
  superblock: Superblock,
  { at, segment, fault }: BadHeader,
): boolean {
  const { offset, open, seal } = readHeaders(device, superblock, segment);
  return (at === offset + SEGMENT.openAt ? open : seal) === fault;
}

function readHeaders(device: RingDevice, superblock: Superblock, index: number) {
  const { identity, segmentBytes } = superblock;
  const offset = FIRST_SEGMENT_AT + index * segmentBytes;
  const both = device.read(offset + SEGMENT.openAt, HEADERS_BYTES);
  const openBytes = both.subarray(0, SEGMENT.headerBytes);
  const sealBytes = both.subarray(SEGMENT.headerBytes);
  const open = parseSegmentHeader(openBytes, OPEN_MAGIC, identity, offset + SEGMENT.openAt);
  const seal = parseSegmentHeader(sealBytes, SEAL_MAGIC, identity, offset + SEGMENT.sealAt);
  const isSeal = typeof seal !== "string";
  if (isSeal && (seal.endBytes < SEGMENT.dataAt || seal.endBytes > segmentBytes)) {
    return { offset, open, seal: "length" as const, isSealed: false, known: undefined };
  }
  const isSealed = isSeal && (typeof open === "string" || open.sequence === seal.sequence);
  const known = isSealed ? seal : typeof open === "string" ? undefined : open;
  return { offset, open, seal, isSealed, known };
}

function readSegment(
  device: RingDevice,
  superblock: Superblock,
  index: number,
  badHeaders: BadHeader[],
): (RingSegment & { readonly durable: number }) | undefined {
  const { offset, open, seal, isSealed, known } = readHeaders(device, superblock, index);
  const places = [
    { at: offset + SEGMENT.openAt, header: open },
    { at: offset + SEGMENT.sealAt, header: seal },
  ];
  for (const { at, header: fault } of places) {
    // What was never written, or is of another ring, is ordinary.
    if (typeof fault === "string" && fault !== "blank" && fault !== "identity") {
      badHeaders.push({ at, segment: index, fault, isKnown: known !== undefined });
    }
  }
  if (known === undefined) return undefined;
  const place = { index, offset, isSealed };
  return isSealed
    ? { ...known, ...place, tailFault: undefined }
    : { ...known, ...place, ...scan(device, superblock, { ...known, offset }) };
}

/** How far the entries of a segment without a seal are believed, their data too. */
function scan(
  device: RingDevice,
  { identity, segmentBytes }: Superblock,
  segment: { offset: number; sequence: number; image: number; first: number; filemarks: number },
) {
  const limits = { end: Number.MAX_SAFE_INTEGER, endBytes: segmentBytes };
  const walk = new SegmentWalk(device, identity, { ...segment, ...limits });
  let filemarksBefore = walk.filemarks;
  for (let entry = walk.next(); entry !== undefined; entry = walk.next()) {
    const fault = dataFault(device, entry);
    if (fault !== undefined) walk.refuse(entry, filemarksBefore, fault);
    filemarksBefore = walk.filemarks;
  }
  return {
    end: walk.object,
    endFilemarks: walk.filemarks,
    endBytes: walk.bytes,
    tailFault: walk.fault,
  };
}
