/** A ring striped over several devices: bytes, order, identity, and what is refused. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import fc from "fast-check";
import type { CacheDevice } from "../../host/cache/cache-device.ts";
import { openCache } from "../../host/cache/open-cache.ts";
import { openStriped, openUnstriped } from "../../host/cache/open-striped.ts";
import {
  decodeLabel,
  encodeLabel,
  LABEL_AREA_BYTES,
  STRIPE_UNIT_BYTES,
} from "../../host/cache/stripe-label.ts";
import { EXIT_MACHINE } from "../../host/lib/exit-code.ts";

const UNITS = 4;
const SIZE_BYTES = 3 * UNITS * STRIPE_UNIT_BYTES;
const EIO = 5;
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "striped-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);
const three = (): string[] => ["a", "b", "c"].map(at);

async function opened(paths = three(), open = openCache): Promise<CacheDevice> {
  const cache = await openStriped(paths, SIZE_BYTES, open);
  assert.ok(!("fault" in cache), "fault" in cache ? cache.fault.message : "");
  return cache;
}

async function refused(paths: string[], words: RegExp): Promise<void> {
  const cache = await openStriped(paths, SIZE_BYTES, openCache);
  assert.ok("fault" in cache);
  assert.match(cache.fault.message, words);
  assert.match(
    cache.fault.message,
    /the devices of a striped ring do not fit together: .*same order/,
  );
  assert.equal(cache.fault.exitCode, EXIT_MACHINE);
}

const written = (cache: CacheDevice, offset: number, parts: Uint8Array[]) =>
  new Promise<number>((done) => cache.write(offset, parts, done));
const flushed = (cache: CacheDevice) => new Promise<number>((done) => cache.flush(done));
const readBytes = (cache: CacheDevice, offset: number, into: Uint8Array) =>
  new Promise<[number, number]>((done) =>
    cache.read(offset, into, (errno, bytes) => done([errno, bytes])),
  );

test("any writes and reads: the same bytes as in one array", async () => {
  const cache = await opened();
  assert.equal(cache.sizeBytes, SIZE_BYTES);
  const model = Buffer.alloc(SIZE_BYTES);
  const span = fc.record({
    offset: fc.nat(SIZE_BYTES - 1),
    lengths: fc.array(fc.nat(STRIPE_UNIT_BYTES), { minLength: 1, maxLength: 4 }),
    fill: fc.integer({ min: 1, max: 255 }),
  });
  await fc.assert(
    fc.asyncProperty(span, async ({ offset, lengths, fill }) => {
      const parts = lengths.map((length, n) => Buffer.alloc(length, fill + n));
      const data = Buffer.concat(parts);
      if (offset + data.length > SIZE_BYTES) {
        assert.equal(await written(cache, offset, parts), EIO);
        return;
      }
      assert.equal(await written(cache, offset, parts), 0);
      data.copy(model, offset);
      const start = Math.max(0, offset - 1000);
      const into = Buffer.alloc(data.length + 2000);
      const bytes = Math.min(into.length, SIZE_BYTES - start);
      assert.deepEqual(await readBytes(cache, start, into), [0, bytes]);
      assert.ok(into.subarray(0, bytes).equals(model.subarray(start, start + bytes)));
    }),
    { numRuns: 60 },
  );
  assert.equal(await flushed(cache), 0);
  cache.close();
});

test("unit n lies on device n mod count, as SPEC.md says; a new start finds everything", async () => {
  const cache = await opened();
  for (let unit = 0; unit < 3 * UNITS; unit += 1) {
    assert.equal(
      await written(cache, unit * STRIPE_UNIT_BYTES, [Buffer.alloc(STRIPE_UNIT_BYTES, unit + 1)]),
      0,
    );
  }
  await flushed(cache);
  cache.close();
  for (const [device, path] of three().entries()) {
    const bytes = readFileSync(path);
    assert.equal(bytes.length, LABEL_AREA_BYTES + UNITS * STRIPE_UNIT_BYTES);
    for (let row = 0; row < UNITS; row += 1) {
      const start = LABEL_AREA_BYTES + row * STRIPE_UNIT_BYTES;
      const unit = bytes.subarray(start, start + STRIPE_UNIT_BYTES);
      assert.ok(unit.every((byte) => byte === row * 3 + device + 1));
    }
  }
  const again = await opened();
  const into = Buffer.alloc(4);
  assert.deepEqual(await readBytes(again, 5 * STRIPE_UNIT_BYTES - 2, into), [0, 4]);
  assert.deepEqual([...into], [5, 5, 6, 6]);
  again.close();
});

test("devices of different size give as much as the smallest", async () => {
  writeFileSync(at("b"), Buffer.alloc(0));
  truncateSync(at("b"), LABEL_AREA_BYTES + 9 * STRIPE_UNIT_BYTES + 5);
  const cache = await opened();
  assert.equal(cache.sizeBytes, SIZE_BYTES);
  cache.close();
});

test("order mixed up, one missing, one too few, one smaller, one of another ring: refused", async () => {
  (await opened()).close();
  const [a = "", b = "", c = ""] = three();
  await refused([b, a, c], /\/b \(it is number 2 of its ring, it is given as number 1\)/);
  await refused([a, b], /\/a \(its ring is on 3 devices, 2 are given\)/);
  await refused([a, b, at("new")], /\/new \(it is blank, the others belong to a ring\)/);
  const others = ["x", "y", "z"].map(at);
  (await opened(others)).close();
  await refused([a, at("y"), c], /\/y \(it belongs to another ring\)/);
  const whole = readFileSync(c);
  writeFileSync(c, whole.subarray(0, LABEL_AREA_BYTES + STRIPE_UNIT_BYTES));
  // A file would grow again: as a device it cannot.
  const fixed = async (path: string): ReturnType<typeof openCache> => await openCache(path, 0);
  const smaller = await openStriped([a, b, c], SIZE_BYTES, fixed);
  assert.ok("fault" in smaller);
  assert.match(smaller.fault.message, /\/c \(it is smaller than it was when the ring was made\)/);
  writeFileSync(c, whole);
  (await opened()).close();
});

test("one device of a striped ring alone, or something else in a stripe: refused", async () => {
  (await opened()).close();
  const alone = await openUnstriped(at("b"), SIZE_BYTES, openCache);
  assert.ok("fault" in alone);
  assert.match(alone.fault.message, /\/b \(it is number 2 of a ring on 3 devices\)/);
  assert.equal(alone.fault.exitCode, EXIT_MACHINE);
  writeFileSync(at("plain"), "UNDS: a ring of its own");
  await refused(
    [at("p"), at("plain")],
    /\/plain \(it holds something else, or its label is damaged\)/,
  );
  const plain = await openUnstriped(at("plain"), SIZE_BYTES, openCache);
  assert.ok(!("fault" in plain));
  plain.close();
});

test("a power cut while the ring is made: the next start makes it", async () => {
  // Cut after each write of a label; the flush of what was written is done.
  for (let writes = 0; writes <= 6; writes += 1) {
    const paths = ["a", "b", "c"].map((name) => at(`${name}${writes}`));
    let left = writes;
    const cut = async (path: string, sizeBytes: number): ReturnType<typeof openCache> => {
      const inner = await openCache(path, sizeBytes);
      return "fault" in inner
        ? inner
        : Object.assign(Object.create(inner) as CacheDevice, {
            sizeBytes: inner.sizeBytes,
            flush: inner.flush.bind(inner),
            read: inner.read.bind(inner),
            close: inner.close.bind(inner),
            write: (...args: Parameters<CacheDevice["write"]>): void => {
              left -= 1;
              if (left >= 0) {
                inner.write(...args);
              } else {
                setImmediate(args[2], EIO);
              }
            },
          });
    };
    (await opened(paths, cut)).close();
    const cache = await opened(paths);
    assert.equal(cache.sizeBytes, SIZE_BYTES);
    cache.close();
  }
});

test("a label says what it was given, and a changed bit is noticed", () => {
  const label = { identity: "00112233445566778899aabbccddeeff", index: 1, count: 3 };
  const bytes = encodeLabel({ ...label, dataBytes: 2 ** 44, isComplete: true });
  assert.deepEqual(decodeLabel(bytes), { ...label, dataBytes: 2 ** 44, isComplete: true });
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.equal(decodeLabel(changed), "foreign", `byte ${at}`);
  }
});

test("a fault of one device is the fault of the ring", async () => {
  const cache = await opened(three(), async (path, sizeBytes) => {
    const inner = await openCache(path, sizeBytes);
    if ("fault" in inner || !path.endsWith("b")) {
      return inner;
    }
    return {
      sizeBytes: inner.sizeBytes,
      write: (offset, parts, done) =>
        offset < LABEL_AREA_BYTES ? inner.write(offset, parts, done) : setImmediate(done, EIO),
      flush: (done) => inner.flush(done),
      read: (offset, into, done) =>
        offset < LABEL_AREA_BYTES ? inner.read(offset, into, done) : setImmediate(done, EIO, 0),
      close: () => inner.close(),
    };
  });
  assert.equal(await written(cache, 0, [Buffer.alloc(10)]), 0);
  assert.equal(await written(cache, 0, [Buffer.alloc(2 * STRIPE_UNIT_BYTES)]), EIO);
  assert.deepEqual(await readBytes(cache, 0, Buffer.alloc(2 * STRIPE_UNIT_BYTES)), [EIO, 0]);
  cache.close();
});
