/**
 * Sequence numbers of segments: each opening of a segment gets the next one. Invariant: no number is
 * ever used twice in a ring, not even when a power cut took the segment that had it.
 */

/**
 * Added at each start: more than the number of segments that can have been opened since the newest
 * that a flush covered (SEAL_PENDING_MAX in seal.ts), so that a lost number is skipped.
 */
const SEQUENCE_GAP: u32 = 256;

let next: u32 = 1;
let durable: u32 = 0;

export function sequencesStart(): void {
  next = 1;
  durable = 0;
}
/** `seen` was found on the device: later numbers are greater. */
export function sequenceSeen(seen: u32): void {
  if (seen >= next) next = seen + 1;
}
/** The device says that segments up to this number were durable. */
export function sequenceDurable(sequence: u32): void {
  if (sequence > durable) durable = sequence;
}
/** After everything was seen. */
export function sequencesOpened(): void {
  next += SEQUENCE_GAP;
}
/** The number above all that were given. */
export function nextSequence(): u32 {
  return next;
}
export function takeSequence(): u32 {
  next += 1;
  return next - 1;
}
/** All segments up to this number are on stable storage. */
export function durableSequence(): u32 {
  return durable;
}
