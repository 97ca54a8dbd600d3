/**
 * `understudy ring save`: the file is the image, object by object, as the reader from SPEC.md has it
 * and the reader of cartridges finds it; or there is no file.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { OperatorError } from "../../host/lib/error.ts";
import { EXIT_DONE, EXIT_MACHINE, EXIT_USAGE, EXIT_WRONG } from "../../host/lib/exit-code.ts";
import { readCartridge } from "../../tools/cartridge/read-cartridge.ts";
import { runCommand, writeEncrypted } from "./command-run.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { bytesOf } from "./readers.ts";
import { RingMachine, SEGMENT_BYTES } from "./ring-machine.ts";
import { specRead } from "./spec-reader.ts";
import { appendTo } from "./tape-model.ts";

const RING_BYTES = 65_536 + 5 * SEGMENT_BYTES;
const TAG = "UND001L9";
const KEPT_TAG = "UND002L9+KEPT";
/** Where the first entry of the first segment lies: three records of 501 bytes. */
const FIRST_ENTRY_AT = 65_536 + 8192;
/** Where a segment says that all of it is stored. */
const SEAL_AT = 4096;
const CIPHER_AREA_BYTES = 65_536;

let directory = "";
/** Two images, their segments sealed. */
let whole: Buffer;
/** Another ring: an image that lost its older part, and the same when it had lost more. */
let worn: Buffer;
let wornMore: Buffer;

function select(ring: RingMachine, tag: string): number {
  const image = ring.call("imageCreate", ring.handTag(tag), 0n, 0n);
  ring.call("imageSelect", image);
  return image;
}

/** The ring at rest. */
function settled(ring: RingMachine): Buffer {
  ring.call("ringFlush");
  ring.settle();
  return bytesOf(ring.disk, ring.sizeBytes);
}

function makeWhole(): Buffer {
  const ring = new RingMachine(new MemoryDisk(), RING_BYTES).open();
  const image = select(ring, TAG);
  appendTo(ring, { seed: 1, count: 3, bytes: 501 });
  appendTo(ring, { seed: 2, count: 2, bytes: 0 });
  for (const seed of [3, 4, 5]) appendTo(ring, { seed, count: 1, bytes: 11_001 });
  // Of the last entry two records are left; the filemark behind them is in a third segment.
  appendTo(ring, { seed: 6, count: 4, bytes: 300 });
  ring.call("imageTruncate", image, 10n);
  appendTo(ring, { seed: 7, count: 1, bytes: 0 });
  select(ring, KEPT_TAG);
  appendTo(ring, { seed: 8, count: 1, bytes: 5 });
  ring.call("imageSelect", -1);
  return settled(ring);
}

function makeWorn(): [Buffer, Buffer] {
  const ring = new RingMachine(new MemoryDisk(), RING_BYTES).open();
  select(ring, TAG);
  const wear = (end: number): Buffer => {
    while (ring.call("imageEnd", 0) < end) {
      appendTo(ring, { seed: 1, count: 1, bytes: 9000 });
      appendTo(ring, { seed: 2, count: 1, bytes: 0 });
      ring.call("ringKeep", BigInt(ring.call("imageEnd", 0)));
    }
    return settled(ring);
  };
  return [wear(40), wear(70)];
}

before(() => {
  directory = mkdtempSync(join(tmpdir(), "ring-save-"));
  whole = makeWhole();
  [worn, wornMore] = makeWorn();
});
after(() => rmSync(directory, { recursive: true }));

/** A folder with this ring as `ring`; a save goes to `tape` in it. */
function place(name: string, ring: Buffer): { folder: string; path: string; tape: string } {
  const folder = join(directory, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "ring"), ring);
  return { folder, path: join(folder, "ring"), tape: join(folder, "tape") };
}

const save = (...args: string[]) => runCommand(["save", ...args]);

function flipped(ring: Buffer, at: number): Buffer {
  const bytes = Buffer.from(ring);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return bytes;
}

