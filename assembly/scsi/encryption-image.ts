/**
 * What a WRITE under a key needs of the image: that its row says which key its encrypted records have, on
 * stable storage before the first of them. An image has one key: where the server has taken another, a new
 * image begins at this place, and what is before it only the tape has.
 */

import { feederSynchronized, feederWantSync } from "../lane/feeder.ts";
import { kept } from "../lane/keep.ts";
import { setImageTrusted } from "../lane/medium.ts";
import { imageTag } from "../lane/partition.ts";
import { replySense } from "../lane/task.ts";
import { logNumbers } from "../lib/action.ts";
import { recovering } from "../recovery/state.ts";
import { ringState } from "../ring/geometry.ts";
import { imageBase, imageEnd, imageKey, imageSelected, setImageKey } from "../ring/image-table.ts";
import { imageCreate, imageSelect } from "../ring/images.ts";
import { superChangeDurable, superChanged, superNextChange } from "../ring/superblock.ts";
import { ASC_KEY_INSTANCE_COUNTER_CHANGED } from "../spec/additional-sense.ts";
import { LOG_DEGRADED } from "../spec/log-code.ts";
import { RING_BROKEN } from "../spec/ring-layout.ts";
import { KEY_DATA_PROTECT } from "../spec/sense-key.ts";
import { cursorReceived, cursorReset } from "../tape/cursor.ts";

/** Reason of LOG_DEGRADED. */
const ANOTHER_KEY: u32 = 2;

let notedBy: u32 = 0;

/** A key was in force before the bridge was started again, and the server has not spoken since. True: answered. */
export function keyIsMissed(): bool {
  if (kept.keyMissed === 0) return false;
  replySense(KEY_DATA_PROTECT, ASC_KEY_INSTANCE_COUNTER_CHANGED);
  return true;
}

/** To be asked with the image's end where the WRITE is. False: not yet. */
export function keyNoted(): bool {
  if (imageKey(imageSelected()) !== kept.keyMark && !note()) return false;
  return ringState() === RING_BROKEN || superChangeDurable(notedBy);
}

function note(): bool {
  const image = imageSelected();
  const isFree = imageKey(image) === 0 || imageEnd(image) === imageBase(image);
  if (!isFree && !beginAnew()) return false;
  setImageKey(imageSelected(), kept.keyMark);
  notedBy = superNextChange();
  superChanged();
  return true;
}

function beginAnew(): bool {
  if (recovering()) return false;
  if (!feederSynchronized()) {
    feederWantSync();
    return false;
  }
  const at = cursorReceived();
  imageSelect(imageCreate(imageTag(), at, 0));
  cursorReset(at, 0);
  setImageTrusted(true);
  logNumbers(LOG_DEGRADED, ANOTHER_KEY, 0);
  return true;
}
