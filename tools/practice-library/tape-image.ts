/**
 * A cartridge's contents as a file in the SIMH magnetic tape format: a record is its length (4
 * bytes, little endian), the data padded to an even length, the length again; a filemark is four
 * zero bytes; end of data is the end of the file. Decides bytes and where which object lies, not
 * what a drive does with it.
 * Invariants: objects are numbered from 0; every object in front of `end` is whole; the index holds
 * one place for each CHECKPOINT_OBJECTS objects, so it stays small whatever the size of the file.
 */

import { readSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";

/** Between two objects: how many lie in front, how many of them are filemarks, and where. */
export interface Place {
  readonly object: number;
  readonly filemarks: number;
  /** Bytes from the start of the file. */
  readonly offset: number;
}

/** A record to write (`onWritten`: its buffer is free again), or so many filemarks. */
export type TapeItem =
  | { readonly kind: "record"; readonly data: Buffer; readonly onWritten?: () => void }
  | { readonly kind: "filemarks"; readonly count: number };

/** What lies behind a place. */
export type TapeObject =
  | { readonly kind: "record"; readonly bytes: number; readonly after: Place }
  | { readonly kind: "filemark"; readonly after: Place }
  | { readonly kind: "end" };

export const BEGINNING: Place = { object: 0, filemarks: 0, offset: 0 };
/** The longest record of the drive; a longer one in a file counts as damage. */
export const RECORD_BYTES_MAX = 8 * 1024 * 1024;

const CHECKPOINT_OBJECTS = 1024;
const WORD_BYTES = 4;
/** Read ahead when words are looked for: a tape may have millions of filemarks in a row. */
const WINDOW_BYTES = 4096;
/** Any number of filemarks is this, again and again. */
const ZEROES = Buffer.alloc(1024 * 1024);

/** How many bytes of the file an item takes. */
export function bytesInFile(item: TapeItem): number {
  return item.kind === "filemarks" ? item.count * WORD_BYTES : framedBytes(item.data.length);
}

/** How many objects an item is. */
export function objectsOf(item: TapeItem): number {
  return item.kind === "filemarks" ? item.count : 1;
}

/** The place behind an item that is written at `place`. */
export function placeAfter(place: Place, item: TapeItem): Place {
  return {
    object: place.object + objectsOf(item),
    filemarks: place.filemarks + (item.kind === "filemarks" ? item.count : 0),
    offset: place.offset + bytesInFile(item),
  };
}

function framedBytes(dataBytes: number): number {
  return WORD_BYTES + dataBytes + (dataBytes % 2) + WORD_BYTES;
}

/** An open cartridge file. Its faults are the file system's, thrown. */
export class TapeImage {
  readonly #file: FileHandle;
  /** Bytes of the file from `#windowAt` on, as they are there. */
  readonly #window = Buffer.alloc(WINDOW_BYTES);
  #windowAt = 0;
  #windowBytes = 0;
  /** Entry n: the place of object n x CHECKPOINT_OBJECTS. */
  #checkpoints: Place[] = [BEGINNING];
  #end: Place = BEGINNING;
  #fileBytes = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Opens the file, which exists, and finds its objects. */
  static async open(path: string): Promise<TapeImage> {
    const file = await open(path, "r+");
    const image = new TapeImage(file);
    try {
      await image.#scan();
    } catch (fault) {
      await file.close();
      throw fault;
    }
    return image;
  }

  /** End of data. */
  get end(): Place {
    return this.#end;
  }

  /** Bytes behind the last whole object: a torn write, or damage; the next write removes them. */
  get strayBytes(): number {
    return this.#fileBytes - this.#end.offset;
  }

  /** The place in front of an object, 0 to `end.object`. */
  placeOfObject(object: number): Place {
    const checkpoint = this.#checkpoints[Math.floor(object / CHECKPOINT_OBJECTS)] ?? BEGINNING;
    return this.#walk(checkpoint, (place) => place.object === object);
  }

  /** The place in front of the filemark that has `filemarks` others in front, or end of data. */
  placeOfFilemark(filemarks: number): Place {
    let low = 0;
    let high = this.#checkpoints.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#checkpoints[middle]?.filemarks ?? 0) <= filemarks) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    const checkpoint = this.#checkpoints[low] ?? BEGINNING;
    return this.#walk(checkpoint, (place, next) => {
      return next.kind === "filemark" && place.filemarks === filemarks;
    });
  }

  /** What lies behind `place`. */
  at(place: Place): TapeObject {
    if (place.offset >= this.#end.offset) {
      return { kind: "end" };
    }
    return objectAfter(place, this.#readWord(place.offset));
  }

  /** Reads the first `into.length` bytes of the record at `place`. */
  async readRecord(place: Place, into: Buffer): Promise<void> {
    await this.#read(into, place.offset + WORD_BYTES);
  }

  /** Writes items at `place`, which becomes the end of what was there; gives the new end. */
  async write(place: Place, items: readonly TapeItem[]): Promise<Place> {
    await this.truncate(place);
    const parts = items.flatMap(partsOf);
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    this.#fileBytes = Math.max(this.#fileBytes, place.offset + bytes);
    this.#windowBytes = 0;
    const { bytesWritten } = await this.#file.writev(parts, place.offset);
    if (bytesWritten !== bytes) {
      throw new Error(`the file system took ${bytesWritten} of ${bytes} bytes`);
    }
    for (const item of items) {
      this.#note(item);
    }
    return this.#end;
  }

  /** Makes `place` the end of data. */
  async truncate(place: Place): Promise<void> {
    if (this.#fileBytes <= place.offset) {
      return;
    }
    this.#end = place;
    this.#checkpoints.length = Math.floor(place.object / CHECKPOINT_OBJECTS) + 1;
    this.#windowBytes = 0;
    await this.#file.truncate(place.offset);
    this.#fileBytes = place.offset;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #scan(): Promise<void> {
    this.#fileBytes = (await this.#file.stat()).size;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const known = this.#checkpoints.length;
      this.#advance(next);
      if (this.#checkpoints.length > known) {
        await setImmediate();
      }
    }
  }

  /** The place behind the whole record, or the filemarks, at `#end`; undefined where there are none. */
  #next(): Place | undefined {
    const start = this.#end;
    if (start.offset + WORD_BYTES > this.#fileBytes) {
      return undefined;
    }
    const length = this.#readWord(start.offset);
    if (length === 0) {
      return placeAfter(start, { kind: "filemarks", count: this.#zeroWordsAt(start.offset) });
    }
    const after = afterRecord(start, length);
    const isWhole =
      length <= RECORD_BYTES_MAX &&
      after.offset <= this.#fileBytes &&
      this.#readWord(after.offset - WORD_BYTES) === length;
    return isWhole ? after : undefined;
  }

  #note(item: TapeItem): void {
    this.#advance(placeAfter(this.#end, item));
  }

  /** `place` is the new end: one record, or filemarks alone, lie between. */
  #advance(place: Place): void {
    const marks = place.filemarks - this.#end.filemarks;
    for (;;) {
      const left = place.object - this.#checkpoints.length * CHECKPOINT_OBJECTS;
      if (left < 0) {
        break;
      }
      // One record leaves nothing behind a checkpoint.
      this.#checkpoints.push({
        object: place.object - left,
        filemarks: place.filemarks - Math.min(left, marks),
        offset: place.offset - left * WORD_BYTES,
      });
    }
    this.#end = place;
  }

  /** The first place from `start` on that `isIt`, or end of data. */
  #walk(start: Place, isIt: (place: Place, next: TapeObject) => boolean): Place {
    let place = start;
    for (;;) {
      const next = this.at(place);
      if (next.kind === "end" || isIt(place, next)) {
        return place;
      }
      place = next.after;
    }
  }

  /** How many zero words follow each other from `offset` on, where the first is in the window. */
  #zeroWordsAt(offset: number): number {
    let at = offset - this.#windowAt;
    const first = at;
    while (at + WORD_BYTES <= this.#windowBytes && this.#window.readUInt32LE(at) === 0) {
      at += WORD_BYTES;
    }
    return (at - first) / WORD_BYTES;
  }

  #readWord(offset: number): number {
    const inWindow = offset - this.#windowAt;
    if (inWindow >= 0 && inWindow + WORD_BYTES <= this.#windowBytes) {
      return this.#window.readUInt32LE(inWindow);
    }
    this.#windowAt = offset;
    this.#windowBytes = readSync(this.#file.fd, this.#window, 0, WINDOW_BYTES, offset);
    if (this.#windowBytes < WORD_BYTES) {
      throw new Error(`the file ends inside the object at byte ${offset}`);
    }
    return this.#window.readUInt32LE(0);
  }

  async #read(into: Buffer, offset: number): Promise<void> {
    const { bytesRead } = await this.#file.read(into, 0, into.length, offset);
    if (bytesRead !== into.length) {
      throw new Error(`the file ends inside the record at byte ${offset - WORD_BYTES}`);
    }
  }
}

function objectAfter(place: Place, length: number): TapeObject {
  if (length === 0) {
    return { kind: "filemark", after: placeAfter(place, { kind: "filemarks", count: 1 }) };
  }
  return { kind: "record", bytes: length, after: afterRecord(place, length) };
}

function afterRecord({ object, filemarks, offset }: Place, dataBytes: number): Place {
  return { object: object + 1, filemarks, offset: offset + framedBytes(dataBytes) };
}

function partsOf(item: TapeItem): Buffer[] {
  if (item.kind === "filemarks") {
    const bytes = bytesInFile(item);
    const parts = Array<Buffer>(Math.ceil(bytes / ZEROES.length)).fill(ZEROES);
    return parts.map((part, index) => part.subarray(0, bytes - index * part.length));
  }
  const { data } = item;
  const word = Buffer.alloc(WORD_BYTES);
  word.writeUInt32LE(data.length);
  return data.length % 2 === 0 ? [word, data, word] : [word, data, Buffer.alloc(1), word];
}
