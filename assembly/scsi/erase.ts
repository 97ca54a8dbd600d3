/** ERASE of the server: what stands behind the position is gone, on the tape and in the ring. */
import { eraseLimitMs } from "../lane/device.ts";
import { serverPosition } from "../lane/medium.ts";
import { cdbByte, PHASE_PROCEDURE, setTaskPhase } from "../lane/task.ts";
import { LIMIT_ERASE_LONG_MS } from "../spec/drive-limit.ts";
import { OP_ERASE_6 } from "../spec/operation-code.ts";
import { atAddress } from "./stream-address.ts";
import { changeByDrive, changeDone, cutImage, isWritable } from "./tape-change.ts";

/** LONG of byte 1. IMMED, beside it, is not passed on: the end is waited for. */
const LONG: u32 = 1;

/** ERASE(6) and (16), again after every event until the drive can take it. */
export function erase(): void {
  if (!isWritable() || !atAddress()) return;
  const long = cdbByte(1) & LONG;
  const to = changeByDrive(OP_ERASE_6, long !== 0 ? LIMIT_ERASE_LONG_MS : eraseLimitMs());
  if (to !== 0) store<u8>(to + 1, long as u8);
}

/** The drive's answer. */
export function eraseDone(): void {
  if (!changeDone()) return;
  cutImage(serverPosition());
  setTaskPhase(PHASE_PROCEDURE);
}
