/** The adapter for files: bytes and faults, on a real file system. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { CacheDevice } from "../../host/cache/cache-device.ts";
import { openCache } from "../../host/cache/open-cache.ts";
import { EXIT_MACHINE } from "../../host/lib/exit-code.ts";

const SIZE_BYTES = 64 * 1024 * 1024;
let directory = "";

before(() => {
  directory = mkdtempSync(join(tmpdir(), "ring-cache-"));
});
after(() => rmSync(directory, { recursive: true }));

async function opened(name: string, sizeBytes = SIZE_BYTES): Promise<CacheDevice> {
  const cache = await openCache(join(directory, name), sizeBytes);
  assert.ok(!("fault" in cache));
  return cache;
}

const written = (cache: CacheDevice, offset: number, parts: Uint8Array[]) =>
  new Promise<number>((done) => cache.write(offset, parts, done));
const flushed = (cache: CacheDevice) => new Promise<number>((done) => cache.flush(done));
const readBytes = (cache: CacheDevice, offset: number, into: Uint8Array) =>
  new Promise<[number, number]>((done) =>
    cache.read(offset, into, (errno, bytes) => done([errno, bytes])),
  );

test("parts are written one after the other and read back", async () => {
  const cache = await opened("bytes");
  const parts = [Buffer.from("header"), Buffer.alloc(70_000, 7), Buffer.alloc(0), Buffer.from("x")];
  assert.equal(await written(cache, 5000, parts), 0);
  assert.equal(await flushed(cache), 0);
  const into = Buffer.alloc(70_007);
  assert.deepEqual(await readBytes(cache, 5000, into), [0, 70_007]);
  assert.deepEqual(into, Buffer.concat(parts));
  cache.close();
});

test("the file is sparse, and a read at its end is short", async () => {
  const cache = await opened("sparse");
  const { size, blocks } = statSync(join(directory, "sparse"));
  assert.equal(size, SIZE_BYTES);
  assert.equal(blocks, 0);
  assert.deepEqual(await readBytes(cache, SIZE_BYTES - 10, Buffer.alloc(20)), [0, 10]);
  cache.close();
});

test("a larger file keeps its size and its bytes, a smaller one grows", async () => {
  const cache = await opened("size");
  assert.equal(await written(cache, SIZE_BYTES - 4, [Buffer.from("owed")]), 0);
  cache.close();
  const smaller = await opened("size", SIZE_BYTES / 2);
  assert.equal(smaller.sizeBytes, SIZE_BYTES);
  const into = Buffer.alloc(4);
  await readBytes(smaller, SIZE_BYTES - 4, into);
  assert.equal(into.toString(), "owed");
  smaller.close();
  const larger = await opened("size", SIZE_BYTES * 2);
  assert.equal(larger.sizeBytes, SIZE_BYTES * 2);
  larger.close();
});

test("what cannot be used is a fault with its path and advice", async () => {
  const places: [string, number][] = [
    [directory, SIZE_BYTES],
    [join(directory, "no", "such"), SIZE_BYTES],
    [join(directory, "much"), 2 ** 52],
    ["/dev/null", SIZE_BYTES],
  ];
  for (const [path, sizeBytes] of places) {
    const cache = await openCache(path, sizeBytes);
    assert.ok("fault" in cache, path);
    assert.ok(cache.fault.message.includes(path));
    assert.ok(cache.fault.exitCode >= 2 && cache.fault.exitCode <= EXIT_MACHINE);
  }
});

test("a failed operation answers a positive error number", async () => {
  const cache = await opened("faults");
  // Farther than any file reaches.
  assert.ok((await written(cache, Number.MAX_SAFE_INTEGER - 1, [Buffer.from("x")])) > 0);
  cache.close();
});
