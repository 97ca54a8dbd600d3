/** An encrypted ring device: its bytes, its label, which key opens it; nothing is lost by a wrong one. */
import assert from "node:assert/strict";
import { createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import fc from "fast-check";
import type { CacheDevice } from "../../host/cache/cache-device.ts";
import { decodeEncryptionLabel } from "../../host/cache/encryption-label.ts";
import { openCache } from "../../host/cache/open-cache.ts";
import { openEncrypted } from "../../host/cache/open-encrypted.ts";
import { openStriped, openUnstriped } from "../../host/cache/open-striped.ts";
import type { RingAccess } from "../../host/cache/ring-secret.ts";
import { EXIT_MACHINE } from "../../host/lib/exit-code.ts";
import { loopDevice } from "../recovery/loop-device.ts";

const SIZE_BYTES = 4 * 1024 * 1024;
const LABEL_AREA = 65_536;
const UNIT = 65_536;
const COPY_1 = 32_768;
const EIO = 5;
const SECRET = randomBytes(32);
const THIS_BOOT = "11".repeat(16);
const EARLIER_BOOT = "22".repeat(16);
let folder = "";
let remade: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "encrypted-"));
  remade = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);

function accessOf(secret: Uint8Array = SECRET, bootId = ""): RingAccess {
  return { secret, bootId, onRemade: (path) => remade.push(path) };
}

async function opened(path: string, access?: RingAccess): Promise<CacheDevice> {
  const cache = await openCache(path, SIZE_BYTES, access);
  assert.ok(!("fault" in cache), "fault" in cache ? cache.fault.message : "");
  return cache;
}

/** Opening is refused with these words, and changes no byte. */
async function refused(path: string, words: RegExp, access?: RingAccess): Promise<void> {
  const before = readFileSync(path);
  const cache = await openCache(path, SIZE_BYTES, access);
  assert.ok("fault" in cache, "it was opened");
  assert.match(cache.fault.message, words);
  assert.ok(cache.fault.message.includes(path));
  assert.equal(cache.fault.exitCode, EXIT_MACHINE);
  assert.ok(readFileSync(path).equals(before), "it was changed");
  assert.deepEqual(remade, []);
}

const written = (cache: CacheDevice, offset: number, parts: Uint8Array[]) =>
  new Promise<number>((done) => cache.write(offset, parts, done));
const readBytes = async (cache: CacheDevice, offset: number, length: number): Promise<Buffer> => {
  const into = Buffer.alloc(length);
  const end = await new Promise((done) => cache.read(offset, into, (...ended) => done(ended)));
  assert.deepEqual(end, [0, length]);
  return into;
};

/** A ring with one text in it, closed again. */
async function made(path: string, access?: RingAccess, text = "owed to a tape"): Promise<void> {
  const cache = await opened(path, access);
  assert.equal(await written(cache, 100_000, [Buffer.from(text)]), 0);
  cache.close();
}

async function holds(path: string, access?: RingAccess, text = "owed to a tape"): Promise<void> {
  const cache = await opened(path, access);
  assert.equal((await readBytes(cache, 100_000, text.length)).toString(), text);
  cache.close();
}

/** The device in clear, from SPEC.md, section 14, alone: Node's own XTS over whole data units. */
function bySpec(device: Buffer, secret: Uint8Array): Buffer {
  const label = device.subarray(0, 512);
  assert.equal(label.toString("latin1", 0, 8), "UNDCRYPT");
  const keys = Buffer.from(
    hkdfSync("sha256", secret, label.subarray(40, 72), "understudy ring 1", 96),
  );
  const check = createHmac("sha256", keys.subarray(64)).update(label.subarray(0, 72)).digest();
  assert.ok(check.equals(label.subarray(72, 104)));
  const units: Buffer[] = [];
  for (let start = LABEL_AREA; start < device.length; start += UNIT) {
    const tweak = Buffer.alloc(16);
    tweak.writeBigUInt64LE(BigInt(units.length));
    const decipher = createDecipheriv("aes-256-xts", keys.subarray(0, 64), tweak);
    units.push(decipher.update(device.subarray(start, start + UNIT)));
  }
  return Buffer.concat(units);
}

