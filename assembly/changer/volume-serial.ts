/**
 * The serial number of a volume's own cartridge (medium auxiliary memory 0401h), as long as another one stands in
 * for it: a lane says it when it has a spare moved in, and hears it at each mount. Decides which of them still
 * mean something. More than ROW_COUNT_MAX at once: the rest are not known.
 *
 *   0 u32 cartridge that stands in, + 1; 0: the row is free   4 serial number (VOLUME_TAG_BYTES)
 */
import { keepBytes } from "../lib/keep.ts";
import { VOLUME_TAG_BYTES } from "../spec/abi.ts";
import { cartridgeKind, cartridgeStandsIn, KIND_FREE, KIND_PENDING } from "./cartridge-table.ts";

const ROW_COUNT_MAX: u32 = 64;
const ROW_BYTES: u32 = 36;
const ROWS: usize = memory.data(2304, 4);
const NO_ROW: u32 = 0;

function rowAt(index: u32): u32 {
  return (ROWS as u32) + index * ROW_BYTES;
}
function isOf(row: u32, cartridge: u32): bool {
  return load<u32>(row) === cartridge + 1;
}
/** It stands for another one, or is about to. */
function isMeant(cartridge: u32): bool {
  const kind = cartridgeKind(cartridge);
  return kind === KIND_PENDING || (kind !== KIND_FREE && cartridgeStandsIn(cartridge));
}
function rowOf(cartridge: u32): u32 {
  for (let i: u32 = 0; i < ROW_COUNT_MAX; i++) if (isOf(rowAt(i), cartridge)) return rowAt(i);
  return NO_ROW;
}
function freeRow(): u32 {
  for (let i: u32 = 0; i < ROW_COUNT_MAX; i++) {
    const used = load<u32>(rowAt(i));
    if (used === 0 || !isMeant(used - 1)) return rowAt(i);
  }
  return NO_ROW;
}

/** Address of the serial number of the volume that it stands in for; 0: it does not, or that is not known. */
export function volumeSerial(cartridge: u32): u32 {
  const row = rowOf(cartridge);
  return row === NO_ROW || !isMeant(cartridge) ? 0 : row + 4;
}
/** It stands in for a volume with the serial number at `from`; 0: that is not known. */
export function setVolumeSerial(cartridge: u32, from: u32): void {
  const known = rowOf(cartridge);
  const row = known === NO_ROW ? freeRow() : known;
  if (row === NO_ROW) return;
  store<u32>(row, from === 0 ? 0 : cartridge + 1);
  if (from !== 0) memory.copy(row + 4, from, VOLUME_TAG_BYTES);
}
/** What outlives a trap (keep.ts). */
export function keepVolumeSerials(): void {
  keepBytes(ROWS as u32, ROW_COUNT_MAX * ROW_BYTES);
}
