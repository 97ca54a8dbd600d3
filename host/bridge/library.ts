/**
 * The real library as the bridge finds it at start: its robot and its drives, each with a device of
 * its own. Decides which logical unit is what, and the device numbers (`identity.ts`); whether a
 * library is good enough. Does not look at elements and cartridges: that is the changer core's.
 */

import { DEVICE_ROBOT } from "../../assembly/spec/abi.ts";
import type { BridgeConfig, LibraryDigests } from "../config/bridge-config.ts";
import type { ChapCredentials } from "../initiator/authentication.ts";
import { openIscsiDevice } from "../initiator/device.ts";
import type { DigestOffer } from "../initiator/login.ts";
import {
  DEVICE_TYPE_CHANGER,
  DEVICE_TYPE_TAPE,
  type ProbedUnit,
  probeTarget,
} from "../initiator/probe.ts";
import { systemClock } from "../lane/clock.ts";
import { StandingDevice } from "../lane/standing-device.ts";
import { OperatorError } from "../lib/error.ts";
import type { Log } from "../lib/log.ts";
import { type Identity, INQUIRY_BYTES, isSame, type KnownDrive, numberDrives } from "./identity.ts";
import { isSameDevice } from "./same-device.ts";

/** For each login and each question at start, and for the standing connections. */
export const LIBRARY_TIMEOUT_MS = 15_000;
/** Makes the ISID of the sessions that only ask. */
const PROBE_QUALIFIER = 0xffff;

/** One drive or the robot, connected or not. */
export interface LibraryDevice {
  /** Device number, DEVICE_ROBOT for the robot. */
  readonly number: number;
  readonly device: StandingDevice;
  readonly serial: string;
  readonly inquiry: Uint8Array;
  readonly isConnected: boolean;
}

/** What was found. */
export interface Library {
  readonly robot: LibraryDevice;
  readonly drives: readonly LibraryDevice[];
  /** The same drives as they are remembered. */
  readonly knownDrives: readonly KnownDrive[];
}

/** Looks the library through and connects to it. Rejects with an OperatorError. */
export async function openLibrary(
  config: BridgeConfig,
  chap: ChapCredentials | undefined,
  identity: Identity,
  log: Log,
): Promise<Library> {
  const where = libraryUrl(config);
  const asWhom = {
    ...config.library,
    initiatorName: `iqn.2026-11.com.example:understudy.${identity.id}`,
    digests: digestOffer(config.libraryDigests),
    chap,
    log,
  };
  const units = await probeTarget({
    ...asWhom,
    isidQualifier: PROBE_QUALIFIER,
    timeoutMs: LIBRARY_TIMEOUT_MS,
  });
  if ("reason" in units) {
    throw new OperatorError("libraryUnreachable", where, units.reason);
  }
  const changer = units.find(({ peripheralDeviceType: type }) => type === DEVICE_TYPE_CHANGER);
  const found = units.filter(({ peripheralDeviceType: type }) => type === DEVICE_TYPE_TAPE);
  if (changer === undefined || found.length === 0) {
    const lacking = changer === undefined ? "no media changer" : "no tape drive";
    throw new OperatorError("libraryUnsuitable", where, `it has ${lacking}`);
  }
  const present = found.map(knownDriveOf);
  const knownDrives = numberDrives(identity.drives, present);
  const open = async (number: number, unit: KnownDrive): Promise<LibraryDevice> => {
    const device = new StandingDevice(
      openIscsiDevice({ ...asWhom, lun: unit.lun, isidQualifier: number }),
      {
        clock: systemClock,
        log,
        isOurs: (one, timeoutMs) => isSameDevice(one, unit.serial, timeoutMs),
      },
    );
    // A target lets us log in whatever logical units it lacks: only what was found is connected.
    const isPresent = number === DEVICE_ROBOT || present.some((one) => isSame(unit, one));
    if (!isPresent) {
      log("warn", "a known drive is not there", { drive: unit.serial, lun: unit.lun });
    }
    const isConnected = isPresent && (await device.connect(LIBRARY_TIMEOUT_MS));
    const inquiry = Buffer.from(unit.inquiry, "hex");
    return { number, device, serial: unit.serial, inquiry, isConnected };
  };
  const [robot, ...drives] = await Promise.all([
    open(DEVICE_ROBOT, knownDriveOf(changer)),
    ...knownDrives.map((drive, number) => open(number, drive)),
  ]);
  return { robot, drives, knownDrives };
}

function digestOffer(digests: LibraryDigests): DigestOffer {
  const value = { none: "None", prefer: "CRC32C,None", require: "CRC32C" }[digests];
  return { headerDigest: value, dataDigest: value };
}

/** `iscsi://HOST:PORT/IQN` of the library. */
export function libraryUrl({ library }: BridgeConfig): string {
  return urlOf(library.host, library.port, library.targetName);
}

/** `iscsi://HOST:PORT/IQN`. */
export function urlOf(host: string, port: number, targetName: string): string {
  return `iscsi://${host.includes(":") ? `[${host}]` : host}:${port}/${targetName}`;
}

function knownDriveOf(unit: ProbedUnit): KnownDrive {
  const inquiry = Buffer.from(unit.inquiry.subarray(0, INQUIRY_BYTES)).toString("hex");
  return { serial: unit.serial, lun: unit.lun, inquiry };
}
