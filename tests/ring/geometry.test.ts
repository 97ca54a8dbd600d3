/** Sizes: the smallest ring, one for 18 TB, one that has grown, one that does not fit any more. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LOG_RING_FORMATTED } from "../../assembly/spec/log-code.ts";
import {
  RING_BYTES_MIN,
  RING_HEAD_BYTES,
  RING_READY,
  SEGMENT_BYTES_MIN,
  WALKER_FEED,
} from "../../assembly/spec/ring-layout.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { RingMachine, SEGMENT_BYTES } from "./ring-machine.ts";
import { appendTo, same } from "./tape-model.ts";

const RECORD_BYTES_MAX = 8 * 1024 * 1024;
const LARGE_BYTES = 18e12;
const INDEX_BYTES_MAX = 32 * 1024 * 1024;

const formatted = (ring: RingMachine) => ring.log.some(({ code }) => code === LOG_RING_FORMATTED);

test("the smallest ring takes the longest records", () => {
  const ring = new RingMachine(new MemoryDisk(), RING_BYTES_MIN).open(1n, SEGMENT_BYTES_MIN);
  ring.call("imageSelect", ring.call("imageCreate", ring.handTag("TAPE"), 0n, 0n));
  const objects = [1, 2].flatMap((seed) =>
    appendTo(ring, { seed, count: 1, bytes: RECORD_BYTES_MAX }),
  );
  assert.equal(objects.length, 2);
  assert.ok(same(ring.object(WALKER_FEED, 1), objects[1]));
});

test("18 TB fit the static index", () => {
  const disk = new MemoryDisk();
  const ring = new RingMachine(disk, LARGE_BYTES).open(1n, SEGMENT_BYTES_MIN).settle();
  assert.equal(ring.call("ringState"), RING_READY);
  ring.call("imageSelect", ring.call("imageCreate", ring.handTag("TAPE"), 0n, 0n));
  assert.equal(appendTo(ring, { seed: 1, count: 1, bytes: 65_536 }).length, 1);
  assert.ok(ring.call("ringRoom") > LARGE_BYTES * 0.99);
  const perSegment = ring.call("ringIndexBytes");
  const segments = Math.ceil(LARGE_BYTES / ring.call("ringUsed"));
  assert.ok(segments <= 65_536);
  assert.ok(perSegment * segments <= INDEX_BYTES_MAX);
  ring.settle();
  const again = new RingMachine(disk, LARGE_BYTES).open(2n, SEGMENT_BYTES_MIN);
  assert.equal(again.call("ringState"), RING_READY);
  assert.ok(!formatted(again));
});

test("a flush is asked for within a segment, every 64 MiB", () => {
  const segmentBytes = 16 * RECORD_BYTES_MAX;
  const sizeBytes = RING_HEAD_BYTES + 3 * segmentBytes;
  const ring = new RingMachine(new MemoryDisk(), sizeBytes).open(1n, segmentBytes).settle();
  ring.call("imageSelect", ring.call("imageCreate", ring.handTag("TAPE"), 0n, 0n));
  ring.settle();
  const pending = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((seed) => {
    assert.equal(appendTo(ring, { seed, count: 1, bytes: RECORD_BYTES_MAX }).length, 1);
    return ring.call("ringFlushPending");
  });
  assert.deepEqual(pending, [0, 0, 0, 0, 0, 0, 0, 1, 1]);
});

test("a device that has grown keeps its ring, one that has shrunk is formatted", () => {
  const size = RING_HEAD_BYTES + 4 * SEGMENT_BYTES;
  const disk = new MemoryDisk();
  const ring = new RingMachine(disk, size).open();
  ring.call("imageSelect", ring.call("imageCreate", ring.handTag("TAPE"), 0n, 0n));
  const objects = appendTo(ring, { seed: 1, count: 3, bytes: 100 });
  ring.settle();
  const grown = new RingMachine(disk, size + 4 * SEGMENT_BYTES).open().settle();
  assert.ok(!formatted(grown));
  grown.call("imageSelect", 0);
  assert.ok(same(grown.object(WALKER_FEED, 2), objects[2]));
  assert.ok(grown.call("ringRoom") > 5 * (SEGMENT_BYTES - 8192));
  const shrunk = new RingMachine(disk, size - SEGMENT_BYTES).open(5n);
  assert.equal(shrunk.call("ringState"), RING_READY);
  assert.ok(formatted(shrunk));
  assert.equal(shrunk.call("imageFind", shrunk.handTag("TAPE")), -1);
});
