/** A day with two partitions that is cut everywhere, as a test: every world that a cut leaves, or each of so many. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { cutEverywhere } from "./cut-everywhere.ts";
import { dividedDay, SECOND_OVERWRITTEN_FROM } from "./stories.ts";

const LIMIT = { timeout: 400_000 };
/** In the first partition nothing is written at that place then. */
const FAILS = `cartridge UND001L9 write fail at ${SECOND_OVERWRITTEN_FROM + 1} partition 1`;
/** Of so many worlds one at least begins in a recovery, and the volume is on a spare in one. */
const RECOVERY_SHARE = 40;
const SPARE_SHARE = 10;

/** Registers the test: divided, written in both, failing in the second. */
export function testDividedDay(step: number): void {
  test("the power goes on a day on which a divided cartridge fails", LIMIT, async (t) => {
    const { worlds, recoveries, onSpares } = await cutEverywhere(t, {
      faults: [FAILS],
      cutFrom: "the day",
      story: dividedDay,
      step,
    });
    assert.ok(worlds * step > 200, `${worlds} worlds`);
    assert.ok(recoveries * RECOVERY_SHARE > worlds, `${recoveries} recoveries after a cut`);
    assert.ok(onSpares * SPARE_SHARE > worlds, `${onSpares} volumes on a spare cartridge`);
  });
}
