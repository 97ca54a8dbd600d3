/**
 * A reader of rings, written from SPEC.md sections 1 to 6 alone. It shares no code with the core, the
 * host or the tools, not even the CRC, so that a mistake in one of them cannot be in here too: slow,
 * plain, in the order of the document. What it cannot say, SPEC.md does not say.
 */

/** An object as the ring has it. */
export type SpecObject =
  | { readonly kind: "filemark" }
  | { readonly kind: "record"; readonly data: Buffer };

export interface SpecImage {
  readonly number: number;
  readonly volumeTag: string;
  readonly base: bigint;
  readonly end: bigint;
  readonly filemarks: bigint;
  /** Objects from base on; undefined where the ring cannot give one. */
  readonly objects: readonly (SpecObject | undefined)[];
}

interface Row {
  number: number;
  tag: string;
  base: bigint;
  cutObject: bigint;
  cutFilemarks: bigint;
  cutSequence: number;
}

interface Entry {
  kind: number;
  first: bigint;
  count: number;
  filemarks: bigint;
  data: Buffer;
  dataIsRight: boolean;
  bytes: number;
}

interface Segment {
  start: number;
  sequence: number;
  previous: number;
  image: number;
  first: bigint;
  filemarks: bigint;
  end: bigint;
  endFilemarks: bigint;
  endBytes: number;
}

// "CRC means CRC32C (Castagnoli, reflected, start and final XOR FFFFFFFFh)".
const CRC_TABLE = Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

export function specCrc(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffff_ffff) >>> 0;
}

/** The images of the ring in these bytes, by their rows; undefined: "there is no ring". */
export function specRead(ring: Buffer): SpecImage[] | undefined {
  const reader = SpecReader.open(ring);
  return reader?.images();
}

class SpecReader {
  readonly ring: Buffer;
  readonly superblock: Buffer;
  readonly identity: bigint;
  readonly segments: Segment[] = [];
  durable: number;

  /** Section 2: of two valid copies the one with the greater write number counts. */
  static open(ring: Buffer): SpecReader | undefined {
    const copies = [0, 32_768]
      .map((at) => ring.subarray(at, at + 8192))
      .filter((copy) => copy.length === 8192)
      .filter((copy) => copy.readUInt32LE(0) === 0x53444e55 && copy.readUInt32LE(4) === 1)
      .filter((copy) => copy.readUInt32LE(8188) === specCrc(copy.subarray(0, 8188)));
    const [one, other] = copies;
    if (one === undefined) return undefined;
    const isOther = other !== undefined && other.readBigUInt64LE(16) > one.readBigUInt64LE(16);
    return new SpecReader(ring, isOther ? other : one);
  }

  constructor(ring: Buffer, superblock: Buffer) {
    this.ring = ring;
    this.superblock = superblock;
    this.identity = superblock.readBigUInt64LE(8);
    this.durable = superblock.readUInt32LE(44);
    const segmentBytes = Number(superblock.readBigUInt64LE(24));
    for (let n = 0; n < superblock.readUInt32LE(32); n++) {
      this.takeSegment(65_536 + n * segmentBytes, segmentBytes);
    }
  }

  /** Section 3: a header is valid when magic, CRC, version, ring identity and own ring offset are right. */
  header(at: number, magic: number): Buffer | undefined {
    const bytes = this.ring.subarray(at, at + 128);
    const isValid =
      bytes.length === 128 &&
      bytes.readUInt32LE(0) === magic &&
      bytes.readUInt32LE(124) === specCrc(bytes.subarray(0, 124)) &&
      bytes.readUInt32LE(4) === 1 &&
      bytes.readBigUInt64LE(8) === this.identity &&
      bytes.readBigUInt64LE(16) === BigInt(at);
    return isValid ? bytes : undefined;
  }

  takeSegment(start: number, segmentBytes: number): void {
    const open = this.header(start + 3968, 0x4f444e55);
    const seal = this.header(start + 4096, 0x43444e55);
    for (const header of [open, seal]) this.isDurable(header?.readUInt32LE(36) ?? 0);
    const endBytes = seal?.readUInt32LE(72) ?? segmentBytes;
    if (endBytes < 8192 || endBytes > segmentBytes) return;
    const isSealed =
      seal !== undefined && (open === undefined || open.readUInt32LE(24) === seal.readUInt32LE(24));
    const header = isSealed ? seal : open;
    if (header === undefined) return;
    const segment: Segment = {
      start,
      sequence: header.readUInt32LE(24),
      previous: header.readUInt32LE(28),
      image: header.readUInt32LE(32),
      first: header.readBigUInt64LE(40),
      filemarks: header.readBigUInt64LE(48),
      end: header.readBigUInt64LE(56),
      endFilemarks: header.readBigUInt64LE(64),
      endBytes: header.readUInt32LE(72),
    };
    if (isSealed) this.isDurable(segment.sequence);
    else this.findEnd(segment, segmentBytes);
    this.segments.push(segment);
  }

  isDurable(sequence: number): void {
    this.durable = Math.max(this.durable, sequence);
  }

  /** Section 5: not sealed, up to the first entry that is not believed, data CRC included. */
  findEnd(segment: Segment, segmentBytes: number): void {
    segment.end = segment.first;
    segment.endFilemarks = segment.filemarks;
    segment.endBytes = 8192;
    for (;;) {
      const entry = this.entry(segment, segment.endBytes, segmentBytes);
      if (entry?.first !== segment.end || entry.filemarks !== segment.endFilemarks) return;
      if (!entry.dataIsRight) return;
      segment.end += BigInt(entry.count);
      if (entry.kind === 2) segment.endFilemarks += BigInt(entry.count);
      segment.endBytes += entry.bytes;
    }
  }

