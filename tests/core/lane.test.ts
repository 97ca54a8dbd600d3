import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as ev from "../../assembly/spec/event.ts";
import {
  ENTRY_HEADER_BYTES,
  RING_HEAD_BYTES,
  SEGMENT_BYTES_MIN,
  SEGMENT_DATA_AT,
} from "../../assembly/spec/ring-layout.ts";
import * as word from "../../assembly/spec/word.ts";
import { type Answer, LaneHost } from "./lane-host.ts";
import { RING_BYTES } from "./lane-settings.ts";
import { DRIVE_FAILURE, MEDIUM_FAILURE, TAPE_FULL } from "./tape-drive.ts";

/** That the drive's position is not known, and that a cartridge is being loaded: lane/resume.ts. */
const CHANGED_AT_START_MAX = 2;
const RUNS = { numRuns: 100 };
const NOTHING = new Uint8Array();
const STATUSES = new Set([0x00, 0x02, 0x08, 0x18]);
const BYTES_MAX = 4096;
/** 4/15/01, as WORD_MOVED has it. */
const MECHANICAL_ERROR = 0x041501;
/** WORD_RECOVERED: the volume is what it was. */
const GIVEN_UP = 2;
const FULL_RECORD_BYTES = 0x4_0000;
/** So many of them has the host's ring room for: a record lies in one segment. */
const RING_RECORDS =
  Math.floor((RING_BYTES - RING_HEAD_BYTES) / SEGMENT_BYTES_MIN) *
  Math.floor((SEGMENT_BYTES_MIN - SEGMENT_DATA_AT) / (FULL_RECORD_BYTES + ENTRY_HEADER_BYTES));

/** Any CDB; lengths that fit what the server expects are as likely as lengths that do not. */
const CDB = fc.tuple(
  fc.nat(255),
  fc.array(fc.oneof(fc.constantFrom(0, 1, 2, 4, 8, 0x10), fc.nat(255)), {
    minLength: 15,
    maxLength: 15,
  }),
  fc.integer({ min: 0, max: BYTES_MAX }),
  fc.integer({ min: 0, max: BYTES_MAX }),
);
/** Operation codes that a lane carries out, so that a medium is really moved and written. */
const KNOWN = [0, 1, 3, 5, 8, 0x0a, 0x10, 0x11, 0x12, 0x15, 0x16, 0x17, 0x19, 0x1a, 0x1b, 0x1e];
const MORE = [0x2b, 0x34, 0x44, 0x4d, 0x55, 0x5a, 0x8c, 0x91, 0x92, 0xa0];
const KNOWN_CDB = fc
  .tuple(fc.constantFrom(...KNOWN, ...MORE), CDB)
  .map(([op, [, ...rest]]): [number, number[], number, number] => [op, ...rest]);

function wellFormed({ status, sense }: Answer): void {
  assert.ok(STATUSES.has(status), `status ${status}`);
  assert.equal(sense.length > 0, status === 0x02);
  if (status === 0x02) {
    assert.ok([0x70, 0x71, 0x72, 0x73].includes((sense[0] ?? 0) & 0x7f));
    assert.ok((sense[7] ?? 0) + 8 <= sense.length);
  }
}

for (const isMounted of [false, true]) {
  const where = isMounted ? "with a cartridge" : "without a cartridge";
  test(`any sequence of CDBs, ${where}: no trap, one answer each, whole sense data`, async () => {
    const sequence = fc.array(fc.oneof(CDB, KNOWN_CDB), { minLength: 1, maxLength: 30 });
    const run = fc.asyncProperty(sequence, async (commands) => {
      const host = await LaneHost.start();
      if (isMounted) {
        host.mount();
      }
      for (const [op, rest, outBytes, inBytes] of commands) {
        wellFormed(host.command([op, ...rest], new Uint8Array(outBytes).fill(op), inBytes));
      }
    });
    await fc.assert(run, RUNS);
  });
}

type Move =
  | { readonly kind: "write"; readonly length: number }
  | { readonly kind: "filemarks"; readonly count: number; readonly immed: number }
  | { readonly kind: "locate"; readonly object: number }
  | { readonly kind: "rewind" }
  | { readonly kind: "load" }
  | { readonly kind: "read" };

