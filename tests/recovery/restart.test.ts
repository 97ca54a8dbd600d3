import assert from "node:assert/strict";
import { test } from "node:test";
import { DRIVE_1, SLOT_1, Stage } from "./kit.ts";
import type { Server } from "./server.ts";

const LIMIT = { timeout: 60_000 };
const RECORD = 262_144;
const CHILD = { isChild: true };
const SLOW_ROBOT = { isChild: true, library: ["--move-ms", "700"] };
/** The drive of the library loses what is in its buffer when its initiator does not come back. */
const BUFFERED = { isChild: true, library: ["--rate", "400M"] };

/** The bridge is killed and started again; the server finds what it was promised and appends. */
async function killedAndBack(stage: Stage, before: Server, promised: number): Promise<Server> {
  await stage.bridge.kill();
  await stage.startBridge();
  const server = await stage.server();
  server.tape.push(...before.tape);
  await server.space(3, 0);
  const end = await server.position();
  assert.ok(end >= promised, `${end} objects of ${promised} promised`);
  server.tape.splice(end);
  return server;
}

async function endsWith(stage: Stage, server: Server, barcode: string): Promise<void> {
  await server.writeMany(12);
  await server.filemarks(1);
  // A recovery that is finished after a restart may still run: the ring keeps the promise.
  const recoveries = await stage.recoveredAll();
  assert.deepEqual(
    recoveries.filter(({ result }) => result !== "recovered"),
    [],
  );
  await stage.tapeIs(barcode, server.tape);
  await server.readBack();
  await server.logOut();
  const { lanes } = await stage.status();
  assert.equal(lanes[0]?.cartridge?.volumeTag, "UND001L9");
}

test(
  "[601] [602] [603] killed in streaming: what is there is right, appending goes on",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, BUFFERED);
    const server = await stage.mounted();
    await server.writeMany(20);
    await server.filemarks(1);
    const promised = server.tape.length;
    await server.writeMany(60, RECORD);
    const again = await killedAndBack(stage, server, promised);
    await endsWith(stage, again, "UND001L9");
  },
);

for (const count of [0, 1]) {
  test(
    `killed right after WRITE FILEMARKS with IMMED=0, count ${count}, was answered`,
    LIMIT,
    async (t) => {
      const stage = await Stage.open(t, BUFFERED);
      const server = await stage.mounted();
      await server.writeMany(30);
      await server.filemarks(count);
      const again = await killedAndBack(stage, server, server.tape.length);
      assert.equal(again.tape.length, server.tape.length);
      await endsWith(stage, again, "UND001L9");
      assert.deepEqual((await stage.status()).recoveries, []);
    },
  );
}

for (const [name, at, cdb] of [
  ["ERASE", 4, [0x19]],
  ["FORMAT MEDIUM", 0, [0x04]],
] as const) {
  test(
    `killed right after ${name} was answered: what is gone does not come back`,
    LIMIT,
    async (t) => {
      const stage = await Stage.open(t, CHILD);
      const server = await stage.mounted();
      await server.writeMany(12);
      await server.filemarks(1);
      await server.locate(at);
      await server.good(cdb);
      server.tape.splice(at);
      const again = await killedAndBack(stage, server, at);
      assert.equal(again.tape.length, at);
      await endsWith(stage, again, "UND001L9");
      assert.deepEqual((await stage.status()).recoveries, []);
    },
  );
}

test("killed and back: SPACE finds its way by what only the ring has", LIMIT, async (t) => {
  const stage = await Stage.open(t, CHILD);
  const server = await stage.mounted();
  for (let file = 0; file < 4; file += 1) {
    await server.writeMany(7);
    await server.filemarks(1);
  }
  const again = await killedAndBack(stage, server, server.tape.length);
  await again.rewind();
  await again.space(0, 5);
  assert.equal(await again.position(), 5);
  await again.space(1, 2);
  assert.equal(await again.position(), 16);
  await again.space(0, 3);
  assert.equal(await again.position(), 19);
  await again.space(1, -1);
  assert.equal(await again.position(), 15);
  await again.logOut();
});

test(
  "[633] killed while the image is copied to a spare medium: the next start finishes it",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, CHILD);
    const server = await stage.mounted();
    await server.writeMany(100, RECORD);
    await stage.fault("cartridge UND001L9 write fail at 100");
    await stage.fault("drive 1 rate 10M");
    await server.writeMany(20, RECORD);
    await stage.step(633);
    await server.filemarks(1);
    assert.equal(stage.bridge.lines.count(/result=recovered/), 0);
    const again = await killedAndBack(stage, server, server.tape.length);
    await again.filemarks(0);
    await endsWith(stage, again, "UND008L9");
    const { cartridge } = (await stage.status()).lanes[0] ?? {};
    assert.equal(cartridge?.realVolumeTag, "UND008L9");
  },
);

