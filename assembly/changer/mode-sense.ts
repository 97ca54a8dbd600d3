/**
 * MODE SENSE of the changer: element addresses (1Dh), transport geometry (1Eh), capabilities (1Fh), as
 * the virtual library has them. Nothing can be changed or saved.
 */
import { get16, put16 } from "../lib/bytes.ts";
import {
  ASC_INVALID_FIELD_IN_CDB,
  ASC_SAVING_PARAMETERS_NOT_SUPPORTED,
} from "../spec/additional-sense.ts";
import {
  DEVICE_CAPABILITIES_PAGE_LENGTH,
  ELEMENT_ADDRESS_PAGE_LENGTH,
  ELEMENT_TYPE_IMPORT_EXPORT,
  ELEMENT_TYPE_MEDIUM_TRANSPORT,
  MODE_PAGE_DEVICE_CAPABILITIES,
  MODE_PAGE_ELEMENT_ADDRESS,
} from "../spec/element.ts";
import { OP_MODE_SENSE_6 } from "../spec/operation-code.ts";
import { MODE_PAGE_ALL } from "../spec/page-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { elementAddress, elementBase, elementCount } from "./element-table.ts";
import { laneAddress, laneCount } from "./lane-table.ts";
import { STORAGE_BASE } from "./limits.ts";
import { replyData, replySense } from "./reply.ts";
import { hidden, storageCount } from "./storage-map.ts";

/** No page: the header alone. */
const MODE_PAGE_NONE: u32 = 0;
const SUBPAGE_ALL: u32 = 0xff;
const CONTROL_CHANGEABLE: u32 = 1;
const CONTROL_SAVED: u32 = 3;
/** Element types as bits of the capabilities page: storage, import/export, drives hold media. */
const STORES: u32 = 0x0e;

function putRange(at: u32, first: u32, count: u32): void {
  put16(at, first);
  put16(at + 2, count);
}
function realRange(at: u32, type: u32): void {
  const count = elementCount(type);
  putRange(at, count === 0 ? 0 : elementAddress(elementBase(type)), count);
}
/** The storage elements that the server sees: the first address and how many. */
function storageRange(at: u32): void {
  let first: u32 = 0;
  let count: u32 = 0;
  for (let v: u32 = 0; v < storageCount(); v++) {
    if (hidden(v)) continue;
    if (count === 0) first = elementAddress(STORAGE_BASE + v);
    count += 1;
  }
  putRange(at, first, count);
}
function driveRange(at: u32): void {
  let first: u32 = laneAddress(1);
  for (let n: u32 = 2; n <= laneCount(); n++) if (laneAddress(n) < first) first = laneAddress(n);
  putRange(at, first, laneCount());
}

function putAddresses(at: u32): void {
  realRange(at + 2, ELEMENT_TYPE_MEDIUM_TRANSPORT);
  storageRange(at + 6);
  realRange(at + 10, ELEMENT_TYPE_IMPORT_EXPORT);
  driveRange(at + 14);
}
/** Moves and exchanges from each of storage, import/export, drives to each of them. */
function putCapabilities(at: u32): void {
  store<u8>(at + 2, STORES as u8);
  for (let i: u32 = 1; i <= 3; i++) {
    store<u8>(at + 4 + i, STORES as u8);
    store<u8>(at + 12 + i, STORES as u8);
  }
}
/** A page that the changer has. */
export function isModePage(code: u32): bool {
  return code >= MODE_PAGE_ELEMENT_ADDRESS && code <= MODE_PAGE_DEVICE_CAPABILITIES;
}
/** Bytes of a page with its first two. */
export function modePageBytes(code: u32): u32 {
  return 2 + pageLength(code);
}
function pageLength(code: u32): u32 {
  if (code === MODE_PAGE_ELEMENT_ADDRESS) return ELEMENT_ADDRESS_PAGE_LENGTH;
  if (code === MODE_PAGE_DEVICE_CAPABILITIES) return DEVICE_CAPABILITIES_PAGE_LENGTH;
  return elementCount(ELEMENT_TYPE_MEDIUM_TRANSPORT) << 1;
}
/** Writes a page at `at`, zeroed (transport geometry, between the others, is all zeros: nothing is turned over); the address behind it. */
export function putModePage(at: u32, code: u32, changeable: bool): u32 {
  store<u8>(at, code as u8);
  store<u8>(at + 1, pageLength(code) as u8);
  if (!changeable && code === MODE_PAGE_ELEMENT_ADDRESS) putAddresses(at);
  if (!changeable && code === MODE_PAGE_DEVICE_CAPABILITIES) putCapabilities(at);
  return at + modePageBytes(code);
}
function wanted(asked: u32, code: u32): bool {
  return asked === MODE_PAGE_ALL || asked === code;
}
function pagesBytes(asked: u32): u32 {
  let bytes: u32 = 0;
  for (let code = MODE_PAGE_ELEMENT_ADDRESS; code <= MODE_PAGE_DEVICE_CAPABILITIES; code++) {
    if (wanted(asked, code)) bytes += modePageBytes(code);
  }
  return bytes;
}

/** Answers MODE SENSE(6) and (10); `cdb` is its address. */
export function replyModeSense(task: u32, cdb: u32, expected: u32): void {
  const short = load<u8>(cdb) === (OP_MODE_SENSE_6 as u8);
  const control = (load<u8>(cdb + 2) as u32) >> 6;
  const asked = (load<u8>(cdb + 2) as u32) & 0x3f;
  const subpage = load<u8>(cdb + 3) as u32;
  const bytes = pagesBytes(asked);
  if (control === CONTROL_SAVED) {
    return replySense(task, KEY_ILLEGAL_REQUEST, ASC_SAVING_PARAMETERS_NOT_SUPPORTED);
  }
  // Page 00h is no page: the header alone, and no subpages.
  const noPage = bytes === 0 && (asked !== MODE_PAGE_NONE || subpage !== 0);
  if (noPage || (subpage !== 0 && subpage !== SUBPAGE_ALL)) {
    return replySense(task, KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
  }
  const header: u32 = short ? 4 : 8;
  const allocation = short ? (load<u8>(cdb + 4) as u32) : get16(cdb + 7);
  const at = replyData(task, header + bytes, allocation, expected);
  if (short) store<u8>(at, (header + bytes - 1) as u8);
  else put16(at, header + bytes - 2);
  let next = at + header;
  for (let code = MODE_PAGE_ELEMENT_ADDRESS; code <= MODE_PAGE_DEVICE_CAPABILITIES; code++) {
    if (wanted(asked, code)) next = putModePage(next, code, control === CONTROL_CHANGEABLE);
  }
}
