/**
 * What the lane does with images: create, select, cut, drop. Decides what of the index and of the
 * memory of newest entries survives each. Invariants: one image a volume tag; only the selected
 * image is cut or grows; after a cut nothing is placed until the number of filemarks before the
 * cut is known, and the segments cut off are not written again before the cut is durable.
 */
import { logNumbers, setX } from "../lib/action.ts";
import { VOLUME_TAG_BYTES } from "../spec/abi.ts";
import { LOG_RING_BAD_ENTRY } from "../spec/log-code.ts";
import {
  BAD_CHAIN,
  SEGMENT_NONE,
  WALKER_FOUND,
  WALKER_PENDING,
  WALKER_RING,
} from "../spec/ring-layout.ts";
import { blockAppend, closeSegment } from "./append.ts";
import {
  imageBase,
  imageBegin,
  imageCutFilemarks,
  imageCutObject,
  imageEnd,
  imageFilemarks,
  imageFind,
  imageFreeRow,
  imageLeastUsed,
  imageNewest,
  imageNumber,
  imageOldest,
  imageSegments,
  imageSelected,
  imageTagAt,
  putKeptTag,
  setImageBase,
  setImageCreated,
  setImageCut,
  setImageEnd,
  setImageSelected,
  touchImage,
} from "./image-table.ts";
import { recentClear, recentCut } from "./recent.ts";
import { dropImage, giveUpFrom, recountKeep, ringKeep } from "./reclaim.ts";
import {
  SEGMENT_SEALED,
  segmentEnd,
  segmentEndFilemarks,
  segmentFilemarks,
  segmentFirst,
  setSegmentEnd,
  setSegmentState,
} from "./segment-table.ts";
import { nextSequence } from "./sequence.ts";
import {
  superChangeDurable,
  superChanged,
  superHold,
  superMindImage,
  superNextChange,
} from "./superblock.ts";
import { walkerFilemarksUpTo, walkerFind, walkersReset } from "./walker.ts";
import { ringDurable, ringFlush, writesDurable, writesEpoch, writesIssued } from "./writes.ts";

/** A cut of the selected image whose number of filemarks is still being looked up. */
let cutting: bool = false;
/**
 * A cut that the superblock does not have yet: of which image (-1 none), and the write that must be
 * durable before. It takes the place of the cut before it, which may be written nowhere else than in
 * a segment header that is not durable.
 */
let owedImage: i32 = -1;
let owedNumber: u32 = 0;
let owedObject: u64 = 0;
let owedFilemarks: u64 = 0;
let owedSequence: u32 = 0;
let owedSerial: u64 = 0;
/** The change of the superblock that has the last cut. */
let cutBy: u32 = 0;

export function imagesReset(): void {
  cutBy = 0;
  cutting = false;
  owedImage = -1;
}

/**
 * A new image for the volume whose tag (VOLUME_TAG_BYTES) is at `tagAt`; an older one is dropped.
 * Objects from `base` on will be appended; `filemarksBefore`: filemarks in [0, base). Where there
 * are too many images, the least recently used goes. It is not selected.
 */
export function imageCreate(tagAt: u32, base: u64, filemarksBefore: u64): i32 {
  const old = imageFind(tagAt);
  if (old >= 0) imageDrop(old);
  if (imageFreeRow() < 0) dropImage(imageLeastUsed(false) as u32);
  const image = imageFreeRow();
  imageBegin(image as u32, tagAt, base, filemarksBefore);
  setImageCut(image as u32, base, filemarksBefore, nextSequence());
  setImageCreated(image as u32, superNextChange());
  superChanged();
  return image;
}

/** The image is gone, durably after the next flush; a selected one is not selected any more. */
export function imageDrop(image: i32): void {
  if (image < 0 || imageNumber(image as u32) === 0) return;
  if (image === imageSelected()) deselect();
  if (image === owedImage) owedImage = -1;
  superHold(owedImage >= 0);
  dropImage(image as u32);
}

const KEPT_TAG: u32 = memory.data(VOLUME_TAG_BYTES, 8) as u32;

/**
 * The selected image keeps what it has under another tag, for the operator, and is needed by nobody else;
 * an older one of that tag is dropped. Nothing is selected then. False: there was nothing to keep.
 */
export function imageSetAside(): bool {
  const image = imageSelected();
  if (image < 0) return false;
  if (cutting || imageSegments(image as u32) === 0) {
    imageDrop(image);
    return false;
  }
  memory.copy(KEPT_TAG, imageTagAt(image as u32), VOLUME_TAG_BYTES);
  putKeptTag(KEPT_TAG);
  const old = imageFind(KEPT_TAG);
  if (old >= 0) imageDrop(old);
  memory.copy(imageTagAt(image as u32), KEPT_TAG, VOLUME_TAG_BYTES);
  ringFlush();
  deselect();
  superChanged();
  return true;
}

