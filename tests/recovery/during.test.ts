import assert from "node:assert/strict";
import { test } from "node:test";
import { DRIVE_1, recoveryIs, SLOT_1, Stage } from "./kit.ts";
import type { Server } from "./server.ts";

const LIMIT = { timeout: 30_000 };
/** The robot takes long enough that the server does something in the middle of the recovery. */
const SLOW_ROBOT = { library: ["--move-ms", "700"] };
const SWAPPED = "604 605 606 607 615 616 604 605 606 607 608 611 631 632 633 617 618";

/** A medium failure at object 30 whose recovery has just reached the robot. */
async function inRecovery(stage: Stage): Promise<Server> {
  const server = await stage.mounted();
  await server.writeMany(10);
  await server.filemarks(1);
  await stage.fault("cartridge UND001L9 write fail at 30");
  await server.writeMany(30);
  await stage.step(631);
  return server;
}

/** Nothing of the image is on the spare medium yet. */
function stillMoving(stage: Stage): void {
  assert.equal(stage.bridge.lines.count(/ step 632 /), 0);
}

async function endsWell(stage: Stage, server: Server): Promise<void> {
  const recovery = await stage.recovered();
  const cause = [/verdict: medium/];
  recoveryIs(recovery, { kind: "medium", result: "recovered", labels: SWAPPED, cause });
  await server.filemarks(1);
  await server.logOut();
  await stage.tapeIs("UND008L9", server.tape);
  assert.equal((await stage.status()).recoveries.length, 1);
}

test(
  "WRITE FILEMARKS with IMMED=0 in a recovery: answered when ring and journal are durable",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, SLOW_ROBOT);
    const server = await inRecovery(stage);
    await server.filemarks(1);
    await server.good([0x10, 0, 0, 0, 0, 0]);
    await server.writeMany(3);
    await server.filemarks(2, 1);
    stillMoving(stage);
    await endsWell(stage, server);
  },
);

test(
  "the server rewinds, reads, spaces and locates in the middle of a recovery: the ring answers",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, SLOW_ROBOT);
    const server = await inRecovery(stage);
    await server.rewind();
    for (const sent of server.tape.slice(0, 12)) {
      assert.equal(await server.read(), sent);
    }
    await server.locate(35);
    assert.equal(await server.read(), server.tape[35]);
    await server.space(1, -1);
    assert.equal(await server.position(), 10);
    assert.deepEqual(await server.longPosition(), { object: 10, filemarks: 0 });
    await server.locateFile(1);
    assert.deepEqual(await server.longPosition(), { object: 11, filemarks: 1 });
    assert.equal(await server.read(), server.tape[11]);
    await server.space(3, 0);
    assert.equal(await server.position(), server.tape.length);
    assert.equal(await server.read(), undefined);
    stillMoving(stage);
    await server.writeMany(5);
    stillMoving(stage);
    await endsWell(stage, server);
  },
);

test(
  "the server writes at an earlier place in the middle of a recovery: it waits, the rest is gone",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, SLOW_ROBOT);
    const server = await inRecovery(stage);
    await server.locate(20);
    server.tape.splice(20);
    await server.writeMany(4);
    await endsWell(stage, server);
  },
);

test(
  "the server unloads in the middle of a recovery: the unload ends when the tape is whole",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, SLOW_ROBOT);
    const server = await inRecovery(stage);
    await server.unload();
    assert.equal((await stage.recovered()).result, "recovered");
    await stage.tapeIs("UND008L9", server.tape);
    await server.logOut();
    const changer = await stage.server(0);
    await changer.move(DRIVE_1, SLOT_1);
    await changer.move(SLOT_1, DRIVE_1);
    await changer.logOut();
    const again = await stage.server();
    again.tape.push(...server.tape);
    await again.readBack();
    await again.logOut();
  },
);

test(
  "the server takes the cartridge out in the middle of a recovery: the move waits for it",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, SLOW_ROBOT);
    const server = await inRecovery(stage);
    const changer = await stage.server(0);
    await changer.move(DRIVE_1, SLOT_1);
    await changer.logOut();
    assert.equal((await stage.recovered()).result, "recovered");
    await server.logOut();
    await stage.tapeIs("UND008L9", server.tape);
  },
);

test(
  "a server that logs out in a recovery, and another that logs in, lose nothing",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, SLOW_ROBOT);
    const first = await inRecovery(stage);
    await first.filemarks(1);
    await first.logOut();
    const second = await stage.server();
    second.tape.push(...first.tape);
    assert.equal(await second.position(), first.tape.length);
    await second.writeMany(5);
    stillMoving(stage);
    await endsWell(stage, second);
  },
);
