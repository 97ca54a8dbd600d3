/**
 * A whole bridge, from the configuration to the last word: state, library, rings, cores, target,
 * control socket, ready line; then the orderly end. Decides the order of these steps and what a
 * fault in each means to the operator (exit code 3 or 2, what, where, what to do).
 * Invariants: what was opened is closed in reverse order whatever happens; the server is let in only
 * when every core has started; nothing that was promised is dropped at the end without saying so.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openCache } from "../cache/open-cache.ts";
import type { BridgeConfig } from "../config/bridge-config.ts";
import { serveControl } from "../console/control-server.ts";
import { lockState } from "../console/state-lock.ts";
import type { ChapCredentials } from "../initiator/authentication.ts";
import type { CoreHost } from "../lane/core-host.ts";
import { type ReplaceFile, readJournal, replaceFile } from "../lane/journal.ts";
import { readChangerShow } from "../lane/show.ts";
import { OperatorError, operatorErrorOf } from "../lib/error.ts";
import { EXIT_DONE } from "../lib/exit-code.ts";
import type { Io } from "../lib/io.ts";
import { createLog, type Log } from "../lib/log.ts";
import { controlSocketPath } from "../lib/state-directory.ts";
import { startTarget } from "../target/portal.ts";
import { type Admission, readAdmission } from "./admission.ts";
import { ArrayWatch } from "./array-watch.ts";
import { instancesOf, type LoadedCore, loadCore, type OpenCore } from "./core-module.ts";
import { buildCores, type Cores } from "./cores.ts";
import { type LaneIdentity, nameLanes, readIdentity, writeIdentity } from "./identity.ts";
import { type Library, type LibraryDevice, libraryUrl, openLibrary, urlOf } from "./library.ts";
import { noSuchUnit } from "./no-such-unit.ts";
import { type OpenCache, openRings, type Ring } from "./rings.ts";
import { stopCores, whenAborted, whenStarted } from "./settle.ts";
import { changerStart, deviceEvent, laneStart, type StartFacts } from "./start-events.ts";
import { type StatusFacts, statusOf } from "./status.ts";

/** Where the changer's LUN is; lanes follow from 1. */
const CHANGER_LUN = 0;

/** Something that was opened, and how it is closed. */
type Closer = () => Promise<void> | void;

/**
 * What a bridge gets from outside: where its cores come from, the adapter for its cache devices, how the
 * changer's journal becomes durable.
 */
export interface BridgeSeams {
  readonly openCore: OpenCore;
  readonly openCache: OpenCache;
  readonly replaceFile: ReplaceFile;
}

const PRODUCT: BridgeSeams = { openCore: loadCore, openCache, replaceFile };

/**
 * Runs a bridge until `io.signal` aborts; the exit code. OperatorErrors are told to the operator.
 * `seams` in place of the product's own.
 */
export async function startBridge(
  config: BridgeConfig,
  io: Io,
  seams: Partial<BridgeSeams> = {},
): Promise<number> {
  const closers: Closer[] = [];
  let fault: OperatorError;
  try {
    return await runBridge(config, io, { ...PRODUCT, ...seams }, closers);
  } catch (thrown) {
    if (!(thrown instanceof OperatorError)) {
      throw thrown;
    }
    fault = thrown;
  } finally {
    for (const close of closers.reverse()) {
      await close();
    }
  }
  // The last line, behind what closing had to say.
  io.err(`understudy: ${fault.message}`);
  return fault.exitCode;
}

async function runBridge(
  config: BridgeConfig,
  io: Io,
  { openCore, openCache, replaceFile }: BridgeSeams,
  closers: Closer[],
): Promise<number> {
  const log = createLog("bridge", io.err);
  const admission = readAdmission(config, log);
  const core = await openCore(config.runtime);
  if (core.reason !== "") {
    log("warn", "WAMR is not here, V8 runs the core", { why: core.reason });
  }
  const lock = lockState(config.stateDirectory);
  if (lock instanceof OperatorError) {
    throw lock;
  }
  closers.push(() => lock.release());
  const found = await findLibrary(config, admission.library, log, closers);
  const rings = await openRings(config, found.lanes.length, openCache, log);
  closers.push(() => {
    for (const ring of rings) {
      ring.cache.close();
    }
  });
  if (config.ringKey !== undefined && config.traceDirectory !== undefined) {
    log("warn", "the rings are encrypted, the trace is not: it holds parts of what they hold", {
      trace: config.traceDirectory,
    });
  }
  const arrays = new ArrayWatch(
    rings.flatMap(({ paths }) => paths),
    log,
  );
  arrays.start();
  closers.push(() => arrays.stop());
  const cores = await startCores(config, found, { core, rings, replaceFile }, log, closers);
  if (await whenStarted(cores, io.signal)) {
    closers.push(() => stopCores(cores, log));
    const ringPaths = rings.map(({ paths }) => paths);
    const isEncrypted = config.ringKey !== undefined;
    const seen = { library: found.library, ringPaths, isEncrypted, arrays };
    const url = await openToServers(config, { ...seen, core, admission }, cores, log, closers);
    io.out(readyLine(config, url, cores));
    await whenAborted(io.signal);
  }
  return EXIT_DONE;
}

interface Found {
  readonly library: Library;
  readonly lanes: readonly LaneIdentity[];
}

