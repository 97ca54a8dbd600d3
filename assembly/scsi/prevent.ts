/** PREVENT ALLOW MEDIUM REMOVAL: a bit for each I_T nexus; the bridge's own, never the drive's. */
import { KEPT_PREVENTIONS } from "../lane/keep.ts";
import { NEXUS_COUNT_MAX } from "../spec/abi.ts";

/** PREVENT or ALLOW by that nexus. */
export function preventSet(nexus: u32, prevent: bool): void {
  let free: u32 = NEXUS_COUNT_MAX;
  for (let i: u32 = 0; i < NEXUS_COUNT_MAX; i++) {
    const at = KEPT_PREVENTIONS + (i << 2);
    const held = load<u32>(at);
    if (held === nexus) store<u32>(at, prevent ? nexus : 0);
    if (held === nexus) return;
    if (held === 0 && free === NEXUS_COUNT_MAX) free = i;
  }
  if (prevent && free < NEXUS_COUNT_MAX) store<u32>(KEPT_PREVENTIONS + (free << 2), nexus);
}
export function removalPrevented(): bool {
  for (let i: u32 = 0; i < NEXUS_COUNT_MAX; i++) {
    if (load<u32>(KEPT_PREVENTIONS + (i << 2)) !== 0) return true;
  }
  return false;
}
/** A reset allows removal for all. */
export function preventClear(): void {
  memory.fill(KEPT_PREVENTIONS, 0, NEXUS_COUNT_MAX << 2);
}