/** The image as the reader from SPEC.md has it: base, and a word for each object. */
function specImage(ring: Buffer, tag: string): { base: number; objects: string[] } {
  const image = specRead(ring)?.find(({ volumeTag }) => volumeTag === tag);
  assert.ok(image !== undefined);
  const objects = image.objects.map((object) => {
    assert.ok(object !== undefined);
    return object.kind === "filemark" ? "filemark" : recordWord(object.data);
  });
  return { base: Number(image.base), objects };
}

async function objectsOf(tape: string): Promise<string[]> {
  const objects: string[] = [];
  for await (const { kind, data } of readCartridge(tape)) {
    objects.push(kind === "filemark" ? kind : recordWord(data ?? Buffer.alloc(0)));
  }
  return objects;
}

function recordWord(data: Uint8Array): string {
  return `${data.length} ${createHash("sha256").update(data).digest("hex")}`;
}

/** Refused for what the machine has or lacks, with these words. */
const machineFault = (words: RegExp) => (error: unknown) =>
  error instanceof OperatorError && error.exitCode === EXIT_MACHINE && words.test(error.message);

test("the file is the image: odd lengths, several records an entry, a cut, filemarks", async () => {
  const { folder, path, tape } = place("whole", whole);
  const { exitCode, out, err } = await save(path, TAG, tape);
  assert.equal(exitCode, EXIT_DONE, err);
  assert.equal(err, "");
  assert.match(out, /tape: objects 0 to 10 of UND001L9, from .*ring\n/);
  assert.match(out, / records=8 filemarks=3 bytes=35106\n/);
  const { base, objects } = specImage(whole, TAG);
  assert.equal(base, 0);
  assert.equal(objects.length, 11);
  assert.deepEqual(await objectsOf(tape), objects);
  assert.deepEqual(readdirSync(folder).sort(), ["ring", "tape"]);
  assert.equal(statSync(tape).mode & 0o777, 0o600, "for its owner only");
  assert.ok(readFileSync(path).equals(whole), "the ring is as it was");
});

test("the document; the tag of an image that was set aside; every byte of the format", async () => {
  const { path, tape } = place("document", whole);
  const { exitCode, out, err } = await save(path, KEPT_TAG, tape, "--json");
  assert.equal(exitCode, EXIT_DONE, err);
  const bytes = readFileSync(tape);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  assert.deepEqual(JSON.parse(out), {
    ...{ path, volumeTag: KEPT_TAG, file: tape, base: 0, end: 1 },
    ...{ records: 1, filemarks: 0, bytes: 5, sha256 },
  });
  const [head, tail] = [bytes.subarray(0, 4), bytes.subarray(9)];
  assert.deepEqual([...head, ...tail], [5, 0, 0, 0, 0, 5, 0, 0, 0]);
});

test("what is wrong with an image is told, object and all, and there is no file", async () => {
  const newestEntryAt = FIRST_ENTRY_AT + 2 * SEGMENT_BYTES;
  const damages = [
    { name: "data", at: FIRST_ENTRY_AT + 64 + 700, words: /not what was written/, last: "0 to 2" },
    {
      name: "entry",
      at: FIRST_ENTRY_AT + 40,
      words: /the entry: its CRC is wrong/,
      last: "0 to 6",
    },
    { name: "end", at: newestEntryAt, words: /the entry: there is none/, last: "10 to 10" },
  ];
  for (const { name, at, words, last } of damages) {
    const { folder, path, tape } = place(name, flipped(whole, at));
    const { exitCode, out, err } = await save(path, TAG, tape);
    assert.equal(exitCode, EXIT_WRONG, name);
    assert.equal(out, "");
    assert.match(err, /the image of UND001L9 cannot be saved whole/);
    assert.match(err, words);
    assert.match(err, new RegExp(`image 1 "UND001L9", objects ${last}\n`));
    assert.deepEqual(readdirSync(folder), ["ring"], name);
    assert.equal((await save(path, KEPT_TAG, tape)).exitCode, EXIT_DONE, "the other one is right");
  }
});

