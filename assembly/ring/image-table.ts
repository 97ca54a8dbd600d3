/**
 * The images of the ring: one row each in static memory. The first IMAGE_ROW_BYTES of a row are as
 * in the superblock (spec/ring-layout.ts); after them, in memory only:
 *  80 u64 end object   88 u64 filemarks in [0, end)   96 u32 oldest segment   100 u32 newest segment
 * 104 u32 segment count   108 u32 change of the superblock that brought the image (0: found at opening)
 * Decides nothing; images.ts and reclaim.ts change the rows. One image may be selected: only that
 * one grows.
 */
import { VOLUME_TAG_BYTES } from "../spec/abi.ts";
import {
  IMAGE_COUNT_MAX,
  IMAGE_ROW_BYTES,
  LOADS_EMPTY,
  ROW_BASE_AT,
  ROW_CUT_FILEMARKS_AT,
  ROW_CUT_OBJECT_AT,
  ROW_CUT_SEQUENCE_AT,
  ROW_KEY_AT,
  ROW_LOADS_AT,
  ROW_NUMBER_AT,
  ROW_SERIAL_AT,
  ROW_TAG_AT,
  ROW_USED_AT,
  SEGMENT_NONE,
} from "../spec/ring-layout.ts";

const ROW_BYTES: u32 = 112;
const TABLE: u32 = memory.data(7168, 16) as u32;

let selected: i32 = -1;
/** Which image is selected, or what a superblock has of an image, is not what it was: what a stream does is not that. */
let changed: bool = true;
let nextNumber: u32 = 1;
let clock: u32 = 1;

function row(image: u32): u32 {
  return TABLE + image * ROW_BYTES;
}

/** No images. */
export function imagesStart(): void {
  assert(IMAGE_COUNT_MAX * ROW_BYTES === 7168);
  memory.fill(TABLE, 0, IMAGE_COUNT_MAX * ROW_BYTES);
  selected = -1;
  held = 0;
  firm = false;
  changed = true;
  nextNumber = 1;
  clock = 1;
}

/** The next image's number; numbers are never used again in a ring. */
export function imageNextNumber(): u32 {
  return nextNumber;
}
export function setImageNextNumber(value: u32): void {
  nextNumber = value;
}
/** The selected image, -1 none. */
export function imageSelected(): i32 {
  return selected;
}
export function setImageSelected(image: i32): void {
  selected = image;
  changed = true;
}
/** True where the selection or a row of a superblock has changed since it was asked last. */
export function takeImagesChanged(): bool {
  const was = changed;
  changed = false;
  return was;
}

/** Copies a row between the table and a superblock. */
export function imageRowOut(image: u32, at: u32): void {
  memory.copy(at, row(image), IMAGE_ROW_BYTES);
}
export function imageRowIn(image: u32, at: u32): void {
  changed = true;
  memory.copy(row(image), at, IMAGE_ROW_BYTES);
  setImageSegments(image, SEGMENT_NONE, SEGMENT_NONE, 0);
  const used = imageUsed(image);
  if (used >= clock) clock = used + 1;
}

/** 0: there is no image in this row. */
export function imageNumber(image: u32): u32 {
  return load<u32>(row(image) + ROW_NUMBER_AT);
}
/** Fills a row for a new image without objects. */
export function imageBegin(image: u32, tagAt: u32, base: u64, filemarks: u64): void {
  memory.fill(row(image), 0, ROW_BYTES);
  store<u32>(row(image) + ROW_NUMBER_AT, nextNumber);
  nextNumber += 1;
  memory.copy(row(image) + ROW_TAG_AT, tagAt, VOLUME_TAG_BYTES);
  setImageBase(image, base);
  setImageEnd(image, base, filemarks);
  setImageSegments(image, SEGMENT_NONE, SEGMENT_NONE, 0);
  touchImage(image);
}
export function imageClear(image: u32): void {
  changed = true;
  held &= ~((1 as u64) << (image as u64));
  memory.fill(row(image), 0, ROW_BYTES);
}

