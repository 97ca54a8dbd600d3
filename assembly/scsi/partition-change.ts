/**
 * Another partition becomes current. Before that everything of the one that is left is on the tape, the ring has it on
 * stable storage, and no start would believe the image of the other one. Decides when, and what is kept of the partition
 * that is left; what the server wants there is the command's. The drive follows when it is next needed.
 */
import { copyForget } from "../lane/copy.ts";
import { deviceIdle, loseDrivePosition } from "../lane/device.ts";
import { warningsIn, warningsOut } from "../lane/early-warning.ts";
import { feederDrained } from "../lane/feeder.ts";
import { journalMoved, journalPartitionChanged } from "../lane/journal.ts";
import { kept } from "../lane/keep.ts";
import {
  imageTrusted,
  setImagePrefix,
  setImageTrusted,
  setServerPosition,
} from "../lane/medium.ts";
import { forgetCapacity, noteIdentity } from "../lane/medium-identity.ts";
import {
  currentPartition,
  holdPartitions,
  imageTag,
  PARTITION_PREFIX,
  PARTITION_TOLD,
  PARTITION_TRUSTED,
  partitionCount,
  partitionFlags,
  partitionWarnings,
  setPartitionFlags,
} from "../lane/partition.ts";
import { unbindPartition } from "../lane/partition-images.ts";
import { procedureIdle } from "../lane/procedure-state.ts";
import { recovering } from "../recovery/state.ts";
import { ringState } from "../ring/geometry.ts";
import { imageEnd, imageFind, imageSelected } from "../ring/image-table.ts";
import { imageSelect } from "../ring/images.ts";
import { ringKeep, ringUsed } from "../ring/reclaim.ts";
import { superChanged } from "../ring/superblock.ts";
import { RING_BROKEN } from "../spec/ring-layout.ts";
import { cursorReceived, cursorReset } from "../tape/cursor.ts";
import { isRingDurable, promiseKept } from "./promise.ts";

/** The cartridge has it. */
export function isPartition(partition: u32): bool {
  return partition < partitionCount();
}

/** True once `partition` is current, with the server at its beginning where it was not; again after every event. */
export function inPartition(partition: u32): bool {
  if (partition === currentPartition()) return true;
  if (recovering() || !promiseKept() || !feederDrained()) return false;
  if (!deviceIdle() || !procedureIdle()) return false;
  if (imageSelected() >= 0 && ringState() !== RING_BROKEN && !isRingDurable()) return false;
  if (!unbindPartition(partition)) return false;
  leave();
  enter(partition);
  return true;
}

function leave(): void {
  const image = imageSelected();
  const isTold = warningsOut(partitionWarnings(currentPartition()));
  let flags: u32 = isTold ? PARTITION_TOLD : 0;
  if (imageTrusted()) {
    flags |= kept.imagePrefix ? PARTITION_TRUSTED | PARTITION_PREFIX : PARTITION_TRUSTED;
    if (!kept.imagePrefix) noteIdentity(image as u32);
  }
  setPartitionFlags(currentPartition(), flags);
  copyForget();
}

function enter(partition: u32): void {
  kept.partition = partition;
  const flags = partitionFlags(partition);
  const image = imageFind(imageTag());
  imageSelect(image);
  setImageTrusted(image >= 0 && (flags & PARTITION_TRUSTED) !== 0);
  setImagePrefix((flags & PARTITION_PREFIX) !== 0);
  cursorReset(image < 0 ? 0 : imageEnd(image), image < 0 ? 0 : ringUsed());
  ringKeep(cursorReceived());
  warningsIn(partitionWarnings(partition), (flags & PARTITION_TOLD) !== 0);
  setServerPosition(0);
  loseDrivePosition();
  forgetCapacity();
  holdPartitions();
  journalMoved();
  superChanged();
  journalPartitionChanged();
}
