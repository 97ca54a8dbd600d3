/**
 * Power cuts after any step of a story. After opening, what was durable is there, every object that
 * the ring claims is right, nothing that was durably cut off or dropped comes back; then the story
 * goes on. And `understudy ring` and a reader that was written from SPEC.md alone see the same on
 * what the cut left, wherever the story was: several images, around the circle, cut and dropped.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { CipherDisk } from "./cipher-disk.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { assertAgreement, bytesOf, checked } from "./readers.ts";
import { randomOf, Story } from "./story.ts";

function tell(
  seed: number,
  steps: number,
  segments: number,
  cutEvery: number,
  disk = new MemoryDisk(),
): void {
  const random = randomOf(seed);
  const story = new Story(random, segments, disk);
  for (let n = 0; n < steps; n++) {
    story.step();
    if (random(cutEvery) !== 0) continue;
    const left = story.powerCut();
    const before = bytesOf(left, story.ringBytes);
    const wrong = checked(before)?.findings.filter(({ objects }) => objects !== undefined);
    assert.deepEqual(wrong, [], "a power cut alone takes nothing that was promised");
    const ring = story.openAfter(left);
    assertAgreement(before, ring, ["TAPE0", "TAPE1"]);
    story.check(ring);
    if (random(6) === 0) story.goOn(ring);
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

test("the same on an encrypted disk, which tears sectors of cipher text", () => {
  const seeds = fc.integer({ min: 0, max: 0x7fffffff });
  fc.assert(
    fc.property(seeds, fc.constantFrom(3, 6, 20), (seed, segments) =>
      tell(seed, 200, segments, 3, new CipherDisk(randomBytes(64))),
    ),
    { numRuns: 12, endOnFailure: true },
  );
});

/** Each once found a fault; the number of segments with it. */
const SEEDS_OF_OLD_FAULTS = [
  [30, 3],
  [490_324_384, 3],
  [556_311_192, 3],
  [2_018_442_629, 3],
  [1_942_956_568, 6],
  [596_871_576, 6],
] as const;

test("what was found once stays mended", () => {
  for (const [seed, segments] of SEEDS_OF_OLD_FAULTS) tell(seed, 200, segments, 3);
});

test("a cut after every single step of one long story", () => {
  tell(20261123, 500, 8, 1);
});
