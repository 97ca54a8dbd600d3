/** Stories of a server that encrypts through the drive: its key goes to whatever stands in, and to no disk. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { EV_DATA, EV_DEVICE_DONE } from "../../assembly/spec/event.ts";
import { TRAP_AFTER, TRAP_UNREACHABLE } from "../../assembly/spec/trap.ts";
import {
  encryptionPage,
  noEncryptionPage,
  type PageOrder,
  protocolIn,
  protocolOut,
} from "../practice-library/encryption-page.ts";
import { keyFile, killWhileCopying } from "./encrypted-ring.ts";
import { DRIVE_1, SLOT_1, Stage, type StageOptions } from "./kit.ts";
import { Server } from "./server.ts";
import { TRAP_CORE_PATH, TrapCores } from "./trap-core.ts";

const LIMIT = { timeout: 60_000 };
const RECORD = 65_536;
/** So large that a slow drive is still at work when the bridge is killed. */
const LARGE = 262_144;
const MIXED = { decryption: 3 };
const TEST_UNIT_READY = [0, 0, 0, 0, 0, 0];
const READ = [0x08, 2, 4, 0, 0, 0];
const WRITE = [0x0a, 0, 0, 0, 4, 0];

/** A stage with encrypted rings. */
async function openStage(t: TestContext, options: StageOptions = {}): Promise<Stage> {
  return Stage.open(t, { ...options, bridge: ["--ring-key", keyFile(t)] });
}

async function setKey(server: Server, key: Buffer, order: PageOrder = MIXED): Promise<void> {
  const page = encryptionPage(key, order);
  await server.good(protocolOut(page.length), { dataOut: page });
}
async function refusedPage(server: Server, page: Buffer): Promise<string> {
  return (await server.checked(protocolOut(page.length), { dataOut: page })).words;
}
async function clearKey(server: Server): Promise<void> {
  const page = noEncryptionPage();
  await server.good(protocolOut(page.length), { dataOut: page });
}
async function told(server: Server, code: number): Promise<Buffer> {
  const dataIn = Buffer.alloc(256);
  return dataIn.subarray(0, await server.good(protocolIn(code), { dataIn }));
}
async function words(server: Server, cdb: readonly number[]): Promise<string> {
  return (await server.checked(cdb, { dataIn: Buffer.alloc(LARGE) })).words;
}

/** From which object on records of a cartridge have a key: numbers, in clear "", one letter a key. */
function keysOf(stage: Stage, barcode: string): string {
  const text = readFileSync(join(stage.folder, "library", `${barcode}.json`), "utf8");
  const ranges: { from: number; key: string }[] = JSON.parse(text).keys ?? [];
  const known = [...new Set(ranges.map(({ key }) => key).filter(Boolean))];
  return ranges.map(({ from, key }) => `${from}${"ABC"[known.indexOf(key)] ?? ""}`).join(" ");
}

/** No file below the stage has the key, as bytes or as text. */
function isNowhere(stage: Stage, key: Buffer): void {
  const forms = [key, key.subarray(3, 15), key.toString("hex"), key.toString("base64")];
  for (const entry of readdirSync(stage.folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      const bytes = readFileSync(join(entry.parentPath, entry.name));
      assert.ok(!forms.some((form) => bytes.includes(form)), `the key is in ${entry.name}`);
    }
  }
  const lines = stage.bridge.lines.all.join("\n");
  assert.ok(!lines.includes(key.toString("hex")) && !lines.includes(key.toString("base64")));
}

/** What a bare drive says to a READ of that object: without the bridge, and without a key. */
async function bareRead(stage: Stage, object: number): Promise<string> {
  const drive = await Server.logIn(stage.libraryUrl, 1);
  await clearKey(drive);
  await drive.locate(object);
  const said = await words(drive, READ);
  await drive.logOut();
  return said;
}

