/**
 * Compiles assembly/__tests__/changer-harness.ts to build/changer-harness.wasm when a source is newer.
 * Built aside and renamed, so that test files that run at the same time never see half a module.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "..", "..");
const SOURCE = join("assembly", "__tests__", "changer-harness.ts");
const TARGET = join(ROOT, "build", "changer-harness.wasm");
const COMPILE_TIMEOUT_MS = 300_000;

/** The bytes of a module that is as new as its sources. */
export function harnessBytes(): Uint8Array<ArrayBuffer> {
  if (modifiedMs(TARGET) < newestSourceMs()) compile();
  return new Uint8Array(readFileSync(TARGET));
}

function compile(): void {
  mkdirSync(join(ROOT, "build"), { recursive: true });
  const aside = join("build", `changer-harness.${process.pid}.wasm`);
  const compiler = join(ROOT, "node_modules", "assemblyscript", "bin", "asc.js");
  const options = ["--runtime", "stub", "--use", "abort=", "--memoryBase", "327680"];
  const memory = ["--initialMemory", "96", "--maximumMemory", "96", "-O"];
  execFileSync(process.execPath, [compiler, SOURCE, "--outFile", aside, ...options, ...memory], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
    timeout: COMPILE_TIMEOUT_MS,
  });
  renameSync(join(ROOT, aside), TARGET);
}

function newestSourceMs(): number {
  const rooms = ["changer", "lib", "scsi", "spec"].map((room) => join(ROOT, "assembly", room));
  const files = rooms.flatMap((room) => readdirSync(room).map((name) => join(room, name)));
  return Math.max(...[...files, join(ROOT, SOURCE)].map(modifiedMs));
}

function modifiedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
