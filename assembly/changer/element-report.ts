/**
 * READ ELEMENT STATUS towards the server, whole from the virtual inventory. Elements are reported in order
 * of their addresses, a page for each type; of what the allocation length has no room for only whole
 * descriptors.
 */
import { get16, get24, put16, put24 } from "../lib/bytes.ts";
import { VOLUME_TAG_BYTES } from "../spec/abi.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import {
  DESCRIPTOR_ACCESS,
  DESCRIPTOR_ADDITIONAL_SENSE,
  DESCRIPTOR_DEVICE_BYTES,
  DESCRIPTOR_DEVICE_LENGTH,
  DESCRIPTOR_EXCEPT,
  DESCRIPTOR_EXENAB,
  DESCRIPTOR_FIXED_BYTES,
  DESCRIPTOR_FLAGS,
  DESCRIPTOR_FULL,
  DESCRIPTOR_IMPEXP,
  DESCRIPTOR_INENAB,
  DESCRIPTOR_SOURCE,
  DESCRIPTOR_SOURCE_FLAGS,
  DESCRIPTOR_SVALID,
  DESCRIPTOR_TAG_BYTES,
  DESIGNATOR_CODE_ASCII,
  DESIGNATOR_TYPE_T10,
  ELEMENT_CDB_ALLOCATION,
  ELEMENT_CDB_COUNT,
  ELEMENT_CDB_OPTIONS,
  ELEMENT_CDB_START,
  ELEMENT_CDB_TYPE,
  ELEMENT_DVCID,
  ELEMENT_HEADER_ACTION,
  ELEMENT_HEADER_BYTES,
  ELEMENT_HEADER_COUNT,
  ELEMENT_HEADER_REPORT,
  ELEMENT_PAGE_BYTES,
  ELEMENT_PAGE_FLAGS,
  ELEMENT_PAGE_LENGTH,
  ELEMENT_PAGE_PVOLTAG,
  ELEMENT_PAGE_REPORT,
  ELEMENT_TYPE_ALL,
  ELEMENT_TYPE_DATA_TRANSFER,
  ELEMENT_TYPE_MASK,
  ELEMENT_TYPE_STORAGE,
  ELEMENT_VOLTAG,
} from "../spec/element.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { cartridgeSource, virtualTag } from "./cartridge-table.ts";
import { deviceInquiry, elementDrive } from "./drive-table.ts";
import {
  elementBase,
  elementCount,
  elementFlags,
  elementSense,
  findElement,
} from "./element-table.ts";
import { LANE_SERIAL_BYTES, laneAddress, laneCount, laneSerial } from "./lane-table.ts";
import { ADDRESS_NONE, NONE, STORAGE_BASE } from "./limits.ts";
import { replyData, replySense } from "./reply.ts";
import { hidden } from "./storage-map.ts";
import { elementLane, realElement, virtualAddress, virtualCartridge } from "./virtual.ts";
import { templateFinds } from "./volume-template.ts";

const TYPES: u32 = 4;
const VENDOR_PRODUCT_BYTES: u32 = 24;
const DESIGNATOR_BYTES: u32 = VENDOR_PRODUCT_BYTES + LANE_SERIAL_BYTES;
/** What of the real element's flags the server sees; FULL is decided here. */
const REAL_FLAGS: u32 =
  DESCRIPTOR_IMPEXP | DESCRIPTOR_EXCEPT | DESCRIPTOR_ACCESS | DESCRIPTOR_EXENAB | DESCRIPTOR_INENAB;

/** Elements to report of each type, by type code. */
const COUNTS: usize = memory.data(20, 4);
/** The types in order of their first addresses, u8 each. */
const ORDER: usize = memory.data(4);
let start: u32 = 0;
let voltag: bool = false;
let dvcid: bool = false;
let firstAddress: u32 = 0;
/** Only elements with a cartridge that the search finds (volume-template.ts). */
let searched: bool = false;
/** Where the next answer to the same search begins. */
let behind: u32 = 0;
/** The address where what is transferred ends. */
let wholeEnd: u32 = 0;

