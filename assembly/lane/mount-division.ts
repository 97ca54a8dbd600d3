/**
 * How the volume that was loaded is divided, which of its partitions is current, and which images of the others are
 * what is on the cartridge. Decides that at a load, by the drive's word and the journal of an earlier run.
 */
import {
  journalKnowsBlank,
  journalLayoutAt,
  journalOwesPartitions,
  journalPartition,
  journalPartitionChanged,
} from "./journal.ts";
import { kept } from "./keep.ts";
import { forgetCapacity, isAsLeft, isBound, isUntouched } from "./medium-identity.ts";
import {
  adoptLayout,
  currentPartition,
  isDivided,
  owePartitions,
  partitionsCopied,
  partitionsOwed,
  setBlankVerified,
  takeLayout,
} from "./partition.ts";
import { trustPartitions } from "./partition-images.ts";

/** How the volume is divided: as its cartridge; a spare that lacks partitions shall be divided as an earlier run has noted. */
export function takeDivision(): void {
  const partition = kept.foundAtStart ? journalPartition() : 0;
  if (kept.foundAtStart && journalOwesPartitions(kept.standsIn)) {
    takeLayout(journalLayoutAt(), partition);
    owePartitions();
    if (journalKnowsBlank()) setBlankVerified();
  } else adoptLayout(partition);
  if (currentPartition() !== 0) forgetCapacity();
}

/** The ring has no image of the current partition: a spare that lacks others stays as it is. */
export function lackDivision(): void {
  if (!partitionsOwed()) return;
  partitionsCopied();
  adoptLayout(0);
}

/** The images of the other partitions: by the cartridge's serial number and load count. */
export function trustDivision(): void {
  trustPartitions(partitionsOwed() ? isBound : kept.foundAtStart ? isAsLeft : isUntouched);
  // At a start the journal says it, and what else it says is still needed.
  if (!kept.foundAtStart && isDivided()) journalPartitionChanged();
}
