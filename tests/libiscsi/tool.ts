/**
 * libiscsi's iscsi-test-cu (package libiscsi-bin) with `disk-shim.c` in front of its library. Decides how one
 * of its tests is run and what its words mean.
 */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { findProgram } from "../../tools/launch/debian.mjs";

const run = promisify(execFile);
const TOOL = "iscsi-test-cu";
const COMPILER = "gcc";
const HEADER = "/usr/include/iscsi/iscsi.h";
const COMPILE_MS = 60_000;
/** The longest one waits for answers that must not come, three seconds each. */
const TEST_MS = 60_000;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
const FAMILY = "ALL";

/** How a test of the tool ended; `words`: what it said meanwhile, or why it did not end. */
export interface ToolEnd {
  readonly result: "passed" | "skipped" | "failed";
  readonly words: string;
}

/** Why the tool cannot be run on this machine, for a test's skip; false when it can. */
export function toolMissing(): string | false {
  if (findProgram(TOOL) === undefined) {
    return `${TOOL} is not installed (package libiscsi-bin)`;
  }
  if (findProgram(COMPILER) === undefined) {
    return "no C compiler (package gcc)";
  }
  return existsSync(HEADER) ? false : `${HEADER} is missing (package libiscsi-dev)`;
}

/** Compiles the shim into `folder`; its path. */
export async function buildShim(folder: string): Promise<string> {
  const shim = join(folder, "disk-shim.so");
  const source = join(import.meta.dirname, "disk-shim.c");
  const strict = ["-Wall", "-Wextra", "-Werror"];
  await run(COMPILER, ["-shared", "-fPIC", ...strict, "-o", shim, source, "-ldl"], {
    timeout: COMPILE_MS,
  });
  return shim;
}

/** Every test of the tool, "Suite.Test". */
export async function listTests(): Promise<string[]> {
  const { stdout } = await run(TOOL, ["--list"], { timeout: TEST_MS });
  return stdout
    .split("\n")
    .map((line) => line.split("."))
    .filter(([family, , test]) => family === FAMILY && test !== undefined)
    .map(([, suite, test]) => `${suite}.${test}`);
}

/** One test of the tool against a unit (`iscsi://HOST:PORT/IQN/LUN`), or against two paths to it. */
export async function runTest(
  test: string,
  urls: readonly string[],
  shim: string,
  isAsDisk: boolean,
): Promise<ToolEnd> {
  const settings = [`LD_PRELOAD=${shim}`, ...(isAsDisk ? ["AS_DISK=1"] : [])];
  const words = ["--dataloss", "--Verbose-scsi", "-t", `${FAMILY}.${test}`, ...urls];
  const limits = { timeout: TEST_MS, maxBuffer: OUTPUT_BYTES_MAX };
  const ended = await run("env", [...settings, TOOL, ...words], limits).catch(
    (error: Error & { stdout?: string; stderr?: string }) => ({
      // A failed test is an exit code too; what was said tells them apart.
      stdout: error.stdout ?? "",
      stderr: `${error.message}\n${error.stderr ?? ""}`,
    }),
  );
  const said = /^ {2}Test: \S+ \.\.\.([\s\S]*?)(?<=^|\.\.\.)(passed|FAILED)/m.exec(ended.stdout);
  const [, log = "", result] = said ?? [];
  if (result !== "passed") {
    return { result: "failed", words: `${ended.stdout}\n${ended.stderr}` };
  }
  return { result: log.includes("[SKIPPED]") ? "skipped" : "passed", words: log };
}