test(
  "[616] killed while the rest is copied to the cartridge in the spare drive: finished",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, SLOW_ROBOT);
    const server = await stage.mounted();
    await server.writeMany(20, RECORD);
    await server.filemarks(1);
    // While the robot moves the server gets far ahead, and the spare drive is slow.
    await stage.fault("drive 3 rate 5M");
    await stage.fault("drive 1 write fail after 10");
    await server.writeMany(120, RECORD);
    await stage.step(616);
    await server.filemarks(1);
    assert.equal(stage.bridge.lines.count(/result=recovered/), 0);
    await stage.fault("clear");
    const again = await killedAndBack(stage, server, server.tape.length);
    await again.filemarks(0);
    await endsWith(stage, again, "UND001L9");
    assert.equal((await stage.status()).lanes[0]?.drive?.serial, "PRACDRV003");
  },
);

test(
  "killed in a recovery of what overwrites older data: the promise counts, not what the tape still has",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, SLOW_ROBOT);
    const server = await stage.mounted();
    await server.writeMany(40);
    await server.filemarks(1);
    await server.locate(12);
    server.tape.splice(12);
    await stage.fault("drive 1 write fail");
    await server.writeMany(4);
    await server.filemarks(1);
    await stage.step(613);
    assert.equal(stage.bridge.lines.count(/result=recovered/), 0);
    await stage.bridge.kill();
    await stage.fault("clear");
    await stage.startBridge();
    const again = await stage.server();
    again.tape.push(...server.tape);
    await again.filemarks(0);
    await again.space(3, 0);
    assert.equal(await again.position(), server.tape.length);
    await endsWith(stage, again, "UND001L9");
  },
);

test(
  "SIGTERM in streaming: everything is on the tape, exit 0, the next start carries on",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, BUFFERED);
    const server = await stage.mounted();
    await server.writeMany(50);
    assert.equal(await stage.bridge.stop(), 0);
    assert.equal(stage.bridge.lines.count(/everything is on the tape lane=1/), 1);
    await stage.tapeIs("UND001L9", server.tape);
    await stage.startBridge();
    const again = await stage.server();
    again.tape.push(...server.tape);
    assert.equal(await again.position(), server.tape.length);
    await endsWith(stage, again, "UND001L9");
  },
);

test(
  "SIGTERM in a recovery: the ring keeps what is owed, exit 0, the next start finishes it",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, SLOW_ROBOT);
    const server = await stage.mounted();
    await stage.fault("cartridge UND001L9 write fail at 20");
    await server.writeMany(30);
    await stage.step(631);
    assert.equal(await stage.bridge.stop(), 0);
    assert.equal(stage.bridge.lines.count(/the ring keeps what the tape still lacks.* lane=1/), 1);
    await stage.startBridge();
    const again = await stage.server();
    again.tape.push(...server.tape);
    await again.filemarks(0);
    assert.equal(await again.position(), server.tape.length);
    await endsWith(stage, again, "UND008L9");
  },
);

test(
  "the replacement keeps the volume tag, the failed cartridge stays hidden, after restarts and moves",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t);
    const server = await stage.mounted();
    await stage.fault("cartridge UND001L9 write fail at 20");
    await server.writeMany(30);
    await server.filemarks(1);
    assert.equal((await stage.recovered()).result, "recovered");
    await server.unload();
    await server.logOut();
    assert.equal(await stage.bridge.stop(), 0);
    await stage.startBridge();
    assert.deepEqual((await stage.volumeTags()).sort(), VISIBLE);
    const changer = await stage.server(0);
    await changer.move(DRIVE_1, SLOT_1);
    await changer.move(SLOT_1, DRIVE_1 + 1);
    await changer.logOut();
    assert.deepEqual((await stage.volumeTags()).sort(), VISIBLE);
    const again = await stage.server(2);
    again.tape.push(...server.tape);
    await again.readBack();
    await again.logOut();
    await stage.tapeIs("UND008L9", server.tape);
  },
);

/** Eight cartridges, one of them spare; the cleaning cartridge. */
const VISIBLE = [1, 2, 3, 4, 5, 6, 7]
  .map((n) => `UND00${n}L9`)
  .concat("CLNU01L1")
  .sort();
