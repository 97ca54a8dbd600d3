/**
 * Executes what a lane's core wants of its ring (AC_RING_*, AC_PREFETCH, AC_RELEASE) on a cache
 * device. Decides nothing about the ring's format. Invariants: an extent is written from the same
 * bytes that go to the drive, in one vectored write together with its header; it is pinned until the
 * write ended.
 */

import { crc32c } from "@node-rs/crc32";
import { PARAM_IN_BYTES, RECORD_BYTES_MAX } from "../../assembly/spec/abi.ts";
import { EV_RING_DONE } from "../../assembly/spec/event.ts";
import type { CacheDevice } from "../cache/cache-device.ts";
import { type CoreEvent, coreEvent } from "../core/core-event.ts";
import type { ActionHandler, Post } from "./core-loop.ts";
import type { Extent, Extents } from "./extents.ts";
import type { TransferBuffer } from "./transfer-buffer.ts";

/** Entries of the ring begin at multiples of this (SPEC.md): what a write is padded to. */
const ENTRY_ALIGN_BYTES = 64;
const PADDING = new Uint8Array(ENTRY_ALIGN_BYTES);
/** What a read or write of bytes that are not there is answered. */
const EIO = 5;

/** Something that is on its way to or from the ring. */
interface Operation {
  /** It fills a transfer buffer, which the next one to use it must not find changed. */
  readonly fillsBuffer: boolean;
}

export interface RingPortOptions {
  readonly post: Post;
  readonly cache: CacheDevice;
  readonly extents: Extents;
  readonly buffers: ReadonlyMap<number, TransferBuffer>;
}

/** The ring as one core sees it. */
export class RingPort {
  readonly #options: RingPortOptions;
  /** Extents whose write has not ended. */
  readonly #writing = new Set<Extent>();
  /** For loads that nobody keeps (check sums only); made when needed, one load uses it at a time. */
  #scratch: Uint8Array | undefined;
  /** What is on its way to or from the ring. */
  readonly #out = new Set<Operation>();
  /** The core has given the ring up. */
  #isLost = false;
  #whenIdle: (() => void) | undefined;

  constructor(options: RingPortOptions) {
    this.#options = options;
  }

  /**
   * The core has gone: calls `then` once nothing is on its way to or from the ring; at once when nothing is.
   * Of a ring that is lost only what still fills a transfer buffer is waited for; how the rest ends nobody
   * hears any more.
   */
  whenIdle(then: () => void): void {
    this.#whenIdle = then;
    this.#tellIdle();
  }

  /** AC_RING_WRITE. */
  readonly write: ActionHandler = (action) => {
    const operation = this.#begin();
    const { tag, a: bytes, x: offset, y: dataAt } = action;
    const { cache, extents } = this.#options;
    const header = action.params.slice();
    if (bytes === 0) {
      cache.write(offset, [header], (errno) => this.#done(operation, tag, errno));
      return;
    }
    // What the core copies from a tape comes by a transfer buffer that it uses again at once.
    const extent =
      action.b === 0
        ? extents.find(dataAt)
        : extents.place(dataAt, this.#kept(action.b, action.c, bytes));
    if (extent === undefined || extent.view.length < bytes || offset + header.length !== dataAt) {
      this.#done(operation, tag, EIO);
      return;
    }
    const parts = [header, extent.view.subarray(0, bytes)];
    const paddingBytes = -(header.length + bytes) & (ENTRY_ALIGN_BYTES - 1);
    if (paddingBytes > 0) {
      parts.push(PADDING.subarray(0, paddingBytes));
    }
    extents.pin(extent);
    this.#writing.add(extent);
    cache.write(offset, parts, (errno) => {
      this.#writing.delete(extent);
      extent.isWritten = errno === 0;
      extents.unpin(extent);
      this.#done(operation, tag, errno);
    });
  };

  /** AC_RING_LOST: a device that hangs must not keep the memory of the stream. */
  readonly lost: ActionHandler = () => {
    this.#isLost = true;
    this.#options.extents.ringLost(this.#writing);
  };

  /** AC_RING_FLUSH. */
  readonly flush: ActionHandler = (action) => {
    const operation = this.#begin();
    const { tag } = action;
    this.#options.cache.flush((errno) => this.#done(operation, tag, errno));
  };

  /** AC_RING_READ. */
  readonly read: ActionHandler = (action) => {
    const operation = this.#begin();
    const { tag } = action;
    const into = new Uint8Array(Math.min(action.a, PARAM_IN_BYTES));
    this.#options.cache.read(action.x, into, (errno, bytes) => {
      const event = coreEvent(EV_RING_DONE, tag);
      event.a = errno;
      event.params = into.subarray(0, bytes);
      this.#ended(operation, event);
    });
  };

