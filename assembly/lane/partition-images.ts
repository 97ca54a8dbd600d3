/**
 * The images of the partitions that are not current. Each is bound to the cartridge by serial number and load count in
 * its row, as that of an unloaded cartridge is (medium-identity.ts): by that a start, or a later mount, knows that it is
 * what is on the tape. Decides when they are bound, and that they are unbound, on stable storage, before a
 * command that takes away what they were images of.
 */
import { ringState } from "../ring/geometry.ts";
import { imageFind, imageSerial, setImageIdentity } from "../ring/image-table.ts";
import { imageCreate } from "../ring/images.ts";
import { superChangeDurable, superChanged, superNextChange } from "../ring/superblock.ts";
import { RING_BROKEN } from "../spec/ring-layout.ts";
import { noteIdentity } from "./medium-identity.ts";
import {
  adoptLayout,
  currentPartition,
  dropPartitions,
  holdPartitions,
  PARTITION_PREFIX,
  PARTITION_TRUSTED,
  partitionCount,
  partitionFlags,
  setPartitionFlags,
  tagOf,
} from "./partition.ts";

/** The change of the superblock that has unbound them. */
let unboundBy: u32 = 0;

/** The image of another partition than the current one, -1 where there is none. */
function otherImage(partition: u32): i32 {
  return partition === currentPartition() ? -1 : imageFind(tagOf(partition));
}

/** What is trusted is what is on the cartridge in the drive. */
export function bindPartitions(): void {
  let changed = false;
  for (let p: u32 = 0; p < partitionCount(); p++) {
    const image = otherImage(p);
    const isWhole =
      (partitionFlags(p) & (PARTITION_TRUSTED | PARTITION_PREFIX)) === PARTITION_TRUSTED;
    if (image < 0 || !isWhole) continue;
    noteIdentity(image as u32);
    changed = true;
  }
  if (changed) superChanged();
}

/** A start would believe none of them; true once that is on stable storage. */
export function unbindPartitions(): bool {
  for (let p: u32 = 0; p < partitionCount(); p++) unbind(otherImage(p));
  return isUnbound();
}
/** The same of one: what is going to be written there no start may take for what was on it. */
export function unbindPartition(partition: u32): bool {
  unbind(otherImage(partition));
  return isUnbound();
}
function unbind(image: i32): void {
  if (image < 0 || imageSerial(image as u32) === 0) return;
  setImageIdentity(image as u32, 0, 0);
  unboundBy = superNextChange();
  superChanged();
}
function isUnbound(): bool {
  return ringState() === RING_BROKEN || superChangeDurable(unboundBy);
}

/** Nobody knows whether they are still what is on the cartridge. */
export function doubtPartitions(): void {
  for (let p: u32 = 0; p < partitionCount(); p++) setPartitionFlags(p, 0);
}

/** A cartridge was loaded: which images are what is on it. `isKnown` is asked of each. */
export function trustPartitions(isKnown: (image: u32) => bool): void {
  for (let p: u32 = 0; p < partitionCount(); p++) {
    const image = otherImage(p);
    if (image >= 0 && isKnown(image as u32)) setPartitionFlags(p, PARTITION_TRUSTED);
  }
  holdPartitions();
}

/** The cartridge was formatted, and nothing is on it: it is divided as the drive has said. */
export function beginPartitions(): void {
  dropPartitions();
  adoptLayout(0);
  for (let p: u32 = 1; p < partitionCount(); p++) {
    imageCreate(tagOf(p), 0, 0);
    setPartitionFlags(p, PARTITION_TRUSTED);
  }
  holdPartitions();
}
