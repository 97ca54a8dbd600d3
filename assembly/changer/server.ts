/**
 * The server's SMC commands: which one is answered how. Everything that needs no robot is answered at
 * once, also while the robot moves; moves become tasks (task.ts). Unit attentions and reservations
 * are per I_T nexus; INQUIRY, REPORT LUNS and REQUEST SENSE are never hindered by them.
 */

import { get16, get32 } from "../lib/bytes.ts";
import { eventA, eventB, eventC, eventTag } from "../lib/event.ts";
import { keep32 } from "../lib/keep.ts";
import {
  ATTENTION_RESET,
  attentionForget,
  attentionNexus,
  attentionRaise,
  attentionTake,
} from "../scsi/unit-attention.ts";
import { PARAM_IN_AT } from "../spec/abi.ts";
import {
  ASC_BECOMING_READY,
  ASC_INVALID_ELEMENT_ADDRESS,
  ASC_INVALID_FIELD_IN_CDB,
  ASC_INVALID_OPERATION_CODE,
  ASC_MEDIUM_DESTINATION_ELEMENT_FULL,
  ASC_MEDIUM_SOURCE_ELEMENT_EMPTY,
  ASC_NONE,
} from "../spec/additional-sense.ts";
import {
  ELEMENT_TYPE_MEDIUM_TRANSPORT,
  MOVE_CDB_DESTINATION,
  MOVE_CDB_INVERT,
  MOVE_CDB_SECOND_DESTINATION,
  MOVE_CDB_SOURCE,
  MOVE_CDB_TRANSPORT,
} from "../spec/element.ts";
import { NEXUS_ESTABLISHED, NEXUS_LOST } from "../spec/event.ts";
import {
  OP_EXCHANGE_MEDIUM,
  OP_INITIALIZE_ELEMENT_STATUS,
  OP_INITIALIZE_ELEMENT_STATUS_RANGE,
  OP_INITIALIZE_ELEMENT_STATUS_RANGE_12,
  OP_INQUIRY,
  OP_MODE_SENSE_6,
  OP_MODE_SENSE_10,
  OP_MOVE_MEDIUM,
  OP_POSITION_TO_ELEMENT,
  OP_PREVENT_ALLOW,
  OP_READ_ELEMENT_STATUS,
  OP_RELEASE_6,
  OP_REPORT_LUNS,
  OP_REQUEST_SENSE,
  OP_RESERVE_6,
  OP_TEST_UNIT_READY,
} from "../spec/operation-code.ts";
import {
  KEY_ILLEGAL_REQUEST,
  KEY_NO_SENSE,
  KEY_NOT_READY,
  KEY_UNIT_ATTENTION,
  SENSE_FIXED_BYTES,
} from "../spec/sense-key.ts";
import { STATUS_BUSY, STATUS_GOOD, STATUS_RESERVATION_CONFLICT } from "../spec/status.ts";
import { replyElements } from "./element-report.ts";
import { findElement } from "./element-table.ts";
import { replyInquiry, replyLuns } from "./inquiry.ts";
import { NONE } from "./limits.ts";
import { replyModeSense } from "./mode-sense.ts";
import { putSense, replyData, replySense, replyStatus } from "./reply.ts";
import { ready } from "./start.ts";
import { beginMove, beginReading, taskOpen, taskTouches } from "./task.ts";
import { virtualAt, virtualCartridge } from "./virtual.ts";

/** The command's CDB, kept from the parameters of the event. */
const CDB: u32 = PARAM_IN_AT;
let task: u32 = 0;
let expected: u32 = 0;
/** The nexus that reserved the changer, NONE nobody. */
let holder: u32 = NONE;

function illegal(code: u32): void {
  replySense(task, KEY_ILLEGAL_REQUEST, code);
}
function good(): void {
  replyStatus(task, STATUS_GOOD);
}

function requestSense(nexus: u32): void {
  const code = attentionTake(nexus);
  const key = code === ASC_NONE ? KEY_NO_SENSE : KEY_UNIT_ATTENTION;
  putSense(replyData(task, SENSE_FIXED_BYTES, load<u8>(CDB + 4), expected), key, code);
}
/** RESERVE(6) of the whole unit; of elements it is refused. */
function reserve(nexus: u32): void {
  if ((load<u8>(CDB + 1) & 1) !== 0) return illegal(ASC_INVALID_FIELD_IN_CDB);
  holder = nexus;
  good();
}
/** RELEASE(6): of somebody else's reservation it does nothing, and is GOOD. */
function release(nexus: u32): void {
  if ((load<u8>(CDB + 1) & 1) !== 0) return illegal(ASC_INVALID_FIELD_IN_CDB);
  if (holder === nexus) holder = NONE;
  good();
}
/** Address 0 means any; else it is a transport element's. */
function transportRight(): bool {
  const address = get16(CDB + MOVE_CDB_TRANSPORT);
  return address === 0 || findElement(ELEMENT_TYPE_MEDIUM_TRANSPORT, address) !== NONE;
}
function position(): void {
  const there = virtualAt(get16(CDB + MOVE_CDB_SOURCE)) !== NONE;
  if (there && transportRight()) good();
  else illegal(ASC_INVALID_ELEMENT_ADDRESS);
}