test("a segment that the device lost is told, not left out", async () => {
  const lost = Buffer.from(whole);
  lost.fill(0, 65_536, 65_536 + SEGMENT_BYTES);
  const { folder, path, tape } = place("hole", lost);
  const { exitCode, err } = await save(path, TAG, tape);
  assert.equal(exitCode, EXIT_WRONG);
  assert.match(err, /the segment before this one is not there/);
  assert.match(err, /objects 0 to 6\n/);
  assert.deepEqual(readdirSync(folder), ["ring"]);
});

test("an image that ends before what was once stored is told", async () => {
  const newestAt = 65_536 + 2 * SEGMENT_BYTES;
  const short = flipped(flipped(whole, newestAt + SEAL_AT + 9), newestAt + 8192 + 40);
  const { folder, path, tape } = place("short", short);
  const { exitCode, err } = await save(path, TAG, tape);
  assert.equal(exitCode, EXIT_WRONG);
  assert.match(err, /its CRC is wrong.*, in a segment that was once stored whole/);
  assert.match(err, /image 1 "UND001L9" ends at object 10; it had more/);
  assert.deepEqual(readdirSync(folder), ["ring"]);
});

test("an image whose older part was given up is saved from its base on, and it is said", async () => {
  const { path, tape } = place("worn", worn);
  const { exitCode, out, err } = await save(path, TAG, tape, "--json");
  assert.equal(exitCode, EXIT_DONE, err);
  const { base, objects } = specImage(worn, TAG);
  assert.ok(base > 0);
  assert.deepEqual(await objectsOf(tape), objects);
  assert.deepEqual([JSON.parse(out).base, JSON.parse(out).end], [base, base + objects.length]);
  assert.match(err, new RegExp(`no objects 0 to ${base - 1} of UND001L9 any more`));
  assert.match(err, new RegExp(`begins with object ${base}\n`));
});

