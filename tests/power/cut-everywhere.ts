/** A run that is cut everywhere, as a test. Decides the stage and the ring; the run is the caller's. */

import type { TestContext } from "node:test";
import { Random } from "../parity/random.ts";
import { recordWord } from "../recovery/server.ts";
import type { MemoryDisk } from "../ring/memory-disk.ts";
import { type AfterCut, lookAndFinish } from "./after-cut.ts";
import { EveryCut } from "./cuts.ts";
import { Life, type LifeOptions } from "./life.ts";
import { formattedDisk, ringBytes } from "./power-disk.ts";
import { dayWithFault, firstDay } from "./stories.ts";
import { TOLD_NOTHING } from "./told.ts";
import type { World } from "./world.ts";

/** Small, so that the run needs segments that older images have. */
const SEGMENT_BYTES = 131_072;
const SEGMENT_COUNT = 10;
const FOREIGN_BYTES = 1000;
const SEED = 20_261_128;

/** Two spares of each, so that one that is not used any more cannot be mistaken for the next. */
const FLAGS = ["--lanes", "1", "--spare-media", "UND007L9,UND008L9", "--drive-timeout", "5"];

/** What was proven. */
export interface CutCount {
  moments: number;
  worlds: number;
  recoveries: number;
  onSpares: number;
}

/** A day, and where cutting begins. */
export interface CutDay {
  readonly faults: readonly string[];
  readonly cutFrom: "the day" | "the fault";
  /** Flags of `understudy library`. */
  readonly library?: readonly string[];
  /** A spare cartridge that somebody else has written. */
  readonly foreign?: string;
  /** What the server does; without it `dayWithFault`. */
  readonly story?: typeof dayWithFault;
  /** Of the worlds that the cuts leave only each of so many is looked at. */
  readonly step?: number;
}

/** Cuts a day with these faults at every moment from there on, and looks at what each cut leaves. */
export async function cutEverywhere(t: TestContext, day: CutDay): Promise<CutCount> {
  const sizeBytes = ringBytes(SEGMENT_BYTES, SEGMENT_COUNT);
  const options: LifeOptions = { sizeBytes, bridge: FLAGS, library: day.library ?? [] };
  const disk = formattedDisk(SEGMENT_BYTES, SEGMENT_COUNT);
  const random = new Random(SEED);
  const cuts = new EveryCut((below) => random.below(below));
  const life = await Life.begin(firstWorld(disk, day.foreign), options);
  try {
    await firstDay(life);
    const begin = (): void => life.cutBy(cuts);
    if (day.cutFrom === "the day") begin();
    await (day.story ?? dayWithFault)(life, day.faults, begin);
  } finally {
    life.cutBy(undefined);
    await life.end();
  }
  const count = { moments: cuts.momentCount, worlds: 0, recoveries: 0, onSpares: 0 };
  for (const [index, world] of cuts.worlds.entries()) {
    if (index % (day.step ?? 1) !== 0) continue;
    const { recoveryCount, realVolumeTag } = await afterCut(t, world, options);
    count.worlds += 1;
    count.recoveries += recoveryCount;
    count.onSpares += realVolumeTag === "UND001L9" ? 0 : 1;
  }
  t.diagnostic(JSON.stringify(count));
  return count;
}

/** Nothing has happened yet; that cartridge holds a record of somebody else. */
function firstWorld(disk: MemoryDisk, foreign: string | undefined): World {
  if (foreign === undefined) {
    return { at: "", disk, files: new Map(), told: TOLD_NOTHING };
  }
  const record = Buffer.alloc(FOREIGN_BYTES, "somebody else");
  const length = Buffer.alloc(4);
  length.writeUInt32LE(FOREIGN_BYTES);
  return {
    at: "",
    disk,
    files: new Map([[`library/${foreign}.tap`, Buffer.concat([length, record, length])]]),
    told: { ...TOLD_NOTHING, foreign: new Map([[foreign, [recordWord(record)]]]) },
  };
}

async function afterCut(t: TestContext, world: World, options: LifeOptions): Promise<AfterCut> {
  const life = await Life.begin(world, options).catch((thrown: unknown) => {
    throw new Error(`${world.at}: ${String(thrown)}`);
  });
  try {
    return await lookAndFinish(life);
  } catch (thrown) {
    t.diagnostic(world.at);
    t.diagnostic(life.stage.bridge.lines.all.join("\n"));
    throw thrown;
  } finally {
    await life.end();
  }
}
