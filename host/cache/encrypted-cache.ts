/**
 * A cache device whose bytes are encrypted on the device below it, behind the label. Decides where they
 * lie there, and whether they are copied once more: a device around the page cache wants one piece of aligned
 * memory. Under a GatheringCache, which gives it whole blocks, one write at a time, BATCH_BYTES at most.
 * Invariant: what is handed to it for a write is not changed, and clear text is never handed on.
 */

import type { KeyObject } from "node:crypto";
import { CACHE_BLOCK_BYTES, type CacheDevice } from "./cache-device.ts";
import { ENCRYPTION_AREA_BYTES } from "./encryption-label.ts";
import { alignedBuffers, BATCH_BYTES } from "./gathering-cache.ts";
import { UnitCipher } from "./unit-cipher.ts";

/** `io`, encrypted; `isDirect`: it takes whole blocks in aligned memory only. */
export class EncryptedCache implements CacheDevice {
  readonly sizeBytes: number;
  readonly #io: CacheDevice;
  readonly #cipher: UnitCipher;
  /** undefined: pieces are written from where they are. */
  readonly #batch: Uint8Array | undefined;
  #isWriting = false;

  constructor(io: CacheDevice, key: KeyObject, isDirect: boolean) {
    this.#io = io;
    this.#cipher = new UnitCipher(key);
    this.#batch = isDirect ? alignedBuffers([BATCH_BYTES])[0] : undefined;
    this.sizeBytes = Math.max(0, io.sizeBytes - ENCRYPTION_AREA_BYTES);
  }

  write(offset: number, parts: readonly Uint8Array[], done: (errno: number) => void): void {
    if (this.#isWriting) {
      throw new Error("one write at a time");
    }
    this.#isWriting = true;
    let bytes = 0;
    const encrypted: Uint8Array[] = [];
    for (const part of parts) {
      encrypted.push(...this.#cipher.encrypted(offset + bytes, part));
      bytes += part.length;
    }
    this.#io.write(ENCRYPTION_AREA_BYTES + offset, this.#aligned(encrypted), (errno) => {
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

  #aligned(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
    if (this.#batch === undefined) {
      return pieces;
    }
    let bytes = 0;
    for (const piece of pieces) {
      this.#batch.set(piece, bytes);
      bytes += piece.length;
    }
    return [this.#batch.subarray(0, bytes)];
  }
}
