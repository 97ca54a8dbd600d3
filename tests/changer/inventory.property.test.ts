/**
 * Whatever the server, lanes, robot, operator and power do, in any order: every cartridge of the server is
 * seen exactly once and under its own tag, spares and failed ones never, addresses never change, and
 * what is mounted under a tag is the cartridge that has its data. A restart may come at every point.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  WORD_ASK_DRIVE,
  WORD_ASK_MEDIUM,
  WORD_BAD_MEDIUM,
  WORD_DRIVE,
  WORD_FENCED,
  WORD_MEDIUM,
  WORD_MOUNT,
  WORD_MOVE_ACROSS,
  WORD_MOVE_IN,
  WORD_MOVE_OUT,
  WORD_MOVED,
  WORD_NONE,
  WORD_RECOVERED,
  WORD_SPARES,
} from "../../assembly/spec/word.ts";
import { type Action, Bench, moveCdb, outcome, type Seen, seen } from "./bench.ts";
import { library } from "./model-library.ts";

const TAGS = ["AAA001L9", "AAA002L9", "AAA003L9", "AAA004L9", "SPR001L9", "SPR002L9"];
const SPARES = ["SPR001L9", "SPR002L9"];
const VISIBLE = TAGS.filter((tag) => !SPARES.includes(tag));
const SIZE = { slots: 8, drives: 4, ports: 1 };
const LANES = 2;
const TURNS_BEFORE_CRASH_MAX = 24;

type Op =
  | { readonly kind: "move"; readonly from: number; readonly to: number }
  | { readonly kind: "medium" | "drive" | "stuck"; readonly lane: number; readonly end: number }
  | { readonly kind: "robot"; readonly times: number; readonly afterwards: boolean }
  | { readonly kind: "operator"; readonly from: number; readonly to: number }
  | { readonly kind: "crash"; readonly turns: number; readonly again: number };

/** Thrown when the power goes. */
class Crash extends Error {}

/** The bench with lanes that recover, and what the test knows of the truth. */
class World {
  bench: Bench;
  /** Virtual tag to the real tag of the cartridge with its data. */
  readonly data = new Map(VISIBLE.map((tag) => [tag, tag]));
  /** Spare media that did not work, and those of them that the changer knows of, also after a crash. */
  readonly failing = new Set<string>();
  readonly bad = new Set<string>();
  addresses: number[] = [];
  /** Turns until the power goes; then, in the start that follows, until it goes once more. */
  #turnsLeft: number | undefined;
  #again = 0;

  constructor(bench: Bench) {
    this.bench = bench;
  }

