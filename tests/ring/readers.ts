/**
 * Three readers of one ring: the core's own opening, `understudy ring`, and the reader that was
 * written from SPEC.md. Decides what it means that they agree: the same images, the same objects,
 * the same bytes, and the same objects missing.
 */
import assert from "node:assert/strict";
import { WALKER_FEED } from "../../assembly/spec/ring-layout.ts";
import { type CheckResult, checkRing } from "../../tools/ring/check-ring.ts";
import type { RingDevice } from "../../tools/ring/device.ts";
import type { Opened } from "../../tools/ring/opened.ts";
import {
  newestCopy,
  type RingImage,
  readRing,
  readSuperblocks,
} from "../../tools/ring/read-ring.ts";
import { dataFault, SegmentWalk } from "../../tools/ring/segment-walk.ts";
import type { MemoryDisk } from "./memory-disk.ts";
import type { RingMachine } from "./ring-machine.ts";
import { type SpecImage, specRead } from "./spec-reader.ts";

/** What one reader says of an image. */
interface Said {
  readonly base: number;
  readonly end: number;
  readonly filemarks: number;
  /** "filemark", the record's bytes as latin1, or "missing". */
  readonly objects: readonly string[];
}

/** The images of a ring by their volume tags; undefined: no ring. */
export type Readings = ReadonlyMap<string, Said> | undefined;

/** Bytes as `understudy ring` gets them. */
export function deviceOf(bytes: Buffer): RingDevice {
  return {
    sizeBytes: bytes.length,
    read: (offset, count) => bytes.subarray(offset, offset + count),
  };
}

/** The whole disk. */
export function bytesOf(disk: MemoryDisk, sizeBytes: number): Buffer {
  return Buffer.from(disk.read(0, sizeBytes).buffer);
}

/** All that a generator does, at once. */
export function ran<Result>(work: Generator<number, Result>): Result {
  let step = work.next();
  while (step.done !== true) step = work.next();
  return step.value;
}

/** The ring in these bytes as `understudy ring` opens it; undefined: no ring. */
export function opening(bytes: Buffer): Opened | undefined {
  const file = deviceOf(bytes);
  const copies = readSuperblocks(file);
  const superblock = newestCopy(copies);
  if (superblock === undefined) return undefined;
  const ring = ran(readRing(file, superblock));
  const place = {
    path: "ring",
    devices: ["ring"],
    sizeBytes: bytes.length,
    encryption: "none",
    writerPid: 0,
  } as const;
  return { file, place, copies, ring, images: ring.images };
}

/** What `understudy ring check` says of it. */
export function checked(bytes: Buffer): CheckResult | undefined {
  const opened = opening(bytes);
  return opened && ran(checkRing(opened));
}

export function toolReading(bytes: Buffer): Readings {
  const opened = opening(bytes);
  if (opened === undefined) return undefined;
  const { identity } = opened.ring.superblock;
  return new Map(
    opened.images.map((image) => [image.row.volumeTag, saidByTool(opened.file, identity, image)]),
  );
}

function saidByTool(file: RingDevice, identity: bigint, image: RingImage): Said {
  const objects: string[] = [];
  for (const segment of image.chain.segments) {
    const walk = new SegmentWalk(file, identity, segment);
    for (let entry = walk.next(); entry !== undefined; entry = walk.next()) {
      const isRight = dataFault(file, entry) === undefined;
      for (let n = 0; n < entry.count; n++) {
        const at = entry.dataAt + n * entry.objectBytes;
        const data = () => file.read(at, entry.objectBytes).toString("latin1");
        objects.push(entry.isFilemark ? "filemark" : isRight ? data() : "missing");
      }
    }
    while (objects.length < segment.end - image.base) objects.push("missing");
  }
  return { base: image.base, end: image.end, filemarks: image.filemarks, objects };
}

export function specReading(bytes: Buffer): Readings {
  const images = specRead(bytes);
  return images && new Map(images.map((image) => [image.volumeTag, saidBySpec(image)]));
}

function saidBySpec({ base, end, filemarks, objects }: SpecImage): Said {
  const words = objects.map((object) => {
    if (object === undefined) return "missing";
    return object.kind === "filemark" ? "filemark" : object.data.toString("latin1");
  });
  return { base: Number(base), end: Number(end), filemarks: Number(filemarks), objects: words };
}

/** What the core says after it opened the ring, of the images with these tags. */
export function coreReading(ring: RingMachine, tags: readonly string[]): Readings {
  const said = new Map<string, Said>();
  for (const tag of tags) {
    const image = ring.call("imageFind", ring.handTag(tag));
    if (image < 0) continue;
    ring.call("imageSelect", image);
    const base = ring.call("imageBase", image);
    const end = ring.call("imageEnd", image);
    const filemarks = ring.call("imageFilemarks", image);
    const objects = Array.from({ length: end - base }, (_, n) => coreObject(ring, base + n));
    said.set(tag, { base, end, filemarks, objects });
  }
  return said;
}

function coreObject(ring: RingMachine, number: number): string {
  const object = ring.object(WALKER_FEED, number);
  if (object === undefined) return "missing";
  return object === "filemark" ? object : Buffer.from(object).toString("latin1");
}

/** Asserts that all three say the same of what a disk held before `ring` was opened on it. */
export function assertAgreement(before: Buffer, ring: RingMachine, tags: readonly string[]): void {
  const core = coreReading(ring, tags);
  assert.deepEqual(specReading(before), core, "the reader from SPEC.md and the core");
  assert.deepEqual(toolReading(before), core, "understudy ring and the core");
}