test("what is there is not written over, nor what another save is at", async () => {
  const { folder, path, tape } = place("there", whole);
  writeFileSync(tape, "of somebody else");
  await assert.rejects(
    save(path, TAG, tape),
    machineFault(/there already: .*tape; choose another/),
  );
  assert.equal(readFileSync(tape, "utf8"), "of somebody else");
  await assert.rejects(save(path, TAG, folder), machineFault(/there already/));
  await assert.rejects(save(path, TAG, path), machineFault(/there already/));
  const link = join(folder, "link");
  symlinkSync(join(folder, "nowhere"), link);
  await assert.rejects(save(path, TAG, link), machineFault(/there already/));
  const other = join(folder, "other");
  writeFileSync(`${other}.part`, "half of it");
  await assert.rejects(save(path, TAG, other), machineFault(/other\.part \(a save .* is at work/));
  assert.equal(readFileSync(`${other}.part`, "utf8"), "half of it");
  assert.deepEqual(readdirSync(folder).sort(), ["link", "other.part", "ring", "tape"]);
  const lost = join(folder, "no", "such", "folder");
  await assert.rejects(save(path, TAG, lost), machineFault(/no such file or directory/));
});

test("what comes under that name meanwhile is not written over", async () => {
  const { folder, path, tape } = place("meanwhile", whole);
  const writer = openSync(path, "r+");
  const intrude = () => writeFileSync(tape, "of somebody else");
  const signal = new AbortController().signal;
  const saving = runCommand(["save", path, TAG, tape], signal, intrude);
  await assert.rejects(saving, machineFault(/there already/));
  closeSync(writer);
  assert.equal(readFileSync(tape, "utf8"), "of somebody else");
  assert.deepEqual(readdirSync(folder).sort(), ["ring", "tape"]);
});

test("one image is meant: none, one in several rings, the same in two", async () => {
  const { folder, path, tape } = place("state", whole);
  const none = await save(path, "UND009L9", tape);
  assert.equal(none.exitCode, EXIT_WRONG);
  assert.match(none.err, /ring has no image of UND009L9/);
  const rings = join(folder, "lanes");
  mkdirSync(rings);
  writeFileSync(join(rings, "lane-1.ring"), Buffer.alloc(RING_BYTES));
  writeFileSync(join(rings, "lane-2.ring"), whole);
  const found = await save(rings, TAG, tape);
  assert.equal(found.exitCode, EXIT_DONE);
  assert.match(found.err, /lane-1\.ring: there is no ring/);
  assert.match(found.out, /from .*lane-2\.ring/);
  rmSync(tape);
  writeFileSync(join(rings, "lane-3.ring"), whole);
  const both = await save(rings, TAG, tape);
  assert.equal(both.exitCode, EXIT_USAGE);
  assert.match(both.err, /2 images of UND001L9: .*lane-2\.ring, .*lane-3\.ring; name one/);
  assert.ok(!existsSync(tape));
});

test("a bridge that writes the ring is named; what it takes away meanwhile ends the save", async () => {
  const { folder, path, tape } = place("busy", worn);
  const writer = openSync(path, "r+");
  const signal = new AbortController().signal;
  const busy = await runCommand(["save", path, TAG, tape], signal);
  assert.equal(busy.exitCode, EXIT_DONE);
  assert.match(busy.err, new RegExp(`process ${process.pid} may be writing it`));
  rmSync(tape);
  const goOn = () => writeSync(writer, wornMore, 0, RING_BYTES, 0);
  const { exitCode, err } = await runCommand(["save", path, TAG, tape], signal, goOn);
  closeSync(writer);
  assert.equal(exitCode, EXIT_WRONG);
  assert.match(err, /segment \d was given up and taken again while this read it/);
  assert.match(err, /do: begin again/);
  assert.deepEqual(readdirSync(folder), ["ring"]);
});

test("an encrypted ring: with its key the same file, without it none", async () => {
  const { folder, path, tape } = place("encrypted", Buffer.alloc(0));
  const key = join(folder, "key");
  rmSync(path);
  await writeEncrypted(path, key, whole);
  assert.equal((await save(path, TAG, tape, "--ring-key", key)).exitCode, EXIT_DONE);
  assert.deepEqual(await objectsOf(tape), specImage(whole, TAG).objects);
  const other = join(folder, "other");
  await assert.rejects(save(path, TAG, other), machineFault(/give its key with --ring-key/));
  const at = CIPHER_AREA_BYTES + FIRST_ENTRY_AT + 64 + 700;
  writeFileSync(path, flipped(readFileSync(path), at));
  assert.equal((await save(path, TAG, other, "--ring-key", key)).exitCode, EXIT_WRONG);
  assert.ok(!existsSync(other));
});

test("stopped: no file", async () => {
  const { folder, path, tape } = place("stopped", whole);
  const early = await runCommand(["save", path, TAG, tape], AbortSignal.abort());
  assert.equal(early.exitCode, EXIT_WRONG);
  assert.match(early.err, /stopped before the end: nothing is saved/);
  const stop = new AbortController();
  const writer = openSync(path, "r+");
  const late = await runCommand(["save", path, TAG, tape], stop.signal, () => stop.abort());
  closeSync(writer);
  assert.equal(late.exitCode, EXIT_WRONG);
  assert.match(late.err, /may be writing it.*\n.*stopped before the end: nothing is saved/);
  assert.deepEqual(readdirSync(folder), ["ring"]);
});

test("mistakes are listed, and nothing is made", async () => {
  const { folder, path, tape } = place("usage", whole);
  const mistakes: [string[], RegExp][] = [
    [[], /PATH: is missing.*\n.*TAG: is missing.*\n.*FILE: is missing/],
    [[path, TAG], /FILE: is missing: the file to make; for example: ring save/],
    [[path, TAG, "-"], /FILE -: is no file/],
    [[path, TAG, tape, "more"], /more: is not expected here/],
    [[path, TAG, tape, "--objects"], /--objects: belongs to show/],
    [[path, TAG, tape, "--force"], /--force: is not a flag/],
  ];
  for (const [args, words] of mistakes) {
    const { exitCode, err } = await save(...args);
    assert.equal(exitCode, EXIT_USAGE);
    assert.match(err, words);
  }
  const shown = await runCommand(["show", path, TAG, tape]);
  assert.equal(shown.exitCode, EXIT_USAGE);
  assert.match(shown.err, /tape: is not expected here/);
  assert.deepEqual(readdirSync(folder), ["ring"]);
  assert.match((await runCommand(["--help"])).out, /ring save PATH TAG FILE/);
});
