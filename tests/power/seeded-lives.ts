/**
 * Lives of a bridge, one after the other, each ended by a power cut at a moment that the seed chooses,
 * starts and recoveries included: appends, filemarks, overwritings, moves, partitions; drives, cartridges and the robot
 * fail. Rings of several sizes, with rates at which drives have a buffer to lose. After each cut everything
 * is looked at (after-cut.ts), and the last life goes to an orderly end.
 */

import assert from "node:assert/strict";
import { Random } from "../parity/random.ts";
import { DRIVE_1, SLOT_1 } from "../recovery/kit.ts";
import type { Server } from "../recovery/server.ts";
import { MemoryDisk } from "../ring/memory-disk.ts";
import { type AfterCut, finish, look, serialOf } from "./after-cut.ts";
import { type Below, OneCut } from "./cuts.ts";
import { Life, type LifeOptions } from "./life.ts";
import { move, placesOf, VOLUME, withVolumeAt } from "./places.ts";
import { formattedDisk, ringBytes } from "./power-disk.ts";
import { TOLD_NOTHING, type Writer } from "./told.ts";
import type { World } from "./world.ts";

/** Power cuts in one story at most. */
const CUT_COUNT_MAX = 3;
/** What the server does in one life. */
const DEED_COUNT = 6;
const OBJECTS_AT_ONCE = 6;
/** Faults of one story at most: as many as there are spares for. */
const FAULT_COUNT_MAX = 2;
const MIB = 1024 * 1024;
/** Units of the partitions behind partition 0. */
const DIVISIONS = [[200], [200], [100, 100], []] as const;
/** Segments of a ring: so large, so many; 0: the product's own, which the first start makes. */
const RINGS = [
  [131_072, 10],
  [131_072, 24],
  [262_144, 6],
  [MIB, 8],
  [0, 0],
] as const;
/** The smallest ring of the product. */
const OWN_RING_BYTES = 64 * MIB;
const BRIDGE = ["--lanes", "1", "--spare-media", "UND007L9,UND008L9", "--drive-timeout", "5"];

/** One story under way. */
export class SeededLives {
  /** What was done, in words: told where it fails. */
  readonly said: string[] = [];
  readonly #below: Below;
  readonly #options: LifeOptions;
  #world: World;
  #faultCount = 0;

  constructor(seed: number) {
    const random = new Random(seed);
    this.#below = (below) => random.below(below);
    const [segmentBytes, segmentCount] = this.#pick(RINGS);
    const isOwn = segmentCount === 0;
    const rate = this.#pick(["none", "2M", "8M"]);
    this.#say(`ring ${segmentCount} x ${segmentBytes}, rate ${rate}`);
    const sizeBytes = isOwn ? OWN_RING_BYTES : ringBytes(segmentBytes, segmentCount);
    this.#options = { sizeBytes, bridge: BRIDGE, library: ["--rate", rate] };
    const disk = isOwn ? new MemoryDisk() : formattedDisk(segmentBytes, segmentCount);
    this.#world = { at: "the beginning", disk, files: new Map(), told: TOLD_NOTHING };
  }

  /** What the last life found. */
  async live(): Promise<AfterCut> {
    await this.#oneLife((life) => this.#firstServer(life));
    for (let cut = this.#below(CUT_COUNT_MAX); cut > 0; cut -= 1) {
      await this.#oneLife(async (life) => (await look(life)).server);
    }
    const life = await this.#begin();
    try {
      const { server, isProtected } = await look(life);
      await life.writer.write(server, OBJECTS_AT_ONCE);
      return { ...(await finish(life, server)), isProtected };
    } catch (thrown) {
      this.said.push(...life.stage.bridge.lines.all);
      throw thrown;
    } finally {
      await life.end();
    }
  }

  /** Begins, does what it does, and leaves the world as a cut at one of its moments would. */
  async #oneLife(begin: (life: Life) => Promise<Server>): Promise<void> {
    const cuts = new OneCut(this.#below);
    const isFirst = this.#world.told === TOLD_NOTHING;
    // Before it is known who the lane is there is nothing to be looked at.
    const life = await this.#begin(isFirst ? undefined : cuts);
    try {
      const server = await begin(life);
      life.cutBy(cuts);
      for (let deed = 0; deed < DEED_COUNT; deed += 1) {
        await this.#deed(life, server);
      }
      await server.space(3, 0);
      await life.writer.filemarks(server, 1);
      // What nobody asks for any more is given up as little as anything else.
      for (const { result, cause } of await life.stage.recoveredAll()) {
        assert.equal(result, "recovered", cause);
      }
      await server.logOut();
    } catch (thrown) {
      this.said.push(...life.stage.bridge.lines.all);
      throw thrown;
    } finally {
      life.cutBy(undefined);
      await life.end();
    }
    this.#world = cuts.world ?? this.#world;
    this.#say(this.#world.at);
  }

