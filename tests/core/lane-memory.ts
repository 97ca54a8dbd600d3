/**
 * What a lane's core keeps its records in, in tests: a ring, of which a part is the disk, and the transfer buffers.
 * Decides nothing; a disk that is full takes no more writes.
 */

import assert from "node:assert/strict";
import { PROTECTION_WORD_BYTES, RECORD_BYTES_MAX } from "../../assembly/spec/abi.ts";
import { BUFFER_CHECK, BUFFER_SERVER } from "../../assembly/spec/action.ts";
import type { ActionReader } from "../../host/core/action-reader.ts";
import type { CoreEvent } from "../../host/core/core-event.ts";
import { RING_BYTES } from "./lane-settings.ts";
import { crcOf } from "./tape-drive.ts";

/** Behind the disk: memory for the extents of a lost ring. */
const BEYOND_BYTES = 1024 * 1024;
const ENOSPC = 28;

/** What a ring action ended with. */
export type RingEnd = Partial<CoreEvent>;

/** Ring and transfer buffers of one lane. */
export class LaneMemory {
  /** The disk, and behind it what is only in memory where the ring is lost. */
  readonly ring = Buffer.alloc(RING_BYTES + BEYOND_BYTES);
  /** The disk takes no more writes. */
  isDiskFull = false;
  readonly #buffers = new Map([
    [BUFFER_SERVER, Buffer.alloc(RECORD_BYTES_MAX + PROTECTION_WORD_BYTES)],
    [BUFFER_CHECK, Buffer.alloc(RECORD_BYTES_MAX)],
  ]);

  /** The first bytes of a transfer buffer; none where there is no such buffer. */
  inBuffer(buffer: number, bytes: number): Uint8Array {
    return this.#buffers.get(buffer)?.subarray(0, bytes) ?? new Uint8Array();
  }

  /** Into a transfer buffer at an offset. */
  fill(buffer: number, data: Uint8Array, at: number): void {
    this.#buffers.get(buffer)?.set(data, at);
  }

  /** AC_RING_WRITE: the action's own bytes, and those of a buffer where one is named. */
  write(given: ActionReader): RingEnd {
    if (this.isDiskFull) {
      return { a: ENOSPC };
    }
    this.ring.set(given.params, given.x);
    if (given.b !== 0) {
      const data = this.#buffers.get(given.b)?.subarray(given.c, given.c + given.a);
      assert.ok(data?.length === given.a);
      this.ring.set(data, given.y);
    }
    return {};
  }

  /** AC_RING_READ: into the parameters. */
  read({ x, a: bytes }: ActionReader): RingEnd {
    return { params: Uint8Array.from(this.ring.subarray(x, x + bytes)) };
  }

  /** AC_RING_LOAD: into a transfer buffer. */
  load({ x, a: bytes, b: buffer, y: at }: ActionReader): RingEnd {
    const data = this.ring.subarray(x, x + bytes);
    this.fill(buffer, data, at);
    return { b: crcOf(data) };
  }
}
