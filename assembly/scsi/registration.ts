/**
 * Registrations and the persistent reservation: who is registered, who holds what (SPC-4, persistent
 * reservations). They outlive sessions and resets, and end with the bridge (PTPL is not offered). Decides
 * who counts as holder and what follows when a registration ends; the service actions are in
 * persistent-out.ts.
 */
import { kept, PORT_COUNT_MAX } from "../lane/keep.ts";
import { REGISTRANT_COUNT_MAX } from "../spec/abi.ts";
import { NO_PORT, portKey, portNexus, portOf, setPortKey } from "./port-table.ts";
import { ATTENTION_RESERVATIONS_RELEASED, attentionTell } from "./unit-attention.ts";

export const TYPE_NONE: u32 = 0;
export const TYPE_WRITE_EXCLUSIVE: u32 = 1;
export const TYPE_EXCLUSIVE_ACCESS: u32 = 3;
export const TYPE_WRITE_EXCLUSIVE_REGISTRANTS: u32 = 5;
export const TYPE_EXCLUSIVE_ACCESS_REGISTRANTS: u32 = 6;
export const TYPE_WRITE_EXCLUSIVE_ALL: u32 = 7;
export const TYPE_EXCLUSIVE_ACCESS_ALL: u32 = 8;

/** One of the six types. */
export function typeValid(type: u32): bool {
  return (
    type === TYPE_WRITE_EXCLUSIVE || type === TYPE_EXCLUSIVE_ACCESS || (type >= 5 && type <= 8)
  );
}
/** Registrants only, or all registrants: the others who are registered have a part in it. */
export function typeOfRegistrants(type: u32): bool {
  return type >= TYPE_WRITE_EXCLUSIVE_REGISTRANTS;
}
/** All registrants hold it. */
export function typeOfAll(type: u32): bool {
  return type >= TYPE_WRITE_EXCLUSIVE_ALL;
}
/** Reading is exclusive too. */
export function typeOfAccess(type: u32): bool {
  return (
    type === TYPE_EXCLUSIVE_ACCESS ||
    type === TYPE_EXCLUSIVE_ACCESS_REGISTRANTS ||
    type === TYPE_EXCLUSIVE_ACCESS_ALL
  );
}

export function generation(): u32 {
  return kept.generation;
}
/** PRGENERATION counts what changes registrations. */
export function countGeneration(): void {
  kept.generation += 1;
}
export function registrations(): u32 {
  return kept.registrations;
}
/** TYPE_NONE: nothing is reserved. */
export function reservationType(): u32 {
  return kept.reservationType;
}

/** The row of a nexus whose port is registered, or NO_PORT. */
export function registrantOf(nexus: u32): u32 {
  const port = portOf(nexus);
  return port !== NO_PORT && isRegistered(port) ? port : NO_PORT;
}
export function isRegistered(port: u32): bool {
  return portKey(port) !== 0;
}
export function isHolder(port: u32): bool {
  if (kept.reservationType === TYPE_NONE) return false;
  if (typeOfAll(kept.reservationType)) return isRegistered(port);
  return kept.reservationHolder === port;
}
/** The key that READ RESERVATION shows: 0 where all registrants hold it. */
export function holderKey(): u64 {
  return typeOfAll(kept.reservationType) ? 0 : portKey(kept.reservationHolder);
}

/** Registers a port, or gives it another key (not 0); false: there is no more room. */
export function register(port: u32, key: u64): bool {
  if (!isRegistered(port)) {
    if (kept.registrations >= REGISTRANT_COUNT_MAX) return false;
    kept.registrations += 1;
  }
  setPortKey(port, key);
  return true;
}
/** Ends a registration; a reservation that nobody holds then has ended too. True: it has ended so. */
export function unregister(port: u32): bool {
  const held = isHolder(port);
  kept.registrations -= 1;
  setPortKey(port, 0);
  if (!held || (typeOfAll(kept.reservationType) && kept.registrations > 0)) return false;
  kept.reservationType = TYPE_NONE;
  return true;
}
export function reserveFor(port: u32, type: u32): void {
  kept.reservationType = type;
  kept.reservationHolder = port;
}
export function reservationEnd(): void {
  kept.reservationType = TYPE_NONE;
}

/** A unit attention condition for everybody who is registered but `except`. */
export function attendRegistrants(bit: u32, except: u32): void {
  for (let i: u32 = 0; i < PORT_COUNT_MAX; i++) {
    if (i !== except && isRegistered(i)) attentionTell(portNexus(i), bit);
  }
}
/** The reservation of that type was released: those who had a part in it are told. */
export function tellReleased(type: u32, except: u32): void {
  if (typeOfRegistrants(type)) attendRegistrants(ATTENTION_RESERVATIONS_RELEASED, except);
}
