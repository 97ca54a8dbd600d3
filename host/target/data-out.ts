/**
 * The data of one write: immediate, unsolicited and asked for. Decides what may come next, where it
 * goes and when to ask for more. Invariants: data comes in the order of its offsets
 * (DataPDUInOrder, DataSequenceInOrder), so of several R2Ts the oldest is answered first; bytes go
 * with one copy from the socket's chunk to the receiver; before there is a receiver they are kept, at
 * most FirstBurstLength of them.
 */
import type { DataOut } from "../iscsi/data-out.ts";
import type { SessionParameters } from "../iscsi/negotiate.ts";
import { RESERVED_TAG } from "../iscsi/opcode.ts";
import type { EarlyData } from "./early-data.ts";

/** Asks the initiator for `length` bytes from `offset` on; gives the tag of the R2T. */
export type AskForData = (offset: number, length: number, r2tSN: number) => number;

interface Receiver {
  readonly into: Uint8Array;
  readonly done: () => void;
}

/** What an R2T asked for and has not come. */
interface Sequence {
  readonly tag: number;
  readonly end: number;
}

/** Collects the data of one task. */
export class DataOutCollector {
  readonly #expectedBytes: number;
  readonly #parameters: SessionParameters;
  readonly #early: EarlyData;
  readonly #ask: AskForData;
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #receiver: Receiver | undefined;
  #receivedBytes = 0;
  /** End of the sequence that is under way; nothing may come past it. */
  #sequenceEnd: number;
  /** Tag of that sequence, undefined while none is under way. */
  #sequenceTag: number | undefined;
  /** Sequences behind that one, in the order of their offsets. */
  #asked: Sequence[] = [];
  /** Up to where data was asked for. */
  #askedBytes = 0;
  #dataSN = 0;
  #sequenceCount = 0;
  #r2tCount = 0;
  #overrun = false;
  #ended = false;
  readonly #unsolicited: boolean;

  /** `unsolicited`: the command said that Data-Out PDUs follow without an R2T. */
  constructor(
    expectedBytes: number,
    unsolicited: boolean,
    parameters: SessionParameters,
    early: EarlyData,
    ask: AskForData,
  ) {
    this.#expectedBytes = expectedBytes;
    this.#parameters = parameters;
    this.#early = early;
    this.#ask = ask;
    this.#unsolicited = unsolicited;
    this.#sequenceTag = IMMEDIATE;
    this.#sequenceEnd = Math.min(expectedBytes, parameters.firstBurstLength);
  }

  /** How many R2Ts were sent. */
  get r2tCount(): number {
    return this.#r2tCount;
  }

  /** Some of the data was thrown away, since too much was kept: the task cannot be done. */
  get overrun(): boolean {
    return this.#overrun;
  }

  /** How many sequences of data came before the one that is due now; undefined where none is due. */
  get dueSequence(): number | undefined {
    const isDue = !this.#ended && this.#sequenceTag !== undefined;
    return isDue && this.#sequenceTag !== NOTHING_MORE ? this.#sequenceCount : undefined;
  }

