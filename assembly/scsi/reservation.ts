/** RESERVE(6) and RELEASE(6): one nexus holds the lane. Persistent reservations come with the server issue. */
import { keep32 } from "../lib/keep.ts";

let holder: u32 = 0;

/** True when that nexus may use the lane. */
export function reservationAllows(nexus: u32): bool {
  return holder === 0 || holder === nexus;
}
export function reserve(nexus: u32): void {
  holder = nexus;
}
/** RELEASE by another nexus changes nothing. */
export function release(nexus: u32): void {
  if (holder === nexus) holder = 0;
}
export function reservationClear(): void {
  holder = 0;
}
/** What outlives a trap (lane/keep.ts). */
export function keepReservation(): void {
  holder = keep32(holder);
}
