/**
 * Two servers at a bare practice changer and at the bridge's: the same random commands, and with a failure some to
 * the lanes besides, whose drives and cartridges fail behind the bridge. Decides what is compared: every status, sense
 * data and byte, after each command the whole inventory, and after each move what both lanes say to
 * both servers.
 */

import { deepStrictEqual } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { Random } from "../parity/random.ts";
import { type Answer, answerWords } from "./answer.ts";
import { changerRows } from "./changer-commands.ts";
import { elementStatus } from "./changer-questions.ts";
import { changerView, type Shift, shiftedCdb } from "./changer-view.ts";
import { withoutMeant } from "./differences.ts";
import { type FailureKind, type PlannedFailure, planFailure, strike } from "./failure.ts";
import { bytesOf, type CommandRow, type Made, six } from "./made.ts";
import { Model } from "./model.ts";
import type { Nexus } from "./nexus.ts";
import { ask } from "./play.ts";
import { Rig, settle } from "./rig.ts";
import { SERVERS } from "./sequence.ts";
import { filemarks, read, rewind, space, write } from "./stream-commands.ts";

const LANES = 2;
const STORED = 3;
const PORTS = 2;
const SENT_SHOWN = 12;
const TURN_ONE_IN = 4;
/** The cartridges, and the cleaning cartridge. */
const SLOTS = LANES + STORED + 1;
const FIRST_SLOT = 0x1000;
const FIRST_DRIVE = 0x100;
const AS_IT_IS: Shift = { from: 0x10000, by: 0 };
/** In each story, and what of spares they may need. */
const FAILURES = 2;
const SPARES = 2 * FAILURES;
/** As short as can be set. */
const HANG_TIMEOUT_SECONDS = 1;
const RECOVERED = /bridge step .* result=recovered/;
/** So many are written, then read, behind a rule: each kind of failure strikes in one of them. */
const STRUCK_RECORDS = 24;
/** So many of each volume are read at the end. */
const LAST_RECORDS = 8;
const READY_WAIT_MS = 5;
const READY_WAITS_MAX = 4000;
const BECOMING_READY = "2/04/01";
const NO_MEDIUM = "2/3A/00";
const READY = "";

/** What is to be played. */
export interface ChangerStory {
  readonly seed: number;
  readonly stepCount: number;
  /** What breaks behind the bridge, twice. */
  readonly failure?: FailureKind | undefined;
}

/** What came of it: numbers of the meant differences that were met, failures that were covered. */
export interface ChangerResult {
  readonly met: ReadonlySet<number>;
  readonly recoveredCount: number;
}

/** Plays; throws at the first difference. */
export async function playChangers(story: ChangerStory): Promise<ChangerResult> {
  const { failure } = story;
  const spares = failure === undefined ? 1 : SPARES;
  const rig = await Rig.open({
    ...{ lanes: LANES, storedCartridges: STORED, spareMedia: spares },
    spareDrives: failure === "cartridge" ? 1 : spares,
    driveTimeout: failure === "hang" ? HANG_TIMEOUT_SECONDS : undefined,
  });
  try {
    const both = await Both.open(rig, spares);
    await (failure === undefined ? playSound(both, story) : playFailing(both, rig, story, failure));
    return { met: both.met, recoveredCount: rig.bridge.lines.count(RECOVERED) };
  } catch (thrown) {
    throw failure === undefined ? thrown : withLines(thrown, rig);
  } finally {
    await rig.close();
  }
}

function withLines(thrown: unknown, rig: Rig): Error {
  const lines = rig.bridge.lines.all.slice(-60);
  return new Error([String(thrown), "the bridge's last lines:", ...lines].join("\n"));
}

/** Both changers and their lanes, with SERVERS nexuses each. */
class Both {
  readonly met = new Set<number>();
  readonly #rig: Rig;
  readonly #bare: readonly Nexus[];
  readonly #bridge: readonly Nexus[];
  readonly #shift: Shift;
  readonly #sent: string[] = [];
  #hasFailed = false;

  private constructor(rig: Rig, bare: readonly Nexus[], bridge: readonly Nexus[], spares: number) {
    this.#rig = rig;
    this.#bare = bare;
    this.#bridge = bridge;
    // The bridge's spare cartridges stand in front of the cleaning cartridge.
    this.#shift = { from: FIRST_SLOT + SLOTS - 1, by: spares };
  }

  static async open(rig: Rig, spares: number): Promise<Both> {
    const bare: Nexus[] = [];
    const bridge: Nexus[] = [];
    for (let server = 0; server < SERVERS; server += 1) {
      bare.push(await rig.nexus(rig.bareUrl, 0, server));
      bridge.push(await rig.nexus(rig.bridge.url, 0, server));
    }
    for (const nexus of [...bare, ...bridge]) {
      await settle(nexus);
    }
    return new Both(rig, bare, bridge, spares);
  }

  failed(words: string): void {
    this.#hasFailed = true;
    this.#sent.push(`behind the bridge: ${words}`);
  }

