/** Where the numbers of a ring lie, as SPEC.md says it; on purpose not shared with the core. */
import { crc32c } from "@node-rs/crc32";

export const SUPERBLOCK = { bytes: 8192, copies: [0, 32_768], magic: 0x53444e55 } as const;
export const JOURNAL_AT = 128;
export const ROWS = { at: 1152, count: 64, bytes: 80 } as const;
export const FIRST_SEGMENT_AT = 65_536;
export const SEGMENT = { openAt: 3968, sealAt: 4096, headerBytes: 128, dataAt: 8192 } as const;
export const OPEN_MAGIC = 0x4f444e55;
export const SEAL_MAGIC = 0x43444e55;
export const ENTRY = { bytes: 64, magic: 0x45444e55, records: 1, filemarks: 2 } as const;

export interface Superblock {
  readonly identity: bigint;
  readonly number: bigint;
  readonly segmentBytes: number;
  readonly segmentCount: number;
  readonly durable: number;
  readonly journal: Buffer;
  readonly rows: readonly ImageRow[];
}

export interface ImageRow {
  readonly number: number;
  readonly lastUsed: number;
  readonly volumeTag: string;
  readonly base: number;
  readonly cutObject: number;
  readonly cutFilemarks: number;
  readonly cutSequence: number;
}

export interface SegmentHeader {
  readonly sequence: number;
  readonly previous: number;
  readonly image: number;
  readonly durable: number;
  readonly first: number;
  readonly filemarks: number;
  readonly end: number;
  readonly endFilemarks: number;
  readonly endBytes: number;
}

export interface EntryHeader {
  readonly kind: number;
  readonly sequence: number;
  readonly image: number;
  readonly first: number;
  readonly filemarks: number;
  readonly count: number;
  readonly dataBytes: number;
  readonly dataCrc: number;
}

const number64 = (bytes: Buffer, at: number) => Number(bytes.readBigUInt64LE(at));

/** Magic, version and the CRC in the last four bytes are right. */
function isWhole(bytes: Buffer, magic: number): boolean {
  const crcAt = bytes.length - 4;
  return (
    bytes.readUInt32LE(0) === magic &&
    bytes.readUInt8(4) === 1 &&
    bytes.readUInt32LE(crcAt) === crc32c(bytes.subarray(0, crcAt))
  );
}

/** The superblock in these bytes, undefined when it is not valid. */
export function parseSuperblock(bytes: Buffer): Superblock | undefined {
  if (bytes.length < SUPERBLOCK.bytes || !isWhole(bytes, SUPERBLOCK.magic)) return undefined;
  const rows = Array.from({ length: ROWS.count }, (_, n) =>
    parseRow(bytes.subarray(ROWS.at + n * ROWS.bytes, ROWS.at + (n + 1) * ROWS.bytes)),
  );
  return {
    identity: bytes.readBigUInt64LE(8),
    number: bytes.readBigUInt64LE(16),
    segmentBytes: number64(bytes, 24),
    segmentCount: bytes.readUInt32LE(32),
    durable: bytes.readUInt32LE(44),
    journal: bytes.subarray(JOURNAL_AT, JOURNAL_AT + bytes.readUInt32LE(48)),
    rows: rows.filter((row) => row.number !== 0),
  };
}

function parseRow(bytes: Buffer): ImageRow {
  return {
    number: bytes.readUInt32LE(0),
    lastUsed: bytes.readUInt32LE(4),
    volumeTag: bytes.toString("latin1", 8, 40).trimEnd(),
    base: number64(bytes, 40),
    cutObject: number64(bytes, 48),
    cutFilemarks: number64(bytes, 56),
    cutSequence: bytes.readUInt32LE(64),
  };
}

/** Does the header of a segment or entry belong to this place of this ring? */
function isAtHome(bytes: Buffer, identity: bigint, offset: number): boolean {
  return bytes.readBigUInt64LE(8) === identity && number64(bytes, 16) === offset;
}

/** The segment header in these bytes, undefined when it is not valid at that ring offset. */
export function parseSegmentHeader(
  bytes: Buffer,
  magic: number,
  identity: bigint,
  offset: number,
): SegmentHeader | undefined {
  if (!isWhole(bytes, magic) || !isAtHome(bytes, identity, offset)) return undefined;
  return {
    sequence: bytes.readUInt32LE(24),
    previous: bytes.readUInt32LE(28),
    image: bytes.readUInt32LE(32),
    durable: bytes.readUInt32LE(36),
    first: number64(bytes, 40),
    filemarks: number64(bytes, 48),
    end: number64(bytes, 56),
    endFilemarks: number64(bytes, 64),
    endBytes: bytes.readUInt32LE(72),
  };
}

/** The entry header in these bytes, undefined when it is not valid at that ring offset. */
export function parseEntry(
  bytes: Buffer,
  identity: bigint,
  offset: number,
): EntryHeader | undefined {
  if (bytes.length < ENTRY.bytes || !isWhole(bytes, ENTRY.magic)) return undefined;
  if (!isAtHome(bytes, identity, offset)) return undefined;
  return {
    kind: bytes.readUInt8(5),
    sequence: bytes.readUInt32LE(24),
    image: bytes.readUInt32LE(28),
    first: number64(bytes, 32),
    filemarks: number64(bytes, 40),
    count: bytes.readUInt32LE(48),
    dataBytes: bytes.readUInt32LE(52),
    dataCrc: bytes.readUInt32LE(56),
  };
}
