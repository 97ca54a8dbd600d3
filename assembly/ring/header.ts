/**
 * Bytes of segment and entry headers: writes them and says what is wrong with one. Decides nothing
 * about segments or images; remembers only a CRC32C that the next header needs again. Layouts:
 * spec/ring-layout.ts.
 */
import { crc32c, crc32cOn } from "../lib/crc32c.ts";
import { VOLUME_TAG_BYTES } from "../spec/abi.ts";
import {
  BAD_CRC,
  BAD_IDENTITY,
  BAD_LENGTH,
  BAD_MAGIC,
  BAD_NONE,
  BAD_OFFSET,
  BAD_ORDER,
  BAD_SEQUENCE,
  ENTRY_ALIGN,
  ENTRY_COUNT_AT,
  ENTRY_CRC_AT,
  ENTRY_DATA_BYTES_AT,
  ENTRY_DATA_CRC_AT,
  ENTRY_ENCRYPTED,
  ENTRY_FILEMARK,
  ENTRY_FILEMARKS_AT,
  ENTRY_FIRST_AT,
  ENTRY_FLAGS_AT,
  ENTRY_HEADER_BYTES,
  ENTRY_IDENTITY_AT,
  ENTRY_IMAGE_AT,
  ENTRY_KIND_AT,
  ENTRY_MAGIC,
  ENTRY_OFFSET_AT,
  ENTRY_RECORD,
  ENTRY_SEQUENCE_AT,
  ENTRY_VERSION_AT,
  HEAD_CRC_AT,
  HEAD_DURABLE_AT,
  HEAD_FILEMARKS_AT,
  HEAD_FIRST_AT,
  HEAD_IDENTITY_AT,
  HEAD_IMAGE_AT,
  HEAD_OFFSET_AT,
  HEAD_PREVIOUS_AT,
  HEAD_SEQUENCE_AT,
  HEAD_TAG_AT,
  HEAD_VERSION_AT,
  RING_VERSION,
} from "../spec/ring-layout.ts";

/** Bytes an entry takes in its segment: header, data, padding. */
export function entryBytes(dataBytes: u32): u32 {
  return (ENTRY_HEADER_BYTES + dataBytes + ENTRY_ALIGN - 1) & ~(ENTRY_ALIGN - 1);
}

/** All entries of a kind begin alike, up to the offset: the CRC32C of the beginning that was stored last. */
let begunIdentity: u64 = 0;
let begunKind: u32 = 0;
let begunCrc: u32 = 0;

/** Ends an entry header whose other fields were stored at `at`. `kind`: also ENTRY_ENCRYPTED. */
export function putEntryHeader(
  at: u32,
  identity: u64,
  offset: u64,
  sequence: u32,
  image: u32,
  kind: u32,
): void {
  store<u32>(at, ENTRY_MAGIC);
  store<u8>(at + ENTRY_VERSION_AT, RING_VERSION as u8);
  store<u8>(at + ENTRY_KIND_AT, kind as u8);
  store<u8>(at + ENTRY_FLAGS_AT, (kind >> 8) as u8);
  store<u64>(at + ENTRY_IDENTITY_AT, identity);
  store<u64>(at + ENTRY_OFFSET_AT, offset);
  store<u32>(at + ENTRY_SEQUENCE_AT, sequence);
  store<u32>(at + ENTRY_IMAGE_AT, image);
  if (kind !== begunKind || identity !== begunIdentity) {
    begunKind = kind;
    begunIdentity = identity;
    begunCrc = crc32c(at, ENTRY_OFFSET_AT);
  }
  const rest = crc32cOn(begunCrc, at + ENTRY_OFFSET_AT, ENTRY_CRC_AT - ENTRY_OFFSET_AT);
  store<u32>(at + ENTRY_CRC_AT, rest);
}

/** BAD_NONE when an entry header at `at` belongs to this place of this ring. */
export function checkEntryPlace(at: u32, identity: u64, offset: u64, sequence: u32): u32 {
  if (load<u32>(at) !== ENTRY_MAGIC) return BAD_MAGIC;
  if (load<u32>(at + ENTRY_CRC_AT) !== crc32c(at, ENTRY_CRC_AT)) return BAD_CRC;
  if ((load<u8>(at + ENTRY_VERSION_AT) as u32) !== RING_VERSION) return BAD_IDENTITY;
  if (load<u64>(at + ENTRY_IDENTITY_AT) !== identity) return BAD_IDENTITY;
  if (load<u64>(at + ENTRY_OFFSET_AT) !== offset) return BAD_OFFSET;
  return load<u32>(at + ENTRY_SEQUENCE_AT) === sequence ? BAD_NONE : BAD_SEQUENCE;
}

