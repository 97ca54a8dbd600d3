/**
 * Tells a drive the server's key, or that there is none (its object: what it is told, as in key.ts). A drive that
 * does not take a key gets no record that is to be encrypted; one that knows nothing of keys has none.
 */
import { senseKey, senseWord } from "../scsi/sense-reader.ts";
import { SECRET_KEPT } from "../spec/action.ts";
import { ASC_INVALID_OPERATION_CODE } from "../spec/additional-sense.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import { KEY_ILLEGAL_REQUEST, KEY_UNIT_ATTENTION } from "../spec/sense-key.ts";
import {
  commandNoKey,
  commandSecret,
  deviceGood,
  deviceResult,
  OWNER_PROCEDURE,
} from "./device.ts";
import { kept } from "./keep.ts";
import { keyTelling, keyTold } from "./key.ts";
import {
  countTry,
  finish,
  OUTCOME_DONE,
  OUTCOME_NO_ANSWER,
  OUTCOME_RUNNING,
  OUTCOME_SENSE,
  pc,
  procedureDevice,
  procedureTarget,
  setPc,
} from "./procedure-state.ts";

const UNIT_ATTENTIONS_MAX: u32 = 8;
const NO_SUCH_COMMAND: u32 = (KEY_ILLEGAL_REQUEST << 16) | ASC_INVALID_OPERATION_CODE;

/** Sends it to the procedure's drive. */
export function sendKey(told: u64): void {
  keyTelling();
  if (told === 0) commandNoKey(OWNER_PROCEDURE, procedureDevice());
  else {
    const modes = (told & 0xffff) as u32;
    commandSecret(OWNER_PROCEDURE, procedureDevice(), SECRET_KEPT, kept.keyListBytes, modes);
  }
}
/** What came of it: OUTCOME_*; OUTCOME_RUNNING: it is to be sent again. */
export function keySent(told: u64): u32 {
  if (deviceResult() !== RESULT_ANSWERED) return OUTCOME_NO_ANSWER;
  if (senseKey() === KEY_UNIT_ATTENTION && countTry() < UNIT_ATTENTIONS_MAX) return OUTCOME_RUNNING;
  if (!deviceGood() && (told !== 0 || senseWord() !== NO_SUCH_COMMAND)) return OUTCOME_SENSE;
  keyTold(told);
  return OUTCOME_DONE;
}

/** One step further. */
export function advanceKey(): bool {
  const told = procedureTarget();
  const ended = pc() === 0 ? OUTCOME_RUNNING : keySent(told);
  if (ended !== OUTCOME_RUNNING) return finish(ended);
  sendKey(told);
  setPc(1);
  return true;
}
