/**
 * The end of a cartridge ([027]): the server is warned a pad before the drive's own early warning, what
 * comes after it fits, and what does not fit any more is told as a drive tells it.
 */
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findRings } from "../../tools/ring/find-rings.ts";
import { specRead } from "../ring/spec-reader.ts";
import { Stage } from "./kit.ts";
import {
  type Checked,
  FILEMARK,
  recordOf,
  recordWord,
  type Server,
  type TapeObject,
} from "./server.ts";

const LIMIT = { timeout: 120_000 };
const RECORD_BYTES = 0x8_0000;
const CAPACITY = 1024 ** 3;
/** Where the drive's own end does not matter, half of that does: its last 2 % are less than the lead. */
const HALF = CAPACITY / 2;
/** What the bridge leaves of a cartridge of this capacity. */
const PAD = 64_000_000;
/** The practice drive's own early warning comes 2 % before the end. */
const PAD_AT = HALF - Math.floor((HALF * 2) / 100) - PAD;
/** The bridge may be so far ahead of the drive, which says where the pad begins. */
const LEAD = 16 * 1024 ** 2 + 2 * RECORD_BYTES;
const EARLY_WARNING = "0/00/02";
const ROOMY = { bridge: ["--ring-size", "1536M"] };
const SMALL = {
  bridge: ["--ring-size", "768M"],
  capacities: { UND001L9: HALF, UND008L9: HALF },
};

/** One record; the sense data where it did not end with GOOD, and whether it is on the tape then. */
async function writeOne(server: Server): Promise<Checked | undefined> {
  const data = recordOf(server.tape.length, RECORD_BYTES);
  const ended = await server.tryWrite(RECORD_BYTES);
  if (ended !== undefined && ended.sense.key === 0) {
    server.tape.push(recordWord(data));
  }
  return ended;
}

/** Records until one of them does not end with GOOD. */
async function writeUntilTold(server: Server): Promise<Checked> {
  for (let count = 0; count * RECORD_BYTES <= 2 * CAPACITY; count += 1) {
    const told = await writeOne(server);
    if (told !== undefined) {
      return told;
    }
  }
  return assert.fail("a cartridge without an end");
}

/** Records that are all warned of, then filemarks that are. */
async function writeTrailer(server: Server, records: number): Promise<void> {
  for (let count = 0; count < records; count += 1) {
    const told = await writeOne(server);
    assert.equal(told?.words, EARLY_WARNING);
  }
  const { words } = await server.checked([0x10, 0, 0, 0, 2, 0]);
  assert.equal(words, EARLY_WARNING);
  server.tape.push(FILEMARK, FILEMARK);
}

/** Not before the pad, as the drive says it or, where that is far behind, the bytes; long before the end. */
function isWarnedInTime(server: Server): void {
  const bytes = server.tape.length * (RECORD_BYTES + 8);
  const countedAt = HALF - HALF / 32 - PAD;
  assert.ok(bytes > countedAt && bytes < PAD_AT + LEAD, `warned at ${bytes}`);
}

async function positionFlags(server: Server): Promise<number> {
  const dataIn = Buffer.alloc(20);
  await server.good([0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0], { dataIn });
  return dataIn.readUInt8(0);
}

/** MODE SELECT(10) of the Device Configuration Extension page. */
async function setServersWarning(server: Server, megabytes: number): Promise<void> {
  const list = Buffer.alloc(40);
  list.writeUInt8(0x10, 3);
  list.set([0x50, 0x01, 0, 28], 8);
  list.writeUInt16BE(megabytes, 14);
  await server.good([0x55, 0x10, 0, 0, 0, 0, 0, 0, list.length, 0], { dataOut: list });
}

test(
  "early warning comes a pad before the drive's; trailer and filemarks fit, a rewind ends it",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, SMALL);
    const server = await stage.mounted();
    const told = await writeUntilTold(server);
    assert.equal(told.words, EARLY_WARNING);
    assert.equal(told.sense.endOfMedium, true);
    isWarnedInTime(server);
    await writeTrailer(server, 20);
    assert.equal((await positionFlags(server)) & 0x40, 0x40);
    await stage.tapeIs("UND001L9", server.tape);
    await server.rewind();
    assert.equal((await positionFlags(server)) & 0x40, 0);
    server.tape.length = 0;
    await server.writeMany(3);
    await server.filemarks(1);
    await server.logOut();
    await stage.tapeIs("UND001L9", server.tape);
    assert.deepEqual((await stage.status()).recoveries, []);
  },
);

