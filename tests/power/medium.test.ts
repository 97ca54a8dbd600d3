/** A cartridge that fails in an overwriting, cut at every moment: its image goes to a spare one (631-633). */

import assert from "node:assert/strict";
import { test } from "node:test";
import { cutEverywhere } from "./cut-everywhere.ts";
import { OVERWRITTEN_FROM } from "./stories.ts";

const LIMIT = { timeout: 200_000 };

test("the power goes at every write of a day on which a cartridge fails", LIMIT, async (t) => {
  const rule = `cartridge UND001L9 write fail at ${OVERWRITTEN_FROM + 1}`;
  const { moments, recoveries, onSpares } = await cutEverywhere(t, {
    faults: [rule],
    cutFrom: "the day",
  });
  assert.ok(moments > 60, `${moments} moments`);
  assert.ok(recoveries > 20, `${recoveries} recoveries after a cut`);
  assert.ok(onSpares > 30, `${onSpares} volumes on a spare cartridge`);
});

test("the same where the first spare cartridge is somebody else's", LIMIT, async (t) => {
  const rule = `cartridge UND001L9 write fail at ${OVERWRITTEN_FROM + 1}`;
  const { recoveries, onSpares } = await cutEverywhere(t, {
    faults: [rule],
    cutFrom: "the fault",
    foreign: "UND007L9",
  });
  assert.ok(recoveries > 20, `${recoveries} recoveries after a cut`);
  assert.ok(onSpares > 30, `${onSpares} volumes on a spare cartridge`);
});
