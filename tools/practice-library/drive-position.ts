/**
 * READ POSITION and READ BLOCK LIMITS. Decides what is told of the position; moves nothing, and
 * leaves the buffer as it is.
 */

import type { Answer } from "./answer.ts";
import { check, good, goodUpTo } from "./answer.ts";
import type { Drive } from "./drive.ts";
import { earlyWarningAt } from "./drive-write.ts";
import type { MountedTape } from "./mounted-tape.ts";
import { big, filled } from "./parameters.ts";
import { SENSE } from "./sense.ts";
import { RECORD_BYTES_MAX } from "./tape-image.ts";
import type { Call } from "./unit-shell.ts";

const BEGINNING_BIT = 0x80;
const END_BIT = 0x40;
const COUNT_UNKNOWN_BIT = 0x20;
const LOCATION_UNKNOWN_BIT = 0x04;
const SHORT_BYTES = 20;
const LONG_BYTES = 32;
const UINT24_MAX = 0xff_ffff;
const UINT32_MAX = 0xffff_ffff;

/** READ BLOCK LIMITS: byte 0 granularity, 1-3 maximum, 4-5 minimum. */
export function readBlockLimits(): Answer {
  return good(Buffer.concat([Buffer.alloc(1), big(RECORD_BYTES_MAX, 3), big(1, 2)]));
}

type Form = (tape: MountedTape, flags: number) => Buffer;

/** Service action to form; 01h is the short form with the drive's own numbers, which are the same. */
const FORMS: ReadonlyMap<number, Form> = new Map([
  [0x00, shortForm],
  [0x01, shortForm],
  [0x06, longForm],
  [0x08, extendedForm],
]);

/** READ POSITION: short (00h, 01h), long (06h) and extended (08h) form. */
export function readPosition(_drive: Drive, tape: MountedTape, { cdb }: Call): Answer {
  const serviceAction = cdb.readUInt8(1) & 0x1f;
  const form = FORMS.get(serviceAction);
  if (form === undefined) {
    return check(SENSE.invalidFieldInCdb);
  }
  const { offset } = tape.position;
  const warnsAt = earlyWarningAt(tape.capacityBytes);
  const flags = (offset === 0 ? BEGINNING_BIT : 0) | (offset > warnsAt ? END_BIT : 0);
  const data = form(tape, flags);
  return form === extendedForm ? goodUpTo(data, cdb.readUInt16BE(7)) : good(data);
}

interface Buffered {
  readonly first: number;
  readonly last: number;
  readonly objects: number;
  readonly bytes: number;
}

/** first: next to come from the initiator; last: next to go to the medium. */
function buffered({ position, onMedium }: MountedTape): Buffered {
  return {
    first: position.object,
    last: onMedium.object,
    objects: position.object - onMedium.object,
    bytes: position.offset - onMedium.offset,
  };
}

function shortForm(tape: MountedTape, flags: number): Buffer {
  const { first, last, objects, bytes } = buffered(tape);
  return filled(SHORT_BYTES, (data) => {
    const isTooFar = first > UINT32_MAX;
    const bits = isTooFar ? LOCATION_UNKNOWN_BIT : 0;
    data.writeUInt8(flags | bits | (objects > UINT24_MAX ? COUNT_UNKNOWN_BIT : 0), 0);
    data.writeUInt8(tape.partition, 1);
    if (!isTooFar) {
      big(first, 4).copy(data, 4);
      big(last, 4).copy(data, 8);
    }
    big(Math.min(objects, UINT24_MAX), 3).copy(data, 13);
    big(bytes, 4).copy(data, 16);
  });
}

function longForm(tape: MountedTape, flags: number): Buffer {
  return filled(LONG_BYTES, (data) => {
    data.writeUInt8(flags, 0);
    data.writeUInt32BE(tape.partition, 4);
    big(tape.position.object, 8).copy(data, 8);
    big(tape.position.filemarks, 8).copy(data, 16);
  });
}

function extendedForm(tape: MountedTape, flags: number): Buffer {
  const { first, last, objects, bytes } = buffered(tape);
  return filled(LONG_BYTES, (data) => {
    data.writeUInt8(flags, 0);
    data.writeUInt8(tape.partition, 1);
    data.writeUInt16BE(LONG_BYTES - 4, 2);
    big(Math.min(objects, UINT24_MAX), 3).copy(data, 5);
    big(first, 8).copy(data, 8);
    big(last, 8).copy(data, 16);
    big(bytes, 8).copy(data, 24);
  });
}
