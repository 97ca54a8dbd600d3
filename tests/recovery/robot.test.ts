import assert from "node:assert/strict";
import { test } from "node:test";
import { DRIVE_1, recoveryIs, SLOT_1, Stage } from "./kit.ts";

const LIMIT = { timeout: 30_000 };
const FAILURE = "604 605 606 607";

test(
  "the robot fails twice when the server moves a cartridge: the server does not see it",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t);
    await stage.fault("robot move fail times 2");
    const server = await stage.mounted();
    await server.writeMany(5);
    await server.filemarks(1);
    await server.logOut();
    await stage.tapeIs("UND001L9", server.tape);
    assert.equal(stage.bridge.lines.count(/the robot failed, trying again/), 2);
  },
);

test("the robot fails twice in a recovery: it is tried again", LIMIT, async (t) => {
  const stage = await Stage.open(t);
  const server = await stage.mounted();
  await stage.fault("drive 1 write fail after 20");
  await stage.fault("robot move fail times 2");
  await server.writeMany(50);
  await server.filemarks(1);
  recoveryIs(await stage.recovered(), {
    kind: "drive",
    result: "recovered",
    labels: `${FAILURE} 608 611 612 613 614 615 616 617 618`,
    cause: [/44\/00/],
  });
  await server.logOut();
  await stage.tapeIs("UND001L9", server.tape);
});

test(
  "[609] a robot that is stuck in a recovery: the server gets the drive's own error, once",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t);
    const server = await stage.mounted();
    await stage.fault("drive 1 write fail after 20 times 1");
    await stage.fault("robot stuck");
    await server.writeMany(30);
    const recovery = await stage.recovered();
    assert.equal(recovery.result, "reported");
    assert.equal(recovery.steps.at(-1)?.label, "609");
    const { words } = await server.checked([0x10, 0, 0, 0, 0, 0]);
    assert.equal(words, "4/44/00 deferred");
    assert.equal(await server.position(), 20);
    await server.logOut();
    await stage.tapeIs("UND001L9", server.tape.slice(0, 20));
  },
);

test(
  "a robot that is stuck is an error of the server's move, with its own sense data",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t);
    await stage.fault("robot stuck");
    const changer = await stage.server(0);
    const [from, to] = [SLOT_1, DRIVE_1].map((address) => [address >> 8, address & 0xff]);
    const cdb = [0xa5, 0, 0, 0, ...(from ?? []), ...(to ?? []), 0, 0, 0, 0];
    assert.equal((await changer.checked(cdb)).words, "4/15/01");
    await stage.fault("clear");
    await changer.move(SLOT_1, DRIVE_1);
    await changer.logOut();
  },
);
