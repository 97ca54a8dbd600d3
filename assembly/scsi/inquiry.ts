/** INQUIRY of a lane: the product data of its first drive, the lane's own serial number, for ever. */
import { inquiryAt, SERIAL_BYTES, serialAt } from "../lane/identity.ts";
import { cdb, cdbByte, replyParams, replySense } from "../lane/task.ts";
import { get16, put16, put32 } from "../lib/bytes.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import { DONE_SENSE_BYTES } from "../spec/event.ts";
import {
  VPD_DEVICE_IDENTIFICATION,
  VPD_EXTENDED_INQUIRY_DATA,
  VPD_LOGICAL_BLOCK_PROTECTION,
  VPD_MANUFACTURER_SERIAL_NUMBER,
  VPD_SEQUENTIAL_ACCESS_CAPABILITIES,
  VPD_SUPPORTED,
  VPD_TAPE_ALERT_SUPPORTED,
  VPD_UNIT_SERIAL_NUMBER,
} from "../spec/page-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";

/** Peripheral device type of a sequential-access device. */
const TYPE_TAPE: u8 = 1;
const REMOVABLE: u8 = 0x80;
const VERSION_SPC4: u8 = 6;
const RESPONSE_FORMAT: u8 = 2;
/** PROTECT: logical block protection can be chosen. */
const PROTECT: u8 = 0x01;
const COMMAND_QUEUE: u8 = 0x02;
const VENDOR_AT: u32 = 8;
const VENDOR_BYTES: u32 = 28;
/** Vendor and product in a T10 designator. */
const NAME_BYTES: u32 = 24;
/** What the unit keeps to: SAM-5, SPC-4, SSC-4, iSCSI; numbers as sg3_utils has them. */
const VERSIONS_AT: u32 = 58;
const STANDARD_BYTES: u32 = 74;

const ENABLE_VITAL_DATA: u32 = 0x01;
const COMMAND_DATA: u32 = 0x02;

// Designators (VPD 83h): code set, type, and whose they are.
const BINARY: u8 = 1;
const ASCII: u8 = 2;
const DESIGNATOR_T10: u8 = 1;
const DESIGNATOR_NAA: u8 = 3;
const DESIGNATOR_RELATIVE_PORT: u8 = 4;
/** PIV, and the association with the target port that the command came by. */
const OF_TARGET_PORT: u8 = 0x90;
/** In the upper half of a code set byte that PIV goes with. */
const PROTOCOL_ISCSI: u8 = 0x50;
const NAA_BYTES: u32 = 8;
const PORT_BYTES: u32 = 4;
const RELATIVE_PORT: u8 = 1;

const EXTENDED_BYTES: u32 = 60;
const SIMPLE_TASKS: u8 = 0x01;
/** SPT: of a tape, the same as PROTECT. */
const PROTECTION_TYPE: u8 = 0x08;
// Behind four reserved bytes one method: how long its descriptor is, CRC32C, bytes of a word, in writes and reads.
const PROTECTION_BYTES: u32 = 8;
const METHOD_CRC32C: u32 = 0x030204c0;
const FLAGS_BYTES: u32 = 8;

/** INQUIRY: standard data, or a vital product data page. */
export function inquiry(): void {
  const allocation = get16(cdb() + 3);
  const page = cdbByte(2);
  const isVital = (cdbByte(1) & ENABLE_VITAL_DATA) !== 0;
  const isOdd = (cdbByte(1) & COMMAND_DATA) !== 0 || (!isVital && page !== 0);
  if (isOdd) replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
  else if (!isVital) standard(allocation);
  else vital(page, allocation);
}

function vital(page: u32, allocation: u32): void {
  if (page === VPD_SUPPORTED) supported(allocation);
  else if (page === VPD_UNIT_SERIAL_NUMBER || page === VPD_MANUFACTURER_SERIAL_NUMBER) {
    memory.copy(begin(page, SERIAL_BYTES, allocation), serialAt(), SERIAL_BYTES);
  } else if (page === VPD_DEVICE_IDENTIFICATION) identification(allocation);
  else if (page === VPD_EXTENDED_INQUIRY_DATA) extended(allocation);
  else if (page === VPD_SEQUENTIAL_ACCESS_CAPABILITIES) begin(page, 2, allocation);
  else if (page === VPD_LOGICAL_BLOCK_PROTECTION) {
    put32(begin(page, PROTECTION_BYTES, allocation) + 4, METHOD_CRC32C);
  } else if (page === VPD_TAPE_ALERT_SUPPORTED) {
    memory.fill(begin(page, FLAGS_BYTES, allocation), 0xff, FLAGS_BYTES);
  } else replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
}

