/**
 * Makes a drive with a cartridge in it ready: waits until it is, loads where it has to, absorbs unit
 * attentions, reads whether the medium is write protected, and sets variable block length, buffered.
 * A cleaning cartridge is no failure: the drive cleans itself and ejects it, which is waited for. One that is
 * out before the drive is first asked is known by its volume tag. The server's key is told to it last, before
 * anything is read or written.
 */
import { senseCode, senseKey } from "../scsi/sense-reader.ts";
import {
  ASC_BECOMING_READY,
  ASC_CLEANING_CARTRIDGE_INSTALLED,
  ASC_INITIALIZING_COMMAND_REQUIRED,
  ASC_MEDIUM_NOT_PRESENT,
} from "../spec/additional-sense.ts";
import { PROFILE_MODE_SELECT } from "../spec/drive-profile.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import {
  OP_LOAD_UNLOAD,
  OP_MODE_SELECT_6,
  OP_MODE_SENSE_6,
  OP_TEST_UNIT_READY,
} from "../spec/operation-code.ts";
import { KEY_NOT_READY, KEY_UNIT_ATTENTION } from "../spec/sense-key.ts";
import { STATUS_BUSY } from "../spec/status.ts";
import {
  commandIn,
  commandOut,
  commandPlain,
  deviceDataAt,
  deviceDataBytes,
  deviceGood,
  deviceResult,
  deviceStatus,
  driveLimitMs,
  loadLimitMs,
  OWNER_PROCEDURE,
  pollLimitMs,
  profile,
} from "./device.ts";
import { kept } from "./keep.ts";
import { keyAnswered, keyEncrypts, keyFor, keyStale, keyUnasked } from "./key.ts";
import { isCleaningCartridge } from "./medium.ts";
import { askEncryption, encryptionAsked, keySent, sendKey } from "./procedure-key.ts";
import {
  countTry,
  finish,
  OUTCOME_CLEANED,
  OUTCOME_DONE,
  OUTCOME_NO_ANSWER,
  OUTCOME_RUNNING,
  OUTCOME_SENSE,
  PROCEDURE_READY,
  pc,
  procedureDevice,
  procedureKind,
  procedureMark,
  procedureMarked,
  procedureMs,
  procedurePause,
  procedureTarget,
  setPc,
} from "./procedure-state.ts";

/** A drive that calibrates a new LTO-9 cartridge takes up to two hours. */
const READY_LIMIT_MS: u64 = 7200000;
/** The target of this procedure where a server asks for the LOAD: what stands ejected is taken in at once. */
export const READY_LOADS: u64 = 1;
/** A drive takes in by itself what the robot brings; what stands ejected still (a start in the middle of a swap) is loaded. */
const LOAD_AFTER_MS: u64 = 1000;
/** A drive that says that nothing is in it is believed after this long. */
const EMPTY_LIMIT_MS: u64 = 10000;
const POLL_MS: u64 = 50;
const UNIT_ATTENTIONS_MAX: u32 = 32;
const MODE_SENSE_BYTES: u32 = 12;

const ASK: u32 = 0;
const ASKED: u32 = 1;
const LOADED: u32 = 2;
const MODE_READ: u32 = 3;
const MODE_SET: u32 = 4;
const CLEANS: u32 = 5;
const CLEANS_ASKED: u32 = 6;
const KEY_SENT: u32 = 7;
const KEY_ASKED: u32 = 8;

export function mediumWriteProtected(): bool {
  return kept.writeProtected;
}
export function mediumDensity(): u32 {
  return kept.densityCode;
}
export function mediumType8(): u32 {
  return kept.mediumType;
}

/** A cleaning cartridge is in the drive, and the drive is not done with it. */
export function driveCleans(): bool {
  return procedureKind() === PROCEDURE_READY && (pc() === CLEANS || pc() === CLEANS_ASKED);
}

function testReady(then: u32): bool {
  commandPlain(OWNER_PROCEDURE, procedureDevice(), OP_TEST_UNIT_READY, pollLimitMs());
  setPc(then);
  return true;
}
function ask(): bool {
  return testReady(ASKED);
}

function sendLoad(): bool {
  procedureMark();
  const at = commandPlain(OWNER_PROCEDURE, procedureDevice(), OP_LOAD_UNLOAD, loadLimitMs());
  store<u8>(at + 4, 1);
  setPc(LOADED);
  return true;
}

function pauseAndAsk(): bool {
  return pauseThen(ASK);
}
function pauseThen(next: u32): bool {
  setPc(next);
  procedurePause(POLL_MS);
  return true;
}

/** Minutes, on a real drive; whatever else it says then, the cartridge is of no more use. */
function cleansAsked(): bool {
  const cleans = deviceResult() === RESULT_ANSWERED && !deviceGood() && cleaningSense();
  return cleans && procedureMs() < READY_LIMIT_MS ? pauseThen(CLEANS) : finish(OUTCOME_CLEANED);
}
function cleaningSense(): bool {
  return senseKey() === KEY_NOT_READY && senseCode() === ASC_CLEANING_CARTRIDGE_INSTALLED;
}

/** The drive cannot make it ready: with a cleaning cartridge, whatever it says of that, it has done. */
function refused(): bool {
  return finish(isCleaningCartridge() ? OUTCOME_CLEANED : OUTCOME_SENSE);
}

