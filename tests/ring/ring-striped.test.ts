/** `understudy ring` on striped rings: what it reads, which device is wrong, and what it refuses. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, before, beforeEach, test } from "node:test";
import fc from "fast-check";
import { openCache } from "../../host/cache/open-cache.ts";
import { openStriped } from "../../host/cache/open-striped.ts";
import type { RingAccess } from "../../host/cache/ring-secret.ts";
import {
  decodeLabel,
  encodeLabel,
  LABEL_AREA_BYTES,
  LABEL_BYTES,
  STRIPE_UNIT_BYTES,
} from "../../host/cache/stripe-label.ts";
import { OperatorError } from "../../host/lib/error.ts";
import { EXIT_DONE, EXIT_MACHINE, EXIT_USAGE, EXIT_WRONG } from "../../host/lib/exit-code.ts";
import { takePidLock } from "../../host/lib/pid-lock.mjs";
import { openRings } from "../../tools/ring/open-rings.ts";
import { devicesOf } from "../../tools/ring/stripes.ts";
import { loopDevice } from "../recovery/loop-device.ts";
import { runCommand } from "./command-run.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { bytesOf } from "./readers.ts";
import { RingMachine } from "./ring-machine.ts";
import { appendTo } from "./tape-model.ts";

/** No multiple of a stripe unit. */
const SEGMENT_BYTES = 393_216;
const RING_BYTES = 65_536 + 4 * SEGMENT_BYTES;
/** Where the first entry of the first segment lies, which goes on in the next stripe unit. */
const FIRST_ENTRY_AT = 65_536 + 8192;
const RECORD_BYTES = 100_001;
const TAG = "UND001L9";
let whole: Buffer;
let folder = "";

before(() => {
  const ring = new RingMachine(new MemoryDisk(), RING_BYTES).open(1n, SEGMENT_BYTES);
  for (const [tag, seed] of [
    [TAG, 1],
    ["UND002L9", 5],
  ] as const) {
    ring.call("imageSelect", ring.call("imageCreate", ring.handTag(tag), 0n, 0n));
    appendTo(ring, { seed, count: 3, bytes: RECORD_BYTES });
    appendTo(ring, { seed: seed + 1, count: 2, bytes: 0 });
    appendTo(ring, { seed: seed + 2, count: 2, bytes: RECORD_BYTES });
  }
  ring.call("imageSelect", -1);
  ring.call("ringFlush");
  ring.settle();
  whole = bytesOf(ring.disk, RING_BYTES);
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ring-striped-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);
const three = (): string[] => ["a", "b", "c"].map(at);

/** Stripes the ring over these devices, as a bridge does. */
async function stripe(paths: readonly string[], ring = whole, access?: RingAccess): Promise<void> {
  for (const path of paths) mkdirSync(dirname(path), { recursive: true });
  const cache = await openStriped(paths, RING_BYTES, (path, sizeBytes) =>
    openCache(path, sizeBytes, access),
  );
  assert.ok(!("fault" in cache), "fault" in cache ? cache.fault.message : "");
  const errno = await new Promise((done) => cache.write(0, [ring], done));
  assert.equal(errno, 0);
  cache.close();
}

/** The same ring on one device. */
function plainRing(): string {
  writeFileSync(at("plain"), whole);
  return at("plain");
}

const run = (...args: string[]) => runCommand(args);

/** The document of the only ring. */
async function documentOf(...args: string[]) {
  const { rings } = JSON.parse((await run(...args, "--json")).out);
  assert.equal(rings.length, 1);
  return rings[0];
}

/** Every file below the folder. */
function allBytes(): Map<string, Buffer> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => [
      join(parentPath, name),
      readFileSync(join(parentPath, name)),
    ]),
  );
}

/** Neither show nor check nor save opens it, the words say why, and nothing is written. */
async function refused(
  paths: readonly string[],
  words: RegExp,
  exitCode: number = EXIT_MACHINE,
  flags: readonly string[] = [],
): Promise<void> {
  const earlier = allBytes();
  const path = paths.join(",");
  for (const args of [
    ["show", path],
    ["check", path],
    ["save", path, TAG, at("tape")],
  ]) {
    await assert.rejects(run(...args, ...flags), (error) => {
      assert.ok(error instanceof OperatorError, String(error));
      assert.match(error.message, words);
      assert.equal(error.exitCode, exitCode);
      return true;
    });
  }
  assert.deepEqual(allBytes(), earlier);
}

function flip(path: string, offset: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset);
  writeFileSync(path, bytes);
}

