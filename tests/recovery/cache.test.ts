/** The cache device fails: the lane goes on as pass-through, degraded; the server sees nothing of it. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { CacheFaults } from "./faulty-cache.ts";
import { recoveryIs, Stage } from "./kit.ts";
import { loopDevice } from "./loop-device.ts";
import type { Server } from "./server.ts";

const LIMIT = { timeout: 60_000 };
const EIO = 5;
const ENOSPC = 28;
/** Of the superblock and the journal: what is longer is a record. */
const JOURNAL_BYTES = 4096;
const RECORD_BYTES = 65_536;
const FAILED = /the ring failed: the lane goes on without it, not protected; .* lane=1 code=12 /;

interface Scene {
  readonly stage: Stage;
  readonly faults: CacheFaults;
  readonly server: Server;
}

/** A stream of some records in front of the fault. */
async function streaming(t: TestContext, options = {}): Promise<Scene> {
  const faults = new CacheFaults();
  const stage = await Stage.open(t, { ...options, openCache: faults.open });
  // A story that ends early must not leave its bridge waiting for a disk.
  t.after(() => faults.release());
  const server = await stage.mounted();
  await server.writeMany(20);
  await server.filemarks(1);
  return { stage, faults, server };
}

/** Degraded, said once with the fault's name; no recovery was needed. */
async function isDegraded(stage: Stage, fault: string): Promise<void> {
  const line = await stage.bridge.lines.until(FAILED);
  assert.match(line, new RegExp(`fault=${fault} `));
  assert.equal(stage.bridge.lines.count(FAILED), 1);
  const [lane] = (await stage.status()).lanes;
  assert.equal(lane?.state, "degraded");
  assert.equal(lane?.ring.protected, false);
}

/** The rest of the stream, read back, and found on the cartridge. */
async function endsAsSent(stage: Stage, server: Server, barcode: string): Promise<void> {
  await server.writeMany(40);
  await server.filemarks(2);
  await server.readBack();
  await server.logOut();
  await stage.tapeIs(barcode, server.tape);
}

for (const [what, name, fail] of [
  ["EIO on a write", "EIO", (faults: CacheFaults) => faults.failWrites(EIO)],
  ["a full file system", "ENOSPC", (faults: CacheFaults) => faults.failWrites(ENOSPC)],
] as const) {
  test(`${what} while streaming: pass-through, degraded`, LIMIT, async (t) => {
    const { stage, faults, server } = await streaming(t);
    fail(faults);
    await server.writeMany(5);
    await isDegraded(stage, name);
    await endsAsSent(stage, server, "UND001L9");
    assert.deepEqual((await stage.status()).recoveries, []);
  });
}

test("EIO on a flush while streaming: pass-through, degraded", LIMIT, async (t) => {
  const { stage, faults, server } = await streaming(t);
  faults.flushErrno = EIO;
  // A flush is asked for every 64 MiB.
  await server.writeMany(300, 262_144);
  await isDegraded(stage, "EIO");
  await endsAsSent(stage, server, "UND001L9");
});

test(
  "a broken disk, then a failing drive: what is in memory goes to the spare drive",
  LIMIT,
  async (t) => {
    const { stage, faults, server } = await streaming(t);
    faults.failWrites(EIO);
    faults.readErrno = EIO;
    await server.writeMany(10);
    await isDegraded(stage, "EIO");
    await stage.fault("drive 1 write fail");
    await server.writeMany(20);
    await server.filemarks(1);
    const recovery = await stage.recovered();
    assert.deepEqual([recovery.kind, recovery.result], ["drive", "recovered"], recovery.cause);
    await isDegraded(stage, "EIO");
    await endsAsSent(stage, server, "UND001L9");
  },
);

test(
  "a broken disk, then a failing cartridge: the drive's own error, the rest is right",
  LIMIT,
  async (t) => {
    const { stage, faults, server } = await streaming(t);
    faults.failWrites(EIO);
    await server.writeMany(10);
    await server.filemarks(1);
    await stage.fault("cartridge UND001L9 write fail at 40");
    const checked = await untilChecked(server);
    assert.match(checked, /^3\/0C\/00/);
    const recovery = await stage.recovered();
    assert.equal(recovery.result, "reported", recovery.cause);
    await server.logOut();
    const found = await stage.tapeOf("UND001L9");
    assert.deepEqual(found, server.tape.slice(0, found.length));
  },
);

/** Writes until a CHECK CONDITION comes: before more is ahead of the drive than a lane has memory for. */
async function untilChecked(server: Server): Promise<string> {
  for (let count = 0; count < 1000; count += 1) {
    const checked = await server.tryWrite(RECORD_BYTES);
    if (checked !== undefined) {
      return checked.words;
    }
  }
  assert.fail("no error came");
}

