/**
 * Days of a server at a tape library, made from a seed: cartridges come and go, are written from the
 * beginning, appended to, overwritten from the middle, read; some were written by somebody else. Drives,
 * cartridges and the robot fail anywhere. Decides what happens and what must be true at every moment:
 * every command ends with GOOD, what is read is what was written, and at the end of each cartridge's day
 * its file and, where it is protected, its image in the ring hold exactly that.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findRings } from "../../tools/ring/find-rings.ts";
import { Random } from "../parity/random.ts";
import { DRIVE_1, SLOT_1, type Stage } from "../recovery/kit.ts";
import { FILEMARK, recordWord, type Server, type TapeObject } from "../recovery/server.ts";
import { specRead } from "../ring/spec-reader.ts";

/** Cartridges in the first storage elements that the server uses. */
const CARTRIDGE_COUNT = 3;
/** Cartridges that are mounted in one story, one after the other. */
const MOUNT_COUNT = 4;
/** What happens while one is mounted. */
const DEED_COUNT = 12;
/** Faults of one story at most: as many as there are spares for. */
const FAULT_COUNT_MAX = 2;
const OBJECTS_AT_ONCE = 8;
/** Faults strike so many objects or records after they were set, at most. */
const DELAY_MAX = 6;

/** A cartridge as the server knows it. */
interface Volume {
  readonly slot: number;
  readonly tape: TapeObject[];
}

/** One story under way. */
export class Days {
  /** What was done, in words: told where the story fails. */
  readonly said: string[] = [];
  /** So often an image was there to be compared, and so many recoveries there were. */
  imageCount = 0;
  recoveryCount = 0;
  readonly #stage: Stage;
  readonly #random: (below: number) => number;
  readonly #volumes: readonly Volume[];
  #faultCount = 0;

  private constructor(stage: Stage, seed: number, volumes: readonly Volume[]) {
    this.#stage = stage;
    const random = new Random(seed);
    this.#random = (below) => random.below(below);
    this.#volumes = volumes;
  }

  /** The story of that seed on a stage on which nothing has happened yet. */
  static async of(stage: Stage, seed: number): Promise<Days> {
    const volumes: Volume[] = [];
    for (let index = 0; index < CARTRIDGE_COUNT; index += 1) {
      const tape = await stage.tapeOf(`UND00${index + 1}L9`);
      volumes.push({ slot: SLOT_1 + index, tape });
    }
    return new Days(stage, seed, volumes);
  }

  async live(): Promise<void> {
    for (let mount = 0; mount < MOUNT_COUNT; mount += 1) {
      const volume = this.#pick(this.#volumes);
      this.#say(`mount ${volume.slot - SLOT_1 + 1}`);
      await this.#move(volume.slot, DRIVE_1);
      const server = await this.#stage.server();
      server.tape.push(...volume.tape);
      await this.#use(server);
      volume.tape.splice(0, Infinity, ...server.tape);
      await this.#comesOut(server, volume);
    }
  }

  /** A day with one cartridge in the drive. */
  async #use(server: Server): Promise<void> {
    let at = 0;
    for (let deed = 0; deed < DEED_COUNT; deed += 1) {
      if (this.#random(DEED_COUNT) === 0) {
        await this.#breakSomething(server, at);
      }
      const doIt = this.#pick(DEEDS);
      at = await doIt(server, at, this.#random, this.#say);
      if (this.#random(4) === 0) {
        assert.equal(await server.position(), at);
      }
    }
  }

  /** The tape is synchronized, looked at, taken home; then its file is what the server wrote. */
  async #comesOut(server: Server, volume: Volume): Promise<void> {
    await server.good([0x10, 0, 0, 0, 0, 0]);
    const recoveries = await this.#stage.recoveredAll();
    for (const { result, cause } of recoveries) {
      assert.equal(result, "recovered", cause);
    }
    this.recoveryCount = recoveries.length;
    await this.#stage.fault("clear");
    const [lane] = (await this.#stage.status()).lanes;
    const real = lane?.cartridge?.realVolumeTag ?? "";
    if (this.#random(2) === 0) {
      await server.unload();
    }
    await server.logOut();
    await this.#move(DRIVE_1, volume.slot);
    await this.#stage.tapeIs(real, volume.tape);
    this.#imageIs(`UND00${volume.slot - SLOT_1 + 1}L9`, volume.tape);
  }

