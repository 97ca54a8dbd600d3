/**
 * Record buffers used again: a new one for each record would keep the garbage collector busy with
 * hundreds of megabytes a second. Decides which buffer is taken. Invariants: a buffer is with one
 * holder at a time; at most POOL_BYTES_MAX lie idle; one that nobody gives back is simply lost.
 */

/** A drive's whole buffer, and what is under way to and from it. */
const POOL_BYTES_MAX = 24 * 1024 * 1024;
/** A buffer may be so many times larger than what it is taken for. */
const WASTE_MAX = 4;

/** Idle buffers of one drive. */
export class BufferPool {
  #idle: Buffer[] = [];
  #idleBytes = 0;

  /** A buffer of at least `bytes`, its contents anything. */
  take(bytes: number): Buffer {
    const fits = (buffer: Buffer) => buffer.length >= bytes && buffer.length <= bytes * WASTE_MAX;
    const index = this.#idle.findLastIndex(fits);
    const [found] = index < 0 ? [] : this.#idle.splice(index, 1);
    if (found === undefined) {
      return Buffer.allocUnsafeSlow(bytes);
    }
    this.#idleBytes -= found.length;
    return found;
  }

  /** Gives back what `take` gave, whole, when nobody looks at it any more. */
  give(buffer: Buffer): void {
    this.#idle.push(buffer);
    this.#idleBytes += buffer.length;
    while (this.#idleBytes > POOL_BYTES_MAX) {
      this.#idleBytes -= this.#idle.shift()?.length ?? 0;
    }
  }
}