/** Greater is later. */
export function imageUsed(image: u32): u32 {
  return load<u32>(row(image) + ROW_USED_AT);
}
export function touchImage(image: u32): void {
  changed = true;
  store<u32>(row(image) + ROW_USED_AT, clock);
  clock += 1;
}
export function imageTagAt(image: u32): u32 {
  return row(image) + ROW_TAG_AT;
}

/** The first object that the image has. */
export function imageBase(image: i32): u64 {
  return load<u64>(row(image as u32) + ROW_BASE_AT);
}
export function setImageBase(image: u32, base: u64): void {
  changed = true;
  store<u64>(row(image) + ROW_BASE_AT, base);
}
/** The object after the last one. */
export function imageEnd(image: i32): u64 {
  return load<u64>(row(image as u32) + 80);
}
/** The image has the object. */
export function imageHas(image: i32, object: u64): bool {
  const at = row(image as u32);
  return object >= load<u64>(at + ROW_BASE_AT) && object < load<u64>(at + 80);
}
/** Filemarks in [0, end). */
export function imageFilemarks(image: i32): u64 {
  return load<u64>(row(image as u32) + 88);
}
export function setImageEnd(image: u32, end: u64, filemarks: u64): void {
  store<u64>(row(image) + 80, end);
  store<u64>(row(image) + 88, filemarks);
}

/** The last cut: see the image row in spec/ring-layout.ts. */
export function imageCutObject(image: u32): u64 {
  return load<u64>(row(image) + ROW_CUT_OBJECT_AT);
}
export function imageCutFilemarks(image: u32): u64 {
  return load<u64>(row(image) + ROW_CUT_FILEMARKS_AT);
}
export function imageCutSequence(image: u32): u32 {
  return load<u32>(row(image) + ROW_CUT_SEQUENCE_AT);
}
export function setImageCut(image: u32, object: u64, filemarks: u64, sequence: u32): void {
  changed = true;
  store<u64>(row(image) + ROW_CUT_OBJECT_AT, object);
  store<u64>(row(image) + ROW_CUT_FILEMARKS_AT, filemarks);
  store<u32>(row(image) + ROW_CUT_SEQUENCE_AT, sequence);
}

/** Which medium it was the image of, and when: see the image row in spec/ring-layout.ts. */
export function imageSerial(image: u32): u32 {
  return load<u32>(row(image) + ROW_SERIAL_AT);
}
export function imageLoads(image: u32): u32 {
  return load<u32>(row(image) + ROW_LOADS_AT) & ~LOADS_EMPTY;
}
/** Nothing was on the medium then: an opening finds no segment of it, and none is missing. */
export function imageIsNotedEmpty(image: u32): bool {
  return (load<u32>(row(image) + ROW_LOADS_AT) & LOADS_EMPTY) !== 0;
}
export function setImageIdentity(image: u32, serial: u32, loads: u32): void {
  changed = true;
  store<u32>(row(image) + ROW_SERIAL_AT, serial);
  const isEmpty = serial !== 0 && imageEnd(image as i32) === 0;
  store<u32>(row(image) + ROW_LOADS_AT, isEmpty ? loads | LOADS_EMPTY : loads);
}

/** The mark of the key of its encrypted records (lane/key.ts), 0: it has none. */
export function imageKey(image: i32): u32 {
  return load<u32>(row(image as u32) + ROW_KEY_AT);
}
export function setImageKey(image: i32, mark: u32): void {
  store<u32>(row(image as u32) + ROW_KEY_AT, mark);
}

/** Which change of the superblock first has this image; 0 when it was found at opening. */
export function imageCreated(image: u32): u32 {
  return load<u32>(row(image) + 108);
}
export function setImageCreated(image: u32, change: u32): void {
  store<u32>(row(image) + 108, change);
}

/** SEGMENT_NONE when the image has no segment. */
export function imageOldest(image: u32): u32 {
  return load<u32>(row(image) + 96);
}
export function imageNewest(image: u32): u32 {
  return load<u32>(row(image) + 100);
}
export function imageSegments(image: u32): u32 {
  return load<u32>(row(image) + 104);
}
export function setImageSegments(image: u32, oldest: u32, newest: u32, count: u32): void {
  store<u32>(row(image) + 96, oldest);
  store<u32>(row(image) + 100, newest);
  store<u32>(row(image) + 104, count);
}

