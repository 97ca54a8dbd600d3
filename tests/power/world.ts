/**
 * What a power cut leaves: the disk of the ring, the files of state directory and library, and what the
 * server had been told. Decides how it is taken from a stage at work, and what comes out the same.
 */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { MemoryDisk } from "../ring/memory-disk.ts";
import type { Told } from "./told.ts";

/** Files by their path in the folder of a stage. */
export type Files = ReadonlyMap<string, Uint8Array>;

export interface World {
  /** Where it was cut, in words. */
  readonly at: string;
  readonly disk: MemoryDisk;
  readonly files: Files;
  readonly told: Told;
}

export const JOURNAL_FILE = "state/changer.journal";
const IDENTITY_FILE = "state/identity.json";
const LIBRARY_FILE = /\.(tap|json)$/;

/** The files of a stage now; those that are as in `before` are the same buffers. */
export function readFiles(folder: string, before: Files): Map<string, Uint8Array> {
  const library = readdirSync(join(folder, "library")).filter((name) => LIBRARY_FILE.test(name));
  const paths = [...library.map((name) => join("library", name)), IDENTITY_FILE];
  const files = new Map<string, Uint8Array>();
  for (const path of paths) {
    if (existsSync(join(folder, path))) {
      const bytes = readFileSync(join(folder, path));
      const same = before.get(path);
      files.set(path, same !== undefined && bytes.equals(same) ? same : bytes);
    }
  }
  return files;
}

/** What tells a world from another one, but for the words. */
export function digestOf({ disk, files, told }: World): string {
  const hash = createHash("sha256").update(disk.digest()).update(JSON.stringify(told));
  for (const [path, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(path).update(bytes);
  }
  return hash.digest("hex");
}
