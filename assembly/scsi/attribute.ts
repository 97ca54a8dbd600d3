/**
 * READ ATTRIBUTE: the drive's answer. Of a cartridge that stands in for the volume's own one it gives the volume's
 * barcode and serial number, which the changer keeps; everything else is that cartridge's. Bytes: SPC as sg3_utils has them.
 */
import { attributeBytes, attributeFind } from "../lane/attribute-list.ts";
import {
  commandIn,
  currentDrive,
  deviceDataAt,
  deviceDataBytes,
  deviceGood,
  driveLimitMs,
  OWNER_TASK,
} from "../lane/device.ts";
import { realTag, standsIn, virtualTag } from "../lane/medium.ts";
import { SERIAL_NUMBER, volumeSerial } from "../lane/medium-identity.ts";
import {
  cdb,
  cdbByte,
  PHASE_DEVICE,
  replyBusy,
  replyParams,
  replySense,
  setTaskPhase,
} from "../lane/task.ts";
import { get32, put32 } from "../lib/bytes.ts";
import { recovering } from "../recovery/state.ts";
import { PARAM_IN_BYTES, VOLUME_TAG_BYTES } from "../spec/abi.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import { DONE_DATA_AT } from "../spec/event.ts";
import { OP_READ_ATTRIBUTE } from "../spec/operation-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { drivesMatter, mayAsk, passRefusal } from "./forward.ts";
import { isPartition } from "./partition-change.ts";

/** What is asked for of the drive, whatever the server has room for: no cartridge's memory holds more. */
const ANSWER_BYTES_MAX: u32 = PARAM_IN_BYTES - DONE_DATA_AT;
const SERVICE_ACTION: u32 = 0x1f;
const VALUES: u32 = 0x00;
// Lists of what the cartridge has: they are of no partition.
const VOLUMES: u32 = 0x02;
const PARTITIONS: u32 = 0x03;
const PARTITION_AT: u32 = 7;
const ALLOCATION_AT: u32 = 10;
const BARCODE: u32 = 0x0806;
const BLANK: u8 = 0x20;

/** Asks the drive when it is free; while a recovery runs there is none to ask. */
export function readAttribute(): void {
  if (recovering()) {
    replyBusy();
    return;
  }
  if (isElsewhere()) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
    return;
  }
  if (!mayAsk()) return;
  const to = commandIn(
    OWNER_TASK,
    currentDrive(),
    OP_READ_ATTRIBUTE,
    ANSWER_BYTES_MAX,
    driveLimitMs(),
  );
  memory.copy(to, cdb(), 16);
  put32(to + ALLOCATION_AT, ANSWER_BYTES_MAX);
  setTaskPhase(PHASE_DEVICE);
}

/** In a partition that the cartridge has not. */
function isElsewhere(): bool {
  const action = cdbByte(1) & SERVICE_ACTION;
  return action !== VOLUMES && action !== PARTITIONS && !isPartition(cdbByte(PARTITION_AT));
}

/** The drive's answer. */
export function readAttributeDone(): void {
  if (drivesMatter()) return;
  if (deviceGood()) give();
  else passRefusal();
}

function give(): void {
  const bytes = deviceDataBytes();
  const at = replyParams(bytes, get32(cdb() + ALLOCATION_AT));
  memory.copy(at, deviceDataAt(), bytes);
  if ((cdbByte(1) & SERVICE_ACTION) !== VALUES || !standsIn()) return;
  const barcode = attributeFind(at, bytes, BARCODE);
  if (barcode !== 0 && isRealTag(barcode)) putText(at, bytes, BARCODE, virtualTag());
  if (volumeSerial() !== 0) putText(at, bytes, SERIAL_NUMBER, volumeSerial());
}
/** It is its own: nobody has written the volume's there. */
function isRealTag(value: u32): bool {
  return memory.compare(value, realTag(), min(attributeBytes(value), VOLUME_TAG_BYTES)) === 0;
}
/** Where the cartridge has that attribute at all: that is its own memory's matter. */
function putText(at: u32, bytes: u32, identifier: u32, text: u32): void {
  const value = attributeFind(at, bytes, identifier);
  if (value === 0) return;
  const length = attributeBytes(value);
  memory.fill(value, BLANK, length);
  memory.copy(value, text, min(length, VOLUME_TAG_BYTES));
}
