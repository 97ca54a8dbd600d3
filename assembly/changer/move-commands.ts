/** MOVE MEDIUM, EXCHANGE MEDIUM, POSITION TO ELEMENT: what is refused, and what becomes a task. */
import { get16 } from "../lib/bytes.ts";
import {
  ASC_INVALID_ELEMENT_ADDRESS,
  ASC_INVALID_FIELD_IN_CDB,
  ASC_MEDIUM_DESTINATION_ELEMENT_FULL,
  ASC_MEDIUM_SOURCE_ELEMENT_EMPTY,
} from "../spec/additional-sense.ts";
import {
  ELEMENT_TYPE_MEDIUM_TRANSPORT,
  INVERT,
  INVERT_BOTH,
  MOVE_CDB_DESTINATION,
  MOVE_CDB_INVERT,
  MOVE_CDB_SECOND_DESTINATION,
  MOVE_CDB_SOURCE,
  MOVE_CDB_TRANSPORT,
  POSITION_CDB_INVERT,
} from "../spec/element.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { STATUS_BUSY, STATUS_GOOD } from "../spec/status.ts";
import { findElement } from "./element-table.ts";
import { NONE, STORAGE_BASE } from "./limits.ts";
import { replySense, replyStatus } from "./reply.ts";
import { hidden, storageCount } from "./storage-map.ts";
import { beginExchange, beginMove, taskTouches } from "./task.ts";
import { sourceAt, virtualAt, virtualCartridge } from "./virtual.ts";

function illegal(task: u32, code: u32): void {
  replySense(task, KEY_ILLEGAL_REQUEST, code);
}
function busy(task: u32): void {
  replyStatus(task, STATUS_BUSY);
}
function inverts(cdb: u32, at: u32, mask: u32): bool {
  return ((load<u8>(cdb + at) as u32) & mask) !== 0;
}
/** Address 0 means any; else it is a transport element's. */
function transportRight(cdb: u32): bool {
  const address = get16(cdb + MOVE_CDB_TRANSPORT);
  return address === 0 || findElement(ELEMENT_TYPE_MEDIUM_TRANSPORT, address) !== NONE;
}
function virtualOf(cdb: u32, at: u32): u32 {
  return virtualAt(get16(cdb + at));
}

/** POSITION TO ELEMENT: an element that the server knows, the transport element's own too; nothing is moved. */
export function positionToElement(task: u32, cdb: u32): void {
  if (inverts(cdb, POSITION_CDB_INVERT, INVERT)) return illegal(task, ASC_INVALID_FIELD_IN_CDB);
  const address = get16(cdb + MOVE_CDB_SOURCE);
  const there =
    virtualAt(address) !== NONE || findElement(ELEMENT_TYPE_MEDIUM_TRANSPORT, address) !== NONE;
  if (there && transportRight(cdb)) replyStatus(task, STATUS_GOOD);
  else illegal(task, ASC_INVALID_ELEMENT_ADDRESS);
}

/** MOVE MEDIUM; from an element to itself it is done at once. */
export function moveMedium(task: u32, cdb: u32): void {
  const from = sourceAt(get16(cdb + MOVE_CDB_SOURCE));
  const to = virtualOf(cdb, MOVE_CDB_DESTINATION);
  if (inverts(cdb, MOVE_CDB_INVERT, INVERT)) return illegal(task, ASC_INVALID_FIELD_IN_CDB);
  if (from === NONE || to === NONE || !transportRight(cdb)) {
    return illegal(task, ASC_INVALID_ELEMENT_ADDRESS);
  }
  if (taskTouches(from) || taskTouches(to)) return busy(task);
  if (virtualCartridge(from) === NONE) return illegal(task, ASC_MEDIUM_SOURCE_ELEMENT_EMPTY);
  if (from === to) return replyStatus(task, STATUS_GOOD);
  if (virtualCartridge(to) !== NONE) return illegal(task, ASC_MEDIUM_DESTINATION_ELEMENT_FULL);
  if (!beginMove(from, to)) busy(task);
}

/** An empty storage element that nothing is moved to or from, or NONE. */
function aside(): u32 {
  for (let v: u32 = 0; v < storageCount(); v++) {
    const virtual = STORAGE_BASE + v;
    if (hidden(v) || taskTouches(virtual)) continue;
    if (virtualCartridge(virtual) === NONE) return virtual;
  }
  return NONE;
}
/**
 * EXCHANGE MEDIUM as moves: first destination to second destination, then source to first destination.
 * Where the second destination is the source, the first of them goes by way of an empty storage element.
 */
export function exchangeMedium(task: u32, cdb: u32): void {
  const from = virtualOf(cdb, MOVE_CDB_SOURCE);
  const to = virtualOf(cdb, MOVE_CDB_DESTINATION);
  const second = virtualOf(cdb, MOVE_CDB_SECOND_DESTINATION);
  if (inverts(cdb, MOVE_CDB_INVERT, INVERT_BOTH)) return illegal(task, ASC_INVALID_FIELD_IN_CDB);
  if (from === NONE || to === NONE || second === NONE || from === to || !transportRight(cdb)) {
    return illegal(task, ASC_INVALID_ELEMENT_ADDRESS);
  }
  if (taskTouches(from) || taskTouches(to) || taskTouches(second)) return busy(task);
  if (virtualCartridge(from) === NONE || virtualCartridge(to) === NONE) {
    return illegal(task, ASC_MEDIUM_SOURCE_ELEMENT_EMPTY);
  }
  const by = second === from ? aside() : second;
  const full = by === NONE || virtualCartridge(by) !== NONE;
  if (full) return illegal(task, ASC_MEDIUM_DESTINATION_ELEMENT_FULL);
  if (!beginExchange(from, to, by, second)) busy(task);
}
