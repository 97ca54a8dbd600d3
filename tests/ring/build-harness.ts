/**
 * Compiles assembly/__tests__/ring-harness.ts to build/ring-harness.wasm when a source is newer.
 * Built aside and renamed, so that test files that run at the same time never see half a module.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "..", "..");
const SOURCE = join("assembly", "__tests__", "ring-harness.ts");
const TARGET = join(ROOT, "build", "ring-harness.wasm");
const COMPILE_TIMEOUT_MS = 300_000;

/** The path of a module that is as new as its sources. */
export function buildHarness(): string {
  if (modifiedMs(TARGET) >= newestSourceMs()) return TARGET;
  mkdirSync(join(ROOT, "build"), { recursive: true });
  const aside = join("build", `ring-harness.${process.pid}.wasm`);
  const compiler = join(ROOT, "node_modules", "assemblyscript", "bin", "asc.js");
  const options = ["--runtime", "stub", "--use", "abort=", "--memoryBase", "393216"];
  const memory = ["--initialMemory", "96", "--maximumMemory", "96", "--config", "none", "-O"];
  execFileSync(process.execPath, [compiler, SOURCE, "--outFile", aside, ...options, ...memory], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
    timeout: COMPILE_TIMEOUT_MS,
  });
  renameSync(join(ROOT, aside), TARGET);
  return TARGET;
}

function newestSourceMs(): number {
  const rooms = ["ring", "lib", "spec"].map((room) => join(ROOT, "assembly", room));
  const files = rooms.flatMap((room) => readdirSync(room).map((name) => join(room, name)));
  return Math.max(...[...files, join(ROOT, SOURCE)].map(modifiedMs));
}

function modifiedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
