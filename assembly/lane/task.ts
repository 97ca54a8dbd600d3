/**
 * The server's command in work, and how it is answered. At most one at a time. Decides how an answer is
 * said, not what is answered.
 */
import { act, params, setA, setB, setC, setD, setE, setF, setX } from "../lib/action.ts";
import { eventA, eventB, eventC, eventTag, now } from "../lib/event.ts";
import { errorTold } from "../scsi/log-counter.ts";
import {
  addFieldPointer,
  addInformation,
  beginRawSense,
  beginSense,
  endSense,
  senseAt,
  senseIsError,
} from "../scsi/sense-format.ts";
import { PARAM_IN_AT, PROTECTION_WORD_BYTES } from "../spec/abi.ts";
import {
  AC_RECEIVE,
  AC_REPLY,
  FROM_BUFFER,
  FROM_NONE,
  FROM_PARAM,
  TO_EXTENT,
  TO_PARAM,
  TO_PROTECTED,
  TO_SECRET,
} from "../spec/action.ts";
import { ASC_INVALID_FIELD_IN_PARAMETER_LIST } from "../spec/additional-sense.ts";
import { OP_READ_6, OP_WRITE_6 } from "../spec/operation-code.ts";
import { KEY_ILLEGAL_REQUEST, KEY_NO_SENSE, SENSE_VALID } from "../spec/sense-key.ts";
import { STATUS_BUSY, STATUS_CHECK_CONDITION, STATUS_GOOD } from "../spec/status.ts";
import { kept } from "./keep.ts";

/** What the task waits for. */
export const PHASE_NONE: u32 = 0;
/** Looked at again after every event until it can go on. */
export const PHASE_NEW: u32 = 1;
export const PHASE_RECEIVE: u32 = 2;
export const PHASE_PACE: u32 = 3;
export const PHASE_SYNC: u32 = 4;
export const PHASE_DEVICE: u32 = 5;
export const PHASE_LOAD: u32 = 6;
export const PHASE_PROCEDURE: u32 = 7;
export const PHASE_PARAM: u32 = 8;

const CDB: usize = memory.data(16, 8);

let phase: u32 = PHASE_NONE;
let tag: u32 = 0;
let nexus: u32 = 0;
let outBytes: u32 = 0;
let inBytes: u32 = 0;
/** Data-out bytes that the command has taken. */
let takenBytes: u32 = 0;
let arrivedAt: u64 = 0;
let longestMs: u64 = 0;
/** Its file has not looked at it yet. */
let isFresh: bool = false;

export function taskBegin(): void {
  memory.copy(CDB, PARAM_IN_AT, 16);
  tag = eventTag();
  nexus = eventA();
  outBytes = eventB();
  inBytes = eventC();
  takenBytes = 0;
  arrivedAt = now();
  phase = PHASE_NEW;
  isFresh = true;
}
/** True once for each command: its file takes the CDB now. */
export function taskFirstLook(): bool {
  const first = isFresh;
  isFresh = false;
  return first;
}
export function taskPhase(): u32 {
  return phase;
}
export function setTaskPhase(value: u32): void {
  phase = value;
}
/** How long the command in work waits, milliseconds; 0: there is none. */
export function taskWaitMs(): u64 {
  return phase === PHASE_NONE ? 0 : now() - arrivedAt;
}
export function taskTag(): u32 {
  return tag;
}
export function taskNexus(): u32 {
  return nexus;
}
/** Expected data-out bytes. */
export function taskOutBytes(): u32 {
  return outBytes;
}
/** Expected data-in bytes. */
export function taskInBytes(): u32 {
  return inBytes;
}
export function cdb(): u32 {
  return CDB as u32;
}
export function cdbByte(at: u32): u32 {
  return load<u8>((CDB as u32) + at) as u32;
}
/** Ends it without an answer. */
export function taskForget(): void {
  phase = PHASE_NONE;
  kept.taskPhase = PHASE_NONE;
}
/** The longest that a command that moves data has waited since `resetStall`, milliseconds. */
export function stallMs(): u64 {
  const waiting: u64 = phase === PHASE_NONE || !isStream() ? 0 : now() - arrivedAt;
  return waiting > longestMs ? waiting : longestMs;
}
export function resetStall(): void {
  longestMs = 0;
}

/** READ and WRITE: what a stall of a stream is measured on. */
function isStream(): bool {
  const op = cdbByte(0) & 0x7f;
  return op === OP_READ_6 || op === OP_WRITE_6;
}

function reply(status: u32): void {
  assert(phase !== PHASE_NONE);
  const took = now() - arrivedAt;
  if (isStream()) {
    if (took > longestMs) longestMs = took;
    kept.writtenBytes += takenBytes;
  }
  taskForget();
  act(AC_REPLY, tag);
  setA(status);
  setD(FROM_NONE);
  setE(takenBytes);
}
/** What the command that was just answered would have transferred, where it was refused for that. */
export function wantedBytes(bytes: u32): void {
  setE(bytes);
}

