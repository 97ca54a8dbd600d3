/** What must be on stable storage before something happens, and what a start makes of a crash in between. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AC_DEVICE, AC_JOURNAL } from "../../assembly/spec/action.ts";
import { LOG_JOURNAL_BAD } from "../../assembly/spec/log-code.ts";
import {
  WORD_ASK_MEDIUM,
  WORD_BAD_MEDIUM,
  WORD_FENCED,
  WORD_MEDIUM,
  WORD_MOUNT,
  WORD_MOVE_IN,
  WORD_MOVE_OUT,
  WORD_MOVED,
} from "../../assembly/spec/word.ts";
import { Bench, moveCdb, outcome, seen } from "./bench.ts";
import { library } from "./model-library.ts";

const TAGS = ["AAA001L9", "AAA002L9", "SPR001L9"];
const SIZE = { slots: 5, drives: 2, ports: 1 };

async function loaded(): Promise<Bench> {
  const b = await Bench.started({ library: library(SIZE, TAGS), lanes: 1 });
  assert.equal(outcome(b.ask(moveCdb(1001, 256))), "good");
  b.run();
  return b;
}
async function again(b: Bench): Promise<Bench> {
  const after = await b.restart();
  after.begin();
  after.run();
  assert.equal(after.started, 0);
  return after;
}
function tags(b: Bench): [number, string][] {
  return seen(b).flatMap(({ address, tag }) => (tag === undefined ? [] : [[address, tag]]));
}
/** Lets things happen until the robot has moved, and no further. */
function untilMoved(b: Bench): void {
  const before = b.library.moves;
  while (b.library.moves === before) assert.ok(b.turn());
}

test("the pending assignment is durable before the robot moves", async () => {
  const b = await loaded();
  b.word(WORD_ASK_MEDIUM, 1);
  b.settle();
  const medium = b.lastWord(WORD_MEDIUM, 1)?.c ?? 0;
  b.word(WORD_MOVE_OUT, 1, 0);
  b.settle();
  b.word(WORD_MOVE_IN, 1, medium, 0);
  const kinds = b.pending.map(({ kind }) => kind);
  assert.ok(kinds.includes(AC_JOURNAL));
  assert.ok(!kinds.includes(AC_DEVICE), "the robot waits for the journal");
  untilMoved(b);
  const after = await again(b);
  const mount = after.lastWord(WORD_MOUNT, 1);
  assert.equal(mount?.d, 3, "found at start, put in by a recovery");
  assert.match(mount?.params.toString("latin1") ?? "", /^AAA002L9 +SPR001L9 +$/);
  assert.deepEqual(tags(after), tags(b), "the server sees the same");
});

test("a crash when the cartridge is out and the spare not in: it goes back into its drive", async () => {
  const b = await loaded();
  const before = tags(b);
  b.word(WORD_MOVE_OUT, 1, 0);
  b.run();
  assert.equal(b.lastWord(WORD_MOVED, 1)?.c, 0);
  assert.equal(b.library.at(256).tag, undefined);
  const after = await again(b);
  assert.equal(after.library.at(256).tag, "AAA002L9");
  assert.match(after.lastWord(WORD_MOUNT, 1)?.params.toString("latin1") ?? "", /^(AAA002L9 +){2}$/);
  assert.deepEqual(tags(after), before);
});

test("a crash when the spare in the drive was found to be of no use: the volume is in its drive again", async () => {
  const b = await loaded();
  const before = tags(b);
  b.word(WORD_ASK_MEDIUM, 1);
  b.settle();
  const medium = b.lastWord(WORD_MEDIUM, 1)?.c ?? 0;
  b.word(WORD_MOVE_OUT, 1, 0);
  b.settle();
  b.word(WORD_MOVE_IN, 1, medium, 0);
  b.run();
  b.word(WORD_BAD_MEDIUM, 1, medium);
  b.run();
  assert.equal(b.library.at(256).tag, "SPR001L9");
  const after = await again(b);
  assert.equal(after.library.at(256).tag, "AAA002L9");
  const mount = after.lastWord(WORD_MOUNT, 1);
  assert.equal(mount?.d, 1);
  assert.match(mount?.params.toString("latin1") ?? "", /^(AAA002L9 +){2}$/);
  assert.deepEqual(tags(after), before);
});

/** The volume is in storage, a spare that was of no use in the lane's drive, and that does not give it out. */
async function badSpareStuck(b: Bench): Promise<void> {
  b.word(WORD_ASK_MEDIUM, 1);
  b.settle();
  const medium = b.lastWord(WORD_MEDIUM, 1)?.c ?? 0;
  b.word(WORD_MOVE_OUT, 1, 0);
  b.settle();
  b.word(WORD_MOVE_IN, 1, medium, 0);
  b.run();
  b.word(WORD_BAD_MEDIUM, 1, medium);
  b.run();
  const { serial, tag } = b.library.at(256);
  assert.equal(tag, "SPR001L9");
  assert.ok(serial !== undefined);
  b.library.stuck.add(serial);
}