test(
  "a cartridge dies: its spare has every record as it was, encrypted or in clear",
  LIMIT,
  async (t) => {
    const stage = await openStage(t);
    const server = await stage.mounted();
    const key = randomBytes(32);
    await server.writeMany(2, RECORD);
    await setKey(server, key);
    await server.writeMany(10, RECORD);
    await server.filemarks(1);
    await stage.fault("cartridge UND001L9 write fail at 20");
    await server.writeMany(20, RECORD);
    await server.filemarks(1);
    const recovery = await stage.recovered();
    assert.deepEqual([recovery.kind, recovery.result], ["medium", "recovered"], recovery.cause);
    assert.equal(keysOf(stage, "UND008L9"), "2A");
    await stage.tapeIs("UND008L9", server.tape);
    await server.readBack();
    assert.deepEqual([...(await told(server, 0x20))].slice(5, 7), [2, 3]);
    await clearKey(server);
    await server.locate(5);
    assert.equal(
      await words(server, READ),
      "7/74/01",
      "the ring does not give what the drive locks",
    );
    await server.locate(0);
    assert.equal(await server.read(), server.tape[0]);
    assert.equal((await stage.status()).lanes[0]?.ring.protected, false);
    await setKey(server, key, { decryption: 2 });
    assert.equal((await stage.status()).lanes[0]?.ring.protected, true);
    await server.locate(0);
    assert.equal(await words(server, READ), "7/74/02", "nor what it does not take for encrypted");
    await server.logOut();
    assert.equal(await stage.bridge.stop(), 0);
    isNowhere(stage, key);
    assert.equal(await bareRead(stage, 5), "7/74/01");
  },
);

test("a drive dies, another is reset: the next has the key, also for reading", LIMIT, async (t) => {
  const stage = await openStage(t);
  const server = await stage.mounted();
  const key = randomBytes(32);
  // Decrypt alone: a record in clear would not be read by that.
  await setKey(server, key, { decryption: 2 });
  await server.writeMany(10, RECORD);
  await stage.fault("drive 1 write fail after 5");
  await server.writeMany(20, RECORD);
  await server.filemarks(1);
  const recovery = await stage.recovered();
  assert.deepEqual([recovery.kind, recovery.result], ["drive", "recovered"], recovery.cause);
  assert.equal(keysOf(stage, "UND001L9"), "0A");
  const reset = (await stage.status()).lanes[0]?.drive?.element === 0x101 ? 2 : 3;
  await stage.fault("clear");
  await stage.fault(`drive ${reset} reset after 3`);
  await server.writeMany(10, RECORD);
  await server.filemarks(1);
  await stage.recoveredAll();
  assert.equal(keysOf(stage, "UND001L9"), "0A");
  await stage.tapeIs("UND001L9", server.tape);
  await stage.fault("clear");
  await stage.fault(`drive ${reset} reset after 0`);
  await server.readBack();
  assert.deepEqual([...(await told(server, 0x20))].slice(5, 7), [2, 2]);
  const { spareDrives } = await stage.status();
  assert.ok(spareDrives.length < 2);
  await server.logOut();
  assert.equal(await stage.bridge.stop(), 0);
  isNowhere(stage, key);
});

test(
  "killed in a recovery: nothing goes to the tape before the server sets the same key",
  LIMIT,
  async (t) => {
    const stage = await openStage(t, { isChild: true });
    const key = randomBytes(32);
    const server = await stage.mounted();
    await setKey(server, key);
    const again = await killWhileCopying(stage, server, LARGE);
    const waits = /what the tape lacks waits for the server's key/;
    assert.equal(stage.bridge.lines.count(waits), 1);
    assert.equal((await stage.status()).lanes[0]?.state, "degraded");
    await again.good(TEST_UNIT_READY);
    assert.equal(await words(again, READ), "7/74/01");
    assert.equal((await again.checked(WRITE, { dataOut: Buffer.alloc(1024) })).words, "7/74/01");
    assert.equal((await again.checked([0x1b, 0, 0, 0, 0, 0])).words, "7/74/01");
    assert.equal(await refusedPage(again, encryptionPage(randomBytes(32), MIXED)), "7/74/03");
    assert.equal(await refusedPage(again, noEncryptionPage()), "7/74/03");
    await setKey(again, key);
    await again.filemarks(0);
    await again.space(3, 0);
    assert.equal(await again.position(), again.tape.length);
    await stage.recoveredAll();
    await stage.tapeIs("UND008L9", again.tape);
    assert.equal(keysOf(stage, "UND008L9"), "0A");
    await again.readBack();
    assert.equal(stage.bridge.lines.count(waits), 1);
    await again.logOut();
    isNowhere(stage, key);
  },
);

