/** Stories of a bridge whose rings are encrypted: recoveries, kills, keys that do not fit. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openCache } from "../../host/cache/open-cache.ts";
import { runRing } from "../../tools/ring/run.ts";
import { keyFile, killWhileCopying } from "./encrypted-ring.ts";
import { Stage } from "./kit.ts";
import { recordOf } from "./server.ts";

const LIMIT = { timeout: 60_000 };
const RECORD = 262_144;
const TMPFS = 0x0102_1994;

/** A folder on tmpfs, or undefined after the test was skipped. */
function memoryFolder(t: TestContext): string | undefined {
  if (statfsSync("/dev/shm").type !== TMPFS) {
    t.skip("/dev/shm is not tmpfs");
    return undefined;
  }
  const memory = mkdtempSync("/dev/shm/ring-key-");
  t.after(() => rmSync(memory, { recursive: true }));
  return memory;
}

const ringOf = (stage: Stage): string => join(stage.folder, "state", "ring", "lane-1.ring");

/** What is in the files of a folder and of those in it. */
function filesBelow(folder: string): Buffer[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
}

/** How many of the first `count` records of that length have bytes in a file of the state directory. */
function recordsFound(stage: Stage, count: number, length: number): number {
  const files = filesBelow(join(stage.folder, "state"));
  const records = Array.from({ length: count }, (_, index) => recordOf(index, length));
  return records.filter((record) =>
    files.some((bytes) => bytes.includes(record.subarray(1000, 1024))),
  ).length;
}

async function ringCommand(...args: string[]): Promise<{ exitCode: number; out: string }> {
  const out: string[] = [];
  const { signal } = new AbortController();
  const io = { out: (line: string) => out.push(line), err: () => undefined, signal };
  return { exitCode: await runRing(args, io, undefined), out: out.join("\n") };
}

test("a cartridge dies: its image comes from an encrypted ring", LIMIT, async (t) => {
  const key = keyFile(t);
  const stage = await Stage.open(t, { bridge: ["--ring-key", key] });
  const server = await stage.mounted();
  await server.writeMany(40, RECORD);
  await server.filemarks(1);
  await stage.fault("cartridge UND001L9 write fail at 45");
  await server.writeMany(40, RECORD);
  await server.filemarks(1);
  const recovery = await stage.recovered();
  assert.deepEqual([recovery.kind, recovery.result], ["medium", "recovered"], recovery.cause);
  await stage.tapeIs("UND008L9", server.tape);
  await server.readBack();
  await server.logOut();
  const [lane] = (await stage.status()).lanes;
  assert.equal(lane?.ring.encrypted, true);
  assert.equal(lane?.ring.protected, true);
  assert.equal(stage.bridge.lines.count(/the rings are encrypted, the trace is not/), 1);
  const secret = readFileSync(key);
  for (const line of stage.bridge.lines.all) {
    assert.ok(!line.includes(secret.toString("hex")) && !line.includes(secret.toString("base64")));
  }
  assert.equal(await stage.bridge.stop(), 0);
  assert.equal(recordsFound(stage, 40, RECORD), 0);
  const checked = await ringCommand("check", join(stage.folder, "state"), "--ring-key", key);
  assert.equal(checked.exitCode, 0, checked.out);
  assert.match(checked.out, /nothing is wrong/);
  assert.match(checked.out, /"UND001L9": right are records=80 filemarks=2/);
});

test(
  "the search for records in the state directory finds those of a ring in clear",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t);
    const server = await stage.mounted();
    await server.writeMany(5, RECORD);
    await server.filemarks(1);
    await server.logOut();
    assert.equal((await stage.status()).lanes[0]?.ring.encrypted, false);
    assert.equal(await stage.bridge.stop(), 0);
    assert.equal(recordsFound(stage, 5, RECORD), 5);
  },
);

/** Killed with a recovery owed; the next start finds it in the ring and finishes it. */
async function killedInRecovery(stage: Stage): Promise<void> {
  const server = await stage.mounted();
  const again = await killWhileCopying(stage, server, RECORD);
  await again.filemarks(0);
  await again.space(3, 0);
  assert.equal(await again.position(), server.tape.length);
  await stage.recoveredAll();
  await stage.tapeIs("UND008L9", server.tape);
  await again.readBack();
  await again.logOut();
  assert.equal(recordsFound(stage, 30, RECORD), 0);
}

