/** Whether a device is the one that we know by its serial number (VPD page 80h). */

import { OP_INQUIRY } from "../../assembly/spec/operation-code.ts";
import type { ScsiDevice } from "../lib/scsi-device.ts";

const EVPD = 1;
const PAGE_SERIAL_NUMBER = 0x80;
const PAGE_BYTES = 252;
const PAGE_HEADER_BYTES = 4;

/** True when the serial number is `serial`; a device that has none ("") is known by its place alone. */
export async function isSameDevice(
  device: ScsiDevice,
  serial: string,
  timeoutMs: number,
): Promise<boolean> {
  if (serial === "") {
    return true;
  }
  const cdb = Uint8Array.of(OP_INQUIRY, EVPD, PAGE_SERIAL_NUMBER, 0, PAGE_BYTES, 0);
  const dataIn = Buffer.alloc(PAGE_BYTES);
  const result = await device.execute({ cdb, dataIn, timeoutMs });
  if (result.kind !== "answered" || result.status !== 0) {
    return false;
  }
  const end = Math.min(PAGE_HEADER_BYTES + dataIn.readUInt16BE(2), result.dataInBytes);
  return dataIn.toString("latin1", PAGE_HEADER_BYTES, end).replaceAll("\0", "").trim() === serial;
}
