/**
 * The server's SMC commands: what stands between a nexus and its command, and which file answers it.
 * Everything that needs no robot is answered at once, also while the robot moves; the rest becomes tasks
 * (task.ts). Unit attentions, reservations and preventions are per I_T nexus,
 * registrations per initiator port; these outlive a reset.
 */
import { get16, get32 } from "../lib/bytes.ts";
import { eventA, eventB, eventC, eventParamBytes, eventTag } from "../lib/event.ts";
import { ASKS, conflictOf, NEEDS_NEXUS } from "../scsi/command-table.ts";
import { portEstablished, portLost } from "../scsi/port-table.ts";
import { preventClear, preventedBy, preventSet } from "../scsi/prevent.ts";
import {
  anyReservation,
  release,
  reservationClear,
  reservationStops,
  reserve,
  reservedBy,
} from "../scsi/reservation.ts";
import {
  ATTENTION_COMMANDS_CLEARED,
  ATTENTION_COMMANDS_ENDED,
  ATTENTION_NEXUS_LOSS,
  ATTENTION_RESET,
  attentionForget,
  attentionNexus,
  attentionRaise,
  attentionTake,
  attentionTell,
} from "../scsi/unit-attention.ts";
import { PARAM_IN_AT } from "../spec/abi.ts";
import {
  ASC_BECOMING_READY,
  ASC_INVALID_ELEMENT_ADDRESS,
  ASC_INVALID_FIELD_IN_CDB,
  ASC_INVALID_OPERATION_CODE,
  ASC_NONE,
} from "../spec/additional-sense.ts";
import {
  ELEMENT_CDB_OPTIONS,
  ELEMENT_CDB_START,
  ELEMENT_CURDATA,
  ELEMENT_TYPE_MEDIUM_TRANSPORT,
} from "../spec/element.ts";
import {
  NEXUS_ESTABLISHED,
  NEXUS_LOST,
  NEXUS_TASKS_CLEARED,
  NEXUS_TASKS_ENDED,
} from "../spec/event.ts";
import { OP_INITIALIZE_ELEMENT_STATUS, OP_READ_ELEMENT_STATUS } from "../spec/operation-code.ts";
import {
  KEY_ILLEGAL_REQUEST,
  KEY_NO_SENSE,
  KEY_NOT_READY,
  KEY_UNIT_ATTENTION,
} from "../spec/sense-key.ts";
import { STATUS_BUSY, STATUS_GOOD, STATUS_RESERVATION_CONFLICT } from "../spec/status.ts";
import {
  DO_EXCHANGE,
  DO_INITIALIZE,
  DO_INQUIRY,
  DO_LOG_SENSE,
  DO_MAINTENANCE_IN,
  DO_MODE_SELECT,
  DO_MODE_SENSE,
  DO_MOVE,
  DO_PERSISTENT_IN,
  DO_PERSISTENT_OUT,
  DO_POSITION,
  DO_PREVENT_ALLOW,
  DO_READ_ELEMENT_STATUS,
  DO_RELEASE,
  DO_REPORT_LUNS,
  DO_REQUEST_ADDRESS,
  DO_REQUEST_SENSE,
  DO_RESERVE,
  DO_SEND_VOLUME_TAG,
  DO_TEST_UNIT_READY,
  dispatch,
  NEEDS_INVENTORY,
  needs,
} from "./dispatch.ts";
import { replyElements } from "./element-report.ts";
import { findElement } from "./element-table.ts";
import { replyInquiry, replyLuns } from "./inquiry.ts";
import { NONE } from "./limits.ts";
import { replyLogSense } from "./log-sense.ts";
import { replyMaintenance } from "./maintenance.ts";
import { modeSelect, modeSelectData } from "./mode-select.ts";
import { replyModeSense } from "./mode-sense.ts";
import { exchangeMedium, moveMedium, positionToElement } from "./move-commands.ts";
import {
  forgetParameters,
  parameterCdb,
  parameterNexus,
  takeParameters,
} from "./parameter-list.ts";
import {
  persistentReserveData,
  persistentReserveIn,
  persistentReserveOut,
} from "./persistent-reserve.ts";
import { parametersTaken, replyRequestSense, replySense, replyStatus } from "./reply.ts";
import { ready } from "./start.ts";
import { beginReading, taskEnded, taskOpen } from "./task.ts";
import { virtualAt } from "./virtual.ts";
import {
  forgetSearch,
  requestVolumeAddress,
  sendVolumeTag,
  volumeTagData,
} from "./volume-search.ts";

