/** The initiator session identifier: bytes 8 to 13 of the login PDUs, written as 12 hex digits. */

const ISID_OFFSET = 8;
const ISID_BYTES = 6;

/** 12 lower-case hexadecimal digits. */
export function getIsid(bhs: Uint8Array): string {
  return Buffer.from(bhs.subarray(ISID_OFFSET, ISID_OFFSET + ISID_BYTES)).toString("hex");
}

/** Writes 12 hexadecimal digits; what is no such digit ends the value (rest zero). */
export function putIsid(bhs: Uint8Array, isid: string): void {
  bhs.set(Buffer.from(isid, "hex").subarray(0, ISID_BYTES), ISID_OFFSET);
}
