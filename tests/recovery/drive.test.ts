import assert from "node:assert/strict";
import { test } from "node:test";
import { recoveryIs, Stage } from "./kit.ts";
import { type Server, WRITES_TO_FAILURE_MAX } from "./server.ts";

const LIMIT = { timeout: 30_000 };
const FAILURE = "604 605 606 607";
const TO_SPARE = `${FAILURE} 608 611 612 613 614 615 616 617 618`;
const HARDWARE_ERROR = /PRACDRV001: key 4 hardware error, 44\/00/;
/** A drive of the library then has a buffer that it can lose. */
const BUFFERED = { library: ["--rate", "400M"] };

test(
  "[612] [613] [614] [615] [616] [618] a drive that fails: its cartridge goes to the spare drive",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, BUFFERED);
    const server = await stage.mounted();
    await server.writeMany(10);
    await server.filemarks(1);
    await stage.fault("drive 1 write fail after 20");
    await server.writeMany(50);
    await server.filemarks(1);
    recoveryIs(await stage.recovered(), {
      kind: "drive",
      result: "recovered",
      labels: TO_SPARE,
      cause: [HARDWARE_ERROR, /verdict: drive by: sense data, TapeAlert names the drive/],
    });
    await server.writeMany(10);
    await server.filemarks(1);
    await server.readBack();
    await server.logOut();
    await stage.tapeIs("UND001L9", server.tape);
    const { lanes, spareDrives, spareMedia } = await stage.status();
    assert.deepEqual(lanes[0]?.drive, { serial: "PRACDRV003", element: 0x102 });
    assert.deepEqual([spareDrives.length, spareMedia.length], [0, 1]);
  },
);

test(
  "[619] the server says nothing at the end of the recovery: BUSY would stop",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, { library: ["--move-ms", "300"] });
    const server = await stage.mounted();
    await stage.fault("drive 1 write fail after 20");
    await server.writeMany(21);
    const recovery = await stage.recovered();
    assert.equal(recovery.steps.at(-1)?.label, "619");
    await server.filemarks(1);
    await server.logOut();
    await stage.tapeIs("UND001L9", server.tape);
  },
);

test(
  "[620] [621] a drive that does not give its cartridge back: the image goes to a spare medium in the spare drive",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t);
    const server = await stage.mounted();
    await stage.fault("drive 1 unload fail");
    await stage.fault("drive 1 write fail after 20");
    await server.writeMany(60);
    await server.filemarks(1);
    recoveryIs(await stage.recovered(), {
      kind: "stuck-drive",
      result: "recovered",
      labels: `${FAILURE} 608 611 612 613 608 620 632 621 617 618`,
      cause: [HARDWARE_ERROR],
    });
    await server.writeMany(10);
    await server.filemarks(1);
    await server.readBack();
    await server.logOut();
    await stage.tapeIs("UND008L9", server.tape);
    const { lanes } = await stage.status();
    assert.deepEqual(lanes[0]?.drive, { serial: "PRACDRV003", element: 0x102 });
    assert.deepEqual(lanes[0]?.cartridge, { volumeTag: "UND001L9", realVolumeTag: "UND008L9" });
  },
);

test("[609] no spare drive: the server gets the drive's own error, once", LIMIT, async (t) => {
  const stage = await Stage.open(t, { bridge: ["--lanes", "3", "--spare-media", "none"] });
  const server = await stage.mounted();
  await stage.fault("drive 1 write fail after 20 times 1");
  let words = "";
  while (server.tape.length < WRITES_TO_FAILURE_MAX && words === "") {
    words = (await server.tryWrite())?.words ?? "";
  }
  assert.match(words, /^4\/44\/00/);
  recoveryIs(await stage.recovered(), {
    kind: "drive",
    result: "reported",
    labels: `${FAILURE} 608 609`,
    cause: [HARDWARE_ERROR, /verdict: drive/],
  });
  assert.equal((await stage.status()).lanes[0]?.state, "failed");
  const end = await server.position();
  assert.equal(end, 20);
  await stage.tapeIs("UND001L9", server.tape.slice(0, end));
  await server.logOut();
});

