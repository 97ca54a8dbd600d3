/**
 * The ring of an 18 TB cartridge in records of 64 KiB, without its data, opened after a crash through
 * the core's own interface: what the index takes, and how much is read. (How long it takes is a
 * figure of `understudy bench`: time decides no test.)
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { SUPERBLOCK_COUNT } from "../../assembly/spec/ring-layout.ts";
import { loadV8 } from "../../host/core/load-v8.ts";
import { fillAtOnce, LargeRing } from "../../tools/bench/large-ring.ts";
import { openRing } from "../../tools/bench/open-ring.ts";
import { newestCopy, readSuperblocks } from "../../tools/ring/read-ring.ts";

const IMAGE_BYTES = 18e12;
const RECORD_BYTES = 65_536;
const INDEX_BYTES_MAX = 32 * 1024 ** 2;
/** A superblock is read in pieces of 4096 bytes. */
const SUPERBLOCK_READS = 2 * SUPERBLOCK_COUNT;
/** Per entry that must be looked at: its header and its data; and where a segment ends. */
const READS_PER_RECORD = 2;
const READS_PER_SEGMENT_END = 1;
const UNSEALED_COUNT_MAX = 3;
const MODULE = resolve(import.meta.dirname, "..", "..", "build", "core.wasm");

async function opened(ring: LargeRing) {
  const runtime = await loadV8(new Uint8Array(readFileSync(MODULE)));
  assert.ok(!("fault" in runtime));
  return openRing(runtime, ring);
}

test("18 TB in 64 KiB records: index, memory and reads of an opening are bounded", async () => {
  const ring = new LargeRing(IMAGE_BYTES, RECORD_BYTES, fillAtOnce);
  assert.ok(ring.recordCount >= IMAGE_BYTES / RECORD_BYTES);
  const { images, segments, badEntries, end, indexBytes, memoryBytes } = await opened(ring);
  assert.equal(images, 1);
  assert.equal(segments, ring.segmentCount);
  assert.equal(badEntries, 0);
  assert.equal(end, ring.recordCount, "every record is found, also those of unsealed segments");
  assert.ok(indexBytes > 0 && indexBytes <= INDEX_BYTES_MAX, `${indexBytes} bytes of index`);
  assert.ok(memoryBytes <= INDEX_BYTES_MAX, `${memoryBytes} bytes of memory in all`);
  const readsMax =
    SUPERBLOCK_READS +
    ring.segmentCount +
    READS_PER_RECORD * ring.unsealedRecordCount +
    UNSEALED_COUNT_MAX * READS_PER_SEGMENT_END;
  assert.ok(ring.reads <= readsMax, `${ring.reads} reads, at most ${readsMax}`);
});

test("the same ring opened again has the same image", async () => {
  const ring = new LargeRing(IMAGE_BYTES, RECORD_BYTES, fillAtOnce);
  const first = await opened(ring);
  const second = await opened(ring);
  assert.equal(second.end, first.end);
  const superblock = newestCopy(
    readSuperblocks({
      sizeBytes: ring.sizeBytes,
      read(offset, bytes) {
        const into = Buffer.alloc(bytes);
        ring.read(offset, into, () => undefined);
        return into;
      },
    }),
  );
  assert.ok(superblock !== undefined && superblock.number > 1n, "the opening wrote a superblock");
  assert.equal(superblock.segmentCount, ring.segmentCount);
});
