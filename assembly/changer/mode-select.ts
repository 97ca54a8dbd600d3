/**
 * MODE SELECT of the changer: nothing can be changed. A list that sets what is there already is accepted, as
 * of any unit whose parameters are not changeable; every other one is refused.
 */
import { get16 } from "../lib/bytes.ts";
import {
  ASC_INVALID_FIELD_IN_CDB,
  ASC_INVALID_FIELD_IN_PARAMETER_LIST,
  ASC_NONE,
  ASC_PARAMETER_LIST_LENGTH_ERROR,
} from "../spec/additional-sense.ts";
import { OP_MODE_SELECT_6 } from "../spec/operation-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { STATUS_GOOD } from "../spec/status.ts";
import { isModePage, modePageBytes, putModePage } from "./mode-sense.ts";
import { askParameters } from "./parameter-list.ts";
import { replySense, replyStatus } from "./reply.ts";

/** Save pages; the pages are as a standard has them. */
const SP: u32 = 0x01;
const PF: u32 = 0x10;
/** Byte 0 of a page without PS, which means nothing in MODE SELECT. */
const CODE_MASK: u32 = 0x7f;
/** The longest page is that of transport geometry: two bytes for each transport element. */
const PAGE: usize = memory.data(32);

function isShort(cdb: u32): bool {
  return (load<u8>(cdb) as u32) === OP_MODE_SELECT_6;
}
/** MODE SELECT(6) and (10): asks for the parameter list. */
export function modeSelect(task: u32, nexus: u32, cdb: u32): void {
  const options = load<u8>(cdb + 1) as u32;
  if ((options & SP) !== 0 || (options & PF) === 0) {
    return replySense(task, KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
  }
  askParameters(task, nexus, isShort(cdb) ? (load<u8>(cdb + 4) as u32) : get16(cdb + 7));
}

/** What is wrong with the pages from `at` to `end`; ASC_NONE: nothing. */
function faultIn(at: u32, end: u32): u32 {
  let next = at;
  while (next < end) {
    const code = (load<u8>(next) as u32) & CODE_MASK;
    if (!isModePage(code)) return ASC_INVALID_FIELD_IN_PARAMETER_LIST;
    const bytes = modePageBytes(code);
    if (next + 2 > end) return ASC_PARAMETER_LIST_LENGTH_ERROR;
    memory.fill(PAGE, 0, bytes);
    putModePage(PAGE as u32, code, false);
    if (load<u8>(next + 1) !== load<u8>(PAGE + 1)) return ASC_INVALID_FIELD_IN_PARAMETER_LIST;
    if (next + bytes > end) return ASC_PARAMETER_LIST_LENGTH_ERROR;
    const same = memory.compare(next + 1, PAGE + 1, bytes - 1) === 0;
    if (!same) return ASC_INVALID_FIELD_IN_PARAMETER_LIST;
    next += bytes;
  }
  return ASC_NONE;
}
/** The parameter list is at `at`, `bytes` long. */
export function modeSelectData(task: u32, cdb: u32, at: u32, bytes: u32): void {
  const header: u32 = isShort(cdb) ? 4 : 8;
  let fault = ASC_PARAMETER_LIST_LENGTH_ERROR;
  if (bytes >= header) {
    const descriptors = isShort(cdb) ? (load<u8>(at + 3) as u32) : get16(at + 6);
    fault =
      descriptors === 0 ? faultIn(at + header, at + bytes) : ASC_INVALID_FIELD_IN_PARAMETER_LIST;
  }
  if (fault === ASC_NONE) replyStatus(task, STATUS_GOOD);
  else replySense(task, KEY_ILLEGAL_REQUEST, fault);
}
