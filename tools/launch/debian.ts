/**
 * Debian packages that only some commands need: installed when this process may, else one line
 * says how. Decides which program belongs to which package.
 */

import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const PACKAGES_OF_PROGRAM: ReadonlyMap<string, readonly string[]> = new Map([
  ["tgtd", ["tgt"]],
  ["iscsi-ls", ["libiscsi-bin"]],
  // gcc only recommends the C library's headers.
  ["gcc", ["gcc", "libc6-dev"]],
  ["python3", ["python3"]],
]);
/** Where daemons live; a user's PATH may lack them. */
const SYSTEM_FOLDERS = ["/usr/sbin", "/sbin"];
const APT_TIMEOUT_MS = 300_000;

/** The path of a program, or undefined when the machine lacks it. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...SYSTEM_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Every reason (missing, no permission) means the same here: it cannot be run.
    return false;
  }
}

/**
 * Makes the programs available. Returns true when all are there; otherwise `say` has had one line
 * with the command to type, and the caller ends with exit code 3 (or skips).
 */
export function ensurePrograms(names: readonly string[], say: (line: string) => void): boolean {
  const missing = names.filter((name) => findProgram(name) === undefined);
  const packages = [...new Set(missing.flatMap((name) => PACKAGES_OF_PROGRAM.get(name) ?? [name]))];
  if (packages.length === 0) {
    return true;
  }
  if (process.getuid?.() === 0 && findProgram("apt-get") !== undefined) {
    say(`installing ${packages.join(" ")} (once)`);
    install(packages);
  }
  const stillMissing = names.filter((name) => findProgram(name) === undefined);
  if (stillMissing.length > 0) {
    say(
      `missing: ${stillMissing.join(", ")}; ` +
        `run: sudo apt-get install -y --no-install-recommends ${packages.join(" ")}`,
    );
  }
  return stillMissing.length === 0;
}

/** A fresh machine has no package lists yet: then they are fetched and it is tried again. */
function install(packages: readonly string[]): void {
  if (!aptGet(["install", "-y", "--no-install-recommends", ...packages])) {
    aptGet(["update"]);
    aptGet(["install", "-y", "--no-install-recommends", ...packages]);
  }
}

function aptGet(args: readonly string[]): boolean {
  const done = spawnSync("apt-get", ["-q", ...args], {
    stdio: "ignore",
    timeout: APT_TIMEOUT_MS,
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  return done.status === 0;
}
