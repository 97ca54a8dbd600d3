/**
 * LOG SELECT: sets counters and TapeAlert flags to zero, those of one page or of all; other nexuses hear of it
 * (6/2A/02). There is nothing else to set, so a parameter list is refused, as is saving.
 */
import { cdb, cdbByte, replyGood, replySense, taskNexus } from "../lane/task.ts";
import { get16 } from "../lib/bytes.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import {
  LOG_PAGE_NON_MEDIUM_ERRORS,
  LOG_PAGE_READ_ERRORS,
  LOG_PAGE_SEQUENTIAL_ACCESS,
  LOG_PAGE_SUPPORTED,
  LOG_PAGE_TAPE_ALERT,
  LOG_PAGE_WRITE_ERRORS,
} from "../spec/page-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { otherCounterClear, readCountersClear, writeCountersClear } from "./log-counter.ts";
import { DEFAULT_CUMULATIVE } from "./log-parameter.ts";
import { alertsClear } from "./tape-alert.ts";
import { ATTENTION_LOG_CHANGED, attentionRaise } from "./unit-attention.ts";

const SAVE: u32 = 0x01;
/** PCR, parameter code reset. */
const RESET: u32 = 0x02;
const PAGE_MASK: u32 = 0x3f;

/** LOG SELECT; page 00h stands for all. */
export function logSelect(): void {
  const page = cdbByte(2) & PAGE_MASK;
  const hasList = get16(cdb() + 7) !== 0;
  const isOdd = (cdbByte(1) & SAVE) !== 0 || cdbByte(3) !== 0 || hasList;
  if (isOdd || !isCleared(page)) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
    return;
  }
  if ((cdbByte(1) & RESET) !== 0 || cdbByte(2) >> 6 === DEFAULT_CUMULATIVE) {
    clear(page);
    attentionRaise(ATTENTION_LOG_CHANGED, taskNexus());
  }
  replyGood();
}

function isCleared(page: u32): bool {
  if (page === LOG_PAGE_SUPPORTED || page === LOG_PAGE_TAPE_ALERT) return true;
  return isOfWrites(page) || isOfReads(page) || page === LOG_PAGE_NON_MEDIUM_ERRORS;
}
function isOfWrites(page: u32): bool {
  return page === LOG_PAGE_WRITE_ERRORS || page === LOG_PAGE_SEQUENTIAL_ACCESS;
}
function isOfReads(page: u32): bool {
  return page === LOG_PAGE_READ_ERRORS || page === LOG_PAGE_SEQUENTIAL_ACCESS;
}

/** Bytes of writes and reads are counted once for two pages: they are zero in both. */
function clear(page: u32): void {
  const all = page === LOG_PAGE_SUPPORTED;
  if (all || isOfWrites(page)) writeCountersClear();
  if (all || isOfReads(page)) readCountersClear();
  if (all || page === LOG_PAGE_NON_MEDIUM_ERRORS) otherCounterClear();
  if (all || page === LOG_PAGE_TAPE_ALERT) alertsClear();
}
