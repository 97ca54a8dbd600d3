/**
 * WRITE and WRITE FILEMARKS. Decides when a record is accepted, early warning and the end of
 * the medium, and how a write failure is told. Invariant: a record that fails is not on the medium
 * and everything in front of it is, except after a deferred error.
 */

import type { Answer } from "./answer.ts";
import { check, good } from "./answer.ts";
import type { Drive } from "./drive.ts";
import { keyOfWrites } from "./drive-key.ts";
import { goTo } from "./drive-motion.ts";
import type { Strike } from "./fault-board.ts";
import { ALERT } from "./fault-board.ts";
import type { MountedTape } from "./mounted-tape.ts";
import { SENSE } from "./sense.ts";
import { streamCdb } from "./stream-cdb.ts";
import type { TapeItem } from "./tape-image.ts";
import { bytesInFile, RECORD_BYTES_MAX } from "./tape-image.ts";
import type { Call } from "./unit-shell.ts";

/** Early warning comes so many percent of the capacity before the end. */
const EARLY_WARNING_PERCENT = 2;
const MEGABYTE = 1_000_000;
const FIXED_BIT = 0x01;
const SETMARK_BIT = 0x02;
const IMMEDIATE_BIT = 0x01;

/** Bytes of the file from which on early warning is told. */
export function earlyWarningAt(capacityBytes: number): number {
  return capacityBytes - Math.floor((capacityBytes * EARLY_WARNING_PERCENT) / 100);
}

/** WRITE(6) and (16): flag FIXED, length in bytes (one record) or in fixed-length blocks. */
export async function write(
  drive: Drive,
  tape: MountedTape,
  call: Call,
): Promise<Answer | undefined> {
  const { flags, length, place } = streamCdb(call.cdb);
  const isFixed = (flags & FIXED_BIT) !== 0;
  const recordBytes = isFixed ? drive.settings.blockLength : length;
  const records = isFixed ? length : Math.min(1, length);
  const totalBytes = recordBytes * records;
  const isTooLong = recordBytes > RECORD_BYTES_MAX || (isFixed && recordBytes === 0);
  if (isTooLong || totalBytes > call.dataOutBytes) {
    return { ...check(SENSE.invalidFieldInCdb), wantedBytes: totalBytes };
  }
  if (totalBytes === 0) {
    return good();
  }
  if (isWriteProtected(drive)) {
    return check(SENSE.writeProtected);
  }
  const elsewhere = await goTo(drive, tape, place);
  if (elsewhere !== undefined) {
    return elsewhere;
  }
  armWarning(drive, tape);
  const buffer = drive.buffers.take(totalBytes);
  const isThere = await call.receive(buffer.subarray(0, totalBytes));
  if (!isThere) {
    return undefined;
  }
  for (let index = 0; index < records; index += 1) {
    const data = buffer.subarray(index * recordBytes, (index + 1) * recordBytes);
    const isLast = index + 1 === records;
    const item = {
      kind: "record" as const,
      data,
      // Records reach the medium in order: with the last one, the whole buffer is free.
      ...(isLast ? { onWritten: () => drive.buffers.give(buffer) } : {}),
    };
    const left = isFixed ? records - index : length;
    const failure = await writeRecord(drive, tape, item, left);
    if (failure !== undefined) {
      return failure;
    }
  }
  return drive.takeDeferred() ?? earlyWarning(drive, tape) ?? good();
}

/** Writes one record; `left` is the INFORMATION of its failure. */
async function writeRecord(
  drive: Drive,
  tape: MountedTape,
  item: TapeItem,
  left: number,
): Promise<Answer | undefined> {
  const { faults, number } = drive.parts;
  const strike = faults.write(number, drive.placeOf(tape));
  if (strike !== undefined) {
    return strikeWrite(drive, tape, strike, left);
  }
  if (!hasRoom(tape, item)) {
    await tape.drain();
    return check(SENSE.volumeOverflow, { endOfMedium: true, information: left });
  }
  drive.cartridge?.noteKey(tape.partition, tape.position.object, keyOfWrites(drive.encryption));
  await tape.write(item, drive.bufferLimitBytes);
  if (faults.countWrite(number)) {
    drive.nexuses.raiseAlerts([ALERT.cleanNow]);
  }
  return undefined;
}