/** The library and which of its drives are lanes; keeps who is who. */
async function findLibrary(
  config: BridgeConfig,
  chap: ChapCredentials | undefined,
  log: Log,
  closers: Closer[],
): Promise<Found> {
  const identityPath = join(config.stateDirectory, "identity.json");
  const identity = await readIdentity(identityPath);
  const library = await openLibrary(config, chap, identity, log);
  closers.push(async () => {
    const devices = [library.robot, ...library.drives];
    await Promise.all(devices.map(({ device }) => device.disconnect()));
  });
  const { knownDrives: drives } = library;
  const laneCount = config.laneCount ?? Math.max(1, drives.length - 1);
  if (laneCount > drives.length) {
    const words = `${libraryUrl(config)} has ${drives.length} drives`;
    throw new OperatorError("badConfiguration", `--lanes ${laneCount}`, words);
  }
  const lanes = nameLanes(identity.id, identity.lanes, drives, laneCount);
  await writeIdentity(identityPath, { ...identity, drives, lanes });
  return { library, lanes: lanes.slice(0, laneCount) };
}

interface CoreParts {
  readonly core: LoadedCore;
  readonly rings: readonly Ring[];
  readonly replaceFile: ReplaceFile;
}

/** Cores, and the first events of each. */
async function startCores(
  config: BridgeConfig,
  { library, lanes }: Found,
  { core, rings, replaceFile }: CoreParts,
  log: Log,
  closers: Closer[],
): Promise<Cores> {
  const journalPath = join(config.stateDirectory, "changer.journal");
  const journal = await readJournal(journalPath).catch((thrown: unknown) => {
    throw operatorErrorOf(thrown, journalPath);
  });
  const runtimes = await instancesOf(core, lanes.length + 1);
  const { traceDirectory } = config;
  const cores = buildCores({
    library,
    runtimes,
    core,
    rings,
    journalPath,
    replaceFile,
    traceDirectory,
    log,
  });
  closers.push(() => cores.close());
  const { drives } = library;
  const { driveTimeoutMs, copying, padMegabytes } = config;
  const passesKeys = config.ringKey !== undefined;
  const facts: StartFacts = { lanes, drives, driveTimeoutMs, copying, padMegabytes, passesKeys };
  // The lanes first: the changer's inventory leads to words for them.
  for (const lane of cores.lanes) {
    lane.start(laneStart(facts, lane.lane, rings[lane.lane - 1]?.cache.sizeBytes ?? 0));
    announce(lane, drives);
  }
  cores.changer.start(changerStart(facts, config.spareMedia, journal));
  announce(cores.changer, [...drives, library.robot]);
  for (const drive of drives) {
    drive.device.onStanding(() => {
      for (const core of [...cores.lanes, cores.changer]) {
        announce(core, [{ ...drive, isConnected: true }]);
      }
    });
  }
  return cores;
}

function announce(core: CoreHost, devices: readonly LibraryDevice[]): void {
  for (const device of devices) {
    core.post(deviceEvent(device));
  }
}

/** Target and control socket; the url as advertised. */
async function openToServers(
  config: BridgeConfig,
  seen: Pick<StatusFacts, "library" | "ringPaths" | "isEncrypted" | "arrays"> & {
    readonly core: LoadedCore;
    readonly admission: Admission;
  },
  cores: Cores,
  log: Log,
  closers: Closer[],
): Promise<string> {
  const { listen, advertise, targetName } = config;
  const { core, admission, ...shown } = seen;
  const { chap, list } = admission;
  const units = new Map(cores.lanes.map((lane) => [lane.lane, lane.unit]));
  units.set(CHANGER_LUN, cores.changer.unit);
  const target = await startTarget({
    ...listen,
    targetName,
    chap,
    access: list && { list, unitBeside: noSuchUnit },
    ...(advertise === undefined ? {} : { advertise }),
    units,
    wellKnown: noSuchUnit([...units.keys()]),
    log,
  }).catch((thrown: unknown) => {
    throw operatorErrorOf(thrown, `${listen.host}:${listen.port}`);
  });
  closers.push(() => target.close());
  const port = target.address.port;
  const url = urlOf(advertise?.host ?? listen.host, advertise?.port ?? port, targetName);
  const { runtime, reason: runtimeReason } = core;
  const version = packageVersion();
  const facts: StatusFacts = { version, runtime, runtimeReason, target: url, ...shown };
  const handlers = new Map([["status", () => statusOf(facts, cores)]]);
  const control = await serveControl(controlSocketPath(config.stateDirectory), handlers);
  if (control instanceof OperatorError) {
    throw control;
  }
  closers.push(() => control.close());
  return url;
}

/** The one line on standard output that scripts wait for. */
function readyLine(config: BridgeConfig, url: string, cores: Cores): string {
  const { spareDrives, spareMediaCount } = readChangerShow(cores.changer.show);
  const facts = {
    lanes: cores.lanes.length,
    spareDrives: spareDrives.length,
    spareMedia: spareMediaCount,
    runtime: cores.changer.runtimeName,
  };
  return config.json
    ? JSON.stringify({ ready: true, url, ...facts })
    : `ready ${url} lanes=${facts.lanes} spare-drives=${facts.spareDrives} ` +
        `spare-media=${facts.spareMedia} runtime=${facts.runtime}`;
}

function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return String(JSON.parse(text).version);
}
