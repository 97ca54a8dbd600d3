/** What lanes ask for during a recovery, and what the server sees of it: nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EV_DEVICE_LOST } from "../../assembly/spec/event.ts";
import {
  SHOW_FAILED_DRIVES,
  SHOW_LANE_DRIVES,
  SHOW_SPARE_DRIVES,
  SHOW_SPARE_MEDIA,
  SHOW_SPARE_TAGS,
} from "../../assembly/spec/show.ts";
import {
  WORD_ASK_DRIVE,
  WORD_ASK_MEDIUM,
  WORD_BAD_MEDIUM,
  WORD_DRIVE,
  WORD_FENCED,
  WORD_MEDIUM,
  WORD_MOUNT,
  WORD_MOVE_ACROSS,
  WORD_MOVE_BACK,
  WORD_MOVE_IN,
  WORD_MOVE_OUT,
  WORD_MOVED,
  WORD_NONE,
  WORD_RECOVERED,
  WORD_SPARES,
} from "../../assembly/spec/word.ts";
import { coreEvent } from "../../host/core/core-event.ts";
import { Bench, moveCdb, outcome, seen } from "./bench.ts";
import { library } from "./model-library.ts";

const TAGS = ["AAA001L9", "AAA002L9", "AAA003L9", "SPR001L9", "SPR002L9"];
const SPARES = ["SPR001L9", "SPR002L9"];
const SIZE = { slots: 6, drives: 4, ports: 1 };

async function loaded(): Promise<Bench> {
  const setup = { library: library(SIZE, TAGS), lanes: 2, spares: SPARES };
  const b = await Bench.started(setup);
  assert.equal(outcome(b.ask(moveCdb(1001, 256))), "good");
  return b;
}
/** Says a word and lets everything happen; the c of the lane's answer. */
function say(b: Bench, answer: number, kind: number, c = 0, d = 0, lane = 1): number {
  const before = b.words.length;
  b.word(kind, lane, c, d);
  b.run();
  const word = b.words.slice(before).find((one) => one.a === answer && one.b === lane);
  assert.ok(word, `no answer to word ${kind}`);
  return word.c;
}
function tagAt(b: Bench, address: number): string | undefined {
  return seen(b).find((one) => one.address === address)?.tag;
}
function swapMedium(b: Bench, serial?: Buffer): void {
  const medium = say(b, WORD_MEDIUM, WORD_ASK_MEDIUM);
  assert.equal(say(b, WORD_MOVED, WORD_MOVE_OUT, 0), 0);
  const before = b.words.length;
  b.word(WORD_MOVE_IN, 1, medium, 0, serial);
  b.run();
  assert.equal(b.words.slice(before).find(({ a }) => a === WORD_MOVED)?.c, 0);
}

test("tells the spares at the start, with each lane's drive", async () => {
  const b = await loaded();
  assert.deepEqual(
    [1, 2].map((lane) => b.words.find((word) => word.a === WORD_SPARES && word.b === lane)),
    b.words.slice(0, 2),
  );
  assert.deepEqual([b.words[0]?.c, b.words[0]?.d, b.words[0]?.e], [2, 2, 0]);
  assert.equal(b.words[1]?.e, 1);
});

test("medium swap: the failed cartridge and the spare change roles, the server sees nothing", async () => {
  const b = await loaded();
  const before = seen(b);
  swapMedium(b);
  assert.deepEqual(seen(b), before, "in the middle");
  assert.equal(b.library.at(256).tag, "SPR001L9");
  assert.equal(b.library.at(1001).tag, "AAA002L9");
  b.word(WORD_RECOVERED, 1, 1);
  b.run();
  assert.deepEqual(seen(b), before, "when it has ended");
  assert.equal(b.lastWord(WORD_SPARES, 2)?.d, 1);
  const moves = b.library.moves;
  assert.equal(outcome(b.ask(moveCdb(256, 1001))), "good");
  assert.equal(b.library.moves, moves + 1, "no robot move of its own");
  assert.equal(b.library.at(1003).tag, "SPR001L9", "behind 1001 is the spare's old home");
  assert.equal(tagAt(b, 1001), "AAA002L9");
  assert.equal(outcome(b.ask(moveCdb(1001, 257))), "good");
  const mount = b.lastWord(WORD_MOUNT, 2);
  assert.match(mount?.params.toString("latin1") ?? "", /^AAA002L9 +SPR001L9 +$/);
});

