import assert from "node:assert/strict";
import { test } from "node:test";
import { EV_COMMAND, EV_DATA } from "../../assembly/spec/event.ts";
import {
  TRAP_AFTER,
  TRAP_BEFORE,
  TRAP_SCRIBBLE,
  TRAP_UNREACHABLE,
} from "../../assembly/spec/trap.ts";
import { Random } from "../parity/random.ts";
import { Stage } from "./kit.ts";
import { TRAP_CORE_PATH, TrapCores } from "./trap-core.ts";
import {
  badDrive,
  badMedium,
  day,
  dividedDay,
  lostDrive,
  robotDay,
  type Story,
  stuckCartridge,
} from "./trap-story.ts";

const LIMIT = { timeout: 60_000 };
const SEED = 1;
const SEED_COUNT = 8;
/** Traps of one story at most. */
const TRAP_COUNT_MAX = 3;
/** Every story has more steps of lane 1 than this, so that every place is come to. */
const STEP_COUNT: ReadonlyMap<string, number> = new Map([
  ["day", 440],
  ["divided day", 400],
  ["bad medium", 420],
  ["bad drive", 330],
  ["robot day", 190],
  ["lost drive", 300],
  ["stuck cartridge", 300],
]);

const CHANGER_STEP_COUNT: ReadonlyMap<string, number> = new Map([
  ["day", 23],
  ["divided day", 31],
  ["bad medium", 31],
  ["bad drive", 31],
  ["robot day", 38],
  ["lost drive", 28],
  ["stuck cartridge", 28],
]);
const LANE = 1;
const CHANGER = 0;
/** One trap of so many is the changer's. */
const LANE_ODDS = 3;

const STORIES: readonly (readonly [string, Story])[] = [
  ["day", day],
  ["divided day", dividedDay],
  ["bad medium", badMedium],
  ["bad drive", badDrive],
  ["robot day", robotDay],
  ["lost drive", lostDrive],
  ["stuck cartridge", stuckCartridge],
];

for (const [words, story] of STORIES) {
  for (let seed = SEED; seed < SEED + SEED_COUNT; seed += 1) {
    test(`${words}, with traps anywhere, seed ${seed}`, LIMIT, async (t) => {
      const numbers = new Random(seed);
      const random = (below: number): number => numbers.below(below);
      const cores = new TrapCores();
      const places = new Map<string, number>();
      const count = 1 + random(TRAP_COUNT_MAX);
      for (let trap = 0; trap < count; trap += 1) {
        const when = random(2) === 0 ? TRAP_BEFORE : TRAP_AFTER;
        const way = random(2) === 0 ? TRAP_UNREACHABLE : TRAP_SCRIBBLE;
        const lane = random(LANE_ODDS) === 0 ? CHANGER : LANE;
        const steps = lane === CHANGER ? CHANGER_STEP_COUNT : STEP_COUNT;
        places.set(`${lane} ${random(steps.get(words) ?? 1)}`, when | way);
      }
      cores.decide = ({ lane, index }) => places.get(`${lane} ${index}`) ?? 0;
      const stage = await Stage.open(t, { openCore: cores.open, corePath: TRAP_CORE_PATH });
      const { server, barcode } = await story(stage);
      await server.filemarks(1);
      await stage.recoveredAll();
      await stage.tapeIs(barcode, server.tape);
      await server.readBack();
      await server.logOut();
      // Both answer: a restart that the end of a session brought is over.
      const last = [await stage.server(0), await stage.server()];
      const { lanes, changer } = await stage.status();
      await Promise.all(last.map((session) => session.logOut()));
      const told = JSON.stringify({
        trapped: cores.trapped,
        steps: cores.stepCount(LANE),
        changer: cores.stepCount(CHANGER),
      });
      assert.equal(cores.trapped.length, places.size, told);
      const restarts = lanes[0]?.restarts ?? 0;
      assert.equal(restarts + changer.restarts, cores.trapped.length, told);
      assert.equal(changer.state, "working", told);
      assert.notEqual(lanes[0]?.state, "failed", told);
      // Two traps may have hit the same command: then it was answered BUSY.
      const harmful = cores.trapped.filter(({ kind }) => kind === EV_COMMAND || kind === EV_DATA);
      assert.ok(server.busyCount <= Math.floor(harmful.length / 2), told);
      t.diagnostic(told);
    });
  }
}
