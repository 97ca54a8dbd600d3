/**
 * A device that gives back other bytes than were written: flipped, cut, swapped, stale, misdirected,
 * at every entry; rotten superblocks and segment headers; errors on write and on read. The ring may
 * lose what was damaged, it never gives a wrong object, and it always opens.
 */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import fc from "fast-check";
import { LOG_RING_BAD_ENTRY, LOG_RING_FORMATTED } from "../../assembly/spec/log-code.ts";
import {
  BAD_CRC,
  BAD_DATA,
  BAD_OFFSET,
  ENTRY_HEADER_BYTES,
  OPEN_HEADER_AT,
  RING_BROKEN,
  RING_HEAD_BYTES,
  RING_READY,
  SEAL_HEADER_AT,
  SUPERBLOCK_BYTES,
  SUPERBLOCK_COPY_BYTES,
  WALKER_CHECK,
  WALKER_FEED,
} from "../../assembly/spec/ring-layout.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { type FoundEntry, RingMachine, SEGMENT_BYTES, type TapeObject } from "./ring-machine.ts";
import { appendTo, same } from "./tape-model.ts";

const RING_BYTES = RING_HEAD_BYTES + 8 * SEGMENT_BYTES;
const EIO = 5;

/** A ring with one image, flushed; its last segment is open, and all are when `sealed` is false. */
interface Written {
  readonly disk: MemoryDisk;
  readonly objects: readonly TapeObject[];
  readonly entries: readonly FoundEntry[];
}

let sealed: Written;
let open: Written;

function write(bytesOf: (n: number) => number, entryCount: number): Written {
  const ring = new RingMachine(new MemoryDisk(), RING_BYTES).open();
  ring.call("imageSelect", ring.call("imageCreate", ring.handTag("TAPE"), 0n, 0n));
  const objects: TapeObject[] = [];
  for (let seed = 0; seed < entryCount; seed++) {
    objects.push(...appendTo(ring, { seed, count: 1 + (seed % 3), bytes: bytesOf(seed) }));
  }
  ring.call("ringJournalWrite", ring.hand(Buffer.from("owed")), 4);
  ring.call("ringFlush");
  ring.settle();
  const entries: FoundEntry[] = [];
  for (let n = 0; n < objects.length; n += entries.at(-1)?.count ?? 1) {
    const entry = ring.find(WALKER_FEED, n);
    assert.ok(entry);
    entries.push(entry);
  }
  return { disk: ring.disk, objects, entries };
}

before(() => {
  // Entries of the same length can be swapped; the filemarks are of another kind.
  sealed = write((n) => (n % 5 === 4 ? 0 : 1500), 30);
  open = write((n) => (n % 4 === 3 ? 0 : 700), 8);
});

const headerAt = (entry: FoundEntry) => entry.dataAt - ENTRY_HEADER_BYTES;

function flip(disk: MemoryDisk, offset: number, bit = 3): void {
  const [byte = 0] = disk.read(offset, 1);
  disk.poke(offset, Uint8Array.of(byte ^ (1 << bit)));
}

/** Opens a damaged copy: what it still has is right; answers the ring and its image's end. */
function openDamaged(from: Written, damage: (disk: MemoryDisk) => void) {
  const disk = from.disk.cut(() => "keep");
  damage(disk);
  const ring = new RingMachine(disk, RING_BYTES).open(7n);
  assert.equal(ring.call("ringState"), RING_READY);
  const image = ring.call("imageFind", ring.handTag("TAPE"));
  ring.call("imageSelect", image);
  const base = image < 0 ? 0 : ring.call("imageBase", image);
  const end = image < 0 ? 0 : ring.call("imageEnd", image);
  const there = from.objects.map((object, n) => {
    const found = n < base || n >= end ? undefined : ring.object(WALKER_CHECK, n);
    if (found !== undefined) assert.ok(same(found, object), `object ${n} is wrong`);
    return found !== undefined;
  });
  return { ring, end, there };
}

function reasons(ring: RingMachine): number[] {
  return ring.log.filter(({ code }) => code === LOG_RING_BAD_ENTRY).map(({ b }) => b);
}

