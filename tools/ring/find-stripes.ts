/**
 * The devices of each ring that an operator means by PATH: one place, or `A,B,...` as `--ring` of `start`
 * has it. Decides which files of several places are the ring of one lane, and what is no such list.
 */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { OperatorError } from "../../host/lib/error.ts";
import { findRings } from "./find-rings.ts";

/** What one place of a list has. */
interface Place {
  readonly path: string;
  /** Ring files of its lanes, lane 1 first; of a file or block device only itself. */
  readonly rings: readonly string[];
  readonly isDirectory: boolean;
}

/** The rings, lane 1 first, each with its devices in their order. Throws OperatorError. */
export function findStripes(path: string): string[][] {
  // A path may hold commas itself.
  if (!path.includes(",") || existsSync(path)) return findRings(path).map((ring) => [ring]);
  const places = path.split(",").map((part) => part.trim());
  if (places.includes("")) {
    throw new OperatorError("badConfiguration", path, "one path of the list is empty");
  }
  return lanesOf(places.map(placeOf));
}

function placeOf(path: string): Place {
  const rings = findRings(path);
  return { path, rings, isDirectory: rings[0] !== path };
}

function lanesOf(places: readonly Place[]): string[][] {
  const single = places.find(({ isDirectory }) => !isDirectory);
  if (single === undefined) return lanesOfDirectories(places);
  const several = places.find(({ rings }) => rings.length > 1);
  if (several === undefined) return [places.flatMap(({ rings }) => rings)];
  const words = `it has ${several.rings.length} rings, ${single.path} is of one; name one ring file of it`;
  throw new OperatorError("badConfiguration", several.path, words);
}

/** A lane's files have the same name everywhere. */
function lanesOfDirectories(places: readonly Place[]): string[][] {
  const most = places.reduce((one, other) => (other.rings.length > one.rings.length ? other : one));
  const odd = places.find(({ rings }) => namesOf(rings) !== namesOf(most.rings));
  if (odd === undefined) {
    return most.rings.map((_, n) => places.flatMap(({ rings }) => rings[n] ?? []));
  }
  const words = `it has ${namesOf(odd.rings)}, ${most.path} has ${namesOf(most.rings)}; one lane is read by naming its ring files`;
  throw new OperatorError("ringStripes", odd.path, words);
}

function namesOf(rings: readonly string[]): string {
  return rings.map((ring) => basename(ring)).join(" and ");
}
