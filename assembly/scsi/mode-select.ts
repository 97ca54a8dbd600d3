/**
 * MODE SELECT. Decides what a parameter list may say: everything in it is looked at before anything is
 * changed. A length that cuts something is 5/1A/00; a page that does not exist, has another length or would
 * change what cannot be changed is 5/26/00 with the place. Other nexuses hear of a change (6/2A/01), and
 * only of a change. PF is not looked at: there is no other format. PS, the mode data length, medium
 * type and write protection in a list mean nothing.
 */
import { warningIsKnown } from "../lane/drive-mode.ts";
import { kept } from "../lane/keep.ts";
import {
  cdb,
  cdbByte,
  receiveParams,
  replyGood,
  replyInvalidParameter,
  replySense,
  taskNexus,
  taskOutBytes,
} from "../lane/task.ts";
import { get16, get24 } from "../lib/bytes.ts";
import { eventA } from "../lib/event.ts";
import { PARAM_IN_AT, RECORD_BYTES_MAX } from "../spec/abi.ts";
import {
  ASC_INVALID_FIELD_IN_CDB,
  ASC_PARAMETER_LIST_LENGTH_ERROR,
} from "../spec/additional-sense.ts";
import { OP_MODE_SELECT_6 } from "../spec/operation-code.ts";
import { MODE_PAGE_DEVICE_CONFIGURATION, MODE_PAGE_MEDIUM_PARTITION } from "../spec/page-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { protectionFault } from "./block-protection.ts";
import { isPartitionPageLength, partitionPageFault } from "./medium-partition.ts";
import {
  BUFFERED,
  blockLength,
  DESCRIPTOR_BYTES,
  densityShown,
  isOfNexus,
  putCurrentPage,
  takePage,
} from "./mode-page.ts";
import {
  defaultsAt,
  endOfPages,
  findPage,
  maskAt,
  pageBytes,
  pageCode,
  pageHeadBytes,
  pageSubcode,
  WARNING_SIZE_AT,
} from "./mode-table.ts";
import { ATTENTION_MODE_CHANGED, attentionRaise } from "./unit-attention.ts";

const SAVE_PAGES: u32 = 0x01;
const LIST_BYTES_MAX: u32 = 4096;
const BUFFERED_MASK: u32 = 0x70;
const DENSITY_DEFAULT: u32 = 0x00;
const DENSITY_UNCHANGED: u32 = 0x7f;
/** Where the block length stands in the block descriptor. */
const BLOCK_LENGTH_AT: u32 = 5;

/** A page as it is now, to compare with. */
const CURRENT: usize = memory.data(64, 8);

/** The list is right up to here. */
const NO_FAULT: u32 = 0xffffffff;
const CUT: u32 = 0xfffffffe;

/** MODE SELECT(6) and (10): asks for the parameter list. */
export function modeSelect(): void {
  const bytes = cdbByte(0) === OP_MODE_SELECT_6 ? cdbByte(4) : get16(cdb() + 7);
  if ((cdbByte(1) & SAVE_PAGES) !== 0) replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
  else if (bytes === 0) replyGood();
  else if (bytes > LIST_BYTES_MAX || bytes > taskOutBytes()) refuseLength();
  else receiveParams(bytes);
}
function refuseLength(): void {
  replySense(KEY_ILLEGAL_REQUEST, ASC_PARAMETER_LIST_LENGTH_ERROR);
}

/** The parameter list has come. */
export function modeSelectData(): void {
  const isShort = cdbByte(0) === OP_MODE_SELECT_6;
  const header: u32 = isShort ? 4 : 8;
  const bytes = eventA();
  if (bytes < header) {
    refuseLength();
    return;
  }
  const descriptor = isShort ? (load<u8>(PARAM_IN_AT + 3) as u32) : get16(PARAM_IN_AT + 6);
  const pages = header + descriptor;
  if ((descriptor !== 0 && descriptor !== DESCRIPTOR_BYTES) || pages > bytes) {
    refuseLength();
    return;
  }
  let fault = headFault(isShort ? 2 : 3, header, descriptor);
  if (fault === NO_FAULT) fault = pagesFault(pages, bytes);
  if (fault === CUT) refuseLength();
  else if (fault !== NO_FAULT) replyInvalidParameter(fault);
  else take(isShort ? 2 : 3, header, descriptor, bytes);
}