test(
  "the disk breaks in the middle of a copy: it is still read, and the copy ends",
  LIMIT,
  async (t) => {
    const { stage, faults, server } = await streaming(t, { library: ["--move-ms", "300"] });
    await stage.fault("cartridge UND001L9 write fail at 30");
    await server.writeMany(30);
    await stage.step(631);
    faults.failWrites(EIO);
    await server.write(RECORD_BYTES);
    const recovery = await stage.recovered();
    assert.deepEqual([recovery.kind, recovery.result], ["medium", "recovered"], recovery.cause);
    await isDegraded(stage, "EIO");
    await endsAsSent(stage, server, "UND008L9");
  },
);

for (const kind of ["lost", "flipped", "misdirected"] as const) {
  const fault = kind === "misdirected" ? { kind, byBytes: 64 * 1024 * 1024 } : { kind };
  test(
    `other bytes than were written (${kind}), read by the server in a recovery: the tape has them`,
    LIMIT,
    async (t) => {
      const { stage, faults, server } = await streaming(t, { library: ["--move-ms", "300"] });
      faults.nextWrite(fault, JOURNAL_BYTES);
      const wrong = server.tape.length;
      await server.write(RECORD_BYTES);
      await server.filemarks(1);
      await stage.fault("drive 1 write fail");
      await server.writeMany(6);
      await stage.step(612);
      await server.locate(wrong);
      assert.equal(await server.read(), server.tape[wrong]);
      // The ring was asked, and only the tape could have given it.
      assert.ok(stage.bridge.lines.count(/read from the ring/) > 0);
      assert.equal(stage.bridge.lines.count(/ result=recovered/), 1);
      const recovery = await stage.recovered();
      assert.deepEqual([recovery.kind, recovery.result], ["drive", "recovered"], recovery.cause);
      await server.space(3, 0);
      await endsAsSent(stage, server, "UND001L9");
    },
  );
}

test(
  "a disk that hangs: the server waits as long as for a drive, then pass-through",
  LIMIT,
  async (t) => {
    const { stage, faults, server } = await streaming(t);
    faults.hold();
    // More than the lane has memory for.
    await server.writeMany(200, 262_144);
    await isDegraded(stage, "ETIMEDOUT");
    await endsAsSent(stage, server, "UND001L9");
    faults.release();
  },
);

test("a disk that hangs under WRITE FILEMARKS: answered when the tape has it", LIMIT, async (t) => {
  const { stage, faults, server } = await streaming(t);
  faults.hold();
  await server.write();
  await server.filemarks(1);
  await isDegraded(stage, "ETIMEDOUT");
  await server.unload();
  faults.release();
  await server.logOut();
  await stage.tapeIs("UND001L9", server.tape);
});

for (const [what, name, fail] of [
  ["cannot be read", "EIO", (faults: CacheFaults) => Object.assign(faults, { readErrno: EIO })],
  ["cannot be written", "EIO", (faults: CacheFaults) => faults.failWrites(EIO)],
  ["is full", "ENOSPC", (faults: CacheFaults) => faults.failWrites(ENOSPC)],
] as const) {
  test(
    `a disk that ${what} at start: the lane starts without its ring, degraded`,
    LIMIT,
    async (t) => {
      const faults = new CacheFaults();
      fail(faults);
      const stage = await Stage.open(t, { openCache: faults.open });
      await isDegraded(stage, name);
      const server = await stage.mounted();
      await endsAsSent(stage, server, "UND001L9");
      assert.equal((await stage.status()).lanes[0]?.state, "degraded");
    },
  );
}

test("after a restart on a whole disk the lane is protected again", LIMIT, async (t) => {
  const { stage, faults, server } = await streaming(t);
  faults.failWrites(EIO);
  await server.writeMany(5);
  await isDegraded(stage, "EIO");
  await server.filemarks(1);
  await server.logOut();
  await stage.bridge.stop();
  faults.onWrite = () => undefined;
  await stage.startBridge();
  const again = await stage.server();
  again.tape.push(...server.tape);
  await again.readBack();
  // The image ended where the disk broke: it is not what is on the tape any more.
  await stage.bridge.lines.until(/the ring's image is not what is on the cartridge: dropped/);
  await again.rewind();
  again.tape.length = 0;
  await again.writeMany(10);
  await again.filemarks(1);
  const [lane] = (await stage.status()).lanes;
  assert.equal(lane?.ring.protected, true);
  await stage.fault("cartridge UND001L9 write fail at 14");
  await again.writeMany(20);
  await again.filemarks(1);
  const recovery = await stage.recovered();
  recoveryIs(recovery, {
    kind: "medium",
    result: "recovered",
    labels: "604 605 606 607 615 616 604 605 606 607 608 611 631 632 633 617 618",
    cause: [/verdict: medium/],
  });
  await again.logOut();
  await stage.tapeIs("UND008L9", again.tape);
});

test(
  "a ring striped over three directories: it covers a failing cartridge, and nothing less opens",
  LIMIT,
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "understudy-stripes-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const [a = "", b = "", c = ""] = ["a", "b", "c"].map((name) => join(folder, name));
    const stage = await Stage.open(t, { bridge: ["--ring", [a, b, c].join(",")] });
    const server = await stage.mounted();
    await server.writeMany(60);
    await stage.fault("cartridge UND001L9 write fail at 80");
    await server.writeMany(60);
    await server.filemarks(1);
    const recovery = await stage.recovered();
    assert.deepEqual([recovery.kind, recovery.result], ["medium", "recovered"], recovery.cause);
    await stage.tapeIs("UND008L9", server.tape);
    await server.logOut();
    await stage.bridge.stop();
    await assert.rejects(
      stage.startBridge(["--ring", [b, a, c].join(",")]),
      /ended with 3: .*lane-1\.ring \(it is number 2 of its ring, it is given as number 1\)/s,
    );
    await assert.rejects(
      stage.startBridge(["--ring", a]),
      /ended with 3: .*it is number 1 of a ring/s,
    );
    await stage.startBridge();
    const again = await stage.server();
    again.tape.push(...server.tape);
    await again.readBack();
    await again.logOut();
  },
);

