/**
 * REPORT TIMESTAMP and SET TIMESTAMP (SPC-4): the bridge's own clock for servers, never a drive's, so it goes
 * on in a recovery. Milliseconds; until a server sets it, since the bridge began. It outlives a reset.
 */
import { kept } from "../lane/keep.ts";
import {
  cdb,
  receiveParams,
  replyGood,
  replyParams,
  replySense,
  taskNexus,
  taskOutBytes,
} from "../lane/task.ts";
import { get32, get48, put16, put48 } from "../lib/bytes.ts";
import { now } from "../lib/event.ts";
import { PARAM_IN_AT } from "../spec/abi.ts";
import {
  ASC_INVALID_FIELD_IN_PARAMETER_LIST,
  ASC_PARAMETER_LIST_LENGTH_ERROR,
} from "../spec/additional-sense.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { ATTENTION_TIMESTAMP_CHANGED, attentionRaise } from "./unit-attention.ts";

/** Bytes of the parameter data of both. */
const LIST_BYTES: u32 = 12;
const TIMESTAMP_AT: u32 = 4;
/** TIMESTAMP ORIGIN: it began with zero; SET TIMESTAMP set it. */
const ORIGIN_ZERO: u8 = 0;
const ORIGIN_SET: u8 = 2;
/** A timestamp whose first byte is greater is none. */
const FIRST_BYTE_MAX: u64 = 0xf0;

/** REPORT TIMESTAMP. */
export function reportTimestamp(): void {
  const at = replyParams(LIST_BYTES, get32(cdb() + 6));
  put16(at, LIST_BYTES - 2);
  store<u8>(at + 2, kept.timestampSet ? ORIGIN_SET : ORIGIN_ZERO);
  put48(at + TIMESTAMP_AT, now() + kept.timestampOffset);
}

/** SET TIMESTAMP: asks for its parameter list; without one nothing is set. */
export function setTimestamp(): void {
  const bytes = get32(cdb() + 6);
  if (bytes === 0) replyGood();
  else if (bytes < LIST_BYTES || taskOutBytes() < LIST_BYTES) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_PARAMETER_LIST_LENGTH_ERROR);
  } else receiveParams(LIST_BYTES);
}
/** Its parameter list has come. */
export function setTimestampData(): void {
  const value = get48(PARAM_IN_AT + TIMESTAMP_AT);
  if (value >> 40 > FIRST_BYTE_MAX) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_PARAMETER_LIST);
    return;
  }
  // Counts on from there by the clock of events.
  kept.timestampOffset = value - now();
  kept.timestampSet = true;
  attentionRaise(ATTENTION_TIMESTAMP_CHANGED, taskNexus());
  replyGood();
}
