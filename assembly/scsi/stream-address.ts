/**
 * The forms of sixteen bytes of READ, WRITE, VERIFY, WRITE FILEMARKS and ERASE name the place where they
 * begin. The server's position goes there as with LOCATE; from there on they are the commands of six bytes.
 * Decides where lengths stand in both forms, and the way to the place.
 */
import { deviceIdle } from "../lane/device.ts";
import { imageReachesEnd, serverPosition, setServerPosition, trustedBase } from "../lane/medium.ts";
import { procedureIdle } from "../lane/procedure-state.ts";
import { cdb, cdbByte, replySense } from "../lane/task.ts";
import { get24, get64 } from "../lib/bytes.ts";
import { ASC_END_OF_DATA_DETECTED, ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import { KEY_BLANK_CHECK, KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { cursorReceived } from "../tape/cursor.ts";
import { inPartition, isPartition } from "./partition-change.ts";
import {
  arrive,
  hasAddress,
  MAP_BY_INDEX,
  MAP_WAIT,
  mapSource,
  positionDrive,
} from "./stream-move.ts";

/** Bytes, blocks or filemarks: the TRANSFER LENGTH of the command in work. */
export function streamLength(): u32 {
  return get24(cdb() + (hasAddress() ? 12 : 2));
}

/** True where the server stands at the place that the command names; else it was answered, or is on its way. */
export function atAddress(): bool {
  if (!hasAddress()) return true;
  if (!isPartition(cdbByte(3))) {
    replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
    return false;
  }
  if (!inPartition(cdbByte(3))) return false;
  const object = get64(cdb() + 4);
  if (serverPosition() !== object) goTo(object);
  return serverPosition() === object;
}

/** The trusted image has it. */
function isInside(object: u64): bool {
  return object >= trustedBase() && object < cursorReceived();
}

/** The server's position becomes `object`, again after every event until it is there, or answered. */
export function goTo(object: u64): void {
  if (isInside(object)) {
    arrive(object);
    return;
  }
  const source = mapSource();
  if (source === MAP_WAIT) return;
  const isKnown = object >= cursorReceived() && imageReachesEnd();
  if (source !== MAP_BY_INDEX && !isKnown) {
    if (deviceIdle() && procedureIdle()) positionDrive(object);
  } else if (object <= cursorReceived()) arrive(object);
  else beyond(cursorReceived());
}
/** There are not so many objects: the server stands at their end. */
export function beyond(end: u64): void {
  setServerPosition(end);
  replySense(KEY_BLANK_CHECK, ASC_END_OF_DATA_DETECTED);
}
