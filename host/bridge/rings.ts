/**
 * The cache device of each lane. Decides where it is: a file per lane in the ring directory, or the
 * block device itself for a bridge with one lane; striped where several places are given; encrypted where
 * there is a key.
 */

import type { KeyObject } from "node:crypto";
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { CacheDevice, CacheFault } from "../cache/cache-device.ts";
import { bootIdOf, type KeyPlace, readOrMakeSecret } from "../cache/key-source.ts";
import { openStriped, openUnstriped } from "../cache/open-striped.ts";
import { keyMarkKey, type RingAccess } from "../cache/ring-secret.ts";
import type { BridgeConfig } from "../config/bridge-config.ts";
import { errnoOf, OperatorError, operatorErrorOf } from "../lib/error.ts";
import type { Log } from "../lib/log.ts";
import { closingCache } from "./closing-cache.ts";

/** A path below this that is not there is a device that is missing, not a directory to be made. */
const DEVICES = "/dev/";

/** Opens the cache device at a path, `sizeBytes` large where it has no size of its own. */
export type OpenCache = (
  path: string,
  sizeBytes: number,
  access?: RingAccess,
) => Promise<CacheDevice | CacheFault>;

/** The ring of one lane: its device, and the paths that it is on. */
export interface Ring {
  readonly cache: CacheDevice;
  readonly paths: readonly string[];
  /** By it the lane's keys for the drive's encryption are told apart; where the ring is encrypted. */
  readonly markKey: KeyObject | undefined;
}

/** Opens a ring per lane; on a fault those that are open are closed again. Rejects with an OperatorError. */
export async function openRings(
  config: BridgeConfig,
  laneCount: number,
  openCache: OpenCache,
  log: Log,
): Promise<Ring[]> {
  const access = config.ringKey && accessOf(config.ringKey, log);
  try {
    const markKey = access && keyMarkKey(access.secret);
    return await openEach(config, laneCount, markKey, (path, sizeBytes) =>
      openCache(path, sizeBytes, access),
    );
  } finally {
    access?.secret.fill(0);
  }
}

/** The secret of the rings, and who is told when one is made anew. Throws OperatorError. */
function accessOf(place: KeyPlace, log: Log): RingAccess {
  const onRemade = (path: string): void =>
    log("warn", "the ring's key went with an earlier boot: the ring is made anew, empty", { path });
  return { bootId: bootIdOf(place), secret: readOrMakeSecret(place), onRemade };
}

async function openEach(
  config: BridgeConfig,
  laneCount: number,
  markKey: KeyObject | undefined,
  openCache: OpenCache,
): Promise<Ring[]> {
  const rings: Ring[] = [];
  for (const paths of ringPaths(config, laneCount)) {
    const [only = "", ...more] = paths;
    const cache =
      more.length === 0
        ? await openUnstriped(only, config.ringBytes, openCache)
        : await openStriped(paths, config.ringBytes, openCache);
    if ("fault" in cache) {
      for (const ring of rings) {
        ring.cache.close();
      }
      throw cache.fault;
    }
    rings.push({ cache: closingCache(cache), paths, markKey });
  }
  return rings;
}

/** The paths of each lane's ring. */
function ringPaths(config: BridgeConfig, laneCount: number): string[][] {
  const byPlace = config.ringPaths.map((place) => pathsAt(place, laneCount));
  return Array.from({ length: laneCount }, (_, lane) =>
    byPlace.flatMap((paths) => paths[lane] ?? []),
  );
}

/** A path per lane in that directory, or the block device. */
function pathsAt(place: string, laneCount: number): string[] {
  if (!isBlockDevice(place)) {
    makeDirectory(place);
    return Array.from({ length: laneCount }, (_, index) => join(place, `lane-${index + 1}.ring`));
  }
  if (laneCount > 1) {
    const words = `a block device serves one lane, there are ${laneCount}; give a directory`;
    throw new OperatorError("badConfiguration", `--ring ${place}`, words);
  }
  return [place];
}

function isBlockDevice(path: string): boolean {
  try {
    return statSync(path).isBlockDevice();
  } catch (thrown) {
    if (errnoOf(thrown) === "ENOENT" && !path.startsWith(DEVICES)) {
      return false;
    }
    throw operatorErrorOf(thrown, path);
  }
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (thrown) {
    throw operatorErrorOf(thrown, path);
  }
}
