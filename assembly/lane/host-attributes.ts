/**
 * What servers have written into the memory of the mounted volume's cartridge (WRITE ATTRIBUTE): as the cartridge
 * had it when it was loaded, and every change since. Decides what of a cartridge's memory is the hosts', what is of
 * one partition, and what it is after a list. The lane's journal has the same on stable storage (journal.ts); a spare
 * that stands in gets it (procedure-attributes.ts). Attributes as attribute-list.ts has them, with the partition in
 * bits 2 to 6 of the flags (what is the volume's is in partition 0), by partition, then by identifier.
 */
import { logNumbers } from "../lib/action.ts";
import { LOG_ATTRIBUTES_LEFT } from "../spec/log-code.ts";
import {
  attributeIdentifier,
  attributeIsWhole,
  attributeLength,
  attributeNext,
  attributesEnd,
  LIST_HEAD_BYTES,
} from "./attribute-list.ts";
import { HOST_ATTRIBUTES_BYTES_MAX, KEPT_HOST_ATTRIBUTES, kept } from "./keep.ts";

// Host attributes, and those that are each host's own.
const HOST_FIRST: u32 = 0x0800;
const HOST_LAST: u32 = 0x0bff;
const VENDOR_FIRST: u32 = 0x1400;
const VENDOR_LAST: u32 = 0x17ff;
// Of one partition: its label, whether it may be loaded there, its coherency information.
const PARTITION_LABEL: u32 = 0x0809;
const PARTITION_LOAD: u32 = 0x080a;
const PARTITION_COHERENCY: u32 = 0x080c;
/** READ ONLY in the flags of an attribute; the format is below it. */
const READ_ONLY: u32 = 0x80;
const FORMAT: u32 = 0x03;
const FLAGS_AT: u32 = 2;
const PARTITION_SHIFT: u32 = 2;

/** What they are going to be: room for what is kept, and a whole list (4096 bytes). */
const NEXT: usize = memory.data(5000, 8);
let nextBytes: u32 = 0;

export function isHostAttribute(identifier: u32): bool {
  if (identifier >= VENDOR_FIRST) return identifier <= VENDOR_LAST;
  return identifier >= HOST_FIRST && identifier <= HOST_LAST;
}
/** The hosts' and with a value, at `at` in READ ATTRIBUTE data: servers can write it. */
export function isWritable(at: u32): bool {
  const isFixed = ((load<u8>(at + FLAGS_AT) as u32) & READ_ONLY) !== 0;
  return !isFixed && attributeLength(at) > 0 && isHostAttribute(attributeIdentifier(at));
}
/**
 * Each partition has its own; all others are the volume's, whichever partition they are written in. HP's and Quantum's
 * references call label and load "of the partition specified in the CDB"; LTFS writes coherency information into each.
 */
export function isOfPartition(identifier: u32): bool {
  const isLabel = identifier === PARTITION_LABEL || identifier === PARTITION_LOAD;
  return isLabel || identifier === PARTITION_COHERENCY;
}
/** Where they are, and where they end. */
export function hostAttributes(): u32 {
  return KEPT_HOST_ATTRIBUTES;
}
export function hostAttributesEnd(): u32 {
  return KEPT_HOST_ATTRIBUTES + kept.hostAttributeBytes;
}
/** Where those of that partition begin; they end where those of the next one do. */
export function hostAttributesOf(partition: u32): u32 {
  return find(placeOf(0, partition), hostAttributes(), hostAttributesEnd());
}
/** The one at `at`, as it goes over the wire. */
export function hostAttributeOut(at: u32, to: u32): void {
  memory.copy(to, at, attributeNext(at) - at);
  store<u8>(to + FLAGS_AT, formatAt(at) as u8);
}

