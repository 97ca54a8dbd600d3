/**
 * Which segments make which image, after all headers were read and open segments were scanned.
 * An image is the chain from its newest segment back by `previous`. Where the chain breaks:
 * a segment that was durable is missing or shorter - the device lost it: the image begins after
 * the hole; one that need not have been durable - the power went: the image ends before the hole,
 * what was opened later is wiped. Invariant: no image with a hole is ever kept.
 */
import { BAD_CHAIN, IMAGE_COUNT_MAX, SEGMENT_NONE } from "../spec/ring-layout.ts";
import { segmentOffset, segmentTotal } from "./geometry.ts";
import {
  imageBase,
  imageClear,
  imageCutFilemarks,
  imageCutObject,
  imageCutSequence,
  imageIsNotedEmpty,
  imageNumber,
  setImageBase,
  setImageEnd,
  setImageSegments,
} from "./image-table.ts";
import { reportBad } from "./scan.ts";
import { sealLater } from "./seal.ts";
import {
  SEGMENT_FREE,
  SEGMENT_OPEN,
  SEGMENT_SEALED,
  SEGMENT_WIPE,
  segmentEnd,
  segmentEndFilemarks,
  segmentFilemarks,
  segmentFirst,
  segmentImage,
  segmentNext,
  segmentPrevious,
  segmentSequence,
  segmentState,
  setSegmentEnd,
  setSegmentNext,
  setSegmentState,
} from "./segment-table.ts";
import { durableSequence } from "./sequence.ts";

/** Segments with content, by sequence number, upwards: u16 each. */
const ORDER: u32 = memory.data(131072, 8) as u32;
const CHAIN_WHOLE: i32 = -1;
let ordered: u32 = 0;

function orderAt(index: i32): u32 {
  return load<u16>(ORDER + ((index as u32) << 1)) as u32;
}
function setOrder(index: u32, segment: u32): void {
  store<u16>(ORDER + (index << 1), segment as u16);
}
function sequenceAt(index: u32): u32 {
  return segmentSequence(orderAt(index as i32));
}

/** Makes every image what its segments say; segments that belong to none are free. */
export function replayImages(): void {
  sortSegments();
  for (let i: u32 = 0; i < IMAGE_COUNT_MAX; i++) {
    if (imageNumber(i) !== 0) resolve(i);
  }
}

function sortSegments(): void {
  ordered = 0;
  for (let s: u32 = 0; s < segmentTotal(); s++) {
    if (segmentState(s) === SEGMENT_FREE) continue;
    setOrder(ordered, s);
    ordered += 1;
  }
  for (let i = ordered >> 1; i > 0; i--) siftDown(i - 1, ordered);
  for (let end = ordered; end > 1; end--) {
    const last = orderAt((end - 1) as i32);
    setOrder(end - 1, orderAt(0));
    setOrder(0, last);
    siftDown(0, end - 1);
  }
}

/** Heap sort: the greater child above, from `start` down, among the first `end`. */
function siftDown(start: u32, end: u32): void {
  let root = start;
  while (true) {
    let child: u32 = 2 * root + 1;
    if (child >= end) return;
    if (child + 1 < end && sequenceAt(child + 1) > sequenceAt(child)) child += 1;
    if (sequenceAt(root) >= sequenceAt(child)) return;
    const segment = orderAt(root as i32);
    setOrder(root, orderAt(child as i32));
    setOrder(child, segment);
    root = child;
  }
}

/** The index below `top` of the image's newest segment there, -1 none. */
function newestBelow(image: u32, top: i32): i32 {
  for (let i = top - 1; i >= 0; i--) {
    if (belongs(orderAt(i), image)) return i;
  }
  return -1;
}

function belongs(segment: u32, image: u32): bool {
  const state = segmentState(segment);
  return segmentImage(segment) === image && (state === SEGMENT_OPEN || state === SEGMENT_SEALED);
}

function resolve(image: u32): void {
  let top = ordered as i32;
  while (true) {
    const head = newestBelow(image, top);
    if (head < 0) {
      if (!imageIsNotedEmpty(image)) imageClear(image);
      return;
    }
    const broken = chain(image, head);
    if (broken === CHAIN_WHOLE) return;
    // Nothing from the break on was promised: gone, so that no later opening believes it.
    for (let i = broken; i < (ordered as i32); i++) {
      if (belongs(orderAt(i), image)) setSegmentState(orderAt(i), SEGMENT_WIPE);
    }
    top = broken;
  }
}

/** Links the chain that ends at index `head`. CHAIN_WHOLE, or the index behind which it breaks off. */
function chain(image: u32, head: i32): i32 {
  const newest = orderAt(head);
  cutNewest(image, newest);
  setSegmentNext(newest, SEGMENT_NONE);
  let at = head;
  let count: u32 = 1;
  while (true) {
    const segment = orderAt(at);
    if (segmentPrevious(segment) === 0 || segmentFirst(segment) <= imageBase(image as i32)) break;
    const before = indexOf(image, segmentPrevious(segment), at);
    if (before < 0 || segmentEnd(orderAt(before)) < segmentFirst(segment)) {
      reportBad(BAD_CHAIN, segmentOffset(segment));
      if (segmentPrevious(segment) > durableSequence()) return at;
      break;
    }
    freeBetween(image, before, at);
    link(orderAt(before), segment);
    at = before;
    count += 1;
  }
  freeBetween(image, -1, at);
  const oldest = orderAt(at);
  setImageBase(image, segmentFirst(oldest));
  setImageEnd(image, segmentEnd(newest), segmentEndFilemarks(newest));
  setImageSegments(image, oldest, newest, count);
  sealChain(oldest);
  return CHAIN_WHOLE;
}

/** What the image's row says was cut off the newest segment. */
function cutNewest(image: u32, newest: u32): void {
  if (segmentSequence(newest) >= imageCutSequence(image)) return;
  if (segmentEnd(newest) <= imageCutObject(image)) return;
  setSegmentEnd(newest, imageCutObject(image), imageCutFilemarks(image));
  setSegmentState(newest, SEGMENT_SEALED);
}

function indexOf(image: u32, sequence: u32, below: i32): i32 {
  for (let i = below - 1; i >= 0; i--) {
    const found = segmentSequence(orderAt(i));
    if (found < sequence) return -1;
    if (found === sequence) return belongs(orderAt(i), image) ? i : -1;
  }
  return -1;
}

function link(before: u32, segment: u32): void {
  setSegmentNext(before, segment);
  if (segmentEnd(before) === segmentFirst(segment)) return;
  // Cut there: no seal for it, since it holds more than is left of it.
  setSegmentEnd(before, segmentFirst(segment), segmentFilemarks(segment));
  setSegmentState(before, SEGMENT_SEALED);
}

/** The image's segments between two indices are not on the chain. */
function freeBetween(image: u32, low: i32, high: i32): void {
  for (let i = low + 1; i < high; i++) {
    if (belongs(orderAt(i), image)) setSegmentState(orderAt(i), SEGMENT_FREE);
  }
}

function sealChain(oldest: u32): void {
  let segment = oldest;
  while (segment !== SEGMENT_NONE) {
    if (segmentState(segment) === SEGMENT_OPEN) sealLater(segment);
    segment = segmentNext(segment);
  }
}
