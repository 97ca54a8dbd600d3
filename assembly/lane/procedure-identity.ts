/**
 * Asks what the cartridge says of itself: READ ATTRIBUTE, all values from the first. A drive that has no
 * such command, or a cartridge without auxiliary memory, is no failure: then nothing is known.
 */
import { put32 } from "../lib/bytes.ts";
import { writesLost } from "../scsi/drive-answer.ts";
import { senseKey } from "../scsi/sense-reader.ts";
import { PROFILE_ATTRIBUTES } from "../spec/drive-profile.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import { OP_READ_ATTRIBUTE } from "../spec/operation-code.ts";
import { KEY_UNIT_ATTENTION } from "../spec/sense-key.ts";
import {
  commandIn,
  deviceDataAt,
  deviceDataBytes,
  deviceGood,
  deviceResult,
  driveLimitMs,
  OWNER_PROCEDURE,
  profile,
} from "./device.ts";
import { takeHostAttributes } from "./host-attributes.ts";
import {
  forgetIdentity,
  readAttributes,
  showCapacity,
  showLoads,
  takeAttributes,
} from "./medium-identity.ts";
import {
  countTry,
  FOR_MOUNT,
  finish,
  OUTCOME_DONE,
  OUTCOME_NO_ANSWER,
  OUTCOME_SENSE,
  PROCEDURE_IDENTITY,
  pc,
  procedureDevice,
  procedureFor,
  procedureKind,
  setPc,
} from "./procedure-state.ts";

const TRIES_MAX: u32 = 4;
/** Everything: what hosts have written comes last. */
const VALUE_BYTES: u32 = 8192;

/** One step further. */
export function advanceIdentity(): bool {
  if (pc() === 0) {
    if (isWhole()) forgetIdentity();
    return (profile() & PROFILE_ATTRIBUTES) === 0 ? finish(OUTCOME_DONE) : ask();
  }
  if (deviceResult() !== RESULT_ANSWERED) return finish(OUTCOME_NO_ANSWER);
  if (writesLost()) return finish(OUTCOME_SENSE);
  const attention = !deviceGood() && senseKey() === KEY_UNIT_ATTENTION;
  if (attention && countTry() < TRIES_MAX) return ask();
  if (deviceGood()) took();
  return finish(OUTCOME_DONE);
}

/** Not the capacities alone, to be shown (PROCEDURE_CAPACITY). */
function isWhole(): bool {
  return procedureKind() === PROCEDURE_IDENTITY;
}

/** Where a server asks only the capacities are new: what the image is known by stays as at the load. */
function took(): void {
  readAttributes(deviceDataAt(), deviceDataBytes());
  showCapacity();
  if (isWhole()) takeAttributes();
  if (procedureFor() !== FOR_MOUNT) return;
  showLoads();
  takeHostAttributes(deviceDataAt(), deviceDataBytes());
}

function ask(): bool {
  const cdb = commandIn(
    OWNER_PROCEDURE,
    procedureDevice(),
    OP_READ_ATTRIBUTE,
    VALUE_BYTES,
    driveLimitMs(),
  );
  put32(cdb + 10, VALUE_BYTES);
  setPc(1);
  return true;
}
