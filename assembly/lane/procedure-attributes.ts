/**
 * Makes what hosts have written into a cartridge's memory on one that stands in what it was on the volume's own:
 * for each partition READ ATTRIBUTE from the first host attribute on, then WRITE ATTRIBUTE of what differs; what
 * another life has left there goes. The cartridge is divided as the volume is. A drive that knows no such command or
 * attribute is no failure, and the log has it; a memory that cannot be read or written is the cartridge's.
 */
import { logNumbers } from "../lib/action.ts";
import { put16, put32 } from "../lib/bytes.ts";
import { senseKey, senseWord } from "../scsi/sense-reader.ts";
import { PROFILE_ATTRIBUTES } from "../spec/drive-profile.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import { LOG_ATTRIBUTES_REFUSED } from "../spec/log-code.ts";
import { OP_READ_ATTRIBUTE, OP_WRITE_ATTRIBUTE } from "../spec/operation-code.ts";
import { KEY_ILLEGAL_REQUEST, KEY_UNIT_ATTENTION } from "../spec/sense-key.ts";
import {
  ATTRIBUTE_HEAD_BYTES,
  attributeIdentifier,
  attributeIsWhole,
  attributeNext,
  attributesEnd,
  LIST_HEAD_BYTES,
} from "./attribute-list.ts";
import {
  commandIn,
  commandOut,
  deviceDataAt,
  deviceDataBytes,
  deviceGood,
  deviceResult,
  driveLimitMs,
  OWNER_PROCEDURE,
  profile,
} from "./device.ts";
import {
  hostAttributeOut,
  hostAttributesOf,
  isOfPartition,
  isWritable,
  oweHostAttributes,
} from "./host-attributes.ts";
import { volumeSerial } from "./medium-identity.ts";
import { partitionCount } from "./partition.ts";
import {
  countTry,
  finish,
  OUTCOME_DONE,
  OUTCOME_NO_ANSWER,
  OUTCOME_SENSE,
  pc,
  procedureDevice,
  setPc,
} from "./procedure-state.ts";

const FIRST_HOST_ATTRIBUTE: u32 = 0x0800;
const BARCODE: u32 = 0x0806;
const ANSWER_BYTES_MAX: u32 = 8192;
const TRIES_MAX: u32 = 8;
const CDB_BYTES: u32 = 16;
const PARTITION_AT: u32 = 7;
/** Of the value, in an attribute. */
const LENGTH_AT: u32 = 3;
/** All that is kept, and the heads of what goes. */
const LIST_BYTES_MAX: u32 = 2048;
const LIST: usize = memory.data(2048, 8);
let listBytes: u32 = 0;
/** The one that it is at. */
let partition: u32 = 0;

const ASKED: u32 = 1;
const WRITTEN: u32 = 2;

/** One step further. */
export function advanceAttributes(): bool {
  if (pc() === 0) {
    partition = 0;
    return (profile() & PROFILE_ATTRIBUTES) === 0 ? done() : ask();
  }
  if (deviceResult() !== RESULT_ANSWERED) return finish(OUTCOME_NO_ANSWER);
  if (!deviceGood()) return refused();
  return pc() === ASKED && listDiffers() ? write() : next();
}

function next(): bool {
  partition += 1;
  return partition < partitionCount() ? ask() : done();
}

function done(): bool {
  oweHostAttributes(false);
  return finish(OUTCOME_DONE);
}

function refused(): bool {
  if (senseKey() === KEY_UNIT_ATTENTION && countTry() < TRIES_MAX) return ask();
  logNumbers(LOG_ATTRIBUTES_REFUSED, procedureDevice(), senseWord());
  return senseKey() === KEY_ILLEGAL_REQUEST ? next() : finish(OUTCOME_SENSE);
}

function ask(): bool {
  const cdb = commandIn(
    OWNER_PROCEDURE,
    procedureDevice(),
    OP_READ_ATTRIBUTE,
    ANSWER_BYTES_MAX,
    driveLimitMs(),
  );
  store<u8>(cdb + PARTITION_AT, partition as u8);
  put16(cdb + 8, FIRST_HOST_ATTRIBUTE);
  put32(cdb + 10, ANSWER_BYTES_MAX);
  setPc(ASKED);
  return true;
}

function write(): bool {
  const limit = driveLimitMs();
  const cdb = commandOut(OWNER_PROCEDURE, procedureDevice(), OP_WRITE_ATTRIBUTE, listBytes, limit);
  store<u8>(cdb + PARTITION_AT, partition as u8);
  put32(cdb + 10, listBytes);
  memory.copy(cdb + CDB_BYTES, LIST, listBytes);
  setPc(WRITTEN);
  return true;
}

/** Where one more of `bytes` bytes is in the list; 0: there is no room. */
function room(bytes: u32): u32 {
  if (listBytes + bytes > LIST_BYTES_MAX) return 0;
  listBytes += bytes;
  return (LIST as u32) + listBytes - bytes;
}
/** The one that is kept at `own`, where the cartridge has not the same at `there` (0: it has none). */
function add(own: u32, there: u32): void {
  const bytes = attributeNext(own) - own;
  const to = room(bytes);
  if (to === 0) return;
  hostAttributeOut(own, to);
  const isSame = there !== 0 && attributeNext(there) - there === bytes;
  if (isSame && memory.compare(to, there, bytes) === 0) listBytes -= bytes;
}
/** The attribute at `at` has no value any more; a barcode only where the volume's own memory was read, and has none. */
function remove(at: u32): void {
  const identifier = attributeIdentifier(at);
  const isVolumes = partition !== 0 && !isOfPartition(identifier);
  const isOwn = identifier === BARCODE && volumeSerial() === 0;
  if (isVolumes || isOwn || !isWritable(at)) return;
  const to = room(ATTRIBUTE_HEAD_BYTES);
  if (to === 0) return;
  memory.copy(to, at, ATTRIBUTE_HEAD_BYTES);
  put16(to + LENGTH_AT, 0);
}

/** Makes the list of what is not on the cartridge as it should be; false: everything is. */
function listDiffers(): bool {
  let there = deviceDataAt() + LIST_HEAD_BYTES;
  const thereEnd = attributesEnd(deviceDataAt(), deviceDataBytes());
  let own = hostAttributesOf(partition);
  const ownEnd = hostAttributesOf(partition + 1);
  listBytes = LIST_HEAD_BYTES;
  while (own < ownEnd || attributeIsWhole(there, thereEnd)) {
    const hasThere = attributeIsWhole(there, thereEnd);
    const order = !hasThere
      ? -1
      : own >= ownEnd
        ? 1
        : (attributeIdentifier(own) as i32) - (attributeIdentifier(there) as i32);
    if (order > 0) remove(there);
    else add(own, order === 0 ? there : 0);
    if (order <= 0) own = attributeNext(own);
    if (order >= 0) there = attributeNext(there);
  }
  put32(LIST as u32, listBytes - LIST_HEAD_BYTES);
  return listBytes > LIST_HEAD_BYTES;
}
