/**
 * A cartridge that is in the drive at a start, and an image of it in the ring: decides from where on they
 * are compared, and what the comparison (procedure-tail.ts) says of the image.
 */

import { spareMediumCount } from "../recovery/state.ts";
import { imageBase, imageEnd, imageSelected } from "../ring/image-table.ts";
import { imageCreate } from "../ring/images.ts";
import { PROFILE_READ_POSITION } from "../spec/drive-profile.ts";
import { cursorReceived } from "../tape/cursor.ts";
import { profile } from "./device.ts";
import {
  JOURNAL_NOTHING,
  JOURNAL_WRITE_FAILED,
  JOURNAL_WRITES_NOT,
  journalOwes,
  journalSynchronized,
  journalWrites,
} from "./journal.ts";
import { kept } from "./keep.ts";
import { imageTag, volumeComplete } from "./partition.ts";

import { FOR_MOUNT, PROCEDURE_TAIL, procedureStart } from "./procedure-state.ts";
import {
  TAIL_FROM_END,
  tailAlone,
  tailBeyond,
  tailDiffers,
  tailKept,
  tailProven,
  tailUnsure,
} from "./procedure-tail.ts";

/** So many objects before what an earlier run had for certain are compared. */
const NOTED_OBJECTS: u64 = 4;

/**
 * Where to look: the tape's end, where the drive can say where that is; else, and where a recovery is owed
 * (the tape may hold what the server has overwritten since), what the journal knows.
 */
export function checkFrom(image: i32): u64 {
  // What the journal knows may be of the cartridge that this one was to stand in for.
  if (kept.standsIn) return TAIL_FROM_END;
  const asks = (profile() & PROFILE_READ_POSITION) !== 0;
  const noted = journalSynchronized();
  const usable = noted !== JOURNAL_NOTHING && noted >= imageBase(image) && noted <= imageEnd(image);
  if (!usable || (asks && !journalOwes())) return TAIL_FROM_END;
  const from = noted > NOTED_OBJECTS ? noted - NOTED_OBJECTS : 0;
  return max(from, imageBase(image));
}

/** How far a spare medium is the image's is found out from the beginning. False: it is known. */
export function looksAgain(): bool {
  if (!kept.standsIn || !tailUnsure()) return false;
  procedureStart(PROCEDURE_TAIL, FOR_MOUNT, imageBase(imageSelected()));
  return true;
}

/** The ring may have what the tape lacks. */
export function isOwed(): bool {
  return kept.standsIn || journalOwes();
}

/** What of the image an earlier run knew to be on this cartridge for certain. */
export function provenBefore(): u64 {
  const base = imageBase(imageSelected());
  if (kept.standsIn) return base;
  const noted = journalSynchronized();
  return noted === JOURNAL_NOTHING || noted < base ? base : min(noted, cursorReceived());
}

/**
 * A spare medium that was put in was not blank: nothing of the image is on it. One that begins as the image
 * does is the volume's, whatever is behind: the server has written over it since, or a power cut has taken
 * the end of the image.
 */
export function isSomebodyElses(): bool {
  if (isImageEmpty()) return tailBeyond() || tailDiffers();
  return tailDiffers() && tailProven() === imageBase(imageSelected());
}
/** The image holds no object. */
export function isImageEmpty(): bool {
  return cursorReceived() === imageBase(imageSelected());
}

/**
 * What the tape has in place of the rest of the image, or behind it, is what a failed write of the bridge's left
 * there (ADR 0032): one record, with nothing behind it, where the bridge was writing. In place of an object it has that
 * one's length, and what was compared before it is the same; behind the image the write is known to have failed.
 */
function isLeftBehind(): bool {
  const writes = journalWrites();
  if (!tailAlone() || writes === JOURNAL_WRITES_NOT) return false;
  if (tailDiffers()) return !tailUnsure() && tailProven() >= journalSynchronized();
  return writes === JOURNAL_WRITE_FAILED && tailProven() === journalSynchronized();
}
/**
 * A failed write ended the image, and the ring has nothing from there on: it begins there. Answers the image, -1 where
 * it is not so.
 */
export function imageOfFailure(): i32 {
  if (journalWrites() !== JOURNAL_WRITE_FAILED) return -1;
  return imageCreate(imageTag(), journalSynchronized(), 0);
}

/**
 * From where on the tape is written. What a failed write has left behind the image is cut off by writing the last
 * object again only where a spare can save that; else it waits for the server's next write.
 */
export function keptOnTape(): u64 {
  const isCovered = spareMediumCount() > 0 && volumeComplete();
  return isLeftBehind() && !isCovered ? tailProven() : tailKept();
}

/** The tape is not the image's, or does not end where it could: it was written elsewhere. */
export function isForeign(): bool {
  if ((!tailBeyond() && !tailDiffers()) || isLeftBehind()) return false;
  // An empty image: nothing can be written again to cut off what the tape holds, so it would come back.
  if (isImageEmpty()) return true;
  // It was blank when it was put in: what differs was overwritten in the ring since.
  if (kept.standsIn && tailDiffers()) return false;
  // What an interrupted recovery has not written yet stands there from before: the ring has the truth.
  return !journalOwes() || tailProven() < journalSynchronized();
}
