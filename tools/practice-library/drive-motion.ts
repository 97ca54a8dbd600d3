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
import type { Place, TapeImage } from "./tape-image.ts";
import { BEGINNING } from "./tape-image.ts";
import type { Call } from "./unit-shell.ts";

const CODE_MASK = 0x0f;
const SPACE_BLOCKS = 0;
const SPACE_FILEMARKS = 1;
const SPACE_END_OF_DATA = 3;
const CHANGE_PARTITION_BIT = 0x02;
const DESTINATION_SHIFT = 3;
const DESTINATION_MASK = 0x07;
const TO_OBJECT = 0;
const TO_FILE = 1;
const TO_END_OF_DATA = 3;
const DESTINATIONS: readonly number[] = [TO_OBJECT, TO_FILE, TO_END_OF_DATA];

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
  const hasPartition = (cdb.readUInt8(1) & CHANGE_PARTITION_BIT) !== 0;
  const partition = hasPartition ? cdb.readUInt8(8) : tape.partition;
  return moving(drive, tape, () => locate(tape, partition, TO_OBJECT, cdb.readUInt32BE(3)));
}

/** LOCATE(16): byte 1 DEST_TYPE and CP, byte 3 partition, bytes 4-11 identifier. */
export function locate16(drive: Drive, tape: MountedTape, { cdb }: Call): Promise<Answer> {
  const flags = cdb.readUInt8(1);
  const partition = (flags & CHANGE_PARTITION_BIT) !== 0 ? cdb.readUInt8(3) : tape.partition;
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
  const image = tape.partitionAt(partition)?.image;
  if (image === undefined || !DESTINATIONS.includes(to)) {
    return check(SENSE.invalidFieldInCdb);
  }
  if (partition !== tape.partition) {
    tape.changeTo(partition);
  }
  const place = to === TO_END_OF_DATA ? image.end : placeOf(image, to, identifier);
  tape.moveTo(place ?? image.end);
  return place === undefined ? check(SENSE.endOfData) : good();
}

/** The place in front of an object, or of a file; undefined where there are fewer. */
function placeOf(image: TapeImage, to: number, identifier: number): Place | undefined {
  if (to === TO_OBJECT) {
    return identifier <= image.end.object ? image.placeOfObject(identifier) : undefined;
  }
  if (identifier === 0) {
    return BEGINNING;
  }
  const mark = image.at(image.placeOfFilemark(identifier - 1));
  return mark.kind === "filemark" ? mark.after : undefined;
}
