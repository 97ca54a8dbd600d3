/** How a lane under test begins: what a test may choose, and the event that says it to the core. */

import { ROLE_LANE } from "../../assembly/spec/abi.ts";
import { EV_START } from "../../assembly/spec/event.ts";
import {
  PAD_AUTO,
  START_COPY_PERCENT,
  START_COPY_WAIT_MS,
  START_HEADER_MARKS,
  START_KEYS,
  START_LANE_BYTES,
  START_PAD,
} from "../../assembly/spec/lane-start.ts";
import { type CoreEvent, coreEvent } from "../../host/core/core-event.ts";

/** Of the lane's ring. */
export const RING_BYTES = 64 * 1024 * 1024;
export const DRIVE_TIMEOUT_MS = 10_000;
const COPY_WAIT_MS = 120_000;

/** How a lane begins. */
export interface LaneSettings {
  readonly spareDrives?: number;
  readonly spareMedia?: number;
  /** So many instances may take over (`trapIn`). */
  readonly successors?: number;
  readonly headerMarks?: number;
  readonly copyBelowPercent?: number;
  /** The ring never answers. */
  readonly isRingSilent?: boolean;
  /** What an earlier run has left of the ring: its beginning. */
  readonly disk?: Uint8Array;
  /** The drive is of a kind that knows no LOCATE and no READ POSITION. */
  readonly isPlain?: boolean;
  /** Keys for the drive's encryption are passed on. */
  readonly passesKeys?: boolean;
}

/** Name of the initiator port that a nexus is of, where the test does not say. */
export function portNameOf(nexus: number): string {
  return `iqn.2026-11.com.example:server-${nexus},i,0x80${nexus.toString(16).padStart(10, "0")}`;
}

/** EV_START of a lane with those settings. */
export function startEvent(settings: LaneSettings): CoreEvent {
  const { headerMarks = 1, copyBelowPercent = 50, passesKeys = false } = settings;
  const start = coreEvent(EV_START);
  const params = Buffer.alloc(START_LANE_BYTES, " ");
  params.writeUInt16LE(headerMarks, START_HEADER_MARKS);
  params.writeUInt16LE(copyBelowPercent, START_COPY_PERCENT);
  params.writeUInt32LE(COPY_WAIT_MS, START_COPY_WAIT_MS);
  params.writeUInt32LE(PAD_AUTO, START_PAD);
  params.writeUInt32LE(passesKeys ? 1 : 0, START_KEYS);
  Object.assign(start, { a: ROLE_LANE, b: 1, c: 1, d: 1, e: DRIVE_TIMEOUT_MS });
  return Object.assign(start, { x: RING_BYTES, y: 0x1234_5678, params });
}
