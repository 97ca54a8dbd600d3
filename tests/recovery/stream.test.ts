import assert from "node:assert/strict";
import { test } from "node:test";
import { DRIVE_1, SLOT_1, Stage } from "./kit.ts";

const LIMIT = { timeout: 30_000 };

test(
  "[601] [602] [603] records go to ring and drive at once, the ring keeps the image",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t);
    const server = await stage.mounted();
    await server.writeMany(40);
    await server.filemarks(1, 1);
    await server.writeMany(20);
    await server.filemarks(2);
    await stage.tapeIs("UND001L9", server.tape);
    const { lanes, recoveries } = await stage.status();
    assert.deepEqual(recoveries, []);
    assert.equal(lanes[0]?.ring.protected, true);
    assert.equal(lanes[0]?.position?.object, server.tape.length);
    await server.readBack();
    await server.rewind();
    await server.space(1, 1);
    assert.equal(await server.read(), server.tape[41]);
    await server.locate(7);
    assert.equal(await server.read(), server.tape[7]);
    await server.space(0, -2);
    assert.equal(await server.position(), 6);
    await server.space(3, 0);
    await server.write();
    await server.unload();
    await server.logOut();
    const changer = await stage.server(0);
    await changer.move(DRIVE_1, SLOT_1);
    await changer.logOut();
    await stage.tapeIs("UND001L9", server.tape);
  },
);

test("a slow drive is no failure: no recovery", LIMIT, async (t) => {
  const stage = await Stage.open(t);
  const server = await stage.mounted();
  await stage.fault("drive 1 rate 20M");
  // The library's drive buffers 16 MiB, the bridge is 32 MiB ahead of it: then the drive's rate counts.
  await server.writeMany(280, 262_144);
  await server.filemarks(1);
  assert.deepEqual((await stage.status()).recoveries, []);
  await server.logOut();
  await stage.tapeIs("UND001L9", server.tape);
});

test("a cartridge is appended to after it was away", LIMIT, async (t) => {
  const stage = await Stage.open(t);
  const server = await stage.mounted();
  await server.writeMany(12);
  await server.filemarks(1);
  await server.unload();
  const changer = await stage.server(0);
  await changer.move(DRIVE_1, SLOT_1);
  await changer.move(SLOT_1, DRIVE_1);
  await changer.logOut();
  await server.settle();
  await server.space(3, 0);
  assert.equal(await server.position(), server.tape.length);
  await server.writeMany(12);
  await server.filemarks(1);
  assert.equal((await stage.status()).lanes[0]?.ring.protected, true);
  await server.readBack();
  await server.logOut();
  await stage.tapeIs("UND001L9", server.tape);
});