test("the replacement keeps its tag across restarts and outside the library", async () => {
  const b = await loaded();
  swapMedium(b);
  b.word(WORD_RECOVERED, 1, 1);
  b.run();
  b.ask(moveCdb(256, 16));
  const after = await b.restart();
  after.begin();
  after.run();
  assert.equal(tagAt(after, 16), "AAA002L9");
  after.library.at(16).tag = undefined;
  after.ask([0x07, 0, 0, 0, 0, 0]);
  assert.equal(tagAt(after, 16), undefined);
  const later = await after.restart();
  later.library.at(16).tag = "SPR001L9";
  later.begin();
  later.run();
  assert.equal(tagAt(later, 16), "AAA002L9");
  const tags = seen(later).flatMap(({ tag }) => tag ?? []);
  assert.deepEqual(tags.toSorted(), ["AAA001L9", "AAA002L9", "AAA003L9"]);
});

test("what a volume's own serial number was is said at each mount of what stands in for it", async () => {
  const serial = Buffer.from("SERIAL 1".padEnd(32));
  const b = await loaded();
  swapMedium(b, serial);
  const told = (bench: Bench, lane: number): string =>
    bench.lastWord(WORD_MOUNT, lane)?.params.toString("latin1", 64) ?? "";
  // In the middle of it, and when it has ended.
  const during = await b.restart();
  during.begin();
  during.run();
  assert.equal(told(during, 1), serial.toString());
  during.word(WORD_RECOVERED, 1, 1);
  during.run();
  const after = await during.restart();
  after.begin();
  after.run();
  assert.equal(told(after, 1), serial.toString());
  assert.equal(outcome(after.ask(moveCdb(256, 1001))), "good");
  assert.equal(outcome(after.ask(moveCdb(1001, 257))), "good");
  assert.equal(told(after, 2), serial.toString());
  assert.equal(outcome(after.ask(moveCdb(1000, 256))), "good");
  assert.equal(told(after, 1), "", "of one that stands for itself nothing is said");
});

test("given up: the volume is what it was, wherever it stands", async () => {
  const b = await loaded();
  const before = seen(b);
  swapMedium(b);
  b.word(WORD_RECOVERED, 1, 2);
  b.run();
  assert.deepEqual(seen(b), before);
  assert.equal(outcome(b.ask(moveCdb(256, 1005))), "good");
  assert.equal(tagAt(b, 1005), "AAA002L9");
  assert.equal(b.library.at(256).tag, undefined, "the spare is out of the drive");
  assert.equal(outcome(b.ask(moveCdb(1005, 257))), "good");
  assert.equal(b.library.at(257).tag, "AAA002L9");
});

test("no spare was of use: the volume's own cartridge comes back into the drive", async () => {
  const b = await loaded();
  const before = seen(b);
  swapMedium(b);
  assert.equal(say(b, WORD_MOVED, WORD_MOVE_OUT, 0), 0);
  b.word(WORD_BAD_MEDIUM, 1, say(b, WORD_MEDIUM, WORD_ASK_MEDIUM));
  assert.equal(say(b, WORD_MOVED, WORD_MOVE_BACK, 0), 0);
  b.word(WORD_RECOVERED, 1, 2);
  b.run();
  assert.equal(b.library.at(256).tag, "AAA002L9");
  assert.deepEqual(seen(b), before);
  const after = await b.restart();
  after.begin();
  after.run();
  assert.deepEqual(seen(after), before, "after a restart");
});

test("a spare that does not work is never given again", async () => {
  const b = await loaded();
  swapMedium(b);
  const first = say(b, WORD_MEDIUM, WORD_ASK_MEDIUM);
  b.word(WORD_BAD_MEDIUM, 1, first);
  const second = say(b, WORD_MEDIUM, WORD_ASK_MEDIUM);
  assert.notEqual(second, first);
  assert.equal(say(b, WORD_MEDIUM, WORD_ASK_MEDIUM, 0, 0, 2), WORD_NONE);
  assert.equal(say(b, WORD_MOVED, WORD_MOVE_OUT, 0), 0);
  assert.equal(say(b, WORD_MOVED, WORD_MOVE_IN, second, 0), 0);
  b.word(WORD_RECOVERED, 1, 1);
  b.run();
  assert.equal(say(b, WORD_MEDIUM, WORD_ASK_MEDIUM), WORD_NONE);
  assert.equal(b.library.at(256).tag, "SPR002L9");
  assert.equal(tagAt(b, 256), "AAA002L9");
});

