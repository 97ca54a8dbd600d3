/**
 * WRITE ATTRIBUTE: what hosts write into the cartridge's memory. The drive does it, and judges formats and lengths;
 * GOOD is said when the lane's journal has it on stable storage too, so that a spare that stands in gets it whatever
 * becomes of cartridge and bridge. A list is taken whole or not at all. Bytes: SPC as sg3_utils and LTFS have them.
 */
import {
  attributeIdentifier,
  attributeIsWhole,
  attributeNext,
  LIST_HEAD_BYTES,
} from "../lane/attribute-list.ts";
import { commandOut, currentDrive, deviceGood, driveLimitMs, OWNER_TASK } from "../lane/device.ts";
import {
  isHostAttribute,
  planHostAttributes,
  takePlannedAttributes,
} from "../lane/host-attributes.ts";
import { journalDurable, journalNote } from "../lane/journal.ts";
import {
  cdb,
  cdbByte,
  PHASE_DEVICE,
  PHASE_NEW,
  PHASE_PROCEDURE,
  receiveParams,
  replyBusy,
  replyGood,
  replyInvalidParameter,
  replySense,
  setTaskPhase,
  taskFirstLook,
  taskOutBytes,
} from "../lane/task.ts";
import { get32, put32 } from "../lib/bytes.ts";
import { eventA } from "../lib/event.ts";
import { recovering } from "../recovery/state.ts";
import { PARAM_IN_AT } from "../spec/abi.ts";
import {
  ASC_AUXILIARY_MEMORY_OUT_OF_SPACE,
  ASC_INVALID_FIELD_IN_CDB,
  ASC_PARAMETER_LIST_LENGTH_ERROR,
} from "../spec/additional-sense.ts";
import { OP_WRITE_ATTRIBUTE } from "../spec/operation-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { drivesMatter, mayAsk, passRefusal } from "./forward.ts";
import { isPartition } from "./partition-change.ts";

const CDB_BYTES: u32 = 16;
const VOLUME_AT: u32 = 5;
const PARTITION_AT: u32 = 7;
const LENGTH_AT: u32 = 10;
const LIST_BYTES_MAX: u32 = 4096;
/** The list of the command in work, while its drive is waited for. */
const LIST: usize = memory.data(4096, 8);
let listBytes: u32 = 0;

/** WRITE ATTRIBUTE: asks for the list, then gives it to the drive when that is free. */
export function writeAttribute(): void {
  // Another cartridge may be on its way: what is written now might be on neither.
  if (recovering()) replyBusy();
  else if (taskFirstLook()) begin();
  else if (mayAsk()) send();
}

function begin(): void {
  const bytes = get32(cdb() + LENGTH_AT);
  const isOther = cdbByte(VOLUME_AT) !== 0 || !isPartition(cdbByte(PARTITION_AT));
  if (isOther) replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
  else if (bytes === 0) replyGood();
  else if (bytes > LIST_BYTES_MAX || bytes > taskOutBytes()) refuseLength();
  else receiveParams(bytes);
}
function refuseLength(): void {
  replySense(KEY_ILLEGAL_REQUEST, ASC_PARAMETER_LIST_LENGTH_ERROR);
}

/** The list has come. */
export function writeAttributeData(): void {
  const bytes = eventA();
  const body = get32(PARAM_IN_AT);
  if (bytes < LIST_HEAD_BYTES || body > bytes - LIST_HEAD_BYTES) {
    refuseLength();
    return;
  }
  const end = PARAM_IN_AT + LIST_HEAD_BYTES + body;
  let last: u32 = 0;
  for (let at = PARAM_IN_AT + LIST_HEAD_BYTES; at < end; at = attributeNext(at)) {
    if (!attributeIsWhole(at, end)) {
      refuseLength();
      return;
    }
    const identifier = attributeIdentifier(at);
    if (identifier <= last || !isHostAttribute(identifier)) {
      replyInvalidParameter(at - PARAM_IN_AT);
      return;
    }
    last = identifier;
  }
  listBytes = LIST_HEAD_BYTES + body;
  memory.copy(LIST, PARAM_IN_AT, listBytes);
  setTaskPhase(PHASE_NEW);
}

function send(): void {
  const list = LIST as u32;
  const partition = cdbByte(PARTITION_AT);
  if (!planHostAttributes(list + LIST_HEAD_BYTES, list + listBytes, partition)) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_AUXILIARY_MEMORY_OUT_OF_SPACE);
    return;
  }
  const limit = driveLimitMs();
  const to = commandOut(OWNER_TASK, currentDrive(), OP_WRITE_ATTRIBUTE, listBytes, limit);
  memory.copy(to, cdb(), CDB_BYTES);
  put32(to + LENGTH_AT, listBytes);
  memory.copy(to + CDB_BYTES, LIST, listBytes);
  setTaskPhase(PHASE_DEVICE);
}

/** The drive's answer. */
export function writeAttributeDone(): void {
  if (drivesMatter()) return;
  if (!deviceGood()) {
    passRefusal();
    return;
  }
  takePlannedAttributes();
  journalNote();
  setTaskPhase(PHASE_PROCEDURE);
}

/** PHASE_PROCEDURE: answered when it is on stable storage. */
export function attributesKept(): bool {
  if (!journalDurable()) return false;
  replyGood();
  return true;
}