/** Another command moves something at one of these elements. */
function disturbed(from: u32, to: u32, second: u32): bool {
  return taskTouches(from) || taskTouches(to) || taskTouches(second);
}
function busy(): void {
  replyStatus(task, STATUS_BUSY);
}
function move(): void {
  const from = virtualAt(get16(CDB + MOVE_CDB_SOURCE));
  const to = virtualAt(get16(CDB + MOVE_CDB_DESTINATION));
  if (load<u8>(CDB + MOVE_CDB_INVERT) !== 0) return illegal(ASC_INVALID_FIELD_IN_CDB);
  if (from === NONE || to === NONE || !transportRight()) {
    return illegal(ASC_INVALID_ELEMENT_ADDRESS);
  }
  if (disturbed(from, to, NONE)) return busy();
  if (virtualCartridge(from) === NONE) return illegal(ASC_MEDIUM_SOURCE_ELEMENT_EMPTY);
  if (virtualCartridge(to) !== NONE) return illegal(ASC_MEDIUM_DESTINATION_ELEMENT_FULL);
  if (!beginMove(from, to, NONE, NONE)) busy();
}
/**
 * EXCHANGE MEDIUM as two moves: first destination to second destination, then source to first
 * destination; so the second destination must be empty, and not the source.
 */
function exchangeMedium(): void {
  const from = virtualAt(get16(CDB + MOVE_CDB_SOURCE));
  const to = virtualAt(get16(CDB + MOVE_CDB_DESTINATION));
  const second = virtualAt(get16(CDB + MOVE_CDB_SECOND_DESTINATION));
  if (load<u8>(CDB + MOVE_CDB_INVERT) !== 0) return illegal(ASC_INVALID_FIELD_IN_CDB);
  if (from === NONE || to === NONE || second === NONE || !transportRight()) {
    return illegal(ASC_INVALID_ELEMENT_ADDRESS);
  }
  if (disturbed(from, to, second)) return busy();
  if (virtualCartridge(from) === NONE || virtualCartridge(to) === NONE) {
    return illegal(ASC_MEDIUM_SOURCE_ELEMENT_EMPTY);
  }
  if (virtualCartridge(second) !== NONE) return illegal(ASC_MEDIUM_DESTINATION_ELEMENT_FULL);
  if (!beginMove(to, second, from, to)) busy();
}
function initialize(): void {
  if (!beginReading()) busy();
}

/** Commands that need the inventory. */
function inventoryCommand(op: u32): void {
  if (!ready()) return replySense(task, KEY_NOT_READY, ASC_BECOMING_READY);
  if (op === OP_TEST_UNIT_READY) return good();
  if (op === OP_READ_ELEMENT_STATUS) return replyElements(task, CDB, expected);
  if (op === OP_MOVE_MEDIUM) return move();
  if (op === OP_EXCHANGE_MEDIUM) return exchangeMedium();
  if (op === OP_POSITION_TO_ELEMENT) return position();
  if (op === OP_MODE_SENSE_6 || op === OP_MODE_SENSE_10) {
    return replyModeSense(task, CDB, expected);
  }
  if (
    op === OP_INITIALIZE_ELEMENT_STATUS ||
    op === OP_INITIALIZE_ELEMENT_STATUS_RANGE ||
    op === OP_INITIALIZE_ELEMENT_STATUS_RANGE_12
  ) {
    return initialize();
  }
  illegal(ASC_INVALID_OPERATION_CODE);
}
/** EV_COMMAND. */
export function serverCommand(): void {
  // Given again after a trap, and in work already.
  if (taskOpen(eventTag())) return;
  const op = load<u8>(CDB) as u32;
  const nexus = eventA();
  task = eventTag();
  expected = eventC();
  if (op === OP_INQUIRY) return replyInquiry(task, CDB, expected);
  if (op === OP_REPORT_LUNS) return replyLuns(task, load<u8>(CDB + 2), get32(CDB + 6), expected);
  if (op === OP_REQUEST_SENSE) return requestSense(nexus);
  if (op === OP_RELEASE_6) return release(nexus);
  if (holder !== NONE && holder !== nexus) return replyStatus(task, STATUS_RESERVATION_CONFLICT);
  const attention = attentionTake(nexus);
  if (attention !== ASC_NONE) return replySense(task, KEY_UNIT_ATTENTION, attention);
  if (op === OP_RESERVE_6) return reserve(nexus);
  if (op === OP_PREVENT_ALLOW) return good();
  inventoryCommand(op);
}
/** EV_NEXUS. */
export function serverNexus(): void {
  const nexus = eventA();
  const what = eventB();
  if (what === NEXUS_ESTABLISHED) return attentionNexus(nexus);
  if (what === NEXUS_LOST) {
    attentionForget(nexus);
    if (holder === nexus) holder = NONE;
    return;
  }
  holder = NONE;
  attentionRaise(ATTENTION_RESET, 0);
}
/** What outlives a trap (keep.ts). */
export function keepHolder(): void {
  holder = keep32(holder);
}
