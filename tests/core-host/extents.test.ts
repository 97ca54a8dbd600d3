import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32c } from "@node-rs/crc32";
import fc from "fast-check";
import { type Extent, type ExtentFault, Extents } from "../../host/lane/extents.ts";

const KIB = 1024;
const BOUND = 1024 * KIB;
const EXTRA = 16 * 1024 * KIB;
/** Ring offsets are multiples of this, so that extents do not overlap. */
const PLACE_BYTES = 512 * KIB;

interface PendingLoad {
  readonly offset: number;
  readonly into: Uint8Array;
  readonly done: (errno: number, bytes: number) => void;
}

/** A ring in memory whose reads end when the test says so. */
class Ring {
  readonly content = new Map<number, Uint8Array>();
  readonly pending: PendingLoad[] = [];
  readonly load = (offset: number, into: Uint8Array, done: PendingLoad["done"]): void => {
    this.pending.push({ offset, into, done });
  };
  finishLoad(errno = 0): boolean {
    const next = this.pending.shift();
    if (next === undefined) {
      return false;
    }
    const bytes = this.content.get(next.offset)?.subarray(0, next.into.length);
    next.into.set(bytes ?? []);
    next.done(errno, bytes?.length ?? 0);
    return true;
  }
}

function setUp(bytesMax = BOUND) {
  const ring = new Ring();
  return { ring, extents: new Extents(bytesMax, ring.load, crc32c) };
}

/** Allocates at once and fills. */
function received(extents: Extents, at: number, bytes: number, fill: number): Extent {
  let extent: Extent | undefined;
  extents.allocate(at, bytes, (room) => {
    extent = room;
  });
  assert.ok(extent !== undefined, "there was room");
  extent.view.fill(fill);
  extent.crc = crc32c(extent.view);
  return extent;
}

function isExtent(found: Extent | ExtentFault | undefined): found is Extent {
  return found !== undefined && "view" in found;
}

test("an extent is sent from the very bytes that were received", () => {
  const { ring, extents } = setUp();
  const extent = received(extents, 64, 1000, 7);
  extents.unpin(extent);
  let found: Extent | ExtentFault | undefined;
  extents.obtain(64, 1000, extent.crc ?? 0, (one) => {
    found = one;
  });
  assert.ok(found === extent);
  assert.equal(ring.pending.length, 0);
});

test("memory is free once the drive has it and the ring write ended", () => {
  const { extents } = setUp();
  const extent = received(extents, 64, 100 * KIB, 7);
  extents.pin(extent);
  extents.unpin(extent);
  extents.sent(extent);
  assert.ok(extents.find(64) === extent, "the ring write still reads it");
  extents.unpin(extent);
  assert.ok(extents.find(64) === undefined);
  const next = received(extents, 128, 100 * KIB, 8);
  assert.ok(next.buffer === extent.buffer);
});

test("what the ring does not have waits in memory, and the server with it", () => {
  const { extents } = setUp();
  const held = [0, 1, 2, 3].map((place) =>
    received(extents, place * PLACE_BYTES, 256 * KIB, place),
  );
  for (const extent of held) {
    extents.unpin(extent);
  }
  let late: Extent | undefined;
  extents.allocate(9 * PLACE_BYTES, 256 * KIB, (extent) => {
    late = extent;
  });
  assert.ok(late === undefined);
  const [first] = held;
  assert.ok(first !== undefined);
  extents.pin(first);
  first.isWritten = true;
  extents.unpin(first);
  assert.ok(isExtent(late), "the oldest that the ring has made room");
  assert.ok(extents.find(0) === undefined);
  assert.ok(extents.find(PLACE_BYTES) === held[1]);
});

test("a call-off while waiting takes no memory", () => {
  const { extents } = setUp(64 * KIB);
  const first = received(extents, 0, 64 * KIB, 1);
  let served = 0;
  const callOff = extents.allocate(PLACE_BYTES, 64 * KIB, () => {
    served += 1;
  });
  callOff();
  extents.sent(first);
  extents.unpin(first);
  assert.equal(served, 0);
  received(extents, 2 * PLACE_BYTES, 64 * KIB, 2);
});

