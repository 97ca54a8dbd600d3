/** Reads the show block of a core (assembly/spec/show.ts) for status, page and panel. */

import { DRIVE_COUNT_MAX, VOLUME_TAG_BYTES } from "../../assembly/spec/abi.ts";
import {
  SHOW_DRIVE,
  SHOW_DRIVE_ELEMENTS,
  SHOW_FLAGS,
  SHOW_LOADED,
  SHOW_OBJECT,
  SHOW_PARTITION,
  SHOW_PROTECTED,
  SHOW_REAL_TAG,
  SHOW_RECOVERY,
  SHOW_REWRITTEN_BYTES,
  SHOW_RING_BYTES,
  SHOW_RING_USED,
  SHOW_SPARE_DRIVES,
  SHOW_SPARE_ELEMENTS,
  SHOW_SPARE_MEDIA,
  SHOW_SPARE_TAGS,
  SHOW_STALL_MS,
  SHOW_STATE,
  SHOW_STATE_DEGRADED,
  SHOW_STATE_FAILED,
  SHOW_STATE_IDLE,
  SHOW_STATE_RECOVERING,
  SHOW_STATE_STREAMING,
  SHOW_VIRTUAL_TAG,
} from "../../assembly/spec/show.ts";
import type { LaneState } from "../lib/status-document.ts";

const STATE_WORDS: ReadonlyMap<number, LaneState> = new Map([
  [SHOW_STATE_IDLE, "idle"],
  [SHOW_STATE_STREAMING, "streaming"],
  [SHOW_STATE_RECOVERING, "recovering"],
  [SHOW_STATE_DEGRADED, "degraded"],
  [SHOW_STATE_FAILED, "failed"],
]);
/** Tags that fit into the changer's show block. */
const SPARE_TAG_COUNT_MAX = 3;

/** What a lane shows. */
export interface LaneShow {
  readonly state: LaneState;
  /** Device number. */
  readonly drive: number;
  readonly isLoaded: boolean;
  readonly isProtected: boolean;
  readonly partition: number;
  readonly object: number;
  readonly ringBytes: number;
  readonly ringUsedBytes: number;
  readonly virtualTag: string;
  readonly realTag: string;
  /** The running or last recovery, 0: none yet. */
  readonly recovery: number;
  readonly rewrittenBytes: number;
  readonly stallMsMax: number;
}

/** What the changer shows. */
export interface ChangerShow {
  /** Device numbers. */
  readonly spareDrives: readonly number[];
  readonly spareMediaCount: number;
  /** The first of them. */
  readonly spareMedia: readonly { readonly volumeTag: string; readonly element: number }[];
  /** Element address by device number; 0 where it is not known. */
  readonly driveElements: readonly number[];
}

/** Reads a lane's block. */
export function readLaneShow(show: DataView): LaneShow {
  const flags = show.getUint32(SHOW_FLAGS, true);
  return {
    state: STATE_WORDS.get(show.getUint32(SHOW_STATE, true)) ?? "failed",
    drive: show.getUint32(SHOW_DRIVE, true),
    isLoaded: (flags & SHOW_LOADED) !== 0,
    isProtected: (flags & SHOW_PROTECTED) !== 0,
    partition: show.getUint32(SHOW_PARTITION, true),
    object: u64(show, SHOW_OBJECT),
    ringBytes: u64(show, SHOW_RING_BYTES),
    ringUsedBytes: u64(show, SHOW_RING_USED),
    virtualTag: tag(show, SHOW_VIRTUAL_TAG),
    realTag: tag(show, SHOW_REAL_TAG),
    recovery: show.getUint32(SHOW_RECOVERY, true),
    rewrittenBytes: u64(show, SHOW_REWRITTEN_BYTES),
    stallMsMax: show.getUint32(SHOW_STALL_MS, true),
  };
}

/** Reads the changer's block. */
export function readChangerShow(show: DataView): ChangerShow {
  const bits = show.getUint32(SHOW_SPARE_DRIVES, true);
  const spareMediaCount = show.getUint32(SHOW_SPARE_MEDIA, true);
  const numbers = Array.from({ length: DRIVE_COUNT_MAX }, (_, number) => number);
  return {
    spareDrives: numbers.filter((number) => ((bits >>> number) & 1) === 1),
    spareMediaCount,
    spareMedia: Array.from({ length: Math.min(spareMediaCount, SPARE_TAG_COUNT_MAX) }, (_, at) => ({
      volumeTag: tag(show, SHOW_SPARE_TAGS + at * VOLUME_TAG_BYTES),
      element: show.getUint16(SHOW_SPARE_ELEMENTS + 2 * at, true),
    })),
    driveElements: numbers.map((at) => show.getUint16(SHOW_DRIVE_ELEMENTS + 2 * at, true)),
  };
}

function u64(show: DataView, at: number): number {
  return Number(show.getBigUint64(at, true));
}

/** A volume tag without its padding. */
function tag(show: DataView, at: number): string {
  const bytes = Buffer.from(show.buffer, show.byteOffset + at, VOLUME_TAG_BYTES);
  return bytes.toString("latin1").replace(/[\0 ]+$/, "");
}
