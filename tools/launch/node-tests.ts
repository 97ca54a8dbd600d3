/**
 * Runs the test files under tests/ with node:test, a process each. Decides how many at once, how
 * long one may take, and what is printed: a line per file, the file's own words when it failed.
 * Each file is a process of its own, ended from outside: a test that leaves a socket or timer open
 * fails its file, however green its tests are.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, sep } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { wamrFault } from "../../host/core/load-wamr.ts";
import type { RuntimeName } from "../../host/core/runtime.ts";
import { errnoOf } from "../../host/lib/error.ts";
import { sumCounts, type TestCount } from "./test-count.ts";

/** One more than the cores of the machine that everything must pass on: many files wait for robots, disks, guests. */
const FILE_CONCURRENCY = 3;
/** A file that takes longer hangs; it is ended and counts as failed. */
const FILE_TIMEOUT_MS = 420_000;
/** Of the words of a failed file, this much of the end is kept. */
const OUTPUT_LENGTH_MAX = 64 * 1024;

/** Suites that drive the core through its ABI: each of their files runs once under each runtime. */
const RUNTIME_SUITES: readonly string[] = ["core", "changer", "ring"].map((name) =>
  join("tests", name),
);
const RUNTIMES: readonly RuntimeName[] = ["v8", "wamr"];

/** A file to be run; `runtime`: what runs the core in it, where that is not the file's own choice. */
interface FilePlan {
  readonly path: string;
  readonly runtime: RuntimeName | undefined;
}

const running = new Set<ChildProcess>();

/** The test files whose path holds `pattern` (all for ""), relative to `root`, sorted. */
export function testFiles(root: string, pattern: string): string[] {
  return readdirSync(join(root, "tests"), { recursive: true })
    .map((name) => join("tests", String(name)))
    .filter((path) => path.endsWith(".test.ts") && path.includes(pattern))
    .sort();
}

/**
 * Runs them; no file at all counts as one failure, so that a mistyped pattern is no success.
 * `timeoutMs` bounds each file.
 */
export async function runNodeTests(
  root: string,
  pattern: string,
  say: (line: string) => void,
  timeoutMs: number = FILE_TIMEOUT_MS,
): Promise<TestCount> {
  const waiting = testFiles(root, pattern).flatMap(plansOf);
  if (waiting.length === 0) {
    say(`FAIL no test file matches ${JSON.stringify(pattern)}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const counts: TestCount[] = [];
  const worker = async (): Promise<void> => {
    for (let plan = waiting.shift(); plan !== undefined; plan = waiting.shift()) {
      counts.push(await runFile(root, plan, say, timeoutMs));
    }
  };
  await Promise.all(Array.from({ length: FILE_CONCURRENCY }, worker));
  return sumCounts(counts);
}

function plansOf(path: string): readonly FilePlan[] {
  const isTwice = RUNTIME_SUITES.some((folder) => path.startsWith(join(folder, sep)));
  return isTwice ? RUNTIMES.map((runtime) => ({ path, runtime })) : [{ path, runtime: undefined }];
}

async function runFile(
  root: string,
  plan: FilePlan,
  say: (line: string) => void,
  timeoutMs: number,
): Promise<TestCount> {
  const { runtime } = plan;
  const path = runtime === undefined ? plan.path : `${plan.path} under ${runtime}`;
  const fault = runtime === "wamr" ? wamrFault() : undefined;
  if (fault !== undefined) {
    say(`skip ${path}: ${fault}`);
    return { passed: 0, failed: 0, skipped: 1 };
  }
  const startMs = performance.now();
  const { output, exitCode, isTimedOut } = await runProcess(root, plan, timeoutMs);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  const counted = readCount(output);
  const isWhole = exitCode === 0 && !isTimedOut && counted.passed + counted.skipped > 0;
  const count = isWhole ? counted : { ...counted, failed: Math.max(1, counted.failed) };
  const words = [
    `${count.passed} passed`,
    ...(count.failed > 0 ? [`${count.failed} failed`] : []),
    ...(count.skipped > 0 ? [`${count.skipped} skipped`] : []),
    ...(isTimedOut ? [`did not end in ${timeoutMs / 1000} s`] : []),
  ];
  say(`${count.failed === 0 ? "ok  " : "FAIL"} ${path}: ${words.join(", ")} (${seconds} s)`);
  if (count.failed > 0) {
    say(output);
  }
  for (const line of skippedLines(output)) {
    say(`skip ${line}`);
  }
  return count;
}

interface FileRun {
  readonly output: string;
  readonly exitCode: number | null;
  readonly isTimedOut: boolean;
}

function runProcess(root: string, plan: FilePlan, timeoutMs: number): Promise<FileRun> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--test-reporter=spec", plan.path], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      // Set where a test runs this runner: the inner file would speak to the outer one's parent.
      env: {
        ...process.env,
        NODE_TEST_CONTEXT: undefined,
        UNDERSTUDY_TEST_RUNTIME: plan.runtime,
      },
      // A group of its own: what a hanging test has started ends with it.
      detached: true,
    });
    running.add(child);
    let output = "";
    let isTimedOut = false;
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString("utf8")).slice(-OUTPUT_LENGTH_MAX);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    const timer = setTimeout(() => {
      isTimedOut = true;
      endGroup(child);
      // A daemon that a test left behind may hold the pipes open for ever.
      child.stdout.destroy();
      child.stderr.destroy();
    }, timeoutMs);
    child.on("close", (exitCode) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ output: stripVTControlCharacters(output), exitCode, isTimedOut });
    });
  });
}

function endGroup(child: ChildProcess): void {
  try {
    process.kill(-Number(child.pid), "SIGKILL");
  } catch (thrown) {
    if (errnoOf(thrown) !== "ESRCH") {
      throw thrown;
    }
  }
}

/** Ends the test files that run at the moment: for a runner that is told to stop. */
export function endRunningTests(): void {
  running.forEach(endGroup);
}

/** The closing figures of the spec reporter; what neither passed nor skipped itself has failed. */
export function readCount(output: string): TestCount {
  const figure = (name: string): number => {
    const found = [...output.matchAll(new RegExp(`^ℹ ${name} (\\d+)$`, "gm"))].at(-1);
    return Number(found?.[1] ?? 0);
  };
  const [tests, passed, skipped] = [figure("tests"), figure("pass"), figure("skipped")];
  return { passed, skipped, failed: tests - passed - skipped };
}

/** The lines of tests that skipped themselves, with their reason. */
function skippedLines(output: string): string[] {
  const [results = ""] = output.split(/^ℹ tests /m);
  return [...results.matchAll(/^\s*﹣ (.*)$/gm)].map(([, line = ""]) => line);
}
