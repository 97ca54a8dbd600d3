/**
 * Sets a fresh checkout up: packages by `npm ci`, the core by the AssemblyScript compiler, the
 * addon that runs it under WAMR (wamr-addon.mjs), each only when its inputs changed since the last
 * time (SHA-256 stamps). Decides what is stale; says everything on standard error. Plain JavaScript
 * for Node 18 and later, nothing but Node itself.
 * Invariants: one set-up at a time per checkout; a reader never sees half a core (built aside,
 * then renamed); a fresh checkout needs no write access.
 */

import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { takePidLock } from "../../host/lib/pid-lock.mjs";
import { hashOf } from "./content-hash.mjs";
import { addonIsSettled, buildAddon } from "./wamr-addon.mjs";

/** The checkout this file belongs to. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** The first Node that runs the project's TypeScript as it is. */
const NODE_MAJOR_MIN = 24;
/** The compiler takes it only from its command line as a path. */
const TRANSFORM = join("tools", "launch", "for-interpreter.mjs");
const INSTALL_TIMEOUT_MS = 600_000;
const BUILD_TIMEOUT_MS = 300_000;
/** The addon's slowest build, with Debian's packages and the sources fetched before. */
const ADDON_TIMEOUT_MS = 1_800_000;
/** How long one set-up waits for another: longer than the slowest install and builds together. */
const LOCK_WAIT_MS = INSTALL_TIMEOUT_MS + BUILD_TIMEOUT_MS + ADDON_TIMEOUT_MS;
const LOCK_POLL_MS = 200;

/** Something the machine lacks: its message is one line for the operator (exit code 3). */
export class SetUpFault extends Error {}

/**
 * Makes the checkout ready to run.
 * @param {{ core: boolean, addon?: boolean, root?: string, say?: (line: string) => void }} wanted
 *   core: is build/core.wasm needed too; addon: and WAMR, where it can be had; say: where progress
 *   goes, standard error without it
 * @returns {Promise<string>} the path of the Node to run the project with; throws SetUpFault
 */
export async function setUp({ core, addon = false, root = ROOT, say = sayOnStandardError }) {
  if (!packagesAreFresh(root)) {
    await withSetUpLock(root, say, () => installPackages(root, say));
  }
  const node = findNode(root);
  if (core && !coreIsFresh(root)) {
    await withSetUpLock(root, say, () => buildCore(root, node, say));
  }
  if (addon && !addonIsSettled(root)) {
    await setUpAddon(root, say);
  }
  return node;
}

/** Without the addon the bridge runs under V8: that it cannot be built is no fault of set-up. */
async function setUpAddon(root, say) {
  try {
    await withSetUpLock(root, say, () => addonIsSettled(root) || buildAddon(root, say));
  } catch (error) {
    if (!(error instanceof SetUpFault)) {
      throw error;
    }
    say(`WAMR cannot be had, V8 runs the core: ${error.message}`);
  }
}

function sayOnStandardError(line) {
  process.stderr.write(`${line}\n`);
}

/** Do the installed packages belong to this package-lock.json? */
export function packagesAreFresh(root) {
  const stampPath = packageStampPath(root);
  const wanted = hashOf(root, ["package-lock.json"]);
  if (existsSync(stampPath) && readFileSync(stampPath, "utf8") === wanted) {
    return true;
  }
  return installedByHand(root);
}

/** Somebody ran npm without the launcher: npm's own record of what it installed decides. */
function installedByHand(root) {
  const recordPath = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(recordPath)) {
    return false;
  }
  const record = JSON.parse(readFileSync(recordPath, "utf8")).packages;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  return Object.entries(wanted).every(
    ([path, entry]) =>
      path === "" || record[path]?.version === entry.version || (!record[path] && entry.optional),
  );
}

/** Is build/core.wasm made from these sources? */
export function coreIsFresh(root) {
  const stampPath = coreStampPath(root);
  return (
    existsSync(stampPath) &&
    existsSync(join(root, "build", "core.wasm")) &&
    readFileSync(stampPath, "utf8") === hashOf(root, coreInputs(root))
  );
}

function packageStampPath(root) {
  return join(root, "node_modules", ".understudy-stamp");
}

function coreStampPath(root) {
  return join(root, "build", ".stamp");
}