test(
  "a server that does not heed the warning learns the end with the record that does not fit",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, ROOMY);
    const server = await stage.mounted();
    let told = await writeUntilTold(server);
    while (told.words === EARLY_WARNING) {
      told = await writeUntilTold(server);
    }
    assert.equal(told.words, "D/00/02");
    assert.deepEqual([told.sense.endOfMedium, told.sense.information], [true, RECORD_BYTES]);
    assert.equal(await server.position(), server.tape.length);
    await stage.tapeIs("UND001L9", server.tape);
    const file = statSync(join(stage.folder, "library", "UND001L9.tap"));
    assert.ok(file.size + RECORD_BYTES + 8 > CAPACITY, `${file.size} bytes`);
    const { words } = await server.checked([0x10, 0, 0, 0, 1, 0]);
    assert.equal(words, EARLY_WARNING);
    server.tape.push(FILEMARK);
    await stage.tapeIs("UND001L9", server.tape);
    await server.logOut();
    assert.deepEqual((await stage.status()).recoveries, []);
  },
);

test(
  "of a WRITE of many blocks those that fit are written, the residual says so",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, ROOMY);
    const server = await stage.mounted();
    const list = Buffer.from([0, 0, 0x10, 8, 0, 0, 0, 0, 0, 4, 0, 0]);
    await server.good([0x15, 0x10, 0, 0, list.length, 0], { dataOut: list });
    const blocks = 4;
    const data = recordOf(1, blocks * 0x4_0000);
    const write = [0x0a, 1, 0, 0, blocks, 0];
    let written = 0;
    for (;;) {
      const ended = await server.command(write, { dataOut: data });
      if (typeof ended === "number" || ended.sense.key === 0) {
        written += blocks;
        continue;
      }
      assert.equal(ended.words, "D/00/02");
      const residual = ended.sense.information ?? 0;
      assert.ok(residual >= 1 && residual <= blocks, `residual ${residual}`);
      written += blocks - residual;
      break;
    }
    assert.equal(await server.position(), written);
    assert.equal((await stage.tapeOf("UND001L9")).length, written);
    await server.logOut();
  },
);

test(
  "the server's own programmable early warning comes once, before the bridge's",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, SMALL);
    const server = await stage.mounted();
    await setServersWarning(server, 100);
    const first = await writeUntilTold(server);
    assert.deepEqual([first.words, first.sense.endOfMedium], ["0/00/07", true]);
    const before = server.tape.length * (RECORD_BYTES + 8);
    assert.ok(before > PAD_AT - 100_000_000, `at ${before}`);
    const second = await writeUntilTold(server);
    assert.equal(second.words, EARLY_WARNING);
    isWarnedInTime(server);
    assert.equal((await positionFlags(server)) & 0x41, 0x41);
    await writeTrailer(server, 2);
    await server.logOut();
    await stage.tapeIs("UND001L9", server.tape);
  },
);

test(
  "SET CAPACITY: the server is warned earlier, and a spare is made as short",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, SMALL);
    const server = await stage.mounted();
    await server.writeMany(2);
    const half = [0x0b, 0, 0, 0x80, 0, 0];
    assert.equal((await server.checked(half)).words, "5/3B/0C");
    await server.rewind();
    await server.good(half);
    server.tape.length = 0;
    assert.equal(await server.read(), undefined);
    await stage.fault("cartridge UND001L9 write fail at 300");
    const told = await writeUntilTold(server);
    assert.equal(told.words, EARLY_WARNING);
    const bytes = server.tape.length * (RECORD_BYTES + 8);
    assert.ok(bytes < HALF / 2, `warned at ${bytes}`);
    await writeTrailer(server, 3);
    const recovery = await stage.recovered();
    assert.equal(recovery.result, "recovered", recovery.cause);
    await server.logOut();
    await stage.tapeIs("UND008L9", server.tape);
    const facts = readFileSync(join(stage.folder, "library", "UND008L9.json"), "utf8");
    const { capacityPart } = JSON.parse(facts) as { capacityPart: number };
    assert.ok(Math.abs(capacityPart - 0x8000) < 300, `${capacityPart} of 65535`);
  },
);

