/**
 * An instance takes over from one that trapped: the kept facts (keep.ts) meet what the ring was found to
 * hold. Decides what counts where they differ: objects that the dead instance had received and that the
 * ring does not have (a disk that refused them) are lost, and that is an error like any other.
 */
import { act, logNumbers, setA, setX, setY } from "../lib/action.ts";
import { keep64, keepBytes, keepFlag } from "../lib/keep.ts";
import { recoveryAbandon, recoveryResume } from "../recovery/recovery.ts";
import { recovering } from "../recovery/state.ts";
import { expectImage } from "../ring/expected.ts";
import { imageBase, imageEnd, imageFind, imageRowOut, imageSelected } from "../ring/image-table.ts";
import { imageCreate, imageDrop, imageSelect, imageTruncate } from "../ring/images.ts";
import { AC_RESUMED } from "../spec/action.ts";
import { LOG_DEGRADED, LOG_RESUMED } from "../spec/log-code.ts";
import { IMAGE_ROW_BYTES } from "../spec/ring-layout.ts";
import { cursorReceived, cursorSent } from "../tape/cursor.ts";
import { deviceOwner, loseDrivePosition, OWNER_FEEDER, OWNER_NONE } from "./device.ts";
import { MEDIUM_READY, mediumState, setImageTrusted, virtualTag } from "./medium.ts";
import { mountResume } from "./mount.ts";

let resuming: bool = false;
/** An image was selected, and began at that object. */
let selected: bool = false;
let base: u64 = 0;
/** Its row: the superblock may not have it yet. */
const ROW: usize = memory.data(80, 8);

/** What outlives a trap (keep.ts): which image of the ring it was. */
export function keepImage(): void {
  if (!resuming) {
    selected = imageSelected() >= 0;
    base = selected ? imageBase(imageSelected()) : 0;
    if (selected) imageRowOut(imageSelected() as u32, ROW as u32);
  }
  selected = keepFlag(selected);
  base = keep64(base);
  keepBytes(ROW as u32, IMAGE_ROW_BYTES);
}

/** The kept facts have been taken; the ring is about to be opened. */
export function resumeBegin(): void {
  resuming = true;
  const owner = deviceOwner();
  // Whose command it is has gone: when it has ended nobody knows where the medium stands.
  if (owner !== OWNER_NONE && owner !== OWNER_FEEDER) loseDrivePosition();
  mountResume();
  if (selected) expectImage(ROW as u32);
}

/** The ring is open (or cannot be): the lane goes on. */
export function resumeEnd(): void {
  if (!resuming) return;
  resuming = false;
  const found = imageFind(virtualTag());
  let image = found;
  if (selected && found < 0 && base === cursorReceived()) {
    // Nothing had been written to it yet.
    image = imageCreate(virtualTag(), base, 0);
  }
  logNumbers(LOG_RESUMED, selected ? 1 : 0, recovering() ? 1 : 0);
  setX(cursorReceived());
  setY(image < 0 ? 0 : imageEnd(image));
  if (!selected) {
    // Given up by the dead instance; the word of that had not got to the superblock.
    if (found >= 0 && mediumState() === MEDIUM_READY) imageDrop(found);
  } else if (image < 0 || imageEnd(image) < cursorReceived()) lost(image);
  else {
    imageSelect(image);
    // A cut that was not durable yet.
    imageTruncate(image, cursorReceived());
  }
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
  imageSelect(imageCreate(virtualTag(), cursorReceived(), 0));
  setImageTrusted(true);
  logNumbers(LOG_DEGRADED, 1, 0);
}
