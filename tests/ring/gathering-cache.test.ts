/**
 * Writes of any length as writes of whole blocks: the bytes, what goes out together, faults, power cuts
 * sector by sector; on a disk in memory, on a file and, as root, on a loop device.
 */
import assert from "node:assert/strict";
import { createSecretKey, randomBytes } from "node:crypto";
import {
  constants,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { CACHE_BLOCK_BYTES, type CacheDevice } from "../../host/cache/cache-device.ts";
import { EncryptedCache } from "../../host/cache/encrypted-cache.ts";
import { alignedBuffers, GatheringCache } from "../../host/cache/gathering-cache.ts";
import { openCache } from "../../host/cache/open-cache.ts";
import { QueuedCache } from "../../host/cache/queued-cache.ts";
import { loopDevice } from "../recovery/loop-device.ts";

const SIZE_BYTES = 8 * 1024 * 1024;
const SECTOR_BYTES = 512;
const ALIGN_BYTES = 64;
const EIO = 5;
const KEY = createSecretKey(randomBytes(64));

interface Asked {
  readonly offset: number;
  readonly bytes: Buffer;
  readonly done: (errno: number) => void;
}

/** A device of whole blocks: refuses everything else; writes end when the test says so. */
class BlockDisk implements CacheDevice {
  readonly sizeBytes = SIZE_BYTES + 100;
  readonly stable = Buffer.alloc(SIZE_BYTES);
  readonly asked: Asked[] = [];
  readCount = 0;
  writeErrno = 0;
  readErrno = 0;

  write(offset: number, parts: readonly Uint8Array[], done: (errno: number) => void): void {
    const bytes = Buffer.concat(parts);
    assert.equal(offset % CACHE_BLOCK_BYTES, 0);
    assert.equal(bytes.length % CACHE_BLOCK_BYTES, 0);
    assert.equal(this.asked.length, 0, "one write at a time");
    this.asked.push({ offset, bytes, done });
  }

  /** The write that is out ends. */
  end(): void {
    const write = this.asked.shift();
    assert.ok(write !== undefined);
    if (this.writeErrno === 0) {
      write.bytes.copy(this.stable, write.offset);
    }
    write.done(this.writeErrno);
  }

  endAll(): void {
    while (this.asked.length > 0) {
      this.end();
    }
  }

  read(offset: number, into: Uint8Array, done: (errno: number, bytes: number) => void): void {
    assert.equal(offset % CACHE_BLOCK_BYTES, 0);
    assert.equal(into.length % CACHE_BLOCK_BYTES, 0);
    this.readCount += 1;
    const bytes = Math.min(into.length, SIZE_BYTES - offset);
    into.set(this.stable.subarray(offset, offset + bytes));
    done(this.readErrno, this.readErrno === 0 ? bytes : 0);
  }

  flush(done: (errno: number) => void): void {
    done(0);
  }

  close(): void {
    assert.equal(this.asked.length, 0);
  }
}

const readNow = (cache: CacheDevice, offset: number, length: number): Buffer => {
  const into = Buffer.alloc(length);
  cache.read(offset, into, (errno, bytes) => assert.deepEqual([errno, bytes], [0, length]));
  return into;
};
const written = (cache: CacheDevice, offset: number, parts: Uint8Array[]) =>
  new Promise<number>((done) => cache.write(offset, parts, done));
const readBytes = (cache: CacheDevice, offset: number, into: Uint8Array) =>
  new Promise<[number, number]>((done) =>
    cache.read(offset, into, (errno, bytes) => done([errno, bytes])),
  );
const padded = (bytes: number): number => Math.ceil(bytes / ALIGN_BYTES) * ALIGN_BYTES;

/** Entries as the ring writes them: one behind the other, some streams at different places. */
const STREAMS = fc.array(
  fc.record({
    stream: fc.nat(2),
    bytes: fc.oneof(fc.integer({ min: 1, max: 700 }), fc.integer({ min: 1, max: 300_000 })),
    ends: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
);

test("any entries in any streams: what was written is read, in front nothing changes", () => {
  fc.assert(
    fc.property(STREAMS, (entries) => {
      const disk = new BlockDisk();
      disk.stable.fill(0xee);
      const cache = new GatheringCache(disk);
      assert.equal(cache.sizeBytes, SIZE_BYTES);
      const starts = [64, 2_000_000, 5_000_064];
      const at = starts.map((start) => padded(start));
      const model = new Map<number, Buffer>();
      let ended = 0;
      for (const [n, { stream, bytes, ends }] of entries.entries()) {
        const offset = at[stream] ?? 0;
        if (padded(bytes) + offset > (starts[stream + 1] ?? SIZE_BYTES)) {
          continue;
        }
        const parts = [Buffer.alloc(64, n + 1), Buffer.alloc(padded(bytes), n + 101)];
        const data = Buffer.concat(parts);
        cache.write(offset, parts, (errno) => {
          assert.equal(errno, 0);
          ended += 1;
        });
        model.set(offset, data);
        at[stream] = offset + data.length;
        if (ends) {
          disk.endAll();
        }
      }
      disk.endAll();
      assert.equal(ended, model.size);
      for (const [offset, data] of model) {
        assert.ok(readNow(cache, offset, data.length).equals(data));
      }
      for (const start of starts) {
        const first = padded(start);
        assert.ok(readNow(cache, first - 64, 64).every((byte) => byte === 0xee));
      }
    }),
    { numRuns: 200 },
  );
});

/** In clear, and encrypted: what of the device is looked at through the same adapter again. */
const SIDES: readonly (readonly [string, (disk: BlockDisk) => CacheDevice])[] = [
  ["", (disk) => disk],
  [", encrypted", (disk) => new EncryptedCache(disk, KEY, true)],
];

for (const [name, sideOf] of SIDES)
  test(`a power cut in any write${name}, sector by sector: nothing that had ended is lost`, () => {
    const fate = fc.infiniteStream(fc.boolean());
    fc.assert(
      fc.property(STREAMS, fate, fc.nat(30), (entries, fates, cutAt) => {
        const disk = new BlockDisk();
        const cache = new GatheringCache(sideOf(disk));
        const kept = new Map<number, Buffer>();
        let at = 8192;
        let writes = 0;
        for (const [n, { bytes }] of entries.entries()) {
          const data = Buffer.alloc(padded(Math.min(bytes, 100_000)), n + 1);
          const offset = at;
          cache.write(offset, [data], () => kept.set(offset, data));
          at += data.length;
          if (writes === cutAt) {
            break;
          }
          if (n % 3 !== 0) {
            writes += 1;
            disk.end();
          }
        }
        // The write that is out: each sector is as it was, or as it was to be.
        for (const { offset, bytes } of disk.asked) {
          for (let sector = 0; sector < bytes.length; sector += SECTOR_BYTES) {
            if (fates.next().value === true) {
              bytes.copy(disk.stable, offset + sector, sector, sector + SECTOR_BYTES);
            }
          }
        }
        const after = new GatheringCache(sideOf(disk));
        for (const [offset, data] of kept) {
          assert.ok(readNow(after, offset, data.length).equals(data));
        }
      }),
      { numRuns: 300 },
    );
  });

test("while one write is out, what follows it is gathered into one", () => {
  const disk = new BlockDisk();
  const cache = new GatheringCache(disk);
  let ended = 0;
  for (let n = 0; n < 1000; n += 1) {
    cache.write(n * 128, [Buffer.alloc(128, n)], () => {
      ended += 1;
    });
  }
  assert.equal(disk.asked.length, 1);
  disk.end();
  assert.equal(ended, 1);
  disk.end();
  assert.equal(ended, 1000);
  assert.equal(disk.asked.length, 0);
  assert.equal(disk.readCount, 0, "the tail of a write is remembered");
});

test("a fault ends every write that was in it, and the next one asks the device for its block", () => {
  const disk = new BlockDisk();
  const cache = new GatheringCache(disk);
  const ends: number[] = [];
  cache.write(0, [Buffer.alloc(64, 1)], (errno) => ends.push(errno));
  cache.write(64, [Buffer.alloc(64, 2)], (errno) => ends.push(errno));
  cache.write(128, [Buffer.alloc(3 * 1024 * 1024, 3)], (errno) => ends.push(errno));
  disk.end();
  disk.writeErrno = EIO;
  disk.end();
  assert.deepEqual(ends, [0, EIO, EIO]);
  disk.writeErrno = 0;
  cache.write(64, [Buffer.alloc(64, 4)], (errno) => ends.push(errno));
  assert.equal(disk.readCount, 1);
  disk.end();
  assert.deepEqual(ends, [0, EIO, EIO, 0]);
  assert.ok(readNow(cache, 0, 64).every((byte) => byte === 1));
  disk.readErrno = EIO;
  cache.write(1_000_064, [Buffer.alloc(64)], (errno) => ends.push(errno));
  cache.read(0, Buffer.alloc(10), (errno, bytes) => ends.push(errno, bytes));
  assert.deepEqual(ends.slice(4), [EIO, EIO, 0]);
  cache.close();
});

test("on a file: one write at a time, what follows goes out together and is not copied", () => {
  const asked: { offset: number; parts: readonly Uint8Array[]; done: (errno: number) => void }[] =
    [];
  const inner: CacheDevice = {
    sizeBytes: SIZE_BYTES,
    write: (offset, parts, done) => asked.push({ offset, parts, done }),
    flush: (done) => done(0),
    read: (_offset, _into, done) => done(EIO, 0),
    close: () => undefined,
  };
  const cache = new QueuedCache(inner);
  const ends: string[] = [];
  const write = (name: string, offset: number, length: number): Uint8Array => {
    const part = Buffer.alloc(length);
    cache.write(offset, [part], (errno) => ends.push(`${name} ${errno}`));
    return part;
  };
  const end = (errno: number): void => asked.shift()?.done(errno);
  const a = write("a", 100, 50);
  const b = write("b", 150, 10);
  const c = write("c", 160, 2_000_000);
  const d = write("d", 7, 5);
  const e = write("e", 12, 5);
  assert.deepEqual([asked.length, asked[0]?.offset, asked[0]?.parts], [1, 100, [a]]);
  end(0);
  assert.deepEqual([asked.length, asked[0]?.offset, asked[0]?.parts], [1, 150, [b]]);
  end(0);
  assert.deepEqual([asked[0]?.offset, asked[0]?.parts[0] === c], [160, true]);
  end(0);
  assert.deepEqual([asked.length, asked[0]?.offset, asked[0]?.parts], [1, 7, [d, e]]);
  end(EIO);
  assert.deepEqual(ends, ["a 0", "b 0", "c 0", `d ${EIO}`, `e ${EIO}`]);
  for (let n = 0; n < 1500; n += 1) {
    write("n", n, 1);
  }
  const sizes: (number | undefined)[] = [];
  while (asked.length > 0) {
    sizes.push(asked[0]?.parts.length);
    end(0);
  }
  assert.deepEqual(sizes, [1, 1000, 499]);
  assert.equal(ends.length, 1505);
});

test("memory for it begins at pages", () => {
  const buffers = alignedBuffers([5, 100_000, 4096]);
  assert.deepEqual(
    buffers.map(({ byteOffset, length }) => [byteOffset, length]),
    [
      [0, 5],
      [65_536, 100_000],
      [196_608, 4096],
    ],
  );
});

/** Writes and reads that cross blocks, on a real device; then again after it was opened anew. */
async function roundTrip(cache: CacheDevice, path: string): Promise<void> {
  const records = Array.from({ length: 30 }, (_, n) => Buffer.alloc(padded(n * 9001 + 1), n + 1));
  let at = 65_536 + 3968;
  const done = records.map((record) => {
    const offset = at;
    at += record.length;
    return written(cache, offset, [record.subarray(0, 64), record.subarray(64)]);
  });
  assert.ok((await Promise.all(done)).every((errno) => errno === 0));
  assert.equal(await new Promise<number>((end) => cache.flush(end)), 0);
  const all = Buffer.concat(records);
  const into = Buffer.alloc(all.length);
  assert.deepEqual(await readBytes(cache, 65_536 + 3968, into), [0, all.length]);
  assert.ok(into.equals(all));
  assert.deepEqual(await readBytes(cache, cache.sizeBytes - 10, Buffer.alloc(20)), [0, 10]);
  cache.close();
  const again = await openCache(path, 0);
  assert.ok(!("fault" in again));
  into.fill(0);
  assert.deepEqual(await readBytes(again, 65_536 + 3968, into), [0, all.length]);
  assert.ok(into.equals(all));
  again.close();
}

test("a real file", async (t) => {
  const path = fileOf(t);
  const cache = await openCache(path, SIZE_BYTES);
  assert.ok(!("fault" in cache));
  await roundTrip(cache, path);
});

test("a real block device: opened around the page cache, with its own size", async (t) => {
  const loop = loopDevice(fileOf(t), SIZE_BYTES / 1024 / 1024);
  if (loop.kind === "missing") {
    t.skip(loop.reason);
    return;
  }
  t.after(loop.detach);
  const cache = await openCache(loop.path, 123);
  assert.ok(!("fault" in cache));
  assert.ok(isDirect(loop.path), "it is open with O_DIRECT");
  assert.equal(cache.sizeBytes, SIZE_BYTES);
  assert.equal(await written(cache, SIZE_BYTES - 10, [Buffer.alloc(20)]), EIO);
  await roundTrip(cache, loop.path);
});

function fileOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "direct-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "disk");
  writeFileSync(path, "");
  truncateSync(path, SIZE_BYTES);
  return path;
}

/** Does this process have the path open around the page cache? (proc_pid_fdinfo(5): flags in octal) */
function isDirect(path: string): boolean {
  return readdirSync("/proc/self/fd").some((fd) => {
    try {
      const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1];
      const isOpen = readlinkSync(`/proc/self/fd/${fd}`) === path;
      return isOpen && (Number.parseInt(flags ?? "0", 8) & constants.O_DIRECT) !== 0;
    } catch {
      // The descriptor of the folder itself has gone.
      return false;
    }
  });
}
