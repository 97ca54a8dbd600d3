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

/** Of six and of sixteen bytes. */
const READ: readonly number[] = [0x08, 0x88];
const WRITE: readonly number[] = [0x0a, 0x8a];
const READING: readonly number[] = [...READ, 0x13, 0x8f];
const WRITING: readonly number[] = [...WRITE, 0x10, 0x80];
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
  if (WRITE.includes(operation)) {
    counters.writtenBytes += receivedBytes;
  } else if (READ.includes(operation)) {
    counters.readBytes += dataIn?.length ?? 0;
  }
  const key = (sense?.[2] ?? 0) & KEY_MASK;
  if (key !== MEDIUM_ERROR && key !== HARDWARE_ERROR) {
    return;
  }
  if (READING.includes(operation)) {
    counters.readErrors += 1;
  } else if (WRITING.includes(operation)) {
    counters.writeErrors += 1;
  } else {
    counters.otherErrors += 1;
  }
}
