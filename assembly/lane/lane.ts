/**
 * The lane role: gives every event to what it belongs to, then lets everything go on that can (level
 * triggered, in a fixed order), then says what the host shall show and when it shall wake. Decides
 * nothing itself.
 */
import { act, logNumbers, setA } from "../lib/action.ts";
import {
  eventA,
  eventB,
  eventC,
  eventD,
  eventE,
  eventParamBytes,
  eventTag,
  eventX,
  eventY,
  now,
} from "../lib/event.ts";
import { keepGiven, keptVersion } from "../lib/keep.ts";
import { recoveryControlDone, recoveryWord } from "../recovery/begin.ts";
import { recoveryAbandon, recoveryBegin, recoveryPump } from "../recovery/recovery.ts";
import { reportFull } from "../recovery/report.ts";
import { recovering, setSpares } from "../recovery/state.ts";
import { ringFault, ringState } from "../ring/geometry.ts";
import { imageSelected } from "../ring/image-table.ts";
import { isRingTag, ringEvent, ringStart, ringStartLost } from "../ring/open.ts";
import { ringDurable, ringFlush } from "../ring/writes.ts";
import { isProtected, protectionForget } from "../scsi/block-protection.ts";
import { UNIT_LANE, useCommands } from "../scsi/command-table.ts";
import { KEY_COMMANDS } from "../scsi/dispatch.ts";
import { countersClear } from "../scsi/log-counter.ts";
import { modeReset } from "../scsi/mode-page.ts";
import { portEstablished, portLost } from "../scsi/port-table.ts";
import { preventClear, preventedBy, preventSet } from "../scsi/prevent.ts";
import { release, reservationClear, reservedBy } from "../scsi/reservation.ts";
import { senseCode, senseKey } from "../scsi/sense-reader.ts";
import { alertsClear, alertsNexus } from "../scsi/tape-alert.ts";
import {
  ATTENTION_COMMANDS_CLEARED,
  ATTENTION_COMMANDS_ENDED,
  ATTENTION_NEXUS_LOSS,
  ATTENTION_RESET,
  attentionForget,
  attentionNexus,
  attentionRaise,
  attentionTell,
} from "../scsi/unit-attention.ts";
import { PARAM_IN_AT } from "../spec/abi.ts";
import { AC_RESUMED, AC_STARTED, AC_STOPPED } from "../spec/action.ts";
import {
  ASC_MEDIUM_MAY_HAVE_CHANGED,
  ASC_MODE_PARAMETERS_CHANGED,
} from "../spec/additional-sense.ts";
import {
  PROFILE_STANDARD,
  PROFILE_TGT,
  PROFILE_VENDOR_TGT_HIGH,
  PROFILE_VENDOR_TGT_LOW,
} from "../spec/drive-profile.ts";
import {
  EV_COMMAND,
  EV_DATA,
  EV_DEVICE,
  EV_DEVICE_DONE,
  EV_DEVICE_LOST,
  EV_NEXUS,
  EV_OPERATOR,
  EV_RING_DONE,
  EV_START,
  EV_TASK_END,
  EV_TIME,
  EV_WORD,
  NEXUS_ESTABLISHED,
  NEXUS_LOST,
  NEXUS_TASKS_CLEARED,
  NEXUS_TASKS_ENDED,
  OPERATOR_STOP,
} from "../spec/event.ts";
import { KEEP_VERSION } from "../spec/keep.ts";
import { LOG_KEEP_BAD } from "../spec/log-code.ts";
import { OP_READ_POSITION } from "../spec/operation-code.ts";
import { RING_OPENING } from "../spec/ring-layout.ts";
import { KEY_UNIT_ATTENTION } from "../spec/sense-key.ts";
import { WORD_GONE, WORD_MOUNT, WORD_RELEASE, WORD_SPARES } from "../spec/word.ts";
import { cursorReceived, cursorSent } from "../tape/cursor.ts";
import {
  commandAbort,
  commandArrived,
  commandData,
  commandDeviceDone,
  commandLoaded,
  commandPump,
  orphanDeviceDone,
} from "./command.ts";
import { copyDone, copyPump, copyRuns, copySettings } from "./copy.ts";
import {
  currentDrive,
  deviceDone,
  deviceInit,
  deviceOperation,
  loseDrivePosition,
  OWNER_COPY,
  OWNER_FEEDER,
  OWNER_PROCEDURE,
  OWNER_RECOVERY,
  OWNER_TASK,
  selectDrive,
  setProfile,
} from "./device.ts";
import { driveModesForget } from "./drive-mode.ts";
import { warningSettings } from "./early-warning.ts";
import {
  FEED_FAILED,
  FEED_FINE,
  FEED_FULL,
  feederDone,
  feederPump,
  feederTakeFault,
  feederWaits,
} from "./feeder.ts";
import { goneWord } from "./gone.ts";
import { setIdentity } from "./identity.ts";
import { journalKey } from "./journal.ts";
import { keptBegin } from "./keep.ts";
import { keySettings, keyStart, keysPass } from "./key.ts";
import { MEDIUM_EMPTY, mediumState } from "./medium.ts";
import { mountPump, mountRests, mountWord } from "./mount.ts";
import { procedurePump } from "./procedure.ts";
import { checkLoaded } from "./procedure-check.ts";
import { procedureIdle } from "./procedure-state.ts";
import { keepImage, resumeBegin, resumeEnd } from "./resume.ts";
import { watchRing, watchRingLater } from "./ring-watch.ts";
import { noteBusy, showLane } from "./show.ts";
import { keepTask, PHASE_NONE, PHASE_PACE, PHASE_RECEIVE, taskPhase } from "./task.ts";
import { keyHolds, releaseWord, settled } from "./unload.ts";
import { wakeBegin, wakeTell } from "./wake.ts";

