/**
 * What the generator believes of the tape, so that most steps have something to do: it may be wrong,
 * nothing is compared with it. Decides nothing about what is right.
 */

export const MARK = -1;

/** The believed state of one lane while a sequence is made. */
export class Model {
  /** Of each partition: bytes of each record, or MARK. */
  #partitions: number[][] = [[]];
  /** The one where the tape is. */
  partition = 0;
  at = 0;
  /** Partitions that FORMAT MEDIUM will make, if it is told to make what was selected. */
  selected = 1;
  /** Block length of fixed block mode; 0: variable only. */
  block = 0;
  isUnloaded = false;
  /** Whose turn it is. */
  server = 0;
  /** The servers share the drive by persistent reservations. */
  isShared = false;
  /** Reservation key of each server, 0: not registered. */
  readonly keys: number[] = [0, 0];
  /** Type of the persistent reservation, 0: none. */
  heldType = 0;

  /** Bytes of each record of the partition where the tape is, or MARK. */
  get objects(): number[] {
    return this.#partitions[this.partition] ?? [];
  }

  get partitionCount(): number {
    return this.#partitions.length;
  }

  /** To another partition, if the cartridge has it; false: it has not. */
  changeTo(partition: number): boolean {
    if (partition >= this.#partitions.length) {
      return false;
    }
    this.partition = partition;
    return true;
  }

  /** FORMAT MEDIUM into so many. */
  format(partitions: number): void {
    this.#partitions = Array.from({ length: partitions }, () => []);
    this.load();
  }

  /** LOAD: to the beginning of the first partition, and nothing is selected. */
  load(): void {
    this.partition = 0;
    this.at = 0;
    this.selected = 1;
  }

  /** The key of the server whose turn it is. */
  get key(): number {
    return this.keys[this.server] ?? 0;
  }

  set key(key: number) {
    this.keys[this.server] = key;
  }

  /** A key of a server whose turn it is not, 0: none has one. */
  get otherKey(): number {
    return this.keys.find((key, server) => server !== this.server && key > 0) ?? 0;
  }

  /** The registrations of the other servers with that key have ended. */
  preempt(key: number, type: number): void {
    this.heldType = this.heldType === 0 ? 0 : type;
    for (const [server, known] of this.keys.entries()) {
      if (server !== this.server && known === key) {
        this.keys[server] = 0;
      }
    }
  }

  /** Bytes of the next record, MARK, or undefined at the end of data. */
  get next(): number | undefined {
    return this.objects[this.at];
  }

  /** `count` records or marks are written here: what was behind is gone. */
  write(bytes: number, count: number): void {
    this.objects.length = this.at;
    this.objects.push(...Array.from({ length: count }, () => bytes));
    this.at += count;
  }

  /** READ of one object. */
  pass(): void {
    this.at = Math.min(this.at + 1, this.objects.length);
  }

  erase(): void {
    this.objects.length = this.at;
  }

  moveTo(object: number): void {
    this.at = Math.min(Math.max(0, object), this.objects.length);
  }

  /** The first object of that logical file; the end where there is none. */
  fileAt(file: number): number {
    let at = 0;
    for (let left = file; left > 0 && at < this.objects.length; at += 1) {
      left -= this.objects[at] === MARK ? 1 : 0;
    }
    return at;
  }

  /** Over `count` objects of one kind, negative backwards; records stop at a mark. */
  space(isMarks: boolean, count: number): void {
    const step = Math.sign(count);
    for (let left = Math.abs(count); left > 0; ) {
      const object = this.objects[step > 0 ? this.at : this.at - 1];
      if (object === undefined) {
        return;
      }
      this.at += step;
      left -= !isMarks || object === MARK ? 1 : 0;
      if (!isMarks && object === MARK) {
        return;
      }
    }
  }

  /** What a logical unit reset leaves: the position, and none of the modes. */
  reset(): void {
    this.block = 0;
    this.selected = 1;
  }
}