test("in a segment that is not sealed the image ends before a damaged entry", () => {
  for (const entry of open.entries) {
    for (const at of [0, 5, 17, 33, 49, 57, 63]) {
      const { end } = openDamaged(open, (disk) => flip(disk, headerAt(entry) + at));
      assert.equal(end, entry.first);
    }
    if (entry.dataBytes === 0) continue;
    for (const at of [0, entry.dataBytes >> 1, entry.dataBytes - 1]) {
      const { ring, end } = openDamaged(open, (disk) => flip(disk, entry.dataAt + at));
      assert.equal(end, entry.first);
      assert.deepEqual(reasons(ring), [BAD_DATA]);
    }
  }
});

test("in a sealed segment only objects from the damage to the segment's end are missing", () => {
  for (const entry of sealed.entries) {
    const { ring, there } = openDamaged(sealed, (disk) => flip(disk, headerAt(entry) + 40));
    assert.equal(there[entry.first], false);
    assert.ok(there.slice(0, entry.first).every(Boolean));
    assert.ok(reasons(ring).includes(BAD_CRC));
  }
});

test("an entry that is cut off is found at every length", () => {
  for (const entry of open.entries) {
    for (const left of [0, 8, 63, 64, 65, ENTRY_HEADER_BYTES + (entry.dataBytes >> 1)]) {
      if (left >= ENTRY_HEADER_BYTES + entry.dataBytes) continue;
      const { end } = openDamaged(open, (disk) =>
        disk.poke(headerAt(entry) + left, new Uint8Array(SEGMENT_BYTES >> 1).fill(0xa5)),
      );
      assert.equal(end, entry.first);
    }
  }
});

test("two entries that changed places are both not believed", () => {
  const bytes = ENTRY_HEADER_BYTES + 1500;
  const alike = sealed.entries.filter((entry) => entry.dataBytes === 1500);
  for (let n = 1; n < alike.length; n++) {
    const [left, right] = [alike[n - 1], alike[n]];
    assert.ok(left && right);
    const { ring, there } = openDamaged(sealed, (disk) => {
      const [a, b] = [disk.read(headerAt(left), bytes), disk.read(headerAt(right), bytes)];
      disk.poke(headerAt(left), b);
      disk.poke(headerAt(right), a);
    });
    assert.equal(there[left.first], false);
    assert.equal(there[right.first], false);
    assert.ok(reasons(ring).includes(BAD_OFFSET));
  }
});

test("what an earlier use of the segment left is not believed", () => {
  const ring = new RingMachine(new MemoryDisk(), RING_HEAD_BYTES + 3 * SEGMENT_BYTES).open();
  const objects: TapeObject[] = [];
  ring.call("imageSelect", ring.call("imageCreate", ring.handTag("TAPE"), 0n, 0n));
  for (let seed = 0; seed < 50; seed++) {
    objects.push(...appendTo(ring, { seed, count: 1, bytes: 3000 }));
    ring.call("ringKeep", BigInt(objects.length));
  }
  ring.call("ringFlush");
  ring.settle();
  const again = new RingMachine(
    ring.disk.cut(() => "keep"),
    ring.sizeBytes,
  ).open();
  const image = again.call("imageFind", again.handTag("TAPE"));
  again.call("imageSelect", image);
  assert.equal(again.call("imageEnd", image), objects.length);
  assert.ok(again.call("imageBase", image) > 0);
  for (let n = again.call("imageBase", image); n < objects.length; n++) {
    assert.ok(same(again.object(WALKER_FEED, n), objects[n]));
  }
});

test("one rotten superblock loses nothing, two rotten ones format the ring", () => {
  const spots = [0, 9, 130, 1160, SUPERBLOCK_BYTES - 1];
  for (const copy of [0, SUPERBLOCK_COPY_BYTES]) {
    for (const spot of spots) {
      const { ring, there } = openDamaged(sealed, (disk) => flip(disk, copy + spot));
      assert.ok(there.every(Boolean));
      assert.equal(ring.journal().toString(), "owed");
    }
  }
  const { ring } = openDamaged(sealed, (disk) => {
    flip(disk, 0);
    flip(disk, SUPERBLOCK_COPY_BYTES + 200);
  });
  assert.ok(ring.log.some(({ code }) => code === LOG_RING_FORMATTED));
});

