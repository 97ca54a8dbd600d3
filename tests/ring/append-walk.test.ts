/** The ring against a plain array: appends, cuts, several images, restarts, reclaim, lookups. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LOG_RING_FORMATTED } from "../../assembly/spec/log-code.ts";
import {
  RING_HEAD_BYTES,
  RING_READY,
  WALKER_CHECK,
  WALKER_FEED,
  WALKER_SERVER,
} from "../../assembly/spec/ring-layout.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { RingMachine, SEGMENT_BYTES, type TapeObject } from "./ring-machine.ts";
import { appendTo, countFilemarks, same } from "./tape-model.ts";

const SEGMENTS = 12;
const RING_BYTES = RING_HEAD_BYTES + SEGMENTS * SEGMENT_BYTES;

type Story =
  | { do: "append"; count: number; bytes: number }
  | { do: "truncate"; share: number }
  | { do: "select"; tape: number }
  | { do: "create" }
  | { do: "keep"; share: number }
  | { do: "restart" };

const STORY: fc.Arbitrary<Story> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant("append" as const),
      count: fc.integer({ min: 1, max: 6 }),
      bytes: fc.oneof(fc.constant(0), fc.integer({ min: 4, max: 4000 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("truncate" as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("select" as const),
      tape: fc.integer({ min: 0, max: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "create" as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("keep" as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "restart" as const }) },
);

/** A ring and what each of three tapes should hold. */
class Twin {
  ring = new RingMachine(new MemoryDisk(), RING_BYTES).open();
  readonly tapes: TapeObject[][] = [[], [], []];
  tape = 0;
  seed = 0;
  kept = 0;

  image(): number {
    return this.ring.call("imageFind", this.ring.handTag(`TAPE${this.tape}`));
  }

  objects(): TapeObject[] {
    return this.tapes[this.tape] ?? [];
  }

  select(): void {
    if (this.image() < 0) {
      const end = this.objects().length;
      const marks = countFilemarks(this.objects());
      const tagAt = this.ring.handTag(`TAPE${this.tape}`);
      this.ring.call("imageCreate", tagAt, BigInt(end), BigInt(marks));
    }
    this.kept = 0;
    this.ring.call("imageSelect", this.image());
  }

  tell(story: Story): void {
    if (story.do === "append") {
      this.seed += 1;
      this.objects().push(...appendTo(this.ring, { seed: this.seed, ...story }));
    } else if (story.do === "truncate") {
      const base = this.ring.call("imageBase", this.image());
      const object = base + Math.floor(story.share * (this.objects().length - base));
      this.ring.call("imageTruncate", this.image(), BigInt(object));
      this.objects().length = object;
      this.kept = Math.min(this.kept, object);
      this.ring.call("ringKeep", BigInt(this.kept));
    } else if (story.do === "keep") {
      this.kept = Math.floor(story.share * this.objects().length);
      this.ring.call("ringKeep", BigInt(this.kept));
    } else {
      this.change(story);
    }
  }

  change(story: Story): void {
    if (story.do === "select") {
      this.tape = story.tape;
    } else if (story.do === "create") {
      this.objects().length = 0;
      this.ring.call("imageDrop", this.image());
    } else {
      const { disk } = this.ring.settle();
      this.ring = new RingMachine(disk, RING_BYTES).open();
      assert.equal(this.ring.call("ringState"), RING_READY);
      assert.ok(!this.ring.log.some(({ code }) => code === LOG_RING_FORMATTED));
    }
    this.select();
  }

  check(walker: number): void {
    const { ring } = this;
    const objects = this.objects();
    const base = ring.call("imageBase", this.image());
    while (ring.call("ringWaiting") === 1 && ring.outstanding > 0) ring.complete(0);
    assert.equal(ring.call("imageEnd", this.image()), objects.length);
    assert.equal(ring.call("imageFilemarks", this.image()), countFilemarks(objects));
    for (let n = base; n < objects.length; n++) {
      const found = ring.object(walker, n);
      assert.ok(same(found, objects[n]), `object ${n} of [${base}, ${objects.length})`);
    }
    const before = countFilemarks(objects, base);
    for (let mark = before; mark < countFilemarks(objects); mark++) {
      const entry = ring.findFilemark(WALKER_SERVER, mark);
      assert.ok(entry);
      const object = entry.first + (mark - entry.filemarksBefore);
      assert.equal(objects[object], "filemark");
      assert.equal(countFilemarks(objects, object), mark);
    }
    assert.equal(ring.findFilemark(WALKER_SERVER, countFilemarks(objects)), undefined);
    assert.equal(ring.find(walker, objects.length), undefined);
  }
}

test("any story leaves the ring as the array", () => {
  const stories = fc.array(STORY, { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(stories, (list) => {
      const twin = new Twin();
      twin.select();
      list.forEach((story, n) => {
        twin.tell(story);
        if (n % 8 === 7) twin.check(WALKER_CHECK);
      });
      twin.check(WALKER_FEED);
      twin.ring.settle();
      twin.change({ do: "restart" });
      twin.check(WALKER_FEED);
    }),
    { numRuns: 120 },
  );
});

test("objects that must be kept survive a full ring, others make room", () => {
  const twin = new Twin();
  twin.select();
  const { ring } = twin;
  const story: Story = { do: "append", count: 1, bytes: 4000 };
  for (let before = -1; twin.objects().length > before; ) {
    before = twin.objects().length;
    twin.tell(story);
  }
  assert.equal(ring.call("imageBase", 0), 0, "nothing was given up");
  assert.equal(ring.call("ringWaiting"), 0);
  const full = twin.objects().length;
  assert.ok(full >= SEGMENTS * 5);
  ring.call("ringKeep", BigInt(full >> 1));
  assert.ok(ring.call("ringRoom") > 4 * SEGMENT_BYTES);
  for (let n = 0; n < 20; n++) twin.tell(story);
  assert.equal(twin.objects().length, full + 20);
  const base = ring.call("imageBase", 0);
  assert.ok(base > 0 && base <= full >> 1);
  twin.check(WALKER_FEED);
});

test("walking an image from the disk reads each header at most once", () => {
  const twin = new Twin();
  twin.select();
  for (let n = 0; n < 40; n++) twin.tell({ do: "append", count: 1, bytes: 3000 });
  twin.ring.reads = 0;
  for (let n = 0; n < 40; n++) twin.ring.object(WALKER_FEED, n);
  assert.equal(twin.ring.reads, 0, "the newest are in memory");
  twin.ring.settle();
  twin.change({ do: "restart" });
  twin.ring.reads = 0;
  for (let n = 0; n < 40; n++) assert.ok(twin.ring.object(WALKER_FEED, n));
  assert.ok(twin.ring.reads <= 40, `${twin.ring.reads} reads`);
});

test("the least recently used of too many images goes", () => {
  const ring = new RingMachine(new MemoryDisk(), RING_BYTES).open();
  for (let n = 0; n < 70; n++) ring.call("imageCreate", ring.handTag(`T${n}`), 0n, 0n);
  assert.equal(ring.call("imageFind", ring.handTag("T5")), -1);
  assert.ok(ring.call("imageFind", ring.handTag("T6")) >= 0);
  assert.ok(ring.call("imageFind", ring.handTag("T69")) >= 0);
});
