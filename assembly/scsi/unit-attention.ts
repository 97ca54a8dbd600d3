/**
 * Unit attention conditions of each I_T nexus: a set of bits a nexus, reported one at a time, the most
 * important first. A nexus is known from its establishment on; more than NEXUS_COUNT_MAX: the oldest
 * slot is used again.
 */
import { KEPT_ATTENTIONS, KEPT_NEXUSES, kept } from "../lane/keep.ts";
import { NEXUS_COUNT_MAX } from "../spec/abi.ts";
import {
  ASC_BUS_DEVICE_RESET,
  ASC_COMMANDS_CLEARED,
  ASC_IMPORT_OR_EXPORT_ELEMENT_ACCESSED,
  ASC_LOG_PARAMETERS_CHANGED,
  ASC_MEDIUM_MAY_HAVE_CHANGED,
  ASC_MODE_PARAMETERS_CHANGED,
  ASC_NONE,
  ASC_REGISTRATIONS_PREEMPTED,
  ASC_RESERVATIONS_PREEMPTED,
  ASC_RESERVATIONS_RELEASED,
} from "../spec/additional-sense.ts";

export const ATTENTION_RESET: u32 = 1;
export const ATTENTION_MEDIUM_CHANGED: u32 = 2;
export const ATTENTION_MODE_CHANGED: u32 = 4;
export const ATTENTION_LOG_CHANGED: u32 = 8;
export const ATTENTION_COMMANDS_CLEARED: u32 = 16;
export const ATTENTION_RESERVATIONS_PREEMPTED: u32 = 32;
export const ATTENTION_RESERVATIONS_RELEASED: u32 = 64;
export const ATTENTION_REGISTRATIONS_PREEMPTED: u32 = 128;
/** Somebody opened an import/export element of the changer. */
export const ATTENTION_PORT_ACCESSED: u32 = 256;

/** Additional sense of each bit, lowest first. */
const CODES: StaticArray<u32> = [
  ASC_BUS_DEVICE_RESET,
  ASC_MEDIUM_MAY_HAVE_CHANGED,
  ASC_MODE_PARAMETERS_CHANGED,
  ASC_LOG_PARAMETERS_CHANGED,
  ASC_COMMANDS_CLEARED,
  ASC_RESERVATIONS_PREEMPTED,
  ASC_RESERVATIONS_RELEASED,
  ASC_REGISTRATIONS_PREEMPTED,
  ASC_IMPORT_OR_EXPORT_ELEMENT_ACCESSED,
];

/** Where what is of that nexus stands; NEXUS_COUNT_MAX: it is not known. */
export function slotOf(nexus: u32): u32 {
  for (let i: u32 = 0; i < NEXUS_COUNT_MAX; i++) {
    if (load<u32>(KEPT_NEXUSES + (i << 2)) === nexus) return i;
  }
  return NEXUS_COUNT_MAX;
}
/** A nexus begins; nothing is pending for it. */
export function attentionNexus(nexus: u32): void {
  let slot = slotOf(nexus);
  if (slot === NEXUS_COUNT_MAX) slot = slotOf(0);
  if (slot === NEXUS_COUNT_MAX) {
    slot = kept.attentionNext;
    kept.attentionNext = (kept.attentionNext + 1) % NEXUS_COUNT_MAX;
  }
  store<u32>(KEPT_NEXUSES + (slot << 2), nexus);
  store<u32>(KEPT_ATTENTIONS + (slot << 2), 0);
}
export function attentionForget(nexus: u32): void {
  const slot = slotOf(nexus);
  if (slot === NEXUS_COUNT_MAX) return;
  store<u32>(KEPT_NEXUSES + (slot << 2), 0);
  store<u32>(KEPT_ATTENTIONS + (slot << 2), 0);
}
/** Raises it for every nexus but `except` (0: for all). */
export function attentionRaise(bit: u32, except: u32): void {
  for (let i: u32 = 0; i < NEXUS_COUNT_MAX; i++) {
    const nexus = load<u32>(KEPT_NEXUSES + (i << 2));
    if (nexus === 0 || nexus === except) continue;
    store<u32>(KEPT_ATTENTIONS + (i << 2), load<u32>(KEPT_ATTENTIONS + (i << 2)) | bit);
  }
}
/** Raises it for one nexus, where that is there. */
export function attentionTell(nexus: u32, bit: u32): void {
  const slot = nexus === 0 ? NEXUS_COUNT_MAX : slotOf(nexus);
  if (slot === NEXUS_COUNT_MAX) return;
  store<u32>(KEPT_ATTENTIONS + (slot << 2), load<u32>(KEPT_ATTENTIONS + (slot << 2)) | bit);
}
/** Takes the most important pending one; its additional sense code, or ASC_NONE. */
export function attentionTake(nexus: u32): u32 {
  const slot = slotOf(nexus);
  if (slot === NEXUS_COUNT_MAX) return ASC_NONE;
  const bits = load<u32>(KEPT_ATTENTIONS + (slot << 2));
  if (bits === 0) return ASC_NONE;
  const lowest = bits & (~bits + 1);
  store<u32>(KEPT_ATTENTIONS + (slot << 2), bits & ~lowest);
  return CODES[ctz(bits)];
}
