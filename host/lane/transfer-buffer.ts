/**
 * A lane's transfer buffer: what the server reads goes through it. Decides which memory it is at the
 * moment: an answer that is still on its way to the server keeps its memory, the next transfer gets
 * other. Invariant: memory that was lent is not handed out before it came back.
 */

import { PROTECTION_WORD_BYTES, RECORD_BYTES_MAX } from "../../assembly/spec/abi.ts";

/** While the answer from one is being sent, the next can be filled. */
const MEMORY_COUNT_MAX = 2;

/** A record, and a protection word behind it. */
const BUFFER_BYTES = RECORD_BYTES_MAX + PROTECTION_WORD_BYTES;

/** BUFFER_BYTES bytes, made when they are needed. */
export class TransferBuffer {
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  #current: Uint8Array<ArrayBuffer> | undefined;
  #lentCount = 0;

  /** No further memory may be lent: answer nothing from this buffer now. */
  get isExhausted(): boolean {
    return this.#lentCount >= MEMORY_COUNT_MAX;
  }

  /** What the buffer is now; undefined content after a `lend`. */
  get bytes(): Uint8Array<ArrayBuffer> {
    this.#current ??= this.#free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
    return this.#current;
  }

  /** Takes the present memory away until the returned function is called (once). */
  lend(): () => void {
    const lent = this.bytes;
    this.#current = undefined;
    this.#lentCount += 1;
    return () => {
      this.#lentCount -= 1;
      this.#free.push(lent);
    };
  }
}
