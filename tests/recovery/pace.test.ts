import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage } from "./kit.ts";

const LIMIT = { timeout: 60_000 };
const RECORD = 262_144;
const SMALL_RING = ["--ring-size", "64M"];

test("[611] a slow spare and a small ring: the ring never overflows, no BUSY", LIMIT, async (t) => {
  const stage = await Stage.open(t, {
    bridge: ["--ring-size", "128M"],
    library: ["--move-ms", "500"],
  });
  const server = await stage.mounted();
  await server.writeMany(100, RECORD);
  await server.filemarks(1);
  await stage.fault("cartridge UND001L9 write fail at 120");
  await stage.fault("drive 1 rate 25M");
  await server.writeMany(450, RECORD);
  await server.filemarks(1);
  const recovery = await stage.recovered();
  assert.equal(recovery.result, "recovered", recovery.cause);
  // The pace holds the server back before the ring is full: no BUSY.
  assert.equal(server.busyCount, 0);
  const { ring } = (await stage.status()).lanes[0] ?? {};
  assert.ok(ring !== undefined && ring.usedBytes <= ring.sizeBytes);
  await server.logOut();
  await stage.tapeIs("UND008L9", server.tape);
});

test(
  "a ring that is smaller than the cartridge: degraded, a drive is still covered, a medium is not",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, { bridge: SMALL_RING });
    const server = await stage.mounted();
    await server.writeMany(100, RECORD);
    assert.equal((await stage.status()).lanes[0]?.ring.protected, true);
    await server.writeMany(500, RECORD);
    await server.filemarks(1);
    const [lane] = (await stage.status()).lanes;
    assert.deepEqual([lane?.state, lane?.ring.protected], ["degraded", false]);
    await stage.fault("drive 1 write fail after 20");
    await server.writeMany(50, RECORD);
    await server.filemarks(1);
    const drive = await stage.recovered(1);
    assert.deepEqual([drive.kind, drive.result], ["drive", "recovered"]);
    await stage.tapeIs("UND001L9", server.tape);
    await stage.fault(`cartridge UND001L9 write fail at ${server.tape.length + 10}`);
    await server.writeMany(12, RECORD);
    const medium = await stage.recovered(2);
    assert.deepEqual([medium.kind, medium.result], ["medium", "reported"]);
    assert.match((await server.checked([0x10, 0, 0, 0, 0, 0])).words, /^3\/0C\/00/);
    await server.logOut();
  },
);
