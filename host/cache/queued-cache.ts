/**
 * A cache device whose writes go to another one at a time: what follows without a gap goes out together,
 * from the memory it is in. Decides how much; for devices that take any bytes (a file through the page
 * cache). Invariant: a disk that hangs holds one thread of this process, not all of them.
 */

import type { CacheDevice } from "./cache-device.ts";

/** One write has at most so many bytes, if it is not larger by itself, and parts (IOV_MAX is 1024). */
const BATCH_BYTES = 1024 * 1024;
const BATCH_PARTS = 1000;

interface Write {
  readonly offset: number;
  readonly bytes: number;
  readonly parts: readonly Uint8Array[];
  readonly done: (errno: number) => void;
}

/** `inner` with a queue before its writes. */
export class QueuedCache implements CacheDevice {
  readonly sizeBytes: number;
  readonly #inner: CacheDevice;
  readonly #writes: Write[] = [];
  #isWriting = false;

  constructor(inner: CacheDevice) {
    this.#inner = inner;
    this.sizeBytes = inner.sizeBytes;
  }

  write(offset: number, parts: readonly Uint8Array[], done: (errno: number) => void): void {
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    this.#writes.push({ offset, bytes, parts, done });
    this.#writeNext();
  }

  flush(done: (errno: number) => void): void {
    this.#inner.flush(done);
  }

  read(offset: number, into: Uint8Array, done: (errno: number, bytes: number) => void): void {
    this.#inner.read(offset, into, done);
  }

  close(): void {
    this.#inner.close();
  }

  #writeNext(): void {
    const [first] = this.#writes;
    if (this.#isWriting || first === undefined) {
      return;
    }
    this.#isWriting = true;
    const parts: Uint8Array[] = [];
    let bytes = 0;
    let count = 0;
    for (const next of this.#writes) {
      const isNext = next.offset === first.offset + bytes;
      const isFull =
        bytes + next.bytes > BATCH_BYTES || parts.length + next.parts.length > BATCH_PARTS;
      if (count > 0 && (!isNext || isFull)) {
        break;
      }
      parts.push(...next.parts);
      bytes += next.bytes;
      count += 1;
    }
    // At once: there may be tens of thousands.
    const gone = this.#writes.splice(0, count);
    this.#inner.write(first.offset, parts, (errno) => {
      this.#isWriting = false;
      for (const { done } of gone) {
        done(errno);
      }
      this.#writeNext();
    });
  }
}
