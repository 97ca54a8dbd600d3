/**
 * Power cuts. Decides what one leaves of what was not flushed: each write is kept, dropped or torn by
 * itself, in any combination, so that a later one may be there and an earlier one not; of a journal that
 * is being replaced the old or the new one. And which worlds of a life are kept: all of them, or some.
 */

import type { CutFate, MemoryDisk } from "../ring/memory-disk.ts";
import type { Told } from "./told.ts";
import { digestOf, type Files, JOURNAL_FILE, readFiles, type World } from "./world.ts";

/** Numbers below a bound, out of a seed. */
export type Below = (below: number) => number;

/** What there is at the moment of a cut. */
export interface Moment {
  /** Of the stage. */
  readonly folder: string;
  readonly disk: MemoryDisk;
  /** The changer's journal on stable storage (undefined: none), then what is to replace it. */
  readonly journal: readonly (Uint8Array | undefined)[];
  readonly told: Told;
}

/** Takes the moments at which the power could go. */
export interface Cuts {
  take(at: string, moment: Moment): void;
}

/** What a cut does: to a write of so many bytes, and to a journal of so many versions. */
interface Fate {
  readonly name: string;
  readonly ofWrite: (bytes: number) => CutFate;
  readonly ofJournal: (versions: number) => number;
}

const DROPS: Fate = { name: "drops", ofWrite: () => "drop", ofJournal: () => 0 };
const KEEPS: Fate = { name: "keeps", ofWrite: () => "keep", ofJournal: (versions) => versions - 1 };

/** Keeps two of six, drops two, tears one behind and one before a byte. */
function mixes(below: Below): Fate {
  return {
    name: "mixes",
    ofWrite: (bytes) => {
      const how = below(6);
      if (how < 2) return "keep";
      if (how < 4) return "drop";
      return how === 4 ? { tornAfterBytes: below(bytes) } : { tornBeforeBytes: below(bytes) };
    },
    ofJournal: below,
  };
}

/** Every moment of a life, with each fate; worlds in which everything is the same count once. */
export class EveryCut implements Cuts {
  readonly worlds: World[] = [];
  momentCount = 0;
  readonly #fates: readonly Fate[];
  readonly #digests = new Set<string>();
  #files: Files = new Map();

  constructor(below: Below) {
    this.#fates = [DROPS, KEEPS, mixes(below)];
  }

  take(at: string, moment: Moment): void {
    this.momentCount += 1;
    this.#files = readFiles(moment.folder, this.#files);
    for (const fate of this.#fates) {
      const world = worldOf(`cut ${this.momentCount}, ${at}`, moment, this.#files, fate);
      const digest = digestOf(world);
      if (!this.#digests.has(digest)) {
        this.#digests.add(digest);
        this.worlds.push(world);
      }
    }
  }
}

/** One moment of a life, each as likely as another, with a mixed fate. */
export class OneCut implements Cuts {
  world: World | undefined;
  readonly #below: Below;
  #momentCount = 0;

  constructor(below: Below) {
    this.#below = below;
  }

  take(at: string, moment: Moment): void {
    this.#momentCount += 1;
    if (this.#below(this.#momentCount) === 0) {
      const files = readFiles(moment.folder, new Map());
      this.world = worldOf(`cut ${this.#momentCount}, ${at}`, moment, files, mixes(this.#below));
    }
  }
}

function worldOf(at: string, moment: Moment, files: Files, fate: Fate): World {
  const { disk, journal, told } = moment;
  const left = new Map(files);
  const version = journal[fate.ofJournal(journal.length)];
  if (version !== undefined) {
    left.set(JOURNAL_FILE, version);
  }
  return { at: `${at}: ${fate.name}`, disk: disk.cut(fate.ofWrite), files: left, told };
}
