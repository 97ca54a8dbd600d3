/**
 * Which files a backup takes: walks directories in a fixed order and packs the entries into
 * archives of bounded size. Decides what is taken and the bound of each tar; tar does the rest.
 * Invariants: an archive's tar is never longer than its bound, whatever tar does with hard links;
 * the same directories give the same lists.
 */

import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";

/** One archive: absolute paths in order, and what its tar has at most, in bytes. */
export interface ArchivePlan {
  readonly paths: readonly string[];
  readonly bytesMax: number;
}

/** What the walk gave. `rounds` > 1: the directories were taken several times to get the size. */
export interface BackupPlan {
  readonly archives: readonly ArchivePlan[];
  readonly bytesMax: number;
  readonly rounds: number;
}

interface Entry {
  readonly path: string;
  /** The most that tar writes for it. */
  readonly bytes: number;
}

const TAR_BLOCK_BYTES = 512;
/** Names and link targets longer than this get an extra header and blocks of their own. */
const TAR_NAME_BYTES_MAX = 99;
/** Two empty blocks end a tar. */
const TAR_END_BYTES = 2 * TAR_BLOCK_BYTES;
/** Between two filemarks; more make it slower to find the difference, fewer make few filemarks. */
export const ARCHIVES_PER_BACKUP = 8;
/** A plan longer than this is no backup but a list: very small files, taken again and again. */
const ENTRIES_MAX = 2_000_000;

/**
 * Packs what is below `roots` into archives of about a eighth of `sizeBytes` each, together at most
 * `sizeBytes`, each a whole number of `recordBytes`; starts again where the directories are too
 * small. Entries that cannot be read or that fit into no archive are left out. `archives` is empty
 * where nothing is left.
 */
export async function planBackup(
  roots: readonly string[],
  sizeBytes: number,
  recordBytes: number,
): Promise<BackupPlan> {
  const share = Math.floor(sizeBytes / ARCHIVES_PER_BACKUP / recordBytes) * recordBytes;
  const archiveBytesMax = Math.max(share, recordBytes);
  const archivesMax = Math.max(1, Math.floor(sizeBytes / archiveBytesMax));
  const packer = new Packer(archiveBytesMax, archivesMax, recordBytes);
  let rounds = 0;
  for (let hasMore = true; hasMore && !packer.isFull(); ) {
    const before = packer.entries;
    rounds += 1;
    for (const root of roots) {
      await takeAll(root, packer);
    }
    hasMore = packer.entries > before;
  }
  const archives = packer.finish();
  const bytesMax = archives.reduce((sum, archive) => sum + archive.bytesMax, 0);
  return { archives, bytesMax, rounds };
}

async function takeAll(root: string, packer: Packer): Promise<void> {
  for await (const entry of walk(root)) {
    if (packer.isFull()) {
      return;
    }
    packer.take(entry);
  }
}

class Packer {
  entries = 0;
  private readonly done: ArchivePlan[] = [];
  private paths: string[] = [];
  private bytes = TAR_END_BYTES;
  private readonly archiveBytesMax: number;
  private readonly archivesMax: number;
  private readonly recordBytes: number;

  constructor(archiveBytesMax: number, archivesMax: number, recordBytes: number) {
    this.archiveBytesMax = archiveBytesMax;
    this.archivesMax = archivesMax;
    this.recordBytes = recordBytes;
  }

  isFull(): boolean {
    return this.done.length >= this.archivesMax || this.entries >= ENTRIES_MAX;
  }

  take(entry: Entry): void {
    if (TAR_END_BYTES + entry.bytes > this.archiveBytesMax) {
      return;
    }
    if (this.bytes + entry.bytes > this.archiveBytesMax) {
      this.close();
    }
    if (!this.isFull()) {
      this.paths.push(entry.path);
      this.bytes += entry.bytes;
      this.entries += 1;
    }
  }

  finish(): readonly ArchivePlan[] {
    if (this.paths.length > 0 && this.done.length < this.archivesMax) {
      this.close();
    }
    return this.done;
  }

  private close(): void {
    const bytesMax = Math.ceil(this.bytes / this.recordBytes) * this.recordBytes;
    this.done.push({ paths: this.paths, bytesMax });
    this.paths = [];
    this.bytes = TAR_END_BYTES;
  }
}

/** Every directory, file and symbolic link below `root`, sorted by name; unreadable ones not. */
async function* walk(root: string): AsyncGenerator<Entry> {
  const entry = await entryOf(root);
  if (entry === undefined) {
    return;
  }
  yield entry;
  if (!entry.isDirectory) {
    return;
  }
  for (const name of await namesIn(root)) {
    yield* walk(join(root, name));
  }
}

async function entryOf(path: string): Promise<(Entry & { isDirectory: boolean }) | undefined> {
  try {
    const stat = await lstat(path);
    if (!stat.isFile() && !stat.isDirectory() && !stat.isSymbolicLink()) {
      return undefined;
    }
    const target = stat.isSymbolicLink() ? await readlink(path) : "";
    // A hard link's target is a member name of unknown length: count the longest there is.
    const linkBytes = stat.nlink > 1 && stat.isFile() ? LINK_NAME_BYTES_MAX : longNameBytes(target);
    const data = stat.isFile() ? blocks(stat.size) : 0;
    const bytes = TAR_BLOCK_BYTES + longNameBytes(path) + linkBytes + data;
    return { path, bytes, isDirectory: stat.isDirectory() };
  } catch {
    // Gone or forbidden between the listing and now: a backup leaves it out.
    return undefined;
  }
}

const LINK_NAME_BYTES_MAX = TAR_BLOCK_BYTES + 8 * TAR_BLOCK_BYTES;

function longNameBytes(name: string): number {
  const bytes = Buffer.byteLength(name) + 1;
  return bytes > TAR_NAME_BYTES_MAX ? TAR_BLOCK_BYTES + blocks(bytes) : 0;
}

function blocks(bytes: number): number {
  return Math.ceil(bytes / TAR_BLOCK_BYTES) * TAR_BLOCK_BYTES;
}

async function namesIn(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).sort();
  } catch {
    return [];
  }
}
