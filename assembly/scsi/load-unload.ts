/** LOAD UNLOAD of the server: an unload ends only when everything is on the tape and the ring durable. */
import {
  MEDIUM_CHECKING,
  MEDIUM_COPYING,
  MEDIUM_EMPTY,
  MEDIUM_FAILED,
  MEDIUM_LOADING,
  MEDIUM_READY,
  MEDIUM_UNLOADED,
  mediumState,
} from "../lane/medium.ts";
import { beginLoad, mountFault } from "../lane/mount.ts";
import { cdbByte, replyGood, replySense } from "../lane/task.ts";
import { beginUnload, keyHolds, settled, unloadRunning } from "../lane/unload.ts";
import { recovering } from "../recovery/state.ts";
import {
  ASC_INVALID_FIELD_IN_CDB,
  ASC_MEDIUM_NOT_PRESENT,
  ASC_MEDIUM_REMOVAL_PREVENTED,
  ASC_UNABLE_TO_DECRYPT,
} from "../spec/additional-sense.ts";
import { KEY_DATA_PROTECT, KEY_ILLEGAL_REQUEST, KEY_NOT_READY } from "../spec/sense-key.ts";
import { forgetSelectedPage } from "./medium-partition.ts";
import { inPartition } from "./partition-change.ts";
import { removalPrevented } from "./prevent.ts";
import { rewind } from "./stream-locate.ts";

const LOAD: u32 = 1;
const EOT: u32 = 4;
const HOLD: u32 = 8;

/** LOAD UNLOAD, again after every event until it is done. */
export function loadUnload(): void {
  const options = cdbByte(4);
  // To the end of the tape it may go before an unload alone.
  const isOdd = (options & LOAD) !== 0 && (options & EOT) !== 0;
  if (isOdd || (options & HOLD) !== 0) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
    return;
  }
  const state = mediumState();
  if (state === MEDIUM_EMPTY) {
    replySense(KEY_NOT_READY, ASC_MEDIUM_NOT_PRESENT);
    return;
  }
  if (state === MEDIUM_LOADING || state === MEDIUM_CHECKING || state === MEDIUM_COPYING) return;
  // One that nobody waits for any more ends first; to an UNLOAD its end is the answer.
  if (unloadRunning()) return;
  if ((options & LOAD) !== 0) loadMedium(state);
  else unloadMedium(state);
}

function loadMedium(state: u32): void {
  if (state === MEDIUM_READY) toBeginning();
  else if (state === MEDIUM_UNLOADED) beginLoad();
  else {
    const fault = mountFault();
    replySense((fault >> 16) & 15, fault & 0xffff);
  }
}

/** A LOAD goes to partition 0. */
function toBeginning(): void {
  if (!inPartition(0)) return;
  forgetSelectedPage();
  rewind();
}

function unloadMedium(state: u32): void {
  if (removalPrevented()) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_MEDIUM_REMOVAL_PREVENTED);
    return;
  }
  if (keyHolds()) {
    replySense(KEY_DATA_PROTECT, ASC_UNABLE_TO_DECRYPT);
    return;
  }
  if (state === MEDIUM_UNLOADED || state === MEDIUM_FAILED) {
    replyGood();
    return;
  }
  if (!recovering() && settled()) beginUnload();
}
