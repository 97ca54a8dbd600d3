/**
 * A cartridge under the heads of a drive: the position, and the drive's write buffer in front of the
 * medium. Decides when what was written is on the medium (in the file of a partition), at the drive's
 * pace; commands and faults are elsewhere.
 * Invariants: what waits in the buffer lies behind the medium's position and nothing behind that;
 * `position` counts it, `onMedium` does not; moving, going to another partition, reading and erasing
 * need an empty buffer (`drain` first).
 */

import type { Clock } from "./clock.ts";
import { Pacer } from "./pacer.ts";
import type { Partition, Partitions } from "./partitions.ts";
import type { Place, TapeImage, TapeItem } from "./tape-image.ts";
import { BEGINNING, bytesInFile, objectsOf, placeAfter } from "./tape-image.ts";

/** The drive's buffer: so much may be answered GOOD and not yet be on the medium. */
export const BUFFER_BYTES = 16 * 1024 * 1024;
/** One write to the file takes at most so much, so that a loss in between is felt. */
const BATCH_BYTES = 1024 * 1024;
const BATCH_ITEMS = 256;
/** Timers tick in milliseconds and come late on a busy machine: so much may be made up for. */
const WRITE_SLACK_SECONDS = 0.02;

interface Waiter {
  readonly limitBytes: number;
  readonly go: () => void;
}

interface Batch {
  readonly items: readonly TapeItem[];
  readonly bytes: number;
}

/** One mounted cartridge. */
export class MountedTape {
  readonly #partitions: Partitions;
  readonly #clock: Clock;
  readonly #writePacer: Pacer;
  /** Reading ahead fills the buffer while nobody asks. */
  readonly #readPacer: Pacer;
  readonly #onFault: (fault: unknown) => void;
  #partition = 0;
  #onMedium: Place = BEGINNING;
  /** Partitions in which programmable early warning was told since the position came into its zone. */
  readonly warningsTold = new Set<number>();
  #position: Place = BEGINNING;
  #queue: TapeItem[] = [];
  #waiters: Waiter[] = [];
  #flushing: Promise<void> | undefined;

  /** `rate` in bytes per second, undefined for none; `onFault` hears what the file system threw. */
  constructor(
    partitions: Partitions,
    clock: Clock,
    rate: () => number | undefined,
    onFault: (fault: unknown) => void,
  ) {
    this.#partitions = partitions;
    this.#clock = clock;
    this.#writePacer = new Pacer(clock, rate, (bytesPerSecond) => {
      return bytesPerSecond * WRITE_SLACK_SECONDS;
    });
    this.#readPacer = new Pacer(clock, rate, () => BUFFER_BYTES);
    this.#onFault = onFault;
  }

  /** The number of the partition under the heads: positions, buffer and capacity are its own. */
  get partition(): number {
    return this.#partition;
  }

  /** What is in it. */
  get image(): TapeImage {
    return this.#current().image;
  }

  /** Bytes of its file at which it ends. */
  get capacityBytes(): number {
    return this.#current().capacityBytes;
  }

  /** A partition of the cartridge; undefined where there is none of that number. */
  partitionAt(number: number): Partition | undefined {
    return this.#partitions.at(number);
  }

  /** Where the next object goes or comes from, as the initiator counts. */
  get position(): Place {
    return this.#position;
  }

  /** Where the heads are: what lies in front is on the medium. */
  get onMedium(): Place {
    return this.#onMedium;
  }

  /** Puts an item into the buffer once there is room for it below `limitBytes`. */
  async write(item: TapeItem, limitBytes: number): Promise<void> {
    const bytes = bytesInFile(item);
    await this.#room(Math.max(0, limitBytes - bytes));
    this.#queue.push(item);
    this.#position = placeAfter(this.#position, item);
    this.#flushing ??= this.#flush();
    if (bytes > limitBytes) {
      await this.#room(limitBytes);
    }
  }

  /** Fulfilled when the buffer is empty: everything is on the medium, or was lost (`onFault`). */
  drain(): Promise<void> {
    return this.#room(0);
  }

  /** Loses what has not reached the medium; gives how many objects that were. */
  async discard(): Promise<number> {
    const lost = this.#queue.reduce((sum, item) => sum + objectsOf(item), 0);
    this.#queue = [];
    await this.#flushing;
    this.#position = this.#onMedium;
    this.#wake();
    return lost;
  }

  /** Moves to the beginning of a partition, which exists. The buffer is empty. */
  changeTo(partition: number): void {
    this.#partition = partition;
    this.moveTo(BEGINNING);
  }

  /** Erases everything and makes partitions of so many bytes; the tape is at the beginning of the first. */
  async divide(sizes: readonly number[]): Promise<void> {
    this.changeTo(0);
    await this.#partitions.divide(sizes);
  }

  /** Moves to a place of the partition. The buffer is empty. */
  moveTo(place: Place): void {
    this.#position = place;
    this.#onMedium = place;
  }

  /** Reads the first `into.length` bytes of the record at the position. The buffer is empty. */
  async read(into: Buffer): Promise<void> {
    await this.image.readRecord(this.#position, into);
    await this.#clock.wait(this.#readPacer.take(into.length));
  }

  /** Makes the position the end of data. The buffer is empty. */
  async erase(): Promise<void> {
    await this.image.truncate(this.#position);
  }

  /** Writes what is left and closes the files. */
  async close(): Promise<void> {
    await this.drain();
    await this.#partitions.close();
  }

  #current(): Partition {
    const current = this.#partitions.at(this.#partition);
    if (current === undefined) {
      throw new Error(`the cartridge has no partition ${this.#partition}`);
    }
    return current;
  }

  #bufferedBytes(): number {
    return this.#position.offset - this.#onMedium.offset;
  }

  #room(limitBytes: number): Promise<void> {
    if (this.#bufferedBytes() <= limitBytes) {
      return Promise.resolve();
    }
    return new Promise((go) => {
      this.#waiters.push({ limitBytes, go });
    });
  }

  #wake(): void {
    const bytes = this.#bufferedBytes();
    const ready = this.#waiters.filter(({ limitBytes }) => bytes <= limitBytes);
    this.#waiters = this.#waiters.filter(({ limitBytes }) => bytes > limitBytes);
    for (const { go } of ready) {
      go();
    }
  }

  async #flush(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch();
      const waitMs = this.#writePacer.take(batch.bytes);
      try {
        const [end] = await Promise.all([
          this.image.write(this.#onMedium, batch.items),
          this.#clock.wait(waitMs),
        ]);
        this.#onMedium = end;
        freeBuffers(batch.items);
      } catch (fault) {
        this.#queue = [];
        this.#position = this.#onMedium;
        this.#onFault(fault);
      }
      this.#wake();
    }
    this.#flushing = undefined;
  }

  #takeBatch(): Batch {
    let bytes = 0;
    let count = 0;
    for (const item of this.#queue) {
      bytes += bytesInFile(item);
      count += 1;
      if (bytes >= BATCH_BYTES || count >= BATCH_ITEMS) {
        break;
      }
    }
    return { items: this.#queue.splice(0, count), bytes };
  }
}

function freeBuffers(items: readonly TapeItem[]): void {
  for (const item of items) {
    if (item.kind === "record") {
      item.onWritten?.();
    }
  }
}