function standard(allocation: u32): void {
  const at = replyParams(STANDARD_BYTES, allocation);
  store<u8>(at, TYPE_TAPE);
  store<u8>(at + 1, REMOVABLE);
  store<u8>(at + 2, VERSION_SPC4);
  store<u8>(at + 3, RESPONSE_FORMAT);
  store<u8>(at + 4, (STANDARD_BYTES - 5) as u8);
  store<u8>(at + 5, PROTECT);
  store<u8>(at + 7, COMMAND_QUEUE);
  memory.copy(at + VENDOR_AT, inquiryAt() + VENDOR_AT, VENDOR_BYTES);
  put16(at + VERSIONS_AT, 0x00a0);
  put16(at + VERSIONS_AT + 2, 0x0460);
  put16(at + VERSIONS_AT + 4, 0x0520);
  put16(at + VERSIONS_AT + 6, 0x0960);
}

/** A page with so many bytes behind its header; answers where they go. */
function begin(code: u32, bytes: u32, allocation: u32): u32 {
  const at = replyParams(4 + bytes, allocation);
  store<u8>(at, TYPE_TAPE);
  store<u8>(at + 1, code as u8);
  put16(at + 2, bytes);
  return at + 4;
}

function supported(allocation: u32): void {
  const at = begin(VPD_SUPPORTED, 8, allocation);
  store<u8>(at, VPD_SUPPORTED as u8);
  store<u8>(at + 1, VPD_UNIT_SERIAL_NUMBER as u8);
  store<u8>(at + 2, VPD_DEVICE_IDENTIFICATION as u8);
  store<u8>(at + 3, VPD_EXTENDED_INQUIRY_DATA as u8);
  store<u8>(at + 4, VPD_SEQUENTIAL_ACCESS_CAPABILITIES as u8);
  store<u8>(at + 5, VPD_MANUFACTURER_SERIAL_NUMBER as u8);
  store<u8>(at + 6, VPD_TAPE_ALERT_SUPPORTED as u8);
  store<u8>(at + 7, VPD_LOGICAL_BLOCK_PROTECTION as u8);
}

/** The head of a designator; answers where its bytes go. */
function designator(at: u32, codeSet: u8, type: u8, bytes: u32): u32 {
  store<u8>(at, codeSet);
  store<u8>(at + 1, type);
  store<u8>(at + 3, bytes as u8);
  return at + 4;
}

/**
 * A T10 vendor designator (vendor, product, serial number), which the changer gives for the drive too, a
 * locally assigned NAA from the serial number, and the port's number.
 */
function identification(allocation: u32): void {
  const named = NAME_BYTES + SERIAL_BYTES;
  const bytes = 4 + named + 4 + NAA_BYTES + 4 + PORT_BYTES;
  const at = begin(VPD_DEVICE_IDENTIFICATION, bytes, allocation);
  const name = designator(at, ASCII, DESIGNATOR_T10, named);
  memory.copy(name, inquiryAt() + VENDOR_AT, NAME_BYTES);
  memory.copy(name + NAME_BYTES, serialAt(), SERIAL_BYTES);
  const naa = designator(name + named, BINARY, DESIGNATOR_NAA, NAA_BYTES);
  let hash: u64 = 0xcbf29ce484222325;
  for (let i: u32 = 0; i < SERIAL_BYTES; i++) {
    hash = (hash ^ (load<u8>(serialAt() + i) as u64)) * 0x100000001b3;
  }
  store<u64>(naa, bswap<u64>((hash & 0x0fffffffffffffff) | 0x3000000000000000));
  const type = OF_TARGET_PORT | DESIGNATOR_RELATIVE_PORT;
  const port = designator(naa + NAA_BYTES, PROTOCOL_ISCSI | BINARY, type, PORT_BYTES);
  store<u8>(port + 3, RELATIVE_PORT);
}

/** Logical block protection; simple task attributes; the most sense data there can be; nothing else of what the page offers. */
function extended(allocation: u32): void {
  const at = begin(VPD_EXTENDED_INQUIRY_DATA, EXTENDED_BYTES, allocation);
  store<u8>(at, PROTECTION_TYPE);
  store<u8>(at + 1, SIMPLE_TASKS);
  store<u8>(at + 9, DONE_SENSE_BYTES as u8);
}
