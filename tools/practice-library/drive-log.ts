/**
 * LOG SENSE and LOG SELECT of a drive. Decides which pages there are and what their parameters say; counters
 * and flags are kept where they arise.
 */

import type { Answer } from "./answer.ts";
import { check, good } from "./answer.ts";
import type { Drive, DriveState } from "./drive.ts";
import { newCounters } from "./drive-counters.ts";
import { ALERT } from "./fault-board.ts";
import type { LogParameter } from "./log-page.ts";
import {
  ALERT_FLAGS,
  answerLogSense,
  BINARY,
  counter,
  DEFAULT_CUMULATIVE,
  fact,
  PAGE_MASK,
  text,
} from "./log-page.ts";
import { big } from "./parameters.ts";
import { remainingBytes } from "./partitions.ts";
import { SENSE } from "./sense.ts";
import type { Call } from "./unit-shell.ts";

const SAVE_BIT = 0x01;
const RESET_BIT = 0x02;
const MEBIBYTE = 1024 * 1024;
const MEGABYTE = 1_000_000;

type Page = (drive: Drive, call: Call) => readonly LogParameter[];

const PAGES: ReadonlyMap<number, Page> = new Map([
  [0x00, () => []],
  [0x02, ({ counters }) => errors(counters.writtenBytes, counters.writeErrors)],
  [0x03, ({ counters }) => errors(counters.readBytes, counters.readErrors)],
  [0x06, ({ counters }) => [counter(0, 4, counters.otherErrors)]],
  [0x0c, sequentialAccess],
  [0x11, deviceStatus],
  [0x12, tapeAlertResponse],
  [0x14, deviceStatistics],
  [0x17, volumeStatistics],
  [0x2e, tapeAlert],
  [0x31, tapeCapacity],
]);
const CLEARED_PAGES: ReadonlySet<number> = new Set([0x00, 0x02, 0x03, 0x06, 0x0c, 0x2e]);

/** LOG SENSE. */
export function logSense(drive: Drive, call: Call): Answer {
  return answerLogSense(call.cdb, [...PAGES.keys()], (page) => PAGES.get(page)?.(drive, call));
}

/** LOG SELECT without a list: the counters and flags of a page, or all, back to zero. */
export function logSelect(drive: Drive, { cdb, nexus }: Call): Answer {
  const page = cdb.readUInt8(2) & PAGE_MASK;
  const isOdd = (cdb.readUInt8(1) & SAVE_BIT) !== 0 || cdb.readUInt8(3) !== 0;
  if (isOdd || cdb.readUInt16BE(7) !== 0 || !CLEARED_PAGES.has(page)) {
    return check(SENSE.invalidFieldInCdb);
  }
  const isReset = (cdb.readUInt8(1) & RESET_BIT) !== 0;
  if (isReset || cdb.readUInt8(2) >> 6 === DEFAULT_CUMULATIVE) {
    clear(drive, page);
    drive.nexuses.attend(SENSE.logParametersChanged, nexus);
  }
  return good();
}

function clear(drive: Drive, page: number): void {
  const { counters } = drive;
  const zero = newCounters();
  const all = page === 0x00;
  if (all || page === 0x02 || page === 0x0c) {
    counters.writtenBytes = zero.writtenBytes;
    counters.writeErrors = zero.writeErrors;
  }
  if (all || page === 0x03 || page === 0x0c) {
    counters.readBytes = zero.readBytes;
    counters.readErrors = zero.readErrors;
  }
  if (all || page === 0x06) {
    counters.otherErrors = zero.otherErrors;
  }
  if (all || page === 0x2e) {
    drive.nexuses.clearAlerts();
  }
}

/** What was corrected a file does not need; bytes; what could not be corrected. */
function errors(bytes: number, uncorrected: number): LogParameter[] {
  const none = [0, 1, 2, 3, 4].map((code) => counter(code, 4, 0));
  return [...none, counter(5, 8, bytes), counter(6, 4, uncorrected)];
}

/** Bytes from the initiator, to the medium, from the medium, to the initiator; cleaning. */
function sequentialAccess(drive: Drive): LogParameter[] {
  const { readBytes, writtenBytes } = drive.counters;
  const bytes = [writtenBytes, writtenBytes, readBytes, readBytes];
  const all = bytes.map((value, code) => counter(code, 8, value));
  return [...all, fact(0x0100, 4, wantsCleaning(drive) ? 1 : 0)];
}

function wantsCleaning({ nexuses }: Drive): boolean {
  return nexuses.standingAlerts().includes(ALERT.cleanNow);
}