/** The command's CDB, where the event brought it. */
const CDB: u32 = PARAM_IN_AT;
const PREVENT_MASK: u32 = 3;
/** RANGE of INITIALIZE ELEMENT STATUS WITH RANGE. */
const RANGE: u32 = 1;
let task: u32 = 0;
let nexus: u32 = 0;
let expected: u32 = 0;

function byte(at: u32): u32 {
  return load<u8>(CDB + at) as u32;
}
function illegal(code: u32): void {
  replySense(task, KEY_ILLEGAL_REQUEST, code);
}
function good(): void {
  replyStatus(task, STATUS_GOOD);
}

function requestSense(): void {
  const code = attentionTake(nexus);
  const key = code === ASC_NONE ? KEY_NO_SENSE : KEY_UNIT_ATTENTION;
  replyRequestSense(task, (byte(1) & 1) !== 0, key, code, byte(4), expected);
}
/** RESERVE and RELEASE (6) and (10) of the whole unit; of elements, and for third parties, they are refused. */
function reserveOrRelease(what: u8): void {
  if (byte(1) !== 0) return illegal(ASC_INVALID_FIELD_IN_CDB);
  if (what === DO_RESERVE) reserve(nexus);
  else release(nexus);
  good();
}
function preventAllow(): void {
  const prevent = byte(4) & PREVENT_MASK;
  if (prevent > 1) return illegal(ASC_INVALID_FIELD_IN_CDB);
  preventSet(nexus, prevent === 1);
  good();
}
/** INITIALIZE ELEMENT STATUS: the whole library is read, also for a range of it. */
function initialize(): void {
  const ranged = byte(0) !== OP_INITIALIZE_ELEMENT_STATUS && (byte(1) & RANGE) !== 0;
  const start = get16(CDB + ELEMENT_CDB_START);
  const known =
    virtualAt(start) !== NONE || findElement(ELEMENT_TYPE_MEDIUM_TRANSPORT, start) !== NONE;
  if (ranged && !known) return illegal(ASC_INVALID_ELEMENT_ADDRESS);
  if (!beginReading()) replyStatus(task, STATUS_BUSY);
}

