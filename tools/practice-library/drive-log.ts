/**
 * LOG SENSE of a drive: supported pages, volume statistics, TapeAlert, tape capacity. Decides which
 * parameters are told; counters are kept where they arise.
 */

import type { Answer } from "./answer.ts";
import { check, goodUpTo } from "./answer.ts";
import type { Drive } from "./drive.ts";
import { big } from "./parameters.ts";
import { SENSE } from "./sense.ts";
import type { Call } from "./unit-shell.ts";

const PAGE_MASK = 0x3f;
const ALERT_FLAGS = 64;
const MEBIBYTE = 1024 * 1024;
/** Format and linking: binary, list parameter or counter does not matter to any reader. */
const PARAMETER_CONTROL = 0x03;

type PageBody = (drive: Drive, call: Call) => Buffer;

const PAGES: ReadonlyMap<number, PageBody> = new Map([
  [0x00, () => Buffer.from([...PAGES.keys()])],
  [0x17, volumeStatistics],
  [0x2e, tapeAlert],
  [0x31, tapeCapacity],
]);

/** LOG SENSE: byte 2 page, 3 subpage, 5-6 first parameter, 7-8 allocation length. */
export function logSense(drive: Drive, call: Call): Answer {
  const { cdb } = call;
  const page = cdb.readUInt8(2) & PAGE_MASK;
  const body = cdb.readUInt8(3) === 0 ? PAGES.get(page)?.(drive, call) : undefined;
  if (body === undefined) {
    return check(SENSE.invalidFieldInCdb);
  }
  const head = Buffer.concat([Buffer.from([page, 0]), big(body.length, 2)]);
  return goodUpTo(Buffer.concat([head, body]), cdb.readUInt16BE(7));
}

/** A parameter: code 2 bytes, control, length, value. */
function parameter(code: number, value: Buffer): Buffer {
  const head = [Buffer.from([PARAMETER_CONTROL, value.length]), value];
  return Buffer.concat([big(code, 2), ...head]);
}

/** Reading clears the flags of this nexus. */
function tapeAlert(drive: Drive, { nexus }: Call): Buffer {
  const flags = drive.nexuses.takeAlerts(nexus);
  return Buffer.concat(
    Array.from({ length: ALERT_FLAGS }, (_, index) => {
      return parameter(index + 1, Buffer.from([flags.has(index + 1) ? 1 : 0]));
    }),
  );
}

/** Page valid (0000h) and thread count (0001h). */
function volumeStatistics(drive: Drive): Buffer {
  const isValid = drive.state.kind === "ready" ? 1 : 0;
  const mounts = drive.cartridge?.mounts ?? 0;
  return Buffer.concat([
    parameter(0x0000, Buffer.from([isValid])),
    parameter(0x0001, big(mounts, 4)),
  ]);
}

/** Remaining (0001h) and maximum (0003h) capacity of the one partition, in MiB. */
function tapeCapacity(drive: Drive): Buffer {
  const { state } = drive;
  const capacityBytes = state.kind === "ready" ? state.cartridge.capacityBytes : 0;
  const usedBytes = state.kind === "ready" ? state.tape.position.offset : 0;
  return Buffer.concat([
    parameter(0x0001, big((capacityBytes - usedBytes) / MEBIBYTE, 4)),
    parameter(0x0002, big(0, 4)),
    parameter(0x0003, big(capacityBytes / MEBIBYTE, 4)),
    parameter(0x0004, big(0, 4)),
  ]);
}
