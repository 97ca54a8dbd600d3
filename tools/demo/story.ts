/**
 * Plays one story from the first robot move to the proof. Decides the order of events; what must
 * come of it is `checks.ts`'s. Invariants: everything it started has ended when it returns; a fault
 * that the server saw is a result, what the machine lacks is an OperatorError.
 */

import { messageOf } from "../../host/lib/error.ts";
import type { RecoveryStatus, StatusDocument } from "../../host/lib/status-document.ts";
import { readBackup, StoppedByOperator, writeBackup } from "./backup.ts";
import type { CaseResult } from "./case-result.ts";
import { ChangerClient, type Element } from "./changer-client.ts";
import { checksOf, type Facts } from "./checks.ts";
import type { DemoCase } from "./demo-case.ts";
import type { DemoLibrary, StageSetting } from "./demo-library.ts";
import type { BackupPlan } from "./file-list.ts";
import { Monitor } from "./monitor.ts";
import type { Progress } from "./progress.ts";
import { rewriteRate, stepOffsetMs } from "./recovery-facts.ts";
import type { Sense } from "./sense.ts";
import { ServerDevice, ServerFault } from "./server-device.ts";
import { ServerWatch } from "./server-watch.ts";
import { openStage, type Stage } from "./stage.ts";
import { Tally, type TapeCount } from "./tally.ts";
import { TapeClient } from "./tape-client.ts";

/** What every story of a run shares. */
export interface StorySetting {
  readonly plan: BackupPlan;
  readonly openLibrary: (setting: StageSetting) => Promise<DemoLibrary>;
  readonly runtime: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** A recovery rewrites at most one cartridge's worth; a demo's is small. */
const RECOVERY_TIMEOUT_MS = 600_000;
const FAILURE_LOG_LINES = 15;

/**
 * Plays `demoCase`. Throws OperatorError for what the machine lacks or what ended unasked, and
 * StoppedByOperator.
 */
export async function playStory(demoCase: DemoCase, setting: StorySetting): Promise<CaseResult> {
  const startMs = performance.now();
  const { progress } = setting;
  progress.line(`\n${demoCase.name}: ${demoCase.story}`);
  const stage = await openStage({
    openLibrary: setting.openLibrary,
    backupBytes: setting.plan.bytesMax,
    hasSpares: demoCase.hasSpares,
    runtime: setting.runtime,
  });
  const monitor = new Monitor(stage.stateDirectory, progress.line);
  const play = new Play(demoCase, setting, stage, monitor);
  try {
    monitor.start();
    await play.job();
    await monitor.stop();
    const result = await play.prove((performance.now() - startMs) / 1000);
    if (!result.ok) {
      tellLogs(stage, progress);
    }
    return result;
  } catch (error) {
    if (!(error instanceof StoppedByOperator)) {
      tellLogs(stage, progress);
    }
    throw error;
  } finally {
    progress.end();
    await monitor.stop();
    await stage.close();
  }
}

/** One story while it is played: what the server knows and what it found. */
class Play {
  private readonly demoCase: DemoCase;
  private readonly setting: StorySetting;
  private readonly stage: Stage;
  private readonly monitor: Monitor;
  private readonly watch = new ServerWatch();
  private readonly sent = new Tally();
  private readBack: Tally | undefined;
  private jobSense: Sense | undefined;
  private volumeTag = "";
  private status: StatusDocument | undefined;
  private before: readonly Element[] = [];
  private after: readonly Element[] = [];
  private writeSeconds = 0;

  constructor(demoCase: DemoCase, setting: StorySetting, stage: Stage, monitor: Monitor) {
    this.demoCase = demoCase;
    this.setting = setting;
    this.stage = stage;
    this.monitor = monitor;
  }

  /** The server's whole job; a ServerFault ends it early and is kept. */
  async job(): Promise<void> {
    const changerUnit = new ServerDevice(this.stage.changer, this.watch);
    const driveUnit = new ServerDevice(this.stage.drive, this.watch);
    try {
      await changerUnit.open();
      await driveUnit.open();
      await changerUnit.waitReady();
      await this.useCartridge(new ChangerClient(changerUnit), driveUnit);
    } catch (error) {
      if (this.setting.signal.aborted) {
        // A terminal's SIGINT reaches library and bridge too: what the server saw is their end.
        throw new StoppedByOperator();
      }
      if (!(error instanceof ServerFault)) {
        throw error;
      }
      this.setting.progress.line(`  the server saw: ${error.message}`);
    } finally {
      await driveUnit.close();
      await changerUnit.close();
    }
  }

