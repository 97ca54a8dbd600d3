import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32c } from "@node-rs/crc32";
import { recoveryIs, Stage } from "./kit.ts";
import { recordOf, recordWord, type Server, WRITES_TO_FAILURE_MAX } from "./server.ts";

const LIMIT = { timeout: 30_000 };
const RETRY = "604 605 606 607 615 616";
const SWAP = "604 605 606 607 608 611 631 632 633";
const WRITE_ERROR = /PRACDRV001: key 3 medium error, 0C\/00/;
/** A cartridge that somebody else has written stays out of the ring. */
const NO_COPYING = ["--header-marks", "0", "--copy-below", "0"];
const TWO_SPARES = { bridge: ["--spare-media", "UND007L9,UND008L9"] };

test(
  "[604] [605] [606] [607] [608] [611] [631] [632] [633] [617] [618] a medium that cannot be written is replaced",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t);
    const server = await stage.mounted();
    await server.writeMany(10);
    await server.filemarks(1);
    await stage.fault("cartridge UND001L9 write fail at 30");
    await server.writeMany(50);
    await server.filemarks(1);
    const recovery = await stage.recovered();
    recoveryIs(recovery, {
      kind: "medium",
      result: "recovered",
      labels: `${RETRY} ${SWAP} 617 618`,
      cause: [
        WRITE_ERROR,
        /verdict: once more/,
        /verdict: medium by: .*TapeAlert names the medium, a retry failed/,
      ],
    });
    assert.ok(recovery.rewrittenBytes > 0);
    await server.writeMany(20);
    await server.filemarks(1);
    await stage.tapeIs("UND008L9", server.tape);
    const { lanes, spareMedia, spareDrives, recoveries } = await stage.status();
    assert.deepEqual(lanes[0]?.cartridge, { volumeTag: "UND001L9", realVolumeTag: "UND008L9" });
    assert.deepEqual([spareMedia.length, spareDrives.length, recoveries.length], [0, 1, 1]);
    await server.readBack();
    await server.logOut();
  },
);

test("a write error that a retry gets over: no cartridge is swapped", LIMIT, async (t) => {
  const stage = await Stage.open(t);
  const server = await stage.mounted();
  await stage.fault("cartridge UND001L9 write fail at 20 times 1");
  await server.writeMany(40);
  await server.filemarks(1);
  const recovery = await stage.recovered();
  recoveryIs(recovery, {
    kind: "transport",
    result: "recovered",
    labels: `${RETRY} 617 618`,
    cause: [WRITE_ERROR, /once more with the same drive and cartridge/],
  });
  await server.logOut();
  await stage.tapeIs("UND001L9", server.tape);
});

test("the spare medium fails in the rewrite: the next one is taken", LIMIT, async (t) => {
  const stage = await Stage.open(t, TWO_SPARES);
  const server = await stage.mounted();
  await stage.fault("cartridge UND001L9 write fail at 30");
  await stage.fault("cartridge UND007L9 write fail at 10");
  await server.writeMany(60);
  await server.filemarks(1);
  const recovery = await stage.recovered();
  assert.equal(recovery.result, "recovered", recovery.cause);
  assert.equal(recovery.kind, "medium");
  await server.writeMany(6);
  await server.filemarks(1);
  await server.logOut();
  await stage.tapeIs("UND008L9", server.tape);
  const { lanes, spareMedia } = await stage.status();
  assert.deepEqual(lanes[0]?.cartridge, { volumeTag: "UND001L9", realVolumeTag: "UND008L9" });
  assert.deepEqual(spareMedia, []);
});

test(
  "a spare medium that is not blank is not written on: the next one is taken",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, { ...TWO_SPARES, written: ["UND007L9"] });
    const [before] = [await stage.tapeOf("UND007L9")];
    const server = await stage.mounted();
    await stage.fault("cartridge UND001L9 write fail at 30");
    await server.writeMany(40);
    await server.filemarks(1);
    recoveryIs(await stage.recovered(), {
      kind: "medium",
      result: "recovered",
      labels: `${RETRY} 604 605 606 607 608 611 631 632 608 631 632 633 617 618`,
      cause: [WRITE_ERROR],
    });
    await server.logOut();
    await stage.tapeIs("UND008L9", server.tape);
    await stage.tapeIs("UND007L9", before);
  },
);

test("[609] no spare at all: the server gets the drive's own error, once", LIMIT, async (t) => {
  const stage = await Stage.open(t, { bridge: ["--lanes", "3", "--spare-media", "none"] });
  const server = await stage.mounted();
  await server.writeMany(10);
  await server.filemarks(1);
  await stage.fault("cartridge UND001L9 write fail at 30 times 2");
  let words: string[] = [];
  while (server.tape.length < WRITES_TO_FAILURE_MAX && words.length === 0) {
    const ended = await server.tryWrite();
    words = ended === undefined ? [] : [ended.words];
  }
  assert.match(words[0] ?? "", /^3\/0C\/00/);
  recoveryIs(await stage.recovered(), {
    kind: "medium",
    result: "reported",
    labels: `${RETRY} 604 605 606 607 608 609`,
    cause: [WRITE_ERROR, /verdict: medium/],
  });
  const kept = server.tape.slice(0, 30);
  assert.equal(await server.position(), 30);
  await server.rewind();
  for (const sent of kept) {
    assert.equal(await server.read(), sent);
  }
  await stage.tapeIs("UND001L9", kept);
  assert.equal((await stage.status()).lanes[0]?.state, "degraded");
  await server.logOut();
});

