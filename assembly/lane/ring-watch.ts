/**
 * A cache device that is too slow, or hangs: decides when the lane goes on without the ring, so that the
 * server never waits longer for a disk than it would for a drive. Not while a recovery runs: then the ring
 * has what the tape lacks, and there is nothing to go on with.
 */
import { now } from "../lib/event.ts";
import { recovering } from "../recovery/state.ts";
import { breakRing, ringSizeBytes, ringState } from "../ring/geometry.ts";
import { openingMs } from "../ring/open.ts";
import { flushMs, oldestWriteMs, ringOut, writesSent } from "../ring/writes.ts";
import { RING_BROKEN, RING_OPENING, RING_READY } from "../spec/ring-layout.ts";
import { cursorSent } from "../tape/cursor.ts";
import { feederDrained } from "./feeder.ts";
import { PHASE_NONE, taskPhase, taskWaitMs } from "./task.ts";
import { releaseWanted } from "./unload.ts";
import { wakeAt } from "./wake.ts";

/** The longest that the server waits for a write of the ring alone: what an LTO drive takes to reposition. */
const WRITE_MS_MAX: u64 = 2000;
/** The same for a flush (some hundred MiB at the end of a tape): a busy disk needs seconds. */
const FLUSH_MS_MAX: u64 = 20000;
/** A device that answers nothing for so long while the ring is opened. */
const OPEN_MS_MAX: u64 = 60000;
/** It is looked at so many times in each of these: few wakes for many records. */
const LOOKS: u64 = 4;
/** The machine's number for "timed out". */
const ETIMEDOUT: u32 = 110;

/** Before the pump: gives a ring up that is too late; notes what only the drive has of a lost one. Before EV_START there is none. */
export function watchRing(): void {
  const state = ringState();
  if (state === RING_READY) {
    if (holdsUp()) breakRing(ETIMEDOUT);
  } else if (ringSizeBytes() !== 0) {
    if (state === RING_BROKEN) writesSent(cursorSent());
    else if (openingMs() > OPEN_MS_MAX) breakRing(ETIMEDOUT);
  }
}

/** Everything is on the drive, and still somebody waits. */
function holdsUp(): bool {
  if (!feederDrained() || !isWaitedFor() || recovering()) return false;
  const waitMs = releaseWanted() ? u64.MAX_VALUE : taskWaitMs();
  return min(oldestWriteMs(), waitMs) > WRITE_MS_MAX || min(flushMs(), waitMs) > FLUSH_MS_MAX;
}

function isWaitedFor(): bool {
  return taskPhase() !== PHASE_NONE || releaseWanted();
}

/** After the pump: wakes the lane in time. */
export function watchRingLater(): void {
  const state = ringState();
  if (state === RING_READY) {
    if (isWaitedFor() && ringOut()) lookWithin(WRITE_MS_MAX);
  } else if (state === RING_OPENING && ringSizeBytes() !== 0) lookWithin(OPEN_MS_MAX);
}

function lookWithin(limitMs: u64): void {
  const step = limitMs / LOOKS;
  wakeAt((now() / step + 1) * step);
}
