/** The lane's journal (SPEC.md, section 10): what is written, and that the next run reads it, also of version 1. */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as layout from "../../assembly/spec/ring-layout.ts";
import { WORD_ASK_DRIVE, WORD_MOUNT } from "../../assembly/spec/word.ts";
import { journalWords, parseJournal } from "../../tools/ring/journal.ts";
import { LaneHost } from "./lane-host.ts";
import { crcOf, DRIVE_FAILURE } from "./tape-drive.ts";

const NOTHING = new Uint8Array();
const RECORD = Buffer.alloc(4096, 1);
const HEAD_BYTES = 124;
const HEAD_BYTES_1 = 108;
const MEMORY = { serial: "A", loads: 3, remaining: 900, maximum: 1000 };
/** What the tool says of it. */
const WORDS = "no recovery is owed; cartridge UND001L9, drive 0, synchronized 2, sent 2";
/** Flags of WORD_MOUNT. */
const FOUND_AT_START = 1;
const STANDS_IN = 2;

/** An attribute of a host's own. */
function attribute(identifier: number, value: string): Buffer {
  const head = Buffer.from([identifier >> 8, identifier & 0xff, 1, 0, value.length]);
  return Buffer.concat([head, Buffer.from(value)]);
}
const NAME = attribute(0x0801, "a name");
const OWN = attribute(0x1400, "own");

/** Of one partition, in those that a journal has: the partition is in the flags, from bit 2 on. */
function coherency(partition: number): Buffer {
  const bytes = attribute(0x080c, `coherency of ${partition}`);
  bytes.writeUInt8(1 | (partition << 2), 2);
  return bytes;
}
/** The same over the wire. */
function bare(attributeOfJournal: Buffer): Buffer {
  const bytes = Buffer.from(attributeOfJournal);
  bytes.writeUInt8(1, 2);
  return bytes;
}
/** Two partitions: mode page 11h behind its header. */
const LAYOUT = Buffer.from("03013c030600005a000a00000000", "hex");

function writeAttributes(host: LaneHost, attributes: readonly Buffer[], partition = 0): void {
  const list = Buffer.concat([Buffer.alloc(4), ...attributes]);
  list.writeUInt32BE(list.length - 4);
  const length = [list.length >> 8, list.length & 0xff];
  const cdb = [0x8d, 0, 0, 0, 0, 0, 0, partition, 0, 0, 0, 0, ...length, 0, 0];
  assert.equal(host.command(cdb, list, 0).status, 0);
}

/** What a run has left: one record, and in the cartridge's memory what hosts have written. */
async function firstRun(...attributes: readonly Buffer[]): Promise<Buffer> {
  return (await written(attributes)).memory.ring;
}
async function written(attributes: readonly Buffer[], page?: Buffer): Promise<LaneHost> {
  const host = await LaneHost.start();
  host.drive.attributes = MEMORY;
  host.drive.layout = page;
  host.mount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  assert.equal(host.command([0x0a, 0, 0, 0x10, 0, 0], RECORD, 0).status, 0);
  assert.equal(host.command([0x10, 0, 0, 0, 1, 0], NOTHING, 0).status, 0);
  writeAttributes(host, attributes);
  return host;
}

/** The copies of the superblock, where they are on the disk. */
function superblocks(disk: Buffer): Buffer[] {
  const count = Number(layout.SUPERBLOCK_COUNT);
  return Array.from({ length: count }, (_, copy) => {
    const at = copy * layout.SUPERBLOCK_COPY_BYTES;
    return disk.subarray(at, at + layout.SUPERBLOCK_BYTES);
  });
}
function journalOf(copy: Buffer): Buffer {
  const bytes = copy.readUInt32LE(layout.SUPER_JOURNAL_BYTES_AT);
  return copy.subarray(layout.SUPER_JOURNAL_AT, layout.SUPER_JOURNAL_AT + bytes);
}
/** The disk with another journal. */
function withJournal(disk: Buffer, journal: Buffer): Buffer {
  for (const copy of superblocks(disk)) {
    copy.writeUInt32LE(journal.length, layout.SUPER_JOURNAL_BYTES_AT);
    copy.set(journal, layout.SUPER_JOURNAL_AT);
    copy.writeUInt32LE(crcOf(copy.subarray(0, layout.SUPER_CRC_AT)), layout.SUPER_CRC_AT);
  }
  return disk;
}
/** As earlier programs wrote it: partition and layout are not there. */
function ofVersion1(journal: Buffer): Buffer {
  const head = Buffer.from(journal.subarray(0, HEAD_BYTES_1));
  head.writeUInt32LE(1, 0);
  return Buffer.concat([head, journal.subarray(HEAD_BYTES)]);
}

/** The attributes that the next run writes into the spare which it finds in the drive. */
async function onSpare(disk: Buffer, page?: Buffer): Promise<Buffer[]> {
  const host = await LaneHost.start({ disk });
  host.drive.attributes = { ...MEMORY, serial: "B" };
  host.drive.layout = page;
  host.drive.objects.push(RECORD, undefined);
  const params = Buffer.from(["UND001L9", "SPARE1L9"].map((tag) => tag.padEnd(32)).join(""));
  host.word(WORD_MOUNT, { d: FOUND_AT_START | STANDS_IN, params });
  return [...host.drive.hostAttributes.values()];
}

