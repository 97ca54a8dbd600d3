/**
 * What a server was told and what it tried: decides which tapes may be there after a power cut, in each partition.
 * Every synchronizing command that was answered GOOD leaves one tape; each object that is tried after it one
 * more; a write in the middle of a tape also what is left when everything behind that place is gone.
 */

import { divide, locateIn } from "../recovery/partition-commands.ts";
import {
  FILEMARK,
  recordOf,
  recordWord,
  type Server,
  type TapeObject,
} from "../recovery/server.ts";

/** Objects in order. */
export type Tape = readonly TapeObject[];
/** What is on each partition. */
export type Volume = readonly Tape[];
/** Where the server sees which volume tag: "address tag", sorted. */
export type Places = readonly string[];

/** As it is at one moment; nothing in it changes afterwards. */
export interface Told {
  /** What may be on the volume, the promised first. */
  readonly volumes: readonly Volume[];
  /** What the server has left in each partition; in the one where it stands it may have written since. */
  readonly volume: Volume;
  readonly partition: number;
  /** The inventories that the server may see. */
  readonly places: readonly Places[];
  /** Fault rules of the library. */
  readonly faults: readonly string[];
  /** Records so far: those that follow each other have different lengths. */
  readonly recordCount: number;
  /** Of the lane. */
  readonly serialNumber: string;
  /** What stands on spare cartridges that are not blank, by volume tag. */
  readonly foreign: ReadonlyMap<string, Tape>;
}

export const TOLD_NOTHING: Told = {
  volumes: [[[]]],
  volume: [[]],
  partition: 0,
  places: [],
  faults: [],
  recordCount: 0,
  serialNumber: "",
  foreign: new Map(),
};

/** A record has at least so many bytes, and every next one so many more, modulo a prime. */
const RECORD_BYTES_MIN = 500;
const RECORD_BYTES_STEP = 7919;
const RECORD_BYTES_SPAN = 24_007;

/** A server that says what it does before it does it. */
export class Writer {
  told: Told;
  /** Called when a synchronizing command was answered. */
  onSynchronized: () => void = () => undefined;

  constructor(told: Told) {
    this.told = told;
  }

  /** Writes so many records where the server stands, at object `at` (its end: where its tape ends). */
  async write(server: Server, count: number, at = server.tape.length): Promise<void> {
    this.#cut(server, at);
    for (let done = 0; done < count; done += 1) {
      const { recordCount } = this.told;
      const length = RECORD_BYTES_MIN + ((recordCount * RECORD_BYTES_STEP) % RECORD_BYTES_SPAN);
      this.told = { ...this.told, recordCount: recordCount + 1 };
      const word = recordWord(recordOf(server.tape.length, length));
      this.#mayBe([...server.tape, word]);
      await server.write(length);
    }
  }

  /** WRITE FILEMARKS; with IMMED=0 the tape is promised when it is answered. */
  async filemarks(server: Server, count: number, immed: 0 | 1 = 0): Promise<void> {
    for (let marks = 1; marks <= count; marks += 1) {
      this.#mayBe([...server.tape, ...Array.from({ length: marks }, () => FILEMARK)]);
    }
    await server.filemarks(count, immed);
    if (immed === 0) {
      this.isPromised(server.tape);
    }
  }

  /** A command that synchronizes. */
  async synchronizes(server: Server, command: Promise<void>): Promise<void> {
    await command;
    this.isPromised(server.tape);
  }

  /** From here on exactly this is there. */
  isPromised(tape: Tape): void {
    this.isVolume(this.#with(tape));
  }
  /** The same of each partition. */
  isVolume(volume: Volume): void {
    this.told = { ...this.told, volume, volumes: [volume] };
    this.onSynchronized();
  }

  /** FORMAT MEDIUM: partitions of `sizes` units behind partition 0; the server stands at its beginning. */
  async divides(server: Server, sizes: readonly number[]): Promise<void> {
    const blank: Volume = Array.from({ length: sizes.length + 1 }, () => []);
    // Not answered: what the first partition had may still be there, the ring has it; the others are new.
    const halves = this.told.volumes.map(([first = []]) => [first, ...blank.slice(1)]);
    this.told = { ...this.told, volumes: [...this.told.volumes, ...halves, blank] };
    await divide(server, sizes);
    server.tape.length = 0;
    this.isVolume(blank);
  }

  /** To another partition, or within the same one: what was written before is promised then. */
  async enters(server: Server, partition: number, object: number | "end"): Promise<void> {
    const volume = this.#with(server.tape);
    await locateIn(server, partition, object);
    if (partition === this.told.partition) return;
    this.told = { ...this.told, partition };
    server.tape.splice(0, Infinity, ...(volume[partition] ?? []));
    this.isVolume(volume);
  }

  /** While `move` runs the server may see either; then the second. */
  async moves(before: Places, after: Places, move: () => Promise<void>): Promise<void> {
    this.told = { ...this.told, places: [before, after] };
    await move();
    this.told = { ...this.told, places: [after] };
    this.onSynchronized();
  }

  #cut(server: Server, at: number): void {
    if (at < server.tape.length) {
      server.tape.splice(at);
      this.#mayBe([...server.tape]);
    }
  }

  #mayBe(tape: Tape): void {
    this.told = { ...this.told, volumes: [...this.told.volumes, this.#with(tape)] };
  }

  /** The volume with that in the partition where the server stands. */
  #with(tape: Tape): Volume {
    const { volume, partition } = this.told;
    return volume.map((other, index) => (index === partition ? [...tape] : other));
  }
}
