/**
 * What the ring costs: opening a large one after a crash, a flush, a check sum, its encryption. Decides what each is
 * measured on; how the disk of this machine is comes into the flush only.
 */

import { open, read } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { crc32c } from "@node-rs/crc32";
import type { CacheDevice } from "../../host/cache/cache-device.ts";
import { openCache } from "../../host/cache/open-cache.ts";
import type { CoreRuntime } from "../../host/core/runtime.ts";
import { OperatorError } from "../../host/lib/error.ts";
import { formatSize } from "../../host/lib/size.ts";
import { encryptionFigures } from "./encryption-figures.ts";
import { type Figure, figure, median } from "./figure.ts";
import { LargeRing, type ZeroFill } from "./large-ring.ts";
import { openRing } from "./open-ring.ts";

const MEBIBYTE = 1_048_576;
const GIBIBYTE = 1024 ** 3;
const RECORD_BYTES = 65_536;
/** The largest cartridge there is today: LTO-9. */
const IMAGE_BYTES = 18e12;
const AIM_OPENING_MS = 5_000;
const AIM_INDEX_MEBIBYTES = 32;
const FLUSH_COUNT = 15;
/** Between two flushes of a stream: the core asks for one when so much was written. */
const STREAM_BYTES = 64 * MEBIBYTE;
const CRC_COUNT = 9;
/** More than the caches of a processor hold: the data of a stream come from memory. */
const CRC_WINDOW_BYTES = 64 * MEBIBYTE;

/** Measures, with a fresh core for the opening. Throws OperatorError. */
export async function measureRing(runtime: CoreRuntime): Promise<readonly Figure[]> {
  return [
    ...(await openingFigures(runtime)),
    ...(await flushFigures()),
    ...crcFigures(),
    ...(await encryptionFigures()),
  ];
}

/** Reads go through the kernel and Node's threads as those of a disk that never waits. */
async function openingFigures(runtime: CoreRuntime): Promise<readonly Figure[]> {
  const fd = await promisify(open)("/dev/zero", "r");
  const fill: ZeroFill = (into, done) => {
    read(fd, into, 0, into.length, null, (error) => done(Math.abs(error?.errno ?? 0)));
  };
  const ring = new LargeRing(IMAGE_BYTES, RECORD_BYTES, fill);
  const { ms, segments, indexBytes, memoryBytes } = await openRing(runtime, ring);
  const words = `${ring.reads} reads, ${formatSize(ring.readBytes)}`;
  return [
    figure("opening an 18 TB ring after a crash", ms, "ms", `${words}, a disk that never waits`, {
      atMost: AIM_OPENING_MS,
    }),
    figure(
      "index of an 18 TB ring",
      indexBytes / MEBIBYTE,
      "MiB",
      `${segments} segments of ${formatSize(ring.segmentBytes)}; ${formatSize(memoryBytes)} in all`,
      { atMost: AIM_INDEX_MEBIBYTES },
    ),
  ];
}

async function flushFigures(): Promise<readonly Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), "understudy-flush-"));
  try {
    const cache = await openCache(join(directory, "ring"), FLUSH_COUNT * STREAM_BYTES);
    if ("fault" in cache) {
      throw cache.fault;
    }
    const ofRecord = await flushMs(cache, RECORD_BYTES);
    const ofStream = await flushMs(cache, STREAM_BYTES);
    cache.close();
    const where = `median of ${FLUSH_COUNT}, in ${tmpdir()}`;
    return [
      figure("flush after one 64 KiB record", ofRecord * 1000, "us", where),
      figure("flush after 64 MiB", ofStream, "ms", where),
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The median of a flush (fdatasync) behind so many bytes. */
async function flushMs(cache: CacheDevice, bytes: number): Promise<number> {
  const data = Buffer.alloc(bytes, 0xa5);
  const times: number[] = [];
  for (let n = 0; n < FLUSH_COUNT; n += 1) {
    await settled((done) => cache.write(n * bytes, [data], done));
    const startMs = performance.now();
    await settled((done) => cache.flush(done));
    times.push(performance.now() - startMs);
  }
  return median(times);
}

/** Throws where the cache device reports an error number. */
async function settled(start: (done: (errno: number) => void) => void): Promise<void> {
  const errno = await new Promise<number>(start);
  if (errno !== 0) {
    throw new OperatorError("system", tmpdir(), `error number ${errno}`);
  }
}

function crcFigures(): readonly Figure[] {
  const data = Buffer.alloc(CRC_WINDOW_BYTES, 0x5a);
  const ms = median(Array.from({ length: CRC_COUNT }, () => crcMs(data)));
  const details = `median of ${CRC_COUNT} times ${formatSize(CRC_WINDOW_BYTES)} in 64 KiB records`;
  return [
    figure("CRC32C of 1 GiB", (ms * GIBIBYTE) / CRC_WINDOW_BYTES, "ms", details),
    figure("CRC32C of one record", (ms * 1000 * RECORD_BYTES) / CRC_WINDOW_BYTES, "us", details),
  ];
}

function crcMs(data: Uint8Array): number {
  const startMs = performance.now();
  for (let at = 0; at < data.length; at += RECORD_BYTES) {
    crc32c(data.subarray(at, at + RECORD_BYTES));
  }
  return performance.now() - startMs;
}
