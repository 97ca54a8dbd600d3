/**
 * A drive that hangs while it winds, loads or unloads is given up after the time that its class of command
 * has (assembly/spec/drive-limit.ts), and the server hears nothing of it.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LIMIT_UNLOAD_FACTOR, LIMIT_WIND_FACTOR } from "../../assembly/spec/drive-limit.ts";
import { FUNCTION_ABORT_TASK } from "../../host/iscsi/opcode.ts";
import { openDeafRelay } from "../initiator/deaf-relay.ts";
import { DRIVE_1, SLOT_1, Stage } from "./kit.ts";
import type { Server } from "./server.ts";

const LIMIT = { timeout: 60_000 };
const TIMEOUT_S = 1;
/** A poll has no longer than an ordinary command. */
const POLL_MS = TIMEOUT_S * 1000;
const WIND_MS = LIMIT_WIND_FACTOR * TIMEOUT_S * 1000;
const UNLOAD_MS = LIMIT_UNLOAD_FACTOR * TIMEOUT_S * 1000;
/** Somebody else's cartridge, which stays out of the ring: each of these commands is the drive's. */
const NOT_COPIED = {
  library: ["--rate", "400M"],
  written: ["UND001L9"],
  bridge: ["--header-marks", "0", "--copy-below", "0", "--drive-timeout", String(TIMEOUT_S)],
};
/** Of it, with what the server has appended. */
const END = 19;

interface Story {
  readonly command: string;
  readonly run: (server: Server) => Promise<void>;
  /** What the drive has for that command. */
  readonly limitMs: number;
  /** Where the server stands then. */
  readonly place: number;
}
const STORIES: readonly Story[] = [
  { command: "LOCATE", run: (server) => server.locate(4), limitMs: WIND_MS, place: 4 },
  {
    command: "SPACE over filemarks",
    run: (server) => server.space(1, -1),
    limitMs: WIND_MS,
    place: END - 1,
  },
  { command: "REWIND", run: (server) => server.rewind(), limitMs: WIND_MS, place: 0 },
  {
    command: "UNLOAD",
    run: async (server) => {
      await server.unload();
      await server.load();
      await server.settle();
    },
    limitMs: UNLOAD_MS,
    place: 0,
  },
];

/** The limits, in milliseconds, that commands for that logical unit of the library have passed. */
function limitsPassed(stage: Stage, lun: number): number[] {
  return stage.bridge.lines.all.flatMap((line) => {
    const [, unit, limitMs] = /\/(\d+): no answer in (\d+) ms/.exec(line) ?? [];
    return unit === String(lun) ? [Number(limitMs)] : [];
  });
}

async function mountedInLane2(stage: Stage): Promise<Server> {
  const changer = await stage.server(0);
  await changer.move(SLOT_1 + 1, DRIVE_1 + 1);
  await changer.logOut();
  return stage.server(2);
}

describe("a drive that hangs in the middle of", { concurrency: true }, () => {
  for (const { command, run, limitMs, place } of STORIES) {
    test(command, LIMIT, async (t) => {
      const stage = await Stage.open(t, NOT_COPIED);
      const server = await stage.mounted();
      server.tape.push(...(await stage.tapeOf("UND001L9")));
      await server.space(3, 0);
      await server.writeMany(4);
      await server.filemarks(1);
      await stage.fault("drive 1 hang");
      await run(server);
      assert.equal(await server.position(), place);
      const recovery = await stage.recovered();
      assert.equal(recovery.result, "recovered", recovery.cause);
      assert.match(recovery.cause, /PRACDRV001 does not answer/);
      assert.deepEqual(limitsPassed(stage, 1), [limitMs, POLL_MS]);
      await server.space(3, 0);
      await server.writeMany(2);
      await server.filemarks(1);
      await server.logOut();
      await stage.tapeIs("UND001L9", server.tape);
    });
  }

  test(
    "a WRITE, deaf to ABORT TASK: its logical unit is reset, the other lane's stream goes on",
    LIMIT,
    async (t) => {
      const ends: (() => Promise<void>)[] = [];
      const stage = await Stage.open(t, {
        library: ["--rate", "400M"],
        bridge: ["--drive-timeout", String(TIMEOUT_S)],
        way: async (url) => {
          const relay = await openDeafRelay(url, 1, [FUNCTION_ABORT_TASK]);
          ends.push(() => relay.close());
          return relay.url;
        },
      });
      t.after(() => Promise.all(ends.map((end) => end())));
      const server = await stage.mounted();
      const other = await mountedInLane2(stage);
      await stage.fault("drive 1 hang after 5");
      const written = server.writeMany(40).then(() => server.filemarks(1));
      for (const step of ["aborting the task", "resetting the logical unit", "verdict=drive"]) {
        await stage.bridge.lines.until(new RegExp(step));
        await other.writeMany(20);
        await other.filemarks(1);
      }
      await written;
      const recovery = await stage.recovered();
      assert.equal(recovery.result, "recovered", recovery.cause);
      assert.deepEqual(limitsPassed(stage, 1), [TIMEOUT_S * 1000, POLL_MS]);
      await server.logOut();
      await stage.tapeIs("UND001L9", server.tape);
      await other.logOut();
      await stage.tapeIs("UND002L9", other.tape);
      const elsewhere = stage.bridge.lines.all.filter((line) =>
        /practice\/2: (?!logged in)/.test(line),
      );
      assert.deepEqual(elsewhere, []);
    },
  );
});