test("a crash when a spare of no use is stuck in the drive: the volume goes to another drive", async () => {
  const b = await loaded();
  const before = tags(b);
  await badSpareStuck(b);
  const after = await again(b);
  assert.equal(after.library.at(256).tag, "SPR001L9");
  assert.equal(after.library.at(257).tag, "AAA002L9");
  const mount = after.lastWord(WORD_MOUNT, 1);
  assert.deepEqual([mount?.c, mount?.d], [1, 1]);
  assert.match(mount?.params.toString("latin1") ?? "", /^(AAA002L9 +){2}$/);
  assert.deepEqual(tags(after), before);
});

test("the same without another drive: the volume is in storage, and nothing is taken for it", async () => {
  const one = { library: library({ ...SIZE, drives: 1 }, TAGS), lanes: 1 };
  const b = await Bench.started(one);
  assert.equal(outcome(b.ask(moveCdb(1001, 256))), "good");
  b.run();
  await badSpareStuck(b);
  const after = await again(b);
  assert.equal(after.lastWord(WORD_MOUNT, 1), undefined);
  assert.deepEqual(tags(after), [
    [1000, "AAA001L9"],
    [1001, "AAA002L9"],
  ]);
});

test("a crash when the spare is in a spare drive that the lane has not taken: it goes home", async () => {
  const b = await loaded();
  const before = tags(b);
  b.word(WORD_ASK_MEDIUM, 1);
  b.settle();
  const medium = b.lastWord(WORD_MEDIUM, 1)?.c ?? 0;
  b.word(WORD_MOVE_IN, 1, medium, 1);
  b.run();
  assert.equal(b.library.at(257).tag, "SPR001L9");
  const after = await again(b);
  assert.equal(after.library.at(257).tag, undefined);
  assert.match(after.lastWord(WORD_MOUNT, 1)?.params.toString("latin1") ?? "", /^(AAA002L9 +){2}$/);
  after.word(WORD_ASK_MEDIUM, 1);
  after.run();
  assert.equal(after.lastWord(WORD_MEDIUM, 1)?.params.toString("latin1").trimEnd(), "SPR001L9");
  assert.deepEqual(tags(after), before);
});

test("a crash when the cartridge is stuck in a failed drive and no spare has it: the lane goes there", async () => {
  const b = await loaded();
  const before = tags(b);
  const serial = b.library.at(256).serial;
  assert.ok(serial !== undefined);
  b.library.stuck.add(serial);
  // The lane has a spare drive; the spare cartridge did not get into it.
  b.word(WORD_FENCED, 1, 0, 1);
  b.run();
  const after = await again(b);
  const mount = after.lastWord(WORD_MOUNT, 1);
  assert.equal(mount?.c, 0);
  assert.match(mount?.params.toString("latin1") ?? "", /^(AAA002L9 +){2}$/);
  assert.deepEqual(tags(after), before);
});

test("a crash when an unload has moved the cartridge and the journal does not know", async () => {
  const b = await loaded();
  b.command(moveCdb(256, 1004));
  untilMoved(b);
  const after = await again(b);
  assert.deepEqual(tags(after), [
    [1000, "AAA001L9"],
    [1004, "AAA002L9"],
  ]);
  assert.equal(after.library.at(1004).tag, "AAA002L9", "and it stays there");
});

test("a crash when a load has moved the cartridge and the journal does not know", async () => {
  const b = await Bench.started({ library: library(SIZE, TAGS), lanes: 1 });
  b.command(moveCdb(1001, 256));
  untilMoved(b);
  const after = await again(b);
  const lane = seen(after).find(({ address }) => address === 256);
  assert.deepEqual([lane?.tag, lane?.source], ["AAA002L9", 1001]);
  assert.equal(after.lastWord(WORD_MOUNT, 1)?.d, 1);
});

test("a journal with wrong bytes is logged and not believed", async () => {
  const b = await loaded();
  for (const at of [0, 5, 9, 13, 20, b.journal.length - 1]) {
    const journal = Buffer.from(b.journal);
    journal.writeUInt8(journal.readUInt8(at) ^ 0x40, at);
    const after = await Bench.started({ ...b.setup, journal });
    assert.equal(after.started, 0);
    assert.ok(
      after.logs.some(({ a }) => a === LOG_JOURNAL_BAD),
      `byte ${at}`,
    );
  }
  for (const bytes of [1, 31, b.journal.length - 1]) {
    const after = await Bench.started({ ...b.setup, journal: b.journal.subarray(0, bytes) });
    assert.ok(
      after.logs.some(({ a }) => a === LOG_JOURNAL_BAD),
      `${bytes} bytes`,
    );
  }
});

test("a journal of version 1, which has no serial numbers, is taken", async () => {
  const b = await loaded();
  const journal = Buffer.from(b.journal);
  assert.equal(journal.readUInt32LE(4), 2);
  journal.writeUInt32LE(1, 4);
  const after = await Bench.started({ ...b.setup, journal });
  assert.deepEqual(tags(after), tags(b));
  assert.ok(!after.logs.some(({ a }) => a === LOG_JOURNAL_BAD));
});

test("a spare that was used is not chosen anew; one that is no longer named is the server's again", async () => {
  const b = await loaded();
  const after = await again(b);
  assert.deepEqual(tags(after), tags(b));
  const other = await Bench.started({ ...b.setup, journal: b.journal, spares: ["AAA001L9"] });
  assert.deepEqual(tags(other), [
    [256, "AAA002L9"],
    [1002, "SPR001L9"],
  ]);
});