test("show and check say the same as of the ring on one device", async () => {
  await stripe(three());
  const path = three().join(",");
  for (const action of ["show", "check"]) {
    const plain = await documentOf(action, plainRing());
    const striped = await documentOf(action, path);
    assert.deepEqual([striped.path, striped.devices], [path, three()]);
    assert.deepEqual([plain.path, plain.devices], [at("plain"), [at("plain")]]);
    const place = { path: "", devices: [], sizeBytes: 0 };
    assert.deepEqual({ ...striped, ...place }, { ...plain, ...place });
  }
  const { exitCode, out } = await run("show", path, TAG, "--objects");
  assert.equal(exitCode, EXIT_DONE);
  assert.match(out, /striped over 3 devices, in this order:\n +1 .*\/a\n +2 .*\/b\n +3 .*\/c\n/);
  const objects = (text: string) =>
    text.split("\n").filter((line) => / (record|filemark) /.test(line));
  assert.equal(objects(out).length, 7);
  assert.deepEqual(objects(out), objects((await run("show", at("plain"), TAG, "--objects")).out));
  const checked = await run("check", three().join(", "));
  assert.equal(checked.exitCode, EXIT_DONE, checked.out);
  assert.match(checked.out, /nothing is wrong/);
});

test("any bytes are read as they were written; what a device does not give ends a read", async () => {
  const ring = randomBytes(RING_BYTES);
  await stripe(three(), ring);
  const [source] = openRings([three()], undefined);
  assert.ok(source !== undefined);
  const { file } = source;
  const span = fc.record({ offset: fc.nat(RING_BYTES - 1), bytes: fc.nat(3 * STRIPE_UNIT_BYTES) });
  fc.assert(
    fc.property(span, ({ offset, bytes }) => {
      const end = Math.min(RING_BYTES, offset + bytes);
      const got = file.read(offset, bytes).subarray(0, end - offset);
      assert.ok(got.equals(ring.subarray(offset, end)));
      const edges = [offset, Math.max(offset, offset + bytes - 1)];
      for (let n = 0; n < bytes; n += STRIPE_UNIT_BYTES) edges.push(offset + n);
      const on = edges.map((n) => three()[Math.floor(n / STRIPE_UNIT_BYTES) % 3] ?? "");
      if (bytes > 0) assert.deepEqual(new Set(devicesOf(three(), offset, bytes)), new Set(on));
    }),
    { numRuns: 40 },
  );
  assert.equal(file.read(file.sizeBytes - 10, 20).length, 10);
  // Device b becomes shorter under way: unit 1 of the ring is its first.
  truncateSync(at("b"), LABEL_AREA_BYTES + 100);
  const start = STRIPE_UNIT_BYTES - 50;
  assert.ok(file.read(start, 1000).equals(ring.subarray(start, start + 150)));
  file.close();
});

test("save makes the same file as of the ring on one device", async () => {
  await stripe(three());
  const { exitCode, err } = await run("save", three().join(","), TAG, at("tape"));
  assert.equal(exitCode, EXIT_DONE, err);
  await run("save", plainRing(), TAG, at("plain-tape"));
  assert.ok(readFileSync(at("tape")).equals(readFileSync(at("plain-tape"))));
  assert.ok(readFileSync(at("tape")).length > 5 * RECORD_BYTES);
});

test("check: damage at its ring offset, and the devices that it may be on", async () => {
  await stripe(three());
  const path = three().join(",");
  const { length } = whole.subarray(FIRST_ENTRY_AT, STRIPE_UNIT_BYTES);
  assert.ok(length < 3 * RECORD_BYTES, "the first entry lies on two devices");
  flip(at("b"), LABEL_AREA_BYTES + 100);
  const rotten = await run("check", path);
  assert.equal(rotten.exitCode, EXIT_WRONG);
  assert.match(rotten.out, /wrong at ring offset 73728, on .*\/a or .*\/b: the data are not what/);
  assert.match(rotten.out, /image 1 "UND001L9", objects 0 to 2/);
  const { findings } = await documentOf("check", path);
  assert.deepEqual(
    findings.map(({ at, devices }: { at: number; devices: string[] }) => [at, devices]),
    [[FIRST_ENTRY_AT, [at("a"), at("b")]]],
  );
  const saved = await run("save", path, TAG, at("tape"));
  assert.equal(saved.exitCode, EXIT_WRONG);
  assert.match(
    saved.err,
    /cannot be saved whole\n.*ring offset 73728, on .*\/a or .*\/b: the data/,
  );
  assert.ok(!existsSync(at("tape")));
  flip(at("b"), LABEL_AREA_BYTES + 100);
  // The headers of segment 1 lie in unit 1, the seal's CRC with them.
  const header = 65_536 + SEGMENT_BYTES + 3968;
  assert.equal(Math.floor(header / STRIPE_UNIT_BYTES), 1);
  flip(at("b"), LABEL_AREA_BYTES + header - STRIPE_UNIT_BYTES + 30);
  const torn = await run("check", path);
  assert.equal(torn.exitCode, EXIT_WRONG);
  assert.match(
    torn.out,
    new RegExp(`wrong at ring offset ${header}, on .*/b: a header of segment`),
  );
});

