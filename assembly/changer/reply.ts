/** Answers to the server: statuses, fixed format sense data, data-in. Decides bytes, not answers. */
import { act, params, setA, setB, setC, setD, setE } from "../lib/action.ts";
import { put16 } from "../lib/bytes.ts";
import { AC_REPLY, FROM_NONE, FROM_PARAM } from "../spec/action.ts";
import { ASC_COMMUNICATION_FAILURE } from "../spec/element.ts";
import { DONE_SENSE_BYTES } from "../spec/event.ts";
import {
  KEY_HARDWARE_ERROR,
  RESPONSE_CURRENT,
  RESPONSE_DESCRIPTOR,
  SENSE_DESCRIPTOR_BYTES,
  SENSE_FIXED_BYTES,
} from "../spec/sense-key.ts";
import { STATUS_CHECK_CONDITION, STATUS_GOOD } from "../spec/status.ts";
import { WORD_NONE } from "../spec/word.ts";

/** A result for which nobody has sense data: the library did not answer. */
const NO_ANSWER: u32 = (KEY_HARDWARE_ERROR << 16) | ASC_COMMUNICATION_FAILURE;

/** Bytes of the parameter list that the command which is answered now has brought. */
let taken: u32 = 0;
/** What is answered from now on is about a command that has taken so many bytes (0: no more). */
export function parametersTaken(bytes: u32): void {
  taken = bytes;
}

/** A status without data-in. */
export function replyStatus(task: u32, status: u32): void {
  act(AC_REPLY, task);
  setA(status);
  setD(FROM_NONE);
  setE(taken);
}
/** Fixed format sense data at `at` (zeroed, SENSE_FIXED_BYTES). */
function putSense(at: u32, key: u32, code: u32): void {
  store<u8>(at, RESPONSE_CURRENT as u8);
  store<u8>(at + 2, key as u8);
  store<u8>(at + 7, (SENSE_FIXED_BYTES - 8) as u8);
  put16(at + 12, code);
}
/** CHECK CONDITION. */
export function replySense(task: u32, key: u32, code: u32): void {
  replyStatus(task, STATUS_CHECK_CONDITION);
  setB(SENSE_FIXED_BYTES);
  putSense(params(SENSE_FIXED_BYTES), key, code);
}
/**
 * The end of a move: 0 is GOOD; else sense (key << 16 | additional sense) or WORD_NONE. Where the robot
 * gave sense data (`raw`, DONE_SENSE_BYTES; a zero first byte: none) the server gets them as they are.
 */
export function replyResult(task: u32, result: u32, raw: u32): void {
  if (result === 0) return replyStatus(task, STATUS_GOOD);
  if (load<u8>(raw) === 0) {
    const word = result === WORD_NONE ? NO_ANSWER : result;
    return replySense(task, word >> 16, word & 0xffff);
  }
  replyStatus(task, STATUS_CHECK_CONDITION);
  const length: u32 = 8 + (load<u8>(raw + 7) as u32);
  const bytes = length < DONE_SENSE_BYTES ? length : DONE_SENSE_BYTES;
  setB(bytes);
  memory.copy(params(bytes), raw, bytes);
}
/**
 * GOOD with `bytes` of data-in, cut to the allocation length and to what the initiator expects; answers
 * their address (zeroed), to be filled whole before the step ends.
 */
export function replyData(task: u32, bytes: u32, allocation: u32, expected: u32): u32 {
  const wanted = bytes < allocation ? bytes : allocation;
  const cut = wanted < expected ? wanted : expected;
  replyStatus(task, STATUS_GOOD);
  setC(cut);
  setD(cut === 0 ? FROM_NONE : FROM_PARAM);
  setE(wanted);
  return params(bytes);
}
/** Answers REQUEST SENSE: sense data as data-in, in descriptor format where that was asked for. */
export function replyRequestSense(
  task: u32,
  descriptor: bool,
  key: u32,
  code: u32,
  allocation: u32,
  expected: u32,
): void {
  if (!descriptor) {
    return putSense(replyData(task, SENSE_FIXED_BYTES, allocation, expected), key, code);
  }
  const at = replyData(task, SENSE_DESCRIPTOR_BYTES, allocation, expected);
  store<u8>(at, RESPONSE_DESCRIPTOR as u8);
  store<u8>(at + 1, key as u8);
  put16(at + 2, code);
}