/** More rounds than any event needs: a loop that does not settle is a programmer error. */
const ROUNDS_MAX: u32 = 256;

const QUIET_ROUNDS: u32 = 2;
/** Vendor identification in standard INQUIRY data. */
const VENDOR_AT: u32 = 8;

/** The rounds of the step, and of the one before, were calm: what a stream does not change is shown already. */
let streams: bool = false;
let streamed: bool = false;
let started: bool = false;
let stopping: bool = false;
let stopped: bool = false;

/** Takes one event of the lane role. */
export function laneEvent(kind: u32): void {
  wakeBegin();
  take(kind);
  watchRing();
  sayStarted();
  streamed = streams;
  streams = ringState() !== RING_OPENING;
  if (streams) pump();
  watchRingLater();
  wakeTell(now());
  noteBusy();
  if (!streams || !streamed || kind === EV_TIME) showLane();
  keepTask();
  keepImage();
}

function take(kind: u32): void {
  if (kind === EV_DATA) commandData();
  else if (kind === EV_COMMAND) commandArrived(stopping);
  else if (kind === EV_DEVICE_DONE) takeDeviceDone();
  else if (kind === EV_RING_DONE) takeRingDone();
  else if (kind === EV_WORD) takeWord();
  else if (kind === EV_TASK_END) commandAbort(eventTag());
  else if (kind === EV_NEXUS) takeNexus(eventA(), eventB());
  else if (kind === EV_DEVICE) takeDevice();
  else if (kind === EV_DEVICE_LOST) {
    if (eventA() === currentDrive()) loseDrivePosition();
  } else if (kind === EV_OPERATOR) stopping = eventA() === OPERATOR_STOP || stopping;
  else if (kind === EV_START) start();
}

/** With the keep block of an instance that trapped this one takes over from it. */
function start(): void {
  keySettings();
  useCommands(UNIT_LANE, keysPass() ? 0 : KEY_COMMANDS);
  setIdentity(eventB());
  copySettings();
  warningSettings();
  deviceInit(eventE(), eventD());
  if (keepGiven() && keptVersion() !== KEEP_VERSION) {
    refuse();
    return;
  }
  keptBegin();
  if (keepGiven()) resumeBegin();
  const fault = ringFault();
  if (fault === 0) ringStart(eventX(), eventY());
  else ringStartLost(eventX(), fault);
}

/** Another module's keep block: this instance cannot take over. */
function refuse(): void {
  logNumbers(LOG_KEEP_BAD, keptVersion(), KEEP_VERSION);
  started = true;
  act(AC_RESUMED, 0);
  setA(LOG_KEEP_BAD);
}

/** What kind of drive it is: vendor identification of its standard INQUIRY data. */
function takeDevice(): void {
  const isTgt =
    load<u32>(PARAM_IN_AT + VENDOR_AT) === PROFILE_VENDOR_TGT_LOW &&
    load<u32>(PARAM_IN_AT + VENDOR_AT + 4) === PROFILE_VENDOR_TGT_HIGH;
  setProfile(eventA(), isTgt ? PROFILE_TGT : PROFILE_STANDARD);
}

function takeDeviceDone(): void {
  const who = deviceDone();
  if (senseKey() === KEY_UNIT_ATTENTION) attended(senseCode());
  if (who === OWNER_FEEDER) feederDone(deviceOperation() === OP_READ_POSITION);
  else if (who === OWNER_TASK) commandDeviceDone();
  else if (who === OWNER_RECOVERY) recoveryControlDone();
  else if (who === OWNER_COPY) copyDone();
  else if (who === OWNER_PROCEDURE && procedureIdle()) orphanDeviceDone();
}

/** The drive's unit attention: one that was reset has its mode pages as at power on, and its tape anywhere. */
function attended(code: u32): void {
  driveModesForget();
  if (code >= ASC_MEDIUM_MAY_HAVE_CHANGED && code < ASC_MODE_PARAMETERS_CHANGED)
    loseDrivePosition();
}

