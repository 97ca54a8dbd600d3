/**
 * Verifies that a spare medium is blank and can be written (steps 632, 620): REWIND, READ, BLANK CHECK. Where
 * the cartridge that it stands in for is shorter (SET CAPACITY), it is made as short; one that cannot be
 * stays as it is.
 */
import { logNumbers } from "../lib/action.ts";
import { put16, put24 } from "../lib/bytes.ts";
import { senseEom, senseKey } from "../scsi/sense-reader.ts";
import { BUFFER_CHECK } from "../spec/action.ts";
import { LIMIT_CAPACITY_MS } from "../spec/drive-limit.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import { LOG_BLANK_VERIFIED, LOG_NOT_BLANK, LOG_SHORTENED } from "../spec/log-code.ts";
import { OP_READ_6, OP_REWIND, OP_SET_CAPACITY } from "../spec/operation-code.ts";
import { KEY_BLANK_CHECK, KEY_UNIT_ATTENTION } from "../spec/sense-key.ts";
import {
  commandInBuffer,
  commandPlain,
  deviceGood,
  deviceResult,
  loseDrivePosition,
  OWNER_PROCEDURE,
  windLimitMs,
} from "./device.ts";
import { capacityIsSet, capacityToSet, WHOLE_CAPACITY } from "./medium-identity.ts";
import { foundPartitions, setBlankVerified } from "./partition.ts";
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
const AT_BEGINNING: u32 = 3;
const SHORTENED: u32 = 4;
/** Any record would do: a blank medium has none. */
const PROBE_BYTES: u32 = 65536;

/** One step further. */
export function advanceBlank(): bool {
  // What else may be on it cannot be seen in partition 0.
  if (mediumWriteProtected() || foundPartitions() > 1) return unfit();
  if (pc() === 0) return rewind();
  if (deviceResult() !== RESULT_ANSWERED) return finish(OUTCOME_NO_ANSWER);
  if (senseKey() === KEY_UNIT_ATTENTION && countTry() < UNIT_ATTENTIONS_MAX) return rewind();
  if (pc() === AT_BEGINNING) return shorten();
  if (pc() === SHORTENED) {
    if (deviceGood()) capacityIsSet();
    loseDrivePosition();
    return blank();
  }
  if (pc() === 1) {
    if (!deviceGood()) return finish(OUTCOME_SENSE);
    const cdb = commandInBuffer(OWNER_PROCEDURE, OP_READ_6, BUFFER_CHECK, 0, PROBE_BYTES, 0);
    put24(cdb + 2, PROBE_BYTES);
    setPc(2);
    return true;
  }
  if (!deviceGood() && senseKey() === KEY_BLANK_CHECK) {
    logNumbers(LOG_BLANK_VERIFIED, procedureDevice(), 0);
    return capacityToSet() === WHOLE_CAPACITY ? blank() : positionAgain();
  }
  if (!deviceGood() && senseKey() > 1 && !senseEom()) return finish(OUTCOME_SENSE);
  return unfit();
}

/** SET CAPACITY is for a medium at its beginning. */
function positionAgain(): bool {
  rewind();
  setPc(AT_BEGINNING);
  return true;
}
function shorten(): bool {
  if (!deviceGood()) return blank();
  const part = capacityToSet();
  const cdb = commandPlain(OWNER_PROCEDURE, procedureDevice(), OP_SET_CAPACITY, LIMIT_CAPACITY_MS);
  put16(cdb + 3, part);
  logNumbers(LOG_SHORTENED, part, 0);
  setPc(SHORTENED);
  return true;
}

function blank(): bool {
  setBlankVerified();
  return finish(OUTCOME_DONE);
}
function unfit(): bool {
  logNumbers(LOG_NOT_BLANK, procedureDevice(), 0);
  return finish(OUTCOME_UNFIT);
}

function rewind(): bool {
  loseDrivePosition();
  commandPlain(OWNER_PROCEDURE, procedureDevice(), OP_REWIND, windLimitMs());
  setPc(1);
  return true;
}
