/**
 * The practice library as the demo's stage: started as a process of its own, broken through its
 * control socket, its cartridges read from their files. Decides rates and times that make a story
 * short but not unlike a real library.
 */

import { join } from "node:path";
import { OperatorError } from "../../host/lib/error.ts";
import type { Io } from "../../host/lib/io.ts";
import { readCartridge } from "../cartridge/read-cartridge.ts";
import { runLibraryFault } from "../practice-library/run.ts";
import { startChild } from "./child.ts";
import type { Breakage } from "./demo-case.ts";
import type { BreakPoint, DemoLibrary, StageSetting } from "./demo-library.ts";
import { Tally } from "./tally.ts";

const DRIVE_COUNT = 3;
const CHANGER_LUN = 0;
/** An LTO-9's native rate. */
const RATE = "400M";
/** A real robot takes 10 s to 30 s; long enough here to be seen in the time line. */
const MOVE_MS = 300;

const RULES_OF: Readonly<Record<Breakage, (at: BreakPoint) => readonly string[]>> = {
  medium: ({ volumeTag, object }) => [`cartridge ${volumeTag} write fail at ${object}`],
  drive: () => ["drive 1 write fail"],
  "stuck-drive": () => ["drive 1 unload fail", "drive 1 write fail"],
};

/** Starts it on a port of the system's choice. Throws OperatorError. */
export async function openPracticeStage(setting: StageSetting): Promise<DemoLibrary> {
  const { directory, capacityBytes } = setting;
  const control = join(directory, "control.sock");
  const child = await startChild([
    "library",
    ...["--listen", "127.0.0.1:0", "--dir", directory, "--control", control],
    ...["--drives", String(DRIVE_COUNT), "--capacity", String(capacityBytes)],
    ...["--rate", setting.rate ?? RATE, "--move-ms", String(MOVE_MS)],
  ]);
  return {
    url: child.url,
    driveCount: DRIVE_COUNT,
    changerLun: CHANGER_LUN,
    phantomObjects: 0,
    async breakNow(breakage, at) {
      const rules = RULES_OF[breakage](at);
      for (const rule of rules) {
        await setFault(rule, control);
      }
      return rules.join(", ");
    },
    async stop() {
      const code = await child.stop();
      if (code !== 0) {
        throw new OperatorError("system", "the practice library", `it ended with ${code}`);
      }
    },
    witness: (volumeTag) => tallyFile(join(directory, `${volumeTag}.tap`)),
    log: child.log,
  };
}

async function setFault(rule: string, control: string): Promise<void> {
  const lines: string[] = [];
  const take = (line: string): number => lines.push(line);
  const io: Io = { out: take, err: take, signal: new AbortController().signal };
  const code = await runLibraryFault(rule, control, io);
  if (code !== 0) {
    throw new OperatorError("system", `library fault "${rule}"`, lines.join(" | "));
  }
}

/** Counts a cartridge's file by the reader of `understudy cartridge`. */
async function tallyFile(path: string): Promise<Tally> {
  const tally = new Tally();
  for await (const object of readCartridge(path)) {
    if (object.data === undefined) {
      tally.addFilemark();
    } else {
      tally.addRecord(object.data);
    }
  }
  return tally;
}