  /** AC_RING_LOAD: from memory where it is still there, which is also where a broken ring has it. */
  readonly load: ActionHandler = (action) => {
    const { tag, a: bytes } = action;
    const isKept = action.b !== 0;
    const operation = this.#begin(isKept);
    const resident = this.#options.extents.find(action.x);
    if (resident?.crc !== undefined && resident.view.length === bytes) {
      if (isKept) {
        this.#kept(action.b, action.yLow, bytes).set(resident.view);
      }
      this.#loaded(operation, tag, 0, resident.crc);
      return;
    }
    const into = isKept ? this.#kept(action.b, action.yLow, bytes) : this.#takeScratch(bytes);
    this.#options.cache.read(action.x, into, (errno, got) => {
      const crc = crc32c(into.subarray(0, got));
      if (!isKept) {
        this.#scratch = into;
      }
      this.#loaded(operation, tag, errno === 0 && got < bytes ? EIO : errno, crc);
    });
  };

  /** AC_MEND. */
  readonly mend: ActionHandler = (action) => {
    const bytes = this.#kept(action.b, 0, action.a);
    this.#options.extents.supply(action.x, bytes, action.e);
  };

  /** AC_PREFETCH. */
  readonly prefetch: ActionHandler = (action) => {
    this.#options.extents.prefetch(action.x, action.a, action.e);
  };

  /** AC_RELEASE. */
  readonly release: ActionHandler = (action) => {
    this.#options.extents.release(action.x);
  };

  #kept(number: number, offset: number, bytes: number): Uint8Array {
    const buffer = this.#options.buffers.get(number);
    if (buffer === undefined) {
      throw new Error(`there is no transfer buffer ${number}`);
    }
    return buffer.bytes.subarray(offset, offset + bytes);
  }

  #takeScratch(bytes: number): Uint8Array {
    const kept = this.#scratch;
    this.#scratch = undefined;
    const whole =
      kept !== undefined && kept.buffer.byteLength >= bytes
        ? kept
        : Buffer.allocUnsafeSlow(Math.min(bytes, RECORD_BYTES_MAX));
    return new Uint8Array(whole.buffer, 0, Math.min(bytes, whole.buffer.byteLength));
  }

  #loaded(operation: Operation, tag: number, errno: number, crc: number): void {
    const event = coreEvent(EV_RING_DONE, tag);
    event.a = errno;
    event.b = crc;
    this.#ended(operation, event);
  }

  #done(operation: Operation, tag: number, errno: number): void {
    const event = coreEvent(EV_RING_DONE, tag);
    event.a = errno;
    this.#ended(operation, event);
  }

  #begin(fillsBuffer = false): Operation {
    const operation = { fillsBuffer };
    this.#out.add(operation);
    return operation;
  }

  /** The core hears of it, unless it was begun for one that has gone. */
  #ended(operation: Operation, event: CoreEvent): void {
    if (this.#out.delete(operation)) {
      this.#options.post(event);
      this.#tellIdle();
    }
  }

  #tellIdle(): void {
    const then = this.#whenIdle;
    if (then === undefined || this.#isWaitedFor()) {
      return;
    }
    this.#whenIdle = undefined;
    this.#out.clear();
    this.#isLost = false;
    then();
  }

  #isWaitedFor(): boolean {
    return this.#isLost
      ? [...this.#out].some(({ fillsBuffer }) => fillsBuffer)
      : this.#out.size > 0;
  }
}
