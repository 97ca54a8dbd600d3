/**
 * A cache device that fails as disks do: an adapter of the port around a real one. Decides which write,
 * flush or read of the real device goes wrong and how, from the moment the story says so; everything
 * else is the real device's.
 */

import type { OpenCache } from "../../host/bridge/rings.ts";
import type { CacheDevice } from "../../host/cache/cache-device.ts";
import { openCache } from "../../host/cache/open-cache.ts";

/** What happens to a write instead of being written. */
export type WriteFault =
  | { readonly kind: "errno"; readonly errno: number }
  /** GOOD, and nothing is written: the place keeps its stale bytes. */
  | { readonly kind: "lost" }
  /** GOOD, and one bit of it is another. */
  | { readonly kind: "flipped" }
  /** GOOD, and it is written so many bytes away. */
  | { readonly kind: "misdirected"; readonly byBytes: number };

const FLIPPED_BIT = 0x10;

/** What goes wrong; a story changes it at any time. */
export class CacheFaults {
  /** Asked for each write; undefined: it is written. */
  onWrite: (offset: number, bytes: number) => WriteFault | undefined = () => undefined;
  /** Error number of every read; 0: none. */
  readErrno = 0;
  /** Error number of every flush; 0: none. */
  flushErrno = 0;
  /** Where each read was and how many bytes it wanted, in order. */
  readonly reads: { offset: number; bytes: number }[] = [];
  #held: (() => void)[] | undefined;

  /** From here on no write and no flush ends. */
  hold(): void {
    this.#held = [];
  }

  /** Everything that was held ends, and nothing is held any more. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const end of held) {
      end();
    }
  }

  /** `end` now, or when `release` is called. */
  later(end: () => void): void {
    if (this.#held === undefined) {
      end();
    } else {
      this.#held.push(end);
    }
  }

  /** Every write from now on fails with that error number. */
  failWrites(errno: number): void {
    this.onWrite = () => ({ kind: "errno", errno });
  }

  /** The next write of more than `bytesMin` bytes meets that fault, and only that one. */
  nextWrite(fault: WriteFault, bytesMin: number): void {
    let isDue = true;
    this.onWrite = (_offset, bytes) => {
      if (!isDue || bytes <= bytesMin) {
        return undefined;
      }
      isDue = false;
      return fault;
    };
  }

  /** `openCache` for a bridge whose devices fail as this object says. */
  readonly open: OpenCache = async (path, sizeBytes, access) => {
    const inner = await openCache(path, sizeBytes, access);
    return "fault" in inner ? inner : new FaultyCache(inner, this);
  };
}

class FaultyCache implements CacheDevice {
  readonly sizeBytes: number;
  readonly #inner: CacheDevice;
  readonly #faults: CacheFaults;

  constructor(inner: CacheDevice, faults: CacheFaults) {
    this.#inner = inner;
    this.#faults = faults;
    this.sizeBytes = inner.sizeBytes;
  }

  write(offset: number, parts: readonly Uint8Array[], done: (errno: number) => void): void {
    const faults = this.#faults;
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    const fault = faults.onWrite(offset, bytes);
    const end = (errno: number): void => faults.later(() => done(errno));
    if (fault === undefined) {
      this.#inner.write(offset, parts, end);
    } else if (fault.kind === "errno" || fault.kind === "lost") {
      // As a disk answers: later than the call returns.
      setImmediate(end, fault.kind === "errno" ? fault.errno : 0);
    } else if (fault.kind === "misdirected") {
      this.#inner.write(offset + fault.byBytes, parts, end);
    } else {
      const copy = Buffer.concat(parts);
      copy[bytes - 1 - (bytes >> 2)] = (copy[bytes - 1 - (bytes >> 2)] ?? 0) ^ FLIPPED_BIT;
      this.#inner.write(offset, [copy], end);
    }
  }

  flush(done: (errno: number) => void): void {
    const { flushErrno } = this.#faults;
    const end = (errno: number): void => this.#faults.later(() => done(errno));
    if (flushErrno === 0) {
      this.#inner.flush(end);
    } else {
      setImmediate(end, flushErrno);
    }
  }

  read(offset: number, into: Uint8Array, done: (errno: number, bytes: number) => void): void {
    const { readErrno, reads } = this.#faults;
    reads.push({ offset, bytes: into.length });
    if (readErrno === 0) {
      this.#inner.read(offset, into, done);
    } else {
      setImmediate(done, readErrno, 0);
    }
  }

  close(): void {
    this.#inner.close();
  }
}
