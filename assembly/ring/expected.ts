/**
 * An image that an instance of the core before this one knew: its row may never have got to the
 * superblock, because a write of that was still on its way. An opening believes it more than the
 * superblock, which is older.
 */
import {
  IMAGE_COUNT_MAX,
  IMAGE_ROW_BYTES,
  ROW_NUMBER_AT,
  ROW_TAG_AT,
} from "../spec/ring-layout.ts";
import {
  imageCutSequence,
  imageFind,
  imageFreeRow,
  imageLeastUsed,
  imageNextNumber,
  imageNumber,
  imageRowIn,
  setImageNextNumber,
} from "./image-table.ts";
import { sequenceSeen } from "./sequence.ts";

const ROW: u32 = memory.data(80, 8) as u32;
let expected: bool = false;

/** The next opening shall find the image of the row (IMAGE_ROW_BYTES) at `row`. */
export function expectImage(row: u32): void {
  memory.copy(ROW, row, IMAGE_ROW_BYTES);
  expected = load<u32>(ROW + ROW_NUMBER_AT) !== 0;
}

/** The superblock has been taken: puts the row in its place. */
export function takeExpected(): void {
  if (!expected) return;
  expected = false;
  const number = load<u32>(ROW + ROW_NUMBER_AT);
  let place = imageFind(ROW + ROW_TAG_AT);
  for (let i: u32 = 0; i < IMAGE_COUNT_MAX; i++) if (imageNumber(i) === number) place = i as i32;
  if (place < 0) place = imageFreeRow();
  if (place < 0) place = imageLeastUsed(false);
  imageRowIn(place as u32, ROW);
  if (imageNextNumber() <= number) setImageNextNumber(number + 1);
  sequenceSeen(imageCutSequence(place as u32));
}
