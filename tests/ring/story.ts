/**
 * A ring with two tapes, told what to do by a seed: appends, cuts, drops, mounts, flushes, with
 * completions in any order; and the same as plain arrays, with what the ring has promised. A power
 * cut keeps, drops or tears what no flush covered.
 */
import assert from "node:assert/strict";
import { LOG_RING_FORMATTED } from "../../assembly/spec/log-code.ts";
import { RING_HEAD_BYTES, RING_READY, WALKER_FEED } from "../../assembly/spec/ring-layout.ts";
import { type CutFate, MemoryDisk } from "./memory-disk.ts";
import { RingMachine, SEGMENT_BYTES, type TapeObject } from "./ring-machine.ts";
import { appendTo, countFilemarks, same } from "./tape-model.ts";

export type Random = (below: number) => number;

/** Mulberry32: small, seeded, good enough to choose among fates. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

interface Tape {
  /** What is on it now. */
  objects: TapeObject[];
  /** What was on it before cuts and drops that need not be durable yet; undefined: no image. */
  earlier: (TapeObject[] | undefined)[];
  /** So many of `objects` are promised. */
  durable: number;
  /** The first object that the image has. */
  base: number;
}

export class Story {
  readonly random: Random;
  readonly ringBytes: number;
  ring: RingMachine;
  tapes: Tape[];
  tape = 0;
  seed = 0;
  journals = [""];

  constructor(random: Random, segments: number, disk = new MemoryDisk()) {
    this.random = random;
    this.ringBytes = RING_HEAD_BYTES + segments * SEGMENT_BYTES;
    this.ring = new RingMachine(disk, this.ringBytes).open();
    this.tapes = [0, 1].map(() => ({ objects: [], earlier: [undefined], durable: 0, base: 0 }));
    this.mount(0);
  }

  get now(): Tape {
    const tape = this.tapes[this.tape];
    assert.ok(tape);
    return tape;
  }

  image(tape = this.tape, ring = this.ring): number {
    return ring.call("imageFind", ring.handTag(`TAPE${tape}`));
  }

  mount(tape: number): void {
    this.note();
    this.tape = tape;
    if (this.image() < 0) {
      const { now } = this;
      now.earlier.push(undefined);
      now.base = now.objects.length;
      now.durable = 0;
      const marks = countFilemarks(now.objects);
      const tagAt = this.ring.handTag(`TAPE${tape}`);
      this.ring.call("imageCreate", tagAt, BigInt(now.base), BigInt(marks));
    }
    this.ring.call("imageSelect", this.image());
  }

  /** Takes down what the ring promises now. */
  note(): void {
    const { now, ring } = this;
    if (this.image() < 0) return;
    now.durable = ring.call("ringDurable");
    now.base = ring.call("imageBase", this.image());
    if (ring.call("ringJournalDurable") === 1) this.journals = this.journals.slice(-1);
    const rests = ring.outstanding === 0 && ring.call("ringFlushPending") === 0;
    if (rests && ring.call("ringWaiting") === 0) for (const tape of this.tapes) tape.earlier = [];
  }

  step(): void {
    const { random, ring, now } = this;
    const what = random(40);
    if (what < 14) {
      if (ring.outstanding > 0) ring.complete(random(Math.min(ring.outstanding, 6)));
    } else if (what < 28) this.append();
    else if (what < 31) ring.call("ringFlush");
    else if (what < 33) this.cut(now.base + random(now.objects.length - now.base + 1));
    else if (what === 33) this.mount(random(this.tapes.length));
    else if (what === 34) this.drop();
    else if (what < 38) ring.call("ringKeep", BigInt(random(now.objects.length + 1)));
    else if (what === 38) this.writeJournal();
    else ring.settle();
    this.note();
  }

  append(): void {
    this.seed += 1;
    const bytes = this.random(4) === 0 ? 0 : 4 + this.random(6000);
    const story = { seed: this.seed, count: 1 + this.random(3), bytes };
    this.now.objects.push(...appendTo(this.ring, story));
  }

  cut(object: number): void {
    const { now } = this;
    if (object === now.objects.length) return;
    now.earlier.push([...now.objects]);
    now.objects.length = object;
    this.ring.call("imageTruncate", this.image(), BigInt(object));
  }

