/** ERASE of the server: what stands behind the position is gone, on the tape and in the ring. */
import {
  commandPlain,
  currentDrive,
  deviceGood,
  deviceIdle,
  deviceResult,
  drivePosition,
  drivePositionKnown,
  loseDrivePosition,
  OWNER_TASK,
} from "../lane/device.ts";
import { warningTruncate } from "../lane/early-warning.ts";
import { feederDrained } from "../lane/feeder.ts";
import { serverPosition, setImagePrefix } from "../lane/medium.ts";
import {
  FOR_FEEDER,
  PROCEDURE_POSITION,
  procedureIdle,
  procedureStart,
} from "../lane/procedure-state.ts";
import {
  cdb,
  PHASE_DEVICE,
  PHASE_NEW,
  replyGood,
  replyRawSense,
  setTaskPhase,
} from "../lane/task.ts";
import { recoveryBegin } from "../recovery/recovery.ts";
import { recovering } from "../recovery/state.ts";
import { imageBase, imageSelected } from "../ring/image-table.ts";
import { imageTruncate } from "../ring/images.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import { OP_ERASE_6 } from "../spec/operation-code.ts";
import { cursorReceived, cursorTruncate } from "../tape/cursor.ts";
import { senseRaw } from "./sense-reader.ts";

/** An erase of a whole cartridge takes hours. */
const ERASE_LIMIT_MS: u32 = 86400000;

/** ERASE(6), again after every event until the drive can take it. */
export function erase(): void {
  if (recovering() || !feederDrained() || !procedureIdle() || !deviceIdle()) return;
  if (!drivePositionKnown() || drivePosition() !== serverPosition()) {
    procedureStart(PROCEDURE_POSITION, FOR_FEEDER, currentDrive(), serverPosition());
    return;
  }
  memory.copy(commandPlain(OWNER_TASK, currentDrive(), OP_ERASE_6, ERASE_LIMIT_MS), cdb(), 6);
  setTaskPhase(PHASE_DEVICE);
}

/** The drive's answer. */
export function eraseDone(): void {
  loseDrivePosition();
  if (deviceResult() !== RESULT_ANSWERED) {
    setTaskPhase(PHASE_NEW);
    recoveryBegin(serverPosition());
    return;
  }
  if (!deviceGood()) {
    replyRawSense(senseRaw() as u32, false);
    return;
  }
  const image = imageSelected();
  const at = serverPosition();
  if (image >= 0 && at >= imageBase(image) && at <= cursorReceived()) {
    setImagePrefix(false);
    imageTruncate(image, at);
    cursorTruncate(at);
  }
  warningTruncate(at);
  replyGood();
}