export function replyGood(): void {
  reply(STATUS_GOOD);
}
export function replyStatus(status: u32): void {
  reply(status);
}
export function replyBusy(): void {
  reply(STATUS_BUSY);
}

/** The sense data that were begun go with the answer, in the format that the server has chosen (D_SENSE). */
function addSense(): void {
  if (senseIsError()) errorTold(cdbByte(0));
  const asDescriptors = kept.descriptorSense;
  const bytes = endSense(asDescriptors);
  setB(bytes);
  memory.copy(params(bytes), senseAt(asDescriptors), bytes);
}
function replyCheck(): void {
  reply(STATUS_CHECK_CONDITION);
  addSense();
}
/** CHECK CONDITION. `key` may carry SENSE_FILEMARK, SENSE_EOM, SENSE_ILI; INFORMATION is not valid. */
export function replySense(key: u32, code: u32): void {
  beginSense(key, code);
  replyCheck();
}
/** The same with a valid INFORMATION field (a residual count). */
export function replySenseInformation(key: u32, code: u32, information: i32): void {
  beginSense(key, code);
  addInformation(information);
  replyCheck();
}
/** 5/26/00, with the byte of the parameter list that it is about. */
export function replyInvalidParameter(field: u32): void {
  beginSense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_PARAMETER_LIST);
  addFieldPointer(field);
  replyCheck();
}
/** A drive's own sense data at `raw`; `late`: it is about a command that was already answered. */
export function replyRawSense(raw: u32, late: bool): void {
  beginRawSense(raw, late);
  replyCheck();
}
function replyBytes(status: u32, buffer: u32, bytes: u32): void {
  reply(status);
  setC(bytes);
  setD(bytes === 0 ? FROM_NONE : FROM_BUFFER);
  setE(bytes);
  setF(buffer);
}
/** Data from a transfer buffer, and sense data where `key` or `code` is not zero. */
export function replyBuffer(buffer: u32, bytes: u32, key: u32, code: u32, information: i32): void {
  if (isStream()) kept.readBytes += bytes;
  const checked = key !== KEY_NO_SENSE || code !== 0;
  replyBytes(checked ? STATUS_CHECK_CONDITION : STATUS_GOOD, buffer, bytes);
  if (!checked) return;
  beginSense(key, code);
  addInformation(information);
  addSense();
}
/** Data from a transfer buffer, and a drive's own sense data at `raw`, whose valid INFORMATION is made the server's. */
export function replyBufferRaw(buffer: u32, bytes: u32, raw: u32, information: i32): void {
  replyBytes(STATUS_CHECK_CONDITION, buffer, bytes);
  beginRawSense(raw, false);
  if (((load<u8>(raw) as u32) & SENSE_VALID) !== 0) addInformation(information);
  addSense();
}
/**
 * GOOD with `bytes` parameter bytes, cut to `allocation` and to what the server expects; answers their
 * address (zeroed), to be filled whole before the step ends.
 */
export function replyParams(bytes: u32, allocation: u32): u32 {
  let cut = bytes < allocation ? bytes : allocation;
  if (cut > inBytes) cut = inBytes;
  reply(STATUS_GOOD);
  setC(cut);
  setD(cut === 0 ? FROM_NONE : FROM_PARAM);
  setE(bytes < allocation ? bytes : allocation);
  return params(bytes);
}
/** Receives the data of a WRITE into the extent at ring offset `at`. */
export function receiveExtent(at: u64, bytes: u32): void {
  phase = PHASE_RECEIVE;
  takenBytes = bytes;
  act(AC_RECEIVE, tag);
  setA(bytes);
  setD(TO_EXTENT);
  setX(at);
}
/** The same, of `count` records of `each` bytes with a protection word behind each. */
export function receiveProtected(at: u64, count: u32, each: u32): void {
  receiveExtent(at, count * each);
  takenBytes = count * (each + PROTECTION_WORD_BYTES);
  setB(each);
  setD(TO_PROTECTED);
}
/** Receives a parameter list into the parameters of EV_DATA. */
export function receiveParams(bytes: u32): void {
  phase = PHASE_PARAM;
  takenBytes = bytes;
  act(AC_RECEIVE, tag);
  setA(bytes);
  setD(TO_PARAM);
}

/** Receives a parameter list that nobody but the host may see. */
export function receiveSecret(bytes: u32): void {
  receiveParams(bytes);
  setD(TO_SECRET);
}

/** At the end of a step: which command is in work and how far it is outlives a trap (keep.ts). */
export function keepTask(): void {
  if (phase === PHASE_NONE) return;
  kept.taskTag = tag;
  kept.taskPhase = phase;
  kept.taskBytes = takenBytes;
}
/** The command that has just begun was in work when the instance before this one trapped: its phase. */
export function takeKeptPhase(): u32 {
  const was = tag === kept.taskTag ? kept.taskPhase : PHASE_NONE;
  kept.taskPhase = PHASE_NONE;
  return was;
}
/** It was taken then, with its data: goes on in the phase that answers it. */
export function taskResume(value: u32): void {
  takenBytes = kept.taskBytes;
  phase = value;
}
