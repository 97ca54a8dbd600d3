/** Verifies that a spare medium is blank and can be written (steps 632, 620): REWIND, READ, BLANK CHECK. */
import { logNumbers } from "../lib/action.ts";
import { put24 } from "../lib/bytes.ts";
import { senseEom, senseKey } from "../scsi/sense-reader.ts";
import { BUFFER_CHECK } from "../spec/action.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import { LOG_BLANK_VERIFIED, LOG_NOT_BLANK } from "../spec/log-code.ts";
import { OP_READ_6, OP_REWIND } from "../spec/operation-code.ts";
import { KEY_BLANK_CHECK, KEY_UNIT_ATTENTION } from "../spec/sense-key.ts";
import {
  commandInBuffer,
  commandPlain,
  deviceGood,
  deviceResult,
  driveLimitMs,
  LONG_FACTOR,
  loseDrivePosition,
  OWNER_PROCEDURE,
} from "./device.ts";
import { mediumWriteProtected } from "./procedure-ready.ts";
import {
  countTry,
  finish,
  OUTCOME_DONE,
  OUTCOME_NO_ANSWER,
  OUTCOME_SENSE,
  OUTCOME_UNFIT,
  pc,
  procedureDevice,
  setPc,
} from "./procedure-state.ts";

const UNIT_ATTENTIONS_MAX: u32 = 8;
/** Any record would do: a blank medium has none. */
const PROBE_BYTES: u32 = 65536;

/** One step further. */
export function advanceBlank(): bool {
  if (mediumWriteProtected()) return unfit();
  if (pc() === 0) return rewind();
  if (deviceResult() !== RESULT_ANSWERED) return finish(OUTCOME_NO_ANSWER);
  if (senseKey() === KEY_UNIT_ATTENTION && countTry() < UNIT_ATTENTIONS_MAX) return rewind();
  if (pc() === 1) {
    if (!deviceGood()) return finish(OUTCOME_SENSE);
    const cdb = commandInBuffer(OWNER_PROCEDURE, OP_READ_6, BUFFER_CHECK, 0, PROBE_BYTES, 0);
    put24(cdb + 2, PROBE_BYTES);
    setPc(2);
    return true;
  }
  if (!deviceGood() && senseKey() === KEY_BLANK_CHECK) {
    logNumbers(LOG_BLANK_VERIFIED, procedureDevice(), 0);
    return finish(OUTCOME_DONE);
  }
  if (!deviceGood() && senseKey() > 1 && !senseEom()) return finish(OUTCOME_SENSE);
  return unfit();
}

function unfit(): bool {
  logNumbers(LOG_NOT_BLANK, procedureDevice(), 0);
  return finish(OUTCOME_UNFIT);
}

function rewind(): bool {
  loseDrivePosition();
  commandPlain(OWNER_PROCEDURE, procedureDevice(), OP_REWIND, driveLimitMs() * LONG_FACTOR);
  setPc(1);
  return true;
}