test(
  "a failure that the drive reports late: what its buffer lost comes from the ring",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, BUFFERED);
    const server = await stage.mounted();
    await server.writeMany(10);
    await server.filemarks(1);
    await stage.fault("drive 1 write deferred after 20");
    await server.writeMany(50);
    await server.filemarks(1);
    recoveryIs(await stage.recovered(), {
      kind: "drive",
      result: "recovered",
      labels: TO_SPARE,
      cause: [HARDWARE_ERROR],
    });
    await server.logOut();
    await stage.tapeIs("UND001L9", server.tape);
  },
);

/** A cartridge that somebody else has written stays out of the ring: SPACE and LOCATE are the drive's. */
const NOT_COPIED = {
  ...BUFFERED,
  written: ["UND001L9"],
  bridge: ["--header-marks", "0", "--copy-below", "0"],
};
for (const rule of ["drive 1 write deferred after 2", "drive 1 reset after 3"]) {
  for (const [command, run] of [
    ["SPACE", (server: Server) => server.space(3, 0)],
    ["LOCATE", (server: Server) => server.locate(0)],
    ["REWIND", (server: Server) => server.rewind()],
  ] as const) {
    test(`${rule}: ${command} is where a drive tells it, and no answer to it`, LIMIT, async (t) => {
      const stage = await Stage.open(t, NOT_COPIED);
      const server = await stage.mounted();
      server.tape.push(...(await stage.tapeOf("UND001L9")));
      await server.space(3, 0);
      await server.writeMany(4);
      await server.filemarks(1);
      await stage.fault(rule);
      await server.writeMany(3);
      await run(server);
      const recovery = await stage.recovered();
      assert.equal(recovery.result, "recovered", recovery.cause);
      await server.space(3, 0);
      await server.writeMany(2);
      await server.filemarks(1);
      await server.logOut();
      await stage.tapeIs("UND001L9", server.tape);
    });
  }
}

test("a drive that does not answer any more", LIMIT, async (t) => {
  const stage = await Stage.open(t, { ...BUFFERED, bridge: ["--drive-timeout", "1"] });
  const server = await stage.mounted();
  await server.writeMany(10);
  await stage.fault("drive 1 hang after 20");
  await server.writeMany(50);
  await server.filemarks(1);
  const recovery = await stage.recovered();
  assert.equal(recovery.result, "recovered", recovery.cause);
  assert.equal(recovery.kind, "drive");
  assert.match(recovery.cause, /PRACDRV001 does not answer/);
  assert.match(recovery.cause, /verdict: drive by: .*no answer/);
  await server.logOut();
  await stage.tapeIs("UND001L9", server.tape);
});

test("a drive that closes its connection and stays away", LIMIT, async (t) => {
  const stage = await Stage.open(t, BUFFERED);
  const server = await stage.mounted();
  await server.writeMany(10);
  await stage.fault("drive 1 drop after 20");
  await server.writeMany(50);
  await server.filemarks(1);
  const recovery = await stage.recovered();
  assert.equal(recovery.result, "recovered", recovery.cause);
  assert.equal(recovery.kind, "drive");
  assert.match(recovery.cause, /connection to drive PRACDRV001 lost/);
  await server.logOut();
  await stage.tapeIs("UND001L9", server.tape);
});

test("a drive that is gone when the server asks for a buffer of it", LIMIT, async (t) => {
  const stage = await Stage.open(t);
  const server = await stage.mounted();
  await server.writeMany(2);
  await server.filemarks(1);
  await stage.fault("drive 1 drop after 0");
  const dump = Buffer.alloc(64);
  const cdb = [0x3c, 0x02, 0, 0, 0, 0, 0, 0, dump.length, 0];
  assert.ok((await server.good(cdb, { dataIn: dump })) > 0);
  const recovery = await stage.recovered();
  assert.equal(recovery.result, "recovered", recovery.cause);
  await server.writeMany(2);
  await server.filemarks(1);
  await server.logOut();
  await stage.tapeIs("UND001L9", server.tape);
});

