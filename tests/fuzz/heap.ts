/** What this process holds, after a collection: what a run leaves behind is growth. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes on the heap. */
export function heapBytes(): number {
  collectAll();
  return process.memoryUsage().heapUsed;
}

/** Bytes on the heap and in buffers that something still refers to. */
export function heldBytes(): number {
  collectAll();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function collectAll(): void {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  // Buffers of the first collection are given back by the time of the second.
  collect();
  collect();
}

/** So much more may be held at the end of a run than after its warm-up. */
export const GROWTH_BYTES_MAX = 8 * 1024 * 1024;

/** The same for the memory that the process has of the machine, which a collection does not give back at once. */
export const RSS_GROWTH_BYTES_MAX = 64 * 1024 * 1024;

/** What a run holds on its way. */
export interface MemoryLook {
  readonly sent: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
}

const LOOKS = 10;

/** Looks at memory ten times on the way through `count` inputs. */
export class MemoryWatch {
  readonly looks: MemoryLook[] = [];
  readonly #step: number;
  #next: number;

  constructor(count: number) {
    this.#step = Math.max(1, count / LOOKS);
    this.#next = this.#step;
  }

  /** So many inputs were sent. True: it has looked. */
  sent(sent: number): boolean {
    if (sent < this.#next || this.looks.length >= LOOKS) {
      return false;
    }
    this.#next += this.#step;
    this.looks.push({ sent, heapBytes: heapBytes(), rssBytes: process.memoryUsage.rss() });
    return true;
  }

  /** By how much the process grew after the first of the looks. */
  get rssGrowthBytes(): number {
    const [first, ...more] = this.looks.map(({ rssBytes }) => rssBytes);
    return (more.at(-1) ?? first ?? 0) - (first ?? 0);
  }
}