/** NOT READY: wait, load, or give up. */
function notReady(): bool {
  const code = senseCode();
  if (code === ASC_INITIALIZING_COMMAND_REQUIRED && !procedureMarked()) return sendLoad();
  if (cleaningSense()) return pauseThen(CLEANS);
  if (code === ASC_MEDIUM_NOT_PRESENT) {
    const isWanted = procedureTarget() === READY_LOADS || procedureMs() >= LOAD_AFTER_MS;
    const isOut = !procedureMarked() && isWanted;
    // LOAD would only begin the next cleaning.
    if (isOut) return isCleaningCartridge() ? refused() : sendLoad();
    return procedureMs() < EMPTY_LIMIT_MS ? pauseAndAsk() : refused();
  }
  const waits = code >> 8 === ASC_BECOMING_READY >> 8 && code !== ASC_INITIALIZING_COMMAND_REQUIRED;
  if (waits && (code & 0xff) !== 3 && procedureMs() < READY_LIMIT_MS) return pauseAndAsk();
  return refused();
}

function asked(): bool {
  if (deviceResult() !== RESULT_ANSWERED) return finish(OUTCOME_NO_ANSWER);
  if (deviceGood()) {
    const at = commandIn(
      OWNER_PROCEDURE,
      procedureDevice(),
      OP_MODE_SENSE_6,
      MODE_SENSE_BYTES,
      driveLimitMs(),
    );
    store<u8>(at + 4, MODE_SENSE_BYTES as u8);
    setPc(MODE_READ);
    return true;
  }
  if (deviceStatus() === STATUS_BUSY && procedureMs() < READY_LIMIT_MS) return pauseAndAsk();
  if (senseKey() === KEY_UNIT_ATTENTION && countTry() < UNIT_ATTENTIONS_MAX) return ask();
  if (senseKey() === KEY_NOT_READY) return notReady();
  return refused();
}

function modeRead(): bool {
  if (deviceResult() !== RESULT_ANSWERED) return finish(OUTCOME_NO_ANSWER);
  if (senseKey() === KEY_UNIT_ATTENTION && countTry() < UNIT_ATTENTIONS_MAX) return ask();
  const at = deviceDataAt();
  const got = deviceGood() && deviceDataBytes() >= 4;
  kept.writeProtected = got && ((load<u8>(at + 2) as u32) & 0x80) !== 0;
  kept.mediumType = got ? (load<u8>(at + 1) as u32) : 0;
  kept.densityCode = got && deviceDataBytes() >= 12 ? (load<u8>(at + 4) as u32) : 0;
  if ((profile() & PROFILE_MODE_SELECT) === 0) return tellKey();
  const cdb = commandOut(
    OWNER_PROCEDURE,
    procedureDevice(),
    OP_MODE_SELECT_6,
    MODE_SENSE_BYTES,
    driveLimitMs(),
  );
  store<u8>(cdb + 1, 0x10);
  store<u8>(cdb + 4, MODE_SENSE_BYTES as u8);
  // Parameter list after the CDB: buffered mode 1, one block descriptor, block length 0.
  store<u8>(cdb + 18, 0x10);
  store<u8>(cdb + 19, 8);
  store<u8>(cdb + 20, kept.densityCode as u8);
  setPc(MODE_SET);
  return true;
}

function tellKey(): bool {
  if (keyUnasked()) {
    askEncryption(procedureDevice());
    setPc(KEY_ASKED);
    return true;
  }
  const told = keyFor(keyEncrypts());
  if (!keyStale(told)) return finish(OUTCOME_DONE);
  sendKey(told);
  setPc(KEY_SENT);
  return true;
}
function keyAsked(): bool {
  if (deviceResult() !== RESULT_ANSWERED) return finish(OUTCOME_NO_ANSWER);
  const isAttention = senseKey() === KEY_UNIT_ATTENTION && countTry() < UNIT_ATTENTIONS_MAX;
  if (!isAttention) keyAnswered(encryptionAsked());
  return tellKey();
}
function keyTaken(): bool {
  const ended = keySent(keyFor(keyEncrypts()));
  return ended === OUTCOME_RUNNING ? tellKey() : finish(ended);
}

/** One step further. */
export function advanceReady(): bool {
  const at = pc();
  if (at === ASK) return ask();
  if (at === ASKED) return asked();
  if (at === MODE_READ) return modeRead();
  if (at === CLEANS) return testReady(CLEANS_ASKED);
  if (at === CLEANS_ASKED) return cleansAsked();
  if (at === KEY_SENT) return keyTaken();
  if (at === KEY_ASKED) return keyAsked();
  if (at === LOADED) {
    if (deviceResult() !== RESULT_ANSWERED) return finish(OUTCOME_NO_ANSWER);
    if (deviceGood()) return ask();
    if (senseKey() === KEY_UNIT_ATTENTION) return pauseAndAsk();
    if (senseKey() === KEY_NOT_READY) return notReady();
    return refused();
  }
  // MODE SELECT that a drive refuses changes nothing that matters: variable and buffered are defaults.
  return deviceResult() === RESULT_ANSWERED ? tellKey() : finish(OUTCOME_NO_ANSWER);
}
