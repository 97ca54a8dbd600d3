/**
 * `understudy ring`, the reader written from SPEC.md, and the core's opening, on rings that are
 * fresh, full of several images, around the circle, and damaged anywhere: they agree, and nothing
 * that a device can hold makes a reader throw. (Power cuts: power-cut.test.ts.)
 */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import fc from "fast-check";
import { RING_HEAD_BYTES, RING_READY } from "../../assembly/spec/ring-layout.ts";
import { checkRing } from "../../tools/ring/check-ring.ts";
import { findingLines, ringDocument, ringLines } from "../../tools/ring/report.ts";
import { MemoryDisk } from "./memory-disk.ts";
import {
  assertAgreement,
  bytesOf,
  checked,
  opening,
  ran,
  specReading,
  toolReading,
} from "./readers.ts";
import { RingMachine, SEGMENT_BYTES } from "./ring-machine.ts";
import { specCrc } from "./spec-reader.ts";
import { appendTo } from "./tape-model.ts";

const SEGMENTS = 8;
const RING_BYTES = RING_HEAD_BYTES + SEGMENTS * SEGMENT_BYTES;
const TAGS = ["ALPHA", "BETA", "GAMMA"];

const opened = (disk: MemoryDisk) => new RingMachine(disk, RING_BYTES).open(7n);

/** A ring with the images, `entries` each, the last ones not sealed. */
function written(tags: readonly string[], entries: number, keeps: boolean): MemoryDisk {
  const ring = opened(new MemoryDisk());
  let seed = 0;
  for (const tag of tags) {
    ring.call("imageSelect", ring.call("imageCreate", ring.handTag(tag), 0n, 0n));
    let objects = 0;
    for (let n = 0; n < entries; n++) {
      seed += 1;
      const bytes = seed % 5 === 4 ? 0 : 200 + ((seed * 311) % 2500);
      objects += appendTo(ring, { seed, count: 1 + (seed % 3), bytes }).length;
      if (!keeps) ring.call("ringKeep", BigInt(objects));
    }
  }
  ring.call("ringFlush");
  ring.settle();
  return ring.disk;
}

let several: MemoryDisk;
let around: MemoryDisk;
before(() => {
  several = written(TAGS, 9, true);
  around = written(TAGS.slice(0, 1), 120, false);
});

/** What the three say of a disk, after it was damaged. */
function agreeOn(from: MemoryDisk, damage: (disk: MemoryDisk) => void = () => undefined): Buffer {
  const disk = from.cut(() => "keep");
  damage(disk);
  const before = bytesOf(disk, RING_BYTES);
  const ring = opened(disk);
  assert.equal(ring.call("ringState"), RING_READY);
  if (specReading(before) === undefined) {
    assert.equal(toolReading(before), undefined);
    assert.equal(checked(before), undefined);
    return before;
  }
  assertAgreement(before, ring, TAGS);
  return before;
}

test("a fresh ring has no images, and nothing is wrong with it", () => {
  const bytes = agreeOn(new MemoryDisk());
  assert.equal(checked(bytes), undefined, "what was never a ring is none");
  const fresh = agreeOn(opened(new MemoryDisk()).settle().disk);
  assert.deepEqual(checked(fresh), { findings: [], notes: [], totals: [] });
});

test("several images, and one that went around the circle", () => {
  const severalBytes = agreeOn(several);
  assert.deepEqual([...(specReading(severalBytes)?.keys() ?? [])], TAGS);
  const said = specReading(agreeOn(around))?.get("ALPHA");
  assert.ok(said !== undefined && said.base > 0, "the oldest objects were given up");
  for (const disk of [several, around]) assert.deepEqual(checked(agreeOn(disk))?.findings, []);
});

test("a ring that a bridge opened again, cut and appended to", () => {
  const ring = opened(several.cut(() => "keep")).settle();
  const image = ring.call("imageFind", ring.handTag("BETA"));
  ring.call("imageSelect", image);
  ring.call("imageTruncate", image, 5n);
  appendTo(ring, { seed: 99, count: 2, bytes: 700 });
  ring.call("ringFlush");
  ring.settle();
  const said = specReading(agreeOn(ring.disk))?.get("BETA");
  assert.equal(said?.end, 7);
});

