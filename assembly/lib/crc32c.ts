/**
 * CRC32C (Castagnoli) of bytes in linear memory, four bytes at a time by four tables of 256 words: the
 * n-th is what a byte makes of the sum when n more bytes follow it in the word.
 */
const TABLES: u32 = memory.data(4096, 4) as u32;
const TABLE_BYTES: u32 = 1024;
let ready: bool = false;

function buildTables(): void {
  for (let i: u32 = 0; i < 256; i++) {
    let c = i;
    for (let k = 0; k < 8; k++) c = (c & 1) !== 0 ? (c >> 1) ^ 0x82f63b78 : c >> 1;
    store<u32>(TABLES + (i << 2), c);
  }
  for (let at: u32 = TABLE_BYTES; at < 4 * TABLE_BYTES; at += 4) {
    store<u32>(TABLES + at, withByte(load<u32>(TABLES + at - TABLE_BYTES), 0));
  }
  ready = true;
}

function withByte(c: u32, byte: u32): u32 {
  return load<u32>(TABLES + (((c ^ byte) & 0xff) << 2)) ^ (c >> 8);
}

/** The CRC of `bytes` bytes at `at`; the empty string has 0. */
export function crc32c(at: u32, bytes: u32): u32 {
  if (!ready) buildTables();
  let c: u32 = 0xffffffff;
  const end = at + bytes;
  const lastWord = at + (bytes & ~3);
  for (; at < lastWord; at += 4) {
    c ^= load<u32>(at);
    c =
      load<u32>(TABLES + 3 * TABLE_BYTES + ((c << 2) & 0x3fc)) ^
      load<u32>(TABLES + 2 * TABLE_BYTES + ((c >> 6) & 0x3fc)) ^
      load<u32>(TABLES + TABLE_BYTES + ((c >> 14) & 0x3fc)) ^
      load<u32>(TABLES + ((c >> 22) & 0x3fc));
  }
  for (; at < end; at++) c = withByte(c, load<u8>(at) as u32);
  return ~c;
}
