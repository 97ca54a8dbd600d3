/**
 * Where the numbers of a ring lie, as SPEC.md says it, and what can be wrong with bytes that should
 * hold them; on purpose not shared with the core. Invariant: no bytes make a parser throw, and every
 * number that it gives is exact.
 */
import { crc32c } from "@node-rs/crc32";

export const SUPERBLOCK = { bytes: 8192, copies: [0, 32_768], magic: 0x53444e55 } as const;
export const FIRST_SEGMENT_AT = 65_536;
export const SEGMENT = { openAt: 3968, sealAt: 4096, headerBytes: 128, dataAt: 8192 } as const;
export const OPEN_MAGIC = 0x4f444e55;
export const SEAL_MAGIC = 0x43444e55;
export const ENTRY = { bytes: 64, magic: 0x45444e55, records: 1, filemarks: 2 } as const;

const VERSION = 1;
const JOURNAL = { at: 128, bytesMax: 1024 } as const;
const ROWS = { at: 1152, count: 64, bytes: 80 } as const;
const SEGMENT_BYTES_MAX = 0xffff_ffff;
const SEGMENT_COUNT_MAX = 65_535;

/** Why bytes are not believed. */
export type Fault =
  | "unreadable"
  | "blank"
  | "crc"
  | "version"
  | "identity"
  | "misplaced"
  | "stale"
  | "order"
  | "length"
  | "data";

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

/** Length, magic and the CRC in the last four bytes; undefined: they are right. */
function faultOf(bytes: Buffer, byteCount: number, magic: number): Fault | undefined {
  const crcAt = byteCount - 4;
  if (bytes.length < byteCount) return "unreadable";
  if (bytes.readUInt32LE(0) !== magic) return "blank";
  return bytes.readUInt32LE(crcAt) === crc32c(bytes.subarray(0, crcAt)) ? undefined : "crc";
}

/** Does the header of a segment or entry belong to this ring, and to this place of it? */
function homeFault(bytes: Buffer, identity: bigint, offset: number): Fault | undefined {
  if (bytes.readBigUInt64LE(8) !== identity) return "identity";
  return number64(bytes, 16) === offset ? undefined : "misplaced";
}

function areExact(numbers: readonly number[]): boolean {
  return numbers.every(Number.isSafeInteger);
}

/** The superblock in these bytes, or why there is none. */
export function parseSuperblock(bytes: Buffer): Superblock | Fault {
  const fault = faultOf(bytes, SUPERBLOCK.bytes, SUPERBLOCK.magic);
  if (fault !== undefined) return fault;
  if (bytes.readUInt32LE(4) !== VERSION) return "version";
  const journalBytes = bytes.readUInt32LE(48);
  const superblock = {
    identity: bytes.readBigUInt64LE(8),
    number: bytes.readBigUInt64LE(16),
    segmentBytes: number64(bytes, 24),
    segmentCount: bytes.readUInt32LE(32),
    durable: bytes.readUInt32LE(44),
    journal: bytes.subarray(JOURNAL.at, JOURNAL.at + Math.min(journalBytes, JOURNAL.bytesMax)),
    rows: Array.from({ length: ROWS.count }, (_, n) =>
      parseRow(bytes.subarray(ROWS.at + n * ROWS.bytes, ROWS.at + (n + 1) * ROWS.bytes)),
    ).filter(({ number }) => number !== 0),
  };
  const { segmentBytes, segmentCount, rows } = superblock;
  const isSane =
    journalBytes <= JOURNAL.bytesMax &&
    segmentBytes >= 2 * SEGMENT.dataAt &&
    segmentBytes <= SEGMENT_BYTES_MAX &&
    segmentCount >= 1 &&
    segmentCount <= SEGMENT_COUNT_MAX &&
    rows.every(({ base, cutObject, cutFilemarks }) => areExact([base, cutObject, cutFilemarks]));
  return isSane ? superblock : "length";
}

function parseRow(bytes: Buffer): ImageRow {
  return {
    number: bytes.readUInt32LE(0),
    lastUsed: bytes.readUInt32LE(4),
    volumeTag: tagOf(bytes, 8),
    base: number64(bytes, 40),
    cutObject: number64(bytes, 48),
    cutFilemarks: number64(bytes, 56),
    cutSequence: bytes.readUInt32LE(64),
  };
}

/** The 32 bytes of a volume tag at `at`, without the blanks behind it, fit for a terminal. */
export function tagOf(bytes: Buffer, at: number): string {
  const text = bytes.toString("latin1", at, at + 32).replace(/[ \0]+$/, "");
  return text.replace(/[^\x20-\x7e]/g, "?");
}

/** The segment header in these bytes, or why it is not valid at that ring offset. */
export function parseSegmentHeader(
  bytes: Buffer,
  magic: number,
  identity: bigint,
  offset: number,
): SegmentHeader | Fault {
  const fault = faultOf(bytes, SEGMENT.headerBytes, magic);
  if (fault !== undefined) return fault;
  if (bytes.readUInt32LE(4) !== VERSION) return "version";
  const away = homeFault(bytes, identity, offset);
  if (away !== undefined) return away;
  const header = {
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
  const { first, filemarks, end, endFilemarks } = header;
  return areExact([first, filemarks, end, endFilemarks]) ? header : "length";
}

/** The entry header in these bytes, or why it is not valid at that ring offset. */
export function parseEntry(bytes: Buffer, identity: bigint, offset: number): EntryHeader | Fault {
  const fault = faultOf(bytes, ENTRY.bytes, ENTRY.magic);
  if (fault !== undefined) return fault;
  if (bytes.readUInt8(4) !== VERSION) return "version";
  const away = homeFault(bytes, identity, offset);
  if (away !== undefined) return away;
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
