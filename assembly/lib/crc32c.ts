/** CRC32C (Castagnoli) of bytes in linear memory, by a table of 256 words in static memory. */
const TABLE: usize = memory.data(1024, 4);
let ready: bool = false;

function buildTable(): void {
  for (let i: u32 = 0; i < 256; i++) {
    let c = i;
    for (let k = 0; k < 8; k++) c = (c & 1) !== 0 ? (c >> 1) ^ 0x82f63b78 : c >> 1;
    store<u32>(TABLE + (i << 2), c);
  }
  ready = true;
}

/** The CRC of `bytes` bytes at `at`; the empty string has 0. */
export function crc32c(at: u32, bytes: u32): u32 {
  if (!ready) buildTable();
  let c: u32 = 0xffffffff;
  for (let i: u32 = 0; i < bytes; i++) {
    c = load<u32>(TABLE + (((c ^ load<u8>(at + i)) & 0xff) << 2)) ^ (c >> 8);
  }
  return ~c;
}
