/**
 * The robot's commands: one at a time. Unit attentions are absorbed here (the command is sent again, a
 * bounded number of times); what they say about the inventory is remembered. Decides no retries else.
 */

import { act, params, setA, setB, setC, setD, setF } from "../lib/action.ts";
import { put16, put24 } from "../lib/bytes.ts";
import { eventA, eventB, eventD, eventTag } from "../lib/event.ts";
import { keep32, keepBytes, keepFlag } from "../lib/keep.ts";
import { readSense, senseCode, senseKey, senseRaw, senseWord } from "../scsi/sense-reader.ts";
import { DEVICE_ROBOT, PARAM_IN_AT } from "../spec/abi.ts";
import {
  AC_CONTROL,
  AC_DEVICE,
  CONTROL_COUPLE,
  DIRECTION_IN_PARAM,
  DIRECTION_NONE,
} from "../spec/action.ts";
import {
  ASC_MAGAZINE_INSERTED,
  ASC_MAGAZINE_REMOVED,
  ASC_MEDIUM_MAY_HAVE_CHANGED,
  ASC_POWER_ON_OR_RESET,
} from "../spec/additional-sense.ts";
import {
  ELEMENT_CDB_ALLOCATION,
  ELEMENT_CDB_BYTES,
  ELEMENT_CDB_COUNT,
  ELEMENT_CDB_OPTIONS,
  ELEMENT_CDB_START,
  ELEMENT_CDB_TYPE,
  ELEMENT_DVCID,
  ELEMENT_TYPE_MEDIUM_TRANSPORT,
  ELEMENT_VOLTAG,
  MODE_PAGE_ELEMENT_ADDRESS,
  MOVE_CDB_BYTES,
  MOVE_CDB_DESTINATION,
  MOVE_CDB_SOURCE,
  MOVE_CDB_TRANSPORT,
} from "../spec/element.ts";
import { DONE_DATA_AT, RESULT_ANSWERED, RESULT_LOST, RESULT_SILENT } from "../spec/event.ts";
import {
  OP_MODE_SENSE_6,
  OP_MOVE_MEDIUM,
  OP_PREVENT_ALLOW,
  OP_READ_ELEMENT_STATUS,
  OP_TEST_UNIT_READY,
} from "../spec/operation-code.ts";
import { KEY_UNIT_ATTENTION } from "../spec/sense-key.ts";
import { STATUS_GOOD } from "../spec/status.ts";
import { elementAddress, elementCount } from "./element-table.ts";
import {
  READ_BYTES,
  ROBOT_ATTENTIONS_MAX,
  ROBOT_COUPLE_MS,
  ROBOT_MOVE_MS,
  ROBOT_READY_MS,
  ROBOT_STATUS_MS,
  TRANSPORT_BASE,
} from "./limits.ts";

/** How a robot command ended. */
export const ROBOT_BUSY: u32 = 0;
export const ROBOT_GOOD: u32 = 1;
/** CHECK CONDITION (the sense is in sense-reader.ts), or another status without one. */
export const ROBOT_CHECK: u32 = 2;
export const ROBOT_SILENT: u32 = 3;
export const ROBOT_LOST: u32 = 4;

const CDB: usize = memory.data(16, 8);
let cdbBytes: u32 = 0;
let dataBytes: u32 = 0;
let limitMs: u32 = 0;
let tag: u32 = 0;
let waiting: bool = false;
let attentions: u32 = 0;
let changed: bool = false;
let wasReset: bool = false;

function begin(opcode: u32, bytes: u32, data: u32, ms: u32): u32 {
  memory.fill(CDB, 0, 16);
  store<u8>(CDB, opcode as u8);
  cdbBytes = bytes;
  dataBytes = data;
  limitMs = ms;
  attentions = 0;
  return CDB as u32;
}
function send(): void {
  tag += 1;
  waiting = true;
  act(AC_DEVICE, tag);
  setA(DEVICE_ROBOT);
  setB(dataBytes > 0 ? DIRECTION_IN_PARAM : DIRECTION_NONE);
  setC(dataBytes);
  setD(limitMs);
  setF(cdbBytes);
  memory.copy(params(16), CDB, 16);
}

