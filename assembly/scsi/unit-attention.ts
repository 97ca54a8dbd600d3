/**
 * Unit attention conditions of each I_T nexus: a set of bits a nexus, reported one at a time, the most
 * important first. They are its initiator port's, and outlive the session: who comes back is told what
 * happened meanwhile (another cartridge, above all), and where its reservation ended with the session, that.
 * A port is known by the CRC32C of its name: two that have the same hear too much, never too little. More
 * than NEXUS_COUNT_MAX: one that is not there, or else the oldest, is forgotten.
 */
import { KEPT_ATTENTION_PORTS, KEPT_ATTENTIONS, KEPT_NEXUSES, kept } from "../lane/keep.ts";
import { crc32c } from "../lib/crc32c.ts";
import { NEXUS_COUNT_MAX } from "../spec/abi.ts";
import {
  ASC_BUS_DEVICE_RESET,
  ASC_COMMANDS_CLEARED,
  ASC_COMMANDS_CLEARED_BY_ISCSI,
  ASC_ENCRYPTION_PARAMETERS_CHANGED,
  ASC_IMPORT_OR_EXPORT_ELEMENT_ACCESSED,
  ASC_LOG_PARAMETERS_CHANGED,
  ASC_MEDIUM_MAY_HAVE_CHANGED,
  ASC_MODE_PARAMETERS_CHANGED,
  ASC_NEXUS_LOSS,
  ASC_NONE,
  ASC_REGISTRATIONS_PREEMPTED,
  ASC_RESERVATIONS_PREEMPTED,
  ASC_RESERVATIONS_RELEASED,
  ASC_TIMESTAMP_CHANGED,
} from "../spec/additional-sense.ts";

export const ATTENTION_RESET: u32 = 1;
/** Something that was the nexus's own ended with it. */
export const ATTENTION_NEXUS_LOSS: u32 = 2;
export const ATTENTION_MEDIUM_CHANGED: u32 = 4;
export const ATTENTION_MODE_CHANGED: u32 = 8;
export const ATTENTION_LOG_CHANGED: u32 = 16;
export const ATTENTION_COMMANDS_CLEARED: u32 = 32;
export const ATTENTION_RESERVATIONS_PREEMPTED: u32 = 64;
export const ATTENTION_RESERVATIONS_RELEASED: u32 = 128;
export const ATTENTION_REGISTRATIONS_PREEMPTED: u32 = 256;
/** Somebody opened an import/export element of the changer. */
export const ATTENTION_PORT_ACCESSED: u32 = 512;
export const ATTENTION_TIMESTAMP_CHANGED: u32 = 1024;
/** The nexus's own commands ended with their connection. */
export const ATTENTION_COMMANDS_ENDED: u32 = 2048;
export const ATTENTION_ENCRYPTION_CHANGED: u32 = 4096;

/** Additional sense of each bit, lowest first. */
const CODES: StaticArray<u32> = [
  ASC_BUS_DEVICE_RESET,
  ASC_NEXUS_LOSS,
  ASC_MEDIUM_MAY_HAVE_CHANGED,
  ASC_MODE_PARAMETERS_CHANGED,
  ASC_LOG_PARAMETERS_CHANGED,
  ASC_COMMANDS_CLEARED,
  ASC_RESERVATIONS_PREEMPTED,
  ASC_RESERVATIONS_RELEASED,
  ASC_REGISTRATIONS_PREEMPTED,
  ASC_IMPORT_OR_EXPORT_ELEMENT_ACCESSED,
  ASC_TIMESTAMP_CHANGED,
  ASC_COMMANDS_CLEARED_BY_ISCSI,
  ASC_ENCRYPTION_PARAMETERS_CHANGED,
];

/** Of a port that has no name. */
const NOBODY: u32 = 0;