test("a segment header that rots in one of its two places loses nothing once sealed", () => {
  const segment = Math.floor(((sealed.entries[0]?.dataAt ?? 0) - RING_HEAD_BYTES) / SEGMENT_BYTES);
  const start = RING_HEAD_BYTES + segment * SEGMENT_BYTES;
  const again = new RingMachine(
    sealed.disk.cut(() => "keep"),
    RING_BYTES,
  )
    .open()
    .settle();
  const written = { ...sealed, disk: again.disk };
  for (const at of [OPEN_HEADER_AT, SEAL_HEADER_AT]) {
    const { there } = openDamaged(written, (disk) => flip(disk, start + at + 20));
    assert.ok(there.every(Boolean));
  }
});

test("a hole in the middle is never believed", () => {
  const starts = new Set(
    sealed.entries.map(({ dataAt }) => Math.floor((dataAt - RING_HEAD_BYTES) / SEGMENT_BYTES)),
  );
  assert.ok(starts.size >= 3);
  for (const segment of starts) {
    const { there } = openDamaged(sealed, (disk) =>
      disk.poke(RING_HEAD_BYTES + segment * SEGMENT_BYTES, new Uint8Array(SEGMENT_BYTES)),
    );
    const first = there.indexOf(true);
    const last = there.lastIndexOf(true);
    if (first >= 0) assert.ok(there.slice(first, last + 1).every(Boolean));
    assert.ok(there.includes(false));
  }
});

test("any bytes anywhere: the ring opens and gives nothing wrong", () => {
  const spot = fc.record({
    offset: fc.integer({ min: 0, max: RING_BYTES - 200 }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 200 }),
  });
  const spots = fc.array(fc.oneof(spot, spot), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(spots, (list) => {
      openDamaged(sealed, (disk) => {
        for (const { offset, bytes } of list) disk.poke(offset, bytes);
      });
    }),
    { numRuns: 150 },
  );
});

test("after a write error the ring goes on in memory, beyond its size", () => {
  const ring = new RingMachine(new MemoryDisk(), RING_BYTES).open();
  const image = ring.call("imageCreate", ring.handTag("TAPE"), 0n, 0n);
  ring.call("imageSelect", image);
  const objects = [...appendTo(ring, { seed: 1, count: 2, bytes: 500 })];
  ring.settle();
  ring.writeFault = EIO;
  objects.push(...appendTo(ring, { seed: 2, count: 1, bytes: 500 }));
  ring.settle();
  assert.equal(ring.call("ringState"), RING_BROKEN);
  assert.equal(ring.call("ringFault"), EIO);
  assert.equal(ring.lostCount, 1);
  for (let seed = 3; seed < 20; seed++) {
    objects.push(...appendTo(ring, { seed, count: 1, bytes: 900 }));
  }
  assert.equal(ring.outstanding, 0, "nothing more is written");
  assert.equal(ring.call("imageEnd", image), objects.length);
  for (let n = 3; n < objects.length; n++) {
    assert.ok((ring.find(WALKER_FEED, n)?.dataAt ?? 0) >= RING_BYTES);
    assert.ok(same(ring.object(WALKER_FEED, n), objects[n]));
  }
  assert.ok(ring.call("ringDurable") <= 2);
  assert.equal(ring.call("ringFlushPending"), 0);
  ring.call("imageTruncate", image, 6n);
  objects.length = 6;
  objects.push(...appendTo(ring, { seed: 30, count: 1, bytes: 100 }));
  assert.ok(same(ring.object(WALKER_FEED, 6), objects[6]));
});

test("a device that cannot be read is not written over", () => {
  const ring = new RingMachine(
    sealed.disk.cut(() => "keep"),
    RING_BYTES,
  );
  ring.readFault = EIO;
  ring.open();
  assert.equal(ring.call("ringState"), RING_BROKEN);
  const again = new RingMachine(ring.disk, RING_BYTES).open();
  assert.ok(again.call("imageFind", again.handTag("TAPE")) >= 0);
});
