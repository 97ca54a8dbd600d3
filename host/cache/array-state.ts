/**
 * What Linux md says of the arrays under a path: from sysfs, as text. Decides which arrays those are (a
 * block device, the one that a file's file system is on, what partitions and device mapper stand on) and
 * what their words mean. Nothing is changed; what sysfs does not say is left out.
 */

import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { deviceNumbers } from "./block-device.ts";

/** One md array. */
export interface ArrayState {
  /** "md0". */
  readonly name: string;
  /** "raid1". */
  readonly level: string;
  /** md's own word: "clean", "active", "readonly", "broken" ... */
  readonly state: string;
  /** Disks that it should have, and how many of them are missing or failed. */
  readonly disks: number;
  readonly missing: number;
  /** "idle", "recover", "resync", "check" ...; "" where the level has none. */
  readonly action: string;
}

const SYSFS = "/sys";
/** Partition on LVM on encryption on md, and some room. */
const DEPTH_MAX = 8;

/** The arrays that the file or block device at `path` stands on; none where that cannot be found out. */
export function arraysUnder(path: string, sysfs = SYSFS): ArrayState[] {
  try {
    const stat = statSync(path, { bigint: true });
    const { major, minor } = deviceNumbers(stat.isBlockDevice() ? stat.rdev : stat.dev);
    return arraysOf(join(sysfs, "dev/block", `${major}:${minor}`), sysfs);
  } catch {
    // A path that has gone, or a file system without a device: there is nothing to be said.
    return [];
  }
}

/** The same for a device's folder in sysfs; an array once, however many ways lead to it. */
export function arraysOf(folder: string, sysfs: string): ArrayState[] {
  const found = new Map<string, ArrayState>();
  collect(folder, sysfs, DEPTH_MAX, found);
  return [...found.values()];
}

function collect(
  link: string,
  sysfs: string,
  depthLeft: number,
  found: Map<string, ArrayState>,
): void {
  const folder = resolved(link);
  if (folder === undefined || depthLeft === 0) {
    return;
  }
  const array = arrayAt(folder);
  if (array !== undefined) {
    found.set(array.name, array);
    return;
  }
  if (word(folder, "partition") !== undefined) {
    collect(dirname(folder), sysfs, depthLeft - 1, found);
  }
  for (const name of namesIn(join(folder, "slaves"))) {
    collect(join(sysfs, "class/block", name), sysfs, depthLeft - 1, found);
  }
}

function arrayAt(folder: string): ArrayState | undefined {
  const level = word(folder, "md/level");
  if (level === undefined) {
    return undefined;
  }
  return {
    name: basename(folder),
    level,
    state: word(folder, "md/array_state") ?? "unknown",
    disks: count(word(folder, "md/raid_disks")),
    missing: count(word(folder, "md/degraded")),
    action: word(folder, "md/sync_action") ?? "",
  };
}

/** The first word of a number file: while a reshape runs there are two. */
function count(text: string | undefined): number {
  const value = Number.parseInt(text ?? "", 10);
  return Number.isSafeInteger(value) && value > 0 ? value : 0;
}

function word(folder: string, file: string): string | undefined {
  try {
    return readFileSync(join(folder, file), "utf8").trim();
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function resolved(link: string): string | undefined {
  try {
    return realpathSync(link);
  } catch {
    return undefined;
  }
}

/** "md0 raid1: 1 of 2 disks, clean, recover"; the status table and the log say it so. */
export function arrayWords({ name, level, state, disks, missing, action }: ArrayState): string {
  const doing = action === "" || action === "idle" ? "" : `, ${action}`;
  return `${name} ${level}: ${disks - missing} of ${disks} disks, ${state}${doing}`;
}
