/**
 * Objects as a tape file has them (SIMH magnetic tape format): a record is its length as 4 bytes little
 * endian, the data padded to an even length, the length again; a filemark is four zero bytes. Decides
 * where these bytes come between the data; shares nothing with what reads such files.
 */

/** The upper byte of a length says another thing, and length 0 is a filemark. */
const RECORD_BYTES_MAX = 0xff_ffff;
const FILEMARK = Buffer.alloc(4);
const PADDING = Buffer.alloc(1);

/** Takes the bytes of the file in their order. */
export interface ByteSink {
  put(bytes: Buffer): void;
}

/** Whether the format has records of that length. */
export function hasRecordOf(bytes: number): boolean {
  return bytes > 0 && bytes <= RECORD_BYTES_MAX;
}

export function putFilemarks(count: number, sink: ByteSink): void {
  for (let done = 0; done < count; done++) sink.put(FILEMARK);
}

/** Records of one length, out of data that come in pieces of any size. */
export class EqualRecords {
  readonly #sink: ByteSink;
  readonly #bytes: number;
  readonly #length = Buffer.alloc(4);
  /** Records that have not begun; bytes that the one which has begun lacks. */
  #count: number;
  #lacking = 0;

  constructor(count: number, bytes: number, sink: ByteSink) {
    this.#sink = sink;
    this.#bytes = bytes;
    this.#count = count;
    this.#length.writeUInt32LE(bytes);
  }

  /** The data that come next; what lies behind the last record is left out. */
  put(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      if (this.#lacking === 0 && !this.#begin()) return;
      const part = piece.subarray(at, at + this.#lacking);
      this.#sink.put(part);
      this.#lacking -= part.length;
      at += part.length;
      if (this.#lacking === 0) this.#end();
    }
  }

  #begin(): boolean {
    if (this.#count === 0) return false;
    this.#count -= 1;
    this.#lacking = this.#bytes;
    this.#sink.put(this.#length);
    return true;
  }

  #end(): void {
    if (this.#bytes % 2 === 1) this.#sink.put(PADDING);
    this.#sink.put(this.#length);
  }
}