/** What is wrong with buffered mode and block descriptor: its place in the list, or NO_FAULT. */
function headFault(specific: u32, header: u32, descriptor: u32): u32 {
  if (((load<u8>(PARAM_IN_AT + specific) as u32) & BUFFERED_MASK) > BUFFERED) return specific;
  if (descriptor === 0) return NO_FAULT;
  const density = load<u8>(PARAM_IN_AT + header) as u32;
  const isKnown = density === DENSITY_DEFAULT || density === DENSITY_UNCHANGED;
  if (!isKnown && density !== densityShown()) return header;
  const length = get24(PARAM_IN_AT + header + BLOCK_LENGTH_AT);
  return length > RECORD_BYTES_MAX ? header + BLOCK_LENGTH_AT : NO_FAULT;
}

/** The first fault of the pages from `next` to `end` of the list: its place, CUT, or NO_FAULT. */
function pagesFault(next: u32, end: u32): u32 {
  let at = next;
  while (at < end) {
    const here = PARAM_IN_AT + at;
    if (at + 2 > end || at + pageHeadBytes(here) > end || at + pageBytes(here) > end) return CUT;
    const fault = pageFault(here);
    if (fault !== NO_FAULT) return at + fault;
    at += pageBytes(here);
  }
  return NO_FAULT;
}
/** The same of one page, counted from its beginning. */
function pageFault(at: u32): u32 {
  const row = findPage(pageCode(at), pageSubcode(at));
  if (row === endOfPages()) return 0;
  const bytes = pageBytes(at);
  // It has as many sizes as the server cares for.
  const hasLength = isPartitionPage(at)
    ? isPartitionPageLength(bytes)
    : bytes === pageBytes(defaultsAt(row));
  if (!hasLength) return pageHeadBytes(at) - 1;
  putCurrentPage(row, CURRENT as u32);
  for (let i = pageHeadBytes(at); i < bytes; i++) {
    if ((difference(at, i) & ~(load<u8>(maskAt(row) + i) as u32)) !== 0) return i;
  }
  if (isOfNexus(at) && protectionFault(at) !== 0) return protectionFault(at);
  if (isPartitionPage(at) && partitionPageFault(at) !== 0) return partitionPageFault(at);
  // A drive that cannot tell it could not be made to.
  const isWarning = pageSubcode(at) !== 0 && pageCode(at) === MODE_PAGE_DEVICE_CONFIGURATION;
  const asks = isWarning && get16(at + WARNING_SIZE_AT) !== 0;
  return asks && !warningIsKnown() ? WARNING_SIZE_AT : NO_FAULT;
}
function isPartitionPage(at: u32): bool {
  return pageCode(at) === MODE_PAGE_MEDIUM_PARTITION;
}
/** The bits of byte `i` that are not as they are now. */
function difference(at: u32, i: u32): u32 {
  return (load<u8>(at + i) as u32) ^ (load<u8>((CURRENT as u32) + i) as u32);
}

/** Everything is right: it holds from now on. */
function take(specific: u32, header: u32, descriptor: u32, end: u32): void {
  const buffered = (load<u8>(PARAM_IN_AT + specific) as u32) & BUFFERED_MASK;
  const length = descriptor === 0 ? blockLength() : get24(PARAM_IN_AT + header + BLOCK_LENGTH_AT);
  let isChange = buffered !== kept.buffered || length !== blockLength();
  kept.buffered = buffered;
  kept.fixedLength = length;
  let at = header + descriptor;
  while (at < end) {
    const here = PARAM_IN_AT + at;
    if (isPartitionPage(here) || isNew(here)) {
      if (!isOfNexus(here)) isChange = true;
      takePage(here);
    }
    at += pageBytes(here);
  }
  if (isChange) attentionRaise(ATTENTION_MODE_CHANGED, taskNexus());
  replyGood();
}
function isNew(at: u32): bool {
  putCurrentPage(findPage(pageCode(at), pageSubcode(at)), CURRENT as u32);
  for (let i = pageHeadBytes(at); i < pageBytes(at); i++) if (difference(at, i) !== 0) return true;
  return false;
}
