/** Builds the core and runs its own tests (as-pect). Decides how their count is read. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { SetUpFault, setUp } from "./set-up.mjs";
import type { TestCount } from "./test-count.ts";

const SPECS_TIMEOUT_MS = 300_000;
const SUMMARY_PATTERN = /\[Tests\]:\s*(\d+)\s*\/\s*(\d+)/;

/** Passed and failed tests in the output of as-pect; undefined when it never got to counting. */
export function readSpecCount(output: string): { passed: number; failed: number } | undefined {
  const match = SUMMARY_PATTERN.exec(stripVTControlCharacters(output));
  if (match === null) {
    return undefined;
  }
  const passed = Number(match[1]);
  return { passed, failed: Number(match[2]) - passed };
}

/** Builds build/core.wasm where it is stale; a core that does not compile is one failure. */
export async function buildCore(root: string, say: (line: string) => void): Promise<TestCount> {
  const startMs = performance.now();
  try {
    await setUp({ core: true, root, say });
  } catch (thrown) {
    if (!(thrown instanceof SetUpFault)) {
      throw thrown;
    }
    say(`FAIL core build: ${thrown.message}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  say(`ok   core build (${secondsSince(startMs)} s)`);
  return { passed: 1, failed: 0, skipped: 0 };
}

/** Runs the specs of assembly/__tests__. A run without a single test counts as one failure. */
export function runCoreSpecs(root: string, say: (line: string) => void): TestCount {
  const startMs = performance.now();
  const script = join(root, "node_modules", "@as-pect", "cli", "bin", "asp.js");
  const done = spawnSync(process.execPath, [script, "--summary", "--no-logo"], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: SPECS_TIMEOUT_MS,
  });
  const output = `${done.stdout}${done.stderr}`;
  const count = readSpecCount(output) ?? { passed: 0, failed: 0 };
  const isRight = done.status === 0 && count.failed === 0 && count.passed > 0;
  say(`${isRight ? "ok  " : "FAIL"} core specs: ${count.passed} (${secondsSince(startMs)} s)`);
  if (!isRight) {
    stripVTControlCharacters(output).split("\n").forEach(say);
  }
  return { passed: count.passed, failed: isRight ? 0 : Math.max(1, count.failed), skipped: 0 };
}

function secondsSince(startMs: number): string {
  return ((performance.now() - startMs) / 1000).toFixed(1);
}
