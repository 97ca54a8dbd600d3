/**
 * Whether a bridge may be writing a ring at this moment. Decides whom to ask: the lock of the state
 * directory, in which a ring file usually lies, then /proc (Linux), as far as this user may look.
 */
import { readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pidLockHolder } from "../../host/lib/pid-lock.mjs";
import { stateLockPath } from "../../host/lib/state-directory.ts";

const PROCESSES = "/proc";
/** The last two bits of a file's flags say how it was opened; both zero: for reading only. */
const ACCESS_MODE = 3;
const FLAGS_PATTERN = /^flags:\s*([0-7]+)$/m;

/** The process that may write the ring at `path` now; 0: none was found. Never throws. */
export function writerOf(path: string): number {
  const own = dirname(resolve(path));
  for (const directory of [own, dirname(own)]) {
    const holder = pidLockHolder(stateLockPath(directory));
    if (holder !== 0) return holder;
  }
  const ring = known(() => statSync(path));
  if (ring === undefined) return 0;
  const pids = namesIn(PROCESSES).filter((name) => /^\d+$/.test(name));
  return Number(pids.find((pid) => mayWrite(join(PROCESSES, pid), ring)) ?? 0);
}

function mayWrite(process: string, ring: Stats): boolean {
  return namesIn(join(process, "fd")).some((fd) => {
    const open = known(() => statSync(join(process, "fd", fd)));
    if (open === undefined || !isSame(open, ring)) return false;
    const info = known(() => readFileSync(join(process, "fdinfo", fd), "utf8")) ?? "";
    const flags = Number.parseInt(FLAGS_PATTERN.exec(info)?.[1] ?? "0", 8);
    return (flags & ACCESS_MODE) !== 0;
  });
}

/** A block device may have several names. */
function isSame(open: Stats, ring: Stats): boolean {
  return ring.isBlockDevice()
    ? open.isBlockDevice() && open.rdev === ring.rdev
    : open.dev === ring.dev && open.ino === ring.ino;
}

function namesIn(directory: string): string[] {
  return known(() => readdirSync(directory)) ?? [];
}

/** What the system says; undefined where it is gone meanwhile or not for this user to see. */
function known<Value>(ask: () => Value): Value | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
