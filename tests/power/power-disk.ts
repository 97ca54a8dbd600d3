/**
 * The cache device of a bridge as a disk whose power can go: a disk in memory with a volatile cache
 * behind the port. Decides when a write is complete and what a flush covers (what was complete when it
 * began), and formats a ring that is small enough to be filled and to be cut at every write.
 */

import { crc32c } from "@node-rs/crc32";
import {
  RING_HEAD_BYTES,
  RING_VERSION,
  SUPER_CRC_AT,
  SUPER_IDENTITY_AT,
  SUPER_MAGIC,
  SUPER_NEXT_IMAGE_AT,
  SUPER_NEXT_SEQUENCE_AT,
  SUPER_NUMBER_AT,
  SUPER_SEGMENT_BYTES_AT,
  SUPER_SEGMENT_COUNT_AT,
  SUPER_VERSION_AT,
  SUPERBLOCK_BYTES,
  SUPERBLOCK_COPY_BYTES,
  SUPERBLOCK_COUNT,
} from "../../assembly/spec/ring-layout.ts";
import type { OpenCache } from "../../host/bridge/rings.ts";
import type { CacheDevice } from "../../host/cache/cache-device.ts";
import { MemoryDisk } from "../ring/memory-disk.ts";

const RING_IDENTITY = 0x706f_7765n;
const FIRST_NUMBER = 1;

/** Turns of the event loop that making something durable takes: others get on with their work meanwhile. */
const DURABLE_TURNS = 100;

/** Fulfilled so late that whoever does not wait for it is caught. */
export async function laterTurn(): Promise<void> {
  for (let turn = 0; turn < DURABLE_TURNS; turn += 1) {
    await new Promise(setImmediate);
  }
}

/** The size of a ring of so many segments. */
export function ringBytes(segmentBytes: number, segmentCount: number): number {
  return RING_HEAD_BYTES + segmentBytes * segmentCount;
}

/** A disk with an empty ring on it: one superblock, as SPEC.md has it. */
export function formattedDisk(segmentBytes: number, segmentCount: number): MemoryDisk {
  const bytes = Buffer.alloc(SUPERBLOCK_BYTES);
  bytes.writeUInt32LE(SUPER_MAGIC, 0);
  bytes.writeUInt32LE(RING_VERSION, SUPER_VERSION_AT);
  bytes.writeBigUInt64LE(RING_IDENTITY, SUPER_IDENTITY_AT);
  bytes.writeUInt32LE(FIRST_NUMBER, SUPER_NUMBER_AT);
  bytes.writeUInt32LE(segmentBytes, SUPER_SEGMENT_BYTES_AT);
  bytes.writeUInt32LE(segmentCount, SUPER_SEGMENT_COUNT_AT);
  bytes.writeUInt32LE(FIRST_NUMBER, SUPER_NEXT_IMAGE_AT);
  bytes.writeUInt32LE(FIRST_NUMBER, SUPER_NEXT_SEQUENCE_AT);
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, SUPER_CRC_AT)), SUPER_CRC_AT);
  const disk = new MemoryDisk();
  disk.poke(0, bytes);
  return disk;
}

/** There is a superblock that is right. */
export function hasRing(disk: MemoryDisk): boolean {
  const copies = Array.from({ length: SUPERBLOCK_COUNT }, (_, copy) =>
    Buffer.from(disk.read(copy * SUPERBLOCK_COPY_BYTES, SUPERBLOCK_BYTES)),
  );
  return copies.some(
    (bytes) =>
      bytes.readUInt32LE(0) === SUPER_MAGIC &&
      bytes.readUInt32LE(SUPER_CRC_AT) === crc32c(bytes.subarray(0, SUPER_CRC_AT)),
  );
}

/** `openCache` for a bridge with one lane; `onChange` is called whenever a cut would leave something else. */
export function openPowerDisk(
  disk: MemoryDisk,
  sizeBytes: number,
  onChange: (words: string) => void,
): OpenCache {
  const device: CacheDevice = {
    sizeBytes,
    write: (offset, parts, done) => {
      const write = disk.write(offset, Buffer.concat(parts));
      onChange(`write at ${offset}`);
      setImmediate(() => {
        write.completed = true;
        done(0);
      });
    },
    flush: (done) => {
      const covered = disk.flushBegin();
      void laterTurn().then(() => {
        onChange("flush not ended");
        disk.flushEnd(covered);
        onChange("flush ended");
        done(0);
      });
    },
    read: (offset, into, done) => {
      into.set(disk.read(offset, into.length));
      setImmediate(done, 0, into.length);
    },
    close: () => undefined,
  };
  return () => Promise.resolve(device);
}
