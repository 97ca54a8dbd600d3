/**
 * The extents of a lane that are in memory, by the ring offset of their data. Server data is received
 * into an extent, written to the ring and sent to the drive from the same bytes. Decides which
 * extent is kept, which is given up, and who waits for room.
 *
 * Kept while pinned (received, written, sent or loaded at this moment) and while the ring does not
 * have it yet; given up once the drive took it (`sent`), when the core releases it, or, oldest first,
 * when room is needed and the ring has it.
 * Invariants: memory is bounded; a buffer is used again only when nothing reads or writes it; what
 * the ring does not have is never given up unsent.
 */

import { BufferPool } from "./buffer-pool.ts";

/** Reads `into.length` bytes of the ring; `errno` 0 is success. */
export type LoadFromRing = (
  offset: number,
  into: Uint8Array,
  done: (errno: number, bytes: number) => void,
) => void;

/** The check sum of extents: CRC32C. */
export type Checksum = (bytes: Uint8Array) => number;

/** Why an extent could not be had; `errno` 0: its bytes are not those that were written. */
export interface ExtentFault {
  readonly errno: number;
}

/** An extent in memory. `view` is exactly its data. */
export class Extent {
  readonly at: number;
  readonly view: Uint8Array;
  readonly buffer: Uint8Array<ArrayBuffer>;
  /** CRC32C of the data once it is whole. */
  crc: number | undefined;
  pins = 0;
  /** The ring has it. */
  isWritten = false;
  /** The drive has it, or nobody wants it any more. */
  isDone = false;
  /** Its memory is not the pool's any more. */
  isWrittenOff = false;

  constructor(at: number, bytes: number, buffer: Uint8Array<ArrayBuffer>) {
    this.at = at;
    this.buffer = buffer;
    this.view = buffer.subarray(0, bytes);
  }
}

interface Load {
  readonly extent: Extent;
  readonly crc: number;
  readonly waiting: ((found: Extent | ExtentFault) => void)[];
}

/** What a load may exceed the bound by: the drive's next record must never wait for the server's. */
const LOAD_BYTES_EXTRA = 2 * 8 * 1024 * 1024;
const EIO = 5;
const ENOMEM = 12;

/** All extents of one lane. */
export class Extents {
  readonly #pool: BufferPool;
  readonly #load: LoadFromRing;
  readonly #checksum: Checksum;
  readonly #resident = new Map<number, Extent>();
  /** Unpinned and in the ring, oldest first: may be given up. */
  readonly #evictable = new Set<Extent>();
  readonly #loads = new Map<number, Load>();
  #waiting: (() => boolean)[] = [];
  #isRingLost = false;

  constructor(bytesMax: number, load: LoadFromRing, checksum: Checksum) {
    this.#pool = new BufferPool(bytesMax);
    this.#load = load;
    this.#checksum = checksum;
  }

  /** Bytes of memory in use. */
  get bytes(): number {
    return this.#pool.bytes;
  }

  /**
   * Room for `bytes` bytes of data at ring offset `at`: `ready` gets the extent, pinned, at once or
   * when there is room. An extent that was there before is forgotten. Returns how to call it off.
   */
  allocate(at: number, bytes: number, ready: (extent: Extent) => void): () => void {
    let isCalledOff = false;
    const attempt = (): boolean => {
      if (isCalledOff) {
        return true;
      }
      const buffer = this.#acquire(bytes, 0);
      if (buffer === undefined) {
        return false;
      }
      ready(this.#keep(at, bytes, buffer));
      return true;
    };
    if (this.#waiting.length > 0 || !attempt()) {
      this.#waiting.push(attempt);
    }
    return () => {
      isCalledOff = true;
    };
  }

  /**
   * An extent at ring offset `at` with a copy of these bytes, which the drive has already: it is kept
   * until the ring has it. One at a time, so that what it may take beyond the bound is bounded too.
   */
  place(at: number, bytes: Uint8Array): Extent {
    const buffer = this.#acquire(bytes.length, LOAD_BYTES_EXTRA) ?? new Uint8Array(bytes.length);
    const extent = this.#keep(at, bytes.length, buffer);
    extent.view.set(bytes);
    extent.crc = this.#checksum(bytes);
    extent.isDone = true;
    extent.pins = 0;
    return extent;
  }

  /** The extent at that ring offset if it is in memory, perhaps still being received. */
  find(at: number): Extent | undefined {
    return this.#resident.get(at);
  }

  /**
   * The extent with these bytes, pinned, from memory or from the ring; or why not. `found` is
   * called once, at once where it is in memory.
   */
  obtain(
    at: number,
    bytes: number,
    crc: number,
    found: (extent: Extent | ExtentFault) => void,
  ): void {
    const resident = this.#resident.get(at);
    if (resident !== undefined && resident.view.length === bytes && resident.crc === crc) {
      this.pin(resident);
      found(resident);
      return;
    }
    const load = this.#loads.get(at);
    if (load !== undefined && load.extent.view.length === bytes && load.crc === crc) {
      load.waiting.push(found);
      return;
    }
    this.#startLoad(at, bytes, crc, LOAD_BYTES_EXTRA, [found]);
  }

  /** Loads the extent ahead of time where there is room for it. */
  prefetch(at: number, bytes: number, crc: number): void {
    if (!this.#resident.has(at) && !this.#loads.has(at)) {
      this.#startLoad(at, bytes, crc, 0, []);
    }
  }

  pin(extent: Extent): void {
    extent.pins += 1;
    this.#evictable.delete(extent);
  }

  /** Undoes one `pin`; the buffer may be used again after this. */
  unpin(extent: Extent): void {
    extent.pins -= 1;
    this.#settle(extent);
  }

  /** The drive has it: as soon as nothing works on it, its memory is free. */
  sent(extent: Extent): void {
    extent.isDone = true;
    this.#settle(extent);
  }

  /**
   * The ring is lost: what it has may not be read again, so nothing unsent is given up from here on; what
   * its writes still hold (`writing`) does not count any more, so that records go on to the drive. At most
   * once, so memory stays bounded (by twice the bound).
   */
  ringLost(writing: Iterable<Extent>): void {
    this.#isRingLost = true;
    this.#evictable.clear();
    for (const extent of writing) {
      if (!extent.isWrittenOff) {
        extent.isWrittenOff = true;
        this.#pool.writeOff(extent.buffer);
      }
    }
    this.#serveWaiting();
  }

  /** What the ring has wrong at `at` is `bytes`: copied, and kept until it is sent or released. */
  supply(at: number, bytes: Uint8Array, crc: number): void {
    const buffer = this.#resident.has(at)
      ? undefined
      : this.#acquire(bytes.length, LOAD_BYTES_EXTRA);
    if (buffer !== undefined) {
      const extent = new Extent(at, bytes.length, buffer);
      extent.view.set(bytes);
      extent.crc = crc;
      this.#resident.set(at, extent);
    }
  }

  /** Nobody wants the extent at that ring offset any more. */
  release(at: number): void {
    const extent = this.#resident.get(at);
    if (extent !== undefined) {
      this.sent(extent);
    }
  }

  /**
   * The core that knew them has gone: nobody waits for room any more, and what the ring does not have
   * is of no use; of a ring that is lost nothing is, because its index went with that core. Whether it is
   * lost the successor says again. To be called when no write to a ring that is not lost is on its way.
   */
  forgetUnwritten(): void {
    this.#waiting = [];
    for (const extent of this.#resident.values()) {
      if (!extent.isWritten || this.#isRingLost) {
        this.sent(extent);
      }
    }
    for (const { extent } of this.#loads.values()) {
      extent.isDone ||= this.#isRingLost;
    }
    this.#isRingLost = false;
  }

  /** Forgets everything: the lane has failed. Buffers that are in use stay with their users. */
  clear(): void {
    this.#waiting = [];
    this.#resident.clear();
    this.#evictable.clear();
    this.#loads.clear();
  }

  #keep(at: number, bytes: number, buffer: Uint8Array<ArrayBuffer>): Extent {
    const before = this.#resident.get(at);
    const extent = new Extent(at, bytes, buffer);
    extent.pins = 1;
    this.#resident.set(at, extent);
    if (before !== undefined) {
      this.sent(before);
    }
    return extent;
  }

