/**
 * Sense data on their way to the server: put together in fixed format, given out in fixed or in descriptor
 * format. Decides bytes; which format it is, and what is said, is the caller's. Formats: SPC; descriptor
 * types as sg3_utils and Linux read them.
 */
import { get16, get32, get64, put16, put32, put64 } from "../lib/bytes.ts";
import { DONE_SENSE_BYTES } from "../spec/event.ts";
import {
  KEY_HARDWARE_ERROR,
  KEY_MEDIUM_ERROR,
  RESPONSE_CURRENT,
  RESPONSE_CURRENT_DESCRIPTORS,
  RESPONSE_DEFERRED,
  RESPONSE_DEFERRED_DESCRIPTORS,
  SENSE_FIXED_BYTES,
  SENSE_POINTER_VALID,
  SENSE_VALID,
} from "../spec/sense-key.ts";

/** In fixed format, and the same as descriptors. */
const FIXED: usize = memory.data(64, 8);
const DESCRIPTORS: usize = memory.data(64, 8);
const AT: u32 = FIXED as u32;

// Places in fixed format.
const KEY: u32 = 2;
const INFORMATION: u32 = 3;
const ADDITIONAL_LENGTH: u32 = 7;
const COMMAND_SPECIFIC: u32 = 8;
const CODE: u32 = 12;
const REPLACEABLE_UNIT: u32 = 14;
const POINTER: u32 = 15;
const FLAGS_MASK: u32 = 0xe0;
const KEY_MASK: u32 = 0x0f;
const RESPONSE_MASK: u32 = 0x7f;

const HEADER_BYTES: u32 = 8;
const DESCRIPTOR_INFORMATION: u32 = 0;
const DESCRIPTOR_COMMAND_SPECIFIC: u32 = 1;
const DESCRIPTOR_POINTER: u32 = 2;
const DESCRIPTOR_REPLACEABLE_UNIT: u32 = 3;
const DESCRIPTOR_STREAM: u32 = 4;

/** Begins: nothing but key (with SENSE_FILEMARK, SENSE_EOM, SENSE_ILI) and code. */
export function beginSense(key: u32, code: u32): void {
  memory.fill(AT, 0, DONE_SENSE_BYTES);
  store<u8>(AT, RESPONSE_CURRENT as u8);
  store<u8>(AT + KEY, key as u8);
  store<u8>(AT + ADDITIONAL_LENGTH, (SENSE_FIXED_BYTES - HEADER_BYTES) as u8);
  put16(AT + CODE, code);
}
/** A valid INFORMATION field. */
export function addInformation(information: i32): void {
  store<u8>(AT, ((load<u8>(AT) as u32) | SENSE_VALID) as u8);
  put32(AT + INFORMATION, information as u32);
}
/** Which byte of the parameter list it is about. */
export function addFieldPointer(field: u32): void {
  store<u8>(AT + POINTER, SENSE_POINTER_VALID as u8);
  put16(AT + POINTER + 1, field);
}
/** A drive's own, in fixed format at `raw`; `late`: about a command that was already answered. */
export function beginRawSense(raw: u32, late: bool): void {
  memory.copy(AT, raw, DONE_SENSE_BYTES);
  const first = load<u8>(AT) as u32;
  if (late) store<u8>(AT, ((first & SENSE_VALID) | RESPONSE_DEFERRED) as u8);
}

/** It is about the medium or the drive: MEDIUM ERROR or HARDWARE ERROR. */
export function senseIsError(): bool {
  const key = (load<u8>(AT + KEY) as u32) & KEY_MASK;
  return key === KEY_MEDIUM_ERROR || key === KEY_HARDWARE_ERROR;
}

/** Finishes; answers how many bytes there are at `senseAt`. */
export function endSense(asDescriptors: bool): u32 {
  if (asDescriptors) return toDescriptors();
  const bytes = HEADER_BYTES + (load<u8>(AT + ADDITIONAL_LENGTH) as u32);
  return bytes < DONE_SENSE_BYTES ? bytes : DONE_SENSE_BYTES;
}
export function senseAt(asDescriptors: bool): u32 {
  return (asDescriptors ? DESCRIPTORS : FIXED) as u32;
}

let next: u32 = 0;

/** A descriptor of `bytes` bytes, header included; answers its address. */
function descriptor(type: u32, bytes: u32): u32 {
  const at = next;
  store<u8>(at, type as u8);
  store<u8>(at + 1, (bytes - 2) as u8);
  next = at + bytes;
  return at;
}

