/**
 * SECURITY PROTOCOL IN and OUT for tape data encryption (protocol 20h), by the lane's drive. A key comes
 * past the core: the host has it, the core sees the list as far as the key, decides whether it is taken, passed
 * to the drive, and kept for later ones. Only what can be given to another drive is taken: keys in plain text,
 * for all I_T nexuses, not bound to a reservation or a nexus; no raw or external modes.
 * Layout of the pages: as mhvtl, stenc and Bareos have them.
 */
import {
  commandIn,
  commandSecret,
  currentDrive,
  deviceDataAt,
  deviceDataBytes,
  deviceGood,
  driveLimitMs,
  drivePosition,
  drivePositionKnown,
  OWNER_TASK,
} from "../lane/device.ts";
import { feederSynchronized, feederWantSync } from "../lane/feeder.ts";
import { journalDurable, journalKeyChanged } from "../lane/journal.ts";
import { kept } from "../lane/keep.ts";
import {
  KEY_MODE_MIXED,
  KEY_MODE_OFF,
  KEY_MODE_ON,
  keyAsGiven,
  keySet,
  keyStale,
  keysPass,
  keyTelling,
  keyTold,
} from "../lane/key.ts";
import { MEDIUM_READY, mediumState, serverPosition } from "../lane/medium.ts";
import { keyCame } from "../lane/mount.ts";
import {
  FOR_TASK,
  OUTCOME_DONE,
  OUTCOME_RUNNING,
  PROCEDURE_KEY,
  PROCEDURE_POSITION,
  procedureStart,
  procedureTake,
} from "../lane/procedure-state.ts";
import {
  cdb,
  cdbByte,
  PHASE_DEVICE,
  PHASE_NEW,
  PHASE_PROCEDURE,
  receiveSecret,
  replyBusy,
  replyGood,
  replyInvalidParameter,
  replyParams,
  replySense,
  setTaskPhase,
  taskNexus,
  taskOutBytes,
  taskTag,
} from "../lane/task.ts";
import { act, setA } from "../lib/action.ts";
import { get16, get32, put32 } from "../lib/bytes.ts";
import { eventA, eventC } from "../lib/event.ts";
import { recovering } from "../recovery/state.ts";
import { imageKey, imageSelected } from "../ring/image-table.ts";
import { PARAM_IN_AT, PARAM_IN_BYTES } from "../spec/abi.ts";
import {
  AC_SECRET,
  SECRET_CLEAR,
  SECRET_DROP,
  SECRET_GIVEN,
  SECRET_HEAD_BYTES,
  SECRET_KEEP,
} from "../spec/action.ts";
import {
  ASC_INCORRECT_ENCRYPTION_KEY,
  ASC_INVALID_FIELD_IN_CDB,
  ASC_INVALID_OPERATION_CODE,
  ASC_PARAMETER_LIST_LENGTH_ERROR,
} from "../spec/additional-sense.ts";
import { DONE_DATA_AT } from "../spec/event.ts";
import { OP_SECURITY_PROTOCOL_IN } from "../spec/operation-code.ts";
import {
  PAGE_SET_DATA_ENCRYPTION,
  PROTOCOL_TAPE_ENCRYPTION,
  SCOPE_ALL_NEXUSES,
} from "../spec/page-code.ts";
import { KEY_DATA_PROTECT, KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { isDrivesAttention } from "./drive-answer.ts";
import { drivesMatter, mayAsk, passRefusal } from "./forward.ts";
import { ATTENTION_ENCRYPTION_CHANGED, attentionRaise } from "./unit-attention.ts";

const PROTOCOL_INFORMATION: u32 = 0x00;
/** Lengths count 512 bytes. */
const INCREMENT_512: u32 = 0x80;
const LENGTH_AT: u32 = 6;
const ANSWER_BYTES_MAX: u32 = PARAM_IN_BYTES - DONE_DATA_AT;
const LIST_BYTES_MAX: u32 = 2048;
/** Data encryption management capabilities; next block encryption status. */
const PAGE_MANAGEMENT: u32 = 0x0012;
const PAGE_NEXT_BLOCK: u32 = 0x0021;
/** Behind it are random numbers and public keys, for keys that are wrapped for one drive. */
const PAGE_LAST: u32 = PAGE_NEXT_BLOCK;
/** Of that page: CKOD_C and AITN_C, which are passed on; no others of their bytes. */
const MANAGEMENT_MASKS: StaticArray<u8> = [0x00, 0x04, 0xff, 0x04];

/** Bytes of the page "set data encryption", and CKOD among SDK, CKOD, CKORP and CKORL. */
const PAGE_BYTES_AT: u32 = 2;
const SCOPE_AT: u32 = 4;
const FLAGS_AT: u32 = 5;
const ENCRYPTION_AT: u32 = 6;
const DECRYPTION_AT: u32 = 7;
const FORMAT_AT: u32 = 9;
const CLEARS_ON_DEMOUNT: u32 = 0x04;
const OTHER_FLAGS: u32 = 0x0b;
const NO_FAULT: u32 = 0xffffffff;

/** The task whose list the host has, and the one whose list the drive has taken. */
let received: u32 = 0;
let taken: u32 = 0;
let mark: u32 = 0;
let modes: u32 = 0;
let bytes: u32 = 0;
let clears: bool = false;

function page(): u32 {
  return get16(cdb() + 2);
}
/** The lane passes nothing on, or a field is wrong: answered. */
function isRefused(isRight: bool): bool {
  if (keysPass() && isRight && (cdbByte(4) & INCREMENT_512) === 0) return false;
  replySense(
    KEY_ILLEGAL_REQUEST,
    keysPass() ? ASC_INVALID_FIELD_IN_CDB : ASC_INVALID_OPERATION_CODE,
  );
  return true;
}

/** SECURITY PROTOCOL IN: the drive is asked when it is free; in a recovery there is none to ask. */
export function securityIn(): void {
  const isTape = cdbByte(1) === PROTOCOL_TAPE_ENCRYPTION && page() <= PAGE_LAST;
  if (isRefused(isTape || cdbByte(1) === PROTOCOL_INFORMATION)) return;
  if (recovering()) {
    replyBusy();
    return;
  }
  if (!mayAsk()) return;
  if (keyStale(keyAsGiven())) prepare(PROCEDURE_KEY, keyAsGiven());
  else if (isTape && page() === PAGE_NEXT_BLOCK && !isAtBlock()) {
    prepare(PROCEDURE_POSITION, serverPosition());
  } else ask();
}
/** The drive stands where the server believes it to stand. */
function isAtBlock(): bool {
  if (mediumState() !== MEDIUM_READY || kept.keyAwaited) return true;
  return drivePositionKnown() && drivePosition() === serverPosition();
}
function prepare(procedure: u32, object: u64): void {
  procedureStart(procedure, FOR_TASK, object);
  setTaskPhase(PHASE_PROCEDURE);
}
/** PHASE_PROCEDURE. */
export function securityInPrepared(): bool {
  const ended = procedureTake(FOR_TASK);
  if (ended === OUTCOME_RUNNING) return false;
  setTaskPhase(PHASE_NEW);
  if (ended !== OUTCOME_DONE && !drivesMatter()) passRefusal();
  return true;
}
function ask(): void {
  const limit = driveLimitMs();
  const op = OP_SECURITY_PROTOCOL_IN;
  const to = commandIn(OWNER_TASK, currentDrive(), op, ANSWER_BYTES_MAX, limit);
  memory.copy(to, cdb(), 12);
  put32(to + LENGTH_AT, ANSWER_BYTES_MAX);
  setTaskPhase(PHASE_DEVICE);
}
/** The drive's answer. */
export function securityInDone(): void {
  if (drivesMatter()) return;
  if (!deviceGood()) {
    passRefusal();
    return;
  }
  const count = deviceDataBytes();
  const at = replyParams(count, get32(cdb() + LENGTH_AT));
  memory.copy(at, deviceDataAt(), count);
  if (cdbByte(1) === PROTOCOL_TAPE_ENCRYPTION && page() === PAGE_MANAGEMENT)
    maskManagement(at, count);
}

/** What the lane does not take the drive is not said to be able to. */
function maskManagement(at: u32, count: u32): void {
  for (let i: u32 = 0; i < 4 && i + 4 < count; i++) {
    const mask = unchecked(MANAGEMENT_MASKS[i as i32]);
    store<u8>(at + 4 + i, load<u8>(at + 4 + i) & mask);
  }
}

/** SECURITY PROTOCOL OUT, again after every event until it is answered. */
export function securityOut(): void {
  const length = get32(cdb() + LENGTH_AT);
  const isPage = cdbByte(1) === PROTOCOL_TAPE_ENCRYPTION && page() === PAGE_SET_DATA_ENCRYPTION;
  if (isRefused(isPage && length <= LIST_BYTES_MAX && length <= taskOutBytes())) return;
  if (length === 0) replyGood();
  else if (length < SECRET_HEAD_BYTES) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_PARAMETER_LIST_LENGTH_ERROR);
  } else if (taken === taskTag()) {
    if (journalDurable()) replyGood();
  } else if (received === taskTag()) pass();
  else receiveSecret(length);
}