  #settle(extent: Extent): void {
    if (extent.pins > 0) {
      return;
    }
    if (extent.isDone) {
      this.#free(extent);
    } else if (extent.isWritten && !this.#isRingLost) {
      this.#evictable.add(extent);
    }
    this.#serveWaiting();
  }

  #free(extent: Extent): void {
    this.#evictable.delete(extent);
    if (this.#resident.get(extent.at) === extent) {
      this.#resident.delete(extent.at);
    }
    if (!extent.isWrittenOff) {
      this.#pool.release(extent.buffer);
    }
  }

  #serveWaiting(): void {
    for (let attempt = this.#waiting[0]; attempt?.() === true; attempt = this.#waiting[0]) {
      this.#waiting.shift();
    }
  }

  #acquire(bytes: number, extraBytes: number): Uint8Array<ArrayBuffer> | undefined {
    for (;;) {
      const buffer = this.#pool.acquireBeyond(bytes, extraBytes);
      const [oldest] = this.#evictable;
      if (buffer !== undefined || oldest === undefined) {
        return buffer;
      }
      this.#free(oldest);
    }
  }

  #startLoad(
    at: number,
    bytes: number,
    crc: number,
    extraBytes: number,
    waiting: ((found: Extent | ExtentFault) => void)[],
  ): void {
    const buffer = this.#acquire(bytes, extraBytes);
    if (buffer === undefined) {
      answerAll(waiting, { errno: ENOMEM });
      return;
    }
    const extent = new Extent(at, bytes, buffer);
    const load: Load = { extent, crc, waiting };
    this.#loads.set(at, load);
    this.#load(at, extent.view, (errno, got) => this.#loaded(load, errno, got));
  }

  #loaded(load: Load, errno: number, got: number): void {
    const { extent, crc, waiting } = load;
    if (this.#loads.get(extent.at) === load) {
      this.#loads.delete(extent.at);
    }
    const fault = this.#faultOf(extent, crc, errno, got);
    if (fault !== undefined) {
      this.#pool.release(extent.buffer);
      answerAll(waiting, fault);
      this.#serveWaiting();
      return;
    }
    extent.crc = crc;
    extent.isWritten = true;
    // A newer extent may have taken the place meanwhile: then this one only serves who waits.
    if (this.#resident.has(extent.at)) {
      extent.isDone = true;
    } else {
      this.#resident.set(extent.at, extent);
    }
    extent.pins = waiting.length + 1;
    answerAll(waiting, extent);
    this.unpin(extent);
  }

  #faultOf(extent: Extent, crc: number, errno: number, got: number): ExtentFault | undefined {
    if (errno !== 0 || got !== extent.view.length) {
      return { errno: errno === 0 ? EIO : errno };
    }
    return this.#checksum(extent.view) === crc ? undefined : { errno: 0 };
  }
}

function answerAll(
  waiting: readonly ((found: Extent | ExtentFault) => void)[],
  found: Extent | ExtentFault,
): void {
  for (const answer of waiting) {
    answer(found);
  }
}
