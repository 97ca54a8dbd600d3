/**
 * Reads the data of READ ELEMENT STATUS as libraries give them: by the descriptor length in each page
 * header, whatever the byte counts say (tgtd reports 8 bytes short). What is missing at the end of the
 * last descriptor counts as zero. Pages of other types than asked for are skipped.
 */
import { get16, get24 } from "../lib/bytes.ts";
import { DRIVE_COUNT_MAX, PARAM_IN_AT, PARAM_IN_BYTES } from "../spec/abi.ts";
import {
  DESCRIPTOR_ADDITIONAL_SENSE,
  DESCRIPTOR_DEVICE_BYTES,
  DESCRIPTOR_DEVICE_LENGTH,
  DESCRIPTOR_FIXED_BYTES,
  DESCRIPTOR_FLAGS,
  DESCRIPTOR_SOURCE,
  DESCRIPTOR_SOURCE_FLAGS,
  DESCRIPTOR_SVALID,
  DESCRIPTOR_TAG_BYTES,
  ELEMENT_HEADER_BYTES,
  ELEMENT_PAGE_AVOLTAG,
  ELEMENT_PAGE_BYTES,
  ELEMENT_PAGE_FLAGS,
  ELEMENT_PAGE_LENGTH,
  ELEMENT_PAGE_PVOLTAG,
  ELEMENT_PAGE_REPORT,
  ELEMENT_TYPE_DATA_TRANSFER,
} from "../spec/element.ts";
import { deviceKnown, deviceSerial, serialLength, setDriveElement } from "./drive-table.ts";
import { addElement, elementTag, findElement, seeElement } from "./element-table.ts";
import { NONE } from "./limits.ts";
import { tagErase, tagNormalize } from "./tag.ts";

let count: u32 = 0;
let last: u32 = 0;

/** Elements of the asked type in the data read last. */
export function readCount(): u32 {
  return count;
}
/** The highest address among them. */
export function readLast(): u32 {
  return last;
}

function contains(at: u32, bytes: u32, what: u32, length: u32): bool {
  for (let i: u32 = 0; i + length <= bytes; i++) {
    if (memory.compare(at + i, what, length) === 0) return true;
  }
  return false;
}
/** The drive whose serial number stands in the designator; of several the longest. */
function matchDrive(at: u32, bytes: u32): u32 {
  let best = NONE;
  let bestLength: u32 = 0;
  for (let d: u32 = 0; d < DRIVE_COUNT_MAX; d++) {
    if (!deviceKnown(d)) continue;
    const length = serialLength(deviceSerial(d), 32);
    if (length > bestLength && contains(at, bytes, deviceSerial(d), length)) {
      best = d;
      bestLength = length;
    }
  }
  return best;
}
function readDevice(element: u32, at: u32, bytes: u32): void {
  if (bytes <= DESCRIPTOR_DEVICE_BYTES) return;
  const given = load<u8>(at + DESCRIPTOR_DEVICE_LENGTH) as u32;
  const length = given < bytes - DESCRIPTOR_DEVICE_BYTES ? given : bytes - DESCRIPTOR_DEVICE_BYTES;
  if (length === 0) return;
  const device = matchDrive(at + DESCRIPTOR_DEVICE_BYTES, length);
  if (device !== NONE) setDriveElement(device, element);
}

function readDescriptor(type: u32, at: u32, bytes: u32, flags: u32, grow: bool): void {
  const address = get16(at);
  count += 1;
  if (address > last) last = address;
  const element = grow ? addElement(type, address) : findElement(type, address);
  if (element === NONE) return;
  const valid = ((load<u8>(at + DESCRIPTOR_SOURCE_FLAGS) as u32) & DESCRIPTOR_SVALID) !== 0;
  const source = valid ? get16(at + DESCRIPTOR_SOURCE) : 0;
  seeElement(
    element,
    load<u8>(at + DESCRIPTOR_FLAGS),
    get16(at + DESCRIPTOR_ADDITIONAL_SENSE),
    source,
  );
  let next: u32 = DESCRIPTOR_FIXED_BYTES;
  tagErase(elementTag(element));
  if ((flags & ELEMENT_PAGE_PVOLTAG) !== 0 && next + DESCRIPTOR_TAG_BYTES <= bytes) {
    tagNormalize(elementTag(element), at + next);
    next += DESCRIPTOR_TAG_BYTES;
  }
  if ((flags & ELEMENT_PAGE_AVOLTAG) !== 0) next += DESCRIPTOR_TAG_BYTES;
  if (grow && type === ELEMENT_TYPE_DATA_TRANSFER && next < bytes) {
    readDevice(element, at + next, bytes - next);
  }
}

/**
 * Reads `bytes` bytes at `at` (inside the parameters of the event) into the element table; `grow`:
 * unknown elements are added and drives matched to theirs.
 */
export function readElements(type: u32, at: u32, bytes: u32, grow: bool): void {
  count = 0;
  last = 0;
  const limit = PARAM_IN_AT + PARAM_IN_BYTES;
  const end = at + bytes < limit ? at + bytes : limit;
  memory.fill(end, 0, limit - end);
  let page = at + ELEMENT_HEADER_BYTES;
  while (page + ELEMENT_PAGE_BYTES < end) {
    const length = get16(page + ELEMENT_PAGE_LENGTH);
    if (length < DESCRIPTOR_FIXED_BYTES) return;
    let next = page + ELEMENT_PAGE_BYTES;
    const described = next + get24(page + ELEMENT_PAGE_REPORT);
    const flags = load<u8>(page + ELEMENT_PAGE_FLAGS) as u32;
    while (next < described && next + DESCRIPTOR_FIXED_BYTES <= end && next + length <= limit) {
      if (load<u8>(page) === (type as u8)) readDescriptor(type, next, length, flags, grow);
      next += length;
    }
    page = next;
  }
}
