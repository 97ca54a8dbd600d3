/** An image as the bytes of a tape file: in bounded pieces, and never a wrong one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { copyImage } from "../../tools/ring/copy-image.ts";
import { EqualRecords } from "../../tools/ring/tape-format.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { bytesOf, opening, ran } from "./readers.ts";
import { RingMachine, SEGMENT_BYTES } from "./ring-machine.ts";
import { type SpecImage, specRead } from "./spec-reader.ts";
import { appendTo, makeRecords } from "./tape-model.ts";

const RING_BYTES = 65_536 + 5 * SEGMENT_BYTES;
const PIECE_BYTES_MAX = 4_194_304;
const TAG = "TAPE";

function makeRing(ringBytes: number, segmentBytes: number): RingMachine {
  const ring = new RingMachine(new MemoryDisk(), ringBytes).open(1n, segmentBytes);
  ring.call("imageSelect", ring.call("imageCreate", ring.handTag(TAG), 0n, 0n));
  return ring;
}

/** The ring at rest. */
function settled(ring: RingMachine): Buffer {
  ring.call("ringFlush");
  ring.settle();
  return bytesOf(ring.disk, ring.sizeBytes);
}

/** Bytes in a row. */
function collector() {
  const parts: Buffer[] = [];
  const put = (bytes: Buffer) => {
    parts.push(Buffer.from(bytes));
  };
  return { put, bytes: () => Buffer.concat(parts) };
}

/** A record in the format, written once more from its description. */
function framed(data: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(data.length);
  return Buffer.concat([length, data, Buffer.alloc(data.length & 1), length]);
}

/** The tape file of an image as the reader from SPEC.md has it; undefined: it lacks objects. */
function tapeOf({ objects }: SpecImage): Buffer | undefined {
  const parts: Buffer[] = [];
  for (const object of objects) {
    if (object === undefined) return undefined;
    parts.push(object.kind === "filemark" ? Buffer.alloc(4) : framed(object.data));
  }
  return Buffer.concat(parts);
}

/** What is saved of the image; undefined: nothing, for a reason that is told. */
function saved(bytes: Buffer): Buffer | undefined {
  const opened = opening(bytes);
  const image = opened?.images.find(({ row }) => row.volumeTag === TAG);
  if (opened === undefined || image === undefined) return undefined;
  const sink = collector();
  const copied = ran(copyImage(opened, image, sink));
  return "means" in copied ? undefined : sink.bytes();
}

test("records out of pieces of any size", () => {
  const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 40 });
  const shape = fc.record({
    count: fc.integer({ min: 1, max: 9 }),
    cut: fc.integer({ min: 0, max: 8 }),
    bytes: fc.integer({ min: 4, max: 30 }),
  });
  fc.assert(
    fc.property(shape, pieces, ({ count, cut, bytes }, sizes) => {
      const records = makeRecords(1, count, bytes);
      const left = Math.max(1, count - cut);
      const sink = collector();
      const framer = new EqualRecords(left, bytes, sink);
      const data = Buffer.concat(records);
      for (let at = 0, n = 0; at < data.length; n++) {
        const size = sizes[n % sizes.length] ?? 1;
        framer.put(data.subarray(at, at + size));
        at += size;
      }
      assert.deepEqual(sink.bytes(), Buffer.concat(records.slice(0, left).map(framed)));
    }),
  );
});

test("an entry that is longer than what is in memory at a time", () => {
  const segmentBytes = 16_777_216;
  const ring = makeRing(65_536 + 2 * segmentBytes, segmentBytes);
  appendTo(ring, { seed: 1, count: 3, bytes: 3_000_001 });
  appendTo(ring, { seed: 2, count: 1, bytes: 0 });
  ring.call("imageSelect", -1);
  const opened = opening(settled(ring));
  const image = opened?.images[0];
  assert.ok(opened !== undefined && image !== undefined);
  let longest = 0;
  const { file } = opened;
  const read = (offset: number, bytes: number) => {
    longest = Math.max(longest, bytes);
    return file.read(offset, bytes);
  };
  const sink = collector();
  const steps = [...copyImage({ ...opened, file: { ...file, read } }, image, sink)];
  assert.equal(longest, PIECE_BYTES_MAX);
  assert.ok(steps.length >= 4, "a signal is heard between the pieces");
  const records = makeRecords(1, 3, 3_000_001).map(framed);
  assert.ok(sink.bytes().equals(Buffer.concat([...records, Buffer.alloc(4)])));
});

test("lengths that the format cannot say are refused", () => {
  const segmentBytes = 33_554_432;
  const ring = makeRing(65_536 + segmentBytes, segmentBytes);
  appendTo(ring, { seed: 1, count: 1, bytes: 0x100_0000 });
  assert.equal(saved(settled(ring)), undefined);
});

test("a ring with bytes that are not its own: the image as it is read, or nothing", () => {
  const ring = makeRing(RING_BYTES, SEGMENT_BYTES);
  for (let seed = 0; seed < 24; seed++) {
    appendTo(ring, { seed, count: 1 + (seed % 3), bytes: seed % 5 === 4 ? 0 : 1501 });
  }
  const right = settled(ring);
  const [image] = specRead(right) ?? [];
  assert.ok(image !== undefined);
  const tape = tapeOf(image);
  assert.ok(tape !== undefined && saved(right)?.equals(tape));
  const seen = { saved: 0, refused: 0 };
  const offset = fc.oneof(fc.nat({ max: RING_BYTES - 1 }), fc.nat({ max: 65_536 + 16_384 }));
  const spot = fc.record({ offset, mask: fc.integer({ min: 1, max: 255 }) });
  fc.assert(
    fc.property(fc.array(spot, { minLength: 1, maxLength: 3 }), (spots) => {
      const bytes = Buffer.from(right);
      for (const { offset, mask } of spots)
        bytes.writeUInt8(bytes.readUInt8(offset) ^ mask, offset);
      const found = saved(bytes);
      seen[found === undefined ? "refused" : "saved"] += 1;
      if (found === undefined) return;
      const said = specRead(bytes)?.find(({ volumeTag }) => volumeTag === TAG);
      assert.ok(said !== undefined && tapeOf(said)?.equals(found));
      assert.ok(tape.subarray(0, found.length).equals(found), "from the first object on");
    }),
    { numRuns: 200 },
  );
  assert.ok(seen.saved > 0 && seen.refused > 0, JSON.stringify(seen));
});
