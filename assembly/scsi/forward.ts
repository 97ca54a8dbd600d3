/**
 * Commands that are safe to give to the drive untouched: they read small data and change nothing (LOG
 * SENSE, READ BUFFER). The drive's answer is the server's.
 */
import {
  commandInBuffer,
  deviceDataBytes,
  deviceGood,
  deviceIdle,
  deviceResult,
  loseDrivePosition,
  OWNER_TASK,
} from "../lane/device.ts";
import { feederDrained } from "../lane/feeder.ts";
import { MEDIUM_READY, mediumState, serverPosition } from "../lane/medium.ts";
import { procedureIdle } from "../lane/procedure-state.ts";
import {
  cdb,
  cdbByte,
  PHASE_DEVICE,
  PHASE_NEW,
  replyBuffer,
  replyBusy,
  replyRawSense,
  replySense,
  setTaskPhase,
  taskInBytes,
} from "../lane/task.ts";
import { get16, get24 } from "../lib/bytes.ts";
import { recoveryBegin } from "../recovery/recovery.ts";
import { recovering } from "../recovery/state.ts";
import { RECORD_BYTES_MAX } from "../spec/abi.ts";
import { BUFFER_SERVER } from "../spec/action.ts";
import { ASC_INVALID_FIELD_IN_CDB, ASC_INVALID_OPERATION_CODE } from "../spec/additional-sense.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import { OP_READ_BUFFER } from "../spec/operation-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { driveFailed, isDrivesAttention } from "./drive-answer.ts";
import { senseRaw, senseWord } from "./sense-reader.ts";

/** The lane has the command, as REPORT SUPPORTED OPERATION CODES says: only what was asked for is not there. */
const NO_SUCH_COMMAND: u32 = (KEY_ILLEGAL_REQUEST << 16) | ASC_INVALID_OPERATION_CODE;

function allocation(op: u32): u32 {
  return op === OP_READ_BUFFER ? get24(cdb() + 6) : get16(cdb() + 7);
}

/** True when the drive can be asked for the server; else the command waits. */
export function mayAsk(): bool {
  // Without a medium the feeder does not go on: what it lacks cannot be waited for.
  if (mediumState() === MEDIUM_READY && !feederDrained()) return false;
  return deviceIdle() && procedureIdle();
}

/** Sends it when the drive is free; while a recovery runs there is no drive to ask. */
export function forwardIn(): void {
  if (recovering()) {
    replyBusy();
    return;
  }
  if (!mayAsk()) return;
  const op = cdbByte(0);
  const bytes = min(min(allocation(op), taskInBytes()), RECORD_BYTES_MAX);
  const to = commandInBuffer(OWNER_TASK, op, BUFFER_SERVER, 0, bytes, 0);
  memory.copy(to, cdb(), 10);
  setTaskPhase(PHASE_DEVICE);
}

/**
 * True where the drive's answer is not for the server, and the command begins anew: its unit attentions are
 * the bridge's matter, and a drive that fails at this would fail at the next WRITE: another one stands in.
 */
export function drivesMatter(): bool {
  if (isDrivesAttention()) {
    setTaskPhase(PHASE_NEW);
    return true;
  }
  if (mediumState() !== MEDIUM_READY || !driveFailed()) return false;
  loseDrivePosition();
  setTaskPhase(PHASE_NEW);
  if (!recovering()) recoveryBegin(serverPosition());
  return true;
}
/** The drive has answered that it has no such command. */
export function lacksCommand(): bool {
  return senseWord() === NO_SUCH_COMMAND;
}

/** The drive's answer. */
export function forwardDone(): void {
  if (drivesMatter()) return;
  if (deviceGood()) replyBuffer(BUFFER_SERVER, deviceDataBytes(), 0, 0, 0);
  else passRefusal();
}

/** The drive has not done it, and that is the server's matter. */
export function passRefusal(): void {
  if (deviceResult() !== RESULT_ANSWERED) replyBusy();
  else if (lacksCommand()) replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
  else replyRawSense(senseRaw() as u32, false);
}
