/**
 * The entries of one segment, one after the other. Decides which of them are believed, as SPEC.md
 * section 4 says it; the first that is not ends the walk, and `fault` says why.
 */
import { crc32c } from "@node-rs/crc32";
import type { RingDevice } from "./device.ts";
import { ENTRY, type EntryHeader, type Fault, parseEntry, SEGMENT } from "./layout.ts";

/** So much of an entry's data is in memory at a time. */
const PIECE_BYTES = 4_194_304;

/** One entry of an image; `count` is what is left of it after a cut. */
export interface RingEntry {
  /** Ring offset of its header. */
  readonly offset: number;
  readonly isFilemark: boolean;
  readonly first: number;
  readonly count: number;
  /** Bytes of each of its records; 0 for filemarks. */
  readonly objectBytes: number;
  readonly dataAt: number;
  readonly dataBytes: number;
  readonly dataCrc: number;
}

/** What the walk must know of a segment. */
export interface WalkedSegment {
  /** Ring offset. */
  readonly offset: number;
  readonly sequence: number;
  readonly image: number;
  readonly first: number;
  /** Among the objects before `first`. */
  readonly filemarks: number;
  /** The object after its last one. */
  readonly end: number;
  /** Byte in the segment at which its last entry ends. */
  readonly endBytes: number;
}

export class SegmentWalk {
  /** The object, the filemarks before it and the byte in the segment that come next. */
  object: number;
  filemarks: number;
  bytes: number = SEGMENT.dataAt;
  /** Why it ended before the segment's end; undefined: it did not. */
  fault: Fault | undefined;
  readonly #device: RingDevice;
  readonly #identity: bigint;
  readonly #segment: WalkedSegment;

  constructor(device: RingDevice, identity: bigint, segment: WalkedSegment) {
    this.#device = device;
    this.#identity = identity;
    this.#segment = segment;
    this.object = segment.first;
    this.filemarks = segment.filemarks;
  }

  /** The entry that comes next; undefined at the end, see `fault`. */
  next(): RingEntry | undefined {
    const segment = this.#segment;
    const room = segment.endBytes - this.bytes;
    if (this.fault !== undefined || room < ENTRY.bytes || this.object >= segment.end)
      return undefined;
    const offset = segment.offset + this.bytes;
    const entry = parseEntry(this.#device.read(offset, ENTRY.bytes), this.#identity, offset);
    this.fault = typeof entry === "string" ? entry : this.#placeFault(entry, room);
    if (typeof entry === "string" || this.fault !== undefined) return undefined;
    return this.#take(entry, offset);
  }

  /** An entry that next() gave is not believed after all: the walk ends before it. */
  refuse(entry: RingEntry, filemarksBefore: number, fault: Fault): void {
    this.object = entry.first;
    this.filemarks = filemarksBefore;
    this.bytes = entry.offset - this.#segment.offset;
    this.fault = fault;
  }

  #placeFault(entry: EntryHeader, room: number): Fault | undefined {
    const { kind, count, dataBytes, first, filemarks } = entry;
    if (entry.sequence !== this.#segment.sequence) return "stale";
    if (entry.image !== this.#segment.image) return "order";
    if (first !== this.object || filemarks !== this.filemarks) return "order";
    const isRecords = kind === ENTRY.records && count > 0 && dataBytes % count === 0;
    const isFilemarks = kind === ENTRY.filemarks && count > 0 && dataBytes === 0;
    const fits = paddedBytes(dataBytes) <= room && Number.isSafeInteger(this.object + count);
    return (isRecords || isFilemarks) && fits ? undefined : "length";
  }

  #take({ kind, count, dataBytes, dataCrc }: EntryHeader, offset: number): RingEntry {
    const isFilemark = kind === ENTRY.filemarks;
    const first = this.object;
    this.object += count;
    this.filemarks += isFilemark ? count : 0;
    this.bytes += paddedBytes(dataBytes);
    return {
      offset,
      isFilemark,
      first,
      count: Math.min(count, this.#segment.end - first),
      objectBytes: dataBytes / count,
      dataAt: offset + ENTRY.bytes,
      dataBytes,
      dataCrc,
    };
  }
}

/** Bytes of an entry: header, data, zeros up to a multiple of the header's size. */
function paddedBytes(dataBytes: number): number {
  return Math.ceil((ENTRY.bytes + dataBytes) / ENTRY.bytes) * ENTRY.bytes;
}

/** What is wrong with an entry's data; undefined: they are what was written. */
export function dataFault(device: RingDevice, entry: RingEntry): Fault | undefined {
  const reading = readData(device, entry, () => undefined);
  let step = reading.next();
  while (step.done !== true) step = reading.next();
  return step.value;
}

/**
 * The same, and gives the data to `take`, piece by piece: what is wrong is known at the end only.
 * Yields bytes read so far, and `inFront` besides.
 */
export function* readData(
  device: RingDevice,
  entry: RingEntry,
  take: (piece: Buffer) => void,
  inFront = 0,
): Generator<number, Fault | undefined> {
  let crc = 0;
  for (let done = 0; done < entry.dataBytes; done += PIECE_BYTES) {
    const bytes = Math.min(PIECE_BYTES, entry.dataBytes - done);
    const piece = device.read(entry.dataAt + done, bytes);
    if (piece.length < bytes) return "unreadable";
    crc = crc32c(piece, crc);
    take(piece);
    yield inFront + done + bytes;
  }
  return crc === entry.dataCrc ? undefined : "data";
}
