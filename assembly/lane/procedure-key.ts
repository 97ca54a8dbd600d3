/**
 * Tells a drive the server's key, or that there is none (its object: what it is told, as in key.ts). A drive that
 * does not take a key gets no record that is to be encrypted; one that knows nothing of keys has none.
 */
import { get16, put16, put32 } from "../lib/bytes.ts";
import { senseKey, senseWord } from "../scsi/sense-reader.ts";
import { SECRET_KEPT } from "../spec/action.ts";
import { ASC_INVALID_OPERATION_CODE } from "../spec/additional-sense.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import { OP_SECURITY_PROTOCOL_IN } from "../spec/operation-code.ts";
import { PROTOCOL_TAPE_ENCRYPTION } from "../spec/page-code.ts";
import { KEY_ILLEGAL_REQUEST, KEY_UNIT_ATTENTION } from "../spec/sense-key.ts";
import {
  commandIn,
  commandNoKey,
  commandSecret,
  deviceDataAt,
  deviceDataBytes,
  deviceGood,
  deviceResult,
  driveLimitMs,
  OWNER_PROCEDURE,
} from "./device.ts";
import { kept } from "./keep.ts";
import { KEY_MODE_OFF, keyTelling, keyTold } from "./key.ts";
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
const PAGE_STATUS: u32 = 0x0020;
const STATUS_BYTES: u32 = 24;
/** ENCRYPTION MODE, PARAMETERS CONTROL, and its last value that does not say that somebody else has the keys. */
const MODE_AT: u32 = 5;
const CONTROL_AT: u32 = 12;
const CONTROL_BY_SERVERS: u32 = 1;
const NO_SUCH_COMMAND: u32 = (KEY_ILLEGAL_REQUEST << 16) | ASC_INVALID_OPERATION_CODE;

/** Asks the drive whether it encrypts: page 0020h, data encryption status. */
export function askEncryption(device: u32): void {
  const op = OP_SECURITY_PROTOCOL_IN;
  const cdb = commandIn(OWNER_PROCEDURE, device, op, STATUS_BYTES, driveLimitMs());
  store<u8>(cdb + 1, PROTOCOL_TAPE_ENCRYPTION as u8);
  put16(cdb + 2, PAGE_STATUS);
  put32(cdb + 6, STATUS_BYTES);
}
/** It does, and not by a key manager of the library's (PARAMETERS CONTROL). */
export function encryptionAsked(): bool {
  const at = deviceDataAt();
  if (!deviceGood() || deviceDataBytes() < STATUS_BYTES || get16(at) !== PAGE_STATUS) return false;
  const control = ((load<u8>(at + CONTROL_AT) as u32) >> 4) & 7;
  return (load<u8>(at + MODE_AT) as u32) !== KEY_MODE_OFF && control <= CONTROL_BY_SERVERS;
}

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
