/**
 * Buffers for extents, used again and again: a page that was never touched costs nothing, one that
 * the collector frees and Node zeroes costs as much as the copy we avoid. Decides size classes and
 * what is given up when another class needs the room.
 * Invariant: buffers handed out and kept never exceed the bound (plus what `acquireBeyond` gave).
 */

/** Size classes: powers of two from 64 KiB to 8 MiB (RECORD_BYTES_MAX). */
export const CLASS_BYTES_MIN = 64 * 1024;
export const CLASS_BYTES_MAX = 8 * 1024 * 1024;

/** A pool of at most `bytesMax` bytes. */
export class BufferPool {
  readonly #bytesMax: number;
  /** Kept buffers by class size. */
  readonly #kept = new Map<number, Uint8Array<ArrayBuffer>[]>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes of all buffers, handed out or kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A buffer of at least `bytes` bytes (at most CLASS_BYTES_MAX), content undefined; or none. */
  acquire(bytes: number): Uint8Array<ArrayBuffer> | undefined {
    return this.acquireBeyond(bytes, 0);
  }

  /** The same, allowed to exceed the bound by `extraBytes`: for what must not wait for room. */
  acquireBeyond(bytes: number, extraBytes: number): Uint8Array<ArrayBuffer> | undefined {
    const size = classOf(bytes);
    const kept = this.#kept.get(size)?.pop();
    if (kept !== undefined) {
      return kept;
    }
    const bound = this.#bytesMax + extraBytes;
    if (this.#bytes + size > bound) {
      this.#giveUp(this.#bytes + size - bound);
    }
    if (this.#bytes + size > bound) {
      return undefined;
    }
    this.#bytes += size;
    return Buffer.allocUnsafeSlow(size);
  }

  /** Gives a buffer back; it must not be touched any more. */
  release(buffer: Uint8Array<ArrayBuffer>): void {
    if (this.#bytes > this.#bytesMax) {
      this.#bytes -= buffer.length;
      return;
    }
    const kept = this.#kept.get(buffer.length);
    if (kept === undefined) {
      this.#kept.set(buffer.length, [buffer]);
    } else {
      kept.push(buffer);
    }
  }

  /** Forgets a buffer that was handed out: it will not come back. */
  writeOff(buffer: Uint8Array<ArrayBuffer>): void {
    this.#bytes -= buffer.length;
  }

  /** Drops kept buffers of other classes until `bytes` are free, as far as there are any. */
  #giveUp(bytes: number): void {
    let missing = bytes;
    for (const [size, buffers] of this.#kept) {
      while (missing > 0 && buffers.pop() !== undefined) {
        this.#bytes -= size;
        missing -= size;
      }
    }
  }
}

function classOf(bytes: number): number {
  if (bytes > CLASS_BYTES_MAX) {
    throw new Error(`no buffer has ${bytes} bytes`);
  }
  return Math.max(CLASS_BYTES_MIN, 2 ** Math.ceil(Math.log2(Math.max(1, bytes))));
}
