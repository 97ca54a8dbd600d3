/**
 * PREVENT ALLOW MEDIUM REMOVAL: whether each I_T nexus prevents it; the bridge's own, never the drive's.
 * While one does, neither an unload nor the changer takes the cartridge out.
 */
import { KEPT_PREVENTIONS, kept } from "../lane/keep.ts";
import { cdbByte, replyGood, replySense, taskNexus } from "../lane/task.ts";
import { NEXUS_COUNT_MAX } from "../spec/abi.ts";
import { ASC_INSUFFICIENT_RESOURCES, ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";

const PREVENT: u32 = 1;
const PREVENT_FIELD: u32 = 3;

/** PREVENT ALLOW MEDIUM REMOVAL. */
export function preventAllow(): void {
  const field = cdbByte(4) & PREVENT_FIELD;
  if (field > PREVENT) replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
  else if (preventSet(taskNexus(), field === PREVENT)) replyGood();
  else replySense(KEY_ILLEGAL_REQUEST, ASC_INSUFFICIENT_RESOURCES);
}

/** PREVENT or ALLOW by that nexus; false: more than NEXUS_COUNT_MAX prevent it already. */
export function preventSet(nexus: u32, prevent: bool): bool {
  let free: u32 = NEXUS_COUNT_MAX;
  for (let i: u32 = 0; i < NEXUS_COUNT_MAX; i++) {
    const held = load<u32>(KEPT_PREVENTIONS + (i << 2));
    if (held === nexus) return prevent || put(i, 0);
    if (held === 0 && free === NEXUS_COUNT_MAX) free = i;
  }
  if (!prevent) return true;
  if (free === NEXUS_COUNT_MAX) return false;
  return put(free, nexus);
}
function put(row: u32, nexus: u32): bool {
  store<u32>(KEPT_PREVENTIONS + (row << 2), nexus);
  kept.revision += 1;
  return true;
}
export function preventedBy(nexus: u32): bool {
  if (nexus === 0) return false;
  for (let i: u32 = 0; i < NEXUS_COUNT_MAX; i++) {
    if (load<u32>(KEPT_PREVENTIONS + (i << 2)) === nexus) return true;
  }
  return false;
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
  kept.revision += 1;
}