  /** Bytes that went to the receiver, 0 when there is none. */
  get transferredBytes(): number {
    const wanted = this.#receiver?.into.length ?? 0;
    return Math.min(wanted, this.#receivedBytes);
  }

  /** Says what is wrong with a Data-Out header, undefined when its data may come. */
  check(pdu: DataOut): string | undefined {
    if (pdu.ttt !== this.#sequenceTag) {
      return `Data-Out with tag ${pdu.ttt} was not asked for`;
    }
    if (pdu.dataSN !== this.#dataSN) {
      return `DataSN ${pdu.dataSN}, expected ${this.#dataSN}`;
    }
    if (pdu.bufferOffset !== this.#receivedBytes) {
      return `BufferOffset ${pdu.bufferOffset}, expected ${this.#receivedBytes}`;
    }
    const end = pdu.bufferOffset + pdu.dataSegmentLength;
    if (end > this.#sequenceEnd) {
      return `data up to ${end}, past the end of its sequence at ${this.#sequenceEnd}`;
    }
    if (pdu.final && pdu.ttt !== RESERVED_TAG && end < this.#sequenceEnd) {
      return `sequence ended at ${end}, ${this.#sequenceEnd} bytes were asked for`;
    }
    return undefined;
  }

  /** Takes the next bytes. */
  take(piece: Uint8Array): void {
    if (this.#ended) {
      return;
    }
    const offset = this.#receivedBytes;
    this.#receivedBytes += piece.length;
    if (this.#receiver === undefined) {
      this.#keep(piece);
    } else {
      copyInto(this.#receiver.into, piece, offset);
    }
  }

  /** The command's own data, if it had any, was taken. */
  finishImmediate(): void {
    if (this.#ended) {
      return;
    }
    this.#sequenceTag = this.#unsolicited ? RESERVED_TAG : undefined;
    this.#sequenceCount += 1;
    this.#advance();
  }

  /** All bytes of a Data-Out that `check` accepted were taken. */
  finishPdu(pdu: DataOut): void {
    if (this.#ended) {
      return;
    }
    this.#dataSN += 1;
    if (pdu.final) {
      this.#begin(this.#asked.shift());
    }
    this.#advance();
  }

  /** Everything goes to `into` from now on; `done` is called when it is full. */
  receive(into: Uint8Array, done: () => void): void {
    if (this.#ended || this.#overrun || this.#receiver !== undefined) {
      return;
    }
    this.#receiver = { into: into.subarray(0, this.#expectedBytes), done };
    let offset = 0;
    for (const piece of this.#kept) {
      copyInto(this.#receiver.into, piece, offset);
      offset += piece.length;
    }
    this.#forgetKept();
    // Never call `done` from within the caller's own call.
    queueMicrotask(() => this.#advance());
  }

  /** The task is over: what still comes is thrown away. */
  end(): void {
    this.#ended = true;
    this.#forgetKept();
  }

  #keep(piece: Uint8Array): void {
    if (this.#overrun || this.#early.isFull) {
      this.#overrun = true;
      this.#forgetKept();
      return;
    }
    this.#kept.push(piece.slice());
    this.#keptBytes += piece.length;
    this.#early.add(piece.length);
  }

  #forgetKept(): void {
    this.#early.add(-this.#keptBytes);
    this.#keptBytes = 0;
    this.#kept = [];
  }

  #begin(sequence: Sequence | undefined): void {
    this.#sequenceTag = sequence?.tag;
    this.#sequenceEnd = sequence?.end ?? this.#sequenceEnd;
    this.#sequenceCount += 1;
    this.#dataSN = 0;
  }

  /** Asks for as many bursts as may be under way, or reports that the receiver has all it wanted. */
  #advance(): void {
    if (this.#ended || this.#receiver === undefined || !this.#mayAsk()) {
      return;
    }
    const wanted = this.#receiver.into.length;
    if (this.#sequenceTag === undefined && this.#receivedBytes >= wanted) {
      this.#sequenceTag = NOTHING_MORE;
      this.#receiver.done();
      return;
    }
    const { maxBurstLength, maxOutstandingR2T } = this.#parameters;
    this.#askedBytes = Math.max(this.#askedBytes, this.#receivedBytes);
    while (this.#askedBytes < wanted && this.#outstandingCount < maxOutstandingR2T) {
      const length = Math.min(wanted - this.#askedBytes, maxBurstLength);
      const tag = this.#ask(this.#askedBytes, length, this.#r2tCount);
      this.#r2tCount += 1;
      this.#askedBytes += length;
      this.#asked.push({ tag, end: this.#askedBytes });
      if (this.#sequenceTag === undefined) {
        this.#begin(this.#asked.shift());
      }
    }
  }

  /** Not while data comes that nobody asked for: where that ends only its F bit tells. */
  #mayAsk(): boolean {
    const tag = this.#sequenceTag;
    return tag !== IMMEDIATE && tag !== RESERVED_TAG && tag !== NOTHING_MORE;
  }

  get #outstandingCount(): number {
    return this.#asked.length + (this.#sequenceTag === undefined ? 0 : 1);
  }
}

/** Tags that no Data-Out can have: the command's own data comes; nothing may come after `done`. */
const IMMEDIATE = -1;
const NOTHING_MORE = -2;

/** Copies what of `piece` lies inside of `into`. */
function copyInto(into: Uint8Array, piece: Uint8Array, offset: number): void {
  const room = into.length - offset;
  if (room > 0) {
    into.set(piece.length <= room ? piece : piece.subarray(0, room), offset);
  }
}
