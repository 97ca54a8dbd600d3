/**
 * Power cuts after any step of a story. After opening, what was durable is there, every object that
 * the ring claims is right, nothing that was durably cut off or dropped comes back; then the story
 * goes on. And a reader that was written from SPEC.md alone sees the same on what the cut left.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type DumpedImage, readRing } from "../../tools/ring-dump/read-ring.ts";
import type { MemoryDisk } from "./memory-disk.ts";
import type { RingMachine } from "./ring-machine.ts";
import { randomOf, Story } from "./story.ts";

function tell(seed: number, steps: number, segments: number, cutEvery: number): void {
  const random = randomOf(seed);
  const story = new Story(random, segments);
  for (let n = 0; n < steps; n++) {
    story.step();
    if (random(cutEvery) !== 0) continue;
    const left = story.powerCut();
    const seen = dumped(left);
    const ring = story.openAfter(left);
    compare(ring, seen);
    story.check(ring);
    if (random(6) === 0) story.goOn(ring);
  }
}

function dumped(disk: MemoryDisk): readonly DumpedImage[] {
  const dump = readRing((offset, bytes) => Buffer.from(disk.read(offset, bytes)));
  assert.ok(dump, "the second reader finds a ring");
  assert.deepEqual(dump.damaged, []);
  return dump.images;
}

/** The core and the second reader: the same images, objects and filemarks, entries at the same places. */
function compare(ring: RingMachine, images: readonly DumpedImage[]): void {
  for (const tape of ["TAPE0", "TAPE1"]) {
    const image = ring.call("imageFind", ring.handTag(tape));
    const other = images.find(({ volumeTag }) => volumeTag === tape);
    assert.equal(image >= 0, other !== undefined, tape);
    if (other === undefined) continue;
    assert.equal(ring.call("imageBase", image), other.base);
    assert.equal(ring.call("imageEnd", image), other.end);
    assert.equal(ring.call("imageFilemarks", image), other.filemarks);
    ring.call("imageSelect", image);
    for (const entry of other.entries) {
      const found = ring.find(0, entry.first);
      assert.ok(found);
      const { first, count, dataAt, dataBytes } = found;
      const { first: first2, count: count2, dataAt: dataAt2, dataBytes: dataBytes2 } = entry;
      assert.deepEqual([first, count, dataAt, dataBytes], [first2, count2, dataAt2, dataBytes2]);
    }
  }
}

for (const segments of [3, 6, 20]) {
  test(`a cut at any step loses nothing that was durable (${segments} segments)`, () => {
    const seeds = fc.integer({ min: 0, max: 0x7fffffff });
    fc.assert(
      fc.property(seeds, (seed) => tell(seed, 200, segments, 3)),
      { numRuns: 12, endOnFailure: true },
    );
  });
}

/** Each once found a fault; the number of segments with it. */
const SEEDS_OF_OLD_FAULTS = [
  [30, 3],
  [490_324_384, 3],
  [556_311_192, 3],
  [2_018_442_629, 3],
  [1_942_956_568, 6],
] as const;

test("what was found once stays mended", () => {
  for (const [seed, segments] of SEEDS_OF_OLD_FAULTS) tell(seed, 200, segments, 3);
});

test("a cut after every single step of one long story", () => {
  tell(20261123, 500, 8, 1);
});