function shown(element: u32): bool {
  return !searched || templateFinds(virtualCartridge(element));
}
/** The lane with the lowest address above `above` (NONE: with the lowest), as virtual element. */
function laneAbove(above: u32): u32 {
  let best = NONE;
  for (let n: u32 = 1; n <= laneCount(); n++) {
    const address = laneAddress(n);
    if ((above !== NONE && address <= above) || !shown(n - 1)) continue;
    if (best === NONE || address < virtualAddress(best)) best = n - 1;
  }
  return best;
}
function isHidden(type: u32, element: u32): bool {
  return type === ELEMENT_TYPE_STORAGE && hidden(element - STORAGE_BASE);
}
/** The element of a type that follows one (NONE: the first), hidden ones left out; or NONE. */
function follow(type: u32, element: u32): u32 {
  if (type === ELEMENT_TYPE_DATA_TRANSFER) {
    return laneAbove(element === NONE ? NONE : virtualAddress(element));
  }
  const end = elementBase(type) + elementCount(type);
  let next = element === NONE ? elementBase(type) : element + 1;
  while (next < end && (isHidden(type, next) || !shown(next))) next += 1;
  return next < end ? next : NONE;
}
/** The same, from the starting address on. */
function firstOf(type: u32): u32 {
  let element = follow(type, NONE);
  while (element !== NONE && virtualAddress(element) < start) element = follow(type, element);
  return element;
}
function descriptorBytes(type: u32): u32 {
  const device = dvcid && type === ELEMENT_TYPE_DATA_TRANSFER ? DESIGNATOR_BYTES : 0;
  const tag = voltag ? DESCRIPTOR_TAG_BYTES : 0;
  return DESCRIPTOR_FIXED_BYTES + tag + DESCRIPTOR_DEVICE_BYTES + device;
}
function typeAt(place: u32): u32 {
  return load<u8>(ORDER + place);
}
/** The address that a type begins with, from the starting address on; ADDRESS_NONE where there is none. */
function firstAddressOf(type: u32): u32 {
  const element = firstOf(type);
  return element === NONE ? ADDRESS_NONE : virtualAddress(element);
}
function sortTypes(): void {
  for (let type: u32 = 1; type <= TYPES; type++) {
    let place = type - 1;
    while (place > 0 && firstAddressOf(typeAt(place - 1)) > firstAddressOf(type)) {
      store<u8>(ORDER + place, typeAt(place - 1) as u8);
      place -= 1;
    }
    store<u8>(ORDER + place, type as u8);
  }
}
/** Counts what is reported: at most `most` elements in all; answers the byte count of report. */
function countElements(asked: u32, most: u32): u32 {
  let left = most;
  let bytes: u32 = 0;
  firstAddress = ADDRESS_NONE;
  sortTypes();
  for (let place: u32 = 0; place < TYPES; place++) {
    const type = typeAt(place);
    let count: u32 = 0;
    if (asked === ELEMENT_TYPE_ALL || asked === type) {
      let element = firstOf(type);
      while (element !== NONE && left > 0) {
        if (virtualAddress(element) < firstAddress) firstAddress = virtualAddress(element);
        count += 1;
        left -= 1;
        element = follow(type, element);
      }
    }
    store<u32>(COUNTS + (type << 2), count);
    if (count > 0) bytes += ELEMENT_PAGE_BYTES + count * descriptorBytes(type);
  }
  return bytes;
}
/** How much of the answer an allocation length has room for, without cutting a header or a descriptor. */
function wholeBytes(allocation: u32): u32 {
  if (allocation < ELEMENT_HEADER_BYTES) return allocation;
  let end: u32 = ELEMENT_HEADER_BYTES;
  for (let place: u32 = 0; place < TYPES; place++) {
    const type = typeAt(place);
    const count = load<u32>(COUNTS + (type << 2));
    if (count === 0) continue;
    if (end + ELEMENT_PAGE_BYTES > allocation) return end;
    end += ELEMENT_PAGE_BYTES;
    const room = (allocation - end) / descriptorBytes(type);
    if (room < count) return end + room * descriptorBytes(type);
    end += count * descriptorBytes(type);
  }
  return end;
}

function putDesignator(at: u32, lane: u32): void {
  const own = findElement(ELEMENT_TYPE_DATA_TRANSFER, laneAddress(lane));
  const device = elementDrive(own);
  store<u8>(at, DESIGNATOR_CODE_ASCII as u8);
  store<u8>(at + 1, DESIGNATOR_TYPE_T10 as u8);
  store<u8>(at + DESCRIPTOR_DEVICE_LENGTH, DESIGNATOR_BYTES as u8);
  const text = at + DESCRIPTOR_DEVICE_BYTES;
  if (device !== NONE) memory.copy(text, deviceInquiry(device) + 8, VENDOR_PRODUCT_BYTES);
  memory.copy(text + VENDOR_PRODUCT_BYTES, laneSerial(lane), LANE_SERIAL_BYTES);
}
function putTag(at: u32, cartridge: u32): u32 {
  if (!voltag) return at;
  if (cartridge !== NONE) memory.copy(at, virtualTag(cartridge), VOLUME_TAG_BYTES);
  return at + DESCRIPTOR_TAG_BYTES;
}
/**
 * The source element is always valid where a cartridge is: the storage or import/export element that it
 * was moved from last, or its own place where nobody has moved it.
 */
