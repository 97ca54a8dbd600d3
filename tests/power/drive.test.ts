/**
 * A drive that fails in an overwriting, cut at every moment: its cartridge goes to a spare drive (612-616),
 * or, where it does not give it back, the image to a spare of each (620, 621). The power of the library
 * goes too, with what its drives have in their buffers.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { cutEverywhere } from "./cut-everywhere.ts";

const LIMIT = { timeout: 200_000 };
/** The slowest that a drive can be: a buffer that holds something when the power goes. */
const BUFFERED = ["--rate", "1M"];
const FAILS = "drive 1 write fail after 1";

test("the power goes at every write of a day on which a drive fails", LIMIT, async (t) => {
  const { moments, recoveries } = await cutEverywhere(t, {
    faults: [FAILS],
    cutFrom: "the fault",
    library: BUFFERED,
  });
  assert.ok(moments > 30, `${moments} moments`);
  assert.ok(recoveries > 10, `${recoveries} recoveries after a cut`);
});

test("the power goes at every write of a day on which a cartridge is stuck", LIMIT, async (t) => {
  const stuck = "drive 1 unload fail";
  const { moments, recoveries, onSpares } = await cutEverywhere(t, {
    faults: [stuck, FAILS],
    cutFrom: "the fault",
    library: BUFFERED,
  });
  assert.ok(moments > 30, `${moments} moments`);
  assert.ok(recoveries > 10, `${recoveries} recoveries after a cut`);
  assert.ok(onSpares > 20, `${onSpares} volumes on a spare cartridge`);
});
