/**
 * What goes wrong in a stream, and how often. Decides which faults there are: everything that a drive,
 * a robot or a disk may do to a core that keeps to its interface.
 */

import {
  DONE_SENSE_BYTES,
  RESULT_ANSWERED,
  RESULT_LOST,
  RESULT_SILENT,
} from "../../assembly/spec/event.ts";
import type { Random } from "./random.ts";

/** How often something fails: once in that many times; 0 never. */
export interface Weather {
  readonly name: string;
  readonly device: number;
  readonly robot: number;
  readonly ring: number;
  /** Ring bytes that come back changed. */
  readonly rot: number;
  /** The bridge is stopped or killed and started again. */
  readonly restart: number;
  /** Events that keep to no rule. */
  readonly wild: number;
}

/** The weathers of the streams. */
export const WEATHERS: readonly Weather[] = [
  { name: "calm", device: 4000, robot: 200, ring: 0, rot: 0, restart: 40_000, wild: 0 },
  { name: "showers", device: 250, robot: 50, ring: 20_000, rot: 5000, restart: 8000, wild: 0 },
  { name: "storm", device: 20, robot: 10, ring: 2000, rot: 200, restart: 3000, wild: 0 },
  { name: "wild", device: 400, robot: 50, ring: 20_000, rot: 5000, restart: 10_000, wild: 60 },
];

/** How a device command ended, where it did not end well. */
export interface DeviceFault {
  readonly result: number;
  readonly status: number;
  readonly sense: Buffer;
}

/** Sense key and additional sense: what drives and robots say in the field. */
const SENSES: readonly (readonly [number, number])[] = [
  [0x3, 0x0c00],
  [0x3, 0x1100],
  [0x3, 0x1403],
  [0x3, 0x5000],
  [0x3, 0x5200],
  [0x3, 0x5300],
  [0x3, 0x3000],
  [0x4, 0x4400],
  [0x4, 0x1501],
  [0x4, 0x5300],
  [0x4, 0x0800],
  [0x2, 0x0401],
  [0x2, 0x0400],
  [0x2, 0x3a00],
  [0x6, 0x2900],
  [0x6, 0x2800],
  [0x6, 0x2a01],
  [0x6, 0x5d00],
  [0x5, 0x2000],
  [0x5, 0x2400],
  [0x5, 0x2500],
  [0x5, 0x3b0d],
  [0x5, 0x3b0e],
  [0x7, 0x2700],
  [0x8, 0x0005],
  [0x8, 0x1401],
  [0xb, 0x4b00],
  [0xb, 0x4e00],
  [0xd, 0x0002],
  [0x0, 0x0002],
  [0x0, 0x0017],
  [0x3, 0x3003],
  [0x1, 0x3700],
  [0x9, 0x8282],
  [0xe, 0x1d00],
];
const STATUS_CHECK = 0x02;
const STATUSES: readonly number[] = [0x08, 0x18, 0x28, 0x40, 0x30, 0x04];
const NO_SENSE = Buffer.alloc(DONE_SENSE_BYTES);

/** Fixed or descriptor format sense data, in the 64 bytes that an event has. */
export function anySense(random: Random): Buffer {
  const [key, code] = random.pick(SENSES);
  const bytes = Buffer.alloc(DONE_SENSE_BYTES);
  if (random.oneIn(12)) {
    bytes.set([
      random.pick([0x72, 0x73]),
      key,
      code >> 8,
      code & 0xff,
      0,
      0,
      0,
      random.pick([0, 12]),
    ]);
    bytes.set(random.bytes(12), 8);
    return bytes;
  }
  bytes[0] = random.pick([0xf0, 0xf0, 0x70, 0x71, 0xf1]);
  bytes[2] = key | random.pick([0, 0, 0, 0x20, 0x40, 0x80, 0xe0]);
  bytes.writeUInt32BE(random.wild(), 3);
  bytes[7] = random.pick([10, 10, 10, 0, 0xff]);
  bytes.writeUInt16BE(code, 12);
  return bytes;
}

/** A fault of a device command. */
export function deviceFault(random: Random): DeviceFault {
  switch (random.below(10)) {
    case 0:
      return { result: RESULT_SILENT, status: 0, sense: NO_SENSE };
    case 1:
      return { result: RESULT_LOST, status: 0, sense: NO_SENSE };
    case 2:
      return { result: RESULT_ANSWERED, status: random.pick(STATUSES), sense: NO_SENSE };
    case 3:
      return {
        result: RESULT_ANSWERED,
        status: STATUS_CHECK,
        sense: random.pick([NO_SENSE, random.bytes(DONE_SENSE_BYTES)]),
      };
    default:
      return { result: RESULT_ANSWERED, status: STATUS_CHECK, sense: anySense(random) };
  }
}