  /** What the ring holds of the cartridge, by a reader of its own, is what its tape holds from there on. */
  #imageIs(volumeTag: string, tape: readonly TapeObject[]): void {
    const [path] = findRings(join(this.#stage.folder, "state", "ring"));
    assert.ok(path !== undefined);
    const images = specRead(readFileSync(path)) ?? assert.fail("there is no ring");
    const image = images.find((one) => one.volumeTag === volumeTag);
    if (image === undefined) {
      return;
    }
    this.imageCount += 1;
    assert.equal(Number(image.end), tape.length, `the image of ${volumeTag} ends`);
    for (const [index, object] of image.objects.entries()) {
      const place: number = Number(image.base) + index;
      assert.ok(object !== undefined, `object ${place} of the image of ${volumeTag}`);
      const word = object.kind === "filemark" ? FILEMARK : recordWord(object.data);
      assert.equal(word, tape[place], `object ${place} of the image of ${volumeTag}`);
    }
  }

  /** Something that the spares can cover. */
  async #breakSomething(server: Server, at: number): Promise<void> {
    const { lanes, spareDrives, spareMedia } = await this.#stage.status();
    const [lane] = lanes;
    const real = lane?.cartridge?.realVolumeTag;
    const element = lane?.drive?.element;
    if (this.#faultCount >= FAULT_COUNT_MAX || real === undefined || element === undefined) {
      return;
    }
    const drive = `drive ${element - DRIVE_1 + 1}`;
    const after = `after ${this.#random(DELAY_MAX)}`;
    const rules = [
      "robot move fail",
      `${drive} reset ${after}`,
      ...(spareDrives.length > 0
        ? [
            `${drive} write fail ${after}`,
            `${drive} drop ${after}`,
            `${drive} write deferred ${after}`,
          ]
        : []),
      ...(lane?.ring.protected === true && spareMedia.length > 0
        ? [`cartridge ${real} write fail at ${at + this.#random(DELAY_MAX)}`]
        : []),
      ...(lane?.ring.protected === true && server.tape.length > 0
        ? [`cartridge ${real} read fail at ${this.#random(server.tape.length)}`]
        : []),
    ];
    const rule = this.#pick(rules);
    this.#faultCount += 1;
    this.#say(rule);
    await this.#stage.fault(rule);
  }

  async #move(from: number, to: number): Promise<void> {
    const changer = await this.#stage.server(0);
    await changer.move(from, to);
    await changer.logOut();
  }

  #pick<Thing>(things: readonly Thing[]): Thing {
    const thing = things[this.#random(things.length)];
    assert.ok(thing !== undefined);
    return thing;
  }

  readonly #say = (words: string): void => {
    this.said.push(words);
  };
}

/** Something that the server does at object `at`; where it stands then. */
type Deed = (
  server: Server,
  at: number,
  random: (below: number) => number,
  say: (words: string) => void,
) => Promise<number>;

const write: Deed = async (server, at, random, say) => {
  const count = 1 + random(OBJECTS_AT_ONCE);
  say(`write ${count} at ${at}`);
  server.tape.splice(at);
  await server.writeMany(count);
  return at + count;
};

const mark: Deed = async (server, at, random, say) => {
  const count = 1 + random(2);
  const immed = random(2) === 0 ? 0 : 1;
  say(`${count} filemarks at ${at}, immed ${immed}`);
  server.tape.splice(at);
  await server.filemarks(count, immed);
  return at + count;
};

const append: Deed = async (server, _at, random, say) => {
  say("to the end of data");
  await server.space(3, 0);
  return write(server, server.tape.length, random, say);
};

const locate: Deed = async (server, _at, random, say) => {
  const object = random(server.tape.length + 1);
  say(`locate ${object}`);
  await server.locate(object);
  return object;
};

const rewind: Deed = async (server, _at, _random, say) => {
  say("rewind");
  await server.rewind();
  return 0;
};

const read: Deed = async (server, at, random, say) => {
  const count = random(OBJECTS_AT_ONCE);
  say(`read ${count} at ${at}`);
  for (let index = at; index < at + count; index += 1) {
    assert.equal(await server.read(), server.tape[index], `object ${index}`);
    if (index >= server.tape.length) {
      return server.tape.length;
    }
  }
  return at + count;
};

const overMark: Deed = async (server, at, _random, say) => {
  const mark = server.tape.indexOf(FILEMARK, at);
  if (mark < 0) {
    return at;
  }
  say(`over the filemark ${mark}`);
  await server.space(1, 1);
  return mark + 1;
};

/** As often as they stand here. */
const DEEDS: readonly Deed[] = [
  write,
  write,
  write,
  mark,
  append,
  append,
  locate,
  rewind,
  read,
  read,
  overMark,
];