test("what a lane takes of SECURITY PROTOCOL, and who hears of it", LIMIT, async (t) => {
  const stage = await openStage(t);
  const drive = await Server.logIn(stage.libraryUrl, 1);
  await setKey(drive, randomBytes(32));
  await drive.logOut();
  const server = await stage.mounted();
  await server.settle();
  const record = { dataOut: Buffer.alloc(1024) };
  assert.equal((await server.checked(WRITE, record)).words, "7/2A/13", "the drive had a key");
  await clearKey(server);
  const other = await stage.server(1, 9);
  const key = randomBytes(32);
  assert.deepEqual([...(await told(server, 0x12))].slice(4, 8), [0, 4, 0, 4]);
  for (const order of [
    { scope: 0x20 },
    { scope: 0x41 },
    { flags: 1 },
    { flags: 8 },
    { format: 2 },
    { encryption: 1 },
    { decryption: 1 },
  ]) {
    assert.equal(await refusedPage(server, encryptionPage(key, order)), "5/26/00");
  }
  assert.equal(
    await refusedPage(server, encryptionPage(key.subarray(1))),
    "5/26/00",
    "by the drive",
  );
  await other.good(TEST_UNIT_READY);
  await setKey(server, key, { flags: 4 });
  assert.equal((await other.checked(TEST_UNIT_READY)).words, "6/2A/11");
  await server.writeMany(3, RECORD);
  await server.filemarks(1);
  const block = await told(server, 0x21);
  assert.deepEqual([Number(block.readBigUInt64BE(4)), block[12]], [4, 1]);
  await server.unload();
  await server.load();
  assert.equal((await told(server, 0x20))[5], 0, "CKOD");
  assert.equal(await words(server, READ), "7/74/01");
  await setKey(server, key, { decryption: 2 });
  await server.readBack();
  await setKey(server, randomBytes(32));
  await server.space(3, 0);
  await server.writeMany(2, RECORD);
  await server.filemarks(1);
  assert.equal(keysOf(stage, "UND001L9"), "0A 4B");
  await server.logOut();
  await other.logOut();
  assert.equal((await stage.status()).lanes[0]?.state, "degraded", "an image has one key");
  assert.equal(await stage.bridge.stop(), 0);
  isNowhere(stage, key);
});

test("started again with a key that was in force: the server speaks first", LIMIT, async (t) => {
  const stage = await openStage(t);
  const server = await stage.mounted();
  const key = randomBytes(32);
  await setKey(server, key);
  await server.writeMany(3, RECORD);
  await server.filemarks(1);
  await server.logOut();
  assert.equal(await stage.bridge.stop(), 0);
  await stage.startBridge();
  const again = await stage.server();
  again.tape.push(...server.tape);
  assert.equal(await words(again, READ), "7/74/01");
  // Nothing is owed: the cartridge may go, and come back.
  await again.unload();
  await again.load();
  assert.equal((await again.checked(WRITE, { dataOut: Buffer.alloc(1024) })).words, "7/74/01");
  await setKey(again, key);
  await again.space(3, 0);
  await again.writeMany(1, RECORD);
  await again.filemarks(1);
  await again.readBack();
  await again.unload();
  const changer = await stage.server(0);
  await changer.move(DRIVE_1, SLOT_1);
  await changer.logOut();
  await again.logOut();
  assert.equal(await stage.bridge.stop(), 0);
  await stage.startBridge();
  const later = await stage.mounted();
  later.tape.push(...again.tape);
  await later.space(3, 0);
  assert.equal((await later.checked(WRITE, { dataOut: Buffer.alloc(1024) })).words, "7/2A/13");
  await clearKey(later);
  await later.writeMany(1, RECORD);
  await later.filemarks(1);
  assert.equal(keysOf(stage, "UND001L9"), `0A ${again.tape.length}`);
  await later.logOut();
  isNowhere(stage, key);
});

test("a core that traps at the key: it is set once, and kept for the spare", LIMIT, async (t) => {
  const cores = new TrapCores();
  const stage = await openStage(t, { openCore: cores.open, corePath: TRAP_CORE_PATH });
  const server = await stage.mounted();
  const key = randomBytes(32);
  const left = [EV_DATA, EV_DEVICE_DONE];
  cores.decide = ({ lane, kind }) => {
    if (lane !== 1 || kind !== left[0]) {
      return 0;
    }
    left.shift();
    return TRAP_AFTER | TRAP_UNREACHABLE;
  };
  await setKey(server, key);
  assert.deepEqual(left, []);
  cores.decide = () => 0;
  await server.writeMany(5, RECORD);
  await stage.fault("cartridge UND001L9 write fail at 5");
  await server.writeMany(5, RECORD);
  await server.filemarks(1);
  await stage.recoveredAll();
  assert.equal(keysOf(stage, "UND008L9"), "0A");
  await server.readBack();
  await server.logOut();
  assert.equal((await stage.status()).lanes[0]?.restarts, 2);
  assert.equal(await stage.bridge.stop(), 0);
  isNowhere(stage, key);
});