/** BAD_NONE when it is the entry that must come next; `room`: bytes left in the segment. */
export function checkEntryOrder(at: u32, image: u32, first: u64, filemarks: u64, room: u32): u32 {
  if (load<u32>(at + ENTRY_IMAGE_AT) !== image) return BAD_ORDER;
  if (load<u64>(at + ENTRY_FIRST_AT) !== first) return BAD_ORDER;
  if (load<u64>(at + ENTRY_FILEMARKS_AT) !== filemarks) return BAD_ORDER;
  const kind = load<u8>(at + ENTRY_KIND_AT) as u32;
  const count = load<u32>(at + ENTRY_COUNT_AT);
  const dataBytes = load<u32>(at + ENTRY_DATA_BYTES_AT);
  if (count === 0 || dataBytes > room || entryBytes(dataBytes) > room) return BAD_LENGTH;
  if (kind === ENTRY_FILEMARK) return dataBytes === 0 ? BAD_NONE : BAD_LENGTH;
  return kind === ENTRY_RECORD && dataBytes % count === 0 ? BAD_NONE : BAD_LENGTH;
}

export function entryKind(at: u32): u32 {
  return load<u8>(at + ENTRY_KIND_AT) as u32;
}
/** The same, with ENTRY_ENCRYPTED where it is. */
export function entryForm(at: u32): u32 {
  return entryKind(at) | (((load<u8>(at + ENTRY_FLAGS_AT) as u32) << 8) & ENTRY_ENCRYPTED);
}
export function entryCount(at: u32): u32 {
  return load<u32>(at + ENTRY_COUNT_AT);
}
export function entryDataBytes(at: u32): u32 {
  return load<u32>(at + ENTRY_DATA_BYTES_AT);
}
export function entryDataCrc(at: u32): u32 {
  return load<u32>(at + ENTRY_DATA_CRC_AT);
}
/** Filemarks that the entry itself holds. */
export function entryFilemarks(at: u32): u32 {
  return entryKind(at) === ENTRY_FILEMARK ? entryCount(at) : 0;
}

/** The fields that are the same in both segment headers; then sealHeader(). */
export function putSegmentHeader(
  at: u32,
  magic: u32,
  identity: u64,
  offset: u64,
  sequence: u32,
  previous: u32,
): void {
  store<u32>(at, magic);
  store<u32>(at + HEAD_VERSION_AT, RING_VERSION);
  store<u64>(at + HEAD_IDENTITY_AT, identity);
  store<u64>(at + HEAD_OFFSET_AT, offset);
  store<u32>(at + HEAD_SEQUENCE_AT, sequence);
  store<u32>(at + HEAD_PREVIOUS_AT, previous);
}
/** Whose segment it is, from which object on. `durable`: see spec/ring-layout.ts. */
export function putSegmentImage(
  at: u32,
  image: u32,
  tagAt: u32,
  first: u64,
  filemarks: u64,
  durable: u32,
): void {
  store<u32>(at + HEAD_IMAGE_AT, image);
  memory.copy(at + HEAD_TAG_AT, tagAt, VOLUME_TAG_BYTES);
  store<u64>(at + HEAD_FIRST_AT, first);
  store<u64>(at + HEAD_FILEMARKS_AT, filemarks);
  store<u32>(at + HEAD_DURABLE_AT, durable);
}
export function putSegmentCrc(at: u32): void {
  store<u32>(at + HEAD_CRC_AT, crc32c(at, HEAD_CRC_AT));
}

/** BAD_NONE when the segment header at `at` is whole and belongs to this place of this ring. */
export function checkSegmentHeader(at: u32, magic: u32, identity: u64, offset: u64): u32 {
  if (load<u32>(at) !== magic) return BAD_MAGIC;
  if (load<u32>(at + HEAD_CRC_AT) !== crc32c(at, HEAD_CRC_AT)) return BAD_CRC;
  if (load<u32>(at + HEAD_VERSION_AT) !== RING_VERSION) return BAD_IDENTITY;
  if (load<u64>(at + HEAD_IDENTITY_AT) !== identity) return BAD_IDENTITY;
  return load<u64>(at + HEAD_OFFSET_AT) === offset ? BAD_NONE : BAD_OFFSET;
}
