/**
 * A cache device whose bytes are encrypted on the device below it, behind the label. Decides where they
 * lie there. Under a GatheringCache, which gives it whole blocks, one write at a time.
 * Invariant: what is handed to it for a write is not changed, and clear text is never handed on.
 */

import type { KeyObject } from "node:crypto";
import { CACHE_BLOCK_BYTES, type CacheDevice } from "./cache-device.ts";
import { ENCRYPTION_AREA_BYTES } from "./encryption-label.ts";
import { alignedBuffers, BATCH_BYTES } from "./gathering-cache.ts";
import { UnitCipher } from "./unit-cipher.ts";

/** `io`, a device of whole blocks in aligned memory, encrypted. */
export class EncryptedCache implements CacheDevice {
  readonly sizeBytes: number;
  readonly #io: CacheDevice;
  readonly #cipher: UnitCipher;
  readonly #batch: Uint8Array;
  #isWriting = false;

  constructor(io: CacheDevice, key: KeyObject) {
    this.#io = io;
    this.#cipher = new UnitCipher(key);
    const [batch = new Uint8Array()] = alignedBuffers([BATCH_BYTES]);
    this.#batch = batch;
    this.sizeBytes = Math.max(0, io.sizeBytes - ENCRYPTION_AREA_BYTES);
  }

  write(offset: number, parts: readonly Uint8Array[], done: (errno: number) => void): void {
    if (this.#isWriting) {
      throw new Error("one write at a time");
    }
    this.#isWriting = true;
    let bytes = 0;
    for (const part of parts) {
      this.#cipher.encrypt(offset + bytes, part, this.#batch.subarray(bytes));
      bytes += part.length;
    }
    const encrypted = this.#batch.subarray(0, bytes);
    this.#io.write(ENCRYPTION_AREA_BYTES + offset, [encrypted], (errno) => {
      this.#isWriting = false;
      done(errno);
    });
  }

  flush(done: (errno: number) => void): void {
    this.#io.flush(done);
  }

  read(offset: number, into: Uint8Array, done: (errno: number, bytes: number) => void): void {
    this.#io.read(ENCRYPTION_AREA_BYTES + offset, into, (errno, got) => {
      const bytes = got - (got % CACHE_BLOCK_BYTES);
      if (errno === 0) {
        this.#cipher.decrypt(offset, into.subarray(0, bytes));
      }
      done(errno, bytes);
    });
  }

  close(): void {
    this.#io.close();
  }
}
