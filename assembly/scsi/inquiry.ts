/** INQUIRY of a lane: the product data of its first drive, the lane's own serial number, for ever. */
import { inquiryAt, SERIAL_BYTES, serialAt } from "../lane/identity.ts";
import { cdb, cdbByte, replyParams, replySense } from "../lane/task.ts";
import { get16, put16 } from "../lib/bytes.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import {
  VPD_DEVICE_IDENTIFICATION,
  VPD_SEQUENTIAL_ACCESS_CAPABILITIES,
  VPD_SUPPORTED,
  VPD_UNIT_SERIAL_NUMBER,
} from "../spec/page-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";

/** Peripheral device type of a sequential-access device. */
const TYPE_TAPE: u8 = 1;
const VERSION_SPC4: u8 = 6;
const STANDARD_BYTES: u32 = 64;
const VENDOR_AT: u32 = 8;
const VENDOR_BYTES: u32 = 28;
const NAA_BYTES: u32 = 8;

/** INQUIRY: standard data, or a vital product data page. */
export function inquiry(): void {
  const allocation = get16(cdb() + 3);
  const vital = (cdbByte(1) & 1) !== 0;
  if (!vital && cdbByte(2) === 0) {
    standard(allocation);
    return;
  }
  const page = cdbByte(2);
  if (!vital) replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
  else if (page === VPD_SUPPORTED) supported(allocation);
  else if (page === VPD_UNIT_SERIAL_NUMBER) serialNumber(allocation);
  else if (page === VPD_DEVICE_IDENTIFICATION) identification(allocation);
  else if (page === VPD_SEQUENTIAL_ACCESS_CAPABILITIES) capabilities(allocation);
  else replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
}

function standard(allocation: u32): void {
  const at = replyParams(STANDARD_BYTES, allocation);
  store<u8>(at, TYPE_TAPE);
  store<u8>(at + 1, 0x80);
  store<u8>(at + 2, VERSION_SPC4);
  store<u8>(at + 3, 0x02);
  store<u8>(at + 4, (STANDARD_BYTES - 5) as u8);
  store<u8>(at + 7, 0x02);
  memory.copy(at + VENDOR_AT, inquiryAt() + VENDOR_AT, VENDOR_BYTES);
}

function page(code: u32, bytes: u32, allocation: u32): u32 {
  const at = replyParams(4 + bytes, allocation);
  store<u8>(at, TYPE_TAPE);
  store<u8>(at + 1, code as u8);
  put16(at + 2, bytes);
  return at + 4;
}

function supported(allocation: u32): void {
  const at = page(VPD_SUPPORTED, 4, allocation);
  store<u8>(at, VPD_SUPPORTED as u8);
  store<u8>(at + 1, VPD_UNIT_SERIAL_NUMBER as u8);
  store<u8>(at + 2, VPD_DEVICE_IDENTIFICATION as u8);
  store<u8>(at + 3, VPD_SEQUENTIAL_ACCESS_CAPABILITIES as u8);
}

function serialNumber(allocation: u32): void {
  memory.copy(page(VPD_UNIT_SERIAL_NUMBER, SERIAL_BYTES, allocation), serialAt(), SERIAL_BYTES);
}

/** A T10 vendor designator (vendor, product, serial number) and a locally assigned NAA from the serial. */
function identification(allocation: u32): void {
  const t10 = 24 + SERIAL_BYTES;
  const at = page(VPD_DEVICE_IDENTIFICATION, 4 + t10 + 4 + NAA_BYTES, allocation);
  store<u8>(at, 0x02);
  store<u8>(at + 1, 0x01);
  store<u8>(at + 3, t10 as u8);
  memory.copy(at + 4, inquiryAt() + VENDOR_AT, 24);
  memory.copy(at + 28, serialAt(), SERIAL_BYTES);
  const naa = at + 4 + t10;
  store<u8>(naa, 0x01);
  store<u8>(naa + 1, 0x03);
  store<u8>(naa + 3, NAA_BYTES as u8);
  let hash: u64 = 0xcbf29ce484222325;
  for (let i: u32 = 0; i < SERIAL_BYTES; i++) {
    hash = (hash ^ (load<u8>(serialAt() + i) as u64)) * 0x100000001b3;
  }
  store<u64>(naa + 4, bswap<u64>((hash & 0x0fffffffffffffff) | 0x3000000000000000));
}

function capabilities(allocation: u32): void {
  page(VPD_SEQUENTIAL_ACCESS_CAPABILITIES, 2, allocation);
}
