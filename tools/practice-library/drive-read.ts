/**
 * READ and VERIFY. Decides how much of a record is given, and how filemarks, wrong lengths, end of
 * data and read failures are told. Invariant: the position is behind whatever was read or failed to be read,
 * except at end of data and when the drive itself fails.
 */

import type { Answer } from "./answer.ts";
import { check, good } from "./answer.ts";
import type { Drive } from "./drive.ts";
import { lockedAgainst } from "./drive-key.ts";
import { goTo } from "./drive-motion.ts";
import type { MountedTape } from "./mounted-tape.ts";
import { SENSE } from "./sense.ts";
import { streamCdb } from "./stream-cdb.ts";
import type { TapeObject } from "./tape-image.ts";
import type { Call } from "./unit-shell.ts";

const FIXED_BIT = 0x01;
const SUPPRESS_LENGTH_BIT = 0x02;
/** VERIFY: byte compare and immediate, which LTO drives do not know. */
const VERIFY_REFUSED_BITS = 0x06;

type TapeRecord = Extract<TapeObject, { kind: "record" }>;

/** What stops a READ before or instead of the next record; `left` is its INFORMATION. */
type Obstacle = (left: number, dataIn: Buffer | undefined) => Answer;

/** READ(6) and (16): flags SILI and FIXED, length in bytes (one record) or in blocks. */
export async function read(drive: Drive, tape: MountedTape, { cdb }: Call): Promise<Answer> {
  const { flags, length, place } = streamCdb(cdb);
  const isFixed = (flags & FIXED_BIT) !== 0;
  const suppressesLength = (flags & SUPPRESS_LENGTH_BIT) !== 0;
  if (isFixed && (suppressesLength || drive.settings.blockLength === 0)) {
    return check(SENSE.invalidFieldInCdb);
  }
  if (length === 0) {
    return good();
  }
  await tape.drain();
  const late = drive.takeDeferred() ?? (await goTo(drive, tape, place));
  if (late !== undefined) {
    return late;
  }
  return isFixed
    ? readBlocks(drive, tape, length)
    : readRecord(drive, tape, length, suppressesLength);
}

/** VERIFY(6) and (16): flag FIXED, length as in READ; the medium is read, nothing is given. */
export async function verify(drive: Drive, tape: MountedTape, { cdb }: Call): Promise<Answer> {
  const { flags, length, place } = streamCdb(cdb);
  const isFixed = (flags & FIXED_BIT) !== 0;
  const { blockLength } = drive.settings;
  if ((flags & VERIFY_REFUSED_BITS) !== 0 || (isFixed && blockLength === 0)) {
    return check(SENSE.invalidFieldInCdb);
  }
  if (length === 0) {
    return good();
  }
  await tape.drain();
  const late = drive.takeDeferred() ?? (await goTo(drive, tape, place));
  if (late !== undefined) {
    return late;
  }
  const count = isFixed ? length : 1;
  for (let left = count; left > 0; left -= 1) {
    const failure = await (isFixed
      ? verifyRecord(drive, tape, blockLength, left)
      : verifyRecord(drive, tape, length, undefined));
    if (failure !== undefined) {
      return failure;
    }
  }
  return good();
}

/** One record of `bytes` bytes; `left`: how many records, where they are counted. */
async function verifyRecord(
  drive: Drive,
  tape: MountedTape,
  bytes: number,
  left: number | undefined,
): Promise<Answer | undefined> {
  const next = nextRecord(drive, tape);
  if (typeof next === "function") {
    return next(left ?? bytes, undefined);
  }
  await tape.read(Buffer.allocUnsafe(Math.min(next.bytes, bytes)));
  tape.moveTo(next.after);
  return next.bytes === bytes
    ? undefined
    : check(SENSE.none, { incorrectLength: true, information: left ?? bytes - next.bytes });
}

async function readRecord(
  drive: Drive,
  tape: MountedTape,
  length: number,
  suppressesLength: boolean,
): Promise<Answer> {
  const next = nextRecord(drive, tape);
  if (typeof next === "function") {
    return next(length, Buffer.alloc(0));
  }
  const bytes = Math.min(length, next.bytes);
  const buffer = drive.buffers.take(bytes);
  const data = buffer.subarray(0, bytes);
  const sent = () => drive.buffers.give(buffer);
  await tape.read(data);
  tape.moveTo(next.after);
  const isToldOfOverlength = next.bytes > length && drive.settings.blockLength !== 0;
  if (next.bytes === length || (suppressesLength && !isToldOfOverlength)) {
    return { ...good(data), sent };
  }
  const information = length - next.bytes;
  return { ...check(SENSE.none, { incorrectLength: true, information }, data), sent };
}

async function readBlocks(drive: Drive, tape: MountedTape, count: number): Promise<Answer> {
  const { blockLength } = drive.settings;
  const blocks: Buffer[] = [];
  for (let left = count; left > 0; left -= 1) {
    const next = nextRecord(drive, tape);
    if (typeof next === "function") {
      return next(left, Buffer.concat(blocks));
    }
    // Of a record of another length what fits is given too; INFORMATION does not count it.
    const block = Buffer.allocUnsafeSlow(Math.min(blockLength, next.bytes));
    await tape.read(block);
    tape.moveTo(next.after);
    blocks.push(block);
    if (next.bytes !== blockLength) {
      const details = { incorrectLength: true, information: left };
      return check(SENSE.none, details, Buffer.concat(blocks));
    }
  }
  return good(Buffer.concat(blocks));
}

function nextRecord(drive: Drive, tape: MountedTape): TapeRecord | Obstacle {
  const { faults, number } = drive.parts;
  const next = tape.image.at(tape.position);
  if (next.kind === "end") {
    return (left, dataIn) => check(SENSE.endOfData, { information: left }, dataIn);
  }
  if (next.kind === "filemark") {
    tape.moveTo(next.after);
    const mark = { filemark: true };
    return (left, dataIn) => check(SENSE.filemark, { ...mark, information: left }, dataIn);
  }
  const locked = lockedAgainst(
    drive.encryption,
    drive.cartridge?.keyAt(tape.partition, tape.position.object) ?? "",
  );
  if (locked !== undefined) {
    return () => locked;
  }
  const strike = faults.read(number, drive.placeOf(tape));
  if (strike === undefined) {
    faults.countRead(number);
    return next;
  }
  drive.nexuses.raiseAlerts(strike.alerts);
  if (strike.code === SENSE.readError) {
    tape.moveTo(next.after);
  }
  return (left, dataIn) => check(strike.code, { information: left }, dataIn);
}
