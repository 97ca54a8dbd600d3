/**
 * Big-endian integers in a byte array. Decides nothing; offsets are the caller's. Reading past the
 * end gives zeros, so that a decoder never throws whatever it is given.
 */

/** One byte at `offset`, 0 to 255. */
export function get8(bytes: Uint8Array, offset: number): number {
  return bytes[offset] ?? 0;
}

/** Two bytes at `offset`, 0 to 65535. */
export function get16(bytes: Uint8Array, offset: number): number {
  return (get8(bytes, offset) << 8) | get8(bytes, offset + 1);
}

/** Three bytes at `offset`, 0 to 2^24-1. */
export function get24(bytes: Uint8Array, offset: number): number {
  return (get16(bytes, offset) << 8) | get8(bytes, offset + 2);
}

/** Four bytes at `offset`, 0 to 2^32-1. */
export function get32(bytes: Uint8Array, offset: number): number {
  return ((get16(bytes, offset) << 16) | get16(bytes, offset + 2)) >>> 0;
}

/** Stores the low 16 bits of `value`. */
export function put16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8;
  bytes[offset + 1] = value;
}

/** Stores the low 24 bits of `value`. */
export function put24(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 16;
  put16(bytes, offset + 1, value);
}

/** Stores the low 32 bits of `value`. */
export function put32(bytes: Uint8Array, offset: number, value: number): void {
  put16(bytes, offset, value >>> 16);
  put16(bytes, offset + 2, value);
}