/** The image of the volume whose tag (VOLUME_TAG_BYTES) is at `tagAt`; -1 none. */
export function imageFind(tagAt: u32): i32 {
  for (let i: u32 = 0; i < IMAGE_COUNT_MAX; i++) {
    if (imageNumber(i) === 0) continue;
    if (memory.compare(imageTagAt(i), tagAt, VOLUME_TAG_BYTES) === 0) return i as i32;
  }
  return -1;
}

/** A volume tag that ends so is of an image that was set aside. */
const KEPT_MARK: StaticArray<u8> = [0x2b, 0x4b, 0x45, 0x50, 0x54]; // "+KEPT"
const KEPT_BYTES: u32 = 5;
const SPACE: u8 = 0x20;
const COLON: u8 = 0x3a;
const DIGIT_0: u32 = 0x30;

function tagBytes(at: u32): u32 {
  let bytes = VOLUME_TAG_BYTES;
  while (bytes > 0 && load<u8>(at + bytes - 1) <= SPACE) bytes -= 1;
  return bytes;
}
/** It was set aside: what is in it could not be written to its cartridge. */
export function imageIsKept(image: u32): bool {
  const at = imageTagAt(image);
  const bytes = tagBytes(at);
  if (bytes < KEPT_BYTES) return false;
  const mark = at + bytes - KEPT_BYTES;
  return memory.compare(mark, changetype<usize>(KEPT_MARK), KEPT_BYTES) === 0;
}
/** The tag at `at`, changed to that of an image that is set aside; a long one loses its end. */
export function putKeptTag(at: u32): void {
  const bytes = min(tagBytes(at), VOLUME_TAG_BYTES - KEPT_BYTES);
  memory.copy(at + bytes, changetype<usize>(KEPT_MARK), KEPT_BYTES);
}

/** The tag at `at`, changed to that of the image of another partition than 0: ":n" behind it; a long one loses its end. */
export function putPartitionTag(at: u32, partition: u32): void {
  const bytes = min(tagBytes(at), VOLUME_TAG_BYTES - 2);
  store<u8>(at + bytes, COLON);
  store<u8>(at + bytes + 1, (DIGIT_0 + partition) as u8);
}

/** A row without an image; -1 none. */
export function imageFreeRow(): i32 {
  for (let i: u32 = 0; i < IMAGE_COUNT_MAX; i++) {
    if (imageNumber(i) === 0) return i as i32;
  }
  return -1;
}

/** Images that are held: a bit each. They belong to the selected one; `firm`: they are not given up at all. */
let held: u64 = 0;
let firm: bool = false;

export function imagesHoldNone(): void {
  held = 0;
}
export function imageHold(image: u32): void {
  held |= (1 as u64) << (image as u64);
}
export function imageIsHeld(image: u32): bool {
  return (held & ((1 as u64) << (image as u64))) !== 0;
}
export function imagesHoldFirmly(value: bool): void {
  firm = value;
}
/** It is not the selected one, and nothing of it can be given up. */
export function imageStays(image: u32): bool {
  return firm && imageIsHeld(image);
}

/**
 * The image that was not used for longest among those that are not selected and may be given up: held ones after
 * others, those that were set aside last; `withSegments`: that hold any.
 */
export function imageLeastUsed(withSegments: bool): i32 {
  let best: i32 = -1;
  for (let i: u32 = 0; i < IMAGE_COUNT_MAX; i++) {
    if (imageNumber(i) === 0 || (i as i32) === selected) continue;
    if ((withSegments && imageSegments(i) === 0) || imageStays(i)) continue;
    if (best < 0 || isNeededLess(i, best as u32)) best = i as i32;
  }
  return best;
}
function isNeededLess(image: u32, than: u32): bool {
  const one = need(image);
  const other = need(than);
  return one === other ? imageUsed(image) < imageUsed(than) : one < other;
}
function need(image: u32): u32 {
  return imageIsKept(image) ? 2 : imageIsHeld(image) ? 1 : 0;
}
