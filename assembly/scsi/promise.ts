/**
 * What WRITE FILEMARKS with IMMED 0 promises, and what implies a synchronize: everything received is on the tape, or,
 * while a recovery runs, in the ring and its journal for certain. Decides when that is so, and asks for what it lacks.
 */
import { driveLeavesRecord } from "../lane/device.ts";
import { feederSynchronized, feederWantSync } from "../lane/feeder.ts";
import { journalPartitionDurable, journalPromised, journalSettled } from "../lane/journal.ts";
import { coverable, recovering } from "../recovery/state.ts";
import { ringState } from "../ring/geometry.ts";
import { imageSelected } from "../ring/image-table.ts";
import { imageCutDurable } from "../ring/images.ts";
import { ringJournalDurable } from "../ring/superblock.ts";
import { ringDurable, ringFlush, ringWritten } from "../ring/writes.ts";
import { RING_BROKEN } from "../spec/ring-layout.ts";
import { cursorReceived } from "../tape/cursor.ts";

/** Promise 4 for everything received (also for what implies a synchronize). */
export function promiseKept(): bool {
  if (imageSelected() < 0) return !recovering();
  if (!recovering()) {
    if (!feederSynchronized()) {
      feederWantSync();
      return false;
    }
    // A start has to know in which partition that was.
    if (!journalSettled() || !journalPartitionDurable()) return false;
    if (ringState() === RING_BROKEN) return true;
    // A start takes a record that is not the ring's for one that a failed write has left: never a promised one.
    if (driveLeavesRecord()) return isRingDurable() && journalPromised();
    return ringWritten() >= cursorReceived() && imageCutDurable();
  }
  if (ringState() === RING_BROKEN || !coverable()) return false;
  return isRingDurable() && ringJournalDurable();
}
/** The ring has all of the image, as it is now, on stable storage. */
export function isRingDurable(): bool {
  const isDurable = ringDurable() >= cursorReceived() && imageCutDurable();
  if (!isDurable) ringFlush();
  return isDurable;
}