test(
  "a ring on a block device: it covers a failing cartridge, before and after a restart",
  LIMIT,
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "understudy-block-"));
    const loop = loopDevice(join(folder, "disk"), 256);
    // After the bridge that has it open.
    const release = (): void => {
      if (loop.kind === "ready") {
        loop.detach();
      }
      rmSync(folder, { recursive: true });
    };
    if (loop.kind === "missing") {
      release();
      t.skip(loop.reason);
      return;
    }
    const stage = await Stage.open(t, {
      bridge: ["--ring", loop.path, "--lanes", "1", "--spare-media", "UND007L9,UND008L9"],
    });
    t.after(release);
    const server = await stage.mounted();
    await server.writeMany(60);
    await stage.fault("cartridge UND001L9 write fail at 80");
    await server.writeMany(60);
    await server.filemarks(1);
    assert.equal((await stage.recovered()).result, "recovered");
    await server.logOut();
    await stage.bridge.stop();
    await stage.startBridge();
    const again = await stage.server();
    again.tape.push(...server.tape);
    await again.space(3, 0);
    await stage.fault("cartridge UND007L9 write fail at 130");
    await again.writeMany(20);
    await again.filemarks(1);
    assert.equal((await stage.recovered()).result, "recovered");
    await again.readBack();
    await again.logOut();
    await stage.tapeIs("UND008L9", again.tape);
    assert.deepEqual((await stage.status()).lanes[0]?.ring.device.paths, [loop.path]);
  },
);

for (const kind of ["lost", "flipped", "misdirected"] as const) {
  const fault = kind === "misdirected" ? { kind, byBytes: 64 * 1024 * 1024 } : { kind };
  test(
    `other bytes than were written (${kind}), and the cartridge fails: fetched from the tape again`,
    LIMIT,
    async (t) => {
      const { stage, faults, server } = await streaming(t);
      faults.nextWrite(fault, JOURNAL_BYTES);
      const wrong = server.tape.length;
      await server.write(RECORD_BYTES);
      await server.filemarks(1);
      await stage.fault("cartridge UND001L9 write fail at 40");
      await server.writeMany(60, RECORD_BYTES);
      await server.filemarks(1);
      const recovery = await stage.recovered();
      assert.deepEqual([recovery.kind, recovery.result], ["medium", "recovered"], recovery.cause);
      const mended = stage.bridge.lines.all.filter((line) => /read from the tape again/.test(line));
      assert.equal(mended.length, 1);
      assert.match(mended[0] ?? "", new RegExp(`lane=1 code=36 object=${wrong}$`));
      await endsAsSent(stage, server, "UND008L9");
    },
  );
}

test(
  "a record is wrong in ring and tape, and the cartridge fails: the error, the own cartridge is back",
  LIMIT,
  async (t) => {
    const { stage, faults, server } = await streaming(t);
    faults.nextWrite({ kind: "flipped" }, JOURNAL_BYTES);
    const wrong = server.tape.length;
    await server.write(RECORD_BYTES);
    // It is not among the last that are certain, which every recovery reads again.
    await server.writeMany(4, RECORD_BYTES);
    await server.filemarks(1);
    await stage.fault("cartridge UND001L9 write fail at 40");
    await stage.fault(`cartridge UND001L9 read fail at ${wrong}`);
    assert.match(await untilChecked(server), /^4\/44\/00 deferred/);
    const recovery = await stage.recovered();
    assert.equal(recovery.result, "abandoned", recovery.cause);
    assert.ok(recovery.steps.some(({ label }) => label === "633"));
    const [lane] = (await stage.status()).lanes;
    assert.equal(lane?.cartridge?.realVolumeTag, "UND001L9");
    assert.equal(lane?.state, "degraded");
    await server.logOut();
    const found = await stage.tapeOf("UND001L9");
    assert.equal(found.length, 40);
    assert.deepEqual(found, server.tape.slice(0, 40));
  },
);
