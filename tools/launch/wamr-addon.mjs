/**
 * The addon that runs the core under WAMR: fetches the C sources by cargo, checks that they are the
 * pinned ones, builds by cmake. Decides when there is something to do, and what it says where it
 * cannot: a machine without the addon goes on under V8, so nothing here throws. Plain JavaScript
 * for Node 18 and later.
 * Invariants: a reader never sees half an addon (built aside, then renamed); what failed is tried
 * again only when its inputs or the programs it needs have changed.
 */

import { spawnSync } from "node:child_process";
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { filesBelow, hashOf } from "./content-hash.mjs";
import { ensurePrograms, findProgram } from "./debian.mjs";

const PROGRAMS = ["gcc", "cmake", "make", "cargo"];
/** By Node's name of an architecture: what cmake is told. */
const CROSS_FILES = new Map([
  ["x64", undefined],
  ["arm64", "aarch64-linux-gnu.cmake"],
]);
const FETCH_TIMEOUT_MS = 180_000;
const CONFIGURE_TIMEOUT_MS = 120_000;
const BUILD_TIMEOUT_MS = 600_000;
/** Cargo gives a silent registry up after so long, and tries once more. */
const CARGO_SILENCE_SECONDS = "20";
const CARGO_RETRIES = "1";
const BUILD_JOBS = "2";
const SOURCE_FOLDER = "wasm-micro-runtime";

/** Why there is no addon: one line for the operator. */
class AddonFault extends Error {}

/** Is the addon for `arch` built from these inputs, or known not to be buildable? */
export function addonIsSettled(root, arch = process.arch) {
  const folder = addonFolder(root, arch);
  return (
    (existsSync(join(folder, "wamr.node")) && stampOf(folder) === inputsOf(root)) ||
    (existsSync(join(folder, "not-built.txt")) && stampOf(folder) === failureStamp(root))
  );
}

/**
 * Builds the addon for `arch` (Node's name: x64, arm64) into build/wamr-addon/linux-ARCH; another
 * architecture than this machine's is a cross build. True when it is there. Else `say` has had the
 * reason, and not-built.txt beside the addon's place holds it.
 */
export function buildAddon(root, say, arch = process.arch) {
  const folder = addonFolder(root, arch);
  const reasonPath = join(folder, "not-built.txt");
  try {
    mkdirSync(folder, { recursive: true });
    rmSync(join(folder, ".stamp"), { force: true });
    build(root, folder, arch, say);
    rmSync(reasonPath, { force: true });
    writeFileSync(join(folder, ".stamp"), inputsOf(root));
    return true;
  } catch (error) {
    const words = error instanceof AddonFault ? error.message : `set-up failed: ${error.message}`;
    say(`WAMR cannot be had, V8 runs the core: ${words}`);
    leaveReason(root, folder, reasonPath, words);
    return false;
  }
}

/** A checkout that cannot be written to learns the reason anew at each start. */
function leaveReason(root, folder, reasonPath, words) {
  try {
    rmSync(join(folder, "wamr.node"), { force: true });
    writeFileSync(reasonPath, `${words}\n`);
    writeFileSync(join(folder, ".stamp"), failureStamp(root));
  } catch {
    // Said above already; V8 needs nothing of this.
  }
}

function build(root, folder, arch, say) {
  if (process.platform !== "linux" || !CROSS_FILES.has(arch)) {
    throw new AddonFault(
      `the addon is for Linux on x64 and arm64, this is ${process.platform}-${arch}`,
    );
  }
  let lastSaid = "";
  const hasAll = ensurePrograms(PROGRAMS, (line) => {
    lastSaid = line;
    if (line.startsWith("installing ")) {
      say(line);
    }
  });
  if (!hasAll) {
    throw new AddonFault(lastSaid);
  }
  say("building the WAMR addon (once, about 20 s)");
  const startMs = Date.now();
  const logPath = join(folder, "build.log");
  writeFileSync(logPath, "");
  const source = fetchSource(root, logPath);
  const buildFolder = join(folder, "next");
  rmSync(buildFolder, { recursive: true, force: true });
  compile(root, { source, buildFolder, logPath, arch });
  renameSync(join(buildFolder, "wamr.node"), join(folder, "wamr.node"));
  rmSync(buildFolder, { recursive: true, force: true });
  say(`WAMR addon built in ${((Date.now() - startMs) / 1000).toFixed(1)} s`);
}

