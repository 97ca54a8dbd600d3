/** The drive's buffer and pace, on a clock that the test moves. */

import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Bench, ManualClock, record, word } from "./harness.ts";

const MEBIBYTE = 1024 * 1024;

const TIMEOUT = { timeout: 20_000 };

/** Moves the clock from wait to wait until the outcome is there; gives the milliseconds it took. */
async function until(clock: ManualClock, outcome: Promise<unknown>): Promise<number> {
  const begin = clock.now();
  const answered = outcome.then(() => true);
  const waits = () => clock.someoneWaits().then(() => false);
  while (!(await Promise.race([answered, waits()]))) {
    clock.advanceToNext();
  }
  return clock.now() - begin;
}

async function mounted(t: Parameters<typeof Bench.open>[0], rate: number | undefined) {
  const clock = new ManualClock();
  const bench = await Bench.open(t, { rate, moveMs: 0, loadMs: 0 }, clock);
  await bench.mount(0, 1);
  return { bench, clock };
}

test(
  "writes are answered from the buffer until it is full, then at the drive's pace",
  TIMEOUT,
  async (t) => {
    const { bench, clock } = await mounted(t, 10 * MEBIBYTE);
    const block = Buffer.alloc(MEBIBYTE);
    for (let index = 0; index < 15; index += 1) {
      assert.equal(word(await bench.write(1, block)), "GOOD");
    }
    const [object, , buffered] = await bench.position(1);
    assert.equal(object, 15);
    assert.ok(buffered >= 13, `${buffered} objects wait`);
    const more = bench.write(1, block);
    const another = bench.write(1, block);
    const third = bench.write(1, block);
    const ms = await until(clock, Promise.all([more, another, third]));
    assert.ok(ms >= 100 && ms <= 500, `${ms} ms until there was room`);
  },
);

test("WRITE FILEMARKS waits for the medium, with IMMED it does not", TIMEOUT, async (t) => {
  const { bench, clock } = await mounted(t, 10 * MEBIBYTE);
  for (let index = 0; index < 5; index += 1) {
    await bench.write(1, Buffer.alloc(MEBIBYTE));
  }
  assert.equal(word(await bench.filemarks(1, 1, 1)), "GOOD");
  const ms = await until(clock, bench.filemarks(1, 0));
  assert.ok(ms >= 300 && ms <= 700, `${ms} ms for 5 MiB at 10 MiB/s`);
  assert.deepEqual(await bench.position(1), [6, 1, 0]);
  assert.equal(statSync(join(bench.folder, "UND001L9.tap")).size, 5 * (MEBIBYTE + 8) + 4);
});

test("without a rate a write is on the medium when it is answered", TIMEOUT, async (t) => {
  const { bench } = await mounted(t, undefined);
  await bench.write(1, record(100));
  assert.deepEqual(await bench.position(1), [1, 0, 0]);
  assert.equal(statSync(join(bench.folder, "UND001L9.tap")).size, 108);
});

test("reading and moving see what was buffered", TIMEOUT, async (t) => {
  const { bench, clock } = await mounted(t, 10 * MEBIBYTE);
  await bench.write(1, Buffer.alloc(4 * MEBIBYTE, 7));
  await until(clock, bench.rewind(1));
  const read = bench.read(1, 4 * MEBIBYTE);
  await until(clock, read);
  assert.deepEqual((await read).dataIn, Buffer.alloc(4 * MEBIBYTE, 7));
});

test("a rule slows the drive down, clear gives it back its speed", TIMEOUT, async (t) => {
  const { bench, clock } = await mounted(t, 100 * MEBIBYTE);
  assert.equal(bench.library.setFault("drive 1 rate 1M"), undefined);
  for (let index = 0; index < 4; index += 1) {
    await bench.write(1, Buffer.alloc(MEBIBYTE));
  }
  const slow = await until(clock, bench.filemarks(1, 0));
  assert.ok(slow >= 2_500, `${slow} ms for 4 MiB at 1 MiB/s`);
  bench.library.clearFaults();
  clock.advance(5_000);
  await bench.write(1, Buffer.alloc(4 * MEBIBYTE));
  const fast = await until(clock, bench.filemarks(1, 0));
  assert.ok(fast <= 100, `${fast} ms for 4 MiB at 100 MiB/s`);
});
