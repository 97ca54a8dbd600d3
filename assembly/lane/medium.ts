/**
 * The cartridge in the lane: whether it is there and ready, what it is called (virtual and real volume
 * tag), and whether its image in the ring is trusted. Keeps facts; mount.ts and the recovery change them.
 */
import { crc32c } from "../lib/crc32c.ts";
import { tagCleaning } from "../lib/volume-tag.ts";
import { imageBase, imageSelected } from "../ring/image-table.ts";
import { ringHasGap } from "../ring/writes.ts";
import { VOLUME_TAG_BYTES } from "../spec/abi.ts";
import { KEPT_REAL_TAG, KEPT_VIRTUAL_TAG, kept } from "./keep.ts";
import { keyIsHere } from "./key.ts";

export const MEDIUM_EMPTY: u32 = 0;
export const MEDIUM_LOADING: u32 = 1;
/** After a restart: what the ring still owes the tape is being found out. */
export const MEDIUM_CHECKING: u32 = 2;
export const MEDIUM_READY: u32 = 3;
/** Unloaded from the drive, not yet taken by the robot. */
export const MEDIUM_UNLOADED: u32 = 4;
/** In the drive, but the drive cannot make it ready. */
export const MEDIUM_FAILED: u32 = 5;
/** Its header is being read into the ring. */
export const MEDIUM_COPYING: u32 = 6;

export function mediumState(): u32 {
  return kept.medium;
}
export function setMediumState(value: u32): void {
  kept.medium = value;
}
export function virtualTag(): u32 {
  return KEPT_VIRTUAL_TAG;
}
export function realTag(): u32 {
  return KEPT_REAL_TAG;
}
export function setTags(virtualAt: u32, realAt: u32): void {
  memory.copy(KEPT_VIRTUAL_TAG, virtualAt, VOLUME_TAG_BYTES);
  memory.copy(KEPT_REAL_TAG, realAt, VOLUME_TAG_BYTES);
  kept.damaged = false;
}
export function setRealTag(at: u32): void {
  memory.copy(KEPT_REAL_TAG, at, VOLUME_TAG_BYTES);
}
export function clearTags(): void {
  memory.fill(KEPT_VIRTUAL_TAG, 0, VOLUME_TAG_BYTES);
  memory.fill(KEPT_REAL_TAG, 0, VOLUME_TAG_BYTES);
}
/** Another cartridge than the volume's own stands for it. */
export function standsIn(): bool {
  return memory.compare(KEPT_REAL_TAG, KEPT_VIRTUAL_TAG, VOLUME_TAG_BYTES) !== 0;
}
/** What is in the drive is there to clean it. */
export function isCleaningCartridge(): bool {
  return tagCleaning(KEPT_REAL_TAG);
}
/** A number that stands for the real cartridge in the failure history. */
export function cartridgeNumber(): u32 {
  return crc32c(KEPT_REAL_TAG, VOLUME_TAG_BYTES);
}
export function serverPosition(): u64 {
  return kept.serverPosition;
}
export function setServerPosition(object: u64): void {
  kept.serverPosition = object;
}
/** The ring's image of this cartridge was written in this mount, or compared with the tape. */
export function imageTrusted(): bool {
  return kept.imageTrusted && imageSelected() >= 0;
}
/** An image that is trusted, or not, anew reaches to the end of the tape unless somebody says otherwise. */
export function setImageTrusted(value: bool): void {
  kept.imageTrusted = value;
  kept.imagePrefix = false;
}
/** The image is only the beginning of what is on the tape. */
export function imageIsPrefix(): bool {
  return kept.imagePrefix && imageTrusted();
}
/** The image is trusted and ends where the tape does, whatever it lacks before. */
export function imageReachesEnd(): bool {
  return !kept.imagePrefix && imageTrusted();
}
export function setImagePrefix(value: bool): void {
  kept.imagePrefix = value;
}
/** trustedBase: there is no trusted image. */
export const NO_BASE: u64 = u64.MAX_VALUE;
/** The first object that the trusted image has. */
export function trustedBase(): u64 {
  return imageTrusted() ? imageBase(imageSelected()) : NO_BASE;
}
/** A copy of the whole cartridge can be made from the ring. */
export function imageComplete(): bool {
  return isComplete(trustedBase());
}
/** The same, where the trusted base is known. What is encrypted cannot be copied without its key. */
export function isComplete(base: u64): bool {
  return base === 0 && !kept.imagePrefix && !ringHasGap() && keyIsHere();
}
/** An error was passed on for this cartridge: what is on it is not what the server wrote. */
export function mediumDamaged(): bool {
  return kept.damaged;
}
export function setMediumDamaged(): void {
  kept.damaged = true;
}
