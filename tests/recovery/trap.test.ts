import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { type TestContext, test } from "node:test";
import { EVENT_AT } from "../../assembly/spec/abi.ts";
import {
  EV_COMMAND,
  EV_DATA,
  EV_DEVICE_DONE,
  EV_JOURNAL_DONE,
  EV_NEXUS,
  EV_RING_DONE,
  EV_TIME,
  EV_WORD,
  EVENT_KIND,
} from "../../assembly/spec/event.ts";
import { STATUS_BUSY as BUSY } from "../../assembly/spec/status.ts";
import {
  TRAP_AFTER,
  TRAP_AT,
  TRAP_BEFORE,
  TRAP_BOUNDS,
  TRAP_RECURSION,
  TRAP_SCRIBBLE,
  TRAP_UNREACHABLE,
} from "../../assembly/spec/trap.ts";
import { loadV8 } from "../../host/core/load-v8.ts";
import type { LoadFault } from "../../host/core/runtime.ts";
import { RESTART_COUNT_MAX } from "../../host/lane/restart-limit.ts";
import { trapCountOf } from "../../tools/trace-replay/replay.ts";
import { tinyModule } from "../wamr/tiny-module.ts";
import { CacheFaults } from "./faulty-cache.ts";
import { DRIVE_1, SLOT_1, Stage, type StageOptions } from "./kit.ts";
import {
  FORMAT_BY_PAGE,
  locateIn,
  partitionsShown,
  selectPartitions,
} from "./partition-commands.ts";
import type { Server } from "./server.ts";
import { TRAP_CORE_PATH, TrapCores } from "./trap-core.ts";

const LIMIT = { timeout: 60_000 };
const RECORD = 262_144;

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
  const stage = await Stage.open(t, { ...options, openCore: cores.open, corePath: TRAP_CORE_PATH });
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
      await endsWell(stage, server, 1);
      assert.equal(cores.trapped.length, 1);
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
    await endsWell(stage, server, 1);
    assert.equal(cores.trapped.length, 1);
  });
}

test(
  "WRITE FILEMARKS that waits for the drive is answered once, and written once",
  LIMIT,
  async (t) => {
    const { stage, cores } = await trapStage(t, { library: ["--rate", "20M"] });
    const server = await stage.mounted();
    await server.writeMany(20, RECORD);
    cores.arm(1, EV_DEVICE_DONE, TRAP_BEFORE | TRAP_SCRIBBLE, 4);
    await server.filemarks(1);
    await server.writeMany(5);
    assert.equal(cores.trapped.length, 1);
    await endsWell(stage, server, 1);
  },
);

test(
  "a ring that was given up is not waited for and not opened by the next instance",
  LIMIT,
  async (t) => {
    const faults = new CacheFaults();
    const { stage, cores } = await trapStage(t, { openCache: faults.open });
    t.after(() => faults.release());
    const server = await stage.mounted();
    await server.writeMany(20);
    faults.hold();
    await server.writeMany(10, RECORD);
    await server.filemarks(1);
    await stage.bridge.lines.until(/the ring failed.* lane=1 /);
    // The drive has everything: what only memory has ends with its core, and that is told.
    cores.arm(1, EV_COMMAND, TRAP_BEFORE | TRAP_SCRIBBLE);
    // More than the lane has memory for, so that what the dead instance had is given back.
    await server.writeMany(200, RECORD);
    assert.equal(cores.trapped.length, 1);
    faults.release();
    await server.writeMany(200, RECORD);
    const [lane] = (await stage.status()).lanes;
    assert.deepEqual([lane?.state, lane?.ring.protected], ["degraded", false]);
    assert.equal(stage.bridge.lines.count(/the ring is open lane=1 /), 1);
    await endsWell(stage, server, 1);
  },
);

test("a lane that traps is its own affair: the other one streams on", LIMIT, async (t) => {
  const { stage, cores } = await trapStage(t);
  const changer = await stage.server(0);
  await changer.move(SLOT_1, DRIVE_1);
  await changer.move(SLOT_1 + 1, DRIVE_1 + 1);
  await changer.logOut();
  const [first, second] = [await stage.server(1), await stage.server(2)];
  const word = TRAP_AFTER | TRAP_SCRIBBLE;
  cores.decide = ({ lane, index }) => (lane === 1 && index % 60 === 59 && index < 240 ? word : 0);
  await Promise.all([first.writeMany(50), second.writeMany(50)]);
  await Promise.all([first.filemarks(1), second.filemarks(1)]);
  assert.ok(cores.trapped.length > 1);
  await stage.tapeIs("UND001L9", first.tape);
  await stage.tapeIs("UND002L9", second.tape);
  assert.deepEqual(
    (await stage.status()).lanes.map(({ restarts }) => restarts),
    [cores.trapped.length, 0],
  );
  await Promise.all([first.logOut(), second.logOut()]);
});

