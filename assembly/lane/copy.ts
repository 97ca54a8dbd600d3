/**
 * Copies a cartridge that the ring does not know into it, from its beginning on ([028], [034], [035]): at
 * load the header, up to a number of filemarks; then the rest while the server wants nothing, and whatever
 * the server itself reads at that place. Until the tape's end is reached the image is a prefix of the tape.
 * Decides what is read and when it stops; the medium is only read. A copy that cannot go on (no room, a
 * read error) leaves the prefix: the cartridge is not protected, and nothing else changes.
 * Invariant: what is copied stands at the image's end, and only while nobody writes and the ring works: in
 * the step in which a ring is given up the copy ends.
 */

import { logNumbers, setX } from "../lib/action.ts";
import { put24 } from "../lib/bytes.ts";
import { now } from "../lib/event.ts";
import { recovering } from "../recovery/state.ts";
import { RING_NO_ROOM, ringCommitCopy, ringReserve, ringWaiting } from "../ring/append.ts";
import { ringState } from "../ring/geometry.ts";
import { imageFilemarks, imageSelected } from "../ring/image-table.ts";
import { imageCreate, imageSelect } from "../ring/images.ts";
import { senseFilemark, senseIli, senseInformation, senseKey } from "../scsi/sense-reader.ts";
import { PARAM_IN_AT, RECORD_BYTES_MAX } from "../spec/abi.ts";
import { BUFFER_CHECK } from "../spec/action.ts";
import { PROFILE_READ_ANY_LENGTH } from "../spec/drive-profile.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import { START_COPY_PERCENT, START_COPY_WAIT_MS, START_HEADER_MARKS } from "../spec/lane-start.ts";
import { LOG_COPIED, LOG_COPY_ENDED } from "../spec/log-code.ts";
import { OP_READ_6 } from "../spec/operation-code.ts";
import { ENTRY_FILEMARK, ENTRY_RECORD, RING_READY } from "../spec/ring-layout.ts";
import { KEY_BLANK_CHECK, KEY_RECOVERED_ERROR } from "../spec/sense-key.ts";
import { cursorCopied, cursorReceived, cursorReset } from "../tape/cursor.ts";
import {
  commandInBuffer,
  deviceDataBytes,
  deviceDataCrc,
  deviceGood,
  deviceIdle,
  deviceResult,
  drivePosition,
  drivePositionKnown,
  loseDrivePosition,
  OWNER_COPY,
  profile,
  setDrivePosition,
} from "./device.ts";
import { keyInForce } from "./key.ts";
import {
  imageIsPrefix,
  MEDIUM_COPYING,
  MEDIUM_READY,
  mediumState,
  setImagePrefix,
  setImageTrusted,
} from "./medium.ts";
import { isUsedLess } from "./medium-identity.ts";
import { imageTag } from "./partition.ts";
import {
  FOR_COPY,
  OUTCOME_DONE,
  OUTCOME_RUNNING,
  PROCEDURE_POSITION,
  procedureIdle,
  procedureStart,
  procedureTake,
} from "./procedure-state.ts";
import { PHASE_NONE, taskPhase } from "./task.ts";
import { wakeAt } from "./wake.ts";

/** What a READ asks for; a record that is longer is read again with its own length. */
const READ_BYTES: u32 = 1048576;
/** The server has been quiet for so long: the drive is not needed at this moment. */
const QUIET_MS: u64 = 1000;
/** Winding to another place may take so long: it is begun only where a command may wait for that. */
const WIND_MS: u32 = 120000;

let headerMarks: u32 = 0;
let percent: u32 = 0;
let waitMs: u32 = 0;

let active: bool = false;
let startedAt: u64 = 0;
let quietSince: u64 = 0;
let want: u32 = READ_BYTES;
/** What the last READ brought and the ring does not have yet: at which object, a mark or that many bytes. */
let pending: bool = false;
let pendingMark: bool = false;
let pendingBytes: u32 = 0;
let pendingCrc: u32 = 0;

/** Takes the settings from the parameters of EV_START. */
export function copySettings(): void {
  headerMarks = load<u16>(PARAM_IN_AT + START_HEADER_MARKS) as u32;
  percent = load<u16>(PARAM_IN_AT + START_COPY_PERCENT) as u32;
  waitMs = load<u32>(PARAM_IN_AT + START_COPY_WAIT_MS);
}

/** A cartridge without an image is in the drive. False: it is not copied. */
export function copyBegin(): bool {
  active = false;
  pending = false;
  want = READ_BYTES;
  const wanted = headerMarks > 0 || percent > 0;
  // What the drive decrypts nobody knows to be encrypted.
  if (!wanted || keyInForce() || (profile() & PROFILE_READ_ANY_LENGTH) === 0) return false;
  if (ringState() !== RING_READY) return false;
  imageSelect(imageCreate(imageTag(), 0, 0));
  setImageTrusted(true);
  setImagePrefix(true);
  cursorReset(0, 0);
  active = true;
  startedAt = now();
  quietSince = now();
  return true;
}

/** The header is in the ring, or it is not waited for any longer. */
export function copyHeaderEnded(): bool {
  if (!active || imageFilemarks(imageSelected()) >= (headerMarks as u64)) return true;
  if (now() - startedAt < (waitMs as u64)) {
    wakeAt(startedAt + (waitMs as u64));
    return false;
  }
  return !pending && deviceIdle() && procedureIdle();
}

