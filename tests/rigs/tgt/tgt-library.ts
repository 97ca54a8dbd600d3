/**
 * Debian's tgtd as a tape library for tests: its own port, directory and daemon for each call.
 * Decides nothing about what is tested with it. Ends with the process that started it.
 */

import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const START_MS = 30_000;
const STOP_MS = 10_000;
const RIG = import.meta.dirname;
/** tgtd refuses a control socket number above 32767. */
const CONTROL_NUMBERS = 32_768;
const TGTD = "/usr/sbin/tgtd";

/** What differs from the rig's defaults. */
export interface TgtOptions {
  /** Large PDUs instead of tgtd's 8 KiB. */
  readonly tune?: boolean;
  /** "NAME[:MIB] ..." for slot 1, 2, ... */
  readonly barcodes?: string;
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
  const directory = await mkdtemp(join(tmpdir(), "tgt-"));
  const port = await freePort();
  const targetName = `iqn.2024-01.local.tgt:vtl-${port}`;
  const control = join(directory, "faults");
  const env: NodeJS.ProcessEnv = {
    PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
    TGT_PORT: String(port),
    TGT_CN: String(port % CONTROL_NUMBERS),
    TGT_DIR: directory,
    TGT_IQN: targetName,
    TGT_TUNE: options.tune === true ? "1" : "0",
    TGT_OWNER: String(process.pid),
    TAPEFAULT: control,
    ...(options.barcodes === undefined ? {} : { TGT_BARCODES: options.barcodes }),
    ...(options.faults === true ? { TGT_PRELOAD: await buildFaults(directory) } : {}),
  };
  const script = join(RIG, "library.sh");
  await run("bash", [script, "start"], { env, timeout: START_MS });
  const pid = Number(await readFile(join(directory, "tgtd.pid"), "utf8"));
  const cartridge = (barcode: string): string => join(directory, "media", barcode);
  return {
    host: "127.0.0.1",
    port,
    targetName,
    pid,
    cartridge,
    list: async (barcode) => {
      const reader = await run("python3", [join(RIG, "tgtape.py"), cartridge(barcode)]);
      return reader.stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.trimEnd());
    },
    fault: (line) => writeFile(control, line),
    stop: async () => {
      execFileSync("bash", [script, "stop"], { env, timeout: STOP_MS });
      await rm(directory, { recursive: true, force: true });
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