test("a session that begins while the core is restarted is as any other", LIMIT, async (t) => {
  const { stage, cores } = await trapStage(t);
  const server = await stage.mounted();
  await server.writeMany(10);
  cores.arm(1, EV_NEXUS, TRAP_AFTER | TRAP_SCRIBBLE);
  const second = await stage.server(1, 77);
  assert.equal(cores.trapped.length, 1);
  await second.good([0, 0, 0, 0, 0, 0]);
  await server.good([0, 0, 0, 0, 0, 0]);
  await second.logOut();
  await endsWell(stage, server, 1);
});

test(
  "a core that traps again and again: the lane has failed, the other one works",
  LIMIT,
  async (t) => {
    const { stage, cores } = await trapStage(t);
    const changer = await stage.server(0);
    await changer.move(SLOT_1, DRIVE_1);
    await changer.move(SLOT_1 + 1, DRIVE_1 + 1);
    await changer.logOut();
    const [first, second] = [await stage.server(1), await stage.server(2)];
    await first.writeMany(4);
    cores.decide = ({ lane, kind }) =>
      lane === 1 && kind === EV_RING_DONE ? TRAP_BEFORE | TRAP_UNREACHABLE : 0;
    // Taken or not: what was on its way to the ring may have brought the core down before it.
    await first.once([0x0a, 0, 0, 0, 4, 0], { dataOut: Buffer.alloc(4) });
    await stage.bridge.lines.until(/the core has failed lane=1/);
    assert.equal((await first.once([0, 0, 0, 0, 0, 0])).status, BUSY);
    await second.writeMany(20);
    await second.filemarks(1);
    await stage.tapeIs("UND002L9", second.tape);
    const { lanes } = await stage.status();
    assert.deepEqual(
      lanes.map(({ state, restarts }) => [state === "failed", restarts]),
      [
        [true, RESTART_COUNT_MAX],
        [false, 0],
      ],
    );
    assert.equal(cores.trapped.length, RESTART_COUNT_MAX + 1);
    await Promise.all([first.logOut(), second.logOut()]);
  },
);

test(
  "a command that the core always traps on is answered BUSY, and the lane lives",
  LIMIT,
  async (t) => {
    const { stage, cores } = await trapStage(t);
    const server = await stage.mounted();
    await server.writeMany(10);
    let isArmed = true;
    cores.decide = ({ lane, kind }) =>
      isArmed && lane === 1 && kind === EV_COMMAND ? TRAP_AFTER | TRAP_SCRIBBLE : 0;
    assert.equal((await server.once([0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0])).status, BUSY);
    isArmed = false;
    await server.writeMany(10);
    await endsWell(stage, server, 2);
  },
);

for (const [words, kind] of [
  ["bytes that are no module", "corrupt"],
  ["a module of another version", "version"],
] as const) {
  test(`${words} for the restart: the lane has failed with clean words`, LIMIT, async (t) => {
    const { stage, cores } = await trapStage(t);
    const server = await stage.mounted();
    await server.writeMany(4);
    cores.instead = await otherModule(kind);
    cores.arm(1, EV_COMMAND, TRAP_BEFORE | TRAP_UNREACHABLE);
    assert.equal((await server.once([0, 0, 0, 0, 0, 0])).status, BUSY);
    const [lane] = (await stage.status()).lanes;
    assert.equal(lane?.state, "failed");
    assert.match(
      lane?.lastFailure ?? "",
      kind === "corrupt"
        ? /another instance cannot be made: .*(magic|CompileError|expected)/i
        : /another instance cannot be made: the module has ABI version 63/,
    );
    await server.logOut();
  });
}

/** What loading these bytes says. */
async function otherModule(kind: "corrupt" | "version"): Promise<LoadFault> {
  const wasm = kind === "corrupt" ? new Uint8Array(64).fill(0x55) : tinyModule({ abi: 63 });
  const loaded = await loadV8(wasm);
  assert.ok("fault" in loaded);
  return loaded;
}

test("the trace of a lane goes on over a restart", LIMIT, async (t) => {
  const { stage, cores } = await trapStage(t);
  const server = await stage.mounted();
  await server.writeMany(10);
  cores.arm(1, EV_DATA, TRAP_AFTER | TRAP_SCRIBBLE, 3);
  await server.writeMany(10);
  await endsWell(stage, server, 1);
  await stage.bridge.stop();
  // That it replays, trap and all, the stage sees to at the end of every story.
  assert.deepEqual(
    stage.traces().map((path) => [basename(path), trapCountOf(path)]),
    [
      ["changer.trace", 0],
      ["lane-1.trace", 1],
      ["lane-2.trace", 0],
    ],
  );
});