/** A place and what stands there afterwards. */
const spots = fc.array(
  fc.record({
    offset: fc.integer({ min: 0, max: RING_BYTES - 300 }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }),
  }),
  { minLength: 1, maxLength: 10 },
);

test("damage anywhere: all three lack the same objects", () => {
  fc.assert(
    fc.property(fc.boolean(), spots, (isAround, list) => {
      agreeOn(isAround ? around : several, (disk) => {
        for (const { offset, bytes } of list) disk.poke(offset, bytes);
      });
    }),
    { numRuns: 100 },
  );
});

test("what is missing of an image is what check calls wrong", () => {
  fc.assert(
    fc.property(spots, (list) => {
      const bytes = agreeOn(several, (disk) => {
        for (const { offset, bytes } of list) disk.poke(offset, bytes);
      });
      const result = checked(bytes);
      for (const [tag, { base, objects }] of specReading(bytes) ?? []) {
        const wrong = new Set(
          (result?.findings ?? [])
            .flatMap(({ objects }) => objects ?? [])
            .filter(({ volumeTag }) => volumeTag === tag)
            .flatMap(({ first, end }) => Array.from({ length: end - first }, (_, n) => first + n)),
        );
        objects.forEach((object, n) => {
          assert.equal(wrong.has(base + n), object === "missing", `${tag} ${base + n}`);
        });
      }
    }),
    { numRuns: 100 },
  );
});

test("sectors that the device does not give are wrong, the rest is read", () => {
  const bytes = bytesOf(several, RING_BYTES);
  const whole = opening(bytes);
  const [segment] = whole?.images[0]?.chain.segments ?? [];
  assert.ok(whole !== undefined && segment !== undefined);
  const from = segment.offset + 8192;
  const device = {
    sizeBytes: bytes.length,
    read: (offset: number, count: number) =>
      offset < from + 512 && offset + count > from
        ? bytes.subarray(0, 0)
        : bytes.subarray(offset, offset + count),
  };
  const { findings } = ran(checkRing({ ...whole, file: device }));
  assert.deepEqual(
    findings.map(({ at, what, objects }) => [at, what, objects?.first, objects?.end]),
    [[from, "the entry: the device does not give it", segment.first, segment.end]],
  );
});

/** A header with any numbers in it whose CRC is right: damage that no CRC finds. */
const forged = fc.record({
  where: fc.constantFrom(
    { at: 0, bytes: 8192 },
    { at: 32_768, bytes: 8192 },
    ...Array.from({ length: SEGMENTS }, (_, n) => 65_536 + n * SEGMENT_BYTES).flatMap((start) => [
      { at: start + 3968, bytes: 128 },
      { at: start + 4096, bytes: 128 },
      { at: start + 8192, bytes: 64 },
    ]),
  ),
  field: fc.nat({ max: 2047 }),
  value: fc.oneof(
    fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
    fc.bigInt({ min: 0n, max: 300n }),
  ),
});

test("no bytes make the tool throw, not even those with a right CRC", () => {
  fc.assert(
    fc.property(fc.array(forged, { minLength: 1, maxLength: 4 }), (list) => {
      const disk = several.cut(() => "keep");
      for (const { where, field, value } of list) {
        const header = Buffer.from(disk.read(where.at, where.bytes));
        header.writeBigUInt64LE(value, (field * 4) % (where.bytes - 11));
        header.writeUInt32LE(specCrc(header.subarray(0, -4)), where.bytes - 4);
        disk.poke(where.at, header);
      }
      const bytes = bytesOf(disk, RING_BYTES);
      const shown = opening(bytes);
      const found = [
        ...(checked(bytes)?.findings.flatMap(findingLines) ?? []),
        ...(shown === undefined ? [] : ringLines(ringDocument(shown))),
      ];
      assert.ok(
        found.every((line) => !/undefined|NaN/.test(line)),
        found.join(" | "),
      );
    }),
    { numRuns: 300 },
  );
});
