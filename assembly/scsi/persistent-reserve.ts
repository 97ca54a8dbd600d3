/** PERSISTENT RESERVE IN and OUT, RESERVE and RELEASE of a lane: the outcome becomes an answer. */
import {
  cdb,
  cdbByte,
  receiveParams,
  replyGood,
  replyParams,
  replySense,
  replyStatus,
  taskNexus,
  taskOutBytes,
} from "../lane/task.ts";
import { get16 } from "../lib/bytes.ts";
import { PARAM_IN_AT } from "../spec/abi.ts";
import {
  ASC_INVALID_FIELD_IN_CDB,
  ASC_PARAMETER_LIST_LENGTH_ERROR,
} from "../spec/additional-sense.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { STATUS_RESERVATION_CONFLICT } from "../spec/status.ts";
import { NO_PERSISTENT_IN, persistentInBytes, putPersistentIn } from "./persistent-in.ts";
import {
  OUTCOME_CONFLICT,
  OUTCOME_GOOD,
  PERSISTENT_LIST_BYTES,
  persistentOut,
  persistentOutFits,
} from "./persistent-out.ts";
import { release, reserve, reservesUnit } from "./reservation.ts";

/** RESERVE(6), RESERVE(10). */
export function reserveUnit(): void {
  if (reservesUnit(cdb())) {
    reserve(taskNexus());
    replyGood();
  } else replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
}
/** RELEASE(6), RELEASE(10). */
export function releaseUnit(): void {
  if (reservesUnit(cdb())) {
    release(taskNexus());
    replyGood();
  } else replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
}

/** PERSISTENT RESERVE IN. */
export function persistentReserveIn(): void {
  const action = cdbByte(1) & 0x1f;
  const bytes = persistentInBytes(action);
  if (bytes === NO_PERSISTENT_IN) replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
  else putPersistentIn(replyParams(bytes, get16(cdb() + 7)), action);
}

/** PERSISTENT RESERVE OUT: asks for its parameter list. */
export function persistentReserveOut(): void {
  const outcome = persistentOutFits(cdb());
  if (outcome !== OUTCOME_GOOD) answer(outcome);
  else if (taskOutBytes() < PERSISTENT_LIST_BYTES) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_PARAMETER_LIST_LENGTH_ERROR);
  } else receiveParams(PERSISTENT_LIST_BYTES);
}
/** Its parameter list has come. */
export function persistentReserveData(): void {
  answer(persistentOut(taskNexus(), cdb(), PARAM_IN_AT));
}

function answer(outcome: u32): void {
  if (outcome === OUTCOME_GOOD) replyGood();
  else if (outcome === OUTCOME_CONFLICT) replyStatus(STATUS_RESERVATION_CONFLICT);
  else replySense(outcome >> 16, outcome & 0xffff);
}
