/**
 * Runs the test files under tests/ with node:test, a process each. Decides how many at once, how
 * long one may take, and what is printed: a line per file, the details of what failed or skipped.
 */

import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { run } from "node:test";
import { inspect } from "node:util";
import type { TestCount } from "./test-count.ts";

/** The machine that everything must pass on has two cores. */
const FILE_CONCURRENCY = 2;
/** A file that takes longer hangs; it is ended and counts as failed. */
const FILE_TIMEOUT_MS = 240_000;

/** The test files whose path holds `pattern` (all for ""), relative to `root`, sorted. */
export function testFiles(root: string, pattern: string): string[] {
  return readdirSync(join(root, "tests"), { recursive: true })
    .map((name) => join("tests", String(name)))
    .filter((path) => path.endsWith(".test.ts") && path.includes(pattern))
    .sort();
}

/** Runs them; no file at all counts as one failure, so that a mistyped pattern is no success. */
export async function runNodeTests(
  root: string,
  pattern: string,
  say: (line: string) => void,
): Promise<TestCount> {
  const files = testFiles(root, pattern);
  if (files.length === 0) {
    say(`FAIL no test file matches ${JSON.stringify(pattern)}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const stream = run({
    files: files.map((path) => join(root, path)),
    concurrency: FILE_CONCURRENCY,
    timeout: FILE_TIMEOUT_MS,
  });
  const tally = { passed: 0, failed: 0, skipped: 0 };
  stream.on("test:summary", ({ file, counts, duration_ms: durationMs }) => {
    if (file === undefined) {
      Object.assign(tally, readCounts(counts));
      return;
    }
    const { passed, failed, skipped } = readCounts(counts);
    const words = `${passed} passed${failed > 0 ? `, ${failed} failed` : ""}${
      skipped > 0 ? `, ${skipped} skipped` : ""
    }`;
    const seconds = (durationMs / 1000).toFixed(1);
    say(`${failed === 0 ? "ok  " : "FAIL"} ${relative(root, file)}: ${words} (${seconds} s)`);
  });
  stream.on("test:pass", ({ name, skip }) => {
    if (skip !== undefined && skip !== false) {
      say(`skip ${name}${typeof skip === "string" ? `: ${skip}` : ""}`);
    }
  });
  stream.on("test:fail", ({ name, file, line, details }) => {
    const where = file === undefined ? "" : ` at ${relative(root, file)}:${line ?? 0}`;
    say(`FAIL ${name}${where}`);
    say(inspect(details.error.cause ?? details.error, { colors: false, depth: 6 }));
  });
  stream.on("test:stderr", ({ message }) => process.stderr.write(message));
  await new Promise((resolve) => stream.on("end", resolve).resume());
  return tally;
}

interface NodeCounts {
  readonly passed: number;
  readonly cancelled: number;
  readonly skipped: number;
  readonly todo: number;
  readonly tests: number;
}

/** What neither passed nor skipped itself has failed, whatever it is called. */
function readCounts({ passed, skipped, tests }: NodeCounts): TestCount {
  return { passed, skipped, failed: tests - passed - skipped };
}