  /** Section 4, but for first and filemarks: those are the caller's. */
  entry(segment: Segment, byte: number, limit: number): Entry | undefined {
    const at = segment.start + byte;
    const header = this.ring.subarray(at, at + 64);
    if (byte + 64 > limit || header.length < 64) return undefined;
    const kind = header.readUInt8(5);
    const count = header.readUInt32LE(48);
    const dataBytes = header.readUInt32LE(52);
    const bytes = Math.ceil((64 + dataBytes) / 64) * 64;
    const isBelieved =
      header.readUInt32LE(0) === 0x45444e55 &&
      header.readUInt32LE(60) === specCrc(header.subarray(0, 60)) &&
      header.readUInt8(4) === 1 &&
      header.readBigUInt64LE(8) === this.identity &&
      header.readBigUInt64LE(16) === BigInt(at) &&
      header.readUInt32LE(24) === segment.sequence &&
      header.readUInt32LE(28) === segment.image &&
      byte + bytes <= limit &&
      count >= 1 &&
      (kind === 2 ? dataBytes === 0 : kind === 1 && dataBytes % count === 0);
    if (!isBelieved) return undefined;
    const data = this.ring.subarray(at + 64, at + 64 + dataBytes);
    const dataIsRight = kind === 2 || specCrc(data) === header.readUInt32LE(56);
    const first = header.readBigUInt64LE(32);
    return { kind, first, count, filemarks: header.readBigUInt64LE(40), data, dataIsRight, bytes };
  }

  images(): SpecImage[] {
    const found: SpecImage[] = [];
    for (let n = 0; n < 64; n++) {
      const bytes = this.superblock.subarray(1152 + n * 80, 1152 + (n + 1) * 80);
      const row = {
        number: bytes.readUInt32LE(0),
        tag: bytes.toString("latin1", 8, 40).trimEnd(),
        base: bytes.readBigUInt64LE(40),
        cutObject: bytes.readBigUInt64LE(48),
        cutFilemarks: bytes.readBigUInt64LE(56),
        cutSequence: bytes.readUInt32LE(64),
      };
      const chain = row.number === 0 ? [] : this.chain(row);
      const [oldest, newest] = [chain[0], chain.at(-1)];
      if (oldest === undefined || newest === undefined) continue;
      found.push({
        number: row.number,
        volumeTag: row.tag,
        base: oldest.first,
        end: newest.end,
        filemarks: newest.endFilemarks,
        objects: chain.flatMap((segment) => this.objects(segment)),
      });
    }
    return found;
  }

  /** Section 6, steps 1 to 4; oldest segment first. */
  chain(row: Row): Segment[] {
    let candidates = this.segments.filter(
      ({ image, first, sequence }) =>
        image === row.number &&
        first >= row.base &&
        !(sequence < row.cutSequence && first >= row.cutObject),
    );
    for (;;) {
      const greatest = Math.max(...candidates.map(({ sequence }) => sequence));
      const newest = candidates.find(({ sequence }) => sequence === greatest);
      if (newest === undefined) return [];
      const chain = [{ ...newest }];
      const last = chain[0];
      if (last !== undefined && last.sequence < row.cutSequence && last.end > row.cutObject) {
        last.end = row.cutObject;
        last.endFilemarks = row.cutFilemarks;
      }
      const struckFrom = this.goBack(chain, candidates, row);
      if (struckFrom === undefined) return chain;
      candidates = candidates.filter(({ sequence }) => sequence < struckFrom);
    }
  }

  /** Puts what comes before in front of the chain; the sequence number from which all is struck out. */
  goBack(chain: Segment[], candidates: readonly Segment[], row: Row): number | undefined {
    for (;;) {
      const [at] = chain;
      if (at === undefined || at.first === row.base || at.previous === 0) return undefined;
      const before = candidates.find(({ sequence }) => sequence === at.previous);
      if (before === undefined || before.end < at.first) {
        return at.previous <= this.durable ? undefined : at.sequence;
      }
      chain.unshift({ ...before, end: at.first, endFilemarks: at.filemarks });
    }
  }

  /** What the segment gives of its objects, first to end. */
  objects(segment: Segment): (SpecObject | undefined)[] {
    const objects: (SpecObject | undefined)[] = [];
    const total = Number(segment.end - segment.first);
    let filemarks = segment.filemarks;
    for (let byte = 8192; objects.length < total; ) {
      const entry = this.entry(segment, byte, segment.endBytes);
      const isNext = entry?.first === segment.first + BigInt(objects.length);
      if (entry === undefined || !isNext || entry.filemarks !== filemarks) break;
      const each = entry.data.length / entry.count;
      for (let n = 0; n < entry.count && objects.length < total; n++) {
        if (entry.kind === 2) objects.push({ kind: "filemark" });
        else if (!entry.dataIsRight) objects.push(undefined);
        else objects.push({ kind: "record", data: entry.data.subarray(n * each, (n + 1) * each) });
      }
      if (entry.kind === 2) filemarks += BigInt(entry.count);
      byte += entry.bytes;
    }
    while (objects.length < total) objects.push(undefined);
    return objects;
  }
}
