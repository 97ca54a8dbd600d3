/**
 * A disk in memory with a volatile cache: it remembers every write that no flush covered, so that
 * any power cut can be played: each of those is kept, dropped or torn, in any combination. Pages
 * that were never written are zeros and take no memory, and disks share the pages that are the same.
 */

import { createHash } from "node:crypto";

const PAGE_BYTES = 4096;

export interface DiskWrite {
  readonly offset: number;
  readonly bytes: Uint8Array;
  completed: boolean;
  durable: boolean;
}

/** What a power cut does to one write that no flush covered. */
export type CutFate =
  | "keep"
  | "drop"
  | { readonly tornAfterBytes: number }
  /** Only what comes behind: of a striped ring the other device was faster. */
  | { readonly tornBeforeBytes: number };

export type Pages = Map<number, Uint8Array>;

export class MemoryDisk {
  /** What can be read now. */
  readonly #pages: Pages;
  /** What is on stable storage, but for the writes below. */
  readonly #stable: Pages;
  #writes: DiskWrite[] = [];

  constructor(from: Pages = new Map()) {
    this.#pages = new Map(from);
    this.#stable = new Map(from);
  }

  /** Begins a write; the bytes can be read at once. */
  write(offset: number, bytes: Uint8Array): DiskWrite {
    const write = { offset, bytes: bytes.slice(), completed: false, durable: false };
    this.#writes.push(write);
    put(this.#pages, offset, bytes);
    return write;
  }

  /** The writes that a flush beginning now covers. */
  flushBegin(): readonly DiskWrite[] {
    return this.#writes.filter((write) => write.completed);
  }

  /** The flush is done. */
  flushEnd(covered: readonly DiskWrite[]): void {
    for (const write of covered) write.durable = true;
    while (this.#writes[0]?.durable === true) {
      const write = this.#writes.shift();
      if (write !== undefined) put(this.#stable, write.offset, write.bytes);
    }
  }

  /** The disk after a power cut now; `fateOf` is asked for every write that is not durable. */
  cut(fateOf: (bytes: number) => CutFate): MemoryDisk {
    return new MemoryDisk(this.leftAfter(fateOf));
  }

  protected leftAfter(fateOf: (bytes: number) => CutFate): Pages {
    const left = new Map(this.#stable);
    for (const { offset, bytes, durable } of this.#writes) {
      const fate = durable ? "keep" : fateOf(bytes.length);
      if (fate === "keep") put(left, offset, bytes);
      else if (fate === "drop") continue;
      else if ("tornAfterBytes" in fate) put(left, offset, bytes.subarray(0, fate.tornAfterBytes));
      else put(left, offset + fate.tornBeforeBytes, bytes.subarray(fate.tornBeforeBytes));
    }
    return left;
  }

  /** Changes bytes behind the ring's back, for good. */
  poke(offset: number, bytes: Uint8Array): void {
    put(this.#pages, offset, bytes);
    put(this.#stable, offset, bytes);
  }

  /** What tells this disk's bytes from another's. */
  digest(): string {
    const hash = createHash("sha256");
    for (const number of [...this.#pages.keys()].sort((a, b) => a - b)) {
      hash.update(`${number} `).update(this.#pages.get(number) ?? "");
    }
    return hash.digest("hex");
  }

  read(offset: number, count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let done = 0; done < count; ) {
      const start = (offset + done) % PAGE_BYTES;
      const part = Math.min(PAGE_BYTES - start, count - done);
      const page = this.#pages.get(Math.floor((offset + done) / PAGE_BYTES));
      if (page !== undefined) bytes.set(page.subarray(start, start + part), done);
      done += part;
    }
    return bytes;
  }
}

function put(pages: Pages, offset: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    const start = (offset + done) % PAGE_BYTES;
    const part = Math.min(PAGE_BYTES - start, bytes.length - done);
    const number = Math.floor((offset + done) / PAGE_BYTES);
    // Never in place: another disk may have it too.
    const page = pages.get(number)?.slice() ?? new Uint8Array(PAGE_BYTES);
    page.set(bytes.subarray(done, done + part), start);
    pages.set(number, page);
    done += part;
  }
}
