/**
 * A cache device for writes of any length on one that gets whole blocks in page-aligned memory, which is
 * what a device around the page cache (O_DIRECT) wants, and an encrypted one. Decides how many writes go out
 * together.
 *
 * Invariants: one write is in flight, in the order of asking, so a block that two writes share is never
 * overtaken, and a disk that hangs holds one thread of this process; a block that is written again begins
 * with the very bytes that it had, so a device that writes each sector wholly or not at all cannot lose
 * what was promised before (SPEC.md, section 7); behind a write the rest of its block becomes zeros, which
 * the port allows.
 */

import { CACHE_BLOCK_BYTES, type CacheDevice } from "./cache-device.ts";

/** What goes out in one write at most. */
export const BATCH_BYTES = 1024 * 1024;
/** What one read gets. */
const READ_BYTES = 256 * 1024;
/** Reads at once; more wait. Node has four threads for all files. */
const READ_COUNT_MAX = 4;
/** Blocks remembered whose rest is still to come: the stream's, and some headers'. */
const TAIL_COUNT_MAX = 8;
const EIO = 5;

interface Write {
  readonly offset: number;
  readonly data: PartReader;
  readonly done: (errno: number) => void;
}

interface Read {
  readonly offset: number;
  readonly into: Uint8Array;
  readonly done: (errno: number, bytes: number) => void;
  got: number;
}

/** A cache device for any bytes on `io`, which gets whole blocks in aligned memory only. */
export class GatheringCache implements CacheDevice {
  readonly sizeBytes: number;
  readonly #io: CacheDevice;
  readonly #batch: Uint8Array;
  readonly #readBuffers: Uint8Array[];
  readonly #writes: Write[] = [];
  readonly #reads: Read[] = [];
  /** By their offset: the last block of a write, as it was written. */
  readonly #tails = new Map<number, Uint8Array>();
  #isWriting = false;

  constructor(io: CacheDevice) {
    this.#io = io;
    this.sizeBytes = blockOf(io.sizeBytes);
    const [batch = new Uint8Array(), ...readBuffers] = alignedBuffers([
      BATCH_BYTES,
      ...Array.from({ length: READ_COUNT_MAX }, () => READ_BYTES),
    ]);
    this.#batch = batch;
    this.#readBuffers = readBuffers;
  }

  write(offset: number, parts: readonly Uint8Array[], done: (errno: number) => void): void {
    const data = new PartReader(parts);
    if (offset + data.left > this.sizeBytes) {
      setImmediate(done, EIO);
      return;
    }
    this.#writes.push({ offset, data, done });
    this.#writeNext();
  }

  flush(done: (errno: number) => void): void {
    this.#io.flush(done);
  }

  read(offset: number, into: Uint8Array, done: (errno: number, bytes: number) => void): void {
    const bytes = Math.max(0, Math.min(into.length, this.sizeBytes - offset));
    this.#reads.push({ offset, into: into.subarray(0, bytes), done, got: 0 });
    this.#readNext();
  }

  close(): void {
    this.#io.close();
  }

