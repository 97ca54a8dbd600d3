/** PERSISTENT RESERVE IN and OUT of the changer: the outcome becomes an answer. */
import { get16 } from "../lib/bytes.ts";
import { NO_PERSISTENT_IN, persistentInBytes, putPersistentIn } from "../scsi/persistent-in.ts";
import {
  OUTCOME_CONFLICT,
  OUTCOME_GOOD,
  PERSISTENT_LIST_BYTES,
  persistentOut,
  persistentOutFits,
} from "../scsi/persistent-out.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { STATUS_GOOD, STATUS_RESERVATION_CONFLICT } from "../spec/status.ts";
import { askParameters } from "./parameter-list.ts";
import { replyData, replySense, replyStatus } from "./reply.ts";

const ACTION_BITS: u32 = 0x1f;

export function persistentReserveIn(task: u32, cdb: u32, expected: u32): void {
  const action = (load<u8>(cdb + 1) as u32) & ACTION_BITS;
  const bytes = persistentInBytes(action);
  if (bytes === NO_PERSISTENT_IN) {
    return replySense(task, KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
  }
  putPersistentIn(replyData(task, bytes, get16(cdb + 7), expected), action);
}

/** Asks for the parameter list. */
export function persistentReserveOut(task: u32, nexus: u32, cdb: u32): void {
  const outcome = persistentOutFits(cdb);
  if (outcome === OUTCOME_GOOD) askParameters(task, nexus, PERSISTENT_LIST_BYTES);
  else answer(task, outcome);
}
/** It has come. */
export function persistentReserveData(task: u32, nexus: u32, cdb: u32, list: u32): void {
  answer(task, persistentOut(nexus, cdb, list));
}

function answer(task: u32, outcome: u32): void {
  if (outcome === OUTCOME_GOOD) replyStatus(task, STATUS_GOOD);
  else if (outcome === OUTCOME_CONFLICT) replyStatus(task, STATUS_RESERVATION_CONFLICT);
  else replySense(task, outcome >> 16, outcome & 0xffff);
}
