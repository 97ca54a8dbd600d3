/**
 * INQUIRY and REPORT LUNS of the changer: the real changer's vendor, product and revision, the bridge's
 * own serial number, which is derived from the real one and never changes.
 */
import { put16, put32 } from "../lib/bytes.ts";
import { crc32c } from "../lib/crc32c.ts";
import { DEVICE_ROBOT } from "../spec/abi.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import {
  DESIGNATOR_CODE_ASCII,
  DESIGNATOR_CODE_BINARY,
  DESIGNATOR_TYPE_NAA,
  DESIGNATOR_TYPE_T10,
  DEVICE_TYPE_CHANGER,
} from "../spec/element.ts";
import {
  VPD_DEVICE_IDENTIFICATION,
  VPD_SUPPORTED,
  VPD_UNIT_SERIAL_NUMBER,
} from "../spec/page-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { deviceInquiry, deviceSerial, serialLength } from "./drive-table.ts";
import { laneCount } from "./lane-table.ts";
import { replyData, replySense } from "./reply.ts";

const INQUIRY_BYTES: u32 = 36;
const REMOVABLE: u32 = 0x80;
/** SPC-4, response data format 2. */
const VERSION: u32 = 6;
const RESPONSE_FORMAT: u32 = 2;
/** Byte 7: commands are queued. */
const CMDQUE: u32 = 2;
const VENDOR_PRODUCT_BYTES: u32 = 24;
/** "USTCHG" and eight hexadecimal digits. */
const SERIAL_BYTES: u32 = 14;
/** NAA 3h, locally assigned: "UST", then 'C' and the same number as in the serial number. */
const NAA_HIGH: u32 = 0x35553543;

function robotNumber(): u32 {
  const at = deviceSerial(DEVICE_ROBOT);
  return crc32c(at, serialLength(at, 32));
}
function putDigit(at: u32, digit: u32): void {
  store<u8>(at, (digit < 10 ? 0x30 + digit : 0x37 + digit) as u8);
}
/** The changer's serial number towards the server, SERIAL_BYTES. */
function putSerial(at: u32): void {
  put32(at, 0x55535443);
  put16(at + 4, 0x4847);
  const number = robotNumber();
  for (let i: u32 = 0; i < 8; i++) putDigit(at + 6 + i, (number >> (28 - (i << 2))) & 0xf);
}

function standard(task: u32, allocation: u32, expected: u32): void {
  const at = replyData(task, INQUIRY_BYTES, allocation, expected);
  memory.copy(at, deviceInquiry(DEVICE_ROBOT), INQUIRY_BYTES);
  store<u8>(at, DEVICE_TYPE_CHANGER as u8);
  store<u8>(at + 1, REMOVABLE as u8);
  store<u8>(at + 2, VERSION as u8);
  store<u8>(at + 3, RESPONSE_FORMAT as u8);
  store<u32>(at + 4, INQUIRY_BYTES - 5);
  store<u8>(at + 7, CMDQUE as u8);
}
function page(task: u32, code: u32, bytes: u32, allocation: u32, expected: u32): u32 {
  const at = replyData(task, bytes + 4, allocation, expected);
  store<u8>(at, DEVICE_TYPE_CHANGER as u8);
  store<u8>(at + 1, code as u8);
  put16(at + 2, bytes);
  return at + 4;
}
function putDesignator(at: u32, codeSet: u32, type: u32, bytes: u32): u32 {
  store<u8>(at, codeSet as u8);
  store<u8>(at + 1, type as u8);
  store<u8>(at + 3, bytes as u8);
  return at + 4;
}
function identification(task: u32, allocation: u32, expected: u32): void {
  const named = VENDOR_PRODUCT_BYTES + SERIAL_BYTES;
  const at = page(task, VPD_DEVICE_IDENTIFICATION, 4 + named + 12, allocation, expected);
  const text = putDesignator(at, DESIGNATOR_CODE_ASCII, DESIGNATOR_TYPE_T10, named);
  memory.copy(text, deviceInquiry(DEVICE_ROBOT) + 8, VENDOR_PRODUCT_BYTES);
  putSerial(text + VENDOR_PRODUCT_BYTES);
  const naa = putDesignator(text + named, DESIGNATOR_CODE_BINARY, DESIGNATOR_TYPE_NAA, 8);
  put32(naa, NAA_HIGH);
  put32(naa + 4, robotNumber());
}

/** Answers INQUIRY; `cdb` is its address. */
export function replyInquiry(task: u32, cdb: u32, expected: u32): void {
  const vital = (load<u8>(cdb + 1) & 1) !== 0;
  const code = load<u8>(cdb + 2) as u32;
  const allocation = ((load<u8>(cdb + 3) as u32) << 8) | (load<u8>(cdb + 4) as u32);
  if (!vital && code === 0) return standard(task, allocation, expected);
  if (vital && code === VPD_SUPPORTED) {
    const at = page(task, code, 3, allocation, expected);
    store<u8>(at + 1, VPD_UNIT_SERIAL_NUMBER as u8);
    store<u8>(at + 2, VPD_DEVICE_IDENTIFICATION as u8);
    return;
  }
  if (vital && code === VPD_UNIT_SERIAL_NUMBER) {
    return putSerial(page(task, code, SERIAL_BYTES, allocation, expected));
  }
  if (vital && code === VPD_DEVICE_IDENTIFICATION)
    return identification(task, allocation, expected);
  replySense(task, KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
}

/** The largest SELECT REPORT value: all logical units. */
const SELECT_ALL: u32 = 2;
const SELECT_WELL_KNOWN: u32 = 1;
const LUN_BYTES: u32 = 8;
const ALLOCATION_MIN: u32 = 16;

/** Answers REPORT LUNS: 0 the changer, 1 to N the lanes; there is no well known logical unit. */
export function replyLuns(task: u32, select: u32, allocation: u32, expected: u32): void {
  if (select > SELECT_ALL || allocation < ALLOCATION_MIN) {
    return replySense(task, KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
  }
  const count: u32 = select === SELECT_WELL_KNOWN ? 0 : laneCount() + 1;
  const at = replyData(task, LUN_BYTES * (count + 1), allocation, expected);
  put32(at, count * LUN_BYTES);
  for (let n: u32 = 0; n < count; n++) store<u8>(at + LUN_BYTES * (n + 1) + 1, n as u8);
}
