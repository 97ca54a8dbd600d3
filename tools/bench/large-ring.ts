/**
 * A cache device that holds the image of a whole cartridge without holding its data: every byte
 * follows from its place (SPEC.md has the format). Decides what it looks like after a crash at the
 * worst moment: the newest segment is full, the one before it waits for stable storage, and the seal
 * of the one before that was not there yet. What is written to it is kept, so that it opens again.
 */

import { crc32c } from "@node-rs/crc32";
import {
  ENTRY_COUNT_AT,
  ENTRY_DATA_BYTES_AT,
  ENTRY_DATA_CRC_AT,
  ENTRY_FIRST_AT,
  ENTRY_HEADER_BYTES,
  ENTRY_IDENTITY_AT,
  ENTRY_IMAGE_AT,
  ENTRY_KIND_AT,
  ENTRY_MAGIC,
  ENTRY_OFFSET_AT,
  ENTRY_RECORD,
  ENTRY_SEQUENCE_AT,
  ENTRY_VERSION_AT,
  HEAD_DURABLE_AT,
  HEAD_END_AT,
  HEAD_END_BYTES_AT,
  HEAD_FIRST_AT,
  HEAD_IDENTITY_AT,
  HEAD_IMAGE_AT,
  HEAD_OFFSET_AT,
  HEAD_PREVIOUS_AT,
  HEAD_SEQUENCE_AT,
  HEAD_TAG_AT,
  HEAD_VERSION_AT,
  OPEN_HEADER_AT,
  OPEN_MAGIC,
  RING_HEAD_BYTES,
  RING_VERSION,
  ROW_NUMBER_AT,
  ROW_TAG_AT,
  SEAL_HEADER_AT,
  SEAL_MAGIC,
  SEGMENT_BYTES_MIN,
  SEGMENT_COUNT_MAX,
  SEGMENT_DATA_AT,
  SEGMENT_HEADER_BYTES,
  SUPER_IDENTITY_AT,
  SUPER_IMAGES_AT,
  SUPER_MAGIC,
  SUPER_NEXT_IMAGE_AT,
  SUPER_NEXT_SEQUENCE_AT,
  SUPER_NUMBER_AT,
  SUPER_SEGMENT_BYTES_AT,
  SUPER_SEGMENT_COUNT_AT,
  SUPER_VERSION_AT,
  SUPERBLOCK_BYTES,
} from "../../assembly/spec/ring-layout.ts";
import type { CacheDevice } from "../../host/cache/cache-device.ts";

const IDENTITY = 0x0018_7b5en;
const IMAGE = 1;
const FIRST_SEQUENCE = 1;
/** Segments of the image whose seal the crash took. */
const UNSEALED_COUNT = 3;
const VOLUME_TAG = "UND001L9".padEnd(32);

/** Fills the bytes with zeros, as a device would: at once or later; `errno` 0 is success. */
export type ZeroFill = (into: Uint8Array, done: (errno: number) => void) => void;

/** At once. */
export const fillAtOnce: ZeroFill = (into, done) => {
  into.fill(0);
  done(0);
};

interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The ring of one image of `imageBytes` bytes in records of `recordBytes`. */
export class LargeRing implements CacheDevice {
  readonly sizeBytes: number;
  readonly segmentBytes: number;
  readonly segmentCount: number;
  /** Records in the image, and in each of its segments (the last one is filled up). */
  readonly recordCount: number;
  readonly recordsPerSegment: number;
  /** Records in segments without a seal: what an opening has to read. */
  readonly unsealedRecordCount: number;
  readonly #recordBytes: number;
  readonly #entryBytes: number;
  readonly #dataCrc: number;
  readonly #fill: ZeroFill;
  readonly #written: Piece[] = [];
  reads = 0;
  readBytes = 0;

