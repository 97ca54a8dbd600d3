/**
 * Changes one field of a mode page of the drive: where its programmable early warning begins (PEWS of the
 * Device Configuration Extension page), or whether it compresses (DCE of the Data Compression page). Reads
 * the page, changes the field where it differs, writes the page back. A drive without the page is no failure.
 * Source of the pages: IBM LTO SCSI reference, 4.8; bytes as OpenLTFS and Linux st use them.
 */
import { get16, put16 } from "../lib/bytes.ts";
import { writesLost } from "../scsi/drive-answer.ts";
import { senseKey } from "../scsi/sense-reader.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import { OP_MODE_SELECT_10, OP_MODE_SENSE_10 } from "../spec/operation-code.ts";
import {
  MODE_PAGE_DATA_COMPRESSION,
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
import {
  compressionIsSet,
  compressionIsUnknown,
  compressionWanted,
  warningIsSet,
  warningIsUnknown,
} from "./drive-mode.ts";
import { warningWanted } from "./early-warning.ts";
import {
  countTry,
  finish,
  OUTCOME_DONE,
  OUTCOME_NO_ANSWER,
  OUTCOME_SENSE,
  PROCEDURE_WARNING,
  pc,
  procedureDevice,
  procedureKind,
  setPc,
} from "./procedure-state.ts";

const HEADER_BYTES: u32 = 8;
/** Header and page, without a block descriptor. */
const WARNING_LIST_BYTES: u32 = 40;
const COMPRESSION_LIST_BYTES: u32 = 24;
const DISABLE_BLOCK_DESCRIPTORS: u8 = 8;
const PAGE_FORMAT: u8 = 0x10;
/** PS, the page can be saved: reserved in a MODE SELECT. */
const PARAMETERS_SAVEABLE: u32 = 0x80;
const WRITE_PROTECT: u32 = 0x80;
/** PEWS in its page; DCE and DCC (it can compress) in theirs. */
const SIZE_AT: u32 = 6;
const COMPRESSION_AT: u32 = 2;
const COMPRESSION_ENABLE: u32 = 0x80;
const COMPRESSION_CAPABLE: u32 = 0x40;
const UNIT_ATTENTIONS_MAX: u32 = 8;
/** Parameters follow the 16 bytes of a CDB. */
const LIST_AT: u32 = 16;

const READ: u32 = 1;
const SET: u32 = 2;

let wanted: u32 = 0;

function isWarning(): bool {
  return procedureKind() === PROCEDURE_WARNING;
}
function listBytes(): u32 {
  return isWarning() ? WARNING_LIST_BYTES : COMPRESSION_LIST_BYTES;
}
function pageCode(): u32 {
  return isWarning() ? MODE_PAGE_DEVICE_CONFIGURATION : MODE_PAGE_DATA_COMPRESSION;
}

function ask(): bool {
  const bytes = listBytes();
  const limit = driveLimitMs();
  const cdb = commandIn(OWNER_PROCEDURE, procedureDevice(), OP_MODE_SENSE_10, bytes, limit);
  store<u8>(cdb + 1, DISABLE_BLOCK_DESCRIPTORS);
  store<u8>(cdb + 2, pageCode() as u8);
  if (isWarning()) store<u8>(cdb + 3, MODE_SUBPAGE_CONFIGURATION_EXTENSION as u8);
  put16(cdb + 7, bytes);
  setPc(READ);
  return true;
}

/** What came is the page, and the drive can do it. */
function isThere(page: u32): bool {
  if (deviceDataBytes() < listBytes()) return false;
  if (((load<u8>(page) as u32) & 0x3f) !== pageCode()) return false;
  if (isWarning()) return (load<u8>(page + 1) as u32) === MODE_SUBPAGE_CONFIGURATION_EXTENSION;
  return ((load<u8>(page + COMPRESSION_AT) as u32) & COMPRESSION_CAPABLE) !== 0;
}
/** The field as it is, comparable with what is wanted. */
function fieldOf(page: u32): u32 {
  if (isWarning()) return get16(page + SIZE_AT);
  return ((load<u8>(page + COMPRESSION_AT) as u32) & COMPRESSION_ENABLE) !== 0 ? 1 : 0;
}
function putField(page: u32): void {
  if (isWarning()) {
    put16(page + SIZE_AT, wanted);
    return;
  }
  const others = (load<u8>(page + COMPRESSION_AT) as u32) & ~COMPRESSION_ENABLE;
  store<u8>(page + COMPRESSION_AT, (wanted === 0 ? others : others | COMPRESSION_ENABLE) as u8);
}

/** The page as it was but for the field; the header keeps the buffered mode and has no length. */
function change(): bool {
  const from = deviceDataAt();
  if (!isThere(from + HEADER_BYTES)) return unknown();
  wanted = isWarning() ? warningWanted() : compressionWanted();
  if (fieldOf(from + HEADER_BYTES) === wanted) return isSet();
  const bytes = listBytes();
  const limit = driveLimitMs();
  const cdb = commandOut(OWNER_PROCEDURE, procedureDevice(), OP_MODE_SELECT_10, bytes, limit);
  store<u8>(cdb + 1, PAGE_FORMAT);
  put16(cdb + 7, bytes);
  const list = cdb + LIST_AT;
  memory.copy(list, from, bytes);
  put16(list, 0);
  store<u8>(list + 3, ((load<u8>(list + 3) as u32) & ~WRITE_PROTECT) as u8);
  put16(list + 6, 0);
  const page = list + HEADER_BYTES;
  store<u8>(page, ((load<u8>(page) as u32) & ~PARAMETERS_SAVEABLE) as u8);
  putField(page);
  setPc(SET);
  return true;
}

function isSet(): bool {
  if (isWarning()) warningIsSet(wanted);
  else compressionIsSet(wanted);
  return finish(OUTCOME_DONE);
}
function unknown(): bool {
  if (isWarning()) warningIsUnknown();
  else compressionIsUnknown();
  return finish(OUTCOME_DONE);
}

/** One step further. */
export function advancePage(): bool {
  if (pc() === 0) return ask();
  if (deviceResult() !== RESULT_ANSWERED) return finish(OUTCOME_NO_ANSWER);
  if (writesLost()) return finish(OUTCOME_SENSE);
  if (!deviceGood()) {
    const again = senseKey() === KEY_UNIT_ATTENTION && countTry() < UNIT_ATTENTIONS_MAX;
    return again ? ask() : unknown();
  }
  return pc() === READ ? change() : isSet();
}