export function robotReady(): void {
  begin(OP_TEST_UNIT_READY, 6, 0, ROBOT_READY_MS);
  send();
}
/** PREVENT ALLOW MEDIUM REMOVAL. */
export function robotPrevent(prevent: bool): void {
  const cdb = begin(OP_PREVENT_ALLOW, 6, 0, ROBOT_READY_MS);
  store<u8>(cdb + 4, prevent ? 1 : 0);
  send();
}
/** MODE SENSE(6), element address assignment page. */
export function robotModeSense(): void {
  const cdb = begin(OP_MODE_SENSE_6, 6, 0xff, ROBOT_STATUS_MS);
  store<u8>(cdb + 1, 0x08);
  store<u8>(cdb + 2, MODE_PAGE_ELEMENT_ADDRESS as u8);
  store<u8>(cdb + 4, 0xff);
  send();
}
/** READ ELEMENT STATUS of up to `count` elements of a type from an address on, with volume tags. */
export function robotElementStatus(type: u32, start: u32, count: u32, dvcid: bool): void {
  const cdb = begin(OP_READ_ELEMENT_STATUS, ELEMENT_CDB_BYTES, READ_BYTES, ROBOT_STATUS_MS);
  store<u8>(cdb + ELEMENT_CDB_TYPE, (type | ELEMENT_VOLTAG) as u8);
  put16(cdb + ELEMENT_CDB_START, start);
  put16(cdb + ELEMENT_CDB_COUNT, count);
  store<u8>(cdb + ELEMENT_CDB_OPTIONS, (dvcid ? ELEMENT_DVCID : 0) as u8);
  put24(cdb + ELEMENT_CDB_ALLOCATION, READ_BYTES);
  send();
}
/** MOVE MEDIUM between two elements (element numbers). */
export function robotMove(from: u32, to: u32): void {
  const cdb = begin(OP_MOVE_MEDIUM, MOVE_CDB_BYTES, 0, ROBOT_MOVE_MS);
  const arm = elementCount(ELEMENT_TYPE_MEDIUM_TRANSPORT) > 0 ? elementAddress(TRANSPORT_BASE) : 0;
  put16(cdb + MOVE_CDB_TRANSPORT, arm);
  put16(cdb + MOVE_CDB_SOURCE, elementAddress(from));
  put16(cdb + MOVE_CDB_DESTINATION, elementAddress(to));
  send();
}
/** Connects to the robot again. */
export function robotCouple(): void {
  tag += 1;
  waiting = true;
  act(AC_CONTROL, tag);
  setA(DEVICE_ROBOT);
  setB(CONTROL_COUPLE);
  setD(ROBOT_COUPLE_MS);
}

/** EV_DEVICE_DONE: how the command ended; ROBOT_BUSY when it is not it, or was sent again. */
export function robotDone(): u32 {
  if (!waiting || eventTag() !== tag) return ROBOT_BUSY;
  waiting = false;
  const result = eventA();
  readSense(PARAM_IN_AT, result === RESULT_ANSWERED ? eventB() : STATUS_GOOD);
  if (result === RESULT_LOST) return ROBOT_LOST;
  if (result === RESULT_SILENT) return ROBOT_SILENT;
  if (eventB() === STATUS_GOOD) return ROBOT_GOOD;
  if (senseKey() !== KEY_UNIT_ATTENTION) return ROBOT_CHECK;
  const isNews = noteChange();
  // What is to be moved may be another cartridge now.
  if (isNews && load<u8>(CDB) === (OP_MOVE_MEDIUM as u8)) return ROBOT_CHECK;
  if (attentions === ROBOT_ATTENTIONS_MAX) return ROBOT_CHECK;
  attentions += 1;
  send();
  return ROBOT_BUSY;
}
/**
 * An operator opened it (28/xx), took a magazine out or put one in, or it began anew (29/xx): it was off, who
 * knows what happened meanwhile, and it has forgotten who prevented what.
 */
function noteChange(): bool {
  const code = senseCode();
  const isReset = code >> 8 === ASC_POWER_ON_OR_RESET >> 8;
  const isOpened = code >> 8 === ASC_MEDIUM_MAY_HAVE_CHANGED >> 8;
  const isMagazine = code === ASC_MAGAZINE_REMOVED || code === ASC_MAGAZINE_INSERTED;
  if (isReset) wasReset = true;
  const isNews = isReset || isOpened || isMagazine;
  if (isNews) changed = true;
  return isNews;
}
/** Whether the robot said that its inventory changed, since this was asked last. */
export function takeRobotChange(): bool {
  const was = changed;
  changed = false;
  return was;
}
/** The inventory has to be read. */
export function expectChange(): void {
  changed = true;
}
/** Whether the robot began anew, since this was asked last. */
export function takeRobotReset(): bool {
  const was = wasReset;
  wasReset = false;
  return was;
}
/** Data of the command that ended: address and length; what lies behind is zero. */
export function robotData(): u32 {
  return PARAM_IN_AT + DONE_DATA_AT;
}
export function robotDataBytes(): u32 {
  return eventD();
}
/** Sense of the command that ended, key << 16 | additional sense; 0 none. */
export function robotSense(): u32 {
  return senseWord();
}
/** The sense data as they came, 64 bytes. */
export function robotSenseAt(): u32 {
  return senseRaw() as u32;
}
/** What outlives a trap (keep.ts): the command that is out; its end comes to the instance that took over. */
export function keepRobot(): void {
  keepBytes(CDB as u32, 16);
  cdbBytes = keep32(cdbBytes);
  dataBytes = keep32(dataBytes);
  limitMs = keep32(limitMs);
  tag = keep32(tag);
  waiting = keepFlag(waiting);
  attentions = keep32(attentions);
  changed = keepFlag(changed);
  wasReset = keepFlag(wasReset);
}
