/**
 * Commands that move the tape without data: REWIND, SPACE, LOCATE, and ERASE. Decides where the
 * position ends and what is told on the way. Invariant: the buffer is on the medium before the tape
 * moves; a deferred error stops the command.
 */

import type { Answer } from "./answer.ts";
import { check, good, STATUS_GOOD } from "./answer.ts";
import type { Drive } from "./drive.ts";
import type { MountedTape } from "./mounted-tape.ts";
import { signed24, unsigned64 } from "./parameters.ts";
import { SENSE } from "./sense.ts";
import { type StreamPlace, streamCdb } from "./stream-cdb.ts";
import type { Place } from "./tape-image.ts";
import { BEGINNING } from "./tape-image.ts";
import type { Call } from "./unit-shell.ts";

const CODE_MASK = 0x0f;
const SPACE_BLOCKS = 0;
const SPACE_FILEMARKS = 1;
const SPACE_END_OF_DATA = 3;
const CHANGE_PARTITION_BIT = 0x02;
const DESTINATION_SHIFT = 3;
const DESTINATION_MASK = 0x07;
const FORMAT_VERIFY_BIT = 0x02;
const FORMAT_MAX = 2;
const OVERWRITE_HERE = 1;
const OVERWRITE_MAX = 2;
const TO_OBJECT = 0;
const TO_FILE = 1;
const TO_END_OF_DATA = 3;

/** Drains, then runs `move` unless the drain told of a loss. */
async function moving(drive: Drive, tape: MountedTape, move: () => Answer): Promise<Answer> {
  await tape.drain();
  return drive.takeDeferred() ?? move();
}

/** REWIND. */
export function rewind(drive: Drive, tape: MountedTape): Promise<Answer> {
  return moving(drive, tape, () => {
    tape.moveTo(BEGINNING);
    return good();
  });
}

/** SET CAPACITY at the beginning: bytes 3-4 the proportion of 65535; what was on the medium is gone. */
export async function setCapacity(drive: Drive, tape: MountedTape, { cdb }: Call): Promise<Answer> {
  const { cartridge } = drive;
  if (cartridge === undefined || cartridge.isWriteProtected) {
    return check(SENSE.writeProtected);
  }
  if (tape.position.object !== 0) {
    return check(SENSE.positionPastBeginning);
  }
  await tape.drain();
  await tape.erase();
  cartridge.setCapacityPart(cdb.readUInt16BE(3));
  return good();
}

/** FORMAT MEDIUM at the beginning, into one partition: flag VERIFY refused, byte 2 FORMAT, bytes 3-4 no parameters. */
export async function formatMedium(
  drive: Drive,
  tape: MountedTape,
  { cdb }: Call,
): Promise<Answer> {
  const isVerifying = (cdb.readUInt8(1) & FORMAT_VERIFY_BIT) !== 0;
  const format = cdb.readUInt8(2) & CODE_MASK;
  if (isVerifying || format > FORMAT_MAX || cdb.readUInt16BE(3) !== 0) {
    return check(SENSE.invalidFieldInCdb);
  }
  if (drive.cartridge?.isWriteProtected === true) {
    return check(SENSE.writeProtected);
  }
  if (tape.position.object !== 0) {
    return check(SENSE.positionPastBeginning);
  }
  await tape.drain();
  await tape.erase();
  return drive.takeDeferred() ?? good();
}

/** ALLOW OVERWRITE: byte 2 none, at this place, format; bytes 3-11 the place. Nothing is forbidden. */
export async function allowOverwrite(
  _drive: Drive,
  tape: MountedTape,
  { cdb }: Call,
): Promise<Answer> {
  const allow = cdb.readUInt8(2) & CODE_MASK;
  if (allow > OVERWRITE_MAX || (allow === OVERWRITE_HERE && cdb.readUInt8(3) !== 0)) {
    return check(SENSE.invalidFieldInCdb);
  }
  return allow === OVERWRITE_HERE && unsigned64(cdb, 4) !== tape.position.object
    ? check(SENSE.positioningError)
    : good();
}

/** ERASE(6) and (16): everything behind the place is gone, long or short. */
export async function erase(drive: Drive, tape: MountedTape, { cdb }: Call): Promise<Answer> {
  if (drive.cartridge?.isWriteProtected === true) {
    return check(SENSE.writeProtected);
  }
  await tape.drain();
  const late = drive.takeDeferred() ?? (await goTo(drive, tape, streamCdb(cdb).place));
  if (late === undefined) {
    await tape.erase();
  }
  return late ?? good();
}

/** SPACE(6): byte 1 code, bytes 2-4 count, negative backwards. */
export function space6(drive: Drive, tape: MountedTape, { cdb }: Call): Promise<Answer> {
  return moving(drive, tape, () => space(tape, cdb.readUInt8(1) & CODE_MASK, signed24(cdb, 2)));
}

/** SPACE(16): byte 1 code, bytes 4-11 count, negative backwards. */
export function space16(drive: Drive, tape: MountedTape, { cdb }: Call): Promise<Answer> {
  const count = Number(cdb.readBigInt64BE(4));
  return moving(drive, tape, () => space(tape, cdb.readUInt8(1) & CODE_MASK, count));
}

