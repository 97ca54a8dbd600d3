/** Reads sense data, fixed and descriptor format. Decides nothing. */
import { get16, get32 } from "../lib/bytes.ts";
import { DONE_SENSE_BYTES } from "../spec/event.ts";
import {
  KEY_ABORTED_COMMAND,
  KEY_NO_SENSE,
  RESPONSE_CURRENT,
  RESPONSE_CURRENT_DESCRIPTORS,
  RESPONSE_DEFERRED,
  RESPONSE_DEFERRED_DESCRIPTORS,
  SENSE_EOM,
  SENSE_FILEMARK,
  SENSE_FIXED_BYTES,
  SENSE_ILI,
} from "../spec/sense-key.ts";
import { STATUS_CHECK_CONDITION, STATUS_GOOD } from "../spec/status.ts";
import { toFixed } from "./sense-format.ts";

/** The last sense data, in fixed format, DONE_SENSE_BYTES. */
const RAW: usize = memory.data(64, 8);

let key: u32 = KEY_NO_SENSE;
let code: u32 = 0;
let flags: u32 = 0;
let information: i32 = 0;
let informationValid: bool = false;
let deferred: bool = false;
/** The last answer was not GOOD. */
let had: bool = false;

/**
 * Takes the sense data at `at` of an answer with that status; GOOD has none (NO SENSE). One that is neither
 * GOOD nor has sense data (BUSY, RESERVATION CONFLICT) says at least that nothing was done: ABORTED COMMAND.
 */
export function readSense(at: u32, status: u32): void {
  const has = status !== STATUS_GOOD;
  if (!has && !had) return;
  had = has;
  key = 0;
  code = 0;
  flags = 0;
  information = 0;
  informationValid = false;
  deferred = false;
  if (!has) return;
  const response = (load<u8>(at) as u32) & 0x7f;
  const isSense = response >= RESPONSE_CURRENT && response <= RESPONSE_DEFERRED_DESCRIPTORS;
  if (status !== STATUS_CHECK_CONDITION || !isSense) putAborted();
  else if (response >= RESPONSE_CURRENT_DESCRIPTORS) toFixed(at, RAW as u32);
  else memory.copy(RAW, at, DONE_SENSE_BYTES);
  readFixed(RAW as u32);
}
function putAborted(): void {
  memory.fill(RAW, 0, DONE_SENSE_BYTES);
  store<u8>(RAW, RESPONSE_CURRENT as u8);
  store<u8>(RAW + 2, KEY_ABORTED_COMMAND as u8);
  store<u8>(RAW + 7, (SENSE_FIXED_BYTES - 8) as u8);
}

function readFixed(at: u32): void {
  const first = load<u8>(at) as u32;
  const third = load<u8>(at + 2) as u32;
  deferred = (first & 0x7f) === RESPONSE_DEFERRED;
  key = third & 0x0f;
  flags = third & 0xe0;
  code = get16(at + 12);
  informationValid = (first & 0x80) !== 0;
  information = get32(at + 3) as i32;
}

export function senseKey(): u32 {
  return key;
}
/** Additional sense code << 8 | qualifier. */
export function senseCode(): u32 {
  return code;
}
/** key << 16 | additional sense code << 8 | qualifier. */
export function senseWord(): u32 {
  return (key << 16) | code;
}
export function senseFilemark(): bool {
  return (flags & SENSE_FILEMARK) !== 0;
}
export function senseEom(): bool {
  return (flags & SENSE_EOM) !== 0;
}
export function senseIli(): bool {
  return (flags & SENSE_ILI) !== 0;
}
/** The INFORMATION field where VALID is set, else 0. */
export function senseInformation(): i32 {
  return informationValid ? information : 0;
}
export function senseDeferred(): bool {
  return deferred;
}
/** The bytes, in fixed format, for an answer with the drive's own sense data. */
export function senseRaw(): usize {
  return RAW;
}