function secret(what: u32): void {
  act(AC_SECRET, 0);
  setA(what);
}

/** EV_DATA: the host has the list; its head is the parameters of the event. */
export function securityOutData(): void {
  const at = PARAM_IN_AT;
  mark = eventC();
  bytes = eventA();
  modes = ((load<u8>(at + ENCRYPTION_AT) as u32) << 8) | (load<u8>(at + DECRYPTION_AT) as u32);
  clears = ((load<u8>(at + FLAGS_AT) as u32) & CLEARS_ON_DEMOUNT) !== 0;
  const fault = faultOf(at);
  if (fault !== NO_FAULT) {
    secret(SECRET_DROP);
    replyInvalidParameter(fault);
    return;
  }
  received = taskTag();
  setTaskPhase(PHASE_NEW);
}

/** The first byte of the list that the lane does not take; what else is wrong the drive says. */
function faultOf(at: u32): u32 {
  if (get16(at) !== PAGE_SET_DATA_ENCRYPTION) return 0;
  if (get16(at + PAGE_BYTES_AT) !== bytes - 4) return PAGE_BYTES_AT;
  if ((load<u8>(at + SCOPE_AT) as u32) !== SCOPE_ALL_NEXUSES) return SCOPE_AT;
  if (((load<u8>(at + FLAGS_AT) as u32) & OTHER_FLAGS) !== 0) return FLAGS_AT;
  const encryption = modes >> 8;
  if (encryption !== KEY_MODE_OFF && encryption !== KEY_MODE_ON) return ENCRYPTION_AT;
  const decryption = modes & 0xff;
  const isKnown = decryption === KEY_MODE_ON || decryption === KEY_MODE_MIXED;
  if (decryption !== KEY_MODE_OFF && !isKnown) return DECRYPTION_AT;
  return load<u8>(at + FORMAT_AT) !== 0 ? FORMAT_AT : NO_FAULT;
}