function space(tape: MountedTape, code: number, count: number): Answer {
  switch (code) {
    case SPACE_BLOCKS:
      return count < 0 ? blocksBack(tape, -count) : blocksForward(tape, count);
    case SPACE_FILEMARKS:
      return count < 0 ? filemarksBack(tape, -count) : filemarksForward(tape, count);
    case SPACE_END_OF_DATA:
      tape.moveTo(tape.image.end);
      return good();
    default:
      return check(SENSE.invalidFieldInCdb);
  }
}

function blocksForward(tape: MountedTape, count: number): Answer {
  const { image, position } = tape;
  const wall = image.placeOfFilemark(position.filemarks);
  const passed = wall.object - position.object;
  if (count <= passed) {
    tape.moveTo(image.placeOfObject(position.object + count));
    return good();
  }
  const information = count - passed;
  const mark = image.at(wall);
  if (mark.kind !== "filemark") {
    tape.moveTo(wall);
    return check(SENSE.endOfData, { information });
  }
  tape.moveTo(mark.after);
  return check(SENSE.filemark, { filemark: true, information });
}

function blocksBack(tape: MountedTape, count: number): Answer {
  const { image, position } = tape;
  const hasMark = position.filemarks > 0;
  const wall = hasMark ? image.placeOfFilemark(position.filemarks - 1) : BEGINNING;
  const passed = position.object - wall.object - (hasMark ? 1 : 0);
  if (count <= passed) {
    tape.moveTo(image.placeOfObject(position.object - count));
    return good();
  }
  tape.moveTo(wall);
  return atWall(hasMark, count - passed);
}

function atWall(hasMark: boolean, information: number): Answer {
  return hasMark
    ? check(SENSE.filemark, { filemark: true, information })
    : check(SENSE.beginningOfMedium, { endOfMedium: true, information });
}

function filemarksForward(tape: MountedTape, count: number): Answer {
  if (count === 0) {
    return good();
  }
  const { image, position } = tape;
  const last = image.at(image.placeOfFilemark(position.filemarks + count - 1));
  if (last.kind === "filemark") {
    tape.moveTo(last.after);
    return good();
  }
  const information = count - (image.end.filemarks - position.filemarks);
  tape.moveTo(image.end);
  return check(SENSE.endOfData, { information });
}

function filemarksBack(tape: MountedTape, count: number): Answer {
  const { image, position } = tape;
  if (count <= position.filemarks) {
    tape.moveTo(image.placeOfFilemark(position.filemarks - count));
    return good();
  }
  tape.moveTo(BEGINNING);
  return atWall(false, count - position.filemarks);
}

/** LOCATE(10): byte 1 CP, bytes 3-6 logical object identifier, byte 8 partition. */
export function locate10(drive: Drive, tape: MountedTape, { cdb }: Call): Promise<Answer> {
  const partition = (cdb.readUInt8(1) & CHANGE_PARTITION_BIT) === 0 ? 0 : cdb.readUInt8(8);
  return moving(drive, tape, () => locate(tape, partition, TO_OBJECT, cdb.readUInt32BE(3)));
}

/** LOCATE(16): byte 1 DEST_TYPE and CP, byte 3 partition, bytes 4-11 identifier. */
export function locate16(drive: Drive, tape: MountedTape, { cdb }: Call): Promise<Answer> {
  const flags = cdb.readUInt8(1);
  const partition = (flags & CHANGE_PARTITION_BIT) === 0 ? 0 : cdb.readUInt8(3);
  const destination = (flags >> DESTINATION_SHIFT) & DESTINATION_MASK;
  return moving(drive, tape, () => locate(tape, partition, destination, unsigned64(cdb, 4)));
}

/** The place that a command of sixteen bytes names; undefined: the tape is there, or the command names none. */
export async function goTo(
  drive: Drive,
  tape: MountedTape,
  place: StreamPlace | undefined,
): Promise<Answer | undefined> {
  if (place === undefined) {
    return undefined;
  }
  const { partition, object } = place;
  const answer = await moving(drive, tape, () => locate(tape, partition, TO_OBJECT, object));
  return answer.status === STATUS_GOOD ? undefined : answer;
}

function locate(tape: MountedTape, partition: number, to: number, identifier: number): Answer {
  const { image } = tape;
  if (partition !== 0) {
    return check(SENSE.invalidFieldInCdb);
  }
  switch (to) {
    case TO_OBJECT:
      return arrive(
        tape,
        identifier <= image.end.object ? image.placeOfObject(identifier) : undefined,
      );
    case TO_FILE:
      return arrive(tape, fileStart(tape, identifier));
    case TO_END_OF_DATA:
      return arrive(tape, image.end);
    default:
      return check(SENSE.invalidFieldInCdb);
  }
}

/** The place behind so many filemarks; undefined where there are fewer. */
function fileStart({ image }: MountedTape, file: number): Place | undefined {
  if (file === 0) {
    return BEGINNING;
  }
  const mark = image.at(image.placeOfFilemark(file - 1));
  return mark.kind === "filemark" ? mark.after : undefined;
}

function arrive(tape: MountedTape, place: Place | undefined): Answer {
  tape.moveTo(place ?? tape.image.end);
  return place === undefined ? check(SENSE.endOfData) : good();
}
