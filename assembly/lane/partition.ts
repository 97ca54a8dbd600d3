/**
 * How the volume is divided (mode page 11h), which of its partitions is current, and what is known of the others:
 * each has an image of its own, under the volume tag with ":n" behind it (docs/adr/0047-each-partition-is-a-tape.md).
 * Keeps facts; partition-change.ts, the mount and the recovery change them. Row of a partition that is not current:
 *   0 u32 PARTITION_* flags   8 u64 warned at   16 u64 ends at   24 u64 programmed early warning at
 *  32 u64 remaining capacity, 40 u64 maximum capacity, as shown, MiB
 */
import {
  imageBase,
  imageFind,
  imageHold,
  imagesHoldNone,
  putPartitionTag,
} from "../ring/image-table.ts";
import { imageDrop } from "../ring/images.ts";
import { VOLUME_TAG_BYTES } from "../spec/abi.ts";
import {
  KEPT_LAYOUT,
  KEPT_LAYOUT_FOUND,
  KEPT_PARTITIONS,
  kept,
  PARTITION_COUNT_MAX,
  PARTITION_ROW_BYTES,
} from "./keep.ts";
import { keyOpens } from "./key.ts";
import { imageComplete, virtualTag } from "./medium.ts";

/** Bytes of mode page 11h behind its header: sizes of four partitions. */
export const LAYOUT_BYTES: u32 = 14;
/** In the layout: how many partitions may be added, and are; who chose and in which unit; the unit; sizes. */
const MAXIMUM_AT: u32 = 0;
const ADDED_AT: u32 = 1;
const FLAGS_AT: u32 = 2;
const RECOGNITION_AT: u32 = 3;
const UNITS_AT: u32 = 4;
/** PSUM, POFM, CLEAR and ADDP: not who chose. */
const FLAGS_KEPT: u32 = 0x1f;

/** The ring's image is what is on the partition; it is only the beginning of that. */
export const PARTITION_TRUSTED: u32 = 1;
export const PARTITION_PREFIX: u32 = 2;
/** The programmable early warning was told there. */
export const PARTITION_TOLD: u32 = 4;

/** Of a row, what is of an image: not the capacities. */
const FACTS_BYTES: u32 = 32;

const TAG: usize = memory.data(32, 8);

/** The one that the server stands in. */
export function currentPartition(): u32 {
  return kept.partition;
}
/** How many there are: at least 1. */
export function partitionCount(): u32 {
  return max<u32>(kept.partitionCount, 1);
}
export function isDivided(): bool {
  return kept.partitionCount > 1;
}
/** Bytes 2 to 15 of the volume's mode page 11h, LAYOUT_BYTES; zeros where the drive has no such page. */
export function layoutAt(): u32 {
  return KEPT_LAYOUT;
}
/** More than one partition can be made. */
export function isDivisible(): bool {
  return load<u8>(KEPT_LAYOUT + MAXIMUM_AT) !== 0;
}

/** What the drive says of the cartridge in it, at `at` as `layoutAt`; 0: it has no such page. */
export function foundLayout(at: u32): void {
  if (at === 0) memory.fill(KEPT_LAYOUT_FOUND, 0, LAYOUT_BYTES);
  else memory.copy(KEPT_LAYOUT_FOUND, at, LAYOUT_BYTES);
  kept.foundPartitions = countOf(KEPT_LAYOUT_FOUND);
  kept.revision += 1;
}
function countOf(layout: u32): u32 {
  return min<u32>((load<u8>(layout + ADDED_AT) as u32) + 1, PARTITION_COUNT_MAX);
}
/** How many partitions the cartridge in the drive has. */
export function foundPartitions(): u32 {
  return kept.foundPartitions;
}

/** It was divided as the volume is. */
export function isDividedAlike(): void {
  kept.foundPartitions = partitionCount();
}
/** A spare stands in for a divided volume: it is to be divided, and gets the partitions that are not current. */
export function owePartitions(): void {
  kept.partitionsOwed = isDivided();
  kept.blankVerified = false;
}
export function partitionsOwed(): bool {
  return kept.partitionsOwed;
}
/** The volume's own cartridge is back, or the spare has them. */
export function partitionsCopied(): void {
  kept.partitionsOwed = false;
}
/** It was blank when it was put in: what is on it is the volume's. */
export function setBlankVerified(): void {
  kept.blankVerified = true;
}
export function isBlankVerified(): bool {
  return kept.blankVerified;
}

