/**
 * REPORT DENSITY SUPPORT: what the drive says; while a recovery runs what it last said of all its densities
 * (BUSY where it has not been asked); where it lacks the command, the medium's density and nothing else of
 * it. Bytes: SSC as sg3_utils, mhvtl and the LTO manuals have them.
 */

import {
  commandIn,
  currentDrive,
  deviceDataAt,
  deviceDataBytes,
  deviceGood,
  deviceResult,
  driveLimitMs,
  OWNER_TASK,
} from "../lane/device.ts";
import { DENSITY_REPORT_BYTES_MAX, KEPT_DENSITY_REPORT, kept } from "../lane/keep.ts";
import { shownMaximumOfAll } from "../lane/partition.ts";
import { mediumSense } from "../lane/readiness.ts";
import {
  cdb,
  cdbByte,
  PHASE_DEVICE,
  replyBusy,
  replyParams,
  replyRawSense,
  replySense,
  setTaskPhase,
} from "../lane/task.ts";
import { get16, put16, put32 } from "../lib/bytes.ts";
import { recovering } from "../recovery/state.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import { OP_REPORT_DENSITY_SUPPORT } from "../spec/operation-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { drivesMatter, lacksCommand, mayAsk } from "./forward.ts";
import { densityShown } from "./mode-page.ts";
import { senseRaw } from "./sense-reader.ts";

/** What is asked for of the drive, whatever the server has room for. */
const REPORT_BYTES_MAX: u32 = 4096;
const HEADER_BYTES: u32 = 4;
const DESCRIPTOR_BYTES: u32 = 52;
/** Of the second byte of the CDB. */
const MEDIA: u32 = 0x01;
const MEDIUM_TYPE: u32 = 0x02;
/** WRTOK and DEFLT of a descriptor. */
const WRITABLE_DEFAULT: u8 = 0xa0;
const CAPACITY_AT: u32 = 12;
const TEXTS_AT: u32 = 16;
const MEBIBYTE: u64 = 1048576;
const MEGABYTE: u64 = 1000000;

function allocation(): u32 {
  return get16(cdb() + 7);
}

/** Asks the drive where there is one. */
export function densitySupport(): void {
  if (recovering()) {
    if (kept.densityReportBytes === 0) replyBusy();
    else known();
    return;
  }
  if (!mayAsk()) return;
  const op = OP_REPORT_DENSITY_SUPPORT;
  const to = commandIn(OWNER_TASK, currentDrive(), op, REPORT_BYTES_MAX, driveLimitMs());
  memory.copy(to, cdb(), 10);
  put16(to + 7, REPORT_BYTES_MAX);
  setTaskPhase(PHASE_DEVICE);
}

/** The drive's answer. */
export function densitySupportDone(): void {
  if (drivesMatter()) return;
  if (deviceGood()) give();
  else if (deviceResult() !== RESULT_ANSWERED) replyBusy();
  else if (lacksCommand()) lacks();
  else replyRawSense(senseRaw() as u32, false);
}

function give(): void {
  const from = deviceDataAt();
  const bytes = deviceDataBytes();
  if ((cdbByte(1) & (MEDIA | MEDIUM_TYPE)) === 0) keepReport(from, bytes);
  memory.copy(replyParams(bytes, allocation()), from, bytes);
}
function keepReport(from: u32, bytes: u32): void {
  if (bytes > DENSITY_REPORT_BYTES_MAX) return;
  const isSame =
    kept.densityReportBytes === bytes && memory.compare(KEPT_DENSITY_REPORT, from, bytes) === 0;
  if (isSame) return;
  kept.densityReportBytes = bytes;
  memory.copy(KEPT_DENSITY_REPORT, from, bytes);
  kept.revision += 1;
}

/** Nothing is to be had of this drive: a report without densities. */
function lacks(): void {
  kept.densityReportBytes = HEADER_BYTES;
  known();
}

/** Without the drive. */
function known(): void {
  const isMedia = (cdbByte(1) & MEDIA) !== 0;
  if ((cdbByte(1) & MEDIUM_TYPE) !== 0) replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
  else if (isMedia && mediumSense() !== 0) replySense(mediumSense() >> 16, mediumSense() & 0xffff);
  else if (kept.densityReportBytes >= HEADER_BYTES + DESCRIPTOR_BYTES) saidBefore(isMedia);
  else ofMedium();
}
/** All that the drive said, or what it said of the medium's density. */
function saidBefore(isMedia: bool): void {
  const end = KEPT_DENSITY_REPORT + kept.densityReportBytes;
  let count: u32 = 0;
  for (
    let at = KEPT_DENSITY_REPORT + HEADER_BYTES;
    at + DESCRIPTOR_BYTES <= end;
    at += DESCRIPTOR_BYTES
  ) {
    if (isWanted(at, isMedia)) count += 1;
  }
  let to = begin(count);
  for (
    let at = KEPT_DENSITY_REPORT + HEADER_BYTES;
    at + DESCRIPTOR_BYTES <= end;
    at += DESCRIPTOR_BYTES
  ) {
    if (!isWanted(at, isMedia)) continue;
    memory.copy(to, at, DESCRIPTOR_BYTES);
    to += DESCRIPTOR_BYTES;
  }
}
function isWanted(descriptor: u32, isMedia: bool): bool {
  return !isMedia || (load<u8>(descriptor) as u32) === densityShown();
}
/** GOOD with room for so many descriptors; answers where they go. */
function begin(count: u32): u32 {
  const bytes = HEADER_BYTES + count * DESCRIPTOR_BYTES;
  const at = replyParams(bytes, allocation());
  put16(at, bytes - 2);
  return at + HEADER_BYTES;
}
/** The one density that is known; 0: nobody knows one. */
function ofMedium(): void {
  const code = densityShown();
  const at = begin(code === 0 ? 0 : 1);
  if (code === 0) return;
  store<u8>(at, code as u8);
  store<u8>(at + 1, code as u8);
  store<u8>(at + 2, WRITABLE_DEFAULT);
  put32(at + CAPACITY_AT, ((shownMaximumOfAll() * MEBIBYTE) / MEGABYTE) as u32);
  memory.fill(at + TEXTS_AT, 0x20, DESCRIPTOR_BYTES - TEXTS_AT);
}
