/** `understudy ring` on files and directories: what it prints, its documents, its exit codes. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { OperatorError } from "../../host/lib/error.ts";
import { EXIT_DONE, EXIT_MACHINE, EXIT_USAGE, EXIT_WRONG } from "../../host/lib/exit-code.ts";
import { takePidLock } from "../../host/lib/pid-lock.mjs";
import { runRing } from "../../tools/ring/run.ts";
import { runCommand, writeEncrypted } from "./command-run.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { RingMachine, SEGMENT_BYTES } from "./ring-machine.ts";
import { appendTo } from "./tape-model.ts";

const RING_BYTES = 65_536 + 4 * SEGMENT_BYTES;
/** Where the first entry of the first segment lies. */
const FIRST_ENTRY_AT = 65_536 + 8192;
let directory = "";
let whole: Buffer;

before(() => {
  directory = mkdtempSync(join(tmpdir(), "ring-command-"));
  const ring = new RingMachine(new MemoryDisk(), RING_BYTES).open();
  for (const [tag, seed] of [
    ["UND001L9", 1],
    ["UND002L9", 5],
  ] as const) {
    ring.call("imageSelect", ring.call("imageCreate", ring.handTag(tag), 0n, 0n));
    appendTo(ring, { seed, count: 3, bytes: 500 });
    appendTo(ring, { seed: seed + 1, count: 2, bytes: 0 });
  }
  ring.call("imageSelect", -1);
  ring.call("ringFlush");
  ring.settle();
  whole = Buffer.from(ring.disk.read(0, RING_BYTES));
});
after(() => rmSync(directory, { recursive: true }));

/** A file with the ring, changed by `damage`. */
function ringFile(name: string, damage: (bytes: Buffer) => void = () => undefined): string {
  const bytes = Buffer.from(whole);
  damage(bytes);
  writeFileSync(join(directory, name), bytes);
  return join(directory, name);
}

const run = (...args: string[]) => runCommand(args);

const flip = (at: number) => (bytes: Buffer) => {
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
};

test("show: geometry, superblocks, journal, images", async () => {
  const { exitCode, out } = await run("show", ringFile("show"));
  assert.equal(exitCode, EXIT_DONE);
  assert.match(out, /4 segments of 32 KiB, 2 in use/);
  assert.match(out, /superblock \d: write \d+, the newest/);
  assert.match(out, /journal: nothing noted/);
  assert.match(out, /UND001L9 .* 0 +5 +2 .*complete +2\./);
  assert.match(out, /UND002L9 .* 0 +5 +2 .*complete +latest/);
});

test("show --objects: one line per object; a tag chooses the image", async () => {
  const { exitCode, out } = await run("show", ringFile("objects"), "UND001L9", "--objects");
  assert.equal(exitCode, EXIT_DONE);
  const lines = out.split("\n").filter((line) => / (record|filemark) /.test(line));
  assert.equal(lines.length, 5);
  assert.match(lines[1] ?? "", /^ {2}1 record 500 74292 [0-9a-f]{8} of 1500 bytes at 73792$/);
  assert.match(lines[3] ?? "", /^ {2}3 filemark 75328$/);
  assert.doesNotMatch(out, /UND002L9/);
});

test("the documents are JSON and say the same", async () => {
  const path = ringFile("json");
  const { rings } = JSON.parse((await run("show", path, "--objects", "--json")).out);
  assert.equal(rings[0].segmentCount, 4);
  assert.equal(rings[0].writerPid, null);
  const [first, second] = rings[0].images;
  assert.deepEqual(
    [first.volumeTag, first.base, first.end, first.filemarks, first.complete],
    ["UND001L9", 0, 5, 2, true],
  );
  assert.deepEqual(first.findings, []);
  assert.equal(second.objects.length, 5);
  assert.deepEqual(second.objects[4], { object: 4, kind: "filemark", offset: 108_096 });
  const checkedRing = JSON.parse((await run("check", path, "--json")).out).rings[0];
  assert.deepEqual(checkedRing.findings, []);
  assert.equal(checkedRing.totals[0].records, 3);
  assert.equal(checkedRing.totals[0].bytes, 1500);
});