test("what is not in memory is loaded once, checked, and shared", () => {
  const { ring, extents } = setUp();
  const data = new Uint8Array(5000).fill(3);
  ring.content.set(64, data);
  const found: (Extent | ExtentFault)[] = [];
  extents.prefetch(64, 5000, crc32c(data));
  extents.prefetch(64, 5000, crc32c(data));
  extents.obtain(64, 5000, crc32c(data), (one) => found.push(one));
  assert.equal(ring.pending.length, 1);
  ring.finishLoad();
  assert.deepEqual(
    found.map((one) => isExtent(one) && one.view[4999]),
    [3],
  );
});

test("rotten, short and unreadable extents are faults", () => {
  const { ring, extents } = setUp();
  const faults: (Extent | ExtentFault)[] = [];
  const data = new Uint8Array(5000);
  const ask = (): void => extents.obtain(64, 5000, crc32c(data), (found) => faults.push(found));
  ring.content.set(64, data.slice().fill(1, 4999));
  ask();
  ring.finishLoad();
  ring.content.set(64, data.subarray(1));
  ask();
  ring.finishLoad();
  ask();
  ring.finishLoad(28);
  assert.deepEqual(faults, [{ errno: 0 }, { errno: 5 }, { errno: 28 }]);
  assert.ok(extents.find(64) === undefined);
});

test("the drive's next record is loaded even when the server holds all memory", () => {
  const { ring, extents } = setUp();
  for (const place of [0, 1, 2, 3]) {
    received(extents, place * PLACE_BYTES, 256 * KIB, place);
  }
  const data = new Uint8Array(8 * 1024 * KIB).fill(5);
  ring.content.set(9 * PLACE_BYTES, data);
  let found: Extent | ExtentFault | undefined;
  extents.obtain(9 * PLACE_BYTES, data.length, crc32c(data), (one) => {
    found = one;
  });
  ring.finishLoad();
  assert.ok(isExtent(found));
  extents.sent(found);
  extents.unpin(found);
  assert.ok(extents.bytes <= BOUND, "what was taken beyond the bound is given back");
});

interface Model {
  readonly extents: Extents;
  readonly ring: Ring;
  /** What the server wrote, by offset. */
  readonly truth: Map<
    number,
    { readonly bytes: number; readonly fill: number; readonly crc: number }
  >;
  /** Ring writes and sends that are out. */
  readonly busy: { readonly extent: Extent; readonly kind: "write" | "send" }[];
}

function checkBuffers({ busy, extents, truth }: Model): void {
  for (const { extent } of busy) {
    const others = busy.filter(({ extent: other }) => other.buffer === extent.buffer);
    assert.ok(
      others.every(({ extent: other }) => other === extent),
      "one buffer, one extent",
    );
  }
  for (const [at, { fill }] of truth) {
    const extent = extents.find(at);
    if (extent?.crc !== undefined) {
      assert.ok(
        extent.view.every((byte) => byte === fill),
        "resident bytes are the server's",
      );
    }
  }
  assert.ok(extents.bytes <= BOUND + EXTRA);
}

interface Op {
  readonly kind: "receive" | "write" | "send" | "finish" | "load";
  readonly n: number;
}

function apply(model: Model, op: Op, fill: number): void {
  const { extents, ring, truth, busy } = model;
  const at = (op.n % 6) * PLACE_BYTES;
  const known = truth.get(at);
  switch (op.kind) {
    case "receive": {
      const bytes = 1 + ((op.n * 7919) % (300 * KIB));
      extents.allocate(at, bytes, (extent) => {
        extent.view.fill(fill);
        extent.crc = crc32c(extent.view);
        truth.set(at, { bytes, fill, crc: extent.crc });
        ring.content.delete(at);
        extents.unpin(extent);
      });
      return;
    }
    case "write": {
      const extent = extents.find(at);
      if (extent?.crc !== undefined && !extent.isWritten) {
        extents.pin(extent);
        busy.push({ extent, kind: "write" });
      }
      return;
    }
    case "send":
      if (known !== undefined && (extents.find(at) !== undefined || ring.content.has(at))) {
        extents.obtain(at, known.bytes, known.crc, (found) => {
          if (isExtent(found)) {
            assert.ok(
              found.view.every((byte) => byte === known.fill),
              "sent is what was written",
            );
            busy.push({ extent: found, kind: "send" });
          }
        });
      }
      return;
    case "finish":
      finishOne(model, op.n);
      return;
    case "load":
      ring.finishLoad();
  }
}

