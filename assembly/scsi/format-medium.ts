/**
 * FORMAT MEDIUM and ALLOW OVERWRITE of the server. A lane has one partition, so each format makes one, and no
 * append-only mode, so each place may be overwritten: docs/adr/0034-one-partition.md.
 */
import { deviceGood } from "../lane/device.ts";
import { serverPosition } from "../lane/medium.ts";
import {
  cdb,
  cdbByte,
  PHASE_NEW,
  replyGood,
  replySense,
  setTaskPhase,
  taskFirstLook,
} from "../lane/task.ts";
import { get16, get64 } from "../lib/bytes.ts";
import {
  ASC_INVALID_FIELD_IN_CDB,
  ASC_INVALID_OPERATION_CODE,
  ASC_POSITION_LOST,
} from "../spec/additional-sense.ts";
import { LIMIT_FORMAT_MS } from "../spec/drive-limit.ts";
import { OP_ERASE_6, OP_FORMAT_MEDIUM } from "../spec/operation-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { senseCode, senseKey } from "./sense-reader.ts";
import { beginTape, changeByDrive, changeDone, isAtBeginning, isWritable } from "./tape-change.ts";

/** VERIFY of byte 1. IMMED, beside it, is not passed on: the end is waited for. */
const VERIFY: u32 = 2;
/** FORMAT, the low half of byte 2: default, as mode page 11h says, both. */
const FORMAT_MAX: u32 = 2;
const LOW_HALF: u32 = 0x0f;
/** ALLOW OVERWRITE, the low half of byte 2: nothing, at this place, format. */
const OVERWRITE_HERE: u32 = 1;
const OVERWRITE_MAX: u32 = 2;

/** The drive has no FORMAT MEDIUM: its ERASE does it, where there is one partition anyhow. */
let byErase: bool = false;

function refuse(code: u32): void {
  replySense(KEY_ILLEGAL_REQUEST, code);
}

/** FORMAT MEDIUM, again after every event until the drive can take it. */
export function formatMedium(): void {
  if (taskFirstLook()) byErase = false;
  const isKnown = (cdbByte(2) & LOW_HALF) <= FORMAT_MAX && (cdbByte(1) & VERIFY) === 0;
  if (!isKnown || get16(cdb() + 3) !== 0) refuse(ASC_INVALID_FIELD_IN_CDB);
  else if (isWritable() && isAtBeginning()) {
    changeByDrive(byErase ? OP_ERASE_6 : OP_FORMAT_MEDIUM, LIMIT_FORMAT_MS);
  }
}

/** The drive's answer. */
export function formatMediumDone(): void {
  const isUnknown =
    senseKey() === KEY_ILLEGAL_REQUEST && senseCode() === ASC_INVALID_OPERATION_CODE;
  if (!deviceGood() && isUnknown && !byErase) {
    byErase = true;
    setTaskPhase(PHASE_NEW);
  } else if (changeDone()) beginTape();
}

/** ALLOW OVERWRITE: nothing to allow. */
export function allowOverwrite(): void {
  const allow = cdbByte(2) & LOW_HALF;
  if (allow > OVERWRITE_MAX) refuse(ASC_INVALID_FIELD_IN_CDB);
  else if (allow !== OVERWRITE_HERE) replyGood();
  else if (cdbByte(3) !== 0) refuse(ASC_INVALID_FIELD_IN_CDB);
  else if (get64(cdb() + 4) !== serverPosition()) refuse(ASC_POSITION_LOST);
  else replyGood();
}
