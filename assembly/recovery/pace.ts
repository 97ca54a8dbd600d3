/**
 * How fast the server may write into the ring while the drive is not keeping up (step 611):
 * rate = 3/4 * S * F / (L + F), S what the drive writes (bytes a millisecond, measured), F free bytes of the
 * ring, L bytes that are still to be written to the tape. The rate is proportional to F, so however long
 * the tape makes no progress the ring never fills; while it makes progress at S, L is gone before F is
 * (without the margin of 3/4 both would end together): that is the bound S*K/(X+K) of the design, taken
 * anew at every record.
 */
const DEFAULT_RATE: u64 = 100000;
/** Bytes a millisecond: no tape drive in use is slower (a lower measure is a moment's) or faster. */
const RATE_MIN: u64 = 20000;
const RATE_MAX: u64 = 1000000;
/** A measure is taken over so many bytes. */
const WINDOW_BYTES: u64 = 16777216;
/** What may be accepted at once after a quiet time, bytes; never more than half of what is free. */
const BURST_BYTES: u64 = 8388608;

let credit: i64 = BURST_BYTES as i64;
let lastAt: u64 = 0;
let rate: u64 = DEFAULT_RATE;
let measuredBytes: u64 = 0;
let measuredMs: u64 = 0;

/** The drive took `bytes` in `tookMs`: the rate is measured on what it does, not on when it has nothing to do. */
export function paceMeasure(tookMs: u64, bytes: u64): void {
  measuredBytes += bytes;
  measuredMs += tookMs;
  if (measuredBytes < WINDOW_BYTES) return;
  const seen = measuredMs === 0 ? RATE_MAX : measuredBytes / measuredMs;
  rate = (rate * 3 + (seen < RATE_MAX ? seen : RATE_MAX)) / 4;
  if (rate < RATE_MIN) rate = RATE_MIN;
  measuredBytes = 0;
  measuredMs = 0;
}
/** Bytes a millisecond that may be accepted with `free` and `left` bytes. */
export function paceRate(free: u64, left: u64): u64 {
  if (free === 0) return 0;
  // In 1/1024 of the whole, so that 64 bits are enough for any ring.
  const share = (free << 10) / (left + free);
  return (rate * share * 3) >> 12;
}
/** Begins to pace: a burst may be accepted at once. */
export function paceStart(time: u64): void {
  credit = BURST_BYTES as i64;
  lastAt = time;
}
/** Counts `bytes` that were received. */
export function paceTake(bytes: u64): void {
  credit -= bytes as i64;
}
/** 0: may be acknowledged now; else in so many milliseconds. */
export function paceWait(time: u64, free: u64, left: u64): u64 {
  const perMs = paceRate(free, left);
  credit += ((time - lastAt) * perMs) as i64;
  lastAt = time;
  const most = min(BURST_BYTES, free / 2) as i64;
  if (credit > most) credit = most;
  if (credit >= 0) return 0;
  if (perMs === 0) return 1000;
  return (-credit as u64) / perMs + 1;
}
