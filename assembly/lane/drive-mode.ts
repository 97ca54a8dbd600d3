/**
 * What the current drive's mode pages were told: where its programmable early warning begins, and whether
 * it compresses. Decides when a drive has to be told (again): another drive, and one that was reset, knows
 * nothing of it.
 */
import { warningWanted } from "./early-warning.ts";
import { kept } from "./keep.ts";
import { keyForget } from "./key.ts";

/** The drive has not been told yet. */
const UNSET: u32 = 0xffffffff;
/** It has no such page. */
const UNKNOWN: u32 = 0xfffffffe;

kept.warningSet = UNSET;
kept.compressionSet = UNSET;

/** What the drive was told may be gone: another drive, or a reset. */
export function driveModesForget(): void {
  kept.warningSet = UNSET;
  kept.compressionSet = UNSET;
  keyForget();
}

/** The drive has to be told. */
export function warningStale(): bool {
  return kept.warningSet !== UNKNOWN && kept.warningSet !== warningWanted();
}
/** It has taken so many MB. */
export function warningIsSet(megabytes: u32): void {
  kept.warningSet = megabytes;
}
/** The drive has no such page: what it says of the end is its own early warning. */
export function warningIsUnknown(): void {
  kept.warningSet = UNKNOWN;
}
/** The server may ask for a programmable early warning. */
export function warningIsKnown(): bool {
  return kept.warningSet !== UNKNOWN;
}

/** 1: the server wants its data compressed, 0: not. */
export function compressionWanted(): u32 {
  return kept.compression ? 1 : 0;
}
/** The drive has to be told. */
export function compressionStale(): bool {
  return kept.compressionSet !== UNKNOWN && kept.compressionSet !== compressionWanted();
}
/** It does as was wanted. */
export function compressionIsSet(wanted: u32): void {
  kept.compressionSet = wanted;
}
/** The drive cannot compress, or always does. */
export function compressionIsUnknown(): void {
  kept.compressionSet = UNKNOWN;
}
