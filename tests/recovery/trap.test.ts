import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import {
  EV_COMMAND,
  EV_DATA,
  EV_DEVICE_DONE,
  EV_RING_DONE,
} from "../../assembly/spec/event.ts";
import {
  TRAP_AFTER,
  TRAP_BEFORE,
  TRAP_BOUNDS,
  TRAP_RECURSION,
  TRAP_SCRIBBLE,
  TRAP_UNREACHABLE,
} from "../../assembly/spec/trap.ts";
import { Stage, type StageOptions } from "./kit.ts";
import type { Server } from "./server.ts";
import { TrapCores } from "./trap-core.ts";

const LIMIT = { timeout: 60_000 };

const EVENTS: readonly (readonly [string, number])[] = [
  ["a command", EV_COMMAND],
  ["its data", EV_DATA],
  ["the drive's answer", EV_DEVICE_DONE],
  ["a ring write", EV_RING_DONE],
];

/** A stage whose cores trap on demand. */
async function trapStage(
  t: TestContext,
  options: StageOptions = {},
): Promise<{ stage: Stage; cores: TrapCores }> {
  const cores = new TrapCores();
  const stage = await Stage.open(t, { ...options, openModule: cores.open });
  return { stage, cores };
}

/** The server never saw an error, the tape is what it sent, and the status tells of the restarts. */
async function endsWell(
  stage: Stage,
  server: Server,
  restarts: number,
  barcode = "UND001L9",
): Promise<void> {
  await server.filemarks(1);
  await stage.tapeIs(barcode, server.tape);
  await server.readBack();
  await server.logOut();
  assert.equal(server.busyCount, 0);
  const [lane] = (await stage.status()).lanes;
  assert.equal(lane?.restarts, restarts);
  assert.match(lane?.lastFailure ?? "", restarts === 0 ? /^$/ : /trapped on event/);
  assert.notEqual(lane?.state, "failed");
}

for (const [words, kind] of EVENTS) {
  for (const [moment, when] of [
    ["before", TRAP_BEFORE],
    ["after", TRAP_AFTER],
  ] as const) {
    test(`a trap ${moment} the step with ${words}, in the middle of writing`, LIMIT, async (t) => {
      const { stage, cores } = await trapStage(t);
      const server = await stage.mounted();
      await server.writeMany(20);
      cores.arm(1, kind, when | TRAP_UNREACHABLE, 7);
      await server.writeMany(40);
      assert.equal(cores.trapped.length, 1);
      await endsWell(stage, server, 1);
      assert.deepEqual((await stage.status()).recoveries, []);
    });
  }
}

for (const [words, way] of [
  ["a store outside of the memory", TRAP_BOUNDS],
  ["an exhausted stack", TRAP_RECURSION],
  ["a core that has written over what it kept", TRAP_SCRIBBLE],
] as const) {
  test(`${words} is a clean restart`, LIMIT, async (t) => {
    const { stage, cores } = await trapStage(t);
    const server = await stage.mounted();
    await server.writeMany(10);
    cores.arm(1, EV_DATA, TRAP_AFTER | way, 3);
    await server.writeMany(20);
    assert.equal(cores.trapped.length, 1);
    await endsWell(stage, server, 1);
  });
}
