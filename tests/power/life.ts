/**
 * One life of a bridge, from a start in a world to an orderly end, and every world that a power cut in it
 * would leave: after each write and flush of the ring's disk, each replacing of the changer's journal, each
 * answer that promises something. What a cut does to them is cuts.ts. Decides nothing about what is right.
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stage } from "../recovery/kit.ts";
import type { Cuts } from "./cuts.ts";
import { hasRing, laterTurn, openPowerDisk } from "./power-disk.ts";
import { Writer } from "./told.ts";
import { JOURNAL_FILE, type World } from "./world.ts";

/** What all lives of a story have. */
export interface LifeOptions {
  /** Of the ring. */
  readonly sizeBytes: number;
  /** Flags of `understudy library` and of `understudy start`. */
  readonly library: readonly string[];
  readonly bridge: readonly string[];
}

/** From the path of the ring (`state/ring/lane-1.ring`) to the folder of the stage. */
const RING_TO_FOLDER = "../../..";

interface Taker {
  cuts: Cuts | undefined;
}

/** A life under way. */
export class Life {
  readonly stage: Stage;
  readonly writer: Writer;
  /** There was none on the disk. */
  readonly isRingNew: boolean;
  readonly #ends: (() => Promise<void>)[];
  readonly #taker: Taker;

  private constructor(
    parts: Pick<Life, "stage" | "writer" | "isRingNew">,
    ends: (() => Promise<void>)[],
    taker: Taker,
  ) {
    this.stage = parts.stage;
    this.writer = parts.writer;
    this.isRingNew = parts.isRingNew;
    this.#ends = ends;
    this.#taker = taker;
  }

  /** From here on `cuts` takes every moment; undefined: nobody does. */
  cutBy(cuts: Cuts | undefined): void {
    this.#taker.cuts = cuts;
  }

  /** Begins in `world`; `cuts` takes every moment from the start on. */
  static async begin(world: World, options: LifeOptions, cuts?: Cuts): Promise<Life> {
    const ends: (() => Promise<void>)[] = [];
    const writer = new Writer(world.told);
    const { sizeBytes, library, bridge } = options;
    // Shared with the world: a life changes its own copy.
    const disk = world.disk.cut(() => "keep");
    const isRingNew = !hasRing(disk);
    const journal: (Uint8Array | undefined)[] = [world.files.get(JOURNAL_FILE)];
    const taker: Taker = { cuts };
    let folder: string | undefined;
    const cut = (words: string): void => {
      if (folder !== undefined) {
        taker.cuts?.take(words, { folder, disk, journal, told: writer.told });
      }
    };
    writer.onSynchronized = () => cut("answer");
    const stage = await Stage.open(
      { after: (end) => ends.push(end), diagnostic: () => undefined },
      {
        library,
        bridge,
        files: world.files,
        faults: world.told.faults,
        isUntraced: true,
        openCache: (path, ringBytes) => {
          folder = join(path, RING_TO_FOLDER);
          return openPowerDisk(disk, sizeBytes, cut)(path, ringBytes);
        },
        replaceFile: async (path, content) => {
          const bytes = Buffer.from(content);
          journal.push(bytes);
          await laterTurn();
          cut("journal not durable");
          writeFileSync(path, bytes);
          journal.splice(0, Infinity, bytes);
          cut("journal durable");
        },
      },
    ).catch(async (thrown: unknown) => {
      await endAll(ends);
      throw thrown;
    });
    return new Life({ stage, writer, isRingNew }, ends, taker);
  }

  /** Sets a fault rule that outlives a power cut. */
  async fault(rule: string): Promise<void> {
    const { told } = this.writer;
    this.writer.told = { ...told, faults: [...told.faults, rule] };
    await this.stage.fault(rule);
  }

  /** Nothing is broken any more. */
  async clearFaults(): Promise<void> {
    this.writer.told = { ...this.writer.told, faults: [] };
    await this.stage.fault("clear");
  }

  async end(): Promise<void> {
    await endAll(this.#ends);
  }
}

async function endAll(ends: (() => Promise<void>)[]): Promise<void> {
  for (const end of ends.splice(0).reverse()) {
    await end();
  }
}