  #writeNext(): void {
    const [first] = this.#writes;
    if (this.#isWriting || first === undefined) {
      return;
    }
    this.#isWriting = true;
    const at = first.offset + first.data.taken;
    const blockAt = blockOf(at);
    if (at === blockAt) {
      this.#writeBatch(blockAt, 0);
      return;
    }
    const tail = this.#tails.get(blockAt);
    if (tail !== undefined) {
      this.#batch.set(tail);
      this.#writeBatch(blockAt, at - blockAt);
      return;
    }
    // What stands in front of it in its block: only the device knows.
    this.#io.read(blockAt, this.#batch.subarray(0, CACHE_BLOCK_BYTES), (errno, bytes) => {
      if (errno !== 0 || bytes < CACHE_BLOCK_BYTES) {
        this.#ended([], errno === 0 ? EIO : errno);
      } else {
        this.#writeBatch(blockAt, at - blockAt);
      }
    });
  }

  /** Everything that follows without a gap, as far as there is room; `lead` bytes are there already. */
  #writeBatch(blockAt: number, lead: number): void {
    let used = lead;
    let wholeCount = 0;
    for (const next of this.#writes) {
      const isNext = next.offset + next.data.taken === blockAt + used;
      if (!isNext || used === BATCH_BYTES) {
        break;
      }
      used += next.data.take(this.#batch.subarray(used));
      if (next.data.left > 0) {
        break;
      }
      wholeCount += 1;
    }
    // At once: there may be tens of thousands.
    const whole = this.#writes.splice(0, wholeCount);
    const bytes = blockOf(used + CACHE_BLOCK_BYTES - 1);
    this.#batch.fill(0, used, bytes);
    this.#keepTail(blockAt, used, bytes);
    this.#io.write(blockAt, [this.#batch.subarray(0, bytes)], (errno) => this.#ended(whole, errno));
  }

  #keepTail(blockAt: number, used: number, bytes: number): void {
    for (const at of this.#tails.keys()) {
      if (at >= blockAt && at < blockAt + bytes) {
        this.#tails.delete(at);
      }
    }
    if (used === bytes) {
      return;
    }
    const last = bytes - CACHE_BLOCK_BYTES;
    this.#tails.set(blockAt + last, this.#batch.slice(last, bytes));
    const [oldest] = this.#tails.keys();
    if (this.#tails.size > TAIL_COUNT_MAX && oldest !== undefined) {
      this.#tails.delete(oldest);
    }
  }

  /** After a fault nothing is known of the blocks, and the write that was cut is over. */
  #ended(whole: Write[], errno: number): void {
    this.#isWriting = false;
    if (errno !== 0) {
      this.#tails.clear();
      const [cut] = this.#writes;
      const isCut = cut !== undefined && (cut.data.taken > 0 || whole.length === 0);
      if (isCut) {
        this.#writes.shift();
        whole.push(cut);
      }
    }
    for (const write of whole) {
      write.done(errno);
    }
    this.#writeNext();
  }

  #readNext(): void {
    const [next] = this.#reads;
    const buffer = next === undefined ? undefined : this.#readBuffers.pop();
    if (next === undefined || buffer === undefined) {
      return;
    }
    this.#reads.shift();
    this.#readOn(next, buffer);
  }

  #readOn(read: Read, buffer: Uint8Array): void {
    const at = read.offset + read.got;
    const blockAt = blockOf(at);
    const end = blockOf(read.offset + read.into.length + CACHE_BLOCK_BYTES - 1);
    const piece = buffer.subarray(0, Math.min(READ_BYTES, end - blockAt));
    this.#io.read(blockAt, piece, (errno, bytes) => {
      const there = piece.subarray(at - blockAt, bytes);
      const part = there.subarray(0, read.into.length - read.got);
      if (errno === 0) {
        read.into.set(part, read.got);
        read.got += part.length;
      }
      if (errno === 0 && part.length > 0 && read.got < read.into.length) {
        this.#readOn(read, buffer);
        return;
      }
      this.#readBuffers.push(buffer);
      read.done(errno, read.got);
      this.#readNext();
    });
  }
}

function blockOf(offset: number): number {
  return offset - (offset % CACHE_BLOCK_BYTES);
}

/** Memory at page addresses, which only WebAssembly's has for certain: it is mapped, not allocated. */
export function alignedBuffers(sizes: readonly number[]): Uint8Array[] {
  const PAGE_BYTES = 65_536;
  const pages = sizes.map((bytes) => Math.ceil(bytes / PAGE_BYTES));
  const count = pages.reduce((sum, more) => sum + more, 0);
  const { buffer } = new WebAssembly.Memory({ initial: count, maximum: count });
  let at = 0;
  return sizes.map((bytes, index) => {
    const view = new Uint8Array(buffer, at, bytes);
    at += (pages[index] ?? 0) * PAGE_BYTES;
    return view;
  });
}

/** Copies a list of parts out, some bytes at a time. */
class PartReader {
  taken = 0;
  left: number;
  readonly #parts: readonly Uint8Array[];
  #part = 0;
  #at = 0;

  constructor(parts: readonly Uint8Array[]) {
    this.#parts = parts;
    this.left = parts.reduce((sum, part) => sum + part.length, 0);
  }

  /** As much as there is, and fits. */
  take(into: Uint8Array): number {
    let copied = 0;
    while (copied < into.length && this.left > 0) {
      const part = this.#parts[this.#part] ?? new Uint8Array();
      const piece = part.subarray(this.#at, this.#at + into.length - copied);
      into.set(piece, copied);
      copied += piece.length;
      this.#at += piece.length;
      this.left -= piece.length;
      if (this.#at === part.length) {
        this.#part += 1;
        this.#at = 0;
      }
    }
    this.taken += copied;
    return copied;
  }
}