test("any writes: read back the same, and what SPEC.md says is on the device", async () => {
  const cache = await opened(at("ring"), accessOf());
  assert.equal(cache.sizeBytes, SIZE_BYTES);
  // Streams as the ring's: of a block that is written in pieces the front comes first.
  const model = new Map<number, Buffer>();
  const starts = [64, 1_000_000, 2_000_064];
  const limits = [900_000, 1_900_000, SIZE_BYTES];
  const ends = [...starts];
  const entry = fc.record({
    stream: fc.nat(2),
    bytes: fc.oneof(fc.integer({ min: 1, max: 700 }), fc.integer({ min: 1, max: 150_000 })),
  });
  await fc.assert(
    fc.asyncProperty(entry, async ({ stream, bytes }) => {
      const offset = ends[stream] ?? 0;
      const data = randomBytes(Math.ceil(bytes / 64) * 64);
      if (offset + data.length > (limits[stream] ?? 0)) {
        return;
      }
      assert.equal(await written(cache, offset, [data.subarray(0, 64), data.subarray(64)]), 0);
      model.set(offset, data);
      ends[stream] = offset + data.length;
      assert.ok((await readBytes(cache, offset, data.length)).equals(data));
    }),
    { numRuns: 100 },
  );
  cache.close();
  const clear = bySpec(readFileSync(at("ring")), SECRET);
  const again = await opened(at("ring"), accessOf());
  for (const [offset, data] of model) {
    assert.ok(clear.subarray(offset, offset + data.length).equals(data));
    assert.ok((await readBytes(again, offset, data.length)).equals(data));
  }
  again.close();
});

test("nothing of what was written is on the device; twice the same is not the same there", async () => {
  const data = randomBytes(200_000);
  const cache = await opened(at("ring"), accessOf());
  await written(cache, 8192, [data]);
  await written(cache, 8192 + 16 * UNIT, [data]);
  cache.close();
  const bytes = readFileSync(at("ring"));
  for (let start = 0; start + 16 <= data.length; start += 1024) {
    assert.equal(bytes.indexOf(data.subarray(start, start + 16)), -1);
  }
  const place = LABEL_AREA + 8192;
  const first = bytes.subarray(place, place + 4096);
  assert.equal(bytes.indexOf(first, place + 1), -1);
  // In clear the same search finds it: it can fail.
  const clear = await opened(at("clear"));
  await written(clear, 8192, [data]);
  clear.close();
  assert.equal(readFileSync(at("clear")).indexOf(data.subarray(1024, 1040)), 8192 + 1024);
});

test("two rings with one secret have different keys", async () => {
  const data = Buffer.alloc(4096);
  for (const name of ["a", "b"]) {
    const cache = await opened(at(name), accessOf());
    await written(cache, 8192, [data]);
    cache.close();
  }
  const [a, b] = ["a", "b"].map((name) => readFileSync(at(name)).subarray(LABEL_AREA));
  assert.ok(a !== undefined && b !== undefined);
  assert.ok(!a.subarray(8192, 8208).equals(b.subarray(8192, 8208)));
});

test("another key, no key, a key for a ring in clear: refused, and no byte is changed", async () => {
  await made(at("ring"), accessOf());
  await refused(
    at("ring"),
    /encrypted with another key.*nothing was changed/,
    accessOf(randomBytes(32)),
  );
  const bootAccess = accessOf(randomBytes(32), THIS_BOOT);
  await refused(at("ring"), /encrypted with another key/, bootAccess);
  await refused(at("ring"), /the ring is encrypted: .*give its key with --ring-key/);
  await holds(at("ring"), accessOf());
  const cache = await opened(at("clear"));
  await written(cache, 0, [Buffer.from("UNDS a superblock")]);
  cache.close();
  await refused(at("clear"), /the ring is not encrypted: .*without --ring-key/, accessOf());
});

test("a stripe in clear, and something else, are not taken for blank", async () => {
  const striped = await openStriped([at("a"), at("b")], SIZE_BYTES, openCache);
  assert.ok(!("fault" in striped));
  striped.close();
  await refused(at("a"), /the ring is not encrypted/, accessOf());
  writeFileSync(
    at("other"),
    Buffer.concat([Buffer.from("something"), Buffer.alloc(2 * SIZE_BYTES)]),
  );
  await refused(at("other"), /no encrypted ring.*it holds something else/, accessOf());
});

