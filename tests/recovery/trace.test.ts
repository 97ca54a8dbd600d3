/**
 * The traces of a story, in number and size: that each replays under V8 and WAMR with identical
 * actions and memory, the kit sees to for every story of this folder.
 */

import assert from "node:assert/strict";
import { basename } from "node:path";
import { test } from "node:test";
import { replayUnder } from "../parity/replay-all.ts";
import { cannotCompare } from "../parity/runtimes.ts";
import { Stage } from "./kit.ts";

const LIMIT = { timeout: 30_000, skip: cannotCompare() };

test(
  "the cores of a recovery replay to identical actions under both runtimes",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t);
    const server = await stage.mounted();
    await stage.fault("cartridge UND001L9 write fail at 20");
    await server.writeMany(40);
    await server.filemarks(1);
    assert.equal((await stage.recovered()).result, "recovered");
    await server.readBack();
    await server.unload();
    await server.logOut();
    assert.equal(await stage.bridge.stop(), 0);
    const traces = stage.traces();
    assert.deepEqual(
      traces.map((path) => basename(path)),
      ["changer.trace", "lane-1.trace", "lane-2.trace"],
    );
    for (const path of traces) {
      const replayed = await replayUnder(path, ["v8", "wamr"]);
      assert.ok(!replayed.isCut);
      assert.ok(replayed.actionCount > (path.endsWith("lane-1.trace") ? 200 : 0));
    }
  },
);
