/**
 * What an encrypted ring costs: writing a stream into one beside one in clear, in turn; and the cipher alone,
 * which runs in the bridge's one thread. Decides the stream and what is compared.
 */

import { createSecretKey, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CacheDevice } from "../../host/cache/cache-device.ts";
import { openCache } from "../../host/cache/open-cache.ts";
import type { RingAccess } from "../../host/cache/ring-secret.ts";
import { UnitCipher } from "../../host/cache/unit-cipher.ts";
import { OperatorError } from "../../host/lib/error.ts";
import { formatSize } from "../../host/lib/size.ts";
import { type Figure, figure, median } from "./figure.ts";

const MEBIBYTE = 1_048_576;
const STREAM_BYTES = 256 * MEBIBYTE;
const RECORD_BYTES = 65_536;
const ENTRY_HEADER_BYTES = 64;
const OUTSTANDING_BYTES = 16 * MEBIBYTE;
const PAIR_COUNT = 9;
const CIPHER_COUNT = 9;
const CIPHER_BYTES = 64 * MEBIBYTE;
const KEY_BYTES = 64;

/** Throws OperatorError. */
export async function encryptionFigures(): Promise<readonly Figure[]> {
  const access: RingAccess = {
    secret: randomBytes(KEY_BYTES),
    bootId: "",
    onRemade: () => undefined,
  };
  const pairs: { clear: number; encrypted: number }[] = [];
  for (let n = 0; n < PAIR_COUNT; n += 1) {
    pairs.push({ clear: await streamRate(), encrypted: await streamRate(access) });
  }
  const clear = median(pairs.map((pair) => pair.clear)).toFixed(0);
  const encrypted = median(pairs.map((pair) => pair.encrypted)).toFixed(0);
  const ratio = median(pairs.map((pair) => pair.encrypted / pair.clear));
  const stream = `${formatSize(STREAM_BYTES)} in 64 KiB records, page cache of ${tmpdir()}`;
  const rates = `${encrypted} and ${clear} MiB/s, median of ${PAIR_COUNT} pairs`;
  const cipher = median(Array.from({ length: CIPHER_COUNT }, cipherMs));
  const cipherDetails = `AES-256-XTS, median of ${CIPHER_COUNT} times ${formatSize(CIPHER_BYTES)}`;
  return [
    figure("ring writes, encrypted / clear", ratio, "ratio", `${stream}; ${rates}`),
    figure(
      "encrypting one record",
      (cipher * 1000 * RECORD_BYTES) / CIPHER_BYTES,
      "us",
      cipherDetails,
    ),
  ];
}

/** MiB/s of a stream of records into a new ring, the flush not counted. */
async function streamRate(access?: RingAccess): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), "understudy-encrypted-"));
  try {
    const cache = await openCache(join(directory, "ring"), 2 * STREAM_BYTES, access);
    if ("fault" in cache) {
      throw cache.fault;
    }
    const startMs = performance.now();
    await stream(cache);
    const ms = performance.now() - startMs;
    cache.close();
    return STREAM_BYTES / MEBIBYTE / (ms / 1000);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Entries one behind the other, as many outstanding as a lane has. Rejects with an OperatorError. */
function stream(cache: CacheDevice): Promise<void> {
  const header = randomBytes(ENTRY_HEADER_BYTES);
  const record = randomBytes(RECORD_BYTES);
  const entryBytes = header.length + record.length;
  return new Promise((resolve, reject) => {
    let asked = 0;
    let ended = 0;
    const more = (): void => {
      while (asked < STREAM_BYTES && asked - ended < OUTSTANDING_BYTES) {
        cache.write(asked, [header, record], onEnd);
        asked += entryBytes;
      }
    };
    const onEnd = (errno: number): void => {
      ended += entryBytes;
      if (errno !== 0) {
        reject(new OperatorError("system", tmpdir(), `error number ${errno}`));
      } else if (ended >= STREAM_BYTES) {
        resolve();
      } else {
        more();
      }
    };
    more();
  });
}

function cipherMs(): number {
  const cipher = new UnitCipher(createSecretKey(randomBytes(KEY_BYTES)));
  const data = Buffer.alloc(MEBIBYTE, 0x5a);
  const startMs = performance.now();
  for (let at = 0; at < CIPHER_BYTES; at += MEBIBYTE) {
    cipher.encrypted(at, data);
  }
  return performance.now() - startMs;
}
