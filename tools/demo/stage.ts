/**
 * Everything a story needs, set up and torn down: a directory, the library, the bridge in front of
 * it, the server's two logical units. Decides the bridge's flags and the sizes of ring and
 * cartridge. Invariant: `close` ends every process and removes the directory, whatever happened.
 */

import { mkdir, mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openIscsiDevice } from "../../host/initiator/device.ts";
import { parseIscsiUrl } from "../../host/initiator/iscsi-url.ts";
import { OperatorError } from "../../host/lib/error.ts";
import { createLog } from "../../host/lib/log.ts";
import type { ScsiDevice } from "../../host/lib/scsi-device.ts";
import { formatSize } from "../../host/lib/size.ts";
import { type Child, startChild } from "./child.ts";
import type { DemoLibrary, StageSetting } from "./demo-library.ts";

/** How to set up. */
export interface StagePlan {
  readonly openLibrary: (setting: StageSetting) => Promise<DemoLibrary>;
  readonly backupBytes: number;
  readonly hasSpares: boolean;
  /** As in `--runtime`. */
  readonly runtime: string;
  /** Bytes per second of a drive, where the library can be told. */
  readonly rate?: string;
  /** Where the bridge records its cores' events; undefined: nowhere. */
  readonly traceDirectory?: string;
}

/** Set up. */
export interface Stage {
  readonly library: DemoLibrary;
  readonly bridge: Child;
  readonly stateDirectory: string;
  readonly changer: ScsiDevice;
  readonly drive: ScsiDevice;
  /** Ends bridge, then library; the directory stays. Throws OperatorError. */
  stop(): Promise<void>;
  /** Ends what still runs and removes the directory. */
  close(): Promise<void>;
}

const INITIATOR_NAME = "iqn.2026-11.com.example:demo-server";
const CHANGER_LUN = 0;
const LANE_LUN = 1;
const MEBIBYTE = 1_048_576;
/** The ring keeps the whole image: data, an entry per object, and free segments to go on with. */
const RING_SHARE = 1.25;
const RING_SPARE_BYTES = 256 * MEBIBYTE;
/** Ring, the failed cartridge up to the middle, the replacement. */
const DISK_SHARE = RING_SHARE + 2;
const CARTRIDGE_SPARE_BYTES = 1024 * MEBIBYTE;

/** Throws OperatorError where the machine lacks something. */
export async function openStage(plan: StagePlan): Promise<Stage> {
  await checkSpace(plan.backupBytes);
  const directory = await mkdtemp(join(tmpdir(), "understudy-demo-"));
  const opened: { stop(): Promise<unknown> }[] = [];
  const stopAll = async (): Promise<void> => {
    for (let last = opened.pop(); last !== undefined; last = opened.pop()) {
      await last.stop();
    }
  };
  const close = async (): Promise<void> => {
    try {
      await stopAll();
    } finally {
      await stopAll().finally(() => rm(directory, { recursive: true, force: true }));
    }
  };
  try {
    const libraryDirectory = join(directory, "library");
    await mkdir(libraryDirectory);
    const library = await plan.openLibrary({
      directory: libraryDirectory,
      capacityBytes: 2 * plan.backupBytes + CARTRIDGE_SPARE_BYTES,
      ...(plan.rate === undefined ? {} : { rate: plan.rate }),
    });
    opened.push(library);
    const stateDirectory = join(directory, "state");
    const bridge = await startChild(bridgeArguments(plan, library, directory, stateDirectory));
    opened.push(bridge);
    const [changer, drive] = [CHANGER_LUN, LANE_LUN].map((lun) => openUnit(bridge.url, lun));
    if (changer === undefined || drive === undefined) {
      throw new OperatorError("system", bridge.url);
    }
    return { library, bridge, stateDirectory, changer, drive, stop: stopAll, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function bridgeArguments(
  plan: StagePlan,
  library: DemoLibrary,
  directory: string,
  stateDirectory: string,
): string[] {
  const ringBytes = Math.ceil(plan.backupBytes * RING_SHARE) + RING_SPARE_BYTES;
  const noSpares = ["--lanes", String(library.driveCount), "--spare-media", "none"];
  return [
    "start",
    ...["--library", library.url, "--listen", "127.0.0.1:0", "--runtime", plan.runtime],
    ...["--state", stateDirectory, "--ring", join(directory, "ring")],
    ...["--ring-size", String(ringBytes)],
    ...(plan.hasSpares ? [] : noSpares),
    ...(plan.traceDirectory === undefined ? [] : ["--trace", plan.traceDirectory]),
  ];
}

/** One logical unit of a bridge, as a server reaches it. `url` is a ready line's. */
export function openUnit(url: string, lun: number): ScsiDevice {
  const address = parseIscsiUrl(url);
  if ("problem" in address) {
    throw new OperatorError("system", url, address.problem);
  }
  return openIscsiDevice({
    host: address.host,
    port: address.port,
    targetName: address.targetName,
    lun,
    initiatorName: INITIATOR_NAME,
    isidQualifier: lun,
    log: createLog("demo", () => undefined),
  });
}

async function checkSpace(backupBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(tmpdir());
  const neededBytes = backupBytes * DISK_SHARE + RING_SPARE_BYTES;
  if (bavail * bsize < neededBytes) {
    const details = `${formatSize(neededBytes)} needed, ${formatSize(bavail * bsize)} free`;
    throw new OperatorError("diskFull", tmpdir(), details);
  }
}