  /** Stops everything, reads the cartridge's file, compares. */
  async prove(seconds: number): Promise<CaseResult> {
    const { progress } = this.setting;
    await this.stage.stop();
    const realVolumeTag = this.status?.lanes[0]?.cartridge?.realVolumeTag ?? "";
    progress.begin("cartridge", this.sent.bytes);
    const onCartridge = await this.witness(realVolumeTag);
    progress.at(onCartridge?.totals().bytes ?? 0, "");
    progress.end();
    const facts: Facts = {
      sent: this.sent,
      readBack: this.readBack,
      onCartridge,
      phantomObjects: this.stage.library.phantomObjects,
      errorsSeen: this.watch.errorCount,
      jobSense: this.jobSense,
      recoveries: this.status?.recoveries ?? [],
      volumeTag: this.volumeTag,
      shownVolumeTag: this.status?.lanes[0]?.cartridge?.volumeTag ?? "",
      realVolumeTag,
      inventoryBefore: this.before,
      inventoryAfter: this.after,
    };
    const checks = checksOf(this.demoCase, facts);
    return {
      case: this.demoCase.name,
      ok: checks.every(({ ok }) => ok),
      story: this.demoCase.story,
      checks,
      sent: this.sent.totals(),
      readBack: this.readBack?.totals() ?? null,
      onCartridge: onCartridge?.totals() ?? null,
      archives: this.sent.marks,
      errorsSeen: this.watch.errorCount,
      errors: this.watch.errors,
      busyAnswers: this.watch.busyCount,
      longestStall: this.watch.stall,
      writeBytesPerSecond: this.sent.bytes / Math.max(this.writeSeconds, 0.001),
      recoveries: facts.recoveries.map(recoveryEntry),
      volumeTag: this.volumeTag,
      realVolumeTag,
      runtime: this.status?.runtime ?? "",
      runtimeReason: this.status?.runtimeReason ?? "",
      seconds,
    };
  }

  /** undefined: there is none, or its file is damaged. */
  private async witness(volumeTag: string): Promise<TapeCount | undefined> {
    if (volumeTag === "") {
      return undefined;
    }
    try {
      return await this.stage.library.witness(volumeTag);
    } catch (error) {
      this.setting.progress.line(`  the file of ${volumeTag}: ${messageOf(error)}`);
      return undefined;
    }
  }

  private async useCartridge(changer: ChangerClient, driveUnit: ServerDevice): Promise<void> {
    const { progress } = this.setting;
    this.before = await changer.storage();
    const slot = this.before.find(({ isFull, volumeTag }) => isFull && !/^CLN/.test(volumeTag));
    const drive = (await changer.drives())[0];
    if (slot === undefined || drive === undefined) {
      this.watch.saw("READ ELEMENT STATUS", "no cartridge or no drive");
      throw new ServerFault("READ ELEMENT STATUS", "no cartridge or no drive");
    }
    this.volumeTag = slot.volumeTag;
    progress.line(`  cartridge ${slot.volumeTag}: slot ${slot.address} to drive ${drive.address}`);
    await changer.move(slot.address, drive.address);
    await driveUnit.waitReady();
    const tape = new TapeClient(driveUnit, this.watch);
    await this.write(tape);
    await this.readAndUnload(tape);
    await changer.move(drive.address, slot.address);
    this.after = await changer.storage();
  }

  private async write(tape: TapeClient): Promise<void> {
    const { plan, progress, signal } = this.setting;
    const { breaks } = this.demoCase;
    const startMs = performance.now();
    progress.begin("backup", plan.bytesMax);
    try {
      await writeBackup(tape, plan, this.sent, {
        signal,
        onObject: (tally) => progress.at(tally.bytes, this.monitor.words()),
        onMiddle: async ({ objects }) => {
          if (breaks !== undefined) {
            const at = { volumeTag: this.volumeTag, object: objects };
            progress.line(`  broken now: ${await this.stage.library.breakNow(breaks, at)}`);
          }
        },
      });
    } catch (error) {
      if (!(error instanceof ServerFault) || this.demoCase.result !== "reported") {
        throw error;
      }
      this.jobSense = error.sense;
      progress.line(`  the server saw: ${error.message}`);
    }
    this.writeSeconds = (performance.now() - startMs) / 1000;
    progress.end();
    await this.settle();
  }

  private async settle(): Promise<void> {
    this.status = await this.monitor.waitFor(
      ({ recoveries }) => recoveries.every(({ result }) => result !== "running"),
      RECOVERY_TIMEOUT_MS,
    );
  }

  private async readAndUnload(tape: TapeClient): Promise<void> {
    const { progress, signal } = this.setting;
    if (this.demoCase.result !== "reported") {
      progress.begin("read back", this.sent.bytes);
      this.readBack = await readBackup(tape, this.sent, {
        signal,
        onObject: (tally) => progress.at(tally.bytes, this.monitor.words()),
      });
      progress.end();
      await this.settle();
    }
    await tape.unload();
  }
}

function recoveryEntry(recovery: RecoveryStatus): CaseResult["recoveries"][number] {
  return {
    kind: recovery.kind,
    cause: recovery.cause,
    result: recovery.result,
    rewrittenBytes: recovery.rewrittenBytes,
    rewriteBytesPerSecond: rewriteRate(recovery) ?? null,
    stallMsMax: recovery.stallMsMax,
    steps: recovery.steps.map(({ label }, index) => ({
      label,
      atMs: stepOffsetMs(recovery, index),
    })),
  };
}

function tellLogs(stage: Stage, progress: Progress): void {
  const logs = [
    ["bridge", stage.bridge.log()],
    ["library", stage.library.log()],
  ] as const;
  for (const [name, lines] of logs) {
    for (const line of lines.slice(-FAILURE_LOG_LINES)) {
      progress.line(`  ${name}: ${line}`);
    }
  }
}
