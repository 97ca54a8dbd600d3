/**
 * Finds the tape drives and media changers behind a target: REPORT LUNS, then standard INQUIRY and
 * the pages 80h and 83h of each logical unit. Decides what counts as one (peripheral device types
 * 01h and 08h, connected); what it is used for is the caller's. Each logical unit is asked over a
 * session of its own, which is closed again.
 */
import { getLun, LUN_NONE } from "../iscsi/lun.ts";
import type { ScsiDevice } from "../lib/scsi-device.ts";
import { type IscsiDeviceOptions, openIscsiDevice } from "./device.ts";

/** What to ask, and how long each step may take. */
export interface ProbeOptions extends Omit<IscsiDeviceOptions, "lun"> {
  /** Bounds each login and each command. */
  readonly timeoutMs: number;
}

/** One tape drive or media changer. */
export interface ProbedUnit {
  readonly lun: number;
  /** 01h tape drive, 08h media changer. */
  readonly peripheralDeviceType: number;
  /** Text without the padding. */
  readonly vendor: string;
  readonly product: string;
  readonly revision: string;
  /** Product serial number (page 80h), empty where there is none. */
  readonly serial: string;
  /** Standard INQUIRY data as it came, at least 36 bytes. */
  readonly inquiry: Uint8Array;
  /** Page 83h as it came, empty where there is none. */
  readonly identification: Uint8Array;
}

/** Why the target could not be asked. */
export interface ProbeFault {
  readonly reason: string;
}

/** Peripheral device types of SPC that we use. */
export const DEVICE_TYPE_TAPE = 0x01;
export const DEVICE_TYPE_CHANGER = 0x08;

const OPERATION_REPORT_LUNS = 0xa0;
const OPERATION_INQUIRY = 0x12;
const PAGE_SERIAL_NUMBER = 0x80;
const PAGE_IDENTIFICATION = 0x83;
const EVPD = 0x01;
const STATUS_GOOD = 0x00;
const INQUIRY_BYTES = 252;
const INQUIRY_BYTES_MIN = 36;
const PAGE_HEADER_BYTES = 4;
const LUNS_HEADER_BYTES = 8;
const LUN_BYTES = 8;
const LUNS_MAX = 511;
const LUNS_BYTES = LUNS_HEADER_BYTES + LUNS_MAX * LUN_BYTES;
const NOTHING = new Uint8Array(0);

/**
 * Every tape drive and media changer that answers, by rising logical unit number; never rejects. One
 * that does not answer is left out, with a line in the log: the others are not held up by it.
 */
export async function probeTarget(
  options: ProbeOptions,
): Promise<readonly ProbedUnit[] | ProbeFault> {
  const luns = await withDevice(options, 0, reportLuns);
  if ("reason" in luns) {
    return luns;
  }
  const units: ProbedUnit[] = [];
  for (const lun of luns) {
    const unit = await withDevice(options, lun, (device) =>
      inquire(device, lun, options.timeoutMs),
    );
    if (unit === undefined) {
      continue;
    }
    if ("reason" in unit) {
      options.log("warn", `logical unit ${lun} is left out: ${unit.reason}`);
      continue;
    }
    units.push(unit);
  }
  return units;
}

async function withDevice<T>(
  options: ProbeOptions,
  lun: number,
  ask: (device: ScsiDevice, timeoutMs: number) => Promise<T>,
): Promise<T | ProbeFault> {
  let reason = "no connection";
  const log: IscsiDeviceOptions["log"] = (level, message) => {
    reason = message;
    options.log(level, message);
  };
  const device = openIscsiDevice({ ...options, log, lun });
  if (!(await device.connect(options.timeoutMs))) {
    return { reason };
  }
  try {
    return await ask(device, options.timeoutMs);
  } finally {
    await device.disconnect();
  }
}

/**
 * The logical unit numbers that the device's target reports, rising. Numbers of more than one
 * level are left out.
 */
export async function reportLuns(
  device: ScsiDevice,
  timeoutMs: number,
): Promise<readonly number[] | ProbeFault> {
  const cdb = new Uint8Array(12);
  cdb[0] = OPERATION_REPORT_LUNS;
  new DataView(cdb.buffer).setUint32(6, LUNS_BYTES);
  const data = await readData(device, cdb, LUNS_BYTES, timeoutMs);
  if (data === undefined || data.length < LUNS_HEADER_BYTES) {
    return { reason: `${device.name}: REPORT LUNS was not answered` };
  }
  const listBytes = new DataView(data.buffer, data.byteOffset).getUint32(0);
  const end = Math.min(LUNS_HEADER_BYTES + listBytes, data.length);
  const luns: number[] = [];
  for (let offset = LUNS_HEADER_BYTES; offset + LUN_BYTES <= end; offset += LUN_BYTES) {
    const lun = getLun(data, offset);
    if (lun !== LUN_NONE) {
      luns.push(lun);
    }
  }
  return luns.sort((a, b) => a - b);
}

/** What a logical unit is; undefined for what is neither tape drive nor changer. */
async function inquire(
  device: ScsiDevice,
  lun: number,
  timeoutMs: number,
): Promise<ProbedUnit | undefined | ProbeFault> {
  const standard = await inquiry(device, 0, 0, timeoutMs);
  if (standard === undefined || standard.length < INQUIRY_BYTES_MIN) {
    return { reason: `${device.name}: INQUIRY was not answered` };
  }
  // Byte 0 with the peripheral qualifier: other than 0 means that nothing is connected.
  const peripheralDeviceType = standard[0] ?? 0;
  if (peripheralDeviceType !== DEVICE_TYPE_TAPE && peripheralDeviceType !== DEVICE_TYPE_CHANGER) {
    return undefined;
  }
  const serial = await inquiry(device, EVPD, PAGE_SERIAL_NUMBER, timeoutMs);
  const identification = await inquiry(device, EVPD, PAGE_IDENTIFICATION, timeoutMs);
  return {
    lun,
    peripheralDeviceType,
    vendor: textOf(standard.subarray(8, 16)),
    product: textOf(standard.subarray(16, 32)),
    revision: textOf(standard.subarray(32, 36)),
    serial: textOf(pageBody(serial)),
    inquiry: standard,
    identification: identification ?? NOTHING,
  };
}

function inquiry(device: ScsiDevice, evpd: number, page: number, timeoutMs: number) {
  const cdb = Uint8Array.of(OPERATION_INQUIRY, evpd, page, 0, INQUIRY_BYTES, 0);
  return readData(device, cdb, INQUIRY_BYTES, timeoutMs);
}

/** Data of a command that ended with GOOD, undefined for anything else. */
async function readData(
  device: ScsiDevice,
  cdb: Uint8Array,
  bytesMax: number,
  timeoutMs: number,
): Promise<Uint8Array | undefined> {
  const dataIn = new Uint8Array(bytesMax);
  const result = await device.execute({ cdb, dataIn, timeoutMs });
  return result.kind === "answered" && result.status === STATUS_GOOD
    ? dataIn.subarray(0, result.dataInBytes)
    : undefined;
}

/** What a vital product data page holds behind its header; its length is in bytes 2 and 3. */
function pageBody(page: Uint8Array | undefined): Uint8Array {
  if (page === undefined || page.length < PAGE_HEADER_BYTES) {
    return NOTHING;
  }
  const length = new DataView(page.buffer, page.byteOffset).getUint16(2);
  return page.subarray(PAGE_HEADER_BYTES, PAGE_HEADER_BYTES + length);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1").replaceAll("\0", "").trim();
}