function toDescriptors(): u32 {
  const to = DESCRIPTORS as u32;
  memory.fill(to, 0, DONE_SENSE_BYTES);
  const first = load<u8>(AT) as u32;
  const isDeferred = (first & RESPONSE_MASK) === RESPONSE_DEFERRED;
  const response = isDeferred ? RESPONSE_DEFERRED_DESCRIPTORS : RESPONSE_CURRENT_DESCRIPTORS;
  const third = load<u8>(AT + KEY) as u32;
  store<u8>(to, response as u8);
  store<u8>(to + 1, (third & KEY_MASK) as u8);
  put16(to + 2, get16(AT + CODE));
  next = to + HEADER_BYTES;
  if ((first & SENSE_VALID) !== 0) {
    const at = descriptor(DESCRIPTOR_INFORMATION, 12);
    store<u8>(at + 2, SENSE_VALID as u8);
    put64(at + 4, get32(AT + INFORMATION) as i32 as i64 as u64);
  }
  if (get32(AT + COMMAND_SPECIFIC) !== 0) {
    put64(descriptor(DESCRIPTOR_COMMAND_SPECIFIC, 12) + 4, get32(AT + COMMAND_SPECIFIC) as u64);
  }
  if (((load<u8>(AT + POINTER) as u32) & SENSE_POINTER_VALID) !== 0) {
    memory.copy(descriptor(DESCRIPTOR_POINTER, 8) + 4, AT + POINTER, 3);
  }
  if (load<u8>(AT + REPLACEABLE_UNIT) !== 0) {
    store<u8>(descriptor(DESCRIPTOR_REPLACEABLE_UNIT, 4) + 3, load<u8>(AT + REPLACEABLE_UNIT));
  }
  if ((third & FLAGS_MASK) !== 0) {
    store<u8>(descriptor(DESCRIPTOR_STREAM, 4) + 3, (third & FLAGS_MASK) as u8);
  }
  store<u8>(to + ADDITIONAL_LENGTH, (next - to - HEADER_BYTES) as u8);
  return next - to;
}

/** Descriptor format at `from` (DONE_SENSE_BYTES) as fixed format at `to` (as many). */
export function toFixed(from: u32, to: u32): void {
  memory.fill(to, 0, DONE_SENSE_BYTES);
  const response = (load<u8>(from) as u32) & RESPONSE_MASK;
  const isDeferred = response === RESPONSE_DEFERRED_DESCRIPTORS;
  store<u8>(to, (isDeferred ? RESPONSE_DEFERRED : RESPONSE_CURRENT) as u8);
  store<u8>(to + KEY, ((load<u8>(from + 1) as u32) & KEY_MASK) as u8);
  store<u8>(to + ADDITIONAL_LENGTH, (SENSE_FIXED_BYTES - HEADER_BYTES) as u8);
  put16(to + CODE, get16(from + 2));
  const said = from + HEADER_BYTES + (load<u8>(from + ADDITIONAL_LENGTH) as u32);
  const end = min(said, from + DONE_SENSE_BYTES);
  let at = from + HEADER_BYTES;
  while (at + 4 <= end) {
    const bytes = 2 + (load<u8>(at + 1) as u32);
    if (at + bytes <= end) takeDescriptor(at, bytes, to);
    at += bytes;
  }
}
function takeDescriptor(at: u32, bytes: u32, to: u32): void {
  const type = load<u8>(at) as u32;
  if (type === DESCRIPTOR_STREAM) {
    const key = load<u8>(to + KEY) as u32;
    store<u8>(to + KEY, (key | ((load<u8>(at + 3) as u32) & FLAGS_MASK)) as u8);
  } else if (type === DESCRIPTOR_REPLACEABLE_UNIT) {
    store<u8>(to + REPLACEABLE_UNIT, load<u8>(at + 3));
  } else if (type === DESCRIPTOR_POINTER && bytes >= 8) memory.copy(to + POINTER, at + 4, 3);
  else if (type === DESCRIPTOR_COMMAND_SPECIFIC && bytes >= 12) {
    put32(to + COMMAND_SPECIFIC, get32(at + 8));
  } else if (type === DESCRIPTOR_INFORMATION && bytes >= 12) takeInformation(at, to);
}
/** Where it does not fit into 32 bits the fixed format has none. */
function takeInformation(at: u32, to: u32): void {
  const value = get64(at + 4) as i64;
  const isValid = ((load<u8>(at + 2) as u32) & SENSE_VALID) !== 0;
  if (!isValid || value < (i32.MIN_VALUE as i64) || value > (u32.MAX_VALUE as i64)) return;
  store<u8>(to, ((load<u8>(to) as u32) | SENSE_VALID) as u8);
  put32(to + INFORMATION, value as u32);
}