async function strikeWrite(
  drive: Drive,
  tape: MountedTape,
  strike: Strike,
  left: number,
): Promise<Answer> {
  drive.nexuses.raiseAlerts(strike.alerts);
  if (strike.isDeferred) {
    await drive.defer(tape, strike.code);
    return good();
  }
  await tape.drain();
  return check(strike.code, { information: left });
}

/** WRITE FILEMARKS(6) and (16): flag IMMED, length a count; without IMMED the buffer is written first. */
export async function writeFilemarks(
  drive: Drive,
  tape: MountedTape,
  { cdb }: Call,
): Promise<Answer> {
  const { flags, length: count, place } = streamCdb(cdb);
  if ((flags & SETMARK_BIT) !== 0) {
    return check(SENSE.invalidFieldInCdb);
  }
  const elsewhere = count === 0 ? undefined : await goTo(drive, tape, place);
  if (elsewhere !== undefined) {
    return elsewhere;
  }
  armWarning(drive, tape);
  const failure = count === 0 ? undefined : await putFilemarks(drive, tape, count);
  if ((flags & IMMEDIATE_BIT) === 0) {
    await tape.drain();
  }
  // A synchronizing command must not end well when what it promises was lost.
  const late = (flags & IMMEDIATE_BIT) === 0 ? drive.takeDeferred() : undefined;
  return late ?? failure ?? (count > 0 ? earlyWarning(drive, tape) : undefined) ?? good();
}

async function putFilemarks(
  drive: Drive,
  tape: MountedTape,
  count: number,
): Promise<Answer | undefined> {
  const { faults, number } = drive.parts;
  if (isWriteProtected(drive)) {
    return check(SENSE.writeProtected);
  }
  const strike = faults.write(number, drive.placeOf(tape));
  if (strike !== undefined) {
    return strikeWrite(drive, tape, strike, count);
  }
  const item: TapeItem = { kind: "filemarks", count };
  if (!hasRoom(tape, item)) {
    await tape.drain();
    return check(SENSE.volumeOverflow, { endOfMedium: true, information: count });
  }
  await tape.write(item, drive.bufferLimitBytes);
  return undefined;
}

function isWriteProtected(drive: Drive): boolean {
  return drive.cartridge?.isWriteProtected === true;
}

function hasRoom(tape: MountedTape, item: TapeItem): boolean {
  return tape.position.offset + bytesInFile(item) <= tape.capacityBytes;
}

/** Bytes of the file from which on programmable early warning is told. */
function programmableWarningAt(drive: Drive, tape: MountedTape): number {
  const zoneBytes = drive.settings.warningMegabytes * MEGABYTE;
  return earlyWarningAt(tape.capacityBytes) - zoneBytes;
}

/** A write that begins before the zone may tell it anew. */
function armWarning(drive: Drive, tape: MountedTape): void {
  if (tape.position.offset <= programmableWarningAt(drive, tape)) {
    tape.warningsTold.delete(tape.partition);
  }
}

/** Everything was written, and the end is near: programmable early warning once, then early warning. */
function earlyWarning(drive: Drive, tape: MountedTape): Answer | undefined {
  const { offset } = tape.position;
  const isInZone =
    drive.settings.warningMegabytes > 0 && offset > programmableWarningAt(drive, tape);
  if (isInZone && !tape.warningsTold.has(tape.partition)) {
    tape.warningsTold.add(tape.partition);
    return check(SENSE.programmableEarlyWarning, { endOfMedium: true, information: 0 });
  }
  return offset > earlyWarningAt(tape.capacityBytes)
    ? check(SENSE.endOfMedium, { endOfMedium: true, information: 0 })
    : undefined;
}
