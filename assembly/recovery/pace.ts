/**
 * How fast the server may write into the ring while the drive is not keeping up (step 611):
 * rate = 3/4 * S * F / (L + F), S what the drive writes (bytes a millisecond, measured), F the ring's free
 * bytes beyond a few records of the size in work, L bytes that are still to be written to the tape. The
 * rate is proportional to F, so however long the tape makes no progress the ring never fills; while it
 * makes progress at S, L is gone before F is (without the margin of 3/4 both would end together): that is
 * the bound S*K/(X+K) of the design, taken anew at every record.
 */
import { kept } from "../lane/keep.ts";

const DEFAULT_RATE: u64 = 100000;
/** Bytes a millisecond: no tape drive in use is slower (a lower measure is a moment's) or faster. */
const RATE_MIN: u64 = 20000;
const RATE_MAX: u64 = 1000000;
/** A measure is taken over so many bytes, or over so many milliseconds, whatever comes first. */
const WINDOW_BYTES: u64 = 2097152;
const WINDOW_MS: u64 = 100;
/** What may be accepted at once after a quiet time, bytes; never more than half of what is free. */
const BURST_BYTES: u64 = 8388608;
/** So many records fit into what F does not count: the ring has room for the next one at any time. */
const GUARD_RECORDS: u64 = 4;
/** The longest that one answer is held, milliseconds: the server's own timers are longer. */
const HOLD_MS_MAX: u64 = 30000;
/** How often an answer that is held without any rate is looked at again, milliseconds. */
const LOOK_MS: u64 = 1000;

kept.credit = BURST_BYTES as i64;
kept.rate = DEFAULT_RATE;

/**
 * The tape took `bytes` in `tookMs`, the time between two records included where the second was waiting.
 * A lower measure counts at once, a higher one little by little: too much accepted cannot be taken back.
 */
export function paceMeasure(tookMs: u64, bytes: u64): void {
  const windowBytes = kept.windowBytes + bytes;
  const windowMs = kept.windowMs + tookMs;
  kept.windowBytes = windowBytes;
  kept.windowMs = windowMs;
  if (windowBytes === 0 || (windowBytes < WINDOW_BYTES && windowMs < WINDOW_MS)) return;
  const seen = windowMs === 0 ? RATE_MAX : min(windowBytes / windowMs, RATE_MAX);
  kept.rate = max(seen < kept.rate ? seen : (kept.rate * 3 + seen) / 4, RATE_MIN);
  kept.windowBytes = 0;
  kept.windowMs = 0;
}
/** A copy begins, perhaps to another drive: nothing faster than an ordinary one is believed before it is seen. */
export function paceCopyBegins(): void {
  kept.rate = min(kept.rate, DEFAULT_RATE);
  kept.windowBytes = 0;
  kept.windowMs = 0;
}
/** Bytes a millisecond that may be accepted with `free` and `left` bytes. */
export function paceRate(free: u64, left: u64): u64 {
  if (free === 0) return 0;
  // In 1/1024 of the whole, so that 64 bits are enough for any ring.
  const share = (free << 10) / (left + free);
  return (kept.rate * share * 3) >> 12;
}
/** Begins to pace: a burst may be accepted at once. */
export function paceStart(time: u64): void {
  kept.credit = BURST_BYTES as i64;
  kept.pacedAt = time;
}
/** Counts a record of `bytes` that was received. */
export function paceTake(time: u64, bytes: u64): void {
  kept.credit -= bytes as i64;
  kept.pacedBytes = bytes;
  kept.heldSince = time;
}
/** 0: it may be acknowledged now; else in so many milliseconds. */
export function paceWait(time: u64, room: u64, left: u64): u64 {
  const guard = kept.pacedBytes * GUARD_RECORDS;
  const free = room > guard ? room - guard : 0;
  const perMs = paceRate(free, left);
  kept.credit += ((time - kept.pacedAt) * perMs) as i64;
  kept.pacedAt = time;
  const most = min(BURST_BYTES, free / 2) as i64;
  if (kept.credit > most) kept.credit = most;
  if (kept.credit >= 0 && free > 0) return 0;
  const heldMs = time - kept.heldSince;
  if (heldMs >= HOLD_MS_MAX) return 0;
  const wait = perMs === 0 ? LOOK_MS : (-kept.credit as u64) / perMs + 1;
  return min(wait, HOLD_MS_MAX - heldMs);
}
