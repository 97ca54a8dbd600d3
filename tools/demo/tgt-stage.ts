/**
 * Debian's tgt as the demo's stage: a library that nobody here wrote. Decides how its failures are
 * made: by its fault library, and by tgtadm. Its cartridges are counted by the rig's own reader.
 */

import { execFile } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { messageOf, OperatorError } from "../../host/lib/error.ts";
import { ensurePrograms } from "../launch/debian.mjs";
import { startTgt, TAPE_READER, type TgtLibrary } from "../rigs/tgt/tgt-library.ts";
import type { Breakage } from "./demo-case.ts";
import type { BreakPoint, DemoLibrary, StageSetting } from "./demo-library.ts";
import type { TapeCount } from "./tally.ts";
import { countListing } from "./tgt-listing.ts";

const run = promisify(execFile);

const PROGRAMS = ["tgtd", "gcc", "python3"];
const DRIVE_COUNT = 3;
const CHANGER_LUN = 4;
const BARCODES = "TB0001L6 TB0002L6 TB0003L6 TB0004L6";
const MEBIBYTE = 1_048_576;
/** tgtd refuses to delete a logical unit while one of its commands runs: tried again so often. */
const DELETE_TRIES = 200;
const DELETE_WAIT_MS = 5;
/** EIO, which tgtd answers as 3/0C/00. */
const INPUT_OUTPUT_ERROR = 5;
const LISTING_BYTES_MAX = 512 * MEBIBYTE;
const LISTING_TIMEOUT_MS = 600_000;
const FIRST_DRIVE = ["--tid", "1", "--lun", "1"];

/** How each thing breaks; answers with what was done. */
const BREAKERS: ReadonlyMap<Breakage, (tgt: TgtLibrary, at: BreakPoint) => Promise<string>> =
  new Map([
    ["medium", failCartridge],
    ["drive", takeDriveOffline],
    ["stuck-drive", deleteDrive],
  ]);

/** Starts it on a free port. Throws OperatorError where it cannot be had here. */
export async function openTgtStage(setting: StageSetting): Promise<DemoLibrary> {
  if (process.getuid?.() !== 0) {
    throw new OperatorError("permission", "tgtd", "it needs root: sudo understudy demo ...");
  }
  let missing = "";
  const hasAll = ensurePrograms(PROGRAMS, (line) => {
    missing = line;
  });
  if (!hasAll) {
    throw new OperatorError("packageMissing", PROGRAMS.join(", "), missing);
  }
  const tgt = await startTgt({
    tune: true,
    faults: true,
    directory: setting.directory,
    barcodes: BARCODES,
    sizeMebibytes: Math.ceil(setting.capacityBytes / MEBIBYTE),
  });
  let isStopped = false;
  return {
    url: `iscsi://${tgt.host}:${tgt.port}/${tgt.targetName}`,
    driveCount: DRIVE_COUNT,
    changerLun: CHANGER_LUN,
    phantomObjects: 1,
    breakNow: (breakage, at) =>
      BREAKERS.get(breakage)?.(tgt, at) ?? Promise.resolve("nothing: not known here"),
    async stop() {
      if (!isStopped) {
        isStopped = true;
        await tgt.stop();
      }
    },
    witness: (volumeTag) => countImage(tgt.cartridge(volumeTag)),
    log: tgt.log,
  };
}

async function failCartridge(tgt: TgtLibrary, { volumeTag }: BreakPoint): Promise<string> {
  const rule = `w ${INPUT_OUTPUT_ERROR} 0 ${volumeTag}`;
  await tgt.fault(rule);
  return `every write to the file of ${volumeTag} fails (${rule})`;
}

/** The drive says that there is nothing in it; its robot can still take the cartridge out. */
async function takeDriveOffline(tgt: TgtLibrary): Promise<string> {
  await tgt.admin([
    ...["--mode", "logicalunit", "--op", "update"],
    ...FIRST_DRIVE,
    ...["--params", "online=0"],
  ]);
  return "logical unit 1 is offline";
}

/** The drive is gone, and its robot does not get the cartridge out any more. */
async function deleteDrive(tgt: TgtLibrary): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    try {
      await tgt.admin(["--mode", "logicalunit", "--op", "delete", ...FIRST_DRIVE]);
      return "logical unit 1 is deleted";
    } catch (error) {
      if (tries === DELETE_TRIES) {
        throw new OperatorError("system", "tgtadm --op delete", messageOf(error));
      }
      await wait(DELETE_WAIT_MS);
    }
  }
}

async function countImage(path: string): Promise<TapeCount> {
  const listing = await run("python3", [TAPE_READER, path, "--sums"], {
    maxBuffer: LISTING_BYTES_MAX,
    timeout: LISTING_TIMEOUT_MS,
  });
  return countListing(listing.stdout.split("\n"));
}