/** The volume is on its own cartridge again, with what that holds; the server knows and goes on. */
async function isOnItsOwn(stage: Stage, server: Server, kept: number): Promise<void> {
  const recovery = await stage.recovered();
  assert.equal(recovery.result, "reported", recovery.cause);
  const { words } = await server.checked([0x10, 0, 0, 0, 0, 0]);
  assert.equal(words, "3/0C/00 deferred");
  server.tape.splice(kept);
  assert.equal(await server.position(), kept);
  assert.equal((await stage.status()).lanes[0]?.cartridge?.realVolumeTag, "UND001L9");
  await server.readBack();
  await stage.fault("clear");
  await server.writeMany(5);
  await server.filemarks(1);
  await server.logOut();
  await stage.tapeIs("UND001L9", server.tape);
}

test(
  "the only spare medium fails too: the volume's own cartridge comes back with all it holds",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t);
    const server = await stage.mounted();
    await stage.fault("cartridge UND001L9 write fail at 30");
    await stage.fault("cartridge UND008L9 write fail at 10");
    await server.writeMany(60);
    await server.filemarks(1);
    const recovery = await stage.recovered();
    assert.match(recovery.cause, /verdict: medium by: .*the cartridge failed in other drives/);
    await isOnItsOwn(stage, server, 30);
    assert.deepEqual((await stage.status()).spareMedia, []);
  },
);

test(
  "the only spare medium is not blank: it is not touched, the own one comes back",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, { written: ["UND008L9"] });
    const before = await stage.tapeOf("UND008L9");
    const server = await stage.mounted();
    await stage.fault("cartridge UND001L9 write fail at 30");
    await server.writeMany(40);
    await isOnItsOwn(stage, server, 30);
    await stage.tapeIs("UND008L9", before);
  },
);

test("a record that the drive cannot read comes from the ring", LIMIT, async (t) => {
  const stage = await Stage.open(t);
  const server = await stage.mounted();
  await server.writeMany(40);
  await server.filemarks(1);
  await stage.fault("cartridge UND001L9 read fail at 17");
  await server.readBack();
  assert.equal(stage.bridge.lines.count(/read from the ring .*object=17/), 1);
  assert.deepEqual((await stage.status()).recoveries, []);
  await server.logOut();
});

test("a record that neither drive nor ring can give is the drive's own error", LIMIT, async (t) => {
  const stage = await Stage.open(t, { written: ["UND001L9"], bridge: NO_COPYING });
  const server = await stage.mounted();
  await stage.fault("cartridge UND001L9 read fail at 0");
  const dataIn = Buffer.alloc(1024);
  const { words } = await server.checked([0x08, 0, 0, 4, 0, 0], { dataIn });
  assert.equal(words, "3/11/00");
  await server.logOut();
});

/** Control Data Protection: CRC32C behind each record, in writes and reads. */
const PROTECTION = Buffer.from(`000010004af0001c0204c0${"00".repeat(25)}`, "hex");
const PROTECTED_LENGTHS = [65_536, 4, 100_001] as const;

function withWord(record: Uint8Array): Buffer {
  const word = Buffer.alloc(4);
  word.writeUInt32LE(crc32c(record));
  return Buffer.concat([record, word]);
}
function writeCdb(length: number): number[] {
  return [0x0a, 0, length >> 16, (length >> 8) & 0xff, length & 0xff, 0];
}
async function writeProtected(server: Server, count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) {
    const index = server.tape.length;
    const record = recordOf(index, PROTECTED_LENGTHS[index % 3] ?? 1);
    const dataOut = withWord(record);
    await server.good(writeCdb(dataOut.length), { dataOut });
    server.tape.push(recordWord(record));
  }
}
async function spoilOne(server: Server): Promise<void> {
  const dataOut = withWord(recordOf(0, 5000));
  dataOut.writeUInt8(dataOut.readUInt8(77) ^ 1, 77);
  const { words, sense } = await server.checked(writeCdb(dataOut.length), { dataOut });
  assert.deepEqual([words, sense.information], ["4/10/01", dataOut.length]);
  assert.equal(await server.position(), server.tape.length);
}

test(
  "logical block protection, with a cartridge that fails in the middle: no word is lost, none is on the tape",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t);
    const server = await stage.mounted();
    const select = [0x15, 0x10, 0, 0, PROTECTION.length, 0];
    await server.good(select, { dataOut: PROTECTION });
    await writeProtected(server, 20);
    await spoilOne(server);
    await stage.fault("cartridge UND001L9 write fail at 30");
    await writeProtected(server, 40);
    await spoilOne(server);
    await server.filemarks(1);
    const recovery = await stage.recovered();
    assert.deepEqual([recovery.kind, recovery.result], ["medium", "recovered"]);
    await spoilOne(server);
    await server.rewind();
    for (const [index, sent] of server.tape.slice(0, 60).entries()) {
      const dataIn = Buffer.alloc(0x4_0000);
      const bytes = await server.good([0x08, 2, 4, 0, 0, 0], { dataIn });
      const record = dataIn.subarray(0, bytes - 4);
      assert.equal(recordWord(record), sent, `object ${index}`);
      assert.deepEqual(dataIn.subarray(0, bytes), withWord(record), `word of object ${index}`);
    }
    await server.logOut();
    await stage.tapeIs("UND008L9", server.tape);
  },
);
