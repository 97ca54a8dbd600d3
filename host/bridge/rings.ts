/**
 * The cache device of each lane. Decides where it is: a file per lane in the ring directory, or the
 * block device itself for a bridge with one lane.
 */

import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { CacheDevice, CacheFault } from "../cache/cache-device.ts";
import type { BridgeConfig } from "../config/bridge-config.ts";
import { errnoOf, OperatorError, operatorErrorOf } from "../lib/error.ts";
import { closingCache } from "./closing-cache.ts";

/** Opens the cache device at a path, `sizeBytes` large where it has no size of its own. */
export type OpenCache = (path: string, sizeBytes: number) => Promise<CacheDevice | CacheFault>;

/** Opens a ring per lane; on a fault those that are open are closed again. Rejects with an OperatorError. */
export async function openRings(
  config: BridgeConfig,
  laneCount: number,
  openCache: OpenCache,
): Promise<CacheDevice[]> {
  const caches: CacheDevice[] = [];
  for (const path of ringPaths(config, laneCount)) {
    const cache = await openCache(path, config.ringBytes);
    if ("fault" in cache) {
      for (const open of caches) {
        open.close();
      }
      throw cache.fault;
    }
    caches.push(closingCache(cache));
  }
  return caches;
}

function ringPaths(config: BridgeConfig, laneCount: number): string[] {
  const { ringPath } = config;
  if (!isBlockDevice(ringPath)) {
    makeDirectory(ringPath);
    return Array.from({ length: laneCount }, (_, index) =>
      join(ringPath, `lane-${index + 1}.ring`),
    );
  }
  if (laneCount > 1) {
    const words = `a block device serves one lane, there are ${laneCount}; give a directory`;
    throw new OperatorError("badConfiguration", `--ring ${ringPath}`, words);
  }
  return [ringPath];
}

function isBlockDevice(path: string): boolean {
  try {
    return statSync(path).isBlockDevice();
  } catch (thrown) {
    if (errnoOf(thrown) === "ENOENT") {
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