function putSource(at: u32, element: u32, cartridge: u32): void {
  const known = cartridgeSource(cartridge);
  const inDrive = elementLane(element) !== 0;
  const source = known === 0 && !inDrive ? virtualAddress(element) : known;
  if (source === 0) return;
  store<u8>(at + DESCRIPTOR_SOURCE_FLAGS, DESCRIPTOR_SVALID as u8);
  put16(at + DESCRIPTOR_SOURCE, source);
}
function putDescriptor(at: u32, type: u32, element: u32): void {
  const cartridge = virtualCartridge(element);
  const lane = elementLane(element);
  const real = lane !== 0 ? NONE : realElement(element);
  const seen = real === NONE ? DESCRIPTOR_ACCESS : elementFlags(real) & REAL_FLAGS;
  put16(at, virtualAddress(element));
  store<u8>(at + DESCRIPTOR_FLAGS, (seen | (cartridge === NONE ? 0 : DESCRIPTOR_FULL)) as u8);
  if ((seen & DESCRIPTOR_EXCEPT) !== 0) put16(at + DESCRIPTOR_ADDITIONAL_SENSE, elementSense(real));
  if (cartridge !== NONE) putSource(at, element, cartridge);
  const next = putTag(at + DESCRIPTOR_FIXED_BYTES, cartridge);
  if (dvcid && type === ELEMENT_TYPE_DATA_TRANSFER) putDesignator(next, lane);
}
function putPage(at: u32, type: u32): u32 {
  const count = load<u32>(COUNTS + (type << 2));
  if (count === 0) return at;
  const bytes = descriptorBytes(type);
  store<u8>(at, type as u8);
  store<u8>(at + ELEMENT_PAGE_FLAGS, (voltag ? ELEMENT_PAGE_PVOLTAG : 0) as u8);
  put16(at + ELEMENT_PAGE_LENGTH, bytes);
  put24(at + ELEMENT_PAGE_REPORT, count * bytes);
  let next = at + ELEMENT_PAGE_BYTES;
  let element = firstOf(type);
  for (let i: u32 = 0; i < count; i++) {
    putDescriptor(next, type, element);
    next += bytes;
    if (next <= wholeEnd) behind = virtualAddress(element) + 1;
    element = follow(type, element);
  }
  return next;
}

function reply(task: u32, cdb: u32, expected: u32, asked: u32): u32 {
  voltag = ((load<u8>(cdb + ELEMENT_CDB_TYPE) as u32) & ELEMENT_VOLTAG) !== 0;
  const bytes = countElements(asked, get16(cdb + ELEMENT_CDB_COUNT));
  const whole = wholeBytes(get24(cdb + ELEMENT_CDB_ALLOCATION));
  const at = replyData(task, ELEMENT_HEADER_BYTES + bytes, whole, expected);
  wholeEnd = at + (whole < expected ? whole : expected);
  let count: u32 = 0;
  for (let type: u32 = 1; type <= TYPES; type++) count += load<u32>(COUNTS + (type << 2));
  put16(at, count === 0 ? 0 : firstAddress);
  put16(at + ELEMENT_HEADER_COUNT, count);
  put24(at + ELEMENT_HEADER_REPORT, bytes);
  let next = at + ELEMENT_HEADER_BYTES;
  for (let place: u32 = 0; place < TYPES; place++) next = putPage(next, typeAt(place));
  return at;
}
/** Answers READ ELEMENT STATUS; `cdb` is its address. */
export function replyElements(task: u32, cdb: u32, expected: u32): void {
  const asked = (load<u8>(cdb + ELEMENT_CDB_TYPE) as u32) & ELEMENT_TYPE_MASK;
  if (asked > ELEMENT_TYPE_DATA_TRANSFER) {
    return replySense(task, KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
  }
  searched = false;
  start = get16(cdb + ELEMENT_CDB_START);
  dvcid = ((load<u8>(cdb + ELEMENT_CDB_OPTIONS) as u32) & ELEMENT_DVCID) !== 0;
  reply(task, cdb, expected, asked);
}
/**
 * Answers REQUEST VOLUME ELEMENT ADDRESS with elements that the search finds, of a type (0: all), from an
 * address on; answers the address from which on nothing has been reported yet.
 */
export function replyMatching(
  task: u32,
  cdb: u32,
  expected: u32,
  type: u32,
  from: u32,
  action: u32,
): u32 {
  const asked = (load<u8>(cdb + ELEMENT_CDB_TYPE) as u32) & ELEMENT_TYPE_MASK;
  searched = true;
  behind = from;
  start = max(from, get16(cdb + ELEMENT_CDB_START));
  dvcid = false;
  // Two types that differ have no element in common.
  const both = type === asked || asked === ELEMENT_TYPE_ALL ? type : asked;
  const none = type !== ELEMENT_TYPE_ALL && both !== type;
  const at = reply(task, cdb, expected, none ? TYPES + 1 : both);
  store<u8>(at + ELEMENT_HEADER_ACTION, action as u8);
  return behind;
}
