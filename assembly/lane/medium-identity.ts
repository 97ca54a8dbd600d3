/**
 * What the mounted cartridge says of itself (its medium auxiliary memory): serial number, load count, how
 * much of it is used. Decides when an image of an earlier mount is this cartridge's, untouched since: the
 * same serial number, and loaded once since the bridge unloaded it. Everything may be unknown.
 */
import { get16, get32, get64 } from "../lib/bytes.ts";
import { crc32c } from "../lib/crc32c.ts";
import { imageLoads, imageSerial, setImageIdentity } from "../ring/image-table.ts";
import { kept } from "./keep.ts";

/** READ ATTRIBUTE values: available bytes (4), then identifier (2), flags (1), length (2), value. */
const ATTRIBUTES_AT: u32 = 4;
const ATTRIBUTE_HEAD_BYTES: u32 = 5;
const REMAINING_CAPACITY: u32 = 0x0000;
const MAXIMUM_CAPACITY: u32 = 0x0001;
const LOAD_COUNT: u32 = 0x0003;
const SERIAL_NUMBER: u32 = 0x0401;

/** Another cartridge of the same kind: who it is has not been asked yet. */
export function forgetSerial(): void {
  kept.mediumSerial = 0;
  kept.mediumLoads = 0;
}
/** Nothing is known of it. */
export function forgetIdentity(): void {
  forgetSerial();
  kept.remainingCapacity = 0;
  kept.maximumCapacity = 0;
}

// What the last READ ATTRIBUTE said; zero where it said nothing.
let serial: u32 = 0;
let loads: u32 = 0;
let remaining: u64 = 0;
let maximum: u64 = 0;

/** It is this cartridge's. */
export function takeAttributes(): void {
  kept.mediumSerial = serial;
  kept.mediumLoads = loads;
  kept.remainingCapacity = remaining;
  kept.maximumCapacity = maximum;
}
/** The server may see it. */
export function showCapacity(): void {
  kept.shownRemaining = remaining;
  kept.shownMaximum = maximum;
}
/** The same; a recovery may change the cartridge, and the volume has not been loaded more often by that. */
export function showLoads(): void {
  kept.shownLoads = loads;
}
/** Nothing of it is known to the server. */
export function showNothing(): void {
  kept.shownLoads = 0;
  kept.shownRemaining = 0;
  kept.shownMaximum = 0;
}
/** Reads READ ATTRIBUTE data of `bytes` bytes at `at`. */
export function readAttributes(at: u32, bytes: u32): void {
  serial = 0;
  loads = 0;
  remaining = 0;
  maximum = 0;
  if (bytes < ATTRIBUTES_AT) return;
  const end = at + min(bytes, get32(at) + ATTRIBUTES_AT);
  let next = at + ATTRIBUTES_AT;
  while (next + ATTRIBUTE_HEAD_BYTES <= end) {
    const length = get16(next + 3);
    const value = next + ATTRIBUTE_HEAD_BYTES;
    if (value + length > end) return;
    readAttribute(get16(next), value, length);
    next = value + length;
  }
}
function readAttribute(identifier: u32, value: u32, length: u32): void {
  if (identifier === SERIAL_NUMBER && length > 0) serial = crc32c(value, length);
  else if (length !== 8) return;
  else if (identifier === REMAINING_CAPACITY) remaining = get64(value);
  else if (identifier === MAXIMUM_CAPACITY) maximum = get64(value);
  else if (identifier === LOAD_COUNT) loads = get64(value) as u32;
}
/** Less than so many percent of the cartridge are used, or nobody knows (of 0 percent never). */
export function isUsedLess(percent: u32): bool {
  if (percent === 0) return false;
  if (kept.maximumCapacity === 0 || kept.remainingCapacity > kept.maximumCapacity) return true;
  return (
    (kept.maximumCapacity - kept.remainingCapacity) * 100 < (percent as u64) * kept.maximumCapacity
  );
}
/** A recovery begins: a spare shall hold no more than this cartridge. */
export function noteOwnCapacity(): void {
  kept.ownCapacity = kept.maximumCapacity;
}
/** All of a cartridge, in SET CAPACITY. */
export const WHOLE_CAPACITY: u32 = 65535;
/** A spare that holds so little more counts as long as the other. */
const ALIKE_PART: u64 = 64;
/** What SET CAPACITY is to leave of the spare in the drive; WHOLE_CAPACITY where nothing is to be done. */
export function capacityToSet(): u32 {
  const own = kept.ownCapacity;
  const has = kept.maximumCapacity;
  if (own === 0 || own + has / ALIKE_PART >= has) return WHOLE_CAPACITY;
  return ((own * WHOLE_CAPACITY) / has) as u32;
}
/** It is as short as the other now. */
export function capacityIsSet(): void {
  kept.maximumCapacity = kept.ownCapacity;
}
/** The image was right when this cartridge was last unloaded here, and nobody has loaded it since. */
export function isUntouched(image: u32): bool {
  return (
    kept.mediumSerial !== 0 &&
    imageSerial(image) === kept.mediumSerial &&
    imageLoads(image) + 1 === kept.mediumLoads
  );
}
/** The cartridge is about to be unloaded, and the image is what is on it. */
export function noteIdentity(image: u32): void {
  setImageIdentity(image, kept.mediumSerial, kept.mediumLoads);
}