test("killed in a recovery, the key in a file: the next start finishes it", LIMIT, async (t) => {
  const stage = await Stage.open(t, { isChild: true, bridge: ["--ring-key", keyFile(t)] });
  await killedInRecovery(stage);
});

test("killed in a recovery, a key of one boot: the next start finishes it", LIMIT, async (t) => {
  const memory = memoryFolder(t);
  if (memory === undefined) {
    return;
  }
  const env = { RUNTIME_DIRECTORY: memory };
  const stage = await Stage.open(t, { isChild: true, env, bridge: ["--ring-key", "boot"] });
  await killedInRecovery(stage);
});

test(
  "a ring whose key went with an earlier boot is made anew, and the log says so",
  LIMIT,
  async (t) => {
    const memory = memoryFolder(t);
    if (memory === undefined) {
      return;
    }
    const env = { RUNTIME_DIRECTORY: memory };
    const stage = await Stage.open(t, { isChild: true, env, bridge: ["--ring-key", "boot"] });
    const made = /the ring's key went with an earlier boot: the ring is made anew, empty/;
    assert.equal(await stage.bridge.stop(), 0);
    assert.equal(stage.bridge.lines.count(made), 0);
    rmSync(ringOf(stage));
    const earlier = { secret: randomBytes(64), bootId: "11".repeat(16), onRemade: () => undefined };
    const ring = await openCache(ringOf(stage), 256 * 1024 * 1024, earlier);
    assert.ok(!("fault" in ring));
    ring.close();
    await stage.startBridge();
    assert.equal(stage.bridge.lines.count(made), 1);
    const server = await stage.mounted();
    await server.writeMany(10);
    await server.filemarks(1);
    await server.logOut();
    assert.equal((await stage.status()).lanes[0]?.ring.protected, true);
  },
);

test("SECURITY PROTOCOL is refused, and a key in its data reaches no file", LIMIT, async (t) => {
  const stage = await Stage.open(t);
  const server = await stage.mounted();
  const tapeKey = randomBytes(32);
  const page = Buffer.alloc(52);
  // SSC: set data encryption, encrypt and decrypt, a key in clear text.
  page.writeUInt16BE(0x0010, 0);
  page.writeUInt16BE(page.length - 4, 2);
  page.set([0x40, 0, 2, 2, 1, 0], 4);
  page.writeUInt16BE(tapeKey.length, 18);
  page.set(tapeKey, 20);
  const tape = 0x20;
  const out = [0xb5, tape, 0, 0x10, 0, 0, 0, 0, 0, page.length, 0, 0];
  assert.match((await server.checked(out, { dataOut: page })).words, /^5\/20\/00/);
  const into = [0xa2, tape, 0, 0x20, 0, 0, 0, 0, 0, 0x40, 0, 0];
  assert.match((await server.checked(into, { dataIn: Buffer.alloc(64) })).words, /^5\/20\/00/);
  await server.writeMany(3);
  await server.filemarks(1);
  await server.logOut();
  assert.equal(await stage.bridge.stop(), 0);
  assert.equal(filesBelow(stage.folder).filter((bytes) => bytes.includes(tapeKey)).length, 0);
});

test("another key, or none: exit 3 with a word, and the ring is as it was", LIMIT, async (t) => {
  const key = keyFile(t);
  const stage = await Stage.open(t, { bridge: ["--ring-key", key] });
  const server = await stage.mounted();
  await server.writeMany(5, RECORD);
  await server.filemarks(1);
  await server.logOut();
  assert.equal(await stage.bridge.stop(), 0);
  const ring = readFileSync(ringOf(stage));
  for (const [flags, words] of [
    [["--ring-key", keyFile(t)], /encrypted with another key: .*lane-1\.ring/],
    [["--lanes", "2"], /the ring is encrypted: .*lane-1\.ring.*--ring-key/],
  ] as const) {
    await assert.rejects(
      stage.startBridge(flags),
      (error) =>
        error instanceof Error && /ended with 3/.test(error.message) && words.test(error.message),
    );
    assert.ok(readFileSync(ringOf(stage)).equals(ring));
  }
  await stage.startBridge();
  const again = await stage.server();
  again.tape.push(...server.tape);
  await again.filemarks(0);
  await again.readBack();
  await again.logOut();
});