function finishOne({ extents, ring, busy }: Model, n: number): void {
  const [one] = busy.splice(n % Math.max(1, busy.length), 1);
  if (one === undefined) {
    return;
  }
  if (one.kind === "write") {
    one.extent.isWritten = true;
    if (extents.find(one.extent.at) === one.extent) {
      ring.content.set(one.extent.at, one.extent.view.slice());
    }
  } else {
    extents.sent(one.extent);
  }
  extents.unpin(one.extent);
}

test("any order of receiving, writing, sending and loading keeps bytes, buffers and bounds", () => {
  const ops = fc.array(
    fc.record({
      kind: fc.constantFrom<Op["kind"]>("receive", "write", "send", "finish", "load"),
      n: fc.nat(1000),
    }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(ops, (list) => {
      const model: Model = { ...setUp(), truth: new Map(), busy: [] };
      for (const [index, op] of list.entries()) {
        apply(model, op, index + 1);
        checkBuffers(model);
      }
      while (model.busy.length > 0 || model.ring.pending.length > 0) {
        finishOne(model, 0);
        model.ring.finishLoad();
        checkBuffers(model);
      }
    }),
    { numRuns: 200 },
  );
});

test("a lost ring: what its writes hold does not count, what is unsent is never given up", () => {
  const { ring, extents } = setUp();
  const hanging = received(extents, 0, 512 * KIB, 1);
  const written = received(extents, PLACE_BYTES, 256 * KIB, 2);
  extents.pin(hanging);
  extents.unpin(hanging);
  written.isWritten = true;
  extents.unpin(written);
  extents.ringLost([hanging]);
  assert.equal(extents.bytes, 256 * KIB);
  // The bound is there for the stream again; the hanging write keeps its own memory.
  const next = received(extents, 2 * PLACE_BYTES, 512 * KIB, 3);
  const more: Extent[] = [];
  extents.allocate(3 * PLACE_BYTES, 512 * KIB, (extent) => more.push(extent));
  assert.equal(more.length, 0, "nothing unsent was given up for it");
  assert.ok(extents.find(PLACE_BYTES) === written);
  assert.equal(ring.pending.length, 0);
  extents.sent(written);
  extents.sent(next);
  extents.unpin(next);
  assert.equal(more.length, 1);
  extents.sent(hanging);
  extents.unpin(hanging);
  assert.ok(more[0]?.buffer !== hanging.buffer);
  assert.equal(extents.find(0), undefined);
});

test("the core that gave the ring up has gone: nothing that it had stays in memory", () => {
  const { ring, extents } = setUp();
  const written = received(extents, 0, 256 * KIB, 1);
  written.isWritten = true;
  extents.unpin(written);
  const hanging = received(extents, PLACE_BYTES, 256 * KIB, 2);
  extents.prefetch(2 * PLACE_BYTES, 256 * KIB, 5);
  extents.ringLost([hanging]);
  extents.forgetUnwritten();
  assert.equal(extents.find(0), undefined);
  // The successor says it again; what is written off stays so.
  const { bytes } = extents;
  extents.ringLost([hanging]);
  assert.equal(extents.bytes, bytes);
  extents.unpin(hanging);
  assert.equal(extents.find(PLACE_BYTES), undefined);
  assert.equal(ring.pending.length, 1);
});

test("what was fetched again is kept until it is sent; what is in memory is not replaced", () => {
  const { ring, extents } = setUp();
  const bytes = Buffer.alloc(100 * KIB, 7);
  extents.supply(0, bytes, crc32c(bytes));
  bytes.fill(8);
  received(extents, PLACE_BYTES, 512 * KIB, 1);
  let found: Extent | ExtentFault | undefined;
  extents.obtain(0, 100 * KIB, crc32c(Buffer.alloc(100 * KIB, 7)), (extent) => {
    found = extent;
  });
  assert.ok(isExtent(found));
  assert.ok(found.view.every((byte) => byte === 7));
  assert.equal(ring.pending.length, 0);
  extents.supply(0, bytes, crc32c(bytes));
  assert.ok(extents.find(0) === found);
  extents.sent(found);
  extents.unpin(found);
  assert.equal(extents.find(0), undefined);
});
