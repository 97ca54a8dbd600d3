/**
 * What a drive counts of its commands for the log pages: bytes written and read, and errors of medium or
 * drive that it has told. Decides which command counts where.
 */

import type { Answer } from "./answer.ts";

/** Since power on, the last reset, or LOG SELECT. */
export interface DriveCounters {
  writtenBytes: number;
  readBytes: number;
  writeErrors: number;
  readErrors: number;
  otherErrors: number;
}

const READ = 0x08;
const WRITE = 0x0a;
const WRITE_FILEMARKS = 0x10;
const VERIFY = 0x13;
const KEY_MASK = 0x0f;
const MEDIUM_ERROR = 0x3;
const HARDWARE_ERROR = 0x4;

/** All zero. */
export function newCounters(): DriveCounters {
  return { writtenBytes: 0, readBytes: 0, writeErrors: 0, readErrors: 0, otherErrors: 0 };
}

/** A command with that operation code has received so many bytes and is answered. */
export function count(
  counters: DriveCounters,
  operation: number,
  receivedBytes: number,
  { sense, dataIn }: Answer,
): void {
  if (operation === WRITE) {
    counters.writtenBytes += receivedBytes;
  } else if (operation === READ) {
    counters.readBytes += dataIn?.length ?? 0;
  }
  const key = (sense?.[2] ?? 0) & KEY_MASK;
  if (key !== MEDIUM_ERROR && key !== HARDWARE_ERROR) {
    return;
  }
  if (operation === READ || operation === VERIFY) {
    counters.readErrors += 1;
  } else if (operation === WRITE || operation === WRITE_FILEMARKS) {
    counters.writeErrors += 1;
  } else {
    counters.otherErrors += 1;
  }
}
