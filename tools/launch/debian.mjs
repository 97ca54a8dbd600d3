/**
 * Debian packages that only some commands need: installed when this process may, else one line
 * says how. Decides which program belongs to which package. Plain JavaScript for Node 18 and later.
 */

import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** What `apt-get satisfy` is asked for: packages, alternatives, versions. */
const PACKAGES_OF_PROGRAM = new Map([
  ["tgtd", ["tgt"]],
  // The headers are for what tests preload into its tools.
  ["iscsi-ls", ["libiscsi-bin", "libiscsi-dev"]],
  // gcc only recommends the C library's headers.
  ["gcc", ["gcc", "libc6-dev"]],
  ["python3", ["python3"]],
  // The arm64 build: compiler, C library; and qemu-user with what Node is linked against.
  ["aarch64-linux-gnu-gcc", ["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"]],
  ["qemu-aarch64", ["qemu-user", "libstdc++6-arm64-cross"]],
  // Debian 12 has its newer Rust under another name; 1.85 is the first that reads edition 2024.
  ["cargo", ["cargo-web | cargo (>= 1.85)"]],
]);
/** Where daemons live; a user's PATH may lack them. */
const SYSTEM_FOLDERS = ["/usr/sbin", "/sbin"];
const APT_TIMEOUT_MS = 300_000;
/** A mirror that is silent for so long counts as not there. */
const APT_SILENCE_SECONDS = 20;
const APT_OPTIONS = ["http", "https"]
  .flatMap((scheme) => ["-o", `Acquire::${scheme}::Timeout=${APT_SILENCE_SECONDS}`])
  .concat("-o", "Acquire::Retries=0", "-o", "DPkg::Lock::Timeout=60");

/** The path of a program, or undefined when the machine lacks it. */
export function findProgram(name) {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...SYSTEM_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path) {
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
export function ensurePrograms(names, say) {
  const missing = names.filter((name) => findProgram(name) === undefined);
  const packages = [...new Set(missing.flatMap((name) => PACKAGES_OF_PROGRAM.get(name) ?? [name]))];
  if (packages.length === 0) {
    return true;
  }
  if (process.getuid?.() === 0 && findProgram("apt-get") !== undefined) {
    say(`installing ${packages.join(", ")} (once)`);
    install(packages);
  }
  const stillMissing = names.filter((name) => findProgram(name) === undefined);
  if (stillMissing.length > 0) {
    say(
      `missing: ${stillMissing.join(", ")}; ` +
        `run: sudo apt-get satisfy -y --no-install-recommends "${packages.join(", ")}"`,
    );
  }
  return stillMissing.length === 0;
}

/** A fresh machine has no package lists yet: then they are fetched and it is tried again. */
function install(packages) {
  // Nothing of the machine's own is taken away for us.
  const args = ["satisfy", "-y", "--no-install-recommends", "--no-remove", packages.join(", ")];
  if (!aptGet(args) && aptGet(["update"])) {
    aptGet(args);
  }
}

function aptGet(args) {
  const done = spawnSync("apt-get", ["-q", ...APT_OPTIONS, ...args], {
    stdio: "ignore",
    timeout: APT_TIMEOUT_MS,
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  return done.status === 0;
}
