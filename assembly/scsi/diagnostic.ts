/**
 * Diagnostics of a lane: the default self-test (SEND DIAGNOSTIC), and the list of diagnostic pages, which has
 * no other (RECEIVE DIAGNOSTIC RESULTS). A drive's own self-tests and dumps would take it away under the
 * stream.
 */
import { mediumSense } from "../lane/readiness.ts";
import { cdb, cdbByte, replyGood, replyParams, replySense } from "../lane/task.ts";
import { get16, put16 } from "../lib/bytes.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import { KEY_HARDWARE_ERROR, KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";

const SELF_TEST_CODE: u32 = 0xe0;
const PAGE_CODE_VALID: u32 = 0x01;
const PAGE_SUPPORTED: u32 = 0x00;

function refuse(): void {
  replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
}

/** SEND DIAGNOSTIC: no pages, no other self-test than the default one; it fails where the drive has. */
export function sendDiagnostic(): void {
  const fault = mediumSense();
  if ((cdbByte(1) & SELF_TEST_CODE) !== 0 || get16(cdb() + 3) !== 0) refuse();
  else if (fault >> 16 === KEY_HARDWARE_ERROR) replySense(KEY_HARDWARE_ERROR, fault & 0xffff);
  else replyGood();
}

/** RECEIVE DIAGNOSTIC RESULTS: page 00h, supported pages. */
export function receiveDiagnostic(): void {
  if ((cdbByte(1) & PAGE_CODE_VALID) !== 0 && cdbByte(2) !== PAGE_SUPPORTED) {
    refuse();
    return;
  }
  put16(replyParams(5, get16(cdb() + 3)) + 2, 1);
}
