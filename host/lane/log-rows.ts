/**
 * What the core says in the log, in words: code -> level, message and named numbers. Decides the
 * words only; codes and numbers are assembly/spec/log-code.ts.
 */

import { getSystemErrorMap } from "node:util";
import { VOLUME_TAG_BYTES } from "../../assembly/spec/abi.ts";
import {
  LOG_BLANK_VERIFIED,
  LOG_COPIED,
  LOG_COPY_ENDED,
  LOG_DEGRADED,
  LOG_EARLY_WARNING,
  LOG_FULL,
  LOG_GONE_BACK,
  LOG_IMAGE_STALE,
  LOG_INVENTORY,
  LOG_JOURNAL_BAD,
  LOG_KEEP_BAD,
  LOG_KEY_AWAITED,
  LOG_LOST,
  LOG_MAP_CHANGED,
  LOG_MENDED,
  LOG_MOUNTED,
  LOG_NO_CARTRIDGE,
  LOG_NO_SUCH_MEDIUM,
  LOG_NOT_BLANK,
  LOG_OWED,
  LOG_READ_DIFFERS,
  LOG_READ_FROM_RING,
  LOG_REPORTED,
  LOG_RESUMED,
  LOG_RETRY,
  LOG_RING_BAD_ENTRY,
  LOG_RING_FAULT,
  LOG_RING_FORMATTED,
  LOG_RING_FULL,
  LOG_RING_OPENED,
  LOG_ROBOT_FAILED,
  LOG_ROBOT_RETRY,
  LOG_SENSE,
  LOG_SET_ASIDE,
  LOG_SHORTENED,
  LOG_SILENT,
  LOG_TAIL_MISMATCH,
  LOG_TAIL_VERIFIED,
  LOG_UNMOUNTED,
  LOG_VERDICT,
} from "../../assembly/spec/log-code.ts";
import type { LogFields } from "../lib/log.ts";
import { classWord, evidenceWords, verdictWord } from "./evidence-words.ts";
import type { LogRow } from "./log-row.ts";
import { MEMORY_ROWS } from "./log-rows-memory.ts";
import { hex, senseWords, statusFields } from "./sense-words.ts";

const NONE = (): LogFields => ({});

