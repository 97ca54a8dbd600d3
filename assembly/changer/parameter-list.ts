/**
 * A command of the server that brings a parameter list: its CDB is kept until the data are there. One at a
 * time, as the target gives commands; after a trap the command is given again and begins anew.
 */
import { act, setA, setD } from "../lib/action.ts";
import { eventB, eventTag } from "../lib/event.ts";
import { PARAM_IN_AT } from "../spec/abi.ts";
import { AC_RECEIVE, TO_PARAM } from "../spec/action.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { STATUS_GOOD } from "../spec/status.ts";
import { NONE, PARAMETER_LIST_BYTES_MAX } from "./limits.ts";
import { replySense, replyStatus } from "./reply.ts";

const CDB_BYTES: u32 = 16;
const CDB: usize = memory.data(16, 8);
let task: u32 = NONE;
let nexus: u32 = 0;

/** Asks for `bytes` bytes; none are no error: the command is GOOD and changes nothing. */
export function askParameters(tag: u32, from: u32, bytes: u32): void {
  if (bytes === 0) return replyStatus(tag, STATUS_GOOD);
  if (bytes > PARAMETER_LIST_BYTES_MAX || bytes > eventB()) {
    return replySense(tag, KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
  }
  task = tag;
  nexus = from;
  memory.copy(CDB, PARAM_IN_AT, CDB_BYTES);
  act(AC_RECEIVE, tag);
  setA(bytes);
  setD(TO_PARAM);
}
/** EV_DATA is of the command that waits, which is over with that; its CDB and nexus are here. */
export function takeParameters(): bool {
  if (task !== eventTag()) return false;
  task = NONE;
  return true;
}
/** The task ended without an answer. */
export function forgetParameters(tag: u32): void {
  if (task === tag) task = NONE;
}
export function parameterCdb(): u32 {
  return CDB as u32;
}
export function parameterNexus(): u32 {
  return nexus;
}