const MOVE: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ kind: fc.constant("write" as const), length: fc.integer({ min: 1, max: 2000 }) }),
  fc.record({
    kind: fc.constant("filemarks" as const),
    count: fc.nat(2),
    immed: fc.nat(1),
  }),
  fc.record({ kind: fc.constant("locate" as const), object: fc.nat(20) }),
  fc.record({ kind: fc.constant("rewind" as const) }),
  fc.record({ kind: fc.constant("load" as const) }),
  fc.record({ kind: fc.constant("read" as const) }),
);

/** A tape as a server thinks of it; undefined is a filemark. */
class Model {
  readonly objects: (Uint8Array | undefined)[] = [];
  at = 0;

  append(...objects: (Uint8Array | undefined)[]): void {
    if (objects.length > 0) {
      this.objects.splice(this.at, Infinity, ...objects);
      this.at += objects.length;
    }
  }

  step(host: LaneHost, move: Move, index: number): void {
    switch (move.kind) {
      case "write": {
        const data = new Uint8Array(move.length).fill(index);
        const length = [0, move.length >> 8, move.length & 0xff];
        assert.equal(host.command([0x0a, 0, ...length, 0], data, 0).status, 0);
        this.append(data);
        return;
      }
      case "filemarks": {
        const cdb = [0x10, move.immed, 0, 0, move.count, 0];
        assert.equal(host.command(cdb, NOTHING, 0).status, 0);
        this.append(...Array.from({ length: move.count }, () => undefined));
        return;
      }
      case "rewind":
        assert.equal(host.command([0x01, 0, 0, 0, 0, 0], NOTHING, 0).status, 0);
        this.at = 0;
        return;
      case "load":
        // Of a cartridge that is ready: back to its beginning.
        assert.equal(host.command([0x1b, 0, 0, 0, 1, 0], NOTHING, 0).status, 0);
        this.at = 0;
        return;
      case "locate":
        this.locate(host, move.object);
        return;
      case "read":
        this.read(host);
        return;
    }
  }

  locate(host: LaneHost, object: number): void {
    const { status } = host.command([0x2b, 0, 0, 0, 0, 0, object, 0, 0, 0], NOTHING, 0);
    assert.equal(status, object <= this.objects.length ? 0 : 2);
    this.at = Math.min(object, this.objects.length);
  }

  read(host: LaneHost): void {
    const { status, sense, data } = host.command([0x08, 2, 0, 0x10, 0, 0], NOTHING, 4096);
    const record = this.objects[this.at];
    if (this.at === this.objects.length) {
      assert.deepEqual([status, (sense[2] ?? 0) & 0x0f], [2, 8]);
    } else if (record === undefined) {
      assert.deepEqual([status, (sense[2] ?? 0) & 0x8f], [2, 0x80]);
      this.at += 1;
    } else {
      assert.equal(status, 0);
      assert.deepEqual(Buffer.from(data), Buffer.from(record));
      this.at += 1;
    }
  }
}

test("whatever a server writes, and wherever, it reads back, and it is on the medium", async () => {
  const story = fc.array(MOVE, { minLength: 1, maxLength: 40 });
  const run = fc.asyncProperty(story, async (moves) => {
    const host = await LaneHost.start();
    host.mount();
    host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
    const model = new Model();
    for (const [index, move] of moves.entries()) {
      model.step(host, move, index);
    }
    assert.equal(host.command([0x10, 0, 0, 0, 0, 0], NOTHING, 0).status, 0);
    assert.deepEqual([...host.drive.objects], model.objects);
  });
  await fc.assert(run, RUNS);
});

test("data that arrive after step 609 are not taken behind what was given up", async () => {
  const host = await LaneHost.start();
  host.mount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  const write = [0x0a, 0, 0, 0x10, 0, 0];
  host.hold(ev.EV_DEVICE_DONE);
  host.drive.writeFailure = DRIVE_FAILURE;
  assert.deepEqual(
    host.begin(write, Buffer.alloc(4096, 1), 0).map(({ status }) => status),
    [0],
  );
  host.hold(ev.EV_DATA);
  assert.equal(host.begin(write, Buffer.alloc(4096, 2), 0).length, 0);
  assert.equal(host.release(ev.EV_DEVICE_DONE).length, 0);
  const [answer, ...more] = host.release(ev.EV_DATA);
  assert.equal(more.length, 0);
  // CHECK CONDITION, deferred, 4/44/00: the drive's own error about the record before.
  const sense = answer?.sense ?? NOTHING;
  assert.deepEqual(
    [answer?.status, (sense[0] ?? 0) & 0x7f, sense[2], sense[12]],
    [2, 0x71, 4, 0x44],
  );
  host.drive.writeFailure = undefined;
  assert.equal(host.command(write, Buffer.alloc(4096, 3), 0).status, 0);
  assert.equal(host.command([0x10, 0, 0, 0, 0, 0], NOTHING, 0).status, 0);
  assert.deepEqual([...host.drive.objects], [new Uint8Array(4096).fill(3)]);
});

