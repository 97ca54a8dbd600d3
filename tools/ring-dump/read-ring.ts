/**
 * Reads a ring as SPEC.md says: which images it has, which objects, where. Decides nothing that is
 * not written there; never writes. A damaged entry is listed, not thrown.
 */
import { crc32c } from "@node-rs/crc32";
import {
  ENTRY,
  type EntryHeader,
  FIRST_SEGMENT_AT,
  type ImageRow,
  OPEN_MAGIC,
  parseEntry,
  parseSegmentHeader,
  parseSuperblock,
  SEAL_MAGIC,
  SEGMENT,
  SUPERBLOCK,
  type Superblock,
} from "./layout.ts";

/** Reads at most `bytes` bytes at a ring offset. */
export type ReadBytes = (offset: number, bytes: number) => Buffer;

/** One entry of an image; `count` is what is left of it after a cut. */
export interface DumpedEntry {
  readonly offset: number;
  readonly isFilemark: boolean;
  readonly first: number;
  readonly count: number;
  readonly objectBytes: number;
  readonly dataAt: number;
  readonly dataBytes: number;
  readonly dataCrc: number;
}

export interface DumpedImage {
  readonly number: number;
  readonly volumeTag: string;
  readonly base: number;
  readonly end: number;
  readonly filemarks: number;
  readonly segments: readonly number[];
  readonly entries: readonly DumpedEntry[];
}

export interface Dump {
  readonly superblock: Superblock;
  readonly images: readonly DumpedImage[];
  /** Ring offsets of entries inside an image that are not believed. */
  readonly damaged: readonly number[];
}

interface Segment {
  readonly index: number;
  readonly offset: number;
  readonly isSealed: boolean;
  readonly sequence: number;
  readonly previous: number;
  readonly image: number;
  readonly first: number;
  readonly filemarks: number;
  end: number;
  endFilemarks: number;
  readonly endBytes: number;
}

/** The whole ring; undefined when there is none. */
export function readRing(read: ReadBytes): Dump | undefined {
  const superblock = newestSuperblock(read);
  if (superblock === undefined) return undefined;
  const segments: Segment[] = [];
  let { durable } = superblock;
  for (let index = 0; index < superblock.segmentCount; index++) {
    const found = readSegment(read, superblock, index);
    if (found === undefined) continue;
    durable = Math.max(durable, found.durable, found.segment.isSealed ? found.segment.sequence : 0);
    segments.push(found.segment);
  }
  const damaged: number[] = [];
  const images: DumpedImage[] = [];
  for (const row of superblock.rows) {
    const chain = chainOf(row, segments, durable);
    const newest = chain.at(-1);
    if (newest === undefined) continue;
    const entries = chain.flatMap((segment) => {
      const walked = walk(read, superblock, segment, false);
      if (walked.end < segment.end) damaged.push(segment.offset + walked.endBytes);
      return walked.entries;
    });
    images.push({
      number: row.number,
      volumeTag: row.volumeTag,
      base: chain[0]?.first ?? 0,
      end: newest.end,
      filemarks: newest.endFilemarks,
      segments: chain.map(({ index }) => index),
      entries,
    });
  }
  return { superblock, images, damaged };
}

function newestSuperblock(read: ReadBytes): Superblock | undefined {
  const copies = SUPERBLOCK.copies.map((at) => parseSuperblock(read(at, SUPERBLOCK.bytes)));
  const valid = copies.filter((copy) => copy !== undefined);
  return valid.sort((left, right) => Number(right.number - left.number))[0];
}

function readSegment(read: ReadBytes, superblock: Superblock, index: number) {
  const { identity, segmentBytes } = superblock;
  const offset = FIRST_SEGMENT_AT + index * segmentBytes;
  const header = (at: number, magic: number) => {
    const bytes = read(offset + at, SEGMENT.headerBytes);
    if (bytes.length < SEGMENT.headerBytes) return undefined;
    return parseSegmentHeader(bytes, magic, identity, offset + at);
  };
  const open = header(SEGMENT.openAt, OPEN_MAGIC);
  const seal = header(SEGMENT.sealAt, SEAL_MAGIC);
  const isSealed = seal !== undefined && (open === undefined || open.sequence === seal.sequence);
  const known = isSealed ? seal : open;
  if (known === undefined) return undefined;
  const { durable } = known;
  const { sequence, previous, image, first, filemarks } = known;
  const fixed = { index, offset, isSealed, sequence, previous, image, first, filemarks };
  if (isSealed) {
    const { end, endFilemarks, endBytes } = known;
    return { durable, segment: { ...fixed, end, endFilemarks, endBytes } };
  }
  const limits = { end: Number.MAX_SAFE_INTEGER, endFilemarks: 0, endBytes: segmentBytes };
  const { end, endFilemarks, endBytes } = walk(read, superblock, { ...fixed, ...limits }, true);
  return { durable, segment: { ...fixed, end, endFilemarks, endBytes } };
}

