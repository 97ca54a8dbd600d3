/**
 * PERSISTENT RESERVE OUT (SPC-4): what each service action does with the registrations and the reservation
 * of this unit. The same for lane and changer; each answers the outcome in its own way. REGISTER AND MOVE,
 * SPEC_I_PT and APTPL are refused; with one target port ALL_TG_PT says nothing more.
 */
import { PORT_COUNT_MAX } from "../lane/keep.ts";
import { get32, get64 } from "../lib/bytes.ts";
import {
  ASC_INSUFFICIENT_REGISTRATION_RESOURCES,
  ASC_INVALID_FIELD_IN_CDB,
  ASC_INVALID_FIELD_IN_PARAMETER_LIST,
  ASC_INVALID_RELEASE_OF_PERSISTENT_RESERVATION,
  ASC_PARAMETER_LIST_LENGTH_ERROR,
} from "../spec/additional-sense.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { NO_PORT, portKey, portNexus, portOf } from "./port-table.ts";
import { preventSet } from "./prevent.ts";
import {
  attendRegistrants,
  countGeneration,
  holderKey,
  isHolder,
  isRegistered,
  register,
  registrantOf,
  registrations,
  reservationEnd,
  reservationType,
  reserveFor,
  TYPE_NONE,
  tellReleased,
  typeValid,
  unregister,
} from "./registration.ts";
import {
  ATTENTION_REGISTRATIONS_PREEMPTED,
  ATTENTION_RESERVATIONS_PREEMPTED,
  ATTENTION_RESERVATIONS_RELEASED,
  attentionTell,
} from "./unit-attention.ts";

/** Outcomes: GOOD, RESERVATION CONFLICT; else sense key << 16 | additional sense. */
export const OUTCOME_GOOD: u32 = 0;
export const OUTCOME_CONFLICT: u32 = 0xffffffff;

export const PERSISTENT_REGISTER: u32 = 0;
export const PERSISTENT_RESERVE: u32 = 1;
export const PERSISTENT_RELEASE: u32 = 2;
export const PERSISTENT_CLEAR: u32 = 3;
export const PERSISTENT_PREEMPT: u32 = 4;
export const PERSISTENT_PREEMPT_AND_ABORT: u32 = 5;
export const PERSISTENT_REGISTER_AND_IGNORE: u32 = 6;

/** Bytes of the parameter list, and what is where in it. */
export const PERSISTENT_LIST_BYTES: u32 = 24;
const KEY_AT: u32 = 0;
const ACTION_KEY_AT: u32 = 8;
const FLAGS_AT: u32 = 20;
const SPEC_I_PT: u32 = 8;
const APTPL: u32 = 1;

function illegal(code: u32): u32 {
  return (KEY_ILLEGAL_REQUEST << 16) | code;
}

/** Before the parameter list is asked for: OUTCOME_GOOD, or why not. */
export function persistentOutFits(cdb: u32): u32 {
  const action = (load<u8>(cdb + 1) as u32) & 0x1f;
  if (action > PERSISTENT_REGISTER_AND_IGNORE) return illegal(ASC_INVALID_FIELD_IN_CDB);
  if (get32(cdb + 5) !== PERSISTENT_LIST_BYTES) return illegal(ASC_PARAMETER_LIST_LENGTH_ERROR);
  return OUTCOME_GOOD;
}

