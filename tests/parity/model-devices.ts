/**
 * Drives and robot behind the cores of a stream: cartridges that the robot moves, drives that read and
 * write what is in them, and faults. Decides how a device command ends.
 */

import { DEVICE_ROBOT } from "../../assembly/spec/abi.ts";
import { RESULT_ANSWERED } from "../../assembly/spec/event.ts";
import { library, type ModelLibrary } from "../changer/model-library.ts";
import { type DriveAnswer, MEDIUM_FAILURE, TapeDrive } from "../core/tape-drive.ts";
import { type DeviceFault, deviceFault, type Weather } from "./faults.ts";
import type { Random } from "./random.ts";
import { DRIVES, FIRST_DRIVE, PORTS, SLOTS } from "./server-commands.ts";

const MEDIUM_NOT_PRESENT = sense(0x02, 0x3a00);
/** How often a whole cartridge goes bad, or a bad one good again, in faults of a drive. */
const LASTING_ONE_IN = 12;
const CARTRIDGES = 5;

/** How a device command ended. */
export interface DeviceEnd extends DeviceFault {
  readonly data: Uint8Array;
}

function sense(key: number, code: number): DriveAnswer {
  const bytes = Buffer.alloc(18);
  bytes.set([0x70, 0, key, 0, 0, 0, 0, 10]);
  bytes.writeUInt16BE(code, 12);
  return { status: 2, sense: bytes, data: new Uint8Array() };
}

/** All devices of one bridge. */
export class ModelDevices {
  readonly robot: ModelLibrary;
  readonly #random: Random;
  readonly #weather: Weather;
  readonly #cartridges = new Map<string, TapeDrive>();
  /** What was in each drive when it was last asked. */
  readonly #seen = new Map<number, string | undefined>();

  constructor(random: Random, weather: Weather) {
    this.#random = random;
    this.#weather = weather;
    const tags = Array.from({ length: CARTRIDGES }, (_, index) => `UND00${index + 1}L9`);
    this.robot = library({ slots: SLOTS, drives: DRIVES, ports: PORTS }, tags);
  }

  /** The serial number of a drive. */
  serial(device: number): string {
    return this.robot.at(FIRST_DRIVE + device).serial ?? "";
  }

  /** Carries out a command; what arrives is at most `inBytes`. */
  command(device: number, cdb: Buffer, dataOut: Uint8Array, inBytes: number): DeviceEnd {
    const random = this.#random;
    const isRobot = device === DEVICE_ROBOT;
    const odds = isRobot ? this.#weather.robot : this.#weather.device;
    const hasFault = odds > 0 && random.oneIn(odds);
    if (hasFault && random.oneIn(2)) {
      // Before it was carried out; else after it: the answer is lost, the effect is not.
      return { ...deviceFault(random), data: this.#anyData(inBytes) };
    }
    const answer = isRobot ? this.robot.command(cdb) : this.#drive(device, cdb, dataOut);
    if (hasFault && random.oneIn(2)) {
      return { ...deviceFault(random), data: this.#anyData(inBytes) };
    }
    const data = answer.data.subarray(0, inBytes);
    const end = Buffer.alloc(64);
    end.set(answer.sense);
    return {
      result: RESULT_ANSWERED,
      status: answer.status,
      sense: end,
      data: hasFault ? this.#spoilt(data) : data,
    };
  }

  #drive(device: number, cdb: Buffer, dataOut: Uint8Array): DriveAnswer {
    const tag = device < DRIVES ? this.robot.at(FIRST_DRIVE + device).tag : undefined;
    const hasChanged = this.#seen.get(device) !== tag;
    this.#seen.set(device, tag);
    if (tag === undefined) {
      return MEDIUM_NOT_PRESENT;
    }
    const tape = this.#cartridges.get(tag) ?? new TapeDrive();
    this.#cartridges.set(tag, tape);
    tape.attributes ??= { serial: tag, loads: 0, remaining: 90, maximum: 100 };
    if (hasChanged) {
      tape.insert();
    }
    const { device: odds } = this.#weather;
    if (odds > 0 && this.#random.oneIn(odds * LASTING_ONE_IN)) {
      tape.writeFailure = tape.writeFailure === undefined ? MEDIUM_FAILURE : undefined;
    }
    return tape.execute(cdb, dataOut);
  }

  #anyData(inBytes: number): Uint8Array {
    const { below } = { below: this.#random.below(4) };
    return below === 0 ? this.#random.bytes(Math.min(inBytes, 4096)) : new Uint8Array();
  }

  /** A device that lies: cut short, or some bytes changed. */
  #spoilt(data: Uint8Array): Uint8Array {
    const random = this.#random;
    if (data.length === 0 || random.oneIn(3)) {
      return data.subarray(0, random.below(data.length + 1));
    }
    const bytes = Uint8Array.from(data);
    for (let changes = random.below(6); changes >= 0; changes -= 1) {
      bytes[random.below(bytes.length)] = random.wild();
    }
    return bytes;
  }
}
