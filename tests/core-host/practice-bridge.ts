/**
 * A practice library and a bridge in this process, each until the test ends it. Every wait is for a
 * ready line or an end; the test runner's limit bounds it.
 */

import { join } from "node:path";
import type { TestContext } from "node:test";
import { startBridge } from "../../host/bridge/start.ts";
import type { BridgeConfig } from "../../host/config/bridge-config.ts";
import { openIscsiDevice } from "../../host/initiator/device.ts";
import { parseIscsiUrl } from "../../host/initiator/iscsi-url.ts";
import type { Io } from "../../host/lib/io.ts";
import type { ScsiDevice, ScsiResult } from "../../host/lib/scsi-device.ts";
import { parseLibraryOptions } from "../../tools/practice-library/options.ts";
import { runLibrary, runLibraryOperator } from "../../tools/practice-library/run.ts";

/** A command that runs until it is stopped. */
export interface Running {
  /** The first line on standard output; "" when it ended without one. */
  readonly ready: string;
  readonly errors: readonly string[];
  /** Ends it (as SIGTERM does); the exit code. */
  stop(): Promise<number>;
}

/** Starts `run`, waits for its ready line or its end; the test stops it in any case. */
async function running(t: TestContext, run: (io: Io) => Promise<number>): Promise<Running> {
  const stop = new AbortController();
  const errors: string[] = [];
  let end: Promise<number> = Promise.resolve(0);
  const ready = await new Promise<string>((resolve, reject) => {
    const io = { out: resolve, err: (line: string) => errors.push(line), signal: stop.signal };
    end = run(io);
    end.then(() => resolve(""), reject);
  });
  const stopIt = (): Promise<number> => {
    stop.abort();
    return end;
  };
  t.after(stopIt);
  return { ready, errors, stop: stopIt };
}

/** A practice library on a free port with its cartridges in `folder`. */
export function startLibrary(t: TestContext, folder: string): Promise<Running> {
  const options = parseLibraryOptions([
    ...["--listen", "127.0.0.1:0", "--dir", join(folder, "library"), "--rate", "none"],
    ...["--move-ms", "1", "--load-ms", "1"],
  ]);
  if ("problems" in options) {
    throw new Error(JSON.stringify(options.problems));
  }
  return running(t, (io) => runLibrary(options, io));
}

/** Has an operator do something at that library: the exit code, and what was said. */
export async function operate(folder: string, deed: string): Promise<[code: number, said: string]> {
  const said: string[] = [];
  const say = (line: string) => said.push(line);
  const io = { out: say, err: say, signal: new AbortController().signal };
  const code = await runLibraryOperator(deed, join(folder, "library", "control.sock"), io);
  return [code, said.join("\n")];
}

/** What a bridge on that library is told; a free port, small rings, a trace. */
export function bridgeConfig(folder: string, libraryReady: string): BridgeConfig {
  const [, url = ""] = libraryReady.split(" ");
  const library = parseIscsiUrl(url);
  if ("problem" in library) {
    throw new Error(library.problem);
  }
  const stateDirectory = join(folder, "state");
  return {
    library,
    libraryDigests: "none",
    libraryChapFile: undefined,
    laneCount: undefined,
    spareMedia: undefined,
    listen: { host: "127.0.0.1", port: 0 },
    advertise: undefined,
    targetName: "iqn.2026-11.com.example:understudy",
    accessFile: undefined,
    chapFile: undefined,
    ringPaths: [join(stateDirectory, "ring")],
    ringBytes: 128 * 1024 * 1024,
    stateDirectory,
    runtime: "auto",
    driveTimeoutMs: 10_000,
    copying: { headerMarks: 1, percent: 50, waitMs: 120_000 },
    padMegabytes: undefined,
    ringKey: undefined,
    traceDirectory: join(folder, "trace"),
    json: false,
  };
}

/** Starts a bridge. */
export function startWith(t: TestContext, config: BridgeConfig): Promise<Running> {
  return running(t, (io) => startBridge(config, io));
}

const TIMEOUT_MS = 20_000;
const UNIT_ATTENTIONS_MAX = 4;

/** A server's view of one logical unit. */
export interface ServerUnit {
  readonly device: ScsiDevice;
  /** One command with data-in; its data, or the status and sense data as an error. */
  ask(cdb: readonly number[], bytes?: number): Promise<Buffer>;
  /** One command with data-out. */
  tell(cdb: readonly number[], dataOut?: Uint8Array): Promise<void>;
}

/** Logs in to that logical unit of the target named by a ready line, and absorbs unit attentions. */
export async function logIn(ready: string, lun: number): Promise<ServerUnit> {
  const [, url = ""] = ready.split(" ");
  const address = parseIscsiUrl(url);
  if ("problem" in address) {
    throw new Error(address.problem);
  }
  const device = openIscsiDevice({
    ...address,
    lun,
    initiatorName: "iqn.2026-11.com.example:server",
    isidQualifier: lun,
    log: () => undefined,
  });
  if (!(await device.connect(TIMEOUT_MS))) {
    throw new Error(`no connection to ${url}`);
  }
  const execute = (
    cdb: readonly number[],
    data: Partial<Record<"dataIn" | "dataOut", Uint8Array>>,
  ) =>
    device.execute({
      cdb: Uint8Array.from(cdb),
      timeoutMs: TIMEOUT_MS,
      ...(data.dataIn === undefined ? {} : { dataIn: data.dataIn }),
      ...(data.dataOut === undefined ? {} : { dataOut: [data.dataOut] }),
    });
  for (let count = 0; count < UNIT_ATTENTIONS_MAX; count += 1) {
    const result = await execute([0, 0, 0, 0, 0, 0], {});
    if (result.kind === "answered" && result.status === 0) {
      break;
    }
  }
  return {
    device,
    async ask(cdb, bytes = 0) {
      const dataIn = Buffer.alloc(bytes);
      const result = await execute(cdb, bytes === 0 ? {} : { dataIn });
      return dataIn.subarray(0, good(result).dataInBytes);
    },
    async tell(cdb, dataOut) {
      good(await execute(cdb, dataOut === undefined ? {} : { dataOut }));
    },
  };
}

function good(result: ScsiResult): Extract<ScsiResult, { kind: "answered" }> {
  if (result.kind !== "answered") {
    throw new Error(result.kind);
  }
  if (result.status !== 0) {
    throw new Error(`status ${result.status} sense ${Buffer.from(result.sense).toString("hex")}`);
  }
  return result;
}
