/** Fills the show block of a lane (spec/show.ts). Decides only which word describes the lane's state. */

import { now } from "../lib/event.ts";
import { driveOutOfOrder } from "../recovery/report.ts";
import { recovering, recoveryNumber, rewrittenBytes } from "../recovery/state.ts";
import { ringSizeBytes, ringState } from "../ring/geometry.ts";
import { imageSelected } from "../ring/image-table.ts";
import { ringUsed } from "../ring/reclaim.ts";
import { ringIndexBytes } from "../ring/segment-table.ts";
import { ringDurable } from "../ring/writes.ts";
import { SHOW_AT, VOLUME_TAG_BYTES } from "../spec/abi.ts";
import { RING_BROKEN } from "../spec/ring-layout.ts";
import {
  SHOW_DRIVE,
  SHOW_DURABLE,
  SHOW_FLAGS,
  SHOW_INDEX_BYTES,
  SHOW_LEAD_BYTES,
  SHOW_LOADED,
  SHOW_OBJECT,
  SHOW_PARTITION,
  SHOW_PROTECTED,
  SHOW_RECEIVED,
  SHOW_RECOVERY,
  SHOW_REWRITTEN_BYTES,
  SHOW_RING_BYTES,
  SHOW_RING_USED,
  SHOW_SENT,
  SHOW_STALL_MS,
  SHOW_STATE,
  SHOW_STATE_DEGRADED,
  SHOW_STATE_FAILED,
  SHOW_STATE_IDLE,
  SHOW_STATE_RECOVERING,
  SHOW_STATE_STREAMING,
  SHOW_SYNCHRONIZED,
  SHOW_VIRTUAL_TAG,
} from "../spec/show.ts";
import { cursorReceived, cursorSent, cursorSynchronized, leadBytes } from "../tape/cursor.ts";
import { currentDrive } from "./device.ts";
import { kept } from "./keep.ts";
import {
  isComplete,
  MEDIUM_EMPTY,
  MEDIUM_FAILED,
  mediumDamaged,
  mediumState,
  NO_BASE,
  serverPosition,
  trustedBase,
  virtualTag,
} from "./medium.ts";
import { currentPartition, othersCovered } from "./partition.ts";
import { PHASE_NONE, stallMs, taskPhase } from "./task.ts";

/** A lane streams until so long after its last command. */
const QUIET_MS: u64 = 3000;

let busyAt: u64 = 0;
let recoveryStall: u64 = 0;

function state(medium: u32, base: u64, isBroken: bool, lead: u64): u32 {
  if (driveOutOfOrder() || medium === MEDIUM_FAILED) return SHOW_STATE_FAILED;
  if (recovering()) return SHOW_STATE_RECOVERING;
  if (isBroken || kept.keyAwaited) return SHOW_STATE_DEGRADED;
  if (medium === MEDIUM_EMPTY) return SHOW_STATE_IDLE;
  const isPartial = base > 0 && base !== NO_BASE;
  if (mediumDamaged() || isPartial) return SHOW_STATE_DEGRADED;
  if (lead > 0 || (busyAt > 0 && now() - busyAt < QUIET_MS)) return SHOW_STATE_STREAMING;
  return SHOW_STATE_IDLE;
}

/** In every step: there is a command in work. */
export function noteBusy(): void {
  if (taskPhase() !== PHASE_NONE) busyAt = now();
}

/**
 * Writes the block: whenever something else than a stream goes on, and with every EV_TIME. For a stream it
 * would be an eighth to a quarter of every step.
 */
export function showLane(): void {
  if (recovering()) recoveryStall = stallMs();
  const medium = mediumState();
  const base = trustedBase();
  const isBroken = ringState() === RING_BROKEN;
  const lead = leadBytes();
  const isProtected = !isBroken && isComplete(base) && othersCovered();
  const flags = (isProtected ? SHOW_PROTECTED : 0) | (medium !== MEDIUM_EMPTY ? SHOW_LOADED : 0);
  store<u32>(SHOW_AT + SHOW_STATE, state(medium, base, isBroken, lead));
  store<u32>(SHOW_AT + SHOW_FLAGS, flags);
  store<u32>(SHOW_AT + SHOW_DRIVE, currentDrive());
  store<u32>(SHOW_AT + SHOW_PARTITION, currentPartition());
  store<u64>(SHOW_AT + SHOW_OBJECT, serverPosition());
  store<u64>(SHOW_AT + SHOW_RECEIVED, cursorReceived());
  store<u64>(SHOW_AT + SHOW_DURABLE, imageSelected() < 0 ? 0 : ringDurable());
  store<u64>(SHOW_AT + SHOW_SENT, cursorSent());
  store<u64>(SHOW_AT + SHOW_SYNCHRONIZED, cursorSynchronized());
  store<u64>(SHOW_AT + SHOW_RING_BYTES, ringSizeBytes());
  store<u64>(SHOW_AT + SHOW_RING_USED, ringUsed());
  store<u64>(SHOW_AT + SHOW_LEAD_BYTES, lead);
  store<u64>(SHOW_AT + SHOW_REWRITTEN_BYTES, rewrittenBytes());
  store<u32>(SHOW_AT + SHOW_STALL_MS, recoveryStall as u32);
  store<u32>(SHOW_AT + SHOW_RECOVERY, recoveryNumber());
  // The real tag lies behind the virtual one, here as there.
  memory.copy(SHOW_AT + SHOW_VIRTUAL_TAG, virtualTag(), 2 * VOLUME_TAG_BYTES);
  store<u64>(SHOW_AT + SHOW_INDEX_BYTES, ringIndexBytes());
}
