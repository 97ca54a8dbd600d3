/**
 * A changer in a storm: the server moves, lanes recover, the robot fails, hangs, lies and drops what it
 * carries, an operator takes cartridges and brings others, the core traps, the power goes; all at the
 * same time and in any order, from a seed. What is true is known here by itself: where each cartridge
 * really is (the model library) and which one has the data of each of the server's volumes.
 */
import assert from "node:assert/strict";
import { EV_NEXUS, EV_TIME, NEXUS_ESTABLISHED } from "../../assembly/spec/event.ts";
import {
  WORD_FENCED,
  WORD_GONE,
  WORD_MOUNT,
  WORD_MOUNTED,
  WORD_NONE,
  WORD_RECOVERED,
  WORD_RELEASE,
  WORD_RELEASED,
  WORD_SPARES,
} from "../../assembly/spec/word.ts";
import { coreEvent } from "../../host/core/core-event.ts";
import { Random } from "../parity/random.ts";
import { type Action, Bench, moveCdb, outcome, type Seen, seen } from "./bench.ts";
import { library, type Misdeed } from "./model-library.ts";
import { type Line, SCRIPTS, type Script, SPARE, type Truth } from "./storm-lane.ts";

const TAGS = ["AAA001L9", "AAA002L9", "AAA003L9", "AAA004L9", "SPR001L9", "SPR002L9"];
const SPARES = ["SPR001L9", "SPR002L9"];
const SIZE = { slots: 11, drives: 4, ports: 2 };
const LANES = 2;
const FIRST_DRIVE = 256;
const STRANGERS_MAX = 2;
const WATCHER = 9;
const RELEASE_FAILED = 0x045300;

interface Lane {
  readonly number: number;
  script: Script | undefined;
  waits: number | undefined;
  owesRelease: boolean;
  owesMount: boolean;
  /** It has released its volume, which is not gone yet. */
  hasReleased: boolean;
  /** The drive that it went to last by itself. */
  drive: number | undefined;
}

function drivesOf(b: Bench): number[] {
  return Array.from(
    { length: LANES },
    (_, lane) => b.lastWord(WORD_SPARES, lane + 1)?.e ?? WORD_NONE,
  );
}