test("one copy of the label is enough, and the other is written again", async () => {
  for (const place of [0, COPY_1]) {
    await made(at("ring"), accessOf());
    const whole = readFileSync(at("ring"));
    for (const damage of [Buffer.alloc(4096), randomBytes(4096), Buffer.from("UNDCRYPT?")]) {
      const damaged = Buffer.from(whole);
      damaged.set(damage, place);
      writeFileSync(at("ring"), damaged);
      await refused(at("ring"), /another key/, accessOf(randomBytes(32)));
      await refused(at("ring"), /the ring is encrypted/);
      await holds(at("ring"), accessOf());
      assert.ok(readFileSync(at("ring")).equals(whole));
    }
  }
});

test("both copies damaged: refused with a key and without one", async () => {
  await made(at("ring"), accessOf());
  const bytes = readFileSync(at("ring"));
  for (const place of [0, COPY_1]) {
    bytes[place + 50] = (bytes[place + 50] ?? 0) ^ 1;
  }
  writeFileSync(at("ring"), bytes);
  await refused(at("ring"), /both copies of its label are damaged/, accessOf());
  await refused(at("ring"), /the ring is encrypted/);
});

test("a changed bit anywhere in a label is noticed", async () => {
  await made(at("ring"), accessOf());
  const label = readFileSync(at("ring")).subarray(0, 512);
  assert.ok(typeof decodeEncryptionLabel(label) === "object");
  for (let n = 0; n < label.length; n += 1) {
    const changed = Buffer.from(label);
    changed[n] = (changed[n] ?? 0) ^ 0x40;
    assert.equal(decodeEncryptionLabel(changed), n < 8 ? "foreign" : "damaged", `byte ${n}`);
  }
});

test("zeros over the first 64 KiB give it up: the next start makes a ring", async () => {
  await made(at("ring"), accessOf());
  const bytes = readFileSync(at("ring"));
  writeFileSync(at("ring"), bytes.fill(0, 0, LABEL_AREA));
  const secret = randomBytes(40);
  await made(at("ring"), accessOf(secret), "new");
  await holds(at("ring"), accessOf(secret), "new");
  const cache = await opened(at("ring"), accessOf(secret));
  assert.ok((await readBytes(cache, 0, 65_536)).every((byte) => byte === 0));
  cache.close();
});

test("a key of one boot: opened in that boot, made anew in the next, never in the same", async () => {
  const [secret, next] = [randomBytes(64), randomBytes(64)];
  await made(at("ring"), accessOf(secret, EARLIER_BOOT));
  await holds(at("ring"), accessOf(secret, EARLIER_BOOT));
  await refused(
    at("ring"),
    /another key.*its key was made in this boot, and the one that is there now is another/,
    accessOf(next, EARLIER_BOOT),
  );
  await refused(at("ring"), /another key.*its key was made for one boot/, accessOf(next));
  await made(at("ring"), accessOf(next, THIS_BOOT), "of the next boot");
  assert.deepEqual(remade, [at("ring")]);
  await holds(at("ring"), accessOf(next, THIS_BOOT), "of the next boot");
  assert.deepEqual(remade, [at("ring")]);
});

test("a stripe of encrypted devices; each is encrypted by itself", async () => {
  const paths = [at("a"), at("b")];
  const open = (secret: Buffer, bootId = "") =>
    openStriped(paths, SIZE_BYTES, (path, bytes) =>
      openCache(path, bytes, accessOf(secret, bootId)),
    );
  const data = randomBytes(1_000_000);
  for (const isNew of [true, false]) {
    const cache = await open(SECRET);
    assert.ok(!("fault" in cache));
    if (isNew) {
      await written(cache, 123_456, [data]);
    }
    assert.ok((await readBytes(cache, 123_456, data.length)).equals(data));
    cache.close();
  }
  const wrong = await open(randomBytes(32));
  assert.ok("fault" in wrong);
  assert.match(wrong.fault.message, /encrypted with another key: .*\/a/);
  const clear = await openStriped(paths, SIZE_BYTES, openCache);
  assert.ok("fault" in clear);
  assert.match(clear.fault.message, /the ring is encrypted: .*\/a/);
  const alone = await openUnstriped(at("b"), SIZE_BYTES, (path, bytes) =>
    openCache(path, bytes, accessOf()),
  );
  assert.ok("fault" in alone);
  assert.match(alone.fault.message, /number 2 of a ring on 2 devices/);
});