test("check: where, what, for which objects of which image, what to do", async () => {
  const good = await run("check", ringFile("good"));
  assert.equal(good.exitCode, EXIT_DONE, good.out);
  assert.match(good.out, /nothing is wrong/);
  const rotten = await run("check", ringFile("rotten", flip(FIRST_ENTRY_AT + 64 + 700)));
  assert.equal(rotten.exitCode, EXIT_WRONG);
  assert.match(rotten.out, /wrong at ring offset 73728: the data are not what was written/);
  assert.match(rotten.out, /image 1 "UND001L9", objects 0 to 2/);
  assert.match(rotten.out, /means: .*\n +do: .*write the volume anew/);
  const torn = await run("check", ringFile("torn", flip(FIRST_ENTRY_AT + 40)));
  assert.match(torn.out, /wrong at ring offset 73728: the entry: its CRC is wrong/);
  assert.match(torn.out, /image 1 "UND001L9", objects 0 to 4/);
});

test("check: what is damaged without a loss is wrong too", async () => {
  const copy = await run("check", ringFile("copy", flip(32_768 + 9)));
  assert.equal(copy.exitCode, EXIT_WRONG);
  assert.match(copy.out, /wrong at ring offset 32768: the superblock: its CRC is wrong/);
  assert.match(copy.out, /nothing is lost/);
  const header = await run("check", ringFile("header", flip(65_536 + 3968 + 30)));
  assert.equal(header.exitCode, EXIT_WRONG);
  assert.match(header.out, /a header of segment 0: its CRC is wrong/);
});

test("a device that became smaller than its ring", async () => {
  const path = ringFile("smaller");
  writeFileSync(path, whole.subarray(0, RING_BYTES - SEGMENT_BYTES));
  const { exitCode, out } = await run("check", path);
  assert.equal(exitCode, EXIT_WRONG);
  assert.match(out, /the device ends after 3 of 4 segments/);
});

test("a directory of rings, and a state directory whose bridge is running", async () => {
  const state = join(directory, "state");
  mkdirSync(join(state, "ring"), { recursive: true });
  writeFileSync(join(state, "ring", "lane-1.ring"), whole);
  writeFileSync(join(state, "ring", "lane-2.ring"), whole);
  const idle = JSON.parse((await run("check", join(state, "ring"), "--json")).out);
  assert.deepEqual(
    idle.rings.map(({ path, writerPid }: { path: string; writerPid: unknown }) => [
      path.slice(state.length),
      writerPid,
    ]),
    [
      ["/ring/lane-1.ring", null],
      ["/ring/lane-2.ring", null],
    ],
  );
  const lock = takePidLock(join(state, "lock"));
  assert.ok("release" in lock);
  const busy = await run("check", state);
  lock.release();
  assert.equal(busy.exitCode, EXIT_DONE);
  assert.match(busy.out, new RegExp(`in use: process ${process.pid} may be writing it`));
});

test("a ring that lies elsewhere: who has it open for writing is named", async () => {
  const path = ringFile("elsewhere");
  const reader = openSync(path, "r");
  assert.doesNotMatch((await run("show", path)).out, /in use:/);
  const writer = openSync(path, "r+");
  assert.match((await run("show", path)).out, new RegExp(`in use: process ${process.pid} may`));
  closeSync(writer);
  closeSync(reader);
});

test("reading changes nothing, a file that may only be read is enough", async () => {
  const path = ringFile("untouched", flip(FIRST_ENTRY_AT + 40));
  const { mtimeMs } = statSync(path);
  const bytes = readFileSync(path);
  await run("check", path);
  await run("show", path, "--objects");
  assert.equal(statSync(path).mtimeMs, mtimeMs);
  assert.ok(readFileSync(path).equals(bytes));
});