/** ASKS to CHANGES; a look at what the bridge knows anyway asks for nothing. */
function conflict(): u32 {
  const known =
    byte(0) === OP_READ_ELEMENT_STATUS && (byte(ELEMENT_CDB_OPTIONS) & ELEMENT_CURDATA) !== 0;
  return known ? ASKS : conflictOf(CDB);
}
/** What stands between; true: that was answered. */
function hindered(wants: u8): bool {
  if (anyReservation() && reservationStops(nexus, byte(0), conflict())) {
    replyStatus(task, STATUS_RESERVATION_CONFLICT);
    return true;
  }
  const attention = (wants & NEEDS_NEXUS) !== 0 ? attentionTake(nexus) : ASC_NONE;
  if (attention !== ASC_NONE) {
    replySense(task, KEY_UNIT_ATTENTION, attention);
    return true;
  }
  const blind = (wants & NEEDS_INVENTORY) === NEEDS_INVENTORY && !ready();
  if (blind) replySense(task, KEY_NOT_READY, ASC_BECOMING_READY);
  return blind;
}
function carryOut(what: u8): void {
  if (what === DO_INQUIRY) return replyInquiry(task, CDB, expected);
  if (what === DO_REPORT_LUNS) return replyLuns(task, byte(2), get32(CDB + 6), expected);
  if (what === DO_REQUEST_SENSE) return requestSense();
  if (what === DO_RESERVE || what === DO_RELEASE) return reserveOrRelease(what);
  if (what === DO_PREVENT_ALLOW) return preventAllow();
  if (what === DO_LOG_SENSE) return replyLogSense(task, CDB, expected);
  if (what === DO_MAINTENANCE_IN) return replyMaintenance(task, CDB, expected);
  if (what === DO_TEST_UNIT_READY) return good();
  if (what === DO_READ_ELEMENT_STATUS) return replyElements(task, CDB, expected);
  if (what === DO_MODE_SENSE) return replyModeSense(task, CDB, expected);
  if (what === DO_MOVE) return moveMedium(task, CDB);
  if (what === DO_EXCHANGE) return exchangeMedium(task, CDB);
  if (what === DO_POSITION) return positionToElement(task, CDB);
  if (what === DO_INITIALIZE) return initialize();
  if (what === DO_MODE_SELECT) return modeSelect(task, nexus, CDB);
  if (what === DO_SEND_VOLUME_TAG) return sendVolumeTag(task, nexus, CDB);
  if (what === DO_REQUEST_ADDRESS) return requestVolumeAddress(task, nexus, CDB, expected);
  if (what === DO_PERSISTENT_IN) return persistentReserveIn(task, CDB, expected);
  if (what === DO_PERSISTENT_OUT) return persistentReserveOut(task, nexus, CDB);
  illegal(ASC_INVALID_OPERATION_CODE);
}
/** EV_COMMAND. */
export function serverCommand(): void {
  // Given again after a trap, and in work already.
  if (taskOpen(eventTag())) return;
  nexus = eventA();
  task = eventTag();
  expected = eventC();
  if (!hindered(needs(byte(0)))) carryOut(dispatch(byte(0)));
}
/** EV_DATA: the parameter list of a command. */
export function serverData(): void {
  if (!takeParameters()) return;
  const cdb = parameterCdb();
  const what = dispatch(load<u8>(cdb));
  const from = parameterNexus();
  parametersTaken(eventA());
  if (what === DO_MODE_SELECT) modeSelectData(eventTag(), cdb, PARAM_IN_AT, eventA());
  else if (what === DO_PERSISTENT_OUT) persistentReserveData(eventTag(), from, cdb, PARAM_IN_AT);
  else volumeTagData(eventTag(), from, cdb, PARAM_IN_AT);
  parametersTaken(0);
}
/** EV_TASK_END: the server gave it up. */
export function serverTaskEnded(): void {
  forgetParameters(eventTag());
  taskEnded(eventTag());
}
/** EV_NEXUS. */
export function serverNexus(): void {
  const what = eventB();
  if (what === NEXUS_ESTABLISHED) {
    attentionNexus(eventA(), PARAM_IN_AT, eventParamBytes());
    return portEstablished(eventA(), PARAM_IN_AT, eventParamBytes());
  }
  if (what === NEXUS_LOST) {
    const loses = reservedBy(eventA()) || preventedBy(eventA());
    if (loses) attentionTell(eventA(), ATTENTION_NEXUS_LOSS);
    attentionForget(eventA());
    preventSet(eventA(), false);
    forgetSearch(eventA());
    portLost(eventA());
    return release(eventA());
  }
  if (what === NEXUS_TASKS_CLEARED) return attentionTell(eventA(), ATTENTION_COMMANDS_CLEARED);
  if (what === NEXUS_TASKS_ENDED) return attentionTell(eventA(), ATTENTION_COMMANDS_ENDED);
  reservationClear();
  preventClear();
  forgetSearch(0);
  attentionRaise(ATTENTION_RESET, 0);
}