  async #begin(cuts?: OneCut): Promise<Life> {
    return Life.begin(this.#world, this.#options, cuts);
  }

  /** The cartridge comes into the drive for the first time. */
  async #firstServer({ stage, writer }: Life): Promise<Server> {
    const home = await placesOf(stage);
    await writer.moves(home, withVolumeAt(home, DRIVE_1), () => move(stage, SLOT_1, DRIVE_1));
    const server = await stage.server();
    writer.told = { ...writer.told, serialNumber: await serialOf(server) };
    return server;
  }

  async #deed(life: Life, server: Server): Promise<void> {
    const { writer } = life;
    const end = server.tape.length;
    const what = this.#below(12);
    const count = 1 + this.#below(OBJECTS_AT_ONCE);
    if (what < 4) {
      this.#say(`append ${count}`);
      await server.space(3, 0);
      await writer.write(server, count);
    } else if (what < 6) {
      this.#say("filemarks");
      await server.space(3, 0);
      await writer.filemarks(server, this.#below(3), this.#below(3) === 0 ? 1 : 0);
    } else if (what === 6) {
      const at = this.#below(end + 1);
      this.#say(`write ${count} at ${at}`);
      await server.locate(at);
      await writer.write(server, count, at);
    } else if (what === 7) {
      this.#say("rewind");
      await writer.synchronizes(server, server.rewind());
    } else if (what === 8) {
      await this.#enterSome(writer, server);
    } else if (what === 9) {
      await this.#divideSome(writer, server);
    } else {
      await this.#breakSomething(life, server);
      await server.space(3, 0);
      await writer.write(server, OBJECTS_AT_ONCE);
    }
  }

  /** Any partition, at any place in it. */
  async #enterSome(writer: Writer, server: Server): Promise<void> {
    const partition = this.#below(writer.told.volume.length);
    const isHere = partition === writer.told.partition;
    const { length } = isHere ? server.tape : (writer.told.volume[partition] ?? []);
    const at = this.#below(length + 1);
    this.#say(`to ${at} of partition ${partition}`);
    await writer.enters(server, partition, at);
  }

  /** Now and then: the cartridge is empty then, and has one partition or several. */
  async #divideSome(writer: Writer, server: Server): Promise<void> {
    const sizes = this.#pick(DIVISIONS);
    this.#say(`format with ${sizes.length} partitions more`);
    await writer.enters(server, 0, 0);
    await writer.divides(server, sizes);
  }

  /** Something that the spares can cover, and that strikes at the next records. */
  async #breakSomething(life: Life, server: Server): Promise<void> {
    const [lane] = (await life.stage.status()).lanes;
    const { element, serial } = lane?.drive ?? {};
    const real = lane?.cartridge?.realVolumeTag ?? VOLUME;
    if (this.#faultCount >= FAULT_COUNT_MAX || element === undefined) {
      return;
    }
    const drive = `drive ${element - DRIVE_1 + 1}`;
    const isProtected = lane?.ring.protected === true;
    const { partition, volume } = life.writer.told;
    const inPartition = volume.length > 1 ? ` partition ${partition}` : "";
    const rule = this.#pick([
      [`${drive} write fail after ${this.#below(3)}`],
      [`${drive} write deferred after ${this.#below(3)}`],
      ["robot move fail", `${drive} write fail`],
      ...(isProtected
        ? [
            [
              `cartridge ${real} write fail at ${server.tape.length + this.#below(3)}${inPartition}`,
            ],
            [`${drive} unload fail`, `${drive} write fail after ${this.#below(3)}`],
          ]
        : []),
    ]);
    this.#faultCount += 1;
    this.#say(`${rule} (${serial})`);
    for (const one of rule) {
      await life.fault(one);
    }
  }

  #pick<Thing>(things: readonly Thing[]): Thing {
    const thing = things[this.#below(things.length)];
    if (thing === undefined) throw new Error("nothing to choose from");
    return thing;
  }

  #say(words: string): void {
    this.said.push(words);
  }
}
