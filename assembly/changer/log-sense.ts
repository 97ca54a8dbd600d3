/** LOG SENSE of the changer: the list of pages (00h) and TapeAlert (2Eh). */
import { get16 } from "../lib/bytes.ts";
import { beginPage, endPage, fact, pageAt, pageByte, pageEmpty } from "../scsi/log-parameter.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import { LOG_PAGE_SUPPORTED, LOG_PAGE_TAPE_ALERT } from "../spec/page-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { replyData, replySense } from "./reply.ts";

const FLAG_COUNT: u32 = 64;
/** SP, and PPC, which is obsolete. */
const SAVE_OR_CHANGED: u32 = 0x03;

/** What the bridge has covered is not the server's: no flag is set; what it could not, it has said by sense data. */
function putPage(page: u32): void {
  if (page === LOG_PAGE_SUPPORTED) {
    pageByte(LOG_PAGE_SUPPORTED);
    pageByte(LOG_PAGE_TAPE_ALERT);
  } else if (page === LOG_PAGE_TAPE_ALERT) {
    for (let flag: u32 = 1; flag <= FLAG_COUNT; flag++) fact(flag, 1, 0);
  }
}
/** Answers LOG SENSE; `cdb` is its address. */
export function replyLogSense(task: u32, cdb: u32, expected: u32): void {
  const control = load<u8>(cdb + 2) as u32;
  const page = control & 0x3f;
  const isPlain = ((load<u8>(cdb + 1) as u32) & SAVE_OR_CHANGED) === 0 && load<u8>(cdb + 3) === 0;
  beginPage(page, control >> 6, page === LOG_PAGE_SUPPORTED ? 0 : get16(cdb + 5));
  if (isPlain) putPage(page);
  if (pageEmpty()) return replySense(task, KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
  const bytes = endPage();
  memory.copy(replyData(task, bytes, get16(cdb + 7), expected), pageAt(), bytes);
}
