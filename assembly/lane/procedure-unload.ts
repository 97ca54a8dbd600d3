/** Unloads the medium from a drive (step 613, or before the robot takes it). */
import { senseDeferred, senseKey } from "../scsi/sense-reader.ts";
import { PROFILE_UNLOAD_RETEN } from "../spec/drive-profile.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import { OP_LOAD_UNLOAD } from "../spec/operation-code.ts";
import { KEY_NOT_READY, KEY_UNIT_ATTENTION } from "../spec/sense-key.ts";
import {
  commandPlain,
  deviceGood,
  deviceResult,
  OWNER_PROCEDURE,
  profile,
  unloadLimitMs,
} from "./device.ts";
import {
  countTry,
  finish,
  OUTCOME_DONE,
  OUTCOME_NO_ANSWER,
  OUTCOME_SENSE,
  pc,
  procedureDevice,
  setPc,
} from "./procedure-state.ts";

/** Unit attentions and deferred errors that stand before the command itself. */
const TRIES_MAX: u32 = 8;

/** One step further. */
export function advanceUnload(): bool {
  if (pc() !== 0) {
    if (deviceResult() !== RESULT_ANSWERED) return finish(OUTCOME_NO_ANSWER);
    if (deviceGood() || senseKey() === KEY_NOT_READY) return finish(OUTCOME_DONE);
    const again = senseKey() === KEY_UNIT_ATTENTION || senseDeferred();
    if (!again || countTry() >= TRIES_MAX) return finish(OUTCOME_SENSE);
  }
  const cdb = commandPlain(OWNER_PROCEDURE, procedureDevice(), OP_LOAD_UNLOAD, unloadLimitMs());
  if ((profile() & PROFILE_UNLOAD_RETEN) !== 0) store<u8>(cdb + 4, 2);
  setPc(1);
  return true;
}