/** To the drive, when everything that was written before it is on the tape for certain. */
function pass(): void {
  if (recovering()) return;
  if (kept.keyAwaited) {
    if (modes === KEY_MODE_OFF || mark !== imageKey(imageSelected())) {
      secret(SECRET_DROP);
      replySense(KEY_DATA_PROTECT, ASC_INCORRECT_ENCRYPTION_KEY);
      return;
    }
  } else if (mediumState() === MEDIUM_READY && imageSelected() >= 0 && !feederSynchronized()) {
    feederWantSync();
    return;
  }
  if (!mayAsk()) return;
  keyTelling();
  commandSecret(OWNER_TASK, currentDrive(), SECRET_GIVEN, bytes, modes);
  setTaskPhase(PHASE_DEVICE);
}

/** While what the tape may be owed waits for the key a recovery could not know what that is. */
function beginsAnew(): bool {
  if (!isDrivesAttention()) return false;
  setTaskPhase(PHASE_NEW);
  return true;
}
/** The drive's answer. */
export function securityOutDone(): void {
  if (kept.keyAwaited ? beginsAnew() : drivesMatter()) return;
  if (!deviceGood()) {
    secret(SECRET_DROP);
    passRefusal();
    return;
  }
  if (modes === KEY_MODE_OFF) {
    secret(SECRET_DROP);
    secret(SECRET_CLEAR);
  } else secret(SECRET_KEEP);
  keySet(mark, modes, bytes, clears);
  keyTold(keyAsGiven());
  journalKeyChanged();
  attentionRaise(ATTENTION_ENCRYPTION_CHANGED, taskNexus());
  keyCame();
  taken = taskTag();
  setTaskPhase(PHASE_NEW);
}