test("the same with instances that take over anywhere, in the middle of commands", async () => {
  const trap = fc.record({ move: fc.nat(20), steps: fc.nat(6) });
  const story = fc.tuple(
    fc.array(MOVE, { minLength: 1, maxLength: 20 }),
    fc.array(trap, { minLength: 1, maxLength: 3 }),
  );
  const run = fc.asyncProperty(story, async ([moves, traps]) => {
    const host = await LaneHost.start({ successors: traps.length });
    host.mount();
    host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
    const model = new Model();
    for (const [index, move] of moves.entries()) {
      const here = traps.find((one) => one.move === index);
      if (here !== undefined) {
        host.trapIn(here.steps);
      }
      model.step(host, move, index);
    }
    assert.equal(host.command([0x10, 0, 0, 0, 0, 0], NOTHING, 0).status, 0);
    assert.deepEqual([...host.drive.objects], model.objects);
    assert.ok(host.changedAtStart <= CHANGED_AT_START_MAX, `${host.changedAtStart} bytes`);
  });
  await fc.assert(run, RUNS);
});

test("what neither drive nor disk had when the core trapped is told as lost", async () => {
  const host = await LaneHost.start({ successors: 1 });
  host.mount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  const write = [0x0a, 0, 0, 0x10, 0, 0];
  assert.equal(host.command(write, Buffer.alloc(4096, 1), 0).status, 0);
  host.memory.isDiskFull = true;
  host.hold(ev.EV_DEVICE_DONE);
  for (const fill of [2, 3]) {
    assert.equal(host.begin(write, Buffer.alloc(4096, fill), 0)[0]?.status, 0);
  }
  host.trapIn(0);
  host.memory.isDiskFull = false;
  const [told] = [
    ...host.begin(write, Buffer.alloc(4096, 4), 0),
    ...host.release(ev.EV_DEVICE_DONE),
  ];
  const sense = told?.sense ?? NOTHING;
  assert.deepEqual([told?.status, (sense[0] ?? 0) & 0x7f, sense[2], sense[12]], [2, 0x71, 4, 0x44]);
  // Record 2 was on its way to the drive, which took it; record 3 is what was lost.
  assert.equal(host.command(write, Buffer.alloc(4096, 5), 0).status, 0);
  assert.equal(host.command([0x10, 0, 0, 0, 0, 0], NOTHING, 0).status, 0);
  const fills = host.drive.objects.map((record) => record?.[0]);
  assert.deepEqual(fills, [1, 2, 5]);
});

test("[611] BUSY comes last, before any data, when the ring is full and the tape waits", async () => {
  const host = await LaneHost.start({ spareDrives: 1 });
  host.mount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  const record = Buffer.alloc(FULL_RECORD_BYTES, 1);
  const write = [0x0a, 0, FULL_RECORD_BYTES >> 16, 0, 0, 0];
  host.drive.writeFailure = DRIVE_FAILURE;
  for (let count = 0; count < RING_RECORDS; count += 1) {
    assert.equal(host.command(write, record, 0).status, 0, `record ${count}`);
  }
  assert.equal(host.receivedCount, RING_RECORDS);
  assert.equal(host.command(write, record, 0).status, 0x08);
  assert.equal(host.receivedCount, RING_RECORDS);
});

