/** How large a block device is, which its file status does not say. */

import { readFileSync } from "node:fs";

const SECTOR_BYTES = 512;

/** Major and minor number of a device number of Linux. */
export function deviceNumbers(rdev: bigint): { readonly major: bigint; readonly minor: bigint } {
  return {
    major: (rdev >> 8n) & 0xfffn,
    minor: (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n),
  };
}

/** The kernel's word for the size of the block device with that device number (Linux: sysfs, sectors). */
export function blockDeviceBytes(rdev: bigint): number {
  const { major, minor } = deviceNumbers(rdev);
  return Number(readFileSync(`/sys/dev/block/${major}:${minor}/size`, "utf8")) * SECTOR_BYTES;
}
