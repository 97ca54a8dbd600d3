/**
 * What servers have written into the memory of the mounted volume's cartridge (WRITE ATTRIBUTE): as the cartridge
 * had it when it was loaded, and every change since. Decides what of a cartridge's memory is the hosts', and
 * what it is after a list. The lane's journal has the same on stable storage (journal.ts); a spare that stands in
 * gets it (procedure-attributes.ts). Attributes as attribute-list.ts has them, in ascending order.
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
/** READ ONLY in the flags of an attribute; the format is below it. */
const READ_ONLY: u32 = 0x80;
const FORMAT: u32 = 0x03;
const FLAGS_AT: u32 = 2;

/** What they are going to be. */
const NEXT: usize = memory.data(904, 8);
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
/** Where they are, and where they end. */
export function hostAttributes(): u32 {
  return KEPT_HOST_ATTRIBUTES;
}
export function hostAttributesEnd(): u32 {
  return KEPT_HOST_ATTRIBUTES + kept.hostAttributeBytes;
}

/** One more in NEXT; false: there is no room. */
function push(at: u32): bool {
  const bytes = attributeNext(at) - at;
  if (nextBytes + bytes > HOST_ATTRIBUTES_BYTES_MAX) return false;
  const to = (NEXT as u32) + nextBytes;
  memory.copy(to, at, bytes);
  store<u8>(to + FLAGS_AT, ((load<u8>(at + FLAGS_AT) as u32) & FORMAT) as u8);
  nextBytes += bytes;
  return true;
}

/**
 * Works out what they are after the list of WRITE ATTRIBUTE from `list` up to `end`, which is right: one without a
 * value is gone. False: that is more than can be kept.
 */
export function planHostAttributes(list: u32, end: u32): bool {
  let old = hostAttributes();
  const oldEnd = hostAttributesEnd();
  let next = list;
  nextBytes = 0;
  while (old < oldEnd || next < end) {
    const isOld =
      next >= end || (old < oldEnd && attributeIdentifier(old) < attributeIdentifier(next));
    if (isOld) {
      if (!push(old)) return false;
      old = attributeNext(old);
      continue;
    }
    if (old < oldEnd && attributeIdentifier(old) === attributeIdentifier(next)) {
      old = attributeNext(old);
    }
    if (attributeLength(next) > 0 && !push(next)) return false;
    next = attributeNext(next);
  }
  return true;
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
/** They are what the volume's cartridge says: READ ATTRIBUTE data (values) of `bytes` bytes at `at`. */
export function takeHostAttributes(at: u32, bytes: u32): void {
  const end = attributesEnd(at, bytes);
  let left: u32 = 0;
  nextBytes = 0;
  for (let next = at + LIST_HEAD_BYTES; attributeIsWhole(next, end); next = attributeNext(next)) {
    if (isWritable(next) && !push(next)) left += 1;
  }
  takePlannedAttributes();
  if (left > 0) logNumbers(LOG_ATTRIBUTES_LEFT, left, 0);
}