  drop(): void {
    const { now } = this;
    now.earlier.push([...now.objects]);
    now.objects = [];
    this.ring.call("imageDrop", this.image());
    now.durable = 0;
    this.mount(this.tape);
  }

  writeJournal(): void {
    const text = `journal ${this.seed}.${this.journals.length}`;
    this.journals.push(text);
    const bytes = Buffer.from(text);
    this.ring.call("ringJournalWrite", this.ring.hand(bytes), bytes.length);
  }

  /** The power goes: what is left on the disk. */
  powerCut(): MemoryDisk {
    return this.ring.disk.cut((bytes): CutFate => {
      const how = this.random(6);
      if (how < 2) return "keep";
      if (how < 4) return "drop";
      const at = this.random(bytes);
      return how === 4 ? { tornAfterBytes: at } : { tornBeforeBytes: at };
    });
  }

  /** It comes back: the ring that was opened on what is left. */
  openAfter(left: MemoryDisk): RingMachine {
    const ring = new RingMachine(left, this.ringBytes).open(99n);
    assert.equal(ring.call("ringState"), RING_READY);
    assert.ok(!ring.log.some(({ code }) => code === LOG_RING_FORMATTED));
    assert.ok(this.journals.includes(ring.journal().toString()), "a journal that was written");
    return ring;
  }

  /** What the image has now, [base, end), every object read; undefined: no image. */
  read(ring: RingMachine, tape: number): { base: number; objects: TapeObject[] } | undefined {
    const image = this.image(tape, ring);
    if (image < 0) return undefined;
    ring.call("imageSelect", image);
    const base = ring.call("imageBase", image);
    const objects: TapeObject[] = [];
    for (let n = base; n < ring.call("imageEnd", image); n++) {
      const object = ring.object(WALKER_FEED, n);
      assert.ok(object, `tape ${tape}: object ${n} is claimed and not there`);
      objects.push(object);
    }
    return { base, objects };
  }

  check(ring: RingMachine): void {
    this.tapes.forEach((tape, n) => {
      const found = this.read(ring, n);
      const selected = n === this.tape;
      if (found === undefined) {
        const owed = selected && tape.durable > tape.base;
        assert.ok(!owed, `tape ${n}: ${tape.durable} objects were durable and are gone`);
        return;
      }
      const end = found.base + found.objects.length;
      if (selected && tape.durable > tape.base) {
        assert.ok(found.base <= tape.base, `tape ${n}: base ${found.base} above ${tape.base}`);
        assert.ok(end >= tape.durable, `tape ${n}: end ${end}, durable ${tape.durable}`);
        const from = Math.max(found.base, 0);
        const firstWrong = tape.objects
          .slice(from, tape.durable)
          .findIndex((object, i) => !same(object, found.objects[i]));
        assert.equal(firstWrong, -1, `tape ${n}: a durable object differs`);
      }
      const fits = (line: TapeObject[] | undefined) =>
        line !== undefined &&
        line.length >= end &&
        found.objects.every((object, i) => same(object, line[found.base + i]));
      assert.ok([tape.objects, ...tape.earlier].some(fits), `tape ${n}: never was like that`);
    });
  }

  /** Goes on with what was found. */
  goOn(ring: RingMachine): void {
    this.journals = [ring.journal().toString()];
    this.tapes.forEach((tape, n) => {
      const found = this.read(ring, n);
      const end = found === undefined ? 0 : found.base + found.objects.length;
      const line = [tape.objects, ...tape.earlier].find(
        (objects) =>
          objects !== undefined &&
          objects.length >= end &&
          found?.objects.every((object, i) => same(object, objects[found.base + i])),
      );
      tape.objects = (line ?? []).slice(0, end);
      tape.earlier = [];
      tape.durable = found === undefined ? 0 : end;
      tape.base = found?.base ?? 0;
    });
    ring.call("imageSelect", -1);
    this.ring = ring;
    if (this.image() < 0) this.mount(this.tape);
    else ring.call("imageSelect", this.image());
    this.note();
  }
}
