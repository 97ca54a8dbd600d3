/**
 * `understudy library`, `library fault` and `library operator`. Decides the life of the process: locks,
 * target, control socket, ready line, clean stop, exit codes. Invariant: whatever happens after the
 * start, buffers are written and the locks given back.
 */

import { mkdirSync } from "node:fs";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import { askControl } from "../../host/console/control-client.ts";
import { serveControl } from "../../host/console/control-server.ts";
import { OperatorError, operatorErrorOf } from "../../host/lib/error.ts";
import { EXIT_DONE, EXIT_MACHINE, EXIT_USAGE } from "../../host/lib/exit-code.ts";
import type { Io } from "../../host/lib/io.ts";
import { createLog } from "../../host/lib/log.ts";
import { takePidLock } from "../../host/lib/pid-lock.mjs";
import type { Target } from "../../host/target/portal.ts";
import { startTarget } from "../../host/target/portal.ts";
import { systemClock } from "./clock.ts";
import { isJsonObject } from "./json-file.ts";
import { PracticeLibrary } from "./library.ts";
import type { LibraryOptions } from "./options.ts";

const CONTROL_TIMEOUT_MS = 5_000;

/** Something that is given back at the end. */
type Undo = () => Promise<void> | void;

/** Runs a practice library until `io.signal`; gives the exit code. */
export async function runLibrary(options: LibraryOptions, io: Io): Promise<number> {
  const undo: Undo[] = [];
  try {
    await start(options, io, undo);
    await aborted(io.signal);
    return EXIT_DONE;
  } catch (fault) {
    if (!(fault instanceof OperatorError)) {
      throw fault;
    }
    io.err(`understudy library: ${fault.message}`);
    return fault.exitCode;
  } finally {
    for (const giveBack of undo.reverse()) {
      await giveBack();
    }
  }
}

async function start(options: LibraryOptions, io: Io, undo: Undo[]): Promise<void> {
  const { dir, host, port, targetName, control } = options;
  const log = createLog("library", io.err);
  const lock = lockDirectory(dir);
  undo.push(() => lock.release());
  const started: { target?: Target } = {};
  const library = openLibrary(options, {
    clock: systemClock,
    disconnect: (lun) => started.target?.destroyConnectionsOf(lun),
    log: (message) => log("warn", message),
  });
  undo.push(() => library.close());
  const { units, wellKnown } = library;
  const where = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const target = await startTarget({
    host,
    port,
    targetName,
    units,
    wellKnown,
    log,
  }).catch((fault: unknown) => {
    throw operatorErrorOf(fault, where);
  });
  started.target = target;
  undo.push(() => target.close());
  const server = await serveControl(control, controlHandlers(library));
  if (server instanceof OperatorError) {
    throw server;
  }
  undo.push(() => server.close());
  io.out(readyLine(options, target, library));
}

function lockDirectory(dir: string): { release(): void } {
  try {
    mkdirSync(dir, { recursive: true });
    const lock = takePidLock(join(dir, "lock"));
    if ("release" in lock) {
      return lock;
    }
    const holder = `process ${lock.holderPid} already runs a practice library there`;
    throw new OperatorError("system", dir, `${holder}: stop it, or choose another --dir`);
  } catch (fault) {
    throw operatorErrorOf(fault, dir);
  }
}

function openLibrary(
  options: LibraryOptions,
  around: Parameters<typeof PracticeLibrary.open>[1],
): PracticeLibrary {
  try {
    return PracticeLibrary.open({ ...options, directory: options.dir }, around);
  } catch (fault) {
    throw operatorErrorOf(fault, options.dir);
  }
}

function controlHandlers(library: PracticeLibrary): Map<string, (argument: string) => unknown> {
  return new Map<string, (argument: string) => unknown>([
    ["ping", () => "practice library"],
    [
      "fault",
      (rule) => {
        const problem = library.setFault(rule);
        if (problem !== undefined) {
          throw new Error(problem);
        }
        return library.listFaults();
      },
    ],
    [
      "operator",
      (deed) => {
        const problem = library.operate(deed);
        if (problem !== undefined) {
          throw new Error(problem);
        }
        return deed;
      },
    ],
    ["list", () => library.listFaults()],
    [
      "clear",
      () => {
        library.clearFaults();
        return library.listFaults();
      },
    ],
  ]);
}

function readyLine(options: LibraryOptions, target: Target, library: PracticeLibrary): string {
  const { host, port } = target.address;
  const { drives, slots, targetName } = options;
  const url = `iscsi://${isIPv6(host) ? `[${host}]` : host}:${port}/${targetName}`;
  const cartridges = library.inventory.dataCartridges;
  return options.json
    ? JSON.stringify({ ready: true, url, drives, slots, cartridges })
    : `ready ${url} drives=${drives} slots=${slots} cartridges=${cartridges}`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    } else {
      signal.addEventListener("abort", () => resolve(), { once: true });
    }
  });
}

/** Sends a rule, "list" or "clear" to a running practice library; gives the exit code. */
export function runLibraryFault(rule: string, control: string, io: Io): Promise<number> {
  const isOrder = rule === "list" || rule === "clear";
  return ask({ name: "fault", request: isOrder ? rule : `fault ${rule}`, control }, faultLines, io);
}

/** Has an operator do something at a running practice library; gives the exit code. */
export function runLibraryOperator(deed: string, control: string, io: Io): Promise<number> {
  const order = { name: "operator", request: `operator ${deed}`, control };
  return ask(order, (done) => [`done  ${String(done)}`], io);
}

interface Order {
  /** The word after `understudy library`. */
  readonly name: string;
  readonly request: string;
  readonly control: string;
}

async function ask(order: Order, linesOf: (answer: unknown) => string[], io: Io): Promise<number> {
  const { name, request, control } = order;
  const asked = await askControl(control, request, CONTROL_TIMEOUT_MS);
  switch (asked.kind) {
    case "answered":
      for (const line of linesOf(asked.value)) {
        io.out(line);
      }
      return EXIT_DONE;
    case "refused":
      io.err(`understudy library ${name}: ${asked.reason}`);
      return EXIT_USAGE;
    case "not-running":
      io.err(
        `understudy library ${name}: no practice library listens at ${control}; start one with ` +
          "`understudy library`, or name its socket with --control SOCKET",
      );
      return EXIT_MACHINE;
    case "broken":
      io.err(`understudy library ${name}: ${control}: ${asked.reason}`);
      return EXIT_MACHINE;
  }
}

/** One line a rule: how often it struck, whether it still can, its words. */
function faultLines(value: unknown): string[] {
  const faults: unknown[] = Array.isArray(value) ? value : [];
  const lines = faults.filter(isJsonObject).map((fault) => {
    const { rule, struck, active } = { rule: "", struck: 0, active: false, ...fault };
    return `struck ${struck}  ${active ? "active" : "spent "}  ${rule}`;
  });
  return lines.length === 0 ? ["no fault rules"] : lines;
}