  constructor(imageBytes: number, recordBytes: number, fill: ZeroFill) {
    this.#fill = fill;
    this.#recordBytes = recordBytes;
    this.#entryBytes = Math.ceil((ENTRY_HEADER_BYTES + recordBytes) / 64) * 64;
    this.#dataCrc = crc32c(Buffer.alloc(recordBytes));
    let segmentBytes: number = SEGMENT_BYTES_MIN;
    const perSegment = () => Math.floor((segmentBytes - SEGMENT_DATA_AT) / this.#entryBytes);
    const segments = () => Math.ceil(imageBytes / recordBytes / perSegment());
    while (segments() > SEGMENT_COUNT_MAX) {
      segmentBytes *= 2;
    }
    this.segmentBytes = segmentBytes;
    this.segmentCount = segments();
    this.recordsPerSegment = perSegment();
    this.recordCount = this.segmentCount * this.recordsPerSegment;
    this.unsealedRecordCount = UNSEALED_COUNT * this.recordsPerSegment;
    this.sizeBytes = RING_HEAD_BYTES + this.segmentCount * segmentBytes;
  }

  read(offset: number, into: Uint8Array, done: (errno: number, bytes: number) => void): void {
    this.reads += 1;
    this.readBytes += into.length;
    this.#fill(into, (errno) => {
      for (const piece of [...this.#piecesAt(offset, into.length), ...this.#written]) {
        lay(piece, offset, into);
      }
      done(errno, errno === 0 ? into.length : 0);
    });
  }

  write(offset: number, parts: readonly Uint8Array[], done: (errno: number) => void): void {
    this.#written.push({ offset, bytes: Buffer.concat(parts) });
    done(0);
  }

  flush(done: (errno: number) => void): void {
    done(0);
  }

  close(): void {
    this.#written.length = 0;
  }

