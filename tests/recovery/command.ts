/**
 * A command of the program at work: in this process, or as a process of its own where the story
 * kills it. Decides how each is started and ended; who started it ends it.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type BridgeSeams, startBridge } from "../../host/bridge/start.ts";
import { parseStart } from "../../host/config/parse-start.ts";
import type { Io } from "../../host/lib/io.ts";
import { parseLibraryOptions } from "../../tools/practice-library/options.ts";
import { runLibrary } from "../../tools/practice-library/run.ts";
import { Lines } from "./lines.ts";

const MAIN_PATH = fileURLToPath(new URL("../../host/main.ts", import.meta.url));

/** A command that has said that it is ready. */
export interface Command {
  /** `iscsi://HOST:PORT/IQN` of its ready line. */
  readonly url: string;
  /** Its standard error; the ready line of standard output is among them. */
  readonly lines: Lines;
  /** SIGTERM and the exit code. */
  stop(): Promise<number>;
  /** SIGKILL; only a process of its own can be killed. */
  kill(): Promise<void>;
}

type Run = (io: Io) => Promise<number>;

/** `understudy library ARGS` in this process. */
export function runLibraryHere(args: readonly string[]): Promise<Command> {
  const options = parseLibraryOptions(args, {});
  if ("problems" in options) {
    throw new Error(JSON.stringify(options.problems));
  }
  return runHere((io) => runLibrary(options, io));
}

/** `understudy start ARGS` in this process; `seams` in place of the product's parts. */
export function runBridgeHere(
  args: readonly string[],
  seams: Partial<BridgeSeams> = {},
): Promise<Command> {
  const parsed = parseStart(args, {}, () => "");
  if (parsed.kind !== "config") {
    throw new Error(parsed.lines.join(" | "));
  }
  return runHere((io) => startBridge(parsed.config, io, seams));
}

async function runHere(run: Run): Promise<Command> {
  const lines = new Lines();
  const stop = new AbortController();
  const push = (line: string): void => lines.push(line);
  const end = run({ out: push, err: push, signal: stop.signal });
  const stopIt = (): Promise<number> => {
    stop.abort();
    return end;
  };
  return {
    url: await readyUrl(lines, end),
    lines,
    stop: stopIt,
    kill: () => Promise.reject(new Error("it runs in this process")),
  };
}

/** `understudy ARGS` as a process of its own, with `env` in its environment besides. */
export async function runChild(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Command> {
  const child = spawn(process.execPath, [MAIN_PATH, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines = new Lines();
  const end = once(child, "close").then(([code]) => Number(code ?? -1));
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => lines.push(line));
  }
  const signal = async (name: "SIGTERM" | "SIGKILL"): Promise<number> => {
    child.kill(name);
    return await end;
  };
  return {
    url: await readyUrl(lines, end),
    lines,
    stop: () => signal("SIGTERM"),
    kill: async () => {
      await signal("SIGKILL");
    },
  };
}

async function readyUrl(lines: Lines, end: Promise<number>): Promise<string> {
  const ended = end.then((code) => `ended with ${code}: ${lines.all.join("\n")}`);
  const line = await Promise.race([lines.until(/^ready iscsi:/), ended]);
  const [, url] = /^ready (iscsi:\S+)/.exec(line) ?? [];
  if (url === undefined) {
    lines.end();
    throw new Error(line);
  }
  return url;
}
