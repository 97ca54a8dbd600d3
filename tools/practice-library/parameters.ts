/**
 * Small helpers for parameter data. Decides bytes only.
 */

/** ASCII, left aligned, padded with spaces to `bytes`, cut there. */
export function padded(text: string, bytes: number): Buffer {
  return Buffer.from(text.padEnd(bytes, " ").slice(0, bytes), "latin1");
}

/** Zeros followed by nothing: a buffer of `bytes` to be filled in. */
export function filled(bytes: number, fill: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(bytes);
  fill(buffer);
  return buffer;
}

/** An unsigned number, big endian in `bytes` (1 to 8) bytes. */
export function big(value: number, bytes: number): Buffer {
  const wide = Buffer.alloc(8);
  wide.writeBigUInt64BE(BigInt(Math.max(0, Math.floor(value))));
  return wide.subarray(8 - bytes);
}

/** A signed number of 3 bytes at `offset`, big endian. */
export function signed24(buffer: Buffer, offset: number): number {
  return buffer.readIntBE(offset, 3);
}

/** An unsigned number of 8 bytes at `offset`; beyond 2^53 it loses precision, never its size. */
export function unsigned64(buffer: Buffer, offset: number): number {
  return Number(buffer.readBigUInt64BE(offset));
}
