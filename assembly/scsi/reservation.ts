/**
 * Reservations: that of RESERVE(6) and (10), which one nexus holds until it, or a reset, ends it; and what
 * it, or a persistent reservation (registration.ts), stops. Never the drive's: a spare needs to know nothing.
 */
import { kept } from "../lane/keep.ts";
import {
  OP_PERSISTENT_RESERVE_IN,
  OP_PERSISTENT_RESERVE_OUT,
  OP_RELEASE_6,
  OP_RELEASE_10,
  OP_RESERVE_6,
  OP_RESERVE_10,
} from "../spec/operation-code.ts";
import { CHANGES, CHECKS, READS } from "./command-table.ts";
import { NO_PORT } from "./port-table.ts";
import {
  isHolder,
  registrantOf,
  registrations,
  reservationType,
  TYPE_NONE,
  typeOfAccess,
  typeOfRegistrants,
} from "./registration.ts";

/** Byte 1 of RESERVE and RELEASE: third party, long identifier, element or extent. */
const NOT_THE_WHOLE_UNIT: u32 = 0x13;

/** Something is reserved or registered: `reservationStops` has to be asked. */
export function anyReservation(): bool {
  return (kept.holder | kept.registrations) !== 0;
}

/** A command of that nexus ends with RESERVATION CONFLICT; `conflict`: ASKS to CHANGES. */
export function reservationStops(nexus: u32, op: u32, conflict: u32): bool {
  if (kept.holder !== 0) {
    // The two ways do not mix: not even the holder gets at persistent reservations (SPC-2).
    if (op === OP_PERSISTENT_RESERVE_IN || op === OP_PERSISTENT_RESERVE_OUT) return true;
    return kept.holder !== nexus && conflict >= CHECKS;
  }
  if (registrations() !== 0 && isReserveOrRelease(op)) return true;
  const type = reservationType();
  if (type === TYPE_NONE) return false;
  const port = registrantOf(nexus);
  if (port !== NO_PORT && (typeOfRegistrants(type) || isHolder(port))) return false;
  return conflict >= (typeOfAccess(type) ? READS : CHANGES);
}

function isReserveOrRelease(op: u32): bool {
  return op === OP_RESERVE_6 || op === OP_RESERVE_10 || op === OP_RELEASE_6 || op === OP_RELEASE_10;
}

/** RESERVE or RELEASE with that CDB is about the whole unit and the nexus itself: all that there is. */
export function reservesUnit(cdb: u32): bool {
  return ((load<u8>(cdb + 1) as u32) & NOT_THE_WHOLE_UNIT) === 0;
}
export function reserve(nexus: u32): void {
  kept.holder = nexus;
}
/** That nexus holds the unit by RESERVE. */
export function reservedBy(nexus: u32): bool {
  return nexus !== 0 && kept.holder === nexus;
}
/** RELEASE by another nexus changes nothing. */
export function release(nexus: u32): void {
  if (kept.holder === nexus) kept.holder = 0;
}
export function reservationClear(): void {
  kept.holder = 0;
}