/** The storm of a seed. */
export class Storm {
  bench: Bench;
  readonly random: Random;
  /** What happened, for whoever looks at a failure. */
  readonly story: string[] = [];
  /** The server's volumes: the cartridge with the data of each. */
  readonly #data = new Map(TAGS.filter((tag) => !SPARES.includes(tag)).map((tag) => [tag, tag]));
  readonly #outside: string[] = [];
  #strangers = 0;
  #lanes: Lane[] = [];
  #heard = 0;
  #robotIsWell = false;
  #addresses: number[] = [];
  readonly #truth: Truth = {
    inDrive: (device) => this.#inDrive(device),
    mustBeBlank: (real) => {
      assert.ok(SPARES.includes(real), `${real} is no spare`);
      assert.ok(![...this.#data.values()].includes(real), `${real} has data`);
    },
    works: () => !this.random.oneIn(4),
    wrote: (volume, real) => {
      this.#tell(`${volume} is on ${real}`);
      this.#data.set(volume, real);
    },
  };

  private constructor(bench: Bench, seed: number) {
    this.bench = bench;
    this.random = new Random(seed);
  }

  static async begin(seed: number): Promise<Storm> {
    const setup = { library: library(SIZE, TAGS), lanes: LANES, spares: SPARES };
    const storm = new Storm(await Bench.started(setup), seed);
    setup.library.misdeed = () => storm.#misdeed();
    storm.#newLanes();
    storm.#addresses = storm.#seen().map(({ address }) => address);
    return storm;
  }

  /** Lets so many things happen. */
  async blow(steps: number): Promise<void> {
    for (let step = 0; step < steps; step += 1) {
      await this.#step();
      this.#look();
    }
  }

  #tell(what: string): void {
    this.story.push(what);
  }
  #newLanes(): void {
    for (let lane = 1; lane <= LANES; lane += 1) this.bench.silent.add(lane);
    this.bench.send({ ...coreEvent(EV_NEXUS), a: 1, b: NEXUS_ESTABLISHED });
    this.#heard = this.bench.words.length;
    this.#lanes = Array.from({ length: LANES }, (_, index) => {
      return {
        number: index + 1,
        script: undefined,
        waits: undefined,
        owesRelease: false,
        owesMount: false,
        hasReleased: false,
        drive: undefined,
      };
    });
  }

  #misdeed(): Misdeed | undefined {
    if (this.#robotIsWell || !this.random.oneIn(5)) return undefined;
    const misdeed = {
      moved: (["no", "half", "yes"] as const)[this.random.below(3)] ?? "no",
      says: (["good", "failed", "nothing", "lost"] as const)[this.random.below(4)] ?? "failed",
    };
    this.#tell(`robot: moved ${misdeed.moved}, says ${misdeed.says}`);
    return misdeed;
  }

  async #step(): Promise<void> {
    this.#hear();
    const { random } = this;
    switch (random.below(12)) {
      case 0:
        return this.#serve();
      case 1:
        return random.oneIn(3) ? this.#operate() : undefined;
      case 2:
        return this.#act();
      case 3:
        return random.oneIn(4) ? await this.#trap() : undefined;
      case 4:
        return random.oneIn(30) ? await this.#powerCut() : undefined;
      case 5:
        if (this.bench.wakeMs !== undefined && random.oneIn(3)) this.bench.tick();
        return undefined;
      case 6:
        return this.#act();
      default:
        for (let turns = random.below(4); turns >= 0; turns -= 1) this.bench.turn();
    }
  }
  async #trap(): Promise<void> {
    this.#tell("trap");
    await this.bench.trap(coreEvent(EV_TIME));
  }

  /** A move or an exchange from anywhere to anywhere. */
  #serve(): void {
    const at = (): number => this.#addresses[this.random.below(this.#addresses.length)] ?? 0;
    // Mostly what could be done: something into a lane, or out of it, or elsewhere.
    const all = this.#seen();
    const lanes = all.filter(({ type }) => type === 4);
    const full = all.filter(({ tag }) => tag !== undefined);
    const empty = (this.random.oneIn(2) ? lanes : all).filter(({ tag }) => tag === undefined);
    const some = (list: readonly Seen[]): number | undefined => {
      return this.random.oneIn(4) ? at() : list[this.random.below(list.length || 1)]?.address;
    };
    const [from, to, second] = [some(full) ?? at(), some(empty) ?? at(), at()];
    this.#tell(`server: ${from} to ${to}`);
    if (!this.random.oneIn(5)) {
      this.bench.command(moveCdb(from, to));
      return;
    }
    const end = this.random.oneIn(2) ? from : second;
    const bytes = [from, to, end].flatMap((address) => [address >> 8, address & 0xff]);
    this.bench.command([0xa6, 0, 0, 1, ...bytes, 0, 0]);
  }

  /** A hand in the shelves: out, in, or somebody else's cartridge; mostly the library says so. */
  #operate(): void {
    const places = this.bench.library.places.filter(({ type }) => type === 2 || type === 3);
    const place = places[this.random.below(places.length)];
    if (place === undefined) return;
    if (place.tag === undefined) {
      const tag = this.#outside.shift() ?? this.#stranger();
      if (tag === undefined) return;
      place.tag = tag;
    } else {
      this.#outside.push(place.tag);
      place.tag = undefined;
    }
    place.source = 0;
    this.#tell(`operator: ${place.address} ${place.tag ?? "empty"}`);
    if (!this.random.oneIn(4))
      this.bench.library.pending.push([6, place.type === 3 ? 0x2801 : 0x2800]);
  }
  #stranger(): string | undefined {
    if (this.#strangers === STRANGERS_MAX) return undefined;
    this.#strangers += 1;
    const tag = `NEW00${this.#strangers}L9`;
    this.#data.set(tag, tag);
    return tag;
  }

  /** A lane does what it owes, or begins a recovery. */
  #act(): void {
    const lane = this.#lanes[this.random.below(LANES)];
    if (lane === undefined || lane.script !== undefined) return;
    if (lane.owesRelease) {
      lane.owesRelease = false;
      const fails = this.random.oneIn(6);
      lane.hasReleased = !fails;
      this.bench.word(WORD_RELEASED, lane.number, fails ? RELEASE_FAILED : 0);
      return;
    }
    if (lane.owesMount) {
      lane.owesMount = false;
      this.bench.word(WORD_MOUNTED, lane.number);
      return;
    }
    if (!lane.hasReleased && this.random.oneIn(2)) this.#recover(lane);
  }
  #recover(lane: Lane): void {
    const volume = this.#volume(lane.number);
    const drive = lane.drive ?? drivesOf(this.bench)[lane.number - 1] ?? WORD_NONE;
    if (volume === undefined || drive === WORD_NONE) return;
    this.#tell(`lane ${lane.number}: recovery of ${volume}`);
    const make = SCRIPTS[this.random.below(SCRIPTS.length)];
    lane.script = make?.({ volume, drive, truth: this.#truth });
    this.#resume(lane, undefined);
  }
  #resume(lane: Lane, heard: Action | undefined): void {
    lane.waits = undefined;
    while (lane.script !== undefined) {
      const { value, done } = lane.script.next(heard as Action);
      if (done === true) {
        lane.script = undefined;
        return;
      }
      const { say, wait } = value as Line;
      lane.waits = wait;
      if (say !== undefined) {
        this.#tell(`lane ${lane.number}: word ${say.join(" ")}`);
        this.bench.word(say[0], lane.number, say[1], say[2]);
        if (say[0] === WORD_FENCED) lane.drive = say[2];
      }
      if (wait !== undefined) return;
    }
  }
  /** Words that have come to the lanes since. */
  #hear(): void {
    while (this.#heard < this.bench.words.length) {
      const word = this.bench.words[this.#heard] as Action;
      this.#heard += 1;
      const lane = this.#lanes[word.b - 1];
      if (lane === undefined) continue;
      if (word.a !== WORD_SPARES) this.#tell(`lane ${word.b}: hears word ${word.a} ${word.c}`);
      if (word.a === WORD_MOUNT) lane.owesMount = true;
      if (word.a === WORD_RELEASE) lane.owesRelease = true;
      if (word.a === WORD_GONE) lane.hasReleased = false;
      if (word.a === WORD_GONE) lane.owesMount = false;
      if (word.a === lane.waits) this.#resume(lane, word);
    }
  }

  /** The power goes; the bridge starts from its journal, once or twice, with a robot that works. */
  async #powerCut(): Promise<void> {
    this.#tell("power cut");
    this.#robotIsWell = true;
    for (const turns of [this.random.below(40), Number.POSITIVE_INFINITY]) {
      this.bench = await this.bench.restart();
      this.bench.begin();
      for (let turn = 0; turn < turns && this.bench.turn(); turn += 1);
    }
    assert.equal(this.bench.started, 0);
    const { words } = this.bench;
    this.#newLanes();
    for (const lane of this.#lanes)
      this.#found(
        lane,
        words.findLast((word) => word.a === WORD_MOUNT && word.b === lane.number),
      );
    this.#robotIsWell = false;
  }
  /** What a lane makes of a cartridge that the start found in its drive. */
  #found(lane: Lane, mount: Action | undefined): void {
    if (mount === undefined) return;
    const [volume = "", real = ""] = [0, 32].map((at) =>
      mount.params.toString("latin1", at, at + 32).trimEnd(),
    );
    this.bench.word(WORD_MOUNTED, lane.number);
    if (volume === real) return;
    // Its image is whole on it, or is put on it now.
    assert.ok(this.#data.get(volume) === real || SPARES.includes(real), `${volume} on ${real}`);
    this.#data.set(volume, real);
    this.bench.word(WORD_RECOVERED, lane.number, SPARE);
  }

  #inDrive(device: number): string | undefined {
    return this.bench.library.at(FIRST_DRIVE + device).tag;
  }
  /** The tag of the volume in a lane, as the server sees it. */
  #volume(lane: number): string | undefined {
    return this.#seen().find(({ address }) => address === FIRST_DRIVE - 1 + lane)?.tag;
  }
  /** What a nexus without unit attentions sees; asking needs no robot. */
  #seen(): Seen[] {
    return seen(this.bench, WATCHER);
  }
  /** At any moment: the same addresses, each volume at most once, nothing that is hidden. */
  #look(): void {
    const all = this.#seen();
    assert.deepEqual(
      all.map(({ address }) => address),
      this.#addresses,
    );
    const tags = all.flatMap(({ tag }) => tag ?? []);
    assert.equal(new Set(tags).size, tags.length, `seen twice: ${tags.join(" ")}`);
    for (const tag of tags) assert.ok(this.#data.has(tag), `${tag} is hidden`);
  }

  /** The storm is over: what is seen is what is there, and each volume is mounted with its data. */
  async calm(): Promise<void> {
    this.#robotIsWell = true;
    for (let round = 0; round < 200; round += 1) {
      this.bench.run();
      this.#hear();
      for (const lane of this.#lanes) this.#settle(lane);
    }
    assert.equal(outcome(this.bench.ask([7, 0, 0, 0, 0, 0], WATCHER)), "good");
    this.bench.run();
    this.#look();
    const there = new Set(this.bench.library.places.flatMap(({ tag }) => tag ?? []));
    const wanted = [...this.#data].flatMap(([volume, real]) => (there.has(real) ? [volume] : []));
    assert.deepEqual(
      this.#seen()
        .flatMap(({ tag }) => tag ?? [])
        .toSorted(),
      wanted.toSorted(),
    );
    this.bench.silent.clear();
    this.#empty();
    for (const volume of wanted) this.#mount(volume);
  }
  #settle(lane: Lane): void {
    if (lane.script !== undefined) return;
    if (lane.owesMount) this.bench.word(WORD_MOUNTED, lane.number);
    if (lane.owesRelease) this.bench.word(WORD_RELEASED, lane.number);
    lane.owesMount = false;
    lane.owesRelease = false;
  }
  #move(from: number, to: number): void {
    assert.equal(outcome(this.bench.ask(moveCdb(from, to), WATCHER)), "good", `${from} to ${to}`);
  }
  #free(): number {
    const slot = this.#seen().find(({ type, tag }) => type === 2 && tag === undefined);
    assert.ok(slot, "a free storage element");
    return slot.address;
  }
  /** Nothing is left in the hand nor in lanes. */
  #empty(): void {
    for (const { type, address, tag } of this.#seen()) {
      if ((type === 1 || type === 4) && tag !== undefined) this.#move(address, this.#free());
    }
  }
  #mount(volume: string): void {
    const from = this.#seen().find(({ tag }) => tag === volume);
    assert.ok(from);
    this.#move(from.address, FIRST_DRIVE);
    const drive = drivesOf(this.bench)[0] ?? WORD_NONE;
    assert.equal(this.#inDrive(drive), this.#data.get(volume), `the data of ${volume}`);
    this.#move(FIRST_DRIVE, this.#free());
  }
}
