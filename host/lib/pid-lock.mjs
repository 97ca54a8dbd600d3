/**
 * A lock file that names its holder's process, for "one at a time on this machine". Decides who
 * holds it; not how long to wait. Plain JavaScript: the launcher needs it before the project's own
 * Node is there. Invariants: the file appears with its whole content at once (hard link); only a
 * file whose holder is gone is ever removed by somebody else.
 */

import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** How often a stale file is cleared away before the lock counts as held. */
const TAKE_TRIES_MAX = 5;
/** Field 3: a killed process that nobody has waited for yet (Z), or that is being taken down (X). */
const STATE_FIELD_INDEX = 0;
const GONE_STATES = new Set(["Z", "X"]);
/** Field 22 of /proc/PID/stat, counted from the field after the command's closing bracket. */
const START_TIME_FIELD_INDEX = 19;

/**
 * Takes the lock.
 * @param {string} path the lock file; its folder is created where it is missing
 * @returns {{ release: () => void } | { holderPid: number }} throws what the file system throws
 */
export function takePidLock(path) {
  mkdirSync(dirname(path), { recursive: true });
  const mine = `${process.pid} ${startTimeOf(process.pid)}\n`;
  const draft = `${path}.${process.pid}`;
  let holder = "";
  for (let attempt = 0; attempt < TAKE_TRIES_MAX; attempt += 1) {
    if (linkNew(draft, path, mine)) {
      return { release: () => releaseOwn(path, mine) };
    }
    holder = readOrEmpty(path);
    if (isAlive(holder)) {
      break;
    }
    clearStale(path, holder);
  }
  return { holderPid: Number.parseInt(holder, 10) || 0 };
}

/**
 * Who holds the lock now; changes nothing.
 * @param {string} path the lock file
 * @returns {number} the holder's process id; 0 where nobody holds it, or it may not be read
 */
export function pidLockHolder(path) {
  try {
    const content = readOrEmpty(path);
    return isAlive(content) ? Number.parseInt(content, 10) : 0;
  } catch (error) {
    if (error.code === "EACCES" || error.code === "ENOTDIR" || error.code === "EISDIR") {
      return 0;
    }
    throw error;
  }
}

/** Makes `path` with its whole content, or returns false when it is there already. */
function linkNew(draft, path, content) {
  writeFileSync(draft, content);
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") {
      throw error;
    }
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Moves a dead holder's file away; puts it back when somebody took the lock in between. */
function clearStale(path, stale) {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error.code === "ENOENT") {
      return;
    }
    throw error;
  }
  const moved = readOrEmpty(aside);
  if (moved !== stale && isAlive(moved)) {
    linkNew(`${aside}.back`, path, moved);
  }
  rmSync(aside, { force: true });
}

function releaseOwn(path, mine) {
  if (readOrEmpty(path) === mine) {
    rmSync(path, { force: true });
  }
}

function readOrEmpty(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    // ESRCH: a process that ended while its /proc entry was being read.
    if (error.code === "ENOENT" || error.code === "ESRCH") {
      return "";
    }
    throw error;
  }
}

/** Is the process that wrote this content still there? A reused process id does not count. */
function isAlive(content) {
  const [pidText = "", startTime = ""] = content.trim().split(" ");
  const pid = Number.parseInt(pidText, 10);
  if (!(pid > 0)) {
    return false;
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== "EPERM") {
      return false;
    }
  }
  if (GONE_STATES.has(statFields(pid)[STATE_FIELD_INDEX] ?? "")) {
    return false;
  }
  const startTimeNow = startTimeOf(pid);
  return startTimeNow === "" || startTimeNow === startTime;
}

/** When a process started, in clock ticks since boot; "" where /proc does not say. */
function startTimeOf(pid) {
  return statFields(pid)[START_TIME_FIELD_INDEX] ?? "";
}

/** The fields of /proc/PID/stat behind the command, whose name may hold anything. */
function statFields(pid) {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