/** Its partition is left: what was copied stays the beginning of it. */
export function copyForget(): void {
  active = false;
  pending = false;
}
/** A copy is under way. */
export function copyRuns(): bool {
  return active;
}

/** One step further. */
export function copyPump(): bool {
  return (active || !procedureIdle()) && goOn();
}

function goOn(): bool {
  const ended = procedureTake(FOR_COPY);
  if (!active) return ended !== OUTCOME_RUNNING;
  if (taskPhase() !== PHASE_NONE) quietSince = now();
  if (ended !== OUTCOME_RUNNING) {
    if (ended !== OUTCOME_DONE) end();
    return true;
  }
  const state = mediumState();
  const may = state === MEDIUM_COPYING || state === MEDIUM_READY;
  if (!may || keyInForce() || !imageIsPrefix() || recovering() || ringState() !== RING_READY) {
    active = false;
    return false;
  }
  if (pending) return commit();
  if (!deviceIdle() || !procedureIdle() || !isWanted(state)) return false;
  if (!drivePositionKnown() || drivePosition() !== cursorReceived()) {
    if (state === MEDIUM_READY && waitMs < WIND_MS) return false;
    procedureStart(PROCEDURE_POSITION, FOR_COPY, cursorReceived());
    return true;
  }
  put24(commandInBuffer(OWNER_COPY, OP_READ_6, BUFFER_CHECK, 0, want, 0) + 2, want);
  return true;
}

function isWanted(state: u32): bool {
  if (state === MEDIUM_COPYING) return !copyHeaderEnded();
  if (taskPhase() !== PHASE_NONE || !isUsedLess(percent)) return false;
  const at = quietSince + QUIET_MS;
  if (now() < at) wakeAt(at);
  return now() >= at;
}

/** The answer to the copy's own READ. */
export function copyDone(): void {
  const asked = want;
  want = READ_BYTES;
  if (deviceResult() !== RESULT_ANSWERED) {
    loseDrivePosition();
    end();
    return;
  }
  const harmless = deviceGood() || senseKey() <= KEY_RECOVERED_ERROR;
  if (harmless && senseFilemark()) {
    setDrivePosition(drivePosition() + 1);
    keepPending(true, 0);
  } else if (harmless && senseIli()) tookLength(asked, (asked as i32) - senseInformation());
  else if (deviceGood()) {
    setDrivePosition(drivePosition() + 1);
    keepPending(false, deviceDataBytes());
  } else if (senseKey() === KEY_BLANK_CHECK) {
    loseDrivePosition();
    reached();
  } else {
    loseDrivePosition();
    end();
  }
}

function tookLength(asked: u32, length: i32): void {
  if (length <= 0 || (length as u32) > RECORD_BYTES_MAX) {
    loseDrivePosition();
    end();
    return;
  }
  setDrivePosition(drivePosition() + 1);
  if ((length as u32) <= asked) keepPending(false, length as u32);
  // The drive stands behind it: it is positioned again, and read whole.
  else want = length as u32;
}

function keepPending(mark: bool, bytes: u32): void {
  pending = active && imageIsPrefix();
  pendingMark = mark;
  pendingBytes = bytes;
  pendingCrc = deviceDataCrc();
}

/** What was read goes to the ring, when there is a place. */
function commit(): bool {
  const placed = place(pendingMark, pendingBytes, pendingCrc, BUFFER_CHECK, 0);
  if (!placed && ringWaiting()) return false;
  pending = false;
  if (!placed) end();
  return true;
}

/** Appends one object that the tape already has; the data are in a transfer buffer. False: no room. */
function place(mark: bool, bytes: u32, crc: u32, buffer: u32, offset: u32): bool {
  if (ringReserve(mark ? 0 : bytes) === RING_NO_ROOM) return false;
  const kind = mark ? ENTRY_FILEMARK : ENTRY_RECORD;
  ringCommitCopy(kind, mark ? 0 : bytes, crc, buffer, offset);
  cursorCopied(mark ? 0 : (bytes as u64));
  return true;
}

/** The tape ends here: the image is whole. */
function reached(): void {
  active = false;
  setImagePrefix(false);
  logNumbers(LOG_COPIED, 0, 0);
  setX(cursorReceived());
}
/** It cannot go on: what is there stays the beginning of the tape. */
function end(): void {
  active = false;
  pending = false;
  logNumbers(LOG_COPY_ENDED, 0, 0);
  setX(cursorReceived());
}

/** The server reads at `object`, which the ring does not have: is it the next one to copy? */
export function copyWants(object: u64): bool {
  return (
    active &&
    !pending &&
    !keyInForce() &&
    imageIsPrefix() &&
    object === cursorReceived() &&
    isUsedLess(percent)
  );
}
/** The server has read a record, whole, at `offset` of a transfer buffer; false: it was not copied. */
export function copyRecord(bytes: u32, crc: u32, buffer: u32, offset: u32): bool {
  return place(false, bytes, crc, buffer, offset);
}
/** The server has read a filemark. */
export function copyFilemark(): bool {
  return place(true, 0, 0, 0, 0);
}
/** The server has found the end of the tape. */
export function copyReached(): void {
  reached();
}