/** The entries of a segment as far as they are believed; `withData`: and as far as their data are. */
function walk(read: ReadBytes, superblock: Superblock, segment: Segment, withData: boolean) {
  const entries: DumpedEntry[] = [];
  let end = segment.first;
  let endFilemarks = segment.filemarks;
  let endBytes: number = SEGMENT.dataAt;
  while (endBytes + ENTRY.bytes <= segment.endBytes && end < segment.end) {
    const offset = segment.offset + endBytes;
    const entry = parseEntry(read(offset, ENTRY.bytes), superblock.identity, offset);
    const room = segment.endBytes - endBytes - ENTRY.bytes;
    if (entry === undefined || !follows(entry, segment, end, endFilemarks, room)) break;
    const dataAt = offset + ENTRY.bytes;
    if (withData && crc32c(read(dataAt, entry.dataBytes)) !== entry.dataCrc) break;
    const isFilemark = entry.kind === ENTRY.filemarks;
    const { first, dataBytes, dataCrc } = entry;
    const count = Math.min(entry.count, segment.end - first);
    const objectBytes = dataBytes / entry.count;
    entries.push({ offset, isFilemark, first, count, objectBytes, dataAt, dataBytes, dataCrc });
    end += entry.count;
    endFilemarks += isFilemark ? entry.count : 0;
    endBytes += Math.ceil((ENTRY.bytes + dataBytes) / ENTRY.bytes) * ENTRY.bytes;
  }
  return { entries, end, endFilemarks, endBytes };
}

function follows(
  entry: EntryHeader,
  segment: Segment,
  first: number,
  filemarks: number,
  room: number,
): boolean {
  const isKnown = entry.kind === ENTRY.records || entry.kind === ENTRY.filemarks;
  return (
    isKnown &&
    entry.sequence === segment.sequence &&
    entry.image === segment.image &&
    entry.first === first &&
    entry.filemarks === filemarks &&
    entry.count > 0 &&
    entry.dataBytes <= room &&
    entry.dataBytes % entry.count === 0
  );
}

/** The segments of an image, oldest first; ends are cut to what counts. */
function chainOf(row: ImageRow, all: readonly Segment[], durable: number): Segment[] {
  let candidates = all
    .filter(({ image, first }) => image === row.number && first >= row.base)
    .filter(({ sequence, first }) => sequence >= row.cutSequence || first < row.cutObject)
    .sort((left, right) => left.sequence - right.sequence);
  for (let newest = candidates.at(-1); newest !== undefined; newest = candidates.at(-1)) {
    const chain = backFrom({ ...newest }, row, candidates, durable);
    if (Array.isArray(chain)) return chain;
    candidates = candidates.filter(({ sequence }) => sequence < chain.neverFrom);
  }
  return [];
}

function backFrom(
  newest: Segment,
  row: ImageRow,
  candidates: readonly Segment[],
  durable: number,
): Segment[] | { readonly neverFrom: number } {
  if (newest.sequence < row.cutSequence && newest.end > row.cutObject) {
    newest.end = row.cutObject;
    newest.endFilemarks = row.cutFilemarks;
  }
  const chain = [newest];
  for (let at = newest; at.first !== row.base && at.previous !== 0; ) {
    const before = candidates.find(({ sequence }) => sequence === at.previous);
    if (before === undefined || before.end < at.first) {
      return at.previous <= durable ? chain : { neverFrom: at.sequence };
    }
    at = { ...before, end: at.first, endFilemarks: at.filemarks };
    chain.unshift(at);
  }
  return chain;
}
