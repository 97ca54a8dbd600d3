/**
 * The commands that read, write and clear the tape, of six and of sixteen bytes, in any order, against the
 * model: on a tape that the lane writes, on one that the ring does not know, and with a drive that knows
 * neither LOCATE nor READ POSITION nor FORMAT MEDIUM. In the end the drive's tape is the model's.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RECORD_BYTES_MAX } from "../../assembly/spec/abi.ts";
import { EV_RING_DONE } from "../../assembly/spec/event.ts";
import { LaneHost } from "./lane-host.ts";
import { readWords } from "./read-model.ts";
import { BLOCK, STEP, StreamModel, streamCdbOf } from "./stream-model.ts";

const RUNS = { numRuns: 60 };
const NOTHING = new Uint8Array();

const OBJECT = fc.constantFrom(BLOCK, BLOCK, BLOCK - 3, BLOCK + 5, undefined);
const TAPE = fc
  .array(OBJECT, { maxLength: 8 })
  .map((lengths) => lengths.map((bytes) => (bytes === undefined ? bytes : new Uint8Array(bytes))));
/** The drive is reset when it has everything; one with few commands is not retried after that (ADR 0017). */
const RESET = fc.constantFrom(false, false, false, true);
const ACT = fc.record({ step: STEP, isReset: RESET });
/** Another instance takes over so many steps after the beginning of a command. */
const TRAP = fc.record({ at: fc.nat(11), steps: fc.nat(8) });
const STORY = fc.tuple(
  TAPE,
  fc.constantFrom(0, BLOCK),
  fc.array(ACT, { minLength: 1, maxLength: 12 }),
  fc.array(TRAP, { maxLength: 2 }),
);

function setBlockLength(host: LaneHost, bytes: number): void {
  const list = Buffer.from([0, 0, 0x10, 8, 0, 0, 0, 0, 0, 0, 0, bytes]);
  assert.equal(host.command([0x15, 0x10, 0, 0, list.length, 0], list, 0).status, 0);
}

const PLACES = [
  { name: "a tape that the lane writes", isKnown: true, isPlain: false },
  { name: "a tape that the ring does not know", isKnown: false, isPlain: false },
  { name: "a drive with few commands", isKnown: true, isPlain: true },
  { name: "a tape and a drive that say nothing", isKnown: false, isPlain: true },
];

for (const { name, isKnown, isPlain } of PLACES) {
  test(`reads, writes and erasures as the model has them: ${name}`, async () => {
    const run = fc.asyncProperty(STORY, async ([objects, blockLength, acts, traps]) => {
      const tape = isKnown ? [] : objects;
      const host = await LaneHost.start({
        isPlain,
        successors: traps.length,
        headerMarks: 0,
        copyBelowPercent: 0,
      });
      host.drive.objects.push(...tape);
      host.mount();
      host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
      setBlockLength(host, blockLength);
      const model = new StreamModel(tape, blockLength);
      for (const [index, { step, isReset }] of acts.entries()) {
        if (isReset && !isPlain) {
          assert.equal(host.command([0x10], NOTHING, 0).status, 0);
          host.drive.reset();
        }
        for (const { steps } of traps.filter(({ at }) => at === index).slice(0, 1)) {
          host.trapIn(steps);
        }
        const dataOut = new Uint8Array(model.outBytes(step)).fill(index + 1);
        const expected = model.run(step, dataOut);
        const what = JSON.stringify({ step, index });
        const { status, sense, data } = host.command(streamCdbOf(step), dataOut, RECORD_BYTES_MAX);
        assert.equal(readWords(status, sense), expected.words, what);
        assert.deepEqual(Buffer.from(data), expected.data, what);
        const { data: position } = host.command([0x34], NOTHING, 20);
        assert.equal(Buffer.from(position).readUInt32BE(4), model.at, what);
      }
      assert.equal(host.command([0x10], NOTHING, 0).status, 0);
      assert.deepEqual(Array.from(host.drive.objects, bytesOf), model.objects.map(bytesOf));
    });
    await fc.assert(run, RUNS);
  });
}

function bytesOf(object: Uint8Array | undefined): Buffer | undefined {
  return object === undefined ? undefined : Buffer.from(object);
}

test("FORMAT MEDIUM is the drive's own where it has one, else its ERASE", async () => {
  for (const isPlain of [false, true]) {
    const host = await LaneHost.start({ isPlain });
    host.mount();
    host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
    assert.equal(host.command([0x0a, 0, 0, 0, 3], new Uint8Array(3), 0).status, 0);
    assert.equal(host.command([0x01], NOTHING, 0).status, 0);
    assert.equal(host.command([0x04, 0, 1], NOTHING, 0).status, 0);
    assert.deepEqual([host.drive.objects.length, host.drive.formatCount], [0, isPlain ? 0 : 1]);
    const { status, sense } = host.command([0x08, 0, 0, 0, 3], NOTHING, 3);
    assert.equal(readWords(status, sense), "8/0005 3");
  }
});

test("a WRITE at the beginning ends what an aborted command wanted to know of the tape", async () => {
  const host = await LaneHost.start({ isPlain: true });
  host.mount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  assert.equal(host.command([0x0a, 0, 0, 0, 3], Buffer.from("old"), 0).status, 0);
  assert.equal(host.command([0x1b], NOTHING, 0).status, 0);
  host.remount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  host.hold(EV_RING_DONE);
  assert.deepEqual(host.begin([0x11, 0, 0, 0, 1], NOTHING, 0), []);
  host.abort();
  const first = host.begin([0x0a, 0, 0, 0, 3], Buffer.from("new"), 0);
  assert.equal([...first, ...host.release(EV_RING_DONE)].length, 1);
  assert.equal(host.command([0x10], NOTHING, 0).status, 0);
  assert.deepEqual(host.drive.objects, [Uint8Array.from(Buffer.from("new"))]);
});
