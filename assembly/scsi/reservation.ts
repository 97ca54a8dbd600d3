/** RESERVE(6) and RELEASE(6): one nexus holds the lane. Persistent reservations come with the server issue. */
import { kept } from "../lane/keep.ts";

/** True when that nexus may use the lane. */
export function reservationAllows(nexus: u32): bool {
  return kept.holder === 0 || kept.holder === nexus;
}
export function reserve(nexus: u32): void {
  kept.holder = nexus;
}
/** RELEASE by another nexus changes nothing. */
export function release(nexus: u32): void {
  if (kept.holder === nexus) kept.holder = 0;
}
export function reservationClear(): void {
  kept.holder = 0;
}