function nexusAt(slot: u32): u32 {
  return load<u32>(KEPT_NEXUSES + (slot << 2));
}
function portAt(slot: u32): u32 {
  return load<u32>(KEPT_ATTENTION_PORTS + (slot << 2));
}
function bitsAt(slot: u32): u32 {
  return load<u32>(KEPT_ATTENTIONS + (slot << 2));
}
function put(slot: u32, nexus: u32, port: u32, bits: u32): void {
  store<u32>(KEPT_NEXUSES + (slot << 2), nexus);
  store<u32>(KEPT_ATTENTION_PORTS + (slot << 2), port);
  setBits(slot, bits);
}
function setBits(slot: u32, bits: u32): void {
  store<u32>(KEPT_ATTENTIONS + (slot << 2), bits);
  kept.revision += 1;
}
/** Where a nexus was found last: the next command is mostly of the same. */
let foundAt: u32 = 0;
/** Where what is of that nexus stands; NEXUS_COUNT_MAX: it is not known. */
export function slotOf(nexus: u32): u32 {
  if (nexusAt(foundAt) === nexus) return foundAt;
  for (let i: u32 = 0; i < NEXUS_COUNT_MAX; i++) {
    if (nexusAt(i) !== nexus) continue;
    foundAt = i;
    return i;
  }
  return NEXUS_COUNT_MAX;
}
/** The slot that an absent port has (NOBODY: one that is free). */
function absentSlot(port: u32): u32 {
  for (let i: u32 = 0; i < NEXUS_COUNT_MAX; i++) {
    if (nexusAt(i) === 0 && portAt(i) === port) return i;
  }
  return NEXUS_COUNT_MAX;
}
/** One for a nexus that has none. */
function newSlot(): u32 {
  let slot = absentSlot(NOBODY);
  for (let i: u32 = 0; i < NEXUS_COUNT_MAX && slot === NEXUS_COUNT_MAX; i++) {
    const next = (kept.attentionNext + i) % NEXUS_COUNT_MAX;
    if (nexusAt(next) === 0) slot = next;
  }
  if (slot === NEXUS_COUNT_MAX) slot = kept.attentionNext;
  kept.attentionNext = (slot + 1) % NEXUS_COUNT_MAX;
  return slot;
}
/** A nexus of the port with that name begins: what its port was not told is pending still. */
export function attentionNexus(nexus: u32, name: u32, bytes: u32): void {
  const port = bytes === 0 ? NOBODY : crc32c(name, bytes) | 1;
  let slot = slotOf(nexus);
  if (slot === NEXUS_COUNT_MAX && port !== NOBODY) slot = absentSlot(port);
  const isKnown = slot !== NEXUS_COUNT_MAX;
  if (!isKnown) slot = newSlot();
  put(slot, nexus, port, isKnown ? bitsAt(slot) : 0);
}
/** It ends; its port is remembered until the slot is needed. */
export function attentionForget(nexus: u32): void {
  const slot = slotOf(nexus);
  if (slot === NEXUS_COUNT_MAX) return;
  put(slot, 0, portAt(slot), portAt(slot) === NOBODY ? 0 : bitsAt(slot));
}
/** Raises it for every nexus but `except` (0: for all), and for the ports that are not there. */
export function attentionRaise(bit: u32, except: u32): void {
  for (let i: u32 = 0; i < NEXUS_COUNT_MAX; i++) {
    const nexus = nexusAt(i);
    if (nexus === 0 ? portAt(i) === NOBODY : nexus === except) continue;
    setBits(i, bitsAt(i) | bit);
  }
}
/** Raises it for one nexus, where that is there. */
export function attentionTell(nexus: u32, bit: u32): void {
  const slot = nexus === 0 ? NEXUS_COUNT_MAX : slotOf(nexus);
  if (slot === NEXUS_COUNT_MAX) return;
  setBits(slot, bitsAt(slot) | bit);
}
/** Takes the most important pending one; its additional sense code, or ASC_NONE. */
export function attentionTake(nexus: u32): u32 {
  const slot = slotOf(nexus);
  if (slot === NEXUS_COUNT_MAX) return ASC_NONE;
  const bits = bitsAt(slot);
  if (bits === 0) return ASC_NONE;
  const lowest = bits & (~bits + 1);
  setBits(slot, bits & ~lowest);
  return CODES[ctz(bits)];
}