function formatAt(at: u32): u32 {
  return (load<u8>(at + FLAGS_AT) as u32) & FORMAT;
}
/** Their order. */
function placeOf(identifier: u32, partition: u32): u32 {
  return (partition << 16) | identifier;
}
/** The first one from `at` on that is not before that place. */
function find(place: u32, at: u32, end: u32): u32 {
  let next = at;
  while (next < end) {
    const partition = (load<u8>(next + FLAGS_AT) as u32) >> PARTITION_SHIFT;
    if (placeOf(attributeIdentifier(next), partition) >= place) break;
    next = attributeNext(next);
  }
  return next;
}

/** Begins with what they are. */
function plan(): void {
  nextBytes = kept.hostAttributeBytes;
  memory.copy(NEXT, KEPT_HOST_ATTRIBUTES, nextBytes);
}
/** Puts the one at `at` into NEXT, in place of what is there; without a value it is gone. */
function put(at: u32, partition: u32): void {
  const identifier = attributeIdentifier(at);
  const own = isOfPartition(identifier) ? partition : 0;
  const end = (NEXT as u32) + nextBytes;
  const to = find(placeOf(identifier, own), NEXT as u32, end);
  const after = find(placeOf(identifier, own) + 1, to, end);
  const bytes = attributeLength(at) > 0 ? attributeNext(at) - at : 0;
  memory.copy(to + bytes, after, end - after);
  nextBytes = nextBytes + bytes - (after - to);
  if (bytes === 0) return;
  memory.copy(to, at, bytes);
  store<u8>(to + FLAGS_AT, (formatAt(at) | (own << PARTITION_SHIFT)) as u8);
}

/**
 * Works out what they are after the list of WRITE ATTRIBUTE for that partition from `list` up to `end`, which is
 * right: one without a value is gone. False: that is more than can be kept.
 */
export function planHostAttributes(list: u32, end: u32, partition: u32): bool {
  plan();
  for (let next = list; next < end; next = attributeNext(next)) put(next, partition);
  return nextBytes <= HOST_ATTRIBUTES_BYTES_MAX;
}
/** The cartridge has taken the list: it is so from now on. */
export function takePlannedAttributes(): void {
  keepHostAttributes(NEXT as u32, nextBytes);
}
/** They are those in the `bytes` bytes at `from`, as many as can be kept (earlier programs kept 16 bytes more). */
export function keepHostAttributes(from: u32, bytes: u32): void {
  const end = from + min(bytes, HOST_ATTRIBUTES_BYTES_MAX);
  let next = from;
  while (attributeIsWhole(next, end)) next = attributeNext(next);
  memory.copy(KEPT_HOST_ATTRIBUTES, from, next - from);
  kept.hostAttributeBytes = next - from;
  kept.revision += 1;
}
/** The cartridge in the drive stands in and may lack them, or has them. */
export function oweHostAttributes(isOwed: bool): void {
  kept.hostAttributesOwed = isOwed;
}
export function hostAttributesOwed(): bool {
  return kept.hostAttributesOwed;
}
/** Nothing is known of them. */
export function forgetHostAttributes(): void {
  oweHostAttributes(false);
  keepHostAttributes(NEXT as u32, 0);
}
/**
 * They are what the volume's cartridge says: READ ATTRIBUTE data (values) of that partition, `bytes` bytes at `at`.
 * Partition 0 comes first, and says all that is the volume's.
 */
export function takeHostAttributes(at: u32, bytes: u32, partition: u32): void {
  const end = attributesEnd(at, bytes);
  let left: u32 = 0;
  plan();
  if (partition === 0) nextBytes = 0;
  for (let next = at + LIST_HEAD_BYTES; attributeIsWhole(next, end); next = attributeNext(next)) {
    const isOwn = partition === 0 || isOfPartition(attributeIdentifier(next));
    if (!isOwn || !isWritable(next)) continue;
    const hasRoom = nextBytes + (attributeNext(next) - next) <= HOST_ATTRIBUTES_BYTES_MAX;
    if (hasRoom) put(next, partition);
    else left += 1;
  }
  takePlannedAttributes();
  if (left > 0) logNumbers(LOG_ATTRIBUTES_LEFT, left, 0);
}
