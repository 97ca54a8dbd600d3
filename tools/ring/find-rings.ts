/**
 * Which rings an operator means by a path. Decides where to look: a file or block device is a ring; a
 * directory has `lane-N.ring` in it, or in its `ring`.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { OperatorError, operatorErrorOf } from "../../host/lib/error.ts";

const RING_NAME = /^lane-(\d+)\.ring$/;
const RING_DIRECTORY = "ring";

/** The rings, lane 1 first. Throws OperatorError where there is none. */
export function findRings(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    for (const directory of [path, join(path, RING_DIRECTORY)]) {
      const rings = ringsIn(directory);
      if (rings.length > 0) return rings;
    }
  } catch (thrown) {
    throw operatorErrorOf(thrown, path);
  }
  const words = "no lane-N.ring here nor in its directory `ring`; where does --ring point?";
  throw new OperatorError("pathMissing", path, words);
}

function ringsIn(directory: string): string[] {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(directory)
    .flatMap((name) => {
      const lane = RING_NAME.exec(name)?.[1];
      return lane === undefined ? [] : [{ name, lane: Number(lane) }];
    })
    .sort((left, right) => left.lane - right.lane)
    .map(({ name }) => join(directory, name));
}