  /** One command to both changers. */
  async changer(made: Made, server: number, what: string): Promise<void> {
    const cdb = Uint8Array.from(made.cdb);
    const shifted = { ...made, cdb: shiftedCdb(cdb, this.#shift) };
    const [bare, bridge] = await Promise.all([
      ask(nexusOf(this.#bare, server), { ...made, cdb }, false),
      ask(nexusOf(this.#bridge, server), shifted, false),
    ]);
    const wanted = changerView(cdb, bare, AS_IT_IS);
    this.#note(0, server, cdb, wanted);
    this.#same(changerView(cdb, this.#undone(cdb, bare, bridge), this.#shift), wanted, what);
  }

  /** The whole inventory, as that server sees it. */
  elements(server: number, what: string): Promise<void> {
    return this.changer(elementStatus(0, 0), server, `the elements after ${what}`);
  }

  /** One command to both drives; the sense data in words, "": none. */
  async lane(made: Made, lane: number, server: number, what: string): Promise<string> {
    const order = { ...made, cdb: Uint8Array.from(made.cdb) };
    const [one, other] = this.#drives(lane, server);
    const [bare, bridge] = await Promise.all([ask(one, order, false), ask(other, order, false)]);
    const wanted = answerWords(bare);
    this.#note(lane, server, order.cdb, [wanted]);
    this.#same(answerWords(this.#undone(order.cdb, bare, bridge)), wanted, what);
    return bare.sense;
  }

  /** What both lanes say to each server until they are ready, or have no cartridge. */
  async lanes(what: string): Promise<void> {
    for (let lane = 1; lane <= LANES; lane += 1) {
      for (let server = 0; server < SERVERS; server += 1) {
        const [one, other] = this.#drives(lane, server);
        const [bare, bridge] = await Promise.all([untilReady(one), untilReady(other)]);
        this.#same(bridge, bare, `lane ${lane} to server ${server} after ${what}`);
      }
    }
  }

  #drives(lane: number, server: number): readonly [Nexus, Nexus] {
    const pair = this.#rig.pairs.find((one) => one.lane === lane);
    return [nexusOf(pair?.bare ?? [], server), nexusOf(pair?.bridge ?? [], server)];
  }

  #undone(cdb: Uint8Array, bare: Answer, bridge: Answer): Answer {
    return withoutMeant({ cdb }, bare, bridge, this.#hasFailed, (number) => this.met.add(number));
  }

  #note(lun: number, server: number, cdb: Uint8Array, [words = ""]: readonly string[]): void {
    this.#sent.push(`LUN ${lun}, server ${server}: ${Buffer.from(cdb).toString("hex")} ${words}`);
  }

  #same(given: unknown, wanted: unknown, what: string): void {
    deepStrictEqual(given, wanted, [what, ...this.#sent.slice(-SENT_SHOWN), ""].join("\n"));
  }
}

function nexusOf(nexuses: readonly Nexus[], server: number): Nexus {
  const nexus = nexuses[server];
  if (nexus === undefined) {
    throw new Error(`there is no server ${server}`);
  }
  return nexus;
}

/** The sense data of TEST UNIT READY until it is no unit attention and not becoming ready. */
async function untilReady(nexus: Nexus): Promise<readonly string[]> {
  const told: string[] = [];
  for (let count = 0; count < READY_WAITS_MAX; count += 1) {
    const { sense } = await ask(nexus, { cdb: new Uint8Array(6) }, false);
    if (sense === BECOMING_READY) {
      await pause(READY_WAIT_MS);
      continue;
    }
    told.push(sense);
    if (!sense.startsWith("6/")) {
      return told;
    }
  }
  throw new Error("it does not become ready");
}

async function playSound(both: Both, { seed, stepCount }: ChangerStory): Promise<void> {
  const random = new Random(seed);
  const model = new Model();
  model.isShared = true;
  const rows = changerRows({ ports: PORTS, drives: LANES, slots: SLOTS });
  for (let step = 0; step < stepCount; step += 1) {
    takeTurns(random, model);
    const what = `seed ${seed}, step ${step}`;
    await both.changer(chosen(rows, random, model), model.server, what);
    await both.elements(model.server, what);
  }
}

/** What is sent to a lane. */
const LANE_ROWS: readonly CommandRow[] = [
  { name: "WRITE", weight: 12, moves: true, make: write },
  { name: "WRITE FILEMARKS", weight: 3, moves: true, make: filemarks },
  { name: "READ", weight: 5, moves: true, make: read },
  { name: "SPACE", weight: 2, moves: true, make: space },
  { name: "REWIND", weight: 2, moves: true, make: rewind },
];
const MOVES: readonly (number | undefined)[] = [0xa5, 0xa6];
const LOOK: Made = { cdb: six(0, 0, 0) };
const RELEASE = six(0x17, 0, 0);
const ALLOW = six(0x1e, 0, 0);

async function playFailing(
  both: Both,
  rig: Rig,
  { seed, stepCount }: ChangerStory,
  failure: FailureKind,
): Promise<void> {
  const random = new Random(seed);
  const model = new Model();
  const tapes = Array.from({ length: LANES }, () => new Model());
  const rows = changerRows({ ports: PORTS, drives: LANES, slots: SLOTS });
  const plans = plansFor(seed, failure, Math.floor(stepCount / FAILURES));
  const strikes = plans.map(({ at }, index) => at + index * Math.floor(stepCount / FAILURES));
  let struck = 0;
  for (let step = 0; step < stepCount; step += 1) {
    takeTurns(random, model);
    const what = `seed ${seed}, ${failure}, step ${step}`;
    const { server } = model;
    const lane = 1 + random.below(LANES);
    const plan = step >= (strikes[struck] ?? stepCount) ? plans[struck] : undefined;
    if (plan !== undefined && (await both.lane(LOOK, lane, server, what)) === READY) {
      both.failed(await strike(rig, lane, plan));
      struck += 1;
      await runInto(both, random, lane, server);
    }
    const tape = tapes[lane - 1] ?? new Model();
    const isOfLane = random.oneIn(2);
    if (isOfLane) {
      const sense = await both.lane(chosen(LANE_ROWS, random, tape), lane, server, what);
      if (sense !== NO_MEDIUM) {
        await both.elements(server, what);
        continue;
      }
    }
    // An empty lane is loaded, if the slot has a cartridge.
    const made = isOfLane
      ? moved(FIRST_SLOT + random.below(SLOTS - 1), FIRST_DRIVE + lane - 1)
      : chosen(rows, random, model);
    await both.changer(made, server, what);
    await both.elements(server, what);
    if (MOVES.includes(made.cdb[0])) {
      await both.lanes(what);
    }
  }
  await lastLook(both, random, `seed ${seed}, ${failure}, the end`);
}

/**
 * What is planned, but for cartridges that cannot be read: such a record comes from the ring of the lane that wrote
 * it, and in the other lane the cartridge has nothing to give.
 */
function plansFor(seed: number, failure: FailureKind, length: number): readonly PlannedFailure[] {
  const plans: PlannedFailure[] = [];
  for (let number = 0; plans.length < FAILURES; number += 1) {
    const plan = planFailure(seed, number, failure, length);
    const words = plan.rules({ drive: 0, cartridge: "", spareDrive: 0, spareMedium: "" });
    if (!words.some((rule) => rule.startsWith("cartridge") && rule.includes("read fail"))) {
      plans.push(plan);
    }
  }
  return plans;
}

/** To where the failure waits; nothing is synchronized, so what follows comes in the middle of it. */
async function runInto(both: Both, random: Random, lane: number, server: number): Promise<void> {
  const what = "into the failure";
  const written = new Model();
  await both.lane(rewind(random, written), lane, server, what);
  for (let record = 0; record < STRUCK_RECORDS; record += 1) {
    await both.lane(write(random, written), lane, server, what);
  }
  await both.lane(rewind(random, written), lane, server, what);
  for (let record = 0; record < STRUCK_RECORDS; record += 1) {
    await both.lane(read(random, written), lane, server, what);
  }
}

/** Each volume goes into the first lane, says what it holds, and goes back to where it was. */
async function lastLook(both: Both, random: Random, what: string): Promise<void> {
  for (let server = 0; server < SERVERS; server += 1) {
    for (const cdb of [RELEASE, ALLOW]) {
      await both.changer({ cdb }, server, what);
    }
  }
  const slots = Array.from({ length: SLOTS - 1 }, (_, index) => FIRST_SLOT + index);
  for (let lane = 1; lane <= LANES; lane += 1) {
    for (const slot of slots) {
      await both.changer(moved(FIRST_DRIVE + lane - 1, slot), 0, what);
    }
  }
  await both.lanes(what);
  for (const slot of slots) {
    await both.changer(moved(slot, FIRST_DRIVE), 0, what);
    await both.lanes(what);
    for (let record = 0; record < LAST_RECORDS; record += 1) {
      await both.lane(read(random, new Model()), 1, 0, what);
    }
    await both.changer(moved(FIRST_DRIVE, slot), 0, what);
    await both.lanes(what);
    await both.elements(0, what);
  }
}

function moved(from: number, to: number): Made {
  return { cdb: [0xa5, 0, 0, 0, ...bytesOf(from, 2), ...bytesOf(to, 2), 0, 0, 0, 0] };
}

function takeTurns(random: Random, model: Model): void {
  model.server = random.oneIn(TURN_ONE_IN) ? 1 - model.server : model.server;
}

function chosen(rows: readonly CommandRow[], random: Random, model: Model): Made {
  for (;;) {
    let at = random.below(rows.reduce((sum, { weight }) => sum + weight, 0));
    const row = rows.find(({ weight }) => {
      at -= weight;
      return at < 0;
    });
    const made = row?.make(random, model);
    if (made !== undefined) {
      return made;
    }
  }
}
