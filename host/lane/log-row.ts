/** What a line of a core's log is made of. Decides nothing. */
import type { LogFields, LogLevel } from "../lib/log.ts";

/** The numbers of an AC_LOG. */
export interface LogNumbers {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly x: number;
  readonly y: number;
  readonly params: Uint8Array;
}

/** How one code is said. */
export interface LogRow {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: (numbers: LogNumbers, deviceName: DeviceName) => LogFields;
  readonly evidence?: (numbers: LogNumbers, deviceName: DeviceName) => string;
}

/** The name of a device number: the drive's serial number, or "robot". */
export type DeviceName = (device: number) => string;
