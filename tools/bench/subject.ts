/**
 * What is measured: a drive with a cartridge in it, reached directly or through a bridge, each with
 * a library of its own. Decides how it is set up and torn down. Invariant: after `close` nothing of
 * it is left.
 */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OperatorError } from "../../host/lib/error.ts";
import type { ScsiDevice } from "../../host/lib/scsi-device.ts";
import type { StatusDocument } from "../../host/lib/status-document.ts";
import { ChangerClient } from "../demo/changer-client.ts";
import type { BreakPoint, DemoLibrary, StageSetting } from "../demo/demo-library.ts";
import { Monitor } from "../demo/monitor.ts";
import { openPracticeStage } from "../demo/practice-stage.ts";
import { ServerDevice } from "../demo/server-device.ts";
import { ServerWatch } from "../demo/server-watch.ts";
import { openStage, openUnit } from "../demo/stage.ts";
import { TapeClient } from "../demo/tape-client.ts";
import { openTgtStage } from "../demo/tgt-stage.ts";

/** Which library a subject has. */
export type LibraryKind = "tgt" | "practice";

/** How to set a subject up. */
export interface SubjectSetting {
  readonly library: LibraryKind;
  /** The most that is written to its cartridge. */
  readonly bytes: number;
  readonly runtime: string;
  /** Of a practice drive: "400M", "none". */
  readonly rate?: string;
  /** Of a bridge. */
  readonly traceDirectory?: string;
}

/** A loaded drive. */
export interface Subject {
  readonly tape: TapeClient;
  readonly watch: ServerWatch;
  /** Breaks the loaded cartridge. */
  breakMedium(object: number): Promise<void>;
  /** Waits for the end of what recovery there is; undefined without a bridge. */
  settled(): Promise<StatusDocument | undefined>;
  /** Highest resident set of the bridge so far, in bytes; 0 without a bridge. */
  peakResidentBytes(): Promise<number>;
  close(): Promise<void>;
}

const CAPACITY_SPARE_BYTES = 1024 ** 3;
const RECOVERY_TIMEOUT_MS = 600_000;
const DRIVE_LUN = 1;

const STAGES: Readonly<Record<LibraryKind, (setting: StageSetting) => Promise<DemoLibrary>>> = {
  practice: openPracticeStage,
  tgt: openTgtStage,
};

/** The drive itself. Throws OperatorError. */
export async function openDirect(setting: SubjectSetting): Promise<Subject> {
  const directory = await mkdtemp(join(tmpdir(), "understudy-bench-"));
  const library = await STAGES[setting.library]({
    directory,
    capacityBytes: setting.bytes + CAPACITY_SPARE_BYTES,
    ...(setting.rate === undefined ? {} : { rate: setting.rate }),
  });
  const { url, changerLun } = library;
  return load(library, openUnit(url, changerLun), openUnit(url, DRIVE_LUN), {
    settled: () => Promise.resolve(undefined),
    peakResidentBytes: () => Promise.resolve(0),
    async close() {
      await library.stop();
      await rm(directory, { recursive: true, force: true });
    },
  });
}

/** The same drive behind a bridge. Throws OperatorError. */
export async function openInLine(setting: SubjectSetting): Promise<Subject> {
  const stage = await openStage({
    openLibrary: STAGES[setting.library],
    backupBytes: setting.bytes,
    hasSpares: true,
    runtime: setting.runtime,
    ...(setting.rate === undefined ? {} : { rate: setting.rate }),
    ...(setting.traceDirectory === undefined ? {} : { traceDirectory: setting.traceDirectory }),
  });
  const monitor = new Monitor(stage.stateDirectory, () => undefined);
  return load(stage.library, stage.changer, stage.drive, {
    settled: () =>
      monitor.waitFor(
        ({ recoveries }) => recoveries.every(({ result }) => result !== "running"),
        RECOVERY_TIMEOUT_MS,
      ),
    peakResidentBytes: () => peakResidentBytes(stage.bridge.pid),
    close: stage.close,
  });
}

async function load(
  library: DemoLibrary,
  changer: ScsiDevice,
  drive: ScsiDevice,
  rest: Pick<Subject, "settled" | "peakResidentBytes" | "close">,
): Promise<Subject> {
  const watch = new ServerWatch();
  const changerUnit = new ServerDevice(changer, watch);
  const driveUnit = new ServerDevice(drive, watch);
  const close = async (): Promise<void> => {
    await driveUnit.close();
    await changerUnit.close();
    await rest.close();
  };
  try {
    await changerUnit.open();
    await driveUnit.open();
    await changerUnit.waitReady();
    const at = await loadFirst(new ChangerClient(changerUnit));
    await driveUnit.waitReady();
    return {
      ...rest,
      tape: new TapeClient(driveUnit, watch),
      watch,
      async breakMedium(object) {
        await library.breakNow("medium", { ...at, object });
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function loadFirst(changer: ChangerClient): Promise<Pick<BreakPoint, "volumeTag">> {
  const slot = (await changer.storage()).find(({ isFull }) => isFull);
  const drive = (await changer.drives())[0];
  if (slot === undefined || drive === undefined) {
    throw new OperatorError("libraryUnsuitable", "the benchmark's library");
  }
  await changer.move(slot.address, drive.address);
  return { volumeTag: slot.volumeTag };
}

async function peakResidentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
