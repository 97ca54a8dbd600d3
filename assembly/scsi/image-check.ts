/**
 * Before the image of an earlier mount is used, the tape is compared with it: the same last objects and
 * nothing behind them. A cartridge that was written elsewhere is never taken for its old image.
 */
import { deviceIdle } from "../lane/device.ts";
import { imageTrusted, setImageTrusted } from "../lane/medium.ts";
import { dropStale } from "../lane/mounted-image.ts";
import {
  FOR_TASK,
  OUTCOME_DONE,
  OUTCOME_RUNNING,
  PROCEDURE_TAIL,
  procedureIdle,
  procedureKind,
  procedureStart,
  procedureTake,
} from "../lane/procedure-state.ts";
import { TAIL_FROM_END, tailBeyond, tailProven } from "../lane/procedure-tail.ts";
import { imageSelected } from "../ring/image-table.ts";
import { cursorReceived } from "../tape/cursor.ts";

/** There is an image, and nobody knows whether the tape is still as it says. */
export function imageDoubted(): bool {
  return imageSelected() >= 0 && !imageTrusted();
}
/** True once it is known: the image is trusted now, or it is dropped. False: the comparison runs. */
export function checkImage(): bool {
  if (!imageDoubted()) return true;
  if (procedureKind() === PROCEDURE_TAIL) {
    const ended = procedureTake(FOR_TASK);
    if (ended === OUTCOME_RUNNING) return false;
    const same = ended === OUTCOME_DONE && !tailBeyond() && tailProven() === cursorReceived();
    if (same) setImageTrusted(true);
    else dropStale();
    return true;
  }
  if (deviceIdle() && procedureIdle()) {
    procedureStart(PROCEDURE_TAIL, FOR_TASK, TAIL_FROM_END);
  }
  return false;
}
