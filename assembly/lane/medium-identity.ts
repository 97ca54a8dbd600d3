/**
 * What the mounted cartridge says of itself (its medium auxiliary memory): serial number, load count, how
 * much of it is used. Decides when an image of an earlier mount is this cartridge's, untouched since: the
 * same serial number, and loaded once since the bridge unloaded it. Everything may be unknown.
 */
import { get64 } from "../lib/bytes.ts";
import { crc32c } from "../lib/crc32c.ts";
import { imageLoads, imageSerial, setImageIdentity } from "../ring/image-table.ts";
import { VOLUME_TAG_BYTES } from "../spec/abi.ts";
import { attributeBytes, attributeFind } from "./attribute-list.ts";
import { KEPT_VOLUME_SERIAL, kept } from "./keep.ts";
import { standsIn } from "./medium.ts";
import { isDivided, setShown } from "./partition.ts";

const REMAINING_CAPACITY: u32 = 0x0000;
const MAXIMUM_CAPACITY: u32 = 0x0001;
const LOAD_COUNT: u32 = 0x0003;
export const SERIAL_NUMBER: u32 = 0x0401;
const BLANK: u8 = 0x20;

/** The changer knows it (at `from`, VOLUME_TAG_BYTES), or not (0): then the volume's own cartridge is asked. */
export function setVolumeSerial(from: u32): void {
  kept.volumeSerialKnown = from !== 0;
  if (from !== 0) memory.copy(KEPT_VOLUME_SERIAL, from, VOLUME_TAG_BYTES);
  else memory.fill(KEPT_VOLUME_SERIAL, BLANK, VOLUME_TAG_BYTES);
  kept.revision += 1;
}
/** Serial number of the volume's own cartridge, VOLUME_TAG_BYTES; 0: not known. */
export function volumeSerial(): u32 {
  return kept.volumeSerialKnown ? KEPT_VOLUME_SERIAL : 0;
}
/** What the cartridge says, where it is the volume's own. */
function noteVolumeSerial(value: u32): void {
  if (value === 0 || standsIn() || attributeBytes(value) > VOLUME_TAG_BYTES) return;
  setVolumeSerial(0);
  memory.copy(KEPT_VOLUME_SERIAL, value, attributeBytes(value));
  kept.volumeSerialKnown = true;
}

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
  kept.capacityKnown = true;
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
  takeCapacity();
}
/** The capacities of the current partition. */
export function takeCapacity(): void {
  kept.remainingCapacity = remaining;
  kept.maximumCapacity = maximum;
  kept.capacityKnown = true;
}
/** Another partition is current: how much it holds has not been asked. */
export function forgetCapacity(): void {
  kept.remainingCapacity = 0;
  kept.maximumCapacity = 0;
  kept.capacityKnown = !isDivided();
}
/** It is to be asked before anything is written there: where it ends has to be known. */
export function capacityStale(): bool {
  return !kept.capacityKnown;
}
/** The server may see it: that of a partition. */
export function showCapacity(partition: u32): void {
  setShown(partition, remaining, maximum);
}
/** The same; a recovery may change the cartridge, and the volume has not been loaded more often by that. */
export function showLoads(): void {
  kept.shownLoads = loads;
}
/** Nothing of it is known to the server. */
export function showNothing(): void {
  kept.shownLoads = 0;
}
/** Reads READ ATTRIBUTE data (values) of `bytes` bytes at `at`. */
export function readAttributes(at: u32, bytes: u32): void {
  const name = attributeFind(at, bytes, SERIAL_NUMBER);
  serial = name === 0 ? 0 : crc32c(name, attributeBytes(name));
  noteVolumeSerial(name);
  loads = readNumber(at, bytes, LOAD_COUNT) as u32;
  remaining = readNumber(at, bytes, REMAINING_CAPACITY);
  maximum = readNumber(at, bytes, MAXIMUM_CAPACITY);
}
/** Zero where it is not said. */
function readNumber(at: u32, bytes: u32, identifier: u32): u64 {
  const value = attributeFind(at, bytes, identifier);
  return value !== 0 && attributeBytes(value) === 8 ? get64(value) : 0;
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
  // A divided one is made as it was by its partitions' sizes.
  if (isDivided()) return WHOLE_CAPACITY;
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
  return isThatCartridge(image) && imageLoads(image) + 1 === kept.mediumLoads;
}
/** It was right when its partition was left, on whatever cartridge. */
export function isBound(image: u32): bool {
  return imageSerial(image) !== 0;
}
/** Untouched, or the bridge has ended in between, and the cartridge has stayed where it was. */
export function isAsLeft(image: u32): bool {
  return isUntouched(image) || (isThatCartridge(image) && imageLoads(image) === kept.mediumLoads);
}
function isThatCartridge(image: u32): bool {
  return kept.mediumSerial !== 0 && imageSerial(image) === kept.mediumSerial;
}
/** The cartridge is about to be unloaded, or its partition left, and the image is what is on it. */
export function noteIdentity(image: u32): void {
  setImageIdentity(image, kept.mediumSerial, kept.mediumLoads);
}