/** The ring as a file of a bridge that had a key; the key's file. */
async function encryptedRing(): Promise<{ path: string; key: string }> {
  const [path, key] = [join(directory, "encrypted"), join(directory, "key")];
  await writeEncrypted(path, key, whole);
  return { path, key };
}

test("an encrypted ring: with its key as any other, without it a word about the key", async () => {
  const { path, key } = await encryptedRing();
  const plain = JSON.parse((await run("check", ringFile("plain"), "--json")).out).rings[0];
  const found = JSON.parse((await run("check", path, "--ring-key", key, "--json")).out).rings[0];
  const place = { path: "", devices: [], encryption: "kept key" };
  assert.deepEqual({ ...found, ...place }, { ...plain, ...place });
  assert.deepEqual([plain.encryption, found.encryption], ["none", "kept key"]);
  assert.deepEqual([found.path, found.devices], [path, [path]]);
  const { out } = await run("show", path, "--objects", "--ring-key", key);
  assert.match(out, /encrypted: AES-256-XTS, kept key/);
  assert.match(out, / 1 record 500 74292 [0-9a-f]{8} of 1500 bytes at 73792/);
  const bytes = readFileSync(path);
  const fails = (words: RegExp, ...args: string[]) =>
    assert.rejects(
      run(...args),
      (error) =>
        error instanceof OperatorError &&
        error.exitCode === EXIT_MACHINE &&
        words.test(error.message),
    );
  await fails(/the ring is encrypted: .*give its key with --ring-key/, "show", path);
  const other = join(directory, "other-key");
  writeFileSync(other, randomBytes(32), { mode: 0o600 });
  await fails(/encrypted with another key/, "check", path, "--ring-key", other);
  await fails(/the ring is not encrypted/, "show", ringFile("clear"), "--ring-key", key);
  assert.equal((await run("show", path, "--ring-key", "credential:")).exitCode, EXIT_USAGE);
  assert.ok(readFileSync(path).equals(bytes));
  // One bit of cipher text: the check finds what it was in.
  bytes.writeUInt8(
    bytes.readUInt8(65_536 + FIRST_ENTRY_AT + 64 + 700) ^ 1,
    65_536 + FIRST_ENTRY_AT + 64 + 700,
  );
  writeFileSync(path, bytes);
  const rotten = await run("check", path, "--ring-key", key);
  assert.equal(rotten.exitCode, EXIT_WRONG);
  assert.match(rotten.out, /image 1 "UND001L9", objects 0 to 2/);
});

test("no ring, no file, no image, no argument", async () => {
  const path = join(directory, "empty");
  writeFileSync(path, Buffer.alloc(RING_BYTES));
  for (const action of ["show", "check"]) {
    const { exitCode, out } = await run(action, path);
    assert.equal(exitCode, EXIT_WRONG);
    assert.match(out, /there is no ring/);
  }
  const machineFault = (error: unknown) =>
    error instanceof OperatorError && error.exitCode === EXIT_MACHINE;
  await assert.rejects(run("show", join(directory, "nowhere")), machineFault);
  mkdirSync(join(directory, "bare"));
  await assert.rejects(run("check", join(directory, "bare")), machineFault);
  assert.equal((await run("show", ringFile("tag"), "UND009L9")).exitCode, EXIT_WRONG);
  assert.equal((await run()).exitCode, EXIT_USAGE);
  assert.equal((await run("show")).exitCode, EXIT_USAGE);
  assert.equal((await run("look", path)).exitCode, EXIT_USAGE);
  assert.equal((await run("show", path, "--what")).exitCode, EXIT_USAGE);
  assert.equal((await run("check", path, "--objects")).exitCode, EXIT_USAGE);
  assert.equal((await run("--help")).exitCode, EXIT_DONE);
});

test("a stopped check is not a good one", async () => {
  const stop = new AbortController();
  stop.abort();
  const io = { out: () => undefined, err: () => undefined, signal: stop.signal };
  assert.equal(await runRing(["check", ringFile("stop")], io, undefined), EXIT_WRONG);
});