test("a spare on which the image does not fit is left for the next one", LIMIT, async (t) => {
  const stage = await Stage.open(t, {
    bridge: ["--spare-media", "UND007L9,UND008L9", "--ring-size", "512M"],
    capacities: { UND007L9: 100_000_000 },
  });
  const server = await stage.mounted();
  await stage.fault("cartridge UND001L9 write fail at 400");
  await server.writeMany(410, RECORD_BYTES);
  await server.filemarks(1);
  const recovery = await stage.recovered();
  assert.equal(recovery.result, "recovered", recovery.cause);
  await server.writeMany(10, RECORD_BYTES);
  await server.filemarks(1);
  await server.logOut();
  await stage.tapeIs("UND008L9", server.tape);
  const { lanes } = await stage.status();
  assert.equal(lanes[0]?.cartridge?.realVolumeTag, "UND008L9");
});

test("no spare is long enough: the server is told, late or at once", LIMIT, async (t) => {
  const stage = await Stage.open(t, {
    bridge: ["--spare-media", "UND008L9", "--ring-size", "512M"],
    capacities: { UND008L9: 100_000_000 },
  });
  const server = await stage.mounted();
  await stage.fault("cartridge UND001L9 write fail at 400");
  await server.writeMany(400, RECORD_BYTES);
  const told = await writeUntilTold(server);
  assert.match(told.words, /^(3\/0C\/00|D\/00\/02)( deferred)?$/);
  const recovery = await stage.recovered();
  assert.equal(recovery.result, "reported", recovery.cause);
  await server.logOut();
});

test(
  "a cartridge that fails near its end: the server is warned in the recovery, and all of it fits the spare",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, { ...SMALL, library: ["--move-ms", "300"] });
    const server = await stage.mounted();
    await stage.fault("cartridge UND001L9 write fail at 800");
    const told = await writeUntilTold(server);
    assert.equal(told.words, EARLY_WARNING);
    await writeTrailer(server, 8);
    const recovery = await stage.recovered();
    assert.equal(recovery.result, "recovered", recovery.cause);
    await server.logOut();
    await stage.tapeIs("UND008L9", server.tape);
  },
);

test("what was answered and no cartridge takes is kept in the ring, apart", LIMIT, async (t) => {
  const stage = await Stage.open(t, {
    bridge: ["--spare-media", "UND008L9", "--ring-size", "512M"],
    capacities: { UND008L9: 100_000_000 },
  });
  const server = await stage.mounted();
  await stage.fault("cartridge UND001L9 write fail at 300");
  await server.writeMany(300, RECORD_BYTES);
  await writeUntilTold(server);
  const written = [...server.tape];
  assert.ok(written.length > 300);
  const recovery = await stage.recovered();
  assert.equal(recovery.result, "reported", recovery.cause);
  await stage.bridge.lines.until(/kept in the ring under the volume tag with \+KEPT/);
  server.tape.length = await server.position();
  await stage.tapeIs("UND001L9", server.tape);
  await server.logOut();
  await stage.bridge.stop();
  const kept = specImage(stage, "UND001L9+KEPT") ?? [];
  // The record that the server was told the error with may be there too.
  assert.deepEqual(kept.slice(0, written.length), written);
  assert.ok(kept.length <= written.length + 1);
  // It outlives a restart, and other cartridges.
  await stage.startBridge();
  await stage.bridge.stop();
  assert.deepEqual(specImage(stage, "UND001L9+KEPT"), kept);
});

/** What the ring of lane 1 holds of an image, by a reader of its own. */
function specImage(stage: Stage, volumeTag: string): TapeObject[] | undefined {
  const [path] = findRings(join(stage.folder, "state", "ring"));
  const images = specRead(readFileSync(path ?? "")) ?? [];
  const image = images.find((one) => one.volumeTag === volumeTag);
  return image?.objects.map((object) => {
    assert.ok(object !== undefined);
    return object.kind === "filemark" ? FILEMARK : recordWord(object.data);
  });
}
