/**
 * Room: which segments are given up, in which order, and how much could be. First the oldest
 * segments of images that are not selected, least recently used image first; then the selected
 * image's oldest segments below what must be kept; then images that are held with it (other partitions of its
 * cartridge), last of all images that were set aside. The last
 * segment of an image goes only with the image. Invariant: a segment is written again only after the superblock that gives it up is
 * durable; so a power cut never finds an image whose segments were overwritten.
 */
import {
  IMAGE_COUNT_MAX,
  RING_BROKEN,
  SEGMENT_DATA_AT,
  SEGMENT_NONE,
} from "../spec/ring-layout.ts";
import { ringState, segmentSize, segmentTotal } from "./geometry.ts";
import {
  imageClear,
  imageIsHeld,
  imageIsKept,
  imageLeastUsed,
  imageNewest,
  imageOldest,
  imageSegments,
  imageSelected,
  imageStays,
  setImageBase,
  setImageSegments,
} from "./image-table.ts";
import {
  findFree,
  SEGMENT_DYING,
  segmentEnd,
  segmentFirst,
  segmentNext,
  segmentsDying,
  segmentsFree,
  setSegmentNext,
  setSegmentState,
} from "./segment-table.ts";
import { superChanged } from "./superblock.ts";

/** Free segments that are kept ready, so that no write waits for a superblock; small rings: fewer. */
const READY_SEGMENTS_MAX: u32 = 8;
const READY_SHARE: u32 = 8;

let keep: u64 = 0;
/** The selected image's segments below `keep`: how many, and the first that is not counted yet. */
let belowKeep: u32 = 0;
let uncounted: u32 = SEGMENT_NONE;

export function reclaimStart(): void {
  keep = 0;
  belowKeep = 0;
  uncounted = SEGMENT_NONE;
}

/** The selected image is another one, or its chain was cut: count again. */
export function recountKeep(): void {
  const image = imageSelected();
  belowKeep = 0;
  uncounted = image < 0 ? SEGMENT_NONE : imageOldest(image as u32);
}

/** Objects of the selected image from `fromObject` on must never be given up. */
export function ringKeep(fromObject: u64): void {
  if (fromObject < keep) recountKeep();
  keep = fromObject;
}
/** The object that was last given to ringKeep(). */
export function keptObject(): u64 {
  return keep;
}

function countBelowKeep(): u32 {
  const image = imageSelected();
  if (image < 0) return 0;
  if (uncounted === SEGMENT_NONE) uncounted = imageOldest(image as u32);
  const newest = imageNewest(image as u32);
  while (uncounted !== SEGMENT_NONE && uncounted !== newest && segmentEnd(uncounted) <= keep) {
    belowKeep += 1;
    uncounted = segmentNext(uncounted);
  }
  return belowKeep;
}

/** Segments that could hold new data without touching what must be kept. */
export function segmentsWithinReach(): u32 {
  let count = segmentsFree() + segmentsDying() + countBelowKeep();
  for (let i: u32 = 0; i < IMAGE_COUNT_MAX; i++) {
    if ((i as i32) !== imageSelected() && !imageStays(i)) count += imageSegments(i);
  }
  return count;
}

/** Bytes of a segment that entries can use. */
export function segmentRoom(): u32 {
  return segmentSize() - SEGMENT_DATA_AT;
}

/** Bytes in segments that are in use or not yet free. */
export function ringUsed(): u64 {
  return ((segmentTotal() - segmentsFree()) as u64) * (segmentSize() as u64);
}

/** The image and all its segments are given up; its row is empty. */
export function dropImage(image: u32): void {
  giveUpFrom(image, 0);
  imageClear(image);
  superChanged();
}

/** Segments of the image whose first object is `object` or later are given up; the others stay. */
export function giveUpFrom(image: u32, object: u64): void {
  let last: u32 = SEGMENT_NONE;
  let left: u32 = 0;
  const oldest = imageOldest(image);
  let s = oldest;
  while (s !== SEGMENT_NONE && segmentFirst(s) < object) {
    last = s;
    left += 1;
    s = segmentNext(s);
  }
  while (s !== SEGMENT_NONE) {
    setSegmentState(s, SEGMENT_DYING);
    s = segmentNext(s);
  }
  if (last !== SEGMENT_NONE) setSegmentNext(last, SEGMENT_NONE);
  setImageSegments(image, left === 0 ? SEGMENT_NONE : oldest, last, left);
}

/** Gives up the oldest segment of an image that has more than one. */
function giveUpOldest(image: u32): void {
  const oldest = imageOldest(image);
  const next = segmentNext(oldest);
  setSegmentState(oldest, SEGMENT_DYING);
  setImageSegments(image, next, imageNewest(image), imageSegments(image) - 1);
  setImageBase(image, segmentFirst(next));
}

/** One segment more is dying; false when nothing can be given up. `needed`: a write waits for it. */
function giveUpOne(needed: bool): bool {
  const other = imageLeastUsed(true);
  const isLast = other >= 0 && (imageIsKept(other as u32) || imageIsHeld(other as u32));
  if (other >= 0 && (!isLast || (needed && countBelowKeep() === 0))) {
    if (imageSegments(other as u32) > 1) {
      giveUpOldest(other as u32);
    } else {
      giveUpFrom(other as u32, 0);
      imageClear(other as u32);
    }
    return true;
  }
  if (countBelowKeep() === 0) return false;
  giveUpOldest(imageSelected() as u32);
  belowKeep -= 1;
  return true;
}

/** Gives up what is needed least until enough segments are free or becoming free. */
export function reclaimAhead(): void {
  if (ringState() === RING_BROKEN) return;
  const share = segmentTotal() / READY_SHARE;
  reclaimUntil(min<u32>(share, READY_SEGMENTS_MAX), false);
}

function reclaimUntil(ready: u32, needed: bool): void {
  let changed = false;
  while (segmentsFree() + segmentsDying() < ready && giveUpOne(needed)) changed = true;
  if (changed) superChanged();
}

/** A segment that may be written, SEGMENT_NONE when there is none now. */
export function freeSegment(): u32 {
  if (segmentsFree() === 0) reclaimUntil(1, true);
  return findFree();
}