/** The volume is divided as the cartridge in the drive, and `partition` is current. */
export function adoptLayout(partition: u32): void {
  takeLayout(KEPT_LAYOUT_FOUND, partition);
}
/** The same, as an earlier run has noted it at `at`: the cartridge stands in. */
export function takeLayout(at: u32, partition: u32): void {
  memory.copy(KEPT_LAYOUT, at, LAYOUT_BYTES);
  kept.partitionCount = countOf(KEPT_LAYOUT);
  kept.partition = partition < kept.partitionCount ? partition : 0;
  for (let p: u32 = 0; p < PARTITION_COUNT_MAX; p++) memory.fill(row(p), 0, FACTS_BYTES);
  kept.revision += 1;
}
// As drives of today say it without a cartridge, until one has been asked: up to three more, sizes in a unit of its own.
store<u8>(KEPT_LAYOUT_FOUND + MAXIMUM_AT, 3);
store<u8>(KEPT_LAYOUT_FOUND + FLAGS_AT, 0x1c);
store<u8>(KEPT_LAYOUT_FOUND + RECOGNITION_AT, 3);
forgetLayout();

/** No cartridge is there: what the page says of the drive stays. */
export function forgetLayout(): void {
  const flags = load<u8>(KEPT_LAYOUT_FOUND + FLAGS_AT) as u32;
  store<u8>(KEPT_LAYOUT_FOUND + ADDED_AT, 0);
  store<u8>(KEPT_LAYOUT_FOUND + FLAGS_AT, (flags & FLAGS_KEPT) as u8);
  memory.fill(KEPT_LAYOUT_FOUND + UNITS_AT, 0, LAYOUT_BYTES - UNITS_AT);
  kept.foundPartitions = 0;
  kept.partitionsOwed = false;
  kept.blankVerified = false;
  kept.selectedBytes = 0;
  adoptLayout(0);
  memory.fill(KEPT_PARTITIONS, 0, PARTITION_COUNT_MAX * PARTITION_ROW_BYTES);
  imagesHoldNone();
}

/** The volume tag of a partition's image, VOLUME_TAG_BYTES. */
export function tagOf(partition: u32): u32 {
  if (partition === 0) return virtualTag();
  memory.copy(TAG, virtualTag(), VOLUME_TAG_BYTES);
  putPartitionTag(TAG as u32, partition);
  return TAG as u32;
}
/** That of the current one. */
export function imageTag(): u32 {
  return tagOf(kept.partition);
}

function row(partition: u32): u32 {
  return KEPT_PARTITIONS + partition * PARTITION_ROW_BYTES;
}
export function partitionFlags(partition: u32): u32 {
  return load<u32>(row(partition));
}
export function setPartitionFlags(partition: u32, flags: u32): void {
  store<u32>(row(partition), flags);
  kept.revision += 1;
}
/** Where early warning begins there, three places from early-warning.ts. */
export function partitionWarnings(partition: u32): u32 {
  return row(partition) + 8;
}
/** Remaining and maximum capacity as the server may see them, MiB, of that partition; 0 where nobody has asked. */
export function shownRemaining(partition: u32): u64 {
  return load<u64>(row(partition) + 32);
}
export function shownMaximum(partition: u32): u64 {
  return load<u64>(row(partition) + 40);
}
export function setShown(partition: u32, remaining: u64, maximum: u64): void {
  store<u64>(row(partition) + 32, remaining);
  store<u64>(row(partition) + 40, maximum);
  kept.revision += 1;
}
/** Of the whole cartridge. */
export function shownRemainingOfAll(): u64 {
  let sum: u64 = 0;
  for (let p: u32 = 0; p < partitionCount(); p++) sum += shownRemaining(p);
  return sum;
}
export function shownMaximumOfAll(): u64 {
  let sum: u64 = 0;
  for (let p: u32 = 0; p < partitionCount(); p++) sum += shownMaximum(p);
  return sum;
}

/** The images of the other partitions are needed with the selected one: room is made elsewhere first. */
export function holdPartitions(): void {
  imagesHoldNone();
  for (let p: u32 = 0; p < partitionCount(); p++) {
    const image = p === kept.partition ? -1 : imageFind(tagOf(p));
    if (image >= 0) imageHold(image as u32);
  }
}
/** The images of all partitions but 0 are of a division that is no more. */
export function dropPartitions(): void {
  for (let p: u32 = 1; p < PARTITION_COUNT_MAX; p++) {
    const image = imageFind(tagOf(p));
    if (image >= 0) imageDrop(image);
  }
}

/** Of a partition that is not current: the ring has all of it, and can give it. */
function isCovered(partition: u32): bool {
  const flags = partitionFlags(partition) & (PARTITION_TRUSTED | PARTITION_PREFIX);
  if (flags !== PARTITION_TRUSTED) return false;
  const image = imageFind(tagOf(partition));
  return image >= 0 && imageBase(image) === 0 && keyOpens(image);
}
/** Every partition that is not current can be copied from the ring. */
export function othersCovered(): bool {
  for (let p: u32 = 0; p < partitionCount(); p++) {
    if (p !== kept.partition && !isCovered(p)) return false;
  }
  return true;
}
/** A copy of the whole cartridge can be made from the ring. */
export function volumeComplete(): bool {
  return imageComplete() && othersCovered();
}
