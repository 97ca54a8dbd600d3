/** The cartridge has left the lane's drive: nothing of it is shown, and who waits for it is told. */

import { logNumbers } from "../lib/action.ts";
import { eventC } from "../lib/event.ts";
import { reportClear } from "../recovery/report.ts";
import { ringCancel } from "../ring/append.ts";
import { imageSelect } from "../ring/images.ts";
import { ASC_MEDIUM_NOT_PRESENT } from "../spec/additional-sense.ts";
import { LOG_UNMOUNTED } from "../spec/log-code.ts";
import { KEY_NOT_READY } from "../spec/sense-key.ts";
import { cursorReset } from "../tape/cursor.ts";
import { feederReset } from "./feeder.ts";
import { laneNumber } from "./identity.ts";
import { kept } from "./keep.ts";
import { clearTags, MEDIUM_EMPTY, setMediumState, setServerPosition } from "./medium.ts";
import { forgetLayout } from "./partition.ts";
import { PHASE_PACE, PHASE_RECEIVE, PHASE_SYNC, replySense, taskPhase } from "./task.ts";
import { unloadForget } from "./unload.ts";

/** WORD_GONE: the cartridge has left (c 0), or could not be moved. */
export function goneWord(): void {
  if (eventC() !== 0) return;
  logNumbers(LOG_UNMOUNTED, laneNumber(), 0);
  unloadForget();
  kept.releasing = false;
  feederReset();
  endWrite();
  setMediumState(MEDIUM_EMPTY);
  imageSelect(-1);
  clearTags();
  forgetLayout();
  cursorReset(0, 0);
  setServerPosition(0);
  reportClear();
}
/** A write or synchronize that waits has lost its medium: it is told so, it must not look done. */
function endWrite(): void {
  const phase = taskPhase();
  if (phase !== PHASE_RECEIVE && phase !== PHASE_PACE && phase !== PHASE_SYNC) return;
  if (phase === PHASE_RECEIVE) ringCancel();
  replySense(KEY_NOT_READY, ASC_MEDIUM_NOT_PRESENT);
}