test("show --objects: the device of what is missing", async () => {
  await stripe(three());
  // The entry of the filemarks, behind the first one: its CRC.
  const { out } = await run("show", plainRing(), TAG, "--objects");
  const filemark = Number(/ 3 filemark (\d+)/.exec(out)?.[1]);
  assert.equal(Math.floor(filemark / STRIPE_UNIT_BYTES), 1);
  flip(at("b"), LABEL_AREA_BYTES + filemark - STRIPE_UNIT_BYTES + 40);
  const shown = await run("show", three().join(","), TAG, "--objects");
  assert.equal(shown.exitCode, EXIT_WRONG);
  assert.match(shown.out, new RegExp(`wrong at ring offset ${filemark}, on .*/b: the entry`));
});

test("a wrong order: the right one is told", async () => {
  await stripe(three());
  const [a = "", b = "", c = ""] = three();
  await refused([b, a, c], /not one striped ring: .*\/b \(it is number 2 of its ring, it is given/);
  await refused([c, a, b], new RegExp(`the order is ${a},${b},${c}\\); give all.*nothing was`));
});

test("one is missing, foreign, blank, smaller, or has no label: refused, with its name", async () => {
  await stripe(three());
  const [a = "", b = "", c = ""] = three();
  await refused([a, b], /\/a \(its ring is on 3 devices, 2 are given\); give all of its devices/);
  await refused([a, b, c, plainRing()], /\/plain \(it holds something else, or its label is dam/);
  await refused([a, at("nowhere"), c], /no such file or directory: .*\/nowhere/);
  await stripe(["x", "y", "z"].map(at));
  await refused([a, at("y"), c], /\/y \(it belongs to another ring\)/);
  writeFileSync(at("blank"), Buffer.alloc(RING_BYTES));
  await refused([a, at("blank"), c], /\/blank \(it is blank, the others belong to a ring\)/);
  writeFileSync(at("short"), Buffer.alloc(LABEL_BYTES - 1));
  await refused([a, at("short"), c], /\/short \(it does not give its label/);
  truncateSync(c, LABEL_AREA_BYTES + STRIPE_UNIT_BYTES);
  await refused([a, b, c], /\/c \(it is smaller than it was when the ring was made\)/);
});

test("one device of a striped ring alone: which it is, and of how many", async () => {
  await stripe([at("1/lane-1.ring"), at("2/lane-1.ring")]);
  const words = /\/2\/lane-1\.ring \(it is device 2 of 2 of a striped ring\); give all of its dev/;
  await refused([at("2/lane-1.ring")], words);
  await refused([at("2")], words);
});

test("a ring whose making was cut short, or that was never made: nothing is on it", async () => {
  await stripe(three());
  for (const path of three()) {
    const bytes = readFileSync(path);
    const label = decodeLabel(bytes.subarray(0, LABEL_BYTES));
    assert.ok(typeof label === "object");
    writeFileSync(path, bytes.fill(encodeLabel({ ...label, isComplete: false }), 0, LABEL_BYTES));
  }
  await refused(three(), /\/a,.*\/b,.*\/c \(blank, or the making of the ring was cut short/);
  for (const path of three()) writeFileSync(path, Buffer.alloc(RING_BYTES));
  await refused(three(), /\(blank, or the making of the ring was cut short: nothing is on them\)/);
});

test("directories: every lane's ring; a lane that one of them lacks is refused", async () => {
  const rings = [1, 2, 10].map((lane) => ["p", "q"].map((name) => at(`${name}/lane-${lane}.ring`)));
  for (const paths of rings) await stripe(paths);
  const { exitCode, out } = await run("check", `${at("p")},${at("q")}`, "--json");
  assert.equal(exitCode, EXIT_DONE);
  const found: { devices: string[] }[] = JSON.parse(out).rings;
  assert.deepEqual(
    found.map(({ devices }) => devices),
    rings,
  );
  const save = await run("save", `${at("p")},${at("q")}`, TAG, at("tape"));
  assert.equal(save.exitCode, EXIT_USAGE);
  assert.match(save.err, /3 images of UND001L9: .*p\/lane-1\.ring,.*q\/lane-1\.ring, .*name one/);
  await refused([at("q"), at("p")], /\/q\/lane-1\.ring \(it is number 2 of its ring, it is given/);
  rmSync(at("q/lane-2.ring"));
  const lacks =
    /\/q \(it has lane-1\.ring and lane-10\.ring, .*\/p has lane-1\.ring and lane-2\.ring/;
  await refused([at("p"), at("q")], lacks);
  const lane = `${at("p/lane-10.ring")},${at("q/lane-10.ring")}`;
  assert.equal((await run("check", lane)).exitCode, EXIT_DONE);
  mkdirSync(at("bare"));
  await refused([at("p"), at("bare")], /\/bare \(no lane-N\.ring here/);
});

test("a directory and a file or device together: one lane", async () => {
  await stripe([at("p/lane-1.ring"), at("disk")]);
  assert.equal((await run("check", `${at("p")},${at("disk")}`)).exitCode, EXIT_DONE);
  await refused([at("disk"), at("p")], /\/disk \(it is number 2 of its ring.*the order is/);
  writeFileSync(at("p/lane-2.ring"), whole);
  const words = /\/p \(it has 2 rings, .*\/disk is of one; name one ring file of it\)/;
  await refused([at("p"), at("disk")], words, EXIT_USAGE);
});

test("a block device in it", async (t) => {
  const loop = loopDevice(at("disk"), 2);
  if (loop.kind === "missing") {
    t.skip(loop.reason);
    return;
  }
  t.after(loop.detach);
  await stripe([loop.path, at("p/lane-1.ring")]);
  const { exitCode, out } = await run("check", `${loop.path},${at("p")}`);
  assert.equal(exitCode, EXIT_DONE, out);
  await refused([loop.path], /it is device 1 of 2 of a striped ring/);
});

test("each device encrypted: read with the key, refused without it or with another", async () => {
  const [key, other] = [at("key"), at("other-key")];
  const secret = randomBytes(32);
  writeFileSync(key, secret, { mode: 0o600 });
  writeFileSync(other, randomBytes(32), { mode: 0o600 });
  await stripe(three(), whole, { secret, bootId: "", onRemade: () => undefined });
  const path = three().join(",");
  const shown = await run("show", path, "--ring-key", key);
  assert.match(shown.out, /striped over 3 devices.*encrypted: AES-256-XTS, kept key/s);
  const plain = await documentOf("check", plainRing());
  const found = await documentOf("check", path, "--ring-key", key);
  const place = { path: "", devices: [], sizeBytes: 0, encryption: "kept key" };
  assert.deepEqual({ ...found, ...place }, { ...plain, ...place });
  assert.equal(found.encryption, "kept key");
  const saved = await run("save", path, TAG, at("clear-tape"), "--ring-key", key);
  assert.equal(saved.exitCode, EXIT_DONE, saved.err);
  await run("save", at("plain"), TAG, at("plain-tape"));
  assert.ok(readFileSync(at("clear-tape")).equals(readFileSync(at("plain-tape"))));

  const [a = "", b = "", c = ""] = three();
  const withKey = (paths: string[], words: RegExp, keyFile = key) =>
    refused(paths, words, EXIT_MACHINE, ["--ring-key", keyFile]);
  await refused(three(), /the ring is encrypted: .*\/a; give its key/);
  await withKey(three(), /encrypted with another key: .*\/a/, other);
  await withKey([b, a, c], /\/b \(it is number 2 of its ring.*the order is/);
  await withKey([c], /\/c \(it is device 3 of 3 of a striped ring\)/);
  await stripe(["x", "y", "z"].map(at));
  await withKey([a, at("y"), c], /the ring is not encrypted: .*\/y/);
  // One bit of cipher text.
  flip(b, 65_536 + LABEL_AREA_BYTES + 100);
  const rotten = await run("check", path, "--ring-key", key);
  assert.equal(rotten.exitCode, EXIT_WRONG);
  assert.match(rotten.out, /wrong at ring offset 73728, on .*\/a or .*\/b: the data are not what/);
});

test("a list with an empty path is wrong usage; a comma may be in a path's name", async () => {
  await stripe(three());
  await refused([at("a"), ""], /one path of the list is empty/, EXIT_USAGE);
  writeFileSync(at("d,e"), whole);
  assert.equal((await run("check", at("d,e"))).exitCode, EXIT_DONE);
  assert.match((await run("--help")).out, /of a striped ring A,B,\.\.\./);
});

test("who may be writing any of the devices is named", async () => {
  await stripe(three());
  mkdirSync(at("state/ring"), { recursive: true });
  await stripe([at("disk"), at("state/ring/lane-1.ring")]);
  const lock = takePidLock(at("state/lock"));
  assert.ok("release" in lock);
  const { writerPid } = await documentOf("show", `${at("disk")},${at("state/ring")}`);
  lock.release();
  assert.equal(writerPid, process.pid);
});
