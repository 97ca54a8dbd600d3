/**
 * The status document for people: lanes, spares, the time line of each recovery. Decides layout
 * and words; a pure function of the document.
 */

import { arrayWords } from "../cache/array-state.ts";
import { formatSize } from "../lib/size.ts";
import type { LaneStatus, RecoveryStatus, StatusDocument } from "../lib/status-document.ts";

const BAR_WIDTH = 20;
/** The newest are shown; all are in the JSON document. */
const RECOVERY_COUNT_SHOWN_MAX = 10;
const LANE_HEADER = ["LUN", "STATE", "DRIVE", "CARTRIDGE", "POSITION", "RING"];

/** The document as lines of text. */
export function statusLines(status: StatusDocument): string[] {
  const drives = status.spareDrives.map(({ serial, element }) => `${serial} at ${element}`);
  const media = status.spareMedia.map(({ volumeTag, element }) => `${volumeTag} at ${element}`);
  return [
    `understudy ${status.version}, core run by ${status.runtime}, ${status.target}`,
    ...(status.runtimeReason ? [`V8 stands in for WAMR: ${status.runtimeReason}`] : []),
    "",
    ...table([LANE_HEADER, ...status.lanes.map(laneCells)]),
    ...status.lanes.flatMap((lane) => failureLines(`LUN ${lane.lun}`, lane)),
    ...failureLines("changer", status.changer),
    "",
    `spare drives: ${drives.join(", ") || "none"}`,
    `spare media:  ${media.join(", ") || "none"}`,
    ...arrayLines(status.lanes),
    "",
    ...recoveryLines(status.recoveries),
  ];
}

/** A core that has failed at some time says so. */
function failureLines(
  name: string,
  { restarts, lastFailure }: Pick<LaneStatus, "restarts" | "lastFailure">,
): string[] {
  return lastFailure === "" ? [] : [`${name}: core started again ${restarts}x: ${lastFailure}`];
}

/** A line for each array under a ring, whatever many lanes are on it. */
function arrayLines(lanes: readonly LaneStatus[]): string[] {
  const lines = lanes.flatMap(({ ring }) =>
    ring.device.arrays.map(
      (array) => `ring array:   ${arrayWords(array)}${array.missing > 0 ? ", DEGRADED" : ""}`,
    ),
  );
  return [...new Set(lines)];
}

function laneCells(lane: LaneStatus): string[] {
  const { lun, state, drive, cartridge, position, ring } = lane;
  return [
    String(lun),
    state,
    drive === null ? "-" : `${drive.serial} at ${drive.element}`,
    cartridge === null ? "-" : cartridgeWords(cartridge),
    position === null ? "-" : `${position.partition}:${position.object}`,
    `${bar(ring.usedBytes, ring.sizeBytes)} of ${formatSize(ring.sizeBytes)}, ${
      ring.protected ? "protected" : "NOT protected"
    }`,
  ];
}

function cartridgeWords(cartridge: { volumeTag: string; realVolumeTag: string }): string {
  const { volumeTag, realVolumeTag } = cartridge;
  return volumeTag === realVolumeTag ? volumeTag : `${volumeTag} (on ${realVolumeTag})`;
}

function bar(used: number, size: number): string {
  const share = size > 0 ? Math.min(1, Math.max(0, used / size)) : 0;
  const filled = Math.round(share * BAR_WIDTH);
  const percent = String(Math.round(share * 100)).padStart(3);
  return `[${"#".repeat(filled)}${".".repeat(BAR_WIDTH - filled)}] ${percent} %`;
}

/** Columns as wide as their widest cell; the last one is left as it is. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = LANE_HEADER.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function recoveryLines(recoveries: readonly RecoveryStatus[]): string[] {
  if (recoveries.length === 0) {
    return ["no recoveries"];
  }
  const shown = recoveries.slice(-RECOVERY_COUNT_SHOWN_MAX);
  const heading =
    shown.length === recoveries.length
      ? `recoveries: ${shown.length}`
      : `recoveries: ${recoveries.length}, the last ${shown.length}`;
  return [heading, ...shown.flatMap(recoveryBlock)];
}

function recoveryBlock(recovery: RecoveryStatus): string[] {
  const { id, lane, kind, cause, result, rewrittenBytes, stallMsMax, steps } = recovery;
  const startMs = steps[0]?.atMs ?? 0;
  return [
    `  #${id} lane ${lane}, ${kind}: ${result}; rewrote ${formatSize(rewrittenBytes)}, ` +
      `longest stall ${stallMsMax} ms; ${cause}`,
    ...steps.map(
      ({ label, atMs }) => `    ${((atMs - startMs) / 1000).toFixed(3).padStart(9)} s  ${label}`,
    ),
  ];
}