/** With its parameter list, PERSISTENT_LIST_BYTES at `list`: done, or why not. */
export function persistentOut(nexus: u32, cdb: u32, list: u32): u32 {
  const action = (load<u8>(cdb + 1) as u32) & 0x1f;
  const key = get64(list + KEY_AT);
  const actionKey = get64(list + ACTION_KEY_AT);
  const isIgnored = action === PERSISTENT_REGISTER_AND_IGNORE;
  if (isIgnored || action === PERSISTENT_REGISTER) {
    const flags = load<u8>(list + FLAGS_AT) as u32;
    if ((flags & (SPEC_I_PT | APTPL)) !== 0) return illegal(ASC_INVALID_FIELD_IN_PARAMETER_LIST);
    return registerPort(portOf(nexus), isIgnored, key, actionKey);
  }
  const port = registrantOf(nexus);
  if (port === NO_PORT || portKey(port) !== key) return OUTCOME_CONFLICT;
  if (action === PERSISTENT_CLEAR) return clear(port);
  const scope = (load<u8>(cdb + 2) as u32) >> 4;
  const type = (load<u8>(cdb + 2) as u32) & 15;
  if (action === PERSISTENT_RELEASE) return releasePersistent(port, scope, type);
  if (scope !== 0 || !typeValid(type)) return illegal(ASC_INVALID_FIELD_IN_CDB);
  if (action === PERSISTENT_RESERVE) return reservePersistent(port, type);
  return preempt(port, actionKey, type, action === PERSISTENT_PREEMPT_AND_ABORT);
}

function registerPort(port: u32, isIgnored: bool, key: u64, actionKey: u64): u32 {
  const was: u64 = port === NO_PORT ? 0 : portKey(port);
  if (!isIgnored && key !== was) return OUTCOME_CONFLICT;
  if (actionKey === 0) {
    if (was !== 0) endRegistration(port);
    return OUTCOME_GOOD;
  }
  if (port === NO_PORT || !register(port, actionKey)) {
    return illegal(ASC_INSUFFICIENT_REGISTRATION_RESOURCES);
  }
  countGeneration();
  return OUTCOME_GOOD;
}
function endRegistration(port: u32): void {
  const type = reservationType();
  countGeneration();
  if (unregister(port)) tellReleased(type, port);
}

function reservePersistent(port: u32, type: u32): u32 {
  if (reservationType() === TYPE_NONE) reserveFor(port, type);
  return isHolder(port) && reservationType() === type ? OUTCOME_GOOD : OUTCOME_CONFLICT;
}

function releasePersistent(port: u32, scope: u32, type: u32): u32 {
  if (!isHolder(port)) return OUTCOME_GOOD;
  if (scope !== 0 || type !== reservationType()) {
    return illegal(ASC_INVALID_RELEASE_OF_PERSISTENT_RESERVATION);
  }
  reservationEnd();
  tellReleased(type, port);
  return OUTCOME_GOOD;
}

function clear(port: u32): u32 {
  reservationEnd();
  attendRegistrants(ATTENTION_RESERVATIONS_PREEMPTED, port);
  for (let i: u32 = 0; i < PORT_COUNT_MAX; i++) if (isRegistered(i)) unregister(i);
  countGeneration();
  return OUTCOME_GOOD;
}

/** PREEMPT: by key 0 what all registrants hold, by the holder's key the reservation, else registrations. */
function preempt(port: u32, actionKey: u64, type: u32, aborts: bool): u32 {
  const had = reservationType();
  if (had !== TYPE_NONE && actionKey === holderKey()) {
    removeAll(actionKey, port, true, aborts);
    reserveFor(port, type);
    if (had !== type) attendRegistrants(ATTENTION_RESERVATIONS_RELEASED, port);
    countGeneration();
    return OUTCOME_GOOD;
  }
  if (actionKey === 0) return illegal(ASC_INVALID_FIELD_IN_PARAMETER_LIST);
  const before = registrations();
  removeAll(actionKey, port, false, aborts);
  if (registrations() === before) return OUTCOME_CONFLICT;
  countGeneration();
  return OUTCOME_GOOD;
}
/**
 * Ends registrations with that key (0: all); that of `sender` too, unless it `stays`. The others who lose
 * theirs are told. PREEMPT AND ABORT ends what they prevent, too: they may not work any more.
 */
function removeAll(key: u64, sender: u32, stays: bool, aborts: bool): void {
  for (let i: u32 = 0; i < PORT_COUNT_MAX; i++) {
    if (!isRegistered(i) || (key !== 0 && portKey(i) !== key)) continue;
    if (i === sender && stays) continue;
    if (aborts && portNexus(i) !== 0) preventSet(portNexus(i), false);
    if (i !== sender) attentionTell(portNexus(i), ATTENTION_REGISTRATIONS_PREEMPTED);
    unregister(i);
  }
}
