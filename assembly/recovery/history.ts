/**
 * Which cartridge failed in which drive, the newest HISTORY_MAX failures of this lane. Counts only
 * failures of the last twelve hours (NetBackup's window); decides nothing.
 */
import { HISTORY_MAX, HISTORY_ROW_BYTES, KEPT_HISTORY, kept } from "../lane/keep.ts";

const WINDOW_MS: u64 = 43200000;

function row(i: u32): u32 {
  return KEPT_HISTORY + (i % HISTORY_MAX) * HISTORY_ROW_BYTES;
}

/** Remembers that `cartridge` (a number that stands for its real volume tag) failed in `drive`. */
export function historyAdd(time: u64, drive: u32, cartridge: u32): void {
  const at = row(kept.failures);
  store<u64>(at, time);
  store<u32>(at + 8, drive);
  store<u32>(at + 12, cartridge);
  kept.failures += 1;
}

function rows(): u32 {
  return kept.failures < HISTORY_MAX ? kept.failures : HISTORY_MAX;
}
function fresh(at: u32, time: u64): bool {
  return load<u64>(at) + WINDOW_MS >= time;
}
/** Failures of other cartridges in that drive. */
export function historyOtherCartridges(time: u64, drive: u32, cartridge: u32): u32 {
  let found: u32 = 0;
  for (let i: u32 = 0; i < rows(); i++) {
    const at = row(i);
    if (!fresh(at, time) || load<u32>(at + 8) !== drive) continue;
    if (load<u32>(at + 12) !== cartridge) found += 1;
  }
  return found;
}
/** Failures of that cartridge in other drives. */
export function historyOtherDrives(time: u64, drive: u32, cartridge: u32): u32 {
  let found: u32 = 0;
  for (let i: u32 = 0; i < rows(); i++) {
    const at = row(i);
    if (!fresh(at, time) || load<u32>(at + 12) !== cartridge) continue;
    if (load<u32>(at + 8) !== drive) found += 1;
  }
  return found;
}
