/**
 * The cores of a bridge: one instance for the changer, one per lane, each with its own ring, started
 * in the right order. Decides what belongs to which core and how long a start may take; what a core
 * does is its own.
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { crc32c } from "@node-rs/crc32";
import { BUFFER_CHECK, BUFFER_SERVER } from "../../assembly/spec/action.ts";
import { Core } from "../core/core.ts";
import type { CoreRuntime, LoadFault } from "../core/runtime.ts";
import { TraceWriter } from "../core/trace.ts";
import { Arbiter } from "../lane/arbiter.ts";
import { systemClock } from "../lane/clock.ts";
import { CoreHost } from "../lane/core-host.ts";
import { Extents } from "../lane/extents.ts";
import type { ReplaceFile } from "../lane/journal.ts";
import { Recoveries } from "../lane/recoveries.ts";
import { SecretStore } from "../lane/secret-store.ts";
import { CHANGER_LANE, type SharedParts } from "../lane/shared-parts.ts";
import { TransferBuffer } from "../lane/transfer-buffer.ts";
import { messageOf, operatorErrorOf } from "../lib/error.ts";
import type { Log } from "../lib/log.ts";
import type { LoadedCore } from "./core-module.ts";
import type { Library } from "./library.ts";
import type { Ring } from "./rings.ts";
import { deviceNames } from "./start-events.ts";

/** Memory for extents, per lane: more than a core's lead, small against the machine. */
export const EXTENT_BYTES_MAX = 32 * 1024 * 1024;

/** All cores of a bridge. */
export interface Cores {
  readonly changer: CoreHost;
  /** By lane, 1 first. */
  readonly lanes: readonly CoreHost[];
  readonly recoveries: Recoveries;
  /** Ends all cores and their traces at once; what was promised must be settled before. */
  close(): void;
}

export interface CoresOptions {
  readonly library: Library;
  /** One instance per core: the changer's first, then a lane each. */
  readonly runtimes: readonly CoreRuntime[];
  /** One more instance, for a core that has failed. */
  readonly core: LoadedCore;
  /** A ring per lane. */
  readonly rings: readonly Ring[];
  readonly journalPath: string;
  readonly replaceFile: ReplaceFile;
  readonly traceDirectory: string | undefined;
  readonly log: Log;
}

/** Builds them; nothing is stepped yet. Throws an OperatorError when a trace cannot be written. */
export function buildCores(options: CoresOptions): Cores {
  const { library, runtimes, rings, journalPath, replaceFile, log } = options;
  const traces: TraceWriter[] = [];
  const shared: SharedParts = {
    clock: systemClock,
    log,
    devices: new Map(
      [library.robot, ...library.drives].map(({ number, device }) => [number, device]),
    ),
    deviceName: deviceNames(library.drives),
    arbiter: new Arbiter((lane, word) => log("error", "a word to nobody", { lane, word })),
    recoveries: new Recoveries(),
  };
  const traceOf = (name: string): TraceWriter | undefined => {
    const trace = openTrace(options, name);
    if (trace !== undefined) {
      traces.push(trace);
    }
    return trace;
  };
  const successors = (trace: TraceWriter | undefined) => async (): Promise<Core | LoadFault> => {
    try {
      return new Core(await options.core.instance(), trace);
    } catch (thrown) {
      return { fault: messageOf(thrown) };
    }
  };
  const [changerRuntime, ...laneRuntimes] = runtimes;
  if (changerRuntime === undefined) {
    throw new Error("there is no runtime for the changer");
  }
  const changerTrace = traceOf("changer");
  const changer = new CoreHost(new Core(changerRuntime, changerTrace), shared, {
    lane: CHANGER_LANE,
    buffers: new Map(),
    journalPath,
    replaceFile,
    makeCore: successors(changerTrace),
  });
  const lanes = laneRuntimes.flatMap((runtime, index) => {
    const ring = rings[index];
    const lane = index + 1;
    if (ring === undefined) {
      return [];
    }
    const trace = traceOf(`lane-${lane}`);
    const parts = { ...laneParts(lane, ring), makeCore: successors(trace) };
    return [new CoreHost(new Core(runtime, trace), shared, parts)];
  });
  return {
    changer,
    lanes,
    recoveries: shared.recoveries,
    close: () => {
      for (const host of [...lanes, changer]) {
        host.close();
      }
      for (const trace of traces) {
        trace.close();
      }
    },
  };
}

function laneParts(lane: number, { cache, markKey }: Ring) {
  const extents = new Extents(
    EXTENT_BYTES_MAX,
    (offset, into, done) => cache.read(offset, into, done),
    crc32c,
  );
  const buffers = new Map([
    [BUFFER_SERVER, new TransferBuffer()],
    [BUFFER_CHECK, new TransferBuffer()],
  ]);
  const secrets = markKey && new SecretStore(markKey);
  return { lane, buffers, ring: { cache, extents }, ...(secrets && { secrets }) };
}

function openTrace({ traceDirectory, log }: CoresOptions, name: string): TraceWriter | undefined {
  if (traceDirectory === undefined) {
    return undefined;
  }
  const path = join(traceDirectory, `${name}.trace`);
  try {
    mkdirSync(traceDirectory, { recursive: true });
    return new TraceWriter(path, (reason) => log("warn", "the trace ended", { path, reason }));
  } catch (thrown) {
    throw operatorErrorOf(thrown, path);
  }
}
