/** LOG SENSE of the changer: the list of pages (00h) and TapeAlert (2Eh). */
import { get16, put16 } from "../lib/bytes.ts";
import {
  ASC_INVALID_FIELD_IN_CDB,
  ASC_SAVING_PARAMETERS_NOT_SUPPORTED,
} from "../spec/additional-sense.ts";
import { LOG_PAGE_SUPPORTED, LOG_PAGE_TAPE_ALERT } from "../spec/page-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { replyData, replySense } from "./reply.ts";

const HEADER_BYTES: u32 = 4;
const FLAG_COUNT: u32 = 64;
const FLAG_BYTES: u32 = 5;
/** Save parameters. */
const SP: u32 = 1;

function replyPages(task: u32, allocation: u32, expected: u32): void {
  const at = replyData(task, HEADER_BYTES + 2, allocation, expected);
  put16(at + 2, 2);
  store<u8>(at + HEADER_BYTES + 1, LOG_PAGE_TAPE_ALERT as u8);
}
/** What the bridge has covered is not the server's: no flag is set; what it could not, it has said by sense data. */
function replyAlerts(task: u32, allocation: u32, expected: u32): void {
  const bytes = FLAG_COUNT * FLAG_BYTES;
  const at = replyData(task, HEADER_BYTES + bytes, allocation, expected);
  store<u8>(at, LOG_PAGE_TAPE_ALERT as u8);
  put16(at + 2, bytes);
  for (let flag: u32 = 0; flag < FLAG_COUNT; flag++) {
    const parameter = at + HEADER_BYTES + flag * FLAG_BYTES;
    put16(parameter, flag + 1);
    store<u8>(parameter + 3, 1);
  }
}
/** Answers LOG SENSE; `cdb` is its address. */
export function replyLogSense(task: u32, cdb: u32, expected: u32): void {
  const page = (load<u8>(cdb + 2) as u32) & 0x3f;
  const allocation = get16(cdb + 7);
  if (((load<u8>(cdb + 1) as u32) & SP) !== 0) {
    return replySense(task, KEY_ILLEGAL_REQUEST, ASC_SAVING_PARAMETERS_NOT_SUPPORTED);
  }
  const hasSubpage = load<u8>(cdb + 3) !== 0;
  if (!hasSubpage && page === LOG_PAGE_SUPPORTED) return replyPages(task, allocation, expected);
  if (!hasSubpage && page === LOG_PAGE_TAPE_ALERT) return replyAlerts(task, allocation, expected);
  replySense(task, KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
}
