/**
 * Debian's tgtd as a tape library: its own port, directory and daemon for each call. Decides
 * nothing about what is done with it. Ends with the process that started it.
 */

import { execFile, execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const START_MS = 30_000;
const STOP_MS = 10_000;
const LOG_LINES_MAX = 50;
/** tgtd numbers its control sockets with 15 bits. */
const CONTROL_NUMBER_MAX = 0x7fff;
const RIG = import.meta.dirname;
const TGTD = "/usr/sbin/tgtd";

/** The rig's own reader of tape images, for python3; its head says how it is called. */
export const TAPE_READER = join(RIG, "tgtape.py");

/** What differs from the rig's defaults. */
export interface TgtOptions {
  /** Large PDUs instead of tgtd's 8 KiB. */
  readonly tune?: boolean;
  /** "NAME[:MIB] ..." for slot 1, 2, ... */
  readonly barcodes?: string;
  /** Where media and log are kept, also after `stop`; without it a directory that `stop` removes. */
  readonly directory?: string;
  /** Capacity of each cartridge in MiB; the rig's default without it. */
  readonly sizeMebibytes?: number;
  /** Builds and preloads the fault library: `fault` works then. */
  readonly faults?: boolean;
}

/** A running library. Drives are LUN 1 to 3, the changer is LUN 4. */
export interface TgtLibrary {
  readonly host: string;
  readonly port: number;
  readonly targetName: string;
  readonly pid: number;
  /** File of a cartridge. */
  cartridge(barcode: string): string;
  /** One line per object of a cartridge, by the rig's own reader. */
  list(barcode: string): Promise<readonly string[]>;
  /** Control line of the fault library; "" ends faults. */
  fault(line: string): Promise<void>;
  /** One tgtadm call on this daemon (without `--lld` and `-C`); rejects with tgtadm's message. */
  admin(args: readonly string[]): Promise<void>;
  /** The last lines of the daemon's log. */
  log(): readonly string[];
  stop(): Promise<void>;
}

/** Why tgtd cannot be had on this machine, for a test's skip; false when it can. */
export function tgtMissing(): string | false {
  if (!existsSync(TGTD)) {
    return "tgtd is not installed (Debian package tgt)";
  }
  return process.getuid?.() === 0 ? false : "tgtd needs root";
}

/** Starts a library with blank cartridges; rejects with the rig's message. */
export async function startTgt(options: TgtOptions = {}): Promise<TgtLibrary> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "tgt-")));
  const port = await freePort();
  const targetName = `iqn.2024-01.local.tgt:vtl-${port}`;
  const control = join(directory, "faults");
  const controlNumber = String(port & CONTROL_NUMBER_MAX);
  const env: NodeJS.ProcessEnv = {
    PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
    TGT_PORT: String(port),
    TGT_DIR: directory,
    TGT_CN: controlNumber,
    TGT_IQN: targetName,
    TGT_TUNE: options.tune === true ? "1" : "0",
    TGT_OWNER: String(process.pid),
    TAPEFAULT: control,
    ...(options.barcodes === undefined ? {} : { TGT_BARCODES: options.barcodes }),
    ...(options.faults === true ? { TGT_PRELOAD: await buildFaults(directory) } : {}),
    ...(options.sizeMebibytes === undefined ? {} : { TGT_SIZE_MB: String(options.sizeMebibytes) }),
  };
  const script = join(RIG, "library.sh");
  const removeOwn = (): Promise<void> =>
    options.directory === undefined
      ? rm(directory, { recursive: true, force: true })
      : Promise.resolve();
  try {
    await run("bash", [script, "start"], { env, timeout: START_MS });
  } catch (error) {
    await removeOwn();
    throw error;
  }
  const pid = Number(await readFile(join(directory, "tgtd.pid"), "utf8"));
  const cartridge = (barcode: string): string => join(directory, "media", barcode);
  return {
    host: "127.0.0.1",
    port,
    targetName,
    pid,
    cartridge,
    list: async (barcode) => {
      const reader = await run("python3", [TAPE_READER, cartridge(barcode)]);
      return reader.stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.trimEnd());
    },
    fault: (line) => writeFile(control, line),
    admin: async (args) => {
      await run("tgtadm", ["-C", controlNumber, "--lld", "iscsi", ...args], { timeout: STOP_MS });
    },
    log: () =>
      readFileSync(join(directory, "tgtd.log"), "utf8").trim().split("\n").slice(-LOG_LINES_MAX),
    stop: async () => {
      execFileSync("bash", [script, "stop"], { env, timeout: STOP_MS });
      await removeOwn();
    },
  };
}

async function buildFaults(directory: string): Promise<string> {
  const library = join(directory, "tapefault.so");
  const source = join(RIG, "tapefault.c");
  await run("gcc", ["-shared", "-fPIC", "-w", "-o", library, source, "-ldl"], {
    timeout: START_MS,
  });
  return library;
}

/** A port that was free a moment ago; tgtd cannot choose one itself. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