  /** What is not zero between `offset` and `offset + bytes`, perhaps reaching beyond. */
  #piecesAt(offset: number, bytes: number): Piece[] {
    if (offset < RING_HEAD_BYTES) {
      return [{ offset: 0, bytes: this.#superblock() }];
    }
    const segment = Math.floor((offset - RING_HEAD_BYTES) / this.segmentBytes);
    const start = RING_HEAD_BYTES + segment * this.segmentBytes;
    const from = offset - start;
    if (from < SEGMENT_DATA_AT) {
      const open = { offset: start + OPEN_HEADER_AT, bytes: this.#openHeader(segment) };
      const isSealed = segment < this.segmentCount - UNSEALED_COUNT;
      const seal = { offset: start + SEAL_HEADER_AT, bytes: this.#seal(segment) };
      return isSealed ? [open, seal] : [open];
    }
    const pieces: Piece[] = [];
    const firstEntry = Math.floor((from - SEGMENT_DATA_AT) / this.#entryBytes);
    for (let entry = firstEntry; entry < this.recordsPerSegment; entry += 1) {
      const at = start + SEGMENT_DATA_AT + entry * this.#entryBytes;
      if (at >= offset + bytes) {
        break;
      }
      if (at + ENTRY_HEADER_BYTES > offset) {
        pieces.push({ offset: at, bytes: this.#entry(segment, entry, at) });
      }
    }
    return pieces;
  }

  #superblock(): Uint8Array {
    const bytes = Buffer.alloc(SUPERBLOCK_BYTES);
    bytes.writeUInt32LE(SUPER_MAGIC, 0);
    bytes.writeUInt32LE(RING_VERSION, SUPER_VERSION_AT);
    bytes.writeBigUInt64LE(IDENTITY, SUPER_IDENTITY_AT);
    bytes.writeBigUInt64LE(1n, SUPER_NUMBER_AT);
    bytes.writeBigUInt64LE(BigInt(this.segmentBytes), SUPER_SEGMENT_BYTES_AT);
    bytes.writeUInt32LE(this.segmentCount, SUPER_SEGMENT_COUNT_AT);
    bytes.writeUInt32LE(IMAGE + 1, SUPER_NEXT_IMAGE_AT);
    bytes.writeUInt32LE(FIRST_SEQUENCE, SUPER_NEXT_SEQUENCE_AT);
    bytes.writeUInt32LE(IMAGE, SUPER_IMAGES_AT + ROW_NUMBER_AT);
    bytes.write(VOLUME_TAG, SUPER_IMAGES_AT + ROW_TAG_AT, "latin1");
    return sealed(bytes);
  }

  #openHeader(segment: number): Buffer {
    const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
    const sequence = FIRST_SEQUENCE + segment;
    const start = RING_HEAD_BYTES + segment * this.segmentBytes;
    bytes.writeUInt32LE(OPEN_MAGIC, 0);
    bytes.writeUInt32LE(RING_VERSION, HEAD_VERSION_AT);
    bytes.writeBigUInt64LE(IDENTITY, HEAD_IDENTITY_AT);
    bytes.writeBigUInt64LE(BigInt(start + OPEN_HEADER_AT), HEAD_OFFSET_AT);
    bytes.writeUInt32LE(sequence, HEAD_SEQUENCE_AT);
    bytes.writeUInt32LE(segment === 0 ? 0 : sequence - 1, HEAD_PREVIOUS_AT);
    bytes.writeUInt32LE(IMAGE, HEAD_IMAGE_AT);
    bytes.writeUInt32LE(Math.max(0, sequence - UNSEALED_COUNT), HEAD_DURABLE_AT);
    bytes.writeBigUInt64LE(BigInt(segment * this.recordsPerSegment), HEAD_FIRST_AT);
    bytes.write(VOLUME_TAG, HEAD_TAG_AT, "latin1");
    return sealed(bytes);
  }

  #seal(segment: number): Uint8Array {
    const bytes = this.#openHeader(segment);
    const start = RING_HEAD_BYTES + segment * this.segmentBytes;
    bytes.writeUInt32LE(SEAL_MAGIC, 0);
    bytes.writeBigUInt64LE(BigInt(start + SEAL_HEADER_AT), HEAD_OFFSET_AT);
    bytes.writeBigUInt64LE(BigInt((segment + 1) * this.recordsPerSegment), HEAD_END_AT);
    const endBytes = SEGMENT_DATA_AT + this.recordsPerSegment * this.#entryBytes;
    bytes.writeUInt32LE(endBytes, HEAD_END_BYTES_AT);
    return sealed(bytes);
  }

  #entry(segment: number, entry: number, at: number): Uint8Array {
    const bytes = Buffer.alloc(ENTRY_HEADER_BYTES);
    bytes.writeUInt32LE(ENTRY_MAGIC, 0);
    bytes.writeUInt8(RING_VERSION, ENTRY_VERSION_AT);
    bytes.writeUInt8(ENTRY_RECORD, ENTRY_KIND_AT);
    bytes.writeBigUInt64LE(IDENTITY, ENTRY_IDENTITY_AT);
    bytes.writeBigUInt64LE(BigInt(at), ENTRY_OFFSET_AT);
    bytes.writeUInt32LE(FIRST_SEQUENCE + segment, ENTRY_SEQUENCE_AT);
    bytes.writeUInt32LE(IMAGE, ENTRY_IMAGE_AT);
    bytes.writeBigUInt64LE(BigInt(segment * this.recordsPerSegment + entry), ENTRY_FIRST_AT);
    bytes.writeUInt32LE(1, ENTRY_COUNT_AT);
    bytes.writeUInt32LE(this.#recordBytes, ENTRY_DATA_BYTES_AT);
    bytes.writeUInt32LE(this.#dataCrc, ENTRY_DATA_CRC_AT);
    return sealed(bytes);
  }
}

/** Puts the CRC into the last four bytes. */
function sealed(bytes: Buffer): Buffer {
  const crcAt = bytes.length - 4;
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, crcAt)), crcAt);
  return bytes;
}

/** Lays what of the piece falls into `into`, which begins at `offset`. */
function lay(piece: Piece, offset: number, into: Uint8Array): void {
  const skip = Math.max(0, offset - piece.offset);
  const at = Math.max(0, piece.offset - offset);
  if (skip < piece.bytes.length && at < into.length) {
    const count = Math.min(piece.bytes.length - skip, into.length - at);
    into.set(piece.bytes.subarray(skip, skip + count), at);
  }
}
