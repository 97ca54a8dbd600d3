/**
 * Library and bridge as processes of their own, as an operator would run them. Decides how long to
 * wait for a ready line and for the end; keeps the last lines of each log for the case that
 * something goes wrong. Invariant: no child outlives `stop()`.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { OperatorError } from "../../host/lib/error.ts";

const MAIN_PATH = fileURLToPath(new URL("../../host/main.ts", import.meta.url));
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 60_000;
const LOG_LINES_KEPT = 200;
const COMPLAINT_LINES = 5;

/** A running `understudy COMMAND`. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  /** `iscsi://HOST:PORT/IQN` of its ready line. */
  readonly url: string;
  readonly readyLine: string;
  /** From its start to its ready line. */
  readonly readyMs: number;
  /** The last lines of its standard error. */
  log(): readonly string[];
  /** "" while it runs, else how it ended. */
  ended(): string;
  /** SIGTERM; its exit code. Throws OperatorError when it had to be killed. */
  stop(): Promise<number>;
}

/** Starts `understudy ARGS` and waits for its ready line. Throws OperatorError. */
export async function startChild(args: readonly string[]): Promise<Child> {
  const name = args[0] ?? "";
  const startMs = performance.now();
  // With the flags that this process has itself: the launcher's.
  const child = spawn(process.execPath, [...process.execArgv, MAIN_PATH, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  let end = "";
  child.on("exit", (code, signal) => {
    end = `ended with ${code ?? signal}`;
  });
  createInterface({ input: child.stderr }).on("line", (line) => {
    lines.push(line);
    lines.splice(0, lines.length - LOG_LINES_KEPT);
  });
  const readyLine = await firstLine(child);
  const readyMs = performance.now() - startMs;
  const url = / (iscsi:\S+)/.exec(readyLine)?.[1];
  if (url === undefined || child.pid === undefined) {
    await stopChild(child, name);
    const why = readyLine === "" ? end || "no ready line in time" : `it said: ${readyLine}`;
    throw new OperatorError("system", `understudy ${name}`, [why, ...complaint(lines)].join(" | "));
  }
  return {
    name,
    pid: child.pid,
    url,
    readyLine,
    readyMs,
    log: () => lines,
    ended: () => end,
    stop: () => stopChild(child, name),
  };
}

/** What it told the operator; the end of its log where it told nothing. */
function complaint(lines: readonly string[]): readonly string[] {
  const told = lines.filter((line) => line.startsWith("understudy: "));
  return told.length > 0 ? told : lines.slice(-COMPLAINT_LINES);
}

/** The first line on standard output; "" when the child ends or is silent for too long. */
async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) {
    return "";
  }
  const lines = createInterface({ input: child.stdout });
  const silence = AbortSignal.timeout(READY_TIMEOUT_MS);
  try {
    const [line] = await Promise.race([
      once(lines, "line", { signal: silence }),
      once(lines, "close", { signal: silence }).then(() => [""]),
    ]);
    return String(line);
  } catch {
    // The time is over: the caller says so.
    return "";
  }
}

async function stopChild(child: ChildProcess, name: string): Promise<number> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = once(child, "exit");
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await exit;
    clearTimeout(timer);
  }
  if (child.signalCode !== null) {
    throw new OperatorError("system", `understudy ${name}`, `it ended with ${child.signalCode}`);
  }
  return child.exitCode ?? 0;
}