function takeRingDone(): void {
  if (isRingTag(eventTag())) ringEvent();
  else if (!checkLoaded()) commandLoaded();
}

function sayStarted(): void {
  if (started || ringState() === RING_OPENING) return;
  started = true;
  if (!keepGiven()) keyStart(journalKey());
  resumeEnd();
  // A lane whose ring cannot be used works without it: degraded, never out of order.
  act(AC_STARTED, 0);
}

function takeWord(): void {
  const word = eventA();
  if (word === WORD_MOUNT) mountWord();
  else if (word === WORD_RELEASE) releaseWord();
  else if (word === WORD_GONE) goneWord();
  else if (word === WORD_SPARES) takeSpares();
  else recoveryWord();
}
/** How many spares there are; an empty lane learns which drive is its own. */
function takeSpares(): void {
  setSpares(eventC(), eventD());
  if (mediumState() === MEDIUM_EMPTY && !recovering()) selectDrive(eventE());
}

function takeNexus(nexus: u32, what: u32): void {
  if (what === NEXUS_ESTABLISHED) {
    attentionNexus(nexus, PARAM_IN_AT, eventParamBytes());
    portEstablished(nexus, PARAM_IN_AT, eventParamBytes());
    alertsNexus(nexus);
    protectionForget(nexus);
    return;
  }
  if (what === NEXUS_LOST) {
    const loses = reservedBy(nexus) || preventedBy(nexus) || isProtected(nexus);
    if (loses) attentionTell(nexus, ATTENTION_NEXUS_LOSS);
    protectionForget(nexus);
    attentionForget(nexus);
    preventSet(nexus, false);
    portLost(nexus);
    release(nexus);
    return;
  }
  if (what === NEXUS_TASKS_CLEARED || what === NEXUS_TASKS_ENDED) {
    const isByOther = what === NEXUS_TASKS_CLEARED;
    attentionTell(nexus, isByOther ? ATTENTION_COMMANDS_CLEARED : ATTENTION_COMMANDS_ENDED);
    return;
  }
  // LOGICAL UNIT RESET, TARGET RESET: position, medium and mount stay what they are, and so do
  // registrations and a persistent reservation.
  attentionRaise(ATTENTION_RESET, 0);
  modeReset();
  countersClear();
  alertsClear();
  reservationClear();
  preventClear();
}

/** Everything goes on that can, until nothing does. */
function pump(): void {
  let quiet: u32 = 0;
  for (let round: u32 = 0; round < ROUNDS_MAX; round++) {
    const calm = isCalm();
    if (calm && isAtRest(quiet > 0)) return;
    if (!calm) streams = false;
    let moved = !calm && pumpMedium();
    if (pumpStream()) moved = true;
    if (!calm && copyPump()) moved = true;
    if (moved) {
      quiet = 0;
      continue;
    }
    // What one asks for without moving itself (a sync, an unload) another begins in the next round.
    quiet += 1;
    if (stopping) stop();
    if (quiet === QUIET_ROUNDS) return;
  }
  assert(false);
}

/** What is done with the medium and not for the stream. */
function pumpMedium(): bool {
  let moved = procedurePump();
  if (mountPump()) moved = true;
  if (recoveryPump()) moved = true;
  return moved;
}

function pumpStream(): bool {
  // A failure comes first: what a command would begin with the drive then is the recovery's to begin.
  let moved = takeFeederFault();
  // The server's answer goes before the drive's next command: it has waited longer.
  if (commandPump()) moved = true;
  if (feederPump()) moved = true;
  return moved;
}

/** Only the server's command and the feeder can move: so it is while a lane streams. */
function isCalm(): bool {
  if (recovering() || copyRuns() || stopping) return false;
  return mountRests();
}
/**
 * In a calm lane neither can: a round would change nothing. The drive works, and the command, where there
 * is one, waits for its data, or for the pace and was `asked` after the last that moved.
 */
function isAtRest(asked: bool): bool {
  if (!feederWaits()) return false;
  const phase = taskPhase();
  return phase === PHASE_NONE || phase === PHASE_RECEIVE || (asked && phase === PHASE_PACE);
}

function takeFeederFault(): bool {
  const fault = feederTakeFault();
  if (fault === FEED_FINE) return false;
  if (fault === FEED_FULL) reportFull();
  else if (fault === FEED_FAILED) recoveryBegin(cursorSent());
  else recoveryAbandon();
  return true;
}

/** OPERATOR_STOP: everything is on the tape, or the ring keeps what is owed. */
function stop(): void {
  if (stopped) return;
  const isSettled = settled();
  if (!isSettled && !recovering() && !keyHolds()) return;
  if (!isSettled && imageSelected() >= 0 && ringDurable() < cursorReceived()) {
    ringFlush();
    return;
  }
  stopped = true;
  act(AC_STOPPED, 0);
  setA(isSettled ? 1 : 0);
}
