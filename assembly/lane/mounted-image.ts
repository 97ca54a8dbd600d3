/**
 * The image of the mounted cartridge at the two ends of its time: dropped when it turns out to be another
 * tape's, noted with the cartridge's identity when both have been unloaded alike.
 */
import { logNumbers, setX } from "../lib/action.ts";
import { imageSelected } from "../ring/image-table.ts";
import { imageDrop, imageSelect } from "../ring/images.ts";
import { superChanged } from "../ring/superblock.ts";
import { LOG_IMAGE_STALE } from "../spec/log-code.ts";
import { cursorReceived, cursorReset } from "../tape/cursor.ts";
import { journalForget } from "./journal.ts";
import { imageIsPrefix, imageTrusted, setImageTrusted } from "./medium.ts";
import { noteIdentity } from "./medium-identity.ts";
import { bindPartitions } from "./partition-images.ts";

/** The image is not what is on the tape: it was written elsewhere. */
export function dropStale(): void {
  logNumbers(LOG_IMAGE_STALE, 0, 0);
  setX(cursorReceived());
  if (imageSelected() >= 0) imageDrop(imageSelected());
  journalForget();
  imageSelect(-1);
  setImageTrusted(false);
  cursorReset(0, 0);
}

/** Ring and unloaded tape hold the same: by that the cartridge is known when it comes back. */
export function noteImage(): void {
  bindPartitions();
  const image = imageSelected();
  if (image < 0 || !imageTrusted()) return;
  if (imageIsPrefix()) imageDrop(image);
  else {
    noteIdentity(image as u32);
    superChanged();
  }
}
