/**
 * SET CAPACITY of the server, at the beginning of the tape: the drive does it, nothing is on the medium then,
 * and where it ends is asked anew. A spare that stands in for it later is made as short (procedure-blank.ts).
 */
import { unbindPartitions } from "../lane/partition-images.ts";
import { cdb } from "../lane/task.ts";
import { LIMIT_CAPACITY_MS } from "../spec/drive-limit.ts";
import { OP_SET_CAPACITY } from "../spec/operation-code.ts";
import {
  beginTape,
  changeByDrive,
  changeDone,
  emptyingFailed,
  isAtBeginning,
  mayChange,
} from "./tape-change.ts";

/** IMMED of byte 1: not passed on, the end is waited for. */
const IMMED: u32 = 1;

/** SET CAPACITY, again after every event until the drive can take it. */
export function setCapacity(): void {
  if (!isAtBeginning() || !mayChange() || !unbindPartitions()) return;
  const to = changeByDrive(OP_SET_CAPACITY, LIMIT_CAPACITY_MS);
  if (to === 0) return;
  memory.copy(to, cdb(), 6);
  store<u8>(to + 1, ((load<u8>(to + 1) as u32) & ~IMMED) as u8);
}

/** The drive's answer. */
export function setCapacityDone(): void {
  if (changeDone()) beginTape();
  else emptyingFailed();
}
