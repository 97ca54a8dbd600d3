/**
 * The cartridge in the lane: whether it is there and ready, what it is called (virtual and real volume
 * tag), and whether its image in the ring is trusted. Keeps facts; mount.ts and the recovery change them.
 */
import { crc32c } from "../lib/crc32c.ts";
import { keep32, keep64, keepBytes, keepFlag } from "../lib/keep.ts";
import { imageBase, imageSelected } from "../ring/image-table.ts";
import { ringHasGap } from "../ring/writes.ts";
import { VOLUME_TAG_BYTES } from "../spec/abi.ts";

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

const VIRTUAL: usize = memory.data(32, 8);
const REAL: usize = memory.data(32, 8);

let state: u32 = MEDIUM_EMPTY;
let trusted: bool = false;
/** The tape goes on behind the image's end. */
let prefix: bool = false;
/** The server's position, a logical object identifier in partition 0. */
let position: u64 = 0;
let earlyWarning: bool = false;
let damaged: bool = false;

export function mediumState(): u32 {
  return state;
}
export function setMediumState(value: u32): void {
  state = value;
}
export function virtualTag(): u32 {
  return VIRTUAL as u32;
}
export function realTag(): u32 {
  return REAL as u32;
}
export function setTags(virtualAt: u32, realAt: u32): void {
  memory.copy(VIRTUAL, virtualAt, VOLUME_TAG_BYTES);
  memory.copy(REAL, realAt, VOLUME_TAG_BYTES);
  damaged = false;
}
export function setRealTag(at: u32): void {
  memory.copy(REAL, at, VOLUME_TAG_BYTES);
}
export function clearTags(): void {
  memory.fill(VIRTUAL, 0, VOLUME_TAG_BYTES);
  memory.fill(REAL, 0, VOLUME_TAG_BYTES);
}
/** A number that stands for the real cartridge in the failure history. */
export function cartridgeNumber(): u32 {
  return crc32c(REAL as u32, VOLUME_TAG_BYTES);
}
export function serverPosition(): u64 {
  return position;
}
export function setServerPosition(object: u64): void {
  position = object;
}
/** The ring's image of this cartridge was written in this mount, or compared with the tape. */
export function imageTrusted(): bool {
  return trusted && imageSelected() >= 0;
}
/** An image that is trusted, or not, anew reaches to the end of the tape unless somebody says otherwise. */
export function setImageTrusted(value: bool): void {
  trusted = value;
  prefix = false;
}
/** The image is only the beginning of what is on the tape. */
export function imageIsPrefix(): bool {
  return prefix && imageTrusted();
}
export function setImagePrefix(value: bool): void {
  prefix = value;
}
/** A copy of the whole cartridge can be made from the ring. */
export function imageComplete(): bool {
  return imageTrusted() && !prefix && imageBase(imageSelected()) === 0 && !ringHasGap();
}
/** An error was passed on for this cartridge: what is on it is not what the server wrote. */
export function mediumDamaged(): bool {
  return damaged;
}
export function setMediumDamaged(): void {
  damaged = true;
}
export function earlyWarned(): bool {
  return earlyWarning;
}
export function setEarlyWarning(value: bool): void {
  earlyWarning = value;
}
/** What outlives a trap (keep.ts). */
export function keepMedium(): void {
  state = keep32(state);
  trusted = keepFlag(trusted);
  prefix = keepFlag(prefix);
  position = keep64(position);
  earlyWarning = keepFlag(earlyWarning);
  damaged = keepFlag(damaged);
  keepBytes(VIRTUAL as u32, VOLUME_TAG_BYTES);
  keepBytes(REAL as u32, VOLUME_TAG_BYTES);
}