test("a stripe whose key went with its boot is made anew, wherever a power cut stops that", async () => {
  const paths = [at("a"), at("b")];
  const open = (access: RingAccess) =>
    openStriped(paths, SIZE_BYTES, (path, bytes) => openCache(path, bytes, access));
  const earlier = await open(accessOf(SECRET, EARLIER_BOOT));
  assert.ok(!("fault" in earlier));
  earlier.close();
  const next = accessOf(randomBytes(64), THIS_BOOT);
  // The first device is of this boot, the second still of the earlier one.
  const first = await openCache(at("a"), SIZE_BYTES, next);
  assert.ok(!("fault" in first));
  first.close();
  const cache = await open(next);
  assert.ok(!("fault" in cache), "fault" in cache ? cache.fault.message : "");
  cache.close();
  assert.deepEqual(remade, paths);
});

/** A disk in memory that takes so many writes, then none. */
function cutDisk(bytes: Buffer, writesLeft: number): CacheDevice {
  let left = writesLeft;
  return {
    sizeBytes: bytes.length,
    write: (offset, parts, done) => {
      left -= 1;
      if (left >= 0) {
        Buffer.concat(parts).copy(bytes, offset);
      }
      setImmediate(done, left >= 0 ? 0 : EIO);
    },
    flush: (done) => setImmediate(done, 0),
    read: (offset, into, done) => {
      const there = bytes.subarray(offset, offset + into.length);
      into.set(there);
      setImmediate(done, 0, there.length);
    },
    close: () => undefined,
  };
}

test("a power cut after any write while a ring is made: the next start has one, and it is empty", async () => {
  for (const [from, access] of [
    ["blank", accessOf()],
    ["of an earlier boot", accessOf(randomBytes(64), THIS_BOOT)],
  ] as const) {
    for (let writes = 0; writes <= 3; writes += 1) {
      const bytes = Buffer.alloc(SIZE_BYTES);
      if (from !== "blank") {
        await openEncrypted(cutDisk(bytes, 99), "disk", accessOf(SECRET, EARLIER_BOOT), false);
      }
      await openEncrypted(cutDisk(bytes, writes), "disk", access, false);
      const after = await openEncrypted(cutDisk(bytes, 99), "disk", access, false);
      assert.ok(!(after instanceof Error), `${from}, ${writes}`);
      assert.ok((await readBytes(after, 0, 65_536)).every((byte) => byte === 0));
    }
  }
});

test("a device that cannot be read is left to the core, and is not made anew", async () => {
  const bytes = Buffer.alloc(SIZE_BYTES);
  await openEncrypted(cutDisk(bytes, 99), "disk", accessOf(), false);
  const before = Buffer.from(bytes);
  const broken: CacheDevice = {
    ...cutDisk(bytes, 99),
    read: (_offset, _into, done) => setImmediate(done, EIO, 0),
  };
  const cache = await openEncrypted(broken, "disk", accessOf(), false);
  assert.ok(!(cache instanceof Error));
  assert.equal(await written(cache, 0, [Buffer.alloc(4096)]), EIO);
  assert.ok(bytes.equals(before));
  // One block of it can be read: that is enough to know.
  const half: CacheDevice = {
    ...cutDisk(bytes, 99),
    read: (offset, into, done) =>
      offset === 0 ? setImmediate(done, EIO, 0) : cutDisk(bytes, 99).read(offset, into, done),
  };
  const refusedHalf = await openEncrypted(half, "disk", accessOf(randomBytes(32)), false);
  assert.ok(refusedHalf instanceof Error);
  assert.ok(!((await openEncrypted(half, "disk", accessOf(), false)) instanceof Error));
});

test("a block device: around the page cache, in clear nowhere", async (t) => {
  const loop = loopDevice(at("disk"), SIZE_BYTES / 1024 / 1024);
  if (loop.kind === "missing") {
    t.skip(loop.reason);
    return;
  }
  t.after(loop.detach);
  const data = randomBytes(1_500_000);
  const cache = await opened(loop.path, accessOf());
  assert.equal(cache.sizeBytes, SIZE_BYTES - LABEL_AREA);
  assert.equal(await written(cache, 65_536 + 3968, [data]), 0);
  assert.equal(await new Promise((done) => cache.flush(done)), 0);
  cache.close();
  assert.equal(readFileSync(at("disk")).indexOf(data.subarray(5000, 5016)), -1);
  const again = await opened(loop.path, accessOf());
  assert.ok((await readBytes(again, 65_536 + 3968, data.length)).equals(data));
  again.close();
});
