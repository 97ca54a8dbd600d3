/**
 * The commands that read, write and clear the tape, of six and of sixteen bytes, in any order, against the
 * model that a lane is held to as well.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readWords } from "../core/read-model.ts";
import { BLOCK, STEP, StreamModel, streamCdbOf } from "../core/stream-model.ts";
import { Bench } from "./harness.ts";

const RUNS = { numRuns: 150 };
const SILI = 2;
const IN_BYTES = 0x10000;

async function setBlockLength(bench: Bench, bytes: number): Promise<void> {
  const out = Buffer.from([0, 0, 0x10, 8, 0, 0, 0, 0, 0, 0, 0, bytes]);
  assert.equal((await bench.send(1, [0x15, 0x10, 0, 0, out.length], { out })).status, 0);
}

test("reads, writes and erasures as the model has them", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  const story = fc.tuple(fc.constantFrom(0, BLOCK), fc.array(STEP, { maxLength: 12 }));
  const run = fc.asyncProperty(story, async ([blockLength, steps]) => {
    await bench.rewind(1);
    assert.equal((await bench.send(1, [0x04])).status, 0);
    await setBlockLength(bench, blockLength);
    const model = new StreamModel([], blockLength);
    for (const [index, step] of steps.entries()) {
      const out = new Uint8Array(model.outBytes(step)).fill(index + 1);
      const expected = model.run(step, out);
      const what = JSON.stringify({ step, index });
      const cdb = streamCdbOf(step);
      const { status, senseData, dataIn } = await bench.send(1, cdb, { out, inBytes: IN_BYTES });
      assert.equal(readWords(status, senseData), expected.words, what);
      assert.deepEqual(dataIn, expected.data, what);
      const [at] = await bench.position(1);
      assert.equal(at, model.at, what);
    }
    await setBlockLength(bench, 0);
    await bench.rewind(1);
    for (const object of model.objects) {
      const { dataIn } = await bench.read(1, IN_BYTES, SILI);
      assert.deepEqual(dataIn, Buffer.from(object ?? []));
    }
    assert.equal((await bench.read(1, IN_BYTES)).sense, "8/00/05");
  });
  await fc.assert(run, RUNS);
});
