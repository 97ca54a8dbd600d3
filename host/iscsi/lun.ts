/**
 * The 8-byte LUN field, first level only: peripheral device addressing (bus 0) or flat space
 * addressing. Everything else is a logical unit that this project does not have.
 */
import { get8, get16, get32, put16 } from "./bytes.ts";

/** What `getLun` gives for an address that is no single-level logical unit number. */
export const LUN_NONE = -1;

/** Highest logical unit number that can be written. */
export const LUN_MAX = 16383;

const PERIPHERAL_LUN_MAX = 255;
const METHOD_FLAT = 0x4000;
const METHOD_MASK = 0xc000;

/** Number 0 to 16383 of the LUN field at `offset`, LUN_NONE for any other form. */
export function getLun(bhs: Uint8Array, offset: number): number {
  const first = get16(bhs, offset);
  if (get16(bhs, offset + 2) !== 0 || get32(bhs, offset + 4) !== 0) {
    return LUN_NONE;
  }
  if ((first & METHOD_MASK) === METHOD_FLAT) {
    return first & LUN_MAX;
  }
  return first <= PERIPHERAL_LUN_MAX ? get8(bhs, offset + 1) : LUN_NONE;
}

/** Writes `lun` (0 to 16383): below 256 as peripheral device, else as flat space address. */
export function putLun(bhs: Uint8Array, offset: number, lun: number): void {
  put16(bhs, offset, lun <= PERIPHERAL_LUN_MAX ? lun : METHOD_FLAT | lun);
}