test("the core of the product knows nothing of traps on command", async () => {
  const wasm = readFileSync(new URL("../../build/core.wasm", import.meta.url));
  const loaded = await loadV8(new Uint8Array(wasm));
  assert.ok(!("fault" in loaded));
  const view = new DataView(loaded.memory.buffer);
  view.setUint32(EVENT_AT + EVENT_KIND, EV_TIME, true);
  for (const way of [TRAP_UNREACHABLE, TRAP_BOUNDS, TRAP_RECURSION, TRAP_SCRIBBLE]) {
    view.setUint32(EVENT_AT + TRAP_AT, way | TRAP_BEFORE | TRAP_AFTER, true);
    assert.equal(loaded.step(), 0);
  }
});

for (const count of [1, 2]) {
  test(
    `what cannot be covered is told as the drive said it, trap ${count} after it`,
    LIMIT,
    async (t) => {
      const bridge = ["--lanes", "3", "--spare-media", "none"];
      const { stage, cores } = await trapStage(t, { bridge });
      const server = await stage.mounted();
      await server.writeMany(10);
      await server.filemarks(1);
      await stage.fault("drive 1 write fail times 2");
      cores.arm(1, EV_DEVICE_DONE, TRAP_AFTER | TRAP_SCRIBBLE, count);
      const told = (await server.tryWrite()) ?? (await server.checked([0x10, 0, 0, 0, 0, 0]));
      assert.match(told.words, /^4\/44\/00/);
      await server.good([0, 0, 0, 0, 0, 0]);
      assert.equal(cores.trapped.length, 1);
      assert.equal((await stage.recovered()).result, "reported");
      await server.logOut();
    },
  );
}

for (const [words, kind] of [
  ["a command", EV_COMMAND],
  ["the robot's answer", EV_DEVICE_DONE],
  ["a word of a lane", EV_WORD],
  ["its journal", EV_JOURNAL_DONE],
] as const) {
  test(
    `the changer traps on ${words} while a cartridge is moved: it is moved once`,
    LIMIT,
    async (t) => {
      const { stage, cores } = await trapStage(t);
      const changer = await stage.server(0);
      cores.arm(0, kind, TRAP_AFTER | TRAP_SCRIBBLE);
      await changer.move(SLOT_1, DRIVE_1);
      assert.equal(cores.trapped.length, 1);
      assert.equal(changer.busyCount, 0);
      await changer.logOut();
      const server = await stage.server();
      await server.writeMany(5);
      await endsWell(stage, server, 0);
      const { changer: told } = await stage.status();
      assert.equal(told.restarts, 1);
      assert.match(told.lastFailure, /trapped on event/);
    },
  );
}

for (const step of [1, 3, 5, 7, 9, 11]) {
  test(`FORMAT MEDIUM divides as it was selected, a trap at its step ${step}`, LIMIT, async (t) => {
    const { stage, cores } = await trapStage(t);
    const server = await stage.mounted();
    await server.writeMany(2);
    await server.rewind();
    await selectPartitions(server, [200]);
    const at = cores.stepCount(1) + step;
    cores.decide = ({ lane, index }) =>
      lane === 1 && index === at ? TRAP_AFTER | TRAP_SCRIBBLE : 0;
    await server.good(FORMAT_BY_PAGE);
    server.tape.length = 0;
    assert.equal(await partitionsShown(server), 2);
    await locateIn(server, 1, 0);
    await server.writeMany(2);
    await endsWell(stage, server, 1, "UND001L9.p1");
    assert.equal(cores.trapped.length, 1);
  });
}

test(
  "a drive's answer that the core always traps on ends as lost: a retry, no error",
  LIMIT,
  async (t) => {
    const { stage, cores } = await trapStage(t);
    const server = await stage.mounted();
    await server.writeMany(10);
    await server.filemarks(1);
    cores.decide = ({ lane, kind }) =>
      lane === 1 && kind === EV_DEVICE_DONE && cores.trapped.length < 2
        ? TRAP_BEFORE | TRAP_SCRIBBLE
        : 0;
    await server.writeMany(10);
    const { kind, result } = await stage.recovered();
    assert.deepEqual({ kind, result }, { kind: "transport", result: "recovered" });
    await endsWell(stage, server, 2);
  },
);
