/**
 * What a server was told and what it tried: decides which tapes may be there after a power cut. Every
 * synchronizing command that was answered GOOD leaves one tape; each object that is tried after it one
 * more; a write in the middle of a tape also what is left when everything behind that place is gone.
 */

import {
  FILEMARK,
  recordOf,
  recordWord,
  type Server,
  type TapeObject,
} from "../recovery/server.ts";

/** Objects in order. */
export type Tape = readonly TapeObject[];
/** Where the server sees which volume tag: "address tag", sorted. */
export type Places = readonly string[];

/** As it is at one moment; nothing in it changes afterwards. */
export interface Told {
  /** The tapes that may be there, the promised one first. */
  readonly tapes: readonly Tape[];
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
  tapes: [[]],
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
    this.told = { ...this.told, tapes: [[...tape]] };
    this.onSynchronized();
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
    this.told = { ...this.told, tapes: [...this.told.tapes, tape] };
  }
}