/** Everything that the core's bytes depend on; its specs do not count. */
function coreInputs(root) {
  const sources = readdirSync(join(root, "assembly"), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".ts") && !name.split(sep).includes("__tests__"))
    .sort()
    .map((name) => join("assembly", name));
  return ["asconfig.json", "package-lock.json", TRANSFORM, ...sources];
}

/** Runs `work` when no other process does; `work` must look again whether it is still needed. */
export async function withSetUpLock(root, say, work) {
  const path = join(root, "build", ".set-up.lock");
  const deadline = Date.now() + LOCK_WAIT_MS;
  let waitingSaid = false;
  for (;;) {
    const lock = takeLockOrFault(path);
    if ("release" in lock) {
      try {
        return work();
      } finally {
        lock.release();
      }
    }
    if (Date.now() > deadline) {
      throw new SetUpFault(`another set-up (process ${lock.holderPid}) does not end: ${path}`);
    }
    if (!waitingSaid) {
      say(`waiting for another set-up (process ${lock.holderPid})`);
      waitingSaid = true;
    }
    await new Promise((wake) => {
      setTimeout(wake, LOCK_POLL_MS);
    });
  }
}

function takeLockOrFault(path) {
  try {
    return takePidLock(path);
  } catch (error) {
    throw new SetUpFault(`the set-up cannot write ${path}: ${error.message}`);
  }
}

function installPackages(root, say) {
  if (packagesAreFresh(root)) {
    return;
  }
  say("installing packages (once, about 30 s)");
  const startMs = Date.now();
  const args = ["ci", "--include=dev", "--include=optional", "--no-progress", "--loglevel=error"];
  const done = spawnSync("npm", args, {
    cwd: root,
    // Not the Node inside node_modules: npm ci takes that folder away first.
    env: { ...process.env, PATH: pathWithoutPackages(process.env.PATH ?? "") },
    stdio: ["ignore", 2, 2],
    timeout: INSTALL_TIMEOUT_MS,
  });
  if (done.error?.code === "ENOENT") {
    throw new SetUpFault("npm is missing: install it (Debian: apt-get install npm)");
  }
  if (done.status !== 0) {
    throw new SetUpFault("npm ci failed (its words are above): is the package registry reachable?");
  }
  writeFileSync(packageStampPath(root), hashOf(root, ["package-lock.json"]));
  say(`packages installed in ${secondsSince(startMs)} s`);
}

function pathWithoutPackages(path) {
  return path
    .split(delimiter)
    .filter((folder) => !folder.split(sep).includes("node_modules"))
    .join(delimiter);
}

/** The Node 24 among the packages, or the running one where it is new enough. */
export function findNode(root) {
  const packaged = join(root, "node_modules", `node-linux-${process.arch}`, "bin", "node");
  if (process.platform === "linux" && existsSync(packaged)) {
    return packaged;
  }
  if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR_MIN) {
    return process.execPath;
  }
  throw new SetUpFault(
    `no Node ${NODE_MAJOR_MIN} for ${process.platform}-${process.arch} among the packages, ` +
      `and this is Node ${process.versions.node}: install Node ${NODE_MAJOR_MIN} or later`,
  );
}

function buildCore(root, node, say) {
  if (coreIsFresh(root)) {
    return;
  }
  say("building the core (a few seconds)");
  const startMs = Date.now();
  const stamp = hashOf(root, coreInputs(root));
  const outFolder = join("build", "next");
  mkdirSync(join(root, outFolder), { recursive: true });
  const compiler = join("node_modules", "assemblyscript", "bin", "asc.js");
  const outFiles = ["core.wasm", "core.wat"];
  const done = spawnSync(
    node,
    [
      compiler,
      ...["--config", "asconfig.json", "--target", "release", "--transform", `./${TRANSFORM}`],
      ...["--outFile", join(outFolder, "core.wasm"), "--textFile", join(outFolder, "core.wat")],
    ],
    { cwd: root, stdio: ["ignore", 2, 2], timeout: BUILD_TIMEOUT_MS },
  );
  if (done.status !== 0) {
    throw new SetUpFault("the core does not compile (the compiler's words are above)");
  }
  for (const name of outFiles) {
    renameSync(join(root, outFolder, name), join(root, "build", name));
  }
  writeFileSync(coreStampPath(root), stamp);
  say(`core built in ${secondsSince(startMs)} s`);
}

function secondsSince(startMs) {
  return ((Date.now() - startMs) / 1000).toFixed(1);
}