test("version 2 is written in both copies, and read", async () => {
  const disk = await firstRun(NAME, OWN);
  for (const copy of superblocks(disk)) {
    const journal = journalOf(copy);
    assert.equal(journal.readUInt32LE(0), 2);
    assert.equal(journal.toString("latin1", 32, 64), "UND001L9".padEnd(32));
    // Partition 0 is current, and the cartridge is not divided.
    assert.deepEqual([...journal.subarray(HEAD_BYTES_1, HEAD_BYTES)], Array(16).fill(0));
    assert.deepEqual(journal.subarray(HEAD_BYTES), Buffer.concat([NAME, OWN]));
    assert.equal(journalWords(parseJournal(journal)), WORDS);
    journal.writeUInt8(1, HEAD_BYTES_1);
    assert.equal(journalWords(parseJournal(journal)), WORDS.replace("L9,", "L9, partition 1,"));
    journal.writeUInt8(0, HEAD_BYTES_1);
  }
  assert.deepEqual(await onSpare(disk), [NAME, OWN]);
});

test("it has the current partition, the layout, and what hosts have written in each", async () => {
  const host = await written([NAME, bare(coherency(0))], LAYOUT);
  writeAttributes(host, [bare(coherency(1)), OWN], 1);
  const expect = (partition: number): void => {
    for (const copy of superblocks(host.memory.ring)) {
      const journal = journalOf(copy);
      const [current, bytes, ...page] = journal.subarray(HEAD_BYTES_1, HEAD_BYTES);
      assert.deepEqual([current, bytes, Buffer.from(page)], [partition, LAYOUT.length, LAYOUT]);
      const kept = [NAME, coherency(0), OWN, coherency(1)];
      assert.equal(journal.toString("hex", HEAD_BYTES), Buffer.concat(kept).toString("hex"));
    }
  };
  expect(0);
  const locate = (partition: number): number[] => [0x92, 2, 0, partition, ...Array(12).fill(0)];
  assert.equal(host.command(locate(1), NOTHING, 0).status, 0);
  expect(1);
  assert.equal(host.command(locate(0), NOTHING, 0).status, 0);
  expect(0);
  // The spare has been divided since, and copied to: the journal is of that.
  const journal = Buffer.from(journalOf(superblocks(host.memory.ring)[0] ?? host.memory.ring));
  journal.write("SPARE1L9".padEnd(32), 64, "latin1");
  const there = await onSpare(withJournal(host.memory.ring, journal), LAYOUT);
  assert.deepEqual(there, [NAME, bare(coherency(0)), OWN, bare(coherency(1))]);
});

test("a drive that fails at the next start takes nothing of it away", async () => {
  const { memory } = await written([NAME], LAYOUT);
  const journal = Buffer.from(journalOf(superblocks(memory.ring)[0] ?? memory.ring));
  const owed = 1 + 2 + 4;
  journal.writeUInt32LE(owed, 4);
  journal.writeUInt8(1, HEAD_BYTES_1);
  const host = await LaneHost.start({ disk: withJournal(memory.ring, journal), spareDrives: 1 });
  host.drive.readyFailure = DRIVE_FAILURE;
  const params = Buffer.from("UND001L9".padEnd(32).repeat(2));
  host.word(WORD_MOUNT, { d: FOUND_AT_START, params });
  assert.equal(host.words.at(-1)?.[0], WORD_ASK_DRIVE);
  for (const copy of superblocks(host.memory.ring)) {
    const now = journalOf(copy);
    assert.equal(now.readUInt32LE(4), owed);
    assert.deepEqual(now.subarray(HEAD_BYTES_1), journal.subarray(HEAD_BYTES_1));
  }
});

test("a spare that lacks partitions is divided also where the changer takes it for the volume's already", async () => {
  const { memory } = await written([], LAYOUT);
  const journal = Buffer.from(journalOf(superblocks(memory.ring)[0] ?? memory.ring));
  journal.writeUInt32LE(1 + 2 + 4, 4);
  journal.write("SPARE1L9".padEnd(32), 64, "latin1");
  const host = await LaneHost.start({ disk: withJournal(memory.ring, journal) });
  host.drive.layout = Buffer.from(LAYOUT).fill(0, 1, 2);
  const operations: (number | undefined)[] = [];
  host.onDevice = ([operation]) => operations.push(operation);
  const params = Buffer.from(["UND001L9", "SPARE1L9"].map((tag) => tag.padEnd(32)).join(""));
  host.word(WORD_MOUNT, { d: FOUND_AT_START, params });
  const modeSelect = 0x55;
  assert.ok(operations.includes(modeSelect), operations.map((one) => one?.toString(16)).join(" "));
});

test("version 1 is read; what has no room any more is left out whole", async () => {
  const disk = await firstRun(NAME, OWN);
  const journal = ofVersion1(journalOf(superblocks(disk)[0] ?? disk));
  assert.equal(journal.length, HEAD_BYTES_1 + NAME.length + OWN.length);
  assert.equal(journalWords(parseJournal(journal)), WORDS);
  assert.deepEqual(await onSpare(withJournal(disk, journal)), [NAME, OWN]);
  const long = [0, 1, 2, 3, 4].map((at) => attribute(0x1400 + at, "x".repeat(175)));
  const full = Buffer.concat([
    journal.subarray(0, HEAD_BYTES_1),
    ...long,
    attribute(0x1405, "1234567890"),
  ]);
  assert.equal(full.length, HEAD_BYTES_1 + 915);
  assert.deepEqual(await onSpare(withJournal(disk, full)), long);
});

test("a journal that this program does not know says nothing", async () => {
  const disk = await firstRun(NAME);
  const journal = Buffer.from(journalOf(superblocks(disk)[0] ?? disk));
  assert.deepEqual(await onSpare(withJournal(disk, journal.subarray(0, HEAD_BYTES - 1))), []);
  assert.deepEqual(await onSpare(withJournal(disk, ofVersion1(journal).subarray(0, 104))), []);
  journal.writeUInt32LE(3, 0);
  assert.deepEqual(await onSpare(withJournal(disk, journal)), []);
});
