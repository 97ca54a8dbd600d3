/**
 * Makes what hosts have written into a cartridge's memory on one that stands in what it was on the volume's own:
 * READ ATTRIBUTE from the first host attribute on, then WRITE ATTRIBUTE of what differs; what another life has left
 * there goes. A drive that knows no such command or attribute is no failure, and the log has it; a memory that cannot
 * be read or written is the cartridge's.
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
  hostAttributes,
  hostAttributesEnd,
  isWritable,
  oweHostAttributes,
} from "./host-attributes.ts";
import { volumeSerial } from "./medium-identity.ts";
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
/** All that is kept, and the heads of what goes. */
const LIST_BYTES_MAX: u32 = 2048;
const LIST: usize = memory.data(2048, 8);
let listBytes: u32 = 0;

const ASKED: u32 = 1;
const WRITTEN: u32 = 2;

/** One step further. */
export function advanceAttributes(): bool {
  if (pc() === 0) return (profile() & PROFILE_ATTRIBUTES) === 0 ? done() : ask();
  if (deviceResult() !== RESULT_ANSWERED) return finish(OUTCOME_NO_ANSWER);
  if (!deviceGood()) return refused();
  return pc() === ASKED && listDiffers() ? write() : done();
}

function done(): bool {
  oweHostAttributes(false);
  return finish(OUTCOME_DONE);
}

function refused(): bool {
  if (senseKey() === KEY_UNIT_ATTENTION && countTry() < TRIES_MAX) return ask();
  logNumbers(LOG_ATTRIBUTES_REFUSED, procedureDevice(), senseWord());
  return senseKey() === KEY_ILLEGAL_REQUEST ? done() : finish(OUTCOME_SENSE);
}

function ask(): bool {
  const cdb = commandIn(
    OWNER_PROCEDURE,
    procedureDevice(),
    OP_READ_ATTRIBUTE,
    ANSWER_BYTES_MAX,
    driveLimitMs(),
  );
  put16(cdb + 8, FIRST_HOST_ATTRIBUTE);
  put32(cdb + 10, ANSWER_BYTES_MAX);
  setPc(ASKED);
  return true;
}

function write(): bool {
  const limit = driveLimitMs();
  const cdb = commandOut(OWNER_PROCEDURE, procedureDevice(), OP_WRITE_ATTRIBUTE, listBytes, limit);
  put32(cdb + 10, listBytes);
  memory.copy(cdb + CDB_BYTES, LIST, listBytes);
  setPc(WRITTEN);
  return true;
}

/** One more in the list, `bytes` bytes of the attribute at `at`. */
function add(at: u32, bytes: u32): u32 {
  const to = (LIST as u32) + listBytes;
  if (listBytes + bytes > LIST_BYTES_MAX) return to;
  memory.copy(to, at, bytes);
  listBytes += bytes;
  return to;
}
/** The attribute at `at` has no value any more; a barcode only where the volume's own memory was read, and has none. */
function remove(at: u32): void {
  const isOwn = attributeIdentifier(at) === BARCODE && volumeSerial() === 0;
  if (isOwn || !isWritable(at)) return;
  put16(add(at, ATTRIBUTE_HEAD_BYTES) + 3, 0);
}
function isSame(one: u32, other: u32): bool {
  const bytes = attributeNext(one) - one;
  return attributeNext(other) - other === bytes && memory.compare(one, other, bytes) === 0;
}

/** Makes the list of what is not on the cartridge as it should be; false: everything is. */
function listDiffers(): bool {
  let there = deviceDataAt() + LIST_HEAD_BYTES;
  const thereEnd = attributesEnd(deviceDataAt(), deviceDataBytes());
  let own = hostAttributes();
  const ownEnd = hostAttributesEnd();
  listBytes = LIST_HEAD_BYTES;
  while (own < ownEnd || attributeIsWhole(there, thereEnd)) {
    const hasThere = attributeIsWhole(there, thereEnd);
    const order = !hasThere
      ? -1
      : own >= ownEnd
        ? 1
        : (attributeIdentifier(own) as i32) - (attributeIdentifier(there) as i32);
    if (order > 0) remove(there);
    else if (order < 0 || !isSame(own, there)) add(own, attributeNext(own) - own);
    if (order <= 0) own = attributeNext(own);
    if (order >= 0) there = attributeNext(there);
  }
  put32(LIST as u32, listBytes - LIST_HEAD_BYTES);
  return listBytes > LIST_HEAD_BYTES;
}