/** The mounted image, the only one that is appended to, cut and walked; -1 none. */
export function imageSelect(image: i32): void {
  if (image === imageSelected()) return;
  if (cutting) imageDrop(imageSelected());
  deselect();
  if (image < 0) return;
  setImageSelected(image);
  touchImage(image as u32);
  recountKeep();
  writesEpoch(imageBase(image), imageEnd(image));
  superMindImage();
}

function deselect(): void {
  closeSegment();
  cutting = false;
  superHold(owedImage >= 0);
  blockAppend(false);
  setImageSelected(-1);
  recentClear();
  walkersReset();
  ringKeep(0);
  recountKeep();
  writesEpoch(0, 0);
  superMindImage();
}

/**
 * Objects of the selected image from `object` on are gone (it was overwritten or erased there);
 * the next append starts a new segment. Durable after the next flush once ringWaiting() is false;
 * until then an opening may find the old objects. Below the base: drop and create instead.
 */
export function imageTruncate(image: i32, object: u64): void {
  assert(image === imageSelected() && image >= 0);
  if (object >= imageEnd(image)) return;
  closeSegment();
  if (owedImage >= 0 && owedImage !== image) imageDrop(owedImage);
  cutting = true;
  superHold(true);
  blockAppend(true);
  const filemarks = cutSegments(image as u32, object);
  setImageEnd(image as u32, object, filemarks);
  recentCut(object);
  recountKeep();
  writesEpoch(min<u64>(object, ringDurable()), object);
  walkersReset();
  cutPump();
}

/** Takes the segments at and behind the cut away; answers filemarks before it: not too many. */
function cutSegments(image: u32, object: u64): u64 {
  const oldest = imageOldest(image);
  const least = oldest === SEGMENT_NONE ? imageCutFilemarks(image) : segmentFilemarks(oldest);
  giveUpFrom(image, object);
  const newest = imageNewest(image);
  if (newest === SEGMENT_NONE) {
    setImageBase(image, object);
    return least;
  }
  if (segmentEnd(newest) <= object) return segmentEndFilemarks(newest);
  // Its seal must not say less than the segment holds: what was cut is in the image's row.
  setSegmentState(newest, SEGMENT_SEALED);
  setSegmentEnd(newest, object, segmentFilemarks(newest));
  return segmentFilemarks(newest);
}

/** After every completion: ends the cut when the entry before it is known, writes it when it may. */
export function cutPump(): void {
  if (cutting) lookUpCut();
  if (!cutting && owedImage >= 0) writeCut();
}

function lookUpCut(): void {
  const image = imageSelected() as u32;
  const end = imageEnd(image as i32);
  if (end === imageBase(image as i32)) {
    endCut(image, imageFilemarks(image as i32));
    return;
  }
  const found = walkerFind(WALKER_RING, end - 1);
  if (found === WALKER_PENDING) return;
  if (found === WALKER_FOUND) endCut(image, walkerFilemarksUpTo(WALKER_RING, end));
  else cutDamaged(image, end);
}

/** What lies before the cut cannot be read: the image starts again there. */
function cutDamaged(image: u32, end: u64): void {
  logNumbers(LOG_RING_BAD_ENTRY, BAD_CHAIN, 0);
  setX(end);
  const newest = imageNewest(image);
  const filemarks =
    newest === SEGMENT_NONE ? imageFilemarks(image as i32) : segmentFilemarks(newest);
  giveUpFrom(image, 0);
  recentClear();
  recountKeep();
  setImageBase(image, end);
  endCut(image, filemarks);
}

function endCut(image: u32, filemarks: u64): void {
  const end = imageEnd(image as i32);
  const newest = imageNewest(image);
  setImageEnd(image, end, filemarks);
  if (newest !== SEGMENT_NONE && segmentFirst(newest) < end) {
    setSegmentEnd(newest, end, filemarks);
  }
  cutting = false;
  blockAppend(false);
  owedImage = image as i32;
  owedNumber = imageNumber(image);
  owedObject = end;
  owedFilemarks = filemarks;
  owedSequence = nextSequence();
  owedSerial = writesIssued();
  ringFlush();
}

/** Puts the cut in the superblock, if it cuts deeper than the one there or that is durable elsewhere. */
function writeCut(): void {
  const image = owedImage as u32;
  const stands = imageNumber(image) === owedNumber;
  if (stands && owedObject > imageCutObject(image) && writesDurable() < owedSerial) return;
  if (stands) setImageCut(image, owedObject, owedFilemarks, owedSequence);
  owedImage = -1;
  superHold(false);
  cutBy = superNextChange();
  superChanged();
}
/** No opening finds again what was cut off. */
export function imageCutDurable(): bool {
  return !cutting && owedImage < 0 && superChangeDurable(cutBy);
}