/** The folder of the pinned sources; fetched where it is not there or not as pinned. */
function fetchSource(root, logPath) {
  const kept = join(root, "build", "wamr-addon", SOURCE_FOLDER);
  const pinned = readFileSync(join(root, "board", "wamr-addon", "sources.sha256"), "utf8").trim();
  if (existsSync(kept) && hashOf(kept, filesBelow(kept)) === pinned) {
    return kept;
  }
  const fetchFolder = join(root, "build", "wamr-addon", "fetch");
  rmSync(fetchFolder, { recursive: true, force: true });
  mkdirSync(fetchFolder, { recursive: true });
  const manifest = "Cargo.toml";
  copyFileSync(join(root, "board", "wamr-addon", manifest), join(fetchFolder, manifest));
  // The user's own choice of a registry holds for `vendor` only when asked for.
  run("cargo", ["vendor", "--respect-source-config", "vendor"], {
    cwd: fetchFolder,
    logPath,
    timeoutMs: FETCH_TIMEOUT_MS,
    env: { CARGO_HTTP_TIMEOUT: CARGO_SILENCE_SECONDS, CARGO_NET_RETRY: CARGO_RETRIES },
    failure:
      "cargo could not fetch the sources (is the registry reachable? is cargo 1.85 or later?)",
  });
  const fetched = join(fetchFolder, "vendor", "wamrx-sys", SOURCE_FOLDER);
  const found = existsSync(fetched) ? hashOf(fetched, filesBelow(fetched)) : "nothing";
  if (found !== pinned) {
    throw new AddonFault(
      `the fetched sources of WAMR are not the pinned ones: SHA-256 ${found}, ` +
        `board/wamr-addon/sources.sha256 has ${pinned}`,
    );
  }
  rmSync(kept, { recursive: true, force: true });
  renameSync(fetched, kept);
  rmSync(fetchFolder, { recursive: true, force: true });
  return kept;
}

function compile(root, { source, buildFolder, logPath, arch }) {
  const scripts = join(root, "board", "wamr-addon");
  const headers = join(root, "node_modules", `node-linux-${process.arch}`, "include", "node");
  if (!existsSync(join(headers, "node_api.h"))) {
    throw new AddonFault(`node_api.h is missing in ${headers}: npm ci without --omit=optional`);
  }
  const crossFile = arch === process.arch ? undefined : CROSS_FILES.get(arch);
  const configure = [
    ...["-S", scripts, "-B", buildFolder, "-G", "Unix Makefiles"],
    ...[`-DWAMR_ROOT_DIR=${source}`, `-DNODE_API_FOLDER=${headers}`],
    ...(crossFile === undefined ? [] : [`-DCMAKE_TOOLCHAIN_FILE=${join(scripts, crossFile)}`]),
  ];
  const failure = "the addon does not compile";
  run("cmake", configure, { cwd: root, logPath, timeoutMs: CONFIGURE_TIMEOUT_MS, failure });
  const args = ["--build", buildFolder, "-j", BUILD_JOBS];
  run("cmake", args, { cwd: root, logPath, timeoutMs: BUILD_TIMEOUT_MS, failure });
}

/** Runs a program to its end, its words into the log; throws AddonFault when it fails. */
function run(program, args, { cwd, logPath, timeoutMs, failure, env = {} }) {
  const log = openSync(logPath, "a");
  const done = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", log, log],
    timeout: timeoutMs,
  });
  closeSync(log);
  if (done.status !== 0) {
    const isLate = done.error?.code === "ETIMEDOUT";
    const late = isLate ? `, it was ended after ${timeoutMs / 1000} s` : "";
    throw new AddonFault(
      `${failure}${late}: see ${logPath}; remove the folder ${join(logPath, "..")} to try again`,
    );
  }
}

function addonFolder(root, arch) {
  return join(root, "build", "wamr-addon", `${process.platform}-${arch}`);
}

function stampOf(folder) {
  const path = join(folder, ".stamp");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** Everything in the repository that the addon's bytes depend on. */
function inputsOf(root) {
  const folder = join("board", "wamr-addon");
  const names = readdirSync(join(root, folder)).filter((name) => !name.endsWith(".md"));
  return hashOf(
    root,
    names.sort().map((name) => join(folder, name)),
  );
}

/** The inputs and the programs as they are: another cargo, or one at all, is worth a new attempt. */
function failureStamp(root) {
  const programs = PROGRAMS.map((name) => {
    const path = findProgram(name);
    return path === undefined ? `${name} missing` : `${path} ${statSync(path).mtimeMs}`;
  });
  return [inputsOf(root), ...programs].join("\n");
}