test("drive swap: the lane keeps its address, the failed drive is never given again", async () => {
  const b = await loaded();
  const before = seen(b);
  assert.equal(say(b, WORD_DRIVE, WORD_ASK_DRIVE), 2);
  assert.equal(say(b, WORD_DRIVE, WORD_ASK_DRIVE), 2, "asked again it is the same");
  assert.equal(say(b, WORD_DRIVE, WORD_ASK_DRIVE, 0, 0, 2), 3);
  assert.equal(say(b, WORD_MOVED, WORD_MOVE_ACROSS, 0, 2), 0);
  b.word(WORD_FENCED, 1, 0, 2);
  b.word(WORD_RECOVERED, 1, 0);
  b.word(WORD_RECOVERED, 2, 0);
  b.run();
  assert.deepEqual(seen(b), before);
  assert.equal(b.library.at(258).tag, "AAA002L9");
  assert.equal(b.lastWord(WORD_SPARES, 1)?.e, 2);
  assert.equal(b.lastWord(WORD_SPARES, 1)?.c, 1);
  const after = await b.restart();
  after.begin();
  after.run();
  assert.equal(after.lastWord(WORD_SPARES, 1)?.e, 2);
  assert.equal(after.lastWord(WORD_MOUNT, 1)?.d, 1);
  assert.equal(say(after, WORD_DRIVE, WORD_ASK_DRIVE, 0, 0, 2), 3);
  assert.equal(outcome(after.ask(moveCdb(256, 1001))), "good");
  assert.equal(after.library.at(1001).tag, "AAA002L9");
});

test("stuck drive: a spare medium in a spare drive; the failed cartridge is hidden when it is back", async () => {
  const b = await loaded();
  const before = seen(b);
  b.library.stuck.add("DRV00000");
  const drive = say(b, WORD_DRIVE, WORD_ASK_DRIVE);
  assert.equal(say(b, WORD_MOVED, WORD_MOVE_ACROSS, 0, drive), 0x045300);
  const medium = say(b, WORD_MEDIUM, WORD_ASK_MEDIUM);
  assert.equal(say(b, WORD_MOVED, WORD_MOVE_IN, medium, drive), 0);
  b.word(WORD_FENCED, 1, 0, drive);
  b.word(WORD_RECOVERED, 1, 1);
  b.run();
  assert.deepEqual(seen(b), before);
  b.library.at(256).tag = undefined;
  b.library.at(1001).tag = "AAA002L9";
  const after = await b.restart();
  after.begin();
  after.run();
  assert.deepEqual(seen(after), before);
  assert.equal(outcome(after.ask(moveCdb(256, 1001))), "good");
  assert.equal(tagAt(after, 1001), "AAA002L9");
  assert.equal(after.library.at(1003).tag, "SPR001L9");
});

test("the server fills the home of a volume that is being recovered", async () => {
  const b = await loaded();
  swapMedium(b);
  assert.equal(outcome(b.ask(moveCdb(1000, 1001))), "good");
  assert.equal(tagAt(b, 1001), "AAA001L9");
  b.word(WORD_RECOVERED, 1, 1);
  b.run();
  assert.equal(outcome(b.ask(moveCdb(256, 1000))), "good");
  assert.deepEqual([tagAt(b, 1000), tagAt(b, 1001)], ["AAA002L9", "AAA001L9"]);
});

test("nothing for those who ask wrongly", async () => {
  const b = await loaded();
  assert.equal(say(b, WORD_MOVED, WORD_MOVE_IN, 3, 0), WORD_NONE);
  assert.equal(say(b, WORD_MOVED, WORD_MOVE_IN, WORD_NONE, 0), WORD_NONE);
  assert.equal(say(b, WORD_MOVED, WORD_MOVE_OUT, 1), WORD_NONE, "another lane's drive");
  assert.equal(say(b, WORD_MOVED, WORD_MOVE_OUT, 2), 0x053b0e, "an empty drive");
  assert.equal(say(b, WORD_MOVED, WORD_MOVE_ACROSS, 0, 77), WORD_NONE);
  b.word(4711, 1);
  b.word(WORD_ASK_DRIVE, 99);
  b.word(WORD_BAD_MEDIUM, 1, WORD_NONE);
  b.run();
  assert.equal(tagAt(b, 256), "AAA002L9");
});

test("a spare drive without a connection is not given; the show block says what there is", async () => {
  const b = await loaded();
  b.send({ ...coreEvent(EV_DEVICE_LOST), a: 2 });
  b.run();
  assert.equal(b.lastWord(WORD_SPARES, 2)?.c, 1);
  assert.equal(b.core.show.getUint32(SHOW_SPARE_DRIVES, true), 8);
  assert.equal(say(b, WORD_DRIVE, WORD_ASK_DRIVE), 3);
  b.word(WORD_FENCED, 1, 0, 3);
  b.run();
  const { show } = b.core;
  assert.equal(show.getUint32(SHOW_FAILED_DRIVES, true), 1);
  assert.deepEqual([show.getUint8(SHOW_LANE_DRIVES), show.getUint8(SHOW_LANE_DRIVES + 1)], [3, 1]);
  assert.equal(show.getUint32(SHOW_SPARE_MEDIA, true), 2);
  assert.equal(show.getUint8(SHOW_SPARE_TAGS), 0x53);
});