/** By code. */
export const LOG_ROWS: ReadonlyMap<number, LogRow> = new Map<number, LogRow>([
  [
    LOG_SENSE,
    {
      level: "warn",
      message: "the drive reports a failure",
      fields: (n, name) => ({
        drive: name(n.b),
        ...statusFields(n.x),
        sense: senseWords(n.c),
        operation: `${hex(n.d & 0xff)}h`,
        class: classWord(n.e),
      }),
      evidence: (n, name) => `drive ${name(n.b)}: ${senseWords(n.c)}`,
    },
  ],
  [
    LOG_SILENT,
    {
      level: "warn",
      message: "the drive does not answer",
      fields: (n, name) => ({ drive: name(n.b), operation: `${hex(n.d & 0xff)}h` }),
      evidence: (n, name) => `drive ${name(n.b)} does not answer`,
    },
  ],
  [
    LOG_LOST,
    {
      level: "warn",
      message: "the connection to the drive is lost",
      fields: (n, name) => ({ drive: name(n.b) }),
      evidence: (n, name) => `connection to drive ${name(n.b)} lost`,
    },
  ],
  [
    LOG_VERDICT,
    {
      level: "warn",
      message: "verdict",
      fields: (n) => ({
        verdict: verdictWord(n.b),
        evidence: evidenceWords(n.c),
        failuresOfOtherCartridgesInThisDrive: n.d,
        failuresOfThisCartridgeInOtherDrives: n.e,
      }),
      evidence: (n) => `verdict: ${verdictWord(n.b)} by: ${evidenceWords(n.c)}`,
    },
  ],
  [
    LOG_RETRY,
    {
      level: "info",
      message: "trying again",
      fields: (n, name) => ({ drive: name(n.b), attempt: n.c, object: n.x }),
    },
  ],
  [
    LOG_TAIL_VERIFIED,
    {
      level: "info",
      message: "the tape's tail agrees with the ring",
      fields: (n) => ({ rewriteFrom: n.x, lookedFrom: n.y }),
    },
  ],
  [
    LOG_TAIL_MISMATCH,
    {
      level: "warn",
      message: "the tape ends here or differs from the ring",
      fields: (n) => ({ object: n.x }),
    },
  ],
  [
    LOG_BLANK_VERIFIED,
    {
      level: "info",
      message: "the spare medium is blank and works",
      fields: (n, name) => ({ drive: name(n.b) }),
    },
  ],
  [
    LOG_NOT_BLANK,
    {
      level: "warn",
      message: "the spare medium is not blank",
      fields: (n, name) => ({ drive: name(n.b) }),
    },
  ],
  [
    LOG_READ_FROM_RING,
    { level: "info", message: "read from the ring", fields: (n) => ({ object: n.x }) },
  ],
  [
    LOG_READ_DIFFERS,
    { level: "error", message: "medium and ring differ", fields: (n) => ({ object: n.x }) },
  ],
  [
    LOG_RING_FAULT,
    {
      level: "error",
      message:
        "the ring failed: the lane goes on without it, not protected; " +
        "look at its disk (full? broken? slow?), then start the bridge again",
      fields: (n) => ({ fault: errnoWord(n.b), errno: n.b }),
    },
  ],
  [
    LOG_RING_FULL,
    { level: "warn", message: "the ring is full", fields: (n) => ({ freeBytes: n.x }) },
  ],
  [
    LOG_RING_FORMATTED,
    { level: "info", message: "a new ring was made", fields: (n) => ({ bytes: n.x }) },
  ],
  [
    LOG_RING_OPENED,
    {
      level: "info",
      message: "the ring is open",
      fields: (n) => ({ images: n.b, segments: n.c, badEntries: n.d, objects: n.x }),
    },
  ],
  [
    LOG_RING_BAD_ENTRY,
    {
      level: "warn",
      message: "a bad entry in the ring ends its image there",
      fields: (n) => ({ reason: n.b, offset: n.x }),
    },
  ],
  [
    LOG_DEGRADED,
    {
      level: "warn",
      message: "not protected: a failing cartridge could not be covered",
      fields: (n) => ({ reason: n.b }),
    },
  ],
  [
    LOG_MOUNTED,
    {
      level: "info",
      message: "a cartridge is mounted",
      fields: (n) => ({ objects: n.x, imageFound: n.b !== 0 }),
    },
  ],
  [
    LOG_EARLY_WARNING,
    {
      level: "info",
      message: "the cartridge is nearly full: the server is warned",
      fields: (n) => ({ object: n.x, warnedBy: n.b === 0 ? "bridge" : "drive" }),
    },
  ],
  [
    LOG_FULL,
    {
      level: "warn",
      message: "the cartridge is full: the server is told",
      fields: (n) => ({ object: n.x, lostAfterGood: n.b !== 0 }),
    },
  ],
  [
    LOG_SET_ASIDE,
    {
      level: "error",
      message:
        "on no cartridge, kept in the ring under the volume tag with +KEPT: understudy ring save gets it",
      fields: (n) => ({ onlyThereFrom: n.x, to: n.y }),
    },
  ],
  ...MEMORY_ROWS,
  [
    LOG_SHORTENED,
    {
      level: "info",
      message: "the spare cartridge is made as short as the one that it stands in for",
      fields: (n) => ({ capacityProportion: n.b }),
    },
  ],
  [
    LOG_MENDED,
    {
      level: "warn",
      message: "the ring had a record wrong: read from the tape again",
      fields: (n) => ({ object: n.x }),
    },
  ],
  [LOG_UNMOUNTED, { level: "info", message: "the cartridge is unmounted", fields: NONE }],
  [
    LOG_COPIED,
    {
      level: "info",
      message: "the whole cartridge is in the ring",
      fields: (n) => ({ objects: n.x }),
    },
  ],
  [
    LOG_COPY_ENDED,
    {
      level: "info",
      message: "the cartridge is not copied any further",
      fields: (n) => ({ objects: n.x }),
    },
  ],
  [
    LOG_RESUMED,
    {
      level: "info",
      message: "taken over from a core that failed",
      fields: (n) => ({
        image: n.b === 1 ? "yes" : "none",
        recovering: n.c === 1 ? "yes" : "no",
        received: n.x,
        inRing: n.y,
      }),
    },
  ],
  [
    LOG_KEEP_BAD,
    {
      level: "error",
      message: "what the failed core kept is of another version",
      fields: (n) => ({ version: n.b, wanted: n.c }),
    },
  ],
  [
    LOG_OWED,
    {
      level: "warn",
      message: "the tape lacks what was promised: it will be finished",
      fields: (n) => ({ received: n.x, onTape: n.y }),
    },
  ],
  [
    LOG_IMAGE_STALE,
    {
      level: "warn",
      message: "the ring's image is not what is on the cartridge: dropped",
      fields: (n) => ({ objects: n.x }),
    },
  ],
  [
    LOG_ROBOT_RETRY,
    {
      level: "warn",
      message: "the robot failed, trying again",
      fields: (n) => ({ attempt: n.b, sense: senseWords(n.c) }),
    },
  ],
  [
    LOG_ROBOT_FAILED,
    { level: "error", message: "the robot failed", fields: (n) => ({ sense: senseWords(n.c) }) },
  ],
  [
    LOG_KEY_AWAITED,
    { level: "warn", message: "what the tape lacks waits for the server's key", fields: NONE },
  ],
  [
    LOG_INVENTORY,
    {
      level: "info",
      message: "inventory",
      fields: (n) => ({ elements: n.b, cartridges: n.c, spareMedia: n.d }),
    },
  ],
  [
    LOG_NO_CARTRIDGE,
    { level: "error", message: "the library has no cartridge that could be written", fields: NONE },
  ],
  [
    LOG_NO_SUCH_MEDIUM,
    {
      level: "error",
      message: "the library has no such cartridge to keep as a spare",
      fields: (n) => ({ volumeTag: volumeTagAt(n.params, 0) }),
    },
  ],
  [
    LOG_REPORTED,
    {
      level: "error",
      message: "reported to the server: nothing could cover it",
      fields: (n) => ({ sense: senseWords(n.c) }),
    },
  ],
  [
    LOG_JOURNAL_BAD,
    { level: "error", message: "the journal is damaged: starting without it", fields: NONE },
  ],
  [
    LOG_MAP_CHANGED,
    {
      level: "warn",
      message: "a volume is on another cartridge now",
      fields: (n) => ({
        volumeTag: volumeTagAt(n.params, 0),
        realVolumeTag: volumeTagAt(n.params, VOLUME_TAG_BYTES),
      }),
    },
  ],
  [
    LOG_GONE_BACK,
    {
      level: "warn",
      message: "no spare cartridge helped, the volume's own is in the drive again",
      fields: (n) => ({ realVolumeTag: volumeTagAt(n.params, 0), certainObjects: n.x }),
    },
  ],
]);

/** "EIO" and the like. */
function errnoWord(errno: number): string {
  return getSystemErrorMap().get(-errno)?.[0] ?? "unknown";
}

/** A volume tag in parameters, without its padding. */
function volumeTagAt(params: Uint8Array, at: number): string {
  const bytes = Buffer.from(params.subarray(at, at + VOLUME_TAG_BYTES));
  return bytes.toString("latin1").replace(/[\0 ]+$/, "");
}