/** Very high frequency data, second and third byte: where the cartridge is, and what is done with it. */
const PLACES: ReadonlyMap<DriveState["kind"], number> = new Map([
  ["empty", 0x2000],
  ["ejected", 0x3000],
  ["held", 0x1400],
  ["stuck", 0x1400],
  ["loading", 0x9402],
  ["cleaning", 0x9401],
  ["ready", 0x1700],
]);

function deviceStatus(drive: Drive): LogParameter[] {
  const { state, settings, nexuses } = drive;
  const isReady = state.kind === "ready";
  const bits: readonly [boolean, number][] = [
    [nexuses.preventsRemoval(), 0x80],
    [isReady, 0x20],
    [settings.isCompressing, 0x10],
    [isReady && state.cartridge.isWriteProtected, 0x08],
    [wantsCleaning(drive), 0x04],
    [true, 0x01],
  ];
  const first = bits.reduce((sum, [isSet, bit]) => (isSet ? sum | bit : sum), 0);
  const place = Buffer.concat([Buffer.from([first]), big(PLACES.get(state.kind) ?? 0, 2)]);
  return [{ code: 0, format: BINARY, value: Buffer.concat([place, Buffer.alloc(1)]) }];
}

/** Serial numbers (the manufacturer's and the drive's), and whether removal is prevented. */
function deviceStatistics({ parts, nexuses }: Drive): LogParameter[] {
  const { serial } = parts.identity;
  const prevented = fact(0x80, 1, nexuses.preventsRemoval() ? 1 : 0);
  return [text(0x40, serial), text(0x41, serial), prevented];
}

/** Of the cartridge: valid, loads, native capacity and what is used of it in MB, protection, WORM. */
function volumeStatistics(drive: Drive): LogParameter[] {
  const { state } = drive;
  const each = [0, 1, 2, 3].map((number) => mebibytes(drive, number));
  const megabytes = (values: readonly number[]) => {
    return (values.reduce((sum, value) => sum + value, 0) * MEBIBYTE) / MEGABYTE;
  };
  const isProtected = state.kind === "ready" && state.cartridge.isWriteProtected;
  return [
    fact(0x0000, 1, state.kind === "ready" ? 1 : 0),
    fact(0x0001, 4, state.kind === "ready" ? state.cartridge.mounts : 0),
    fact(0x0016, 4, megabytes(each.map(({ all }) => all))),
    fact(0x0017, 4, megabytes(each.map(({ all, remaining }) => all - remaining))),
    fact(0x0080, 1, isProtected ? 1 : 0),
    fact(0x0081, 1, 0),
  ];
}

/** Whole ones of a partition, as in the cartridge's attributes; 0 where there is none. */
function mebibytes({ state }: Drive, number: number): { all: number; remaining: number } {
  const partition = state.kind === "ready" ? state.tape.partitionAt(number) : undefined;
  const whole = (bytes: number) => Math.floor(bytes / MEBIBYTE);
  return partition === undefined
    ? { all: 0, remaining: 0 }
    : { all: whole(partition.capacityBytes), remaining: whole(remainingBytes(partition)) };
}

/** Reading clears the flags of this nexus. */
function tapeAlert(drive: Drive, { nexus }: Call): LogParameter[] {
  return flagsOf(drive.nexuses.takeAlerts(nexus)).map((isSet, index) =>
    fact(index + 1, 1, isSet ? 1 : 0),
  );
}

function flagsOf(flags: ReadonlySet<number>): boolean[] {
  return Array.from({ length: ALERT_FLAGS }, (_, index) => flags.has(index + 1));
}

/** The same flags as 64 bits, the first one highest; nothing is cleared. */
function tapeAlertResponse(drive: Drive, { nexus }: Call): LogParameter[] {
  const value = Buffer.alloc(ALERT_FLAGS / 8);
  for (const [index, isSet] of flagsOf(drive.nexuses.alertsOf(nexus)).entries()) {
    const at = index >> 3;
    value[at] = (value[at] ?? 0) | (isSet ? 0x80 >> (index & 7) : 0);
  }
  return [{ code: 0, format: BINARY, value }];
}

/** Remaining (0001h, 0002h) and maximum (0003h, 0004h) capacity of partitions 0 and 1, in MiB. */
function tapeCapacity(drive: Drive): LogParameter[] {
  const [main, alternate] = [mebibytes(drive, 0), mebibytes(drive, 1)];
  const values = [main.remaining, alternate.remaining, main.all, alternate.all];
  return values.map((value, index) => fact(index + 1, 4, value));
}
