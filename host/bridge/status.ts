/**
 * The status document of a running bridge (`understudy status`). Decides how what the cores show
 * becomes the public document; asks nobody, changes nothing.
 */

import type { CoreHost } from "../lane/core-host.ts";
import { type LaneShow, readChangerShow, readLaneShow } from "../lane/show.ts";
import type { DriveStatus, LaneStatus, StatusDocument } from "../lib/status-document.ts";
import type { ArrayWatch } from "./array-watch.ts";
import type { Cores } from "./cores.ts";
import type { Library } from "./library.ts";

/** What never changes while the bridge runs. */
export interface StatusFacts {
  readonly version: string;
  readonly runtime: string;
  readonly runtimeReason: string;
  readonly target: string;
  readonly library: Library;
  /** By lane: where its ring is. */
  readonly ringPaths: readonly (readonly string[])[];
  /** The rings are. */
  readonly isEncrypted: boolean;
  readonly arrays: ArrayWatch;
}

/** The document of this moment. */
export function statusOf(facts: StatusFacts, cores: Cores): StatusDocument {
  const { version, runtime, runtimeReason, target, library, ringPaths, isEncrypted, arrays } =
    facts;
  const changer = readChangerShow(cores.changer.show);
  const driveOf = (number: number): DriveStatus | null => {
    const drive = library.drives[number];
    const element = changer.driveElements[number] ?? 0;
    return drive === undefined ? null : { serial: drive.serial, element };
  };
  for (const lane of cores.lanes) {
    lane.noteFigures();
  }
  return {
    version,
    runtime,
    runtimeReason,
    target,
    lanes: cores.lanes.map((lane) => {
      const paths = ringPaths[lane.lane - 1] ?? [];
      const device = { paths, arrays: arrays.arraysUnder(paths) };
      return laneStatusOf(lane, driveOf, { device, encrypted: isEncrypted });
    }),
    changer: {
      state: cores.changer.failure === "" ? "working" : "failed",
      restarts: cores.changer.restartCount,
      lastFailure: cores.changer.lastFailure,
    },
    recoveries: cores.recoveries.list(),
    spareDrives: changer.spareDrives.flatMap((number) => driveOf(number) ?? []),
    spareMedia: changer.spareMedia,
  };
}

function laneStatusOf(
  lane: CoreHost,
  driveOf: (number: number) => DriveStatus | null,
  ring: Pick<LaneStatus["ring"], "device" | "encrypted">,
): LaneStatus {
  const show = readLaneShow(lane.show);
  return {
    lun: lane.lane,
    state: lane.failure === "" ? show.state : "failed",
    drive: driveOf(show.drive),
    ...mountedOf(show),
    ring: {
      sizeBytes: show.ringBytes,
      usedBytes: show.ringUsedBytes,
      protected: show.isProtected,
      ...ring,
    },
    restarts: lane.restartCount,
    lastFailure: lane.lastFailure,
  };
}

function mountedOf(show: LaneShow): Pick<LaneStatus, "cartridge" | "position"> {
  if (!show.isLoaded) {
    return { cartridge: null, position: null };
  }
  const { virtualTag, realTag, partition, object } = show;
  return {
    cartridge: { volumeTag: virtualTag, realVolumeTag: realTag },
    position: { partition, object },
  };
}
