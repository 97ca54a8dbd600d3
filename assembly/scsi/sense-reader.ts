/** Reads sense data, fixed and descriptor format. Decides nothing. */
import { get16, get32 } from "../lib/bytes.ts";
import { DONE_SENSE_BYTES } from "../spec/event.ts";
import { KEY_NO_SENSE, SENSE_EOM, SENSE_FILEMARK, SENSE_ILI } from "../spec/sense-key.ts";

/** The last sense data as they came, DONE_SENSE_BYTES. */
const RAW: usize = memory.data(64, 8);

let key: u32 = KEY_NO_SENSE;
let code: u32 = 0;
let flags: u32 = 0;
let information: i32 = 0;
let informationValid: bool = false;
let deferred: bool = false;
/** The last completion had sense data. */
let had: bool = false;

/** Takes the sense data at `at`; without `valid` there are none (NO SENSE). */
export function readSense(at: u32, valid: bool): void {
  if (!valid && !had) return;
  had = valid;
  key = 0;
  code = 0;
  flags = 0;
  information = 0;
  informationValid = false;
  deferred = false;
  if (!valid) return;
  memory.copy(RAW, at, DONE_SENSE_BYTES);
  const response = (load<u8>(at) as u32) & 0x7f;
  deferred = response === 0x71 || response === 0x73;
  if (response >= 0x72) readDescriptors(at);
  else readFixed(at);
}

function readFixed(at: u32): void {
  const third = load<u8>(at + 2) as u32;
  key = third & 0x0f;
  flags = third & 0xe0;
  code = get16(at + 12);
  informationValid = ((load<u8>(at) as u32) & 0x80) !== 0;
  information = get32(at + 3) as i32;
}

function readDescriptors(at: u32): void {
  key = (load<u8>(at + 1) as u32) & 0x0f;
  code = get16(at + 2);
  let end: u32 = 8 + (load<u8>(at + 7) as u32);
  if (end > DONE_SENSE_BYTES) end = DONE_SENSE_BYTES;
  let next: u32 = 8;
  while (next + 4 <= end) {
    const type = load<u8>(at + next) as u32;
    if (type === 0 && next + 12 <= end) {
      informationValid = ((load<u8>(at + next + 2) as u32) & 0x80) !== 0;
      information = get32(at + next + 8) as i32;
    }
    if (type === 4) flags = (load<u8>(at + next + 3) as u32) & 0xe0;
    next += 2 + (load<u8>(at + next + 1) as u32);
  }
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
/** The bytes as they came, for an answer with the drive's own sense data. */
export function senseRaw(): usize {
  return RAW;
}
