/** Big endian numbers as SCSI has them, at absolute addresses. */
export function get16(at: u32): u32 {
  return bswap<u16>(load<u16>(at)) as u32;
}
export function get24(at: u32): u32 {
  return ((load<u8>(at) as u32) << 16) | get16(at + 1);
}
export function get32(at: u32): u32 {
  return bswap<u32>(load<u32>(at));
}
export function get48(at: u32): u64 {
  return ((get16(at) as u64) << 32) | (get32(at + 2) as u64);
}
export function get64(at: u32): u64 {
  return bswap<u64>(load<u64>(at));
}
export function put16(at: u32, value: u32): void {
  store<u16>(at, bswap<u16>(value as u16));
}
export function put24(at: u32, value: u32): void {
  store<u8>(at, (value >> 16) as u8);
  put16(at + 1, value);
}
export function put32(at: u32, value: u32): void {
  store<u32>(at, bswap<u32>(value));
}
export function put48(at: u32, value: u64): void {
  put16(at, ((value >> 32) & 0xffff) as u32);
  put32(at + 2, value as u32);
}
export function put64(at: u32, value: u64): void {
  store<u64>(at, bswap<u64>(value));
}
/** Sign extended 24-bit number, as SPACE(6) has it. */
export function get24Signed(at: u32): i32 {
  return ((get24(at) << 8) as i32) >> 8;
}
