/**
 * An instance takes over from one that trapped: the kept facts (keep.ts) meet what the ring was found to
 * hold. Decides what counts where they differ: objects that the dead instance had received and that the
 * ring does not have (a disk that refused them) are lost, and that is an error like any other.
 */

import { act, logNumbers, setA, setX, setY } from "../lib/action.ts";
import { recoveryAbandon, recoveryResume } from "../recovery/recovery.ts";
import { recovering } from "../recovery/state.ts";
import { expectImage } from "../ring/expected.ts";
import {
  imageEnd,
  imageFind,
  imageRowOut,
  imageSelected,
  takeImagesChanged,
} from "../ring/image-table.ts";
import { imageCreate, imageDrop, imageSelect, imageTruncate } from "../ring/images.ts";
import { AC_RESUMED } from "../spec/action.ts";
import { LOG_DEGRADED, LOG_RESUMED } from "../spec/log-code.ts";
import { ROW_BASE_AT } from "../spec/ring-layout.ts";
import { cursorReceived, cursorSent } from "../tape/cursor.ts";
import { deviceOwner, loseDrivePosition, OWNER_FEEDER, OWNER_NONE } from "./device.ts";
import { KEPT_IMAGE_ROW, kept } from "./keep.ts";
import { MEDIUM_READY, mediumState, setImageTrusted } from "./medium.ts";
import { mountResume } from "./mount.ts";
import { holdPartitions, imageTag } from "./partition.ts";

let resuming: bool = false;

/** At the end of a step: which image of the ring it was outlives a trap (keep.ts). */
export function keepImage(): void {
  if (resuming || !takeImagesChanged()) return;
  const image = imageSelected();
  kept.imageSelected = image >= 0;
  if (image >= 0) imageRowOut(image as u32, KEPT_IMAGE_ROW);
}

/** The kept facts have been taken; the ring is about to be opened. */
export function resumeBegin(): void {
  resuming = true;
  const owner = deviceOwner();
  // Whose command it is has gone: when it has ended nobody knows where the medium stands.
  if (owner !== OWNER_NONE && owner !== OWNER_FEEDER) loseDrivePosition();
  mountResume();
  if (kept.imageSelected) expectImage(KEPT_IMAGE_ROW);
}

/** The ring is open (or cannot be): the lane goes on. */
export function resumeEnd(): void {
  if (!resuming) return;
  resuming = false;
  const found = imageFind(imageTag());
  const base = load<u64>(KEPT_IMAGE_ROW + ROW_BASE_AT);
  let image = found;
  if (kept.imageSelected && found < 0 && base === cursorReceived()) {
    // Nothing had been written to it yet.
    image = imageCreate(imageTag(), base, 0);
  }
  logNumbers(LOG_RESUMED, kept.imageSelected ? 1 : 0, recovering() ? 1 : 0);
  setX(cursorReceived());
  setY(image < 0 ? 0 : imageEnd(image));
  if (!kept.imageSelected) {
    // Given up by the dead instance; the word of that had not got to the superblock.
    if (found >= 0 && mediumState() === MEDIUM_READY) imageDrop(found);
  } else if (image < 0 || imageEnd(image) < cursorReceived()) lost(image);
  else {
    imageSelect(image);
    // A cut that was not durable yet.
    imageTruncate(image, cursorReceived());
  }
  holdPartitions();
  recoveryResume();
  act(AC_RESUMED, 0);
  setA(0);
}

/** The ring lacks what it was given. What the drive has is on the tape; the rest the server must know. */
function lost(image: i32): void {
  if (image >= 0) imageDrop(image);
  setImageTrusted(false);
  if (cursorReceived() > cursorSent()) {
    recoveryAbandon();
    return;
  }
  // From here on there is an image again; what is before it only the tape has.
  imageSelect(imageCreate(imageTag(), cursorReceived(), 0));
  setImageTrusted(true);
  logNumbers(LOG_DEGRADED, 1, 0);
}