test("the spare medium cannot be moved in: the own one comes back before the server is told", async () => {
  const host = await LaneHost.start({ spareMedia: 1 });
  host.mount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  const write = [0x0a, 0, 0, 0x10, 0, 0];
  assert.equal(host.command(write, Buffer.alloc(4096, 1), 0).status, 0);
  host.drive.writeFailure = MEDIUM_FAILURE;
  assert.equal(host.command(write, Buffer.alloc(4096, 2), 0).status, 0);

  const ask = (kind: number, c = 0, d = 0): void => {
    assert.deepEqual(host.words.at(-1), [kind, c, d]);
  };
  ask(word.WORD_ASK_MEDIUM);
  host.word(word.WORD_MEDIUM, { c: 5, params: Buffer.alloc(32, "S") });
  ask(word.WORD_MOVE_OUT);
  host.word(word.WORD_MOVED, {});
  ask(word.WORD_MOVE_IN, 5);
  host.word(word.WORD_MOVED, { c: MECHANICAL_ERROR });
  ask(word.WORD_MOVE_BACK);
  // While nothing can cover the failure nothing is taken.
  assert.equal(host.begin(write, Buffer.alloc(4096, 3), 0).length, 0);
  host.word(word.WORD_MOVED, {});
  ask(word.WORD_RECOVERED, GIVEN_UP);

  const [answer] = host.takeAnswers();
  const sense = answer?.sense ?? NOTHING;
  assert.deepEqual([answer?.status, (sense[0] ?? 0) & 0x7f, sense[2]], [2, 0x71, 3]);
  host.drive.writeFailure = undefined;
  assert.equal(host.command(write, Buffer.alloc(4096, 4), 0).status, 0);
  assert.equal(host.command([0x10, 0, 0, 0, 0, 0], NOTHING, 0).status, 0);
  assert.deepEqual(
    host.drive.objects.map((object) => object?.[0]),
    [1, 4],
  );
});

test("a spare medium on which the image does not fit: the next one is taken", async () => {
  const host = await LaneHost.start({ spareMedia: 2 });
  host.mount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  const write = [0x0a, 0, 0, 0x10, 0, 0];
  assert.equal(host.command(write, Buffer.alloc(4096, 1), 0).status, 0);
  host.drive.writeFailure = MEDIUM_FAILURE;
  assert.equal(host.command(write, Buffer.alloc(4096, 2), 0).status, 0);

  const goIn = (medium: number): void => {
    assert.equal(host.words.at(-1)?.[0], word.WORD_ASK_MEDIUM);
    host.word(word.WORD_MEDIUM, { c: medium, params: Buffer.alloc(32, "S") });
    host.word(word.WORD_MOVED, {});
    assert.deepEqual(host.words.at(-1), [word.WORD_MOVE_IN, medium, 0]);
    host.drive.objects.length = 0;
    host.drive.insert();
  };
  goIn(5);
  host.drive.writeFailure = TAPE_FULL;
  host.word(word.WORD_MOVED, {});
  assert.ok(host.words.some(([kind, c]) => kind === word.WORD_BAD_MEDIUM && c === 5));
  goIn(6);
  host.drive.writeFailure = undefined;
  host.word(word.WORD_MOVED, {});
  assert.deepEqual(host.words.at(-1), [word.WORD_RECOVERED, 1, 0]);
  assert.equal(host.command([0x10, 0, 0, 0, 0, 0], NOTHING, 0).status, 0);
  assert.deepEqual(
    host.drive.objects.map((object) => object?.[0]),
    [1, 2],
  );
});

test("a ring that never answers while it is opened is lost, and the lane works", async () => {
  const host = await LaneHost.start({ isRingSilent: true });
  assert.equal(host.ringLostCount, 1);
  host.mount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  assert.equal(host.command([0x0a, 0, 0, 0, 4, 0], Buffer.from("data"), 0).status, 0x00);
  assert.equal(host.command([0x10, 0, 0, 0, 1, 0], NOTHING, 0).status, 0x00);
  assert.equal(host.drive.objects.length, 2);
});

test("a ring that stops answering: WRITE FILEMARKS is answered when the drive has it", async () => {
  const host = await LaneHost.start();
  host.mount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  host.hold(ev.EV_RING_DONE);
  assert.equal(host.command([0x0a, 0, 0, 0, 4, 0], Buffer.from("data"), 0).status, 0x00);
  assert.equal(host.ringLostCount, 0);
  assert.equal(host.command([0x10, 0, 0, 0, 1, 0], NOTHING, 0).status, 0x00);
  assert.equal(host.ringLostCount, 1);
  assert.equal(host.drive.objects.length, 2);
  assert.deepEqual(host.release(ev.EV_RING_DONE), []);
});
