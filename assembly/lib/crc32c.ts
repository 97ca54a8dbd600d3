/**
 * CRC32C (Castagnoli) of bytes in linear memory, eight bytes at a time by eight tables of 256 words: the
 * n-th is what a byte makes of the sum when n more bytes follow it among the eight. The tables' places are
 * constant offsets of the loads: an interpreter then has nothing to add.
 */
const TABLES: u32 = memory.data(8192, 8) as u32;
const TABLE_BYTES: u32 = 1024;
const TABLES_BYTES: u32 = 8 * TABLE_BYTES;
/** The bits of a byte that is the index of a word: four times as much. */
const INDEX: u32 = 0x3fc;

for (let i: u32 = 0; i < 256; i++) {
  let c = i;
  for (let k = 0; k < 8; k++) c = (c & 1) !== 0 ? (c >> 1) ^ 0x82f63b78 : c >> 1;
  store<u32>(TABLES + (i << 2), c);
}
for (let at: u32 = TABLE_BYTES; at < TABLES_BYTES; at += 4) {
  store<u32>(TABLES + at, withByte(load<u32>(TABLES + at - TABLE_BYTES), 0));
}

function withByte(c: u32, byte: u32): u32 {
  return load<u32>(TABLES + (((c ^ byte) & 0xff) << 2)) ^ (c >> 8);
}

/** The sum of the last four of eight bytes; of four alone, mixed with the sum before them. */
function withLast(word: u32): u32 {
  return (
    load<u32>((word << 2) & INDEX, TABLES + 3 * TABLE_BYTES) ^
    load<u32>((word >> 6) & INDEX, TABLES + 2 * TABLE_BYTES) ^
    load<u32>((word >> 14) & INDEX, TABLES + TABLE_BYTES) ^
    load<u32>((word >> 22) & INDEX, TABLES)
  );
}
/** The sum of the first four of eight bytes, mixed with the sum before them. */
function withFirst(word: u32): u32 {
  return (
    load<u32>((word << 2) & INDEX, TABLES + 7 * TABLE_BYTES) ^
    load<u32>((word >> 6) & INDEX, TABLES + 6 * TABLE_BYTES) ^
    load<u32>((word >> 14) & INDEX, TABLES + 5 * TABLE_BYTES) ^
    load<u32>((word >> 22) & INDEX, TABLES + 4 * TABLE_BYTES)
  );
}

/** The CRC of `bytes` bytes at `at`; the empty string has 0. */
export function crc32c(at: u32, bytes: u32): u32 {
  return crc32cOn(0, at, bytes);
}
/** The CRC of what has `crc` and of `bytes` bytes at `at` behind it. */
export function crc32cOn(crc: u32, at: u32, bytes: u32): u32 {
  let c = ~crc;
  const end = at + bytes;
  const lastEight = at + (bytes & ~7);
  for (; at < lastEight; at += 8) c = withFirst(load<u32>(at) ^ c) ^ withLast(load<u32>(at + 4));
  if ((bytes & 4) !== 0) {
    c = withLast(load<u32>(at) ^ c);
    at += 4;
  }
  for (; at < end; at++) c = withByte(c, load<u8>(at) as u32);
  return ~c;
}