  crashAfter(turns: number, again: number): void {
    this.#turnsLeft = turns;
    this.#again = again;
  }
  calm(): void {
    this.#turnsLeft = undefined;
    this.bench.library.failures = [];
  }
  /** Lets everything happen; throws Crash where the power goes. */
  run(): void {
    for (;;) {
      if (this.#turnsLeft === 0) throw new Crash();
      if (this.#turnsLeft !== undefined) this.#turnsLeft -= 1;
      if (!this.bench.turn()) return;
    }
  }
  ask(answer: number, kind: number, lane: number, c = 0, d = 0): Action {
    const before = this.bench.words.length;
    this.bench.word(kind, lane, c, d);
    this.run();
    const word = this.bench.words.slice(before).find((one) => one.a === answer && one.b === lane);
    assert.ok(word, `no answer to word ${kind}`);
    return word;
  }
  drive(lane: number): number {
    return this.bench.lastWord(WORD_SPARES, lane)?.e ?? WORD_NONE;
  }
  inDrive(device: number): string | undefined {
    return this.bench.library.at(256 + device).tag;
  }
  /** The tag of the volume in a lane, as the server sees it. */
  volume(lane: number): string | undefined {
    return seen(this.bench).find(({ address }) => address === 255 + lane)?.tag;
  }
  end(lane: number, c: number, volume: string, real: string): void {
    if (c === 1) this.data.set(volume, real);
    this.bench.word(WORD_RECOVERED, lane, c);
    this.run();
  }

  async restart(): Promise<void> {
    this.calm();
    for (const turns of [this.#again, Number.POSITIVE_INFINITY]) {
      this.bench = await this.bench.restart();
      this.bench.begin();
      for (let turn = 0; turn < turns && this.bench.turn(); turn += 1);
    }
    assert.equal(this.bench.started, 0);
    for (let lane = 1; lane <= LANES; lane += 1) this.#found(lane);
  }
  /** What a lane does about a cartridge that it finds in its drive at the start. */
  #found(lane: number): void {
    const mount = this.bench.lastWord(WORD_MOUNT, lane);
    if (mount === undefined) return;
    const volume = mount.params.toString("latin1", 0, 32).trimEnd();
    const real = mount.params.toString("latin1", 32, 64).trimEnd();
    if (volume === real) return;
    // The word of a finished recovery may be lost, so it is said again. A recovery that was under
    // way is finished on what is there, where that works.
    this.end(lane, this.failing.has(real) ? 2 : 1, volume, real);
  }
}

function check(world: World): void {
  const all = seen(world.bench);
  const addresses = all.map(({ address }) => address);
  if (world.addresses.length === 0) world.addresses = addresses;
  assert.deepEqual(addresses, world.addresses, "addresses");
  const tags = all.flatMap(({ tag }) => tag ?? []);
  assert.deepEqual(tags.toSorted(), VISIBLE.toSorted(), "cartridges");
  const places = all.flatMap(({ type, address }) => (type === 2 || type === 3 ? [address] : []));
  for (const element of all) checkElement(element, places);
}
function checkElement(element: Seen, places: readonly number[]): void {
  if (element.tag === undefined) return;
  assert.ok(element.source !== undefined, "the source is valid");
  assert.ok(
    places.includes(element.source),
    `the source ${element.source} is a place of the server`,
  );
}

/** Moves a spare medium into a drive for the lane; its tag, or undefined where that was not possible. */
function bringSpare(world: World, lane: number, drive: number): string | undefined {
  const medium = world.ask(WORD_MEDIUM, WORD_ASK_MEDIUM, lane);
  if (medium.c === WORD_NONE) return undefined;
  const real = medium.params.toString("latin1").trimEnd();
  assert.ok(!world.bad.has(real) && SPARES.includes(real), `${real} is no good spare`);
  const used = [...world.data.values()].includes(real);
  assert.ok(!used, `${real} has data`);
  if (world.ask(WORD_MOVED, WORD_MOVE_IN, lane, medium.c, drive).c !== 0) return undefined;
  assert.equal(world.inDrive(drive), real);
  return real;
}
/** The kinds of end: given up, on the spare medium, the spare medium does not work either. */
const END_SPARE = 1;
const END_BAD = 2;

function recoverMedium(world: World, lane: number, end: number): void {
  const volume = world.volume(lane);
  const drive = world.drive(lane);
  if (volume === undefined || world.inDrive(drive) === undefined) return;
  const out = world.ask(WORD_MOVED, WORD_MOVE_OUT, lane, drive).c === 0;
  const real = out ? bringSpare(world, lane, drive) : undefined;
  if (real === undefined) {
    world.end(lane, 2, volume, "");
    return;
  }
  if (end === END_BAD) {
    world.failing.add(real);
    const again = world.ask(WORD_MEDIUM, WORD_ASK_MEDIUM, lane).c;
    world.bench.word(WORD_BAD_MEDIUM, lane, again);
  }
  world.end(lane, end === END_SPARE ? 1 : 2, volume, real);
  if (end === END_BAD) world.bad.add(real);
}
function recoverDrive(world: World, lane: number, end: number): void {
  const volume = world.volume(lane);
  const drive = world.drive(lane);
  if (volume === undefined) return;
  const spare = world.ask(WORD_DRIVE, WORD_ASK_DRIVE, lane).c;
  if (spare === WORD_NONE) return;
  const moved = world.ask(WORD_MOVED, WORD_MOVE_ACROSS, lane, drive, spare).c;
  if (moved === 0 || end === END_SPARE) world.bench.word(WORD_FENCED, lane, drive, spare);
  world.run();
  world.end(lane, 0, volume, "");
}
function recoverStuck(world: World, lane: number, end: number): void {
  const volume = world.volume(lane);
  const drive = world.drive(lane);
  if (volume === undefined) return;
  const spare = world.ask(WORD_DRIVE, WORD_ASK_DRIVE, lane).c;
  const real = spare === WORD_NONE ? undefined : bringSpare(world, lane, spare);
  if (real === undefined || end !== END_SPARE) {
    world.end(lane, 2, volume, "");
    return;
  }
  world.bench.word(WORD_FENCED, lane, drive, spare);
  world.run();
  world.end(lane, 1, volume, real);
}
/** An operator exchanges what two storage elements hold, and has the library read again. */
function operate(world: World, from: number, to: number): void {
  const [a, b] = [world.bench.library.at(1000 + from), world.bench.library.at(1000 + to)];
  [a.tag, b.tag] = [b.tag, a.tag];
  world.bench.command([0x07, 0, 0, 0, 0, 0]);
  world.run();
}
function serve(world: World, from: number, to: number): void {
  const at = (index: number): number => world.addresses[index % world.addresses.length] ?? 0;
  world.bench.command(moveCdb(at(from), at(to)));
  world.run();
}

function apply(world: World, op: Op): void {
  const { library: real } = world.bench;
  switch (op.kind) {
    case "move":
      serve(world, op.from, op.to);
      break;
    case "medium":
      recoverMedium(world, op.lane, op.end);
      break;
    case "drive":
      recoverDrive(world, op.lane, op.end);
      break;
    case "stuck":
      recoverStuck(world, op.lane, op.end);
      break;
    case "operator":
      operate(world, op.from, op.to);
      break;
    case "robot":
      real.failures = Array.from({ length: op.times }, () => op);
      break;
    case "crash":
      world.crashAfter(op.turns, op.again);
  }
}

async function play(ops: readonly Op[]): Promise<World> {
  const setup = { library: library(SIZE, TAGS), lanes: LANES, spares: SPARES };
  const world = new World(await Bench.started(setup));
  check(world);
  for (const op of ops) {
    try {
      apply(world, op);
      if (op.kind !== "crash") check(world);
    } catch (thrown) {
      if (!(thrown instanceof Crash)) throw thrown;
      await world.restart();
      check(world);
    }
  }
  return world;
}
/** Every tag, mounted in a lane, is the cartridge with its data. */
function mountAll(world: World): void {
  world.calm();
  empty(world);
  for (const tag of VISIBLE) {
    const there = seen(world.bench).find((element) => element.tag === tag);
    assert.ok(there);
    serveTo(world, there.address, 256);
    const mount = world.bench.lastWord(WORD_MOUNT, 1);
    assert.ok(mount);
    assert.equal(mount.params.toString("latin1", 0, 32).trimEnd(), tag);
    assert.equal(mount.params.toString("latin1", 32, 64).trimEnd(), world.data.get(tag));
    assert.equal(world.inDrive(world.drive(1)), world.data.get(tag));
    empty(world);
  }
}
function serveTo(world: World, from: number, to: number): void {
  assert.equal(outcome(world.bench.ask(moveCdb(from, to))), "good");
}
/** Takes the volumes out of all lanes. */
function empty(world: World): void {
  for (let lane = 1; lane <= LANES; lane += 1) {
    if (world.volume(lane) === undefined) continue;
    const slot = seen(world.bench).find(({ type, tag }) => type === 2 && tag === undefined);
    assert.ok(slot);
    serveTo(world, 255 + lane, slot.address);
  }
}

const place = fc.nat({ max: 11 });
const lane = fc.integer({ min: 1, max: LANES });
const end = fc.integer({ min: 0, max: 2 });
const anyOp: fc.Arbitrary<Op> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("move"), from: place, to: place }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom("medium", "drive", "stuck"), lane, end }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("robot"),
      times: fc.integer({ min: 1, max: 5 }),
      afterwards: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("operator"),
      from: fc.nat({ max: 7 }),
      to: fc.nat({ max: 7 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("crash"),
      turns: fc.nat({ max: TURNS_BEFORE_CRASH_MAX }),
      again: fc.nat({ max: TURNS_BEFORE_CRASH_MAX }),
    }),
  },
);

test("the virtual inventory stays a permutation whatever happens", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyOp, { minLength: 1, maxLength: 20 }), async (ops) => {
      mountAll(await play(ops));
    }),
    { numRuns: 150 },
  );
});
