/** The ring alone as a module, so that Node can drive it call by call over a disk in memory. */
import { actionCount, beginActions } from "../lib/action.ts";
import {
  RING_NO_ROOM,
  ringCancel,
  ringCommit,
  ringReserve,
  ringRoom,
  ringWaiting,
} from "../ring/append.ts";
import { ringFault, ringSizeBytes, ringState } from "../ring/geometry.ts";
import { imageBase, imageEnd, imageFilemarks, imageFind } from "../ring/image-table.ts";
import { imageCreate, imageDrop, imageSelect, imageTruncate } from "../ring/images.ts";
import { isRingTag, ringEvent, ringStart, ringStartWith } from "../ring/open.ts";
import { ringKeep, ringUsed } from "../ring/reclaim.ts";
import { ringIndexBytes } from "../ring/segment-table.ts";
import {
  ringJournalAt,
  ringJournalBytes,
  ringJournalDurable,
  ringJournalWrite,
} from "../ring/superblock.ts";
import {
  walkerCount,
  walkerCrc,
  walkerDataAt,
  walkerDataBytes,
  walkerFilemarksBefore,
  walkerFind,
  walkerFindFilemark,
  walkerFirst,
  walkerKind,
  walkerObjectBytes,
} from "../ring/walker.ts";
import { ringDurable, ringFlush, ringFlushPending, ringWritten } from "../ring/writes.ts";

export {
  imageBase,
  imageCreate,
  imageDrop,
  imageEnd,
  imageFilemarks,
  imageFind,
  imageSelect,
  imageTruncate,
  isRingTag,
  RING_NO_ROOM,
  ringCancel,
  ringCommit,
  ringDurable,
  ringEvent,
  ringFault,
  ringFlush,
  ringFlushPending,
  ringIndexBytes,
  ringJournalAt,
  ringJournalBytes,
  ringJournalDurable,
  ringJournalWrite,
  ringKeep,
  ringReserve,
  ringRoom,
  ringSizeBytes,
  ringStart,
  ringState,
  ringUsed,
  ringWaiting,
  ringWritten,
  walkerCount,
  walkerCrc,
  walkerDataAt,
  walkerDataBytes,
  walkerFilemarksBefore,
  walkerFind,
  walkerFindFilemark,
  walkerFirst,
  walkerKind,
  walkerObjectBytes,
};

/** Room for a volume tag or a journal that the test hands over. */
const SCRATCH: u32 = memory.data(1024, 8) as u32;

export function scratchAt(): u32 {
  return SCRATCH;
}
export function begin(): void {
  beginActions();
}
export function actions(): u32 {
  return actionCount();
}
export function startSmall(sizeBytes: u64, identity: u64, segmentBytes: u64): void {
  ringStartWith(sizeBytes, identity, segmentBytes);
}
