/**
 * Mode page 11h, Medium Partition: how the mounted cartridge is divided, and, by MODE SELECT, how the next FORMAT MEDIUM
 * shall divide it (docs/adr/0047-each-partition-is-a-tape.md). Decides what a selection may say; whether its sizes fit
 * the cartridge says the drive, when it is formatted. Fields: Linux st and LTFS, which set them, and the LTO manual
 * of HP.
 *   2 maximum of additional partitions   3 additional partitions   4 FDP, SDP, IDP, PSUM, POFM, CLEAR, ADDP
 *   5 recognition   6 units (10^n bytes, PSUM 3)   8 u16 sizes; FFFFh: what is left
 */
import { KEPT_SELECTED, kept } from "../lane/keep.ts";
import { LAYOUT_BYTES, layoutAt, partitionCount } from "../lane/partition.ts";
import { get16 } from "../lib/bytes.ts";
import { pageBytes } from "./mode-table.ts";

/** With its header and the sizes of four partitions. */
export const PARTITION_PAGE_BYTES: u32 = 16;
/** Without any size. */
const FIXED_BYTES: u32 = 8;
const ADDED_AT: u32 = 3;
const FLAGS_AT: u32 = 4;
const UNITS_AT: u32 = 6;
/** FDP, SDP, IDP: exactly one says who chooses. */
const FIXED: u32 = 0x80;
const SELECTED: u32 = 0x40;
const INITIATOR_DEFINED: u32 = 0x20;
const WAYS: u32 = 0xe0;
/** CLEAR and ADDP: partitions that are there would stay. */
const KEEPS_SOME: u32 = 0x03;
const UNITS_MASK: u32 = 0x0f;
const REST: u32 = 0xffff;

/** The page as the cartridge is. */
export function putPartitionPage(to: u32): void {
  memory.copy(to + 2, layoutAt(), LAYOUT_BYTES);
}

/** It has sizes of one to four partitions, or none. */
export function isPartitionPageLength(bytes: u32): bool {
  return bytes >= FIXED_BYTES && bytes <= PARTITION_PAGE_BYTES && bytes % 2 === 0;
}

/** The first fault of what can be changed in a page of a parameter list: its place, or 0. */
export function partitionPageFault(at: u32): u32 {
  const added = load<u8>(at + ADDED_AT) as u32;
  const flags = load<u8>(at + FLAGS_AT) as u32;
  const way = flags & WAYS;
  if (added > (load<u8>(layoutAt()) as u32)) return ADDED_AT;
  if ((flags & KEEPS_SOME) !== 0) return FLAGS_AT;
  // A page as it was read selects nothing, or one partition.
  if (way === 0) return added === 0 || added === partitionCount() - 1 ? 0 : FLAGS_AT;
  if (way !== FIXED && way !== SELECTED && way !== INITIATOR_DEFINED) return FLAGS_AT;
  return way === INITIATOR_DEFINED ? sizesFault(at, added + 1) : 0;
}
function sizesFault(at: u32, count: u32): u32 {
  if (pageBytes(at) < FIXED_BYTES + 2 * count) return 1;
  let rests: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    if (get16(at + FIXED_BYTES + 2 * i) !== REST) continue;
    rests += 1;
    if (rests > 1) return FIXED_BYTES + 2 * i;
  }
  return 0;
}

/** The selection is for the next FORMAT MEDIUM. */
export function takePartitionPage(from: u32): void {
  const selects =
    ((load<u8>(from + FLAGS_AT) as u32) & WAYS) !== 0 || load<u8>(from + ADDED_AT) === 0;
  kept.selectedBytes = selects ? pageBytes(from) : 0;
  memory.copy(KEPT_SELECTED, from, kept.selectedBytes);
  kept.revision += 1;
}
/** Bytes of the page that was selected, at KEPT_SELECTED; 0: none was. */
export function selectedPageBytes(): u32 {
  return kept.selectedBytes;
}
export function forgetSelectedPage(): void {
  kept.selectedBytes = 0;
}
/** How the volume is divided, as a page that divides another cartridge alike; `to`: PARTITION_PAGE_BYTES. */
export function putDivision(to: u32, count: u32): void {
  memory.copy(to + 2, layoutAt(), LAYOUT_BYTES);
  const flags = (load<u8>(to + FLAGS_AT) as u32) & ~(WAYS | KEEPS_SOME);
  store<u8>(to + FLAGS_AT, (flags | INITIATOR_DEFINED) as u8);
  store<u8>(to + UNITS_AT, ((load<u8>(to + UNITS_AT) as u32) & UNITS_MASK) as u8);
  let largest: u32 = 0;
  for (let i: u32 = 1; i < count; i++) {
    if (sizeOf(to, i) > sizeOf(to, largest)) largest = i;
  }
  // Sizes are rounded: the largest takes what is left.
  store<u16>(to + FIXED_BYTES + 2 * largest, REST as u16);
}
function sizeOf(page: u32, partition: u32): u32 {
  return get16(page + FIXED_BYTES + 2 * partition);
}
