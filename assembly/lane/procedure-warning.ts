/**
 * Tells the drive where its programmable early warning begins: reads the Device Configuration Extension
 * mode page (10h, subpage 01h), changes PEWS, writes it back. A drive without the page is no failure.
 * Source of the page: IBM LTO SCSI reference, 4.8; bytes as OpenLTFS uses them.
 */
import { put16 } from "../lib/bytes.ts";
import { writesLost } from "../scsi/drive-answer.ts";
import { senseKey } from "../scsi/sense-reader.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import { OP_MODE_SELECT_10, OP_MODE_SENSE_10 } from "../spec/operation-code.ts";
import {
  MODE_PAGE_DEVICE_CONFIGURATION,
  MODE_SUBPAGE_CONFIGURATION_EXTENSION,
} from "../spec/page-code.ts";
import { KEY_UNIT_ATTENTION } from "../spec/sense-key.ts";
import {
  commandIn,
  commandOut,
  deviceDataAt,
  deviceDataBytes,
  deviceGood,
  deviceResult,
  driveLimitMs,
  OWNER_PROCEDURE,
} from "./device.ts";
import { warningIsSet, warningIsUnknown, warningWanted } from "./early-warning.ts";
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

const HEADER_BYTES: u32 = 8;
/** Header and page, without a block descriptor. */
const LIST_BYTES: u32 = 40;
const DISABLE_BLOCK_DESCRIPTORS: u8 = 8;
const PAGE_FORMAT: u8 = 0x10;
/** PS, the page can be saved: reserved in a MODE SELECT. */
const PARAMETERS_SAVEABLE: u32 = 0x80;
/** PEWS in the page. */
const SIZE_AT: u32 = 6;
const UNIT_ATTENTIONS_MAX: u32 = 8;
/** Parameters follow the 16 bytes of a CDB. */
const LIST_AT: u32 = 16;

const READ: u32 = 1;
const SET: u32 = 2;

let wanted: u32 = 0;

function ask(): bool {
  const cdb = commandIn(
    OWNER_PROCEDURE,
    procedureDevice(),
    OP_MODE_SENSE_10,
    LIST_BYTES,
    driveLimitMs(),
  );
  store<u8>(cdb + 1, DISABLE_BLOCK_DESCRIPTORS);
  store<u8>(cdb + 2, MODE_PAGE_DEVICE_CONFIGURATION as u8);
  store<u8>(cdb + 3, MODE_SUBPAGE_CONFIGURATION_EXTENSION as u8);
  put16(cdb + 7, LIST_BYTES);
  setPc(READ);
  return true;
}

/** The page as it was but for PEWS; the header keeps the buffered mode and has no length. */
function change(): bool {
  const from = deviceDataAt();
  const page = from + HEADER_BYTES;
  const isPage =
    deviceDataBytes() >= LIST_BYTES &&
    ((load<u8>(page) as u32) & 0x3f) === MODE_PAGE_DEVICE_CONFIGURATION &&
    (load<u8>(page + 1) as u32) === MODE_SUBPAGE_CONFIGURATION_EXTENSION;
  if (!isPage) return unknown();
  wanted = warningWanted();
  const cdb = commandOut(
    OWNER_PROCEDURE,
    procedureDevice(),
    OP_MODE_SELECT_10,
    LIST_BYTES,
    driveLimitMs(),
  );
  store<u8>(cdb + 1, PAGE_FORMAT);
  put16(cdb + 7, LIST_BYTES);
  const list = cdb + LIST_AT;
  memory.copy(list, from, LIST_BYTES);
  put16(list, 0);
  store<u8>(list + 3, load<u8>(list + 3) as u32 & 0x7f as u8);
  put16(list + 6, 0);
  const first = load<u8>(list + HEADER_BYTES) as u32;
  store<u8>(list + HEADER_BYTES, (first & ~PARAMETERS_SAVEABLE) as u8);
  put16(list + HEADER_BYTES + SIZE_AT, wanted);
  setPc(SET);
  return true;
}

function unknown(): bool {
  warningIsUnknown();
  return finish(OUTCOME_DONE);
}

/** One step further. */
export function advanceWarning(): bool {
  if (pc() === 0) return ask();
  if (deviceResult() !== RESULT_ANSWERED) return finish(OUTCOME_NO_ANSWER);
  if (writesLost()) return finish(OUTCOME_SENSE);
  if (!deviceGood()) {
    const again = senseKey() === KEY_UNIT_ATTENTION && countTry() < UNIT_ATTENTIONS_MAX;
    return again ? ask() : unknown();
  }
  if (pc() === READ) return change();
  warningIsSet(wanted);
  return finish(OUTCOME_DONE);
}
