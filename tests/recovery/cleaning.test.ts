/** A server that loads a cleaning cartridge means it: a drive that has ejected it has not failed. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { DRIVE_1, SLOT_1, Stage } from "./kit.ts";

const LIMIT = { timeout: 60_000 };
/** Storage element of the library's cleaning cartridge. */
const CLEANING_SLOT = 0x100b;
const TEST_UNIT_READY = [0, 0, 0, 0, 0, 0];
const LOAD = [0x1b, 0, 0, 0, 1, 0];
const NOT_PRESENT = "2/3A/00";

/** The cleaning cartridge goes to lane 1 and back, then a tape is written in it. */
async function clean(stage: Stage): Promise<void> {
  const changer = await stage.server(0);
  await changer.move(CLEANING_SLOT, DRIVE_1);
  const server = await stage.server();
  assert.equal((await server.checked(TEST_UNIT_READY)).words, NOT_PRESENT);
  assert.equal((await server.checked(LOAD)).words, NOT_PRESENT);
  await changer.move(DRIVE_1, CLEANING_SLOT);
  await changer.move(SLOT_1, DRIVE_1);
  await server.settle();
  await server.writeMany(10);
  await server.filemarks(1);
  await server.logOut();
  await changer.logOut();
  await stage.tapeIs("UND001L9", server.tape);
}

/** Out before the drive is first asked, and still in it then. */
for (const loadMs of ["1", "300"]) {
  test(
    `a cleaning cartridge that is out after ${loadMs} ms: no recovery, and no spare is used`,
    LIMIT,
    async (t) => {
      const stage = await Stage.open(t, { library: ["--load-ms", loadMs] });
      const before = await stage.status();
      await clean(stage);
      const after = await stage.status();
      assert.deepEqual(after.recoveries, []);
      assert.deepEqual(after.spareDrives, before.spareDrives);
      assert.deepEqual(after.lanes[0]?.drive, before.lanes[0]?.drive);
    },
  );
}

test(
  "a drive that goes away with a cleaning cartridge in it: the next one is cleaned, and goes on",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, { bridge: ["--lanes", "1"] });
    await stage.fault("drive 1 drop");
    await clean(stage);
    const { recoveries, lanes, spareDrives } = await stage.status();
    assert.deepEqual(
      recoveries.map(({ result }) => result),
      ["recovered"],
    );
    assert.equal(lanes[0]?.drive?.serial, "PRACDRV002");
    assert.deepEqual(
      spareDrives.map(({ serial }) => serial),
      ["PRACDRV003"],
    );
  },
);
