/** What the cores of a bridge share on the host's side. */

import type { Log } from "../lib/log.ts";
import type { ScsiDevice } from "../lib/scsi-device.ts";
import type { Arbiter } from "./arbiter.ts";
import type { Clock } from "./clock.ts";
import type { DeviceName } from "./log-row.ts";
import type { Recoveries } from "./recoveries.ts";

/** Number of the changer's core where lanes are counted from 1. */
export const CHANGER_LANE = 0;

/** What lane and changer share. */
export interface SharedParts {
  readonly clock: Clock;
  readonly log: Log;
  /** By device number, the robot under DEVICE_ROBOT. */
  readonly devices: ReadonlyMap<number, ScsiDevice>;
  readonly deviceName: DeviceName;
  readonly arbiter: Arbiter;
  readonly recoveries: Recoveries;
}

/** Whose core it is, as fields of a log line. */
export function coreFields(lane: number): { changer: true } | { lane: number } {
  return lane === CHANGER_LANE ? { changer: true } : { lane };
}