test("a drive that was reset: the same drive goes on where the tape is right", LIMIT, async (t) => {
  const stage = await Stage.open(t, BUFFERED);
  const server = await stage.mounted();
  await server.writeMany(10);
  await server.filemarks(1);
  await stage.fault("drive 1 reset after 20");
  await server.writeMany(50);
  await server.filemarks(1);
  recoveryIs(await stage.recovered(), {
    kind: "transport",
    result: "recovered",
    labels: `${FAILURE} 615 616 617 618`,
    cause: [/key 6 unit attention, 29\/00/, /once more with the same drive/],
  });
  await server.readBack();
  await server.logOut();
  await stage.tapeIs("UND001L9", server.tape);
  assert.equal((await stage.status()).lanes[0]?.drive?.serial, "PRACDRV001");
});

test("a dirty drive: TapeAlert asks for cleaning, the spare drive goes on", LIMIT, async (t) => {
  const stage = await Stage.open(t);
  const server = await stage.mounted();
  await stage.fault("drive 1 dirty after 4");
  await server.writeMany(50);
  await server.filemarks(1);
  recoveryIs(await stage.recovered(), {
    kind: "drive",
    result: "recovered",
    labels: TO_SPARE,
    cause: [/0C\/00/, /verdict: drive by: sense data, TapeAlert asks for cleaning/],
  });
  await server.logOut();
  await stage.tapeIs("UND001L9", server.tape);
});

test("the spare drive cannot load: a spare medium in the next spare drive", LIMIT, async (t) => {
  const stage = await Stage.open(t, { bridge: ["--lanes", "1"] });
  const server = await stage.mounted();
  await stage.fault("drive 2 load fail");
  await stage.fault("drive 1 write fail after 20");
  await server.writeMany(60);
  await server.filemarks(1);
  const recovery = await stage.recovered();
  assert.equal(recovery.result, "recovered", recovery.cause);
  await server.writeMany(5);
  await server.filemarks(1);
  await server.logOut();
  const { lanes } = await stage.status();
  await stage.tapeIs(lanes[0]?.cartridge?.realVolumeTag ?? "", server.tape);
  assert.equal(lanes[0]?.cartridge?.volumeTag, "UND001L9");
  assert.equal(lanes[0]?.drive?.serial, "PRACDRV003");
});

test("the spare drive fails in the copy: the next spare drive goes on", LIMIT, async (t) => {
  const stage = await Stage.open(t, { bridge: ["--lanes", "1"] });
  const server = await stage.mounted();
  await stage.fault("drive 1 write fail after 20");
  await stage.fault("drive 2 write fail after 5");
  await server.writeMany(60);
  await server.filemarks(1);
  const recoveries = await stage.recoveredAll();
  assert.ok(recoveries.every(({ result }) => result === "recovered"));
  await server.logOut();
  await stage.tapeIs("UND001L9", server.tape);
  assert.equal((await stage.status()).lanes[0]?.drive?.serial, "PRACDRV003");
});

test(
  "a drive that cannot load and keeps the cartridge: the server gets its sense data",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, { bridge: ["--lanes", "1"] });
    await stage.fault("drive 1 load fail");
    const server = await stage.mounted();
    const { words } = await server.checked([0, 0, 0, 0, 0, 0]);
    assert.match(words, /^3\/53\/00/);
    await server.logOut();
  },
);

test(
  "a drive that cannot read: the ring answers, the cartridge goes to the spare drive",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t);
    const server = await stage.mounted();
    await server.writeMany(40);
    await server.filemarks(1);
    await stage.fault("drive 1 read fail after 5");
    await server.readBack();
    recoveryIs(await stage.recovered(), {
      kind: "drive",
      result: "recovered",
      labels: TO_SPARE,
      cause: [HARDWARE_ERROR, /verdict: drive/],
    });
    await server.readBack();
    await server.write();
    await server.filemarks(1);
    await server.logOut();
    await stage.tapeIs("UND001L9", server.tape);
    assert.equal((await stage.status()).lanes[0]?.drive?.serial, "PRACDRV003");
  },
);
