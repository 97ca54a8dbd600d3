/**
 * A drive that hangs while it winds, loads or unloads is given up after the time that its class of command
 * has (assembly/spec/drive-limit.ts), and the server hears nothing of it.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  LIMIT_POLL_MS,
  LIMIT_UNLOAD_FACTOR,
  LIMIT_WIND_FACTOR,
} from "../../assembly/spec/drive-limit.ts";
import { Stage } from "./kit.ts";
import type { Server } from "./server.ts";

const LIMIT = { timeout: 60_000 };
const TIMEOUT_S = 1;
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
  {
    command: "SPACE to the end of data",
    run: (server) => server.space(3, 0),
    limitMs: WIND_MS,
    place: END,
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
      const waits = stage.bridge.lines.all.flatMap(
        (line) => /no answer in (\d+) ms/.exec(line)?.slice(1).map(Number) ?? [],
      );
      assert.deepEqual(waits, [limitMs, LIMIT_POLL_MS]);
      await server.space(3, 0);
      await server.writeMany(2);
      await server.filemarks(1);
      await server.logOut();
      await stage.tapeIs("UND001L9", server.tape);
    });
  }
});
