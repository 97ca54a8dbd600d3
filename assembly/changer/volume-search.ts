/**
 * SEND VOLUME TAG and REQUEST VOLUME ELEMENT ADDRESS: a search for volume tags by a template, and which
 * elements it found. A search is of the nexus that asked for it; each element is reported once. Tags come
 * from the labels, so none can be set.
 */
import { get16 } from "../lib/bytes.ts";
import { keep32 } from "../lib/keep.ts";
import {
  ASC_COMMAND_SEQUENCE_ERROR,
  ASC_INVALID_FIELD_IN_CDB,
  ASC_PARAMETER_LIST_LENGTH_ERROR,
} from "../spec/additional-sense.ts";
import {
  ELEMENT_CDB_START,
  ELEMENT_CDB_TYPE,
  ELEMENT_TYPE_DATA_TRANSFER,
  ELEMENT_TYPE_MASK,
  SEND_VOLUME_TAG_ACTION,
  SEND_VOLUME_TAG_LIST_BYTES,
  SEND_VOLUME_TAG_LIST_LENGTH,
  SEND_VOLUME_TAG_MINIMUM,
  TRANSLATE_ALL,
  TRANSLATE_ALL_ANY_SEQUENCE,
  TRANSLATE_PRIMARY,
  TRANSLATE_PRIMARY_ANY_SEQUENCE,
} from "../spec/element.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { STATUS_GOOD } from "../spec/status.ts";
import { replyMatching } from "./element-report.ts";
import { askParameters } from "./parameter-list.ts";
import { replySense, replyStatus } from "./reply.ts";
import { keepTemplate, takeTemplate } from "./volume-template.ts";

const ACTION_MASK: u32 = 0x1f;

/** The search that stands: whose (0: none), of which type, and from which address on. */
let owner: u32 = 0;
let action: u32 = 0;
let type: u32 = 0;
let from: u32 = 0;

function illegal(task: u32, code: u32): void {
  replySense(task, KEY_ILLEGAL_REQUEST, code);
}
function anySequence(code: u32): bool {
  return code === TRANSLATE_ALL_ANY_SEQUENCE || code === TRANSLATE_PRIMARY_ANY_SEQUENCE;
}
/** SEND VOLUME TAG: a search; to assert, replace or undefine a tag is refused. */
export function sendVolumeTag(task: u32, nexus: u32, cdb: u32): void {
  const code = (load<u8>(cdb + SEND_VOLUME_TAG_ACTION) as u32) & ACTION_MASK;
  const searches = code === TRANSLATE_ALL || code === TRANSLATE_PRIMARY || anySequence(code);
  const asked = (load<u8>(cdb + ELEMENT_CDB_TYPE) as u32) & ELEMENT_TYPE_MASK;
  if (!searches || asked > ELEMENT_TYPE_DATA_TRANSFER)
    return illegal(task, ASC_INVALID_FIELD_IN_CDB);
  const bytes = get16(cdb + SEND_VOLUME_TAG_LIST_LENGTH);
  if (bytes !== 0 && bytes !== SEND_VOLUME_TAG_LIST_BYTES) {
    return illegal(task, ASC_PARAMETER_LIST_LENGTH_ERROR);
  }
  askParameters(task, nexus, bytes);
}
/** The parameter list is at `at`. */
export function volumeTagData(task: u32, nexus: u32, cdb: u32, at: u32): void {
  owner = nexus;
  action = (load<u8>(cdb + SEND_VOLUME_TAG_ACTION) as u32) & ACTION_MASK;
  type = (load<u8>(cdb + ELEMENT_CDB_TYPE) as u32) & ELEMENT_TYPE_MASK;
  from = get16(cdb + ELEMENT_CDB_START);
  takeTemplate(at, anySequence(action) ? 0 : get16(at + SEND_VOLUME_TAG_MINIMUM));
  replyStatus(task, STATUS_GOOD);
}

/** Answers REQUEST VOLUME ELEMENT ADDRESS from the nexus's own last search. */
export function requestVolumeAddress(task: u32, nexus: u32, cdb: u32, expected: u32): void {
  if (owner === 0 || owner !== nexus) return illegal(task, ASC_COMMAND_SEQUENCE_ERROR);
  const asked = (load<u8>(cdb + ELEMENT_CDB_TYPE) as u32) & ELEMENT_TYPE_MASK;
  if (asked > ELEMENT_TYPE_DATA_TRANSFER) return illegal(task, ASC_INVALID_FIELD_IN_CDB);
  from = replyMatching(task, cdb, expected, type, from, action);
}
/** The nexus has gone, or (0) all of them begin anew. */
export function forgetSearch(nexus: u32): void {
  if (nexus === 0 || nexus === owner) owner = 0;
}
/** What outlives a trap (keep.ts). */
export function keepSearch(): void {
  keepTemplate();
  owner = keep32(owner);
  action = keep32(action);
  type = keep32(type);
  from = keep32(from);
}
