/**
 * The first events of every core: EV_START with its parameters, EV_DEVICE for each drive. Decides
 * their bytes (assembly/spec/event.ts, word.ts), not when they are sent.
 */

import { randomBytes } from "node:crypto";
import {
  DEVICE_ROBOT,
  ROLE_CHANGER,
  ROLE_LANE,
  VOLUME_TAG_BYTES,
} from "../../assembly/spec/abi.ts";
import { EV_DEVICE, EV_START } from "../../assembly/spec/event.ts";
import {
  PAD_AUTO,
  START_COPY_PERCENT,
  START_COPY_WAIT_MS,
  START_HEADER_MARKS,
  START_KEYS,
  START_LANE_BYTES,
  START_PAD,
} from "../../assembly/spec/lane-start.ts";
import {
  SPARE_MEDIA_DEFAULT,
  START_DRIVES,
  START_JOURNAL_BYTES,
  START_LANES,
  START_SPARE_MEDIA,
  START_TAGS,
} from "../../assembly/spec/word.ts";
import type { Copying } from "../config/bridge-config.ts";
import { type CoreEvent, coreEvent } from "../core/core-event.ts";
import { INQUIRY_BYTES, type LaneIdentity } from "./identity.ts";
import type { LibraryDevice } from "./library.ts";

const LANE_SERIAL_BYTES = 16;
const DRIVE_SERIAL_BYTES = 32;
/** 48 random bits: unique among rings, and below 2^53. */
const RING_IDENTITY_BYTES = 6;
const CONNECTED = 1;

/** What all cores are told about the whole. */
export interface StartFacts {
  readonly lanes: readonly LaneIdentity[];
  readonly drives: readonly LibraryDevice[];
  readonly driveTimeoutMs: number;
  readonly copying: Copying;
  readonly padMegabytes: number | undefined;
  /** Keys for the drives' encryption are passed on. */
  readonly passesKeys: boolean;
}

/** EV_START of lane `number` (from 1). */
export function laneStart(facts: StartFacts, number: number, ringBytes: number): CoreEvent {
  const event = startEvent(facts, ROLE_LANE, number);
  const lane = facts.lanes[number - 1];
  event.x = ringBytes;
  event.y = randomBytes(RING_IDENTITY_BYTES).readUIntLE(0, RING_IDENTITY_BYTES);
  const params = Buffer.alloc(START_LANE_BYTES);
  params.set(padded(lane?.serial ?? "", LANE_SERIAL_BYTES));
  params.set(Buffer.from(lane?.inquiry ?? "", "hex"), LANE_SERIAL_BYTES);
  params.writeUInt16LE(facts.copying.headerMarks, START_HEADER_MARKS);
  params.writeUInt16LE(facts.copying.percent, START_COPY_PERCENT);
  params.writeUInt32LE(facts.copying.waitMs, START_COPY_WAIT_MS);
  params.writeUInt32LE(facts.padMegabytes ?? PAD_AUTO, START_PAD);
  params.writeUInt32LE(facts.passesKeys ? 1 : 0, START_KEYS);
  event.params = params;
  return event;
}

/** EV_START of the changer. `spareMedia` undefined: the last full storage element. */
export function changerStart(
  facts: StartFacts,
  spareMedia: readonly string[] | undefined,
  journal: Uint8Array,
): CoreEvent {
  const event = startEvent(facts, ROLE_CHANGER, 0);
  const header = Buffer.alloc(START_TAGS);
  header.writeUInt16LE(facts.lanes.length, START_LANES);
  header.writeUInt16LE(facts.drives.length, START_DRIVES);
  header.writeUInt16LE(journal.length, START_JOURNAL_BYTES);
  header.writeUInt16LE(spareMedia?.length ?? SPARE_MEDIA_DEFAULT, START_SPARE_MEDIA);
  event.params = Buffer.concat([
    header,
    ...(spareMedia ?? []).map((tag) => padded(tag, VOLUME_TAG_BYTES)),
    ...facts.drives.map(({ serial }) => padded(serial, DRIVE_SERIAL_BYTES)),
    ...facts.lanes.map(({ serial }) => padded(serial, LANE_SERIAL_BYTES)),
    journal,
  ]);
  return event;
}

/** EV_DEVICE of a drive or the robot. */
export function deviceEvent(device: LibraryDevice): CoreEvent {
  const event = coreEvent(EV_DEVICE);
  event.a = device.number;
  event.b = device.isConnected ? CONNECTED : 0;
  event.params = Buffer.concat([
    Buffer.concat([device.inquiry], INQUIRY_BYTES),
    padded(device.serial, DRIVE_SERIAL_BYTES),
  ]);
  return event;
}

/** The name of a device number in logs: the drive's serial number. */
export function deviceNames(drives: readonly LibraryDevice[]): (device: number) => string {
  return (device) => {
    const serial = drives[device]?.serial ?? "";
    return device === DEVICE_ROBOT ? "robot" : serial === "" ? `number ${device}` : serial;
  };
}

function startEvent(facts: StartFacts, role: number, lane: number): CoreEvent {
  const event = coreEvent(EV_START);
  event.a = role;
  event.b = lane;
  event.c = facts.drives.length;
  event.d = facts.lanes.length;
  event.e = facts.driveTimeoutMs;
  return event;
}

/** Latin-1 text, cut or padded with blanks. */
function padded(text: string, bytes: number): Buffer {
  return Buffer.from(text.padEnd(bytes).slice(0, bytes), "latin1");
}
