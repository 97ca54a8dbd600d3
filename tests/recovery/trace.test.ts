import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { replayTrace } from "../../tools/trace-replay/replay.ts";
import { freshCore } from "../core/fresh-core.ts";
import { Stage } from "./kit.ts";

const LIMIT = { timeout: 30_000 };

test("the cores of a recovery replay to identical actions", LIMIT, async (t) => {
  const stage = await Stage.open(t, { hasTrace: true });
  const server = await stage.mounted();
  await stage.fault("cartridge UND001L9 write fail at 20");
  await server.writeMany(40);
  await server.filemarks(1);
  assert.equal((await stage.recovered()).result, "recovered");
  await server.readBack();
  await server.unload();
  await server.logOut();
  assert.equal(await stage.bridge.stop(), 0);
  for (const name of ["changer", "lane-1", "lane-2"]) {
    const replay = replayTrace(join(stage.folder, "trace", `${name}.trace`), await freshCore());
    assert.ok(replay.kind === "identical" && !replay.isCut, JSON.stringify(replay));
    assert.ok(replay.actionCount > (name === "lane-1" ? 200 : 0));
  }
});
