/**
 * Cuts a byte stream into PDUs. Decides lengths and padding only; what a PDU means is the caller's.
 * Invariants: any cut of the same stream gives the same PDUs; nothing of a chunk is held after
 * `push` returns, so that a reader may use its buffer again; a data segment with a sink is never
 * copied; memory held is one BHS, one AHS (1020 bytes) and one data segment within the limit; a
 * length is believed, and a sink asked for, only when the header digest was right, and a PDU is
 * emitted only when its data digest was.
 */
import { continueCrc, DIGEST_BYTES, type Digests, isDigestOf, NO_DIGESTS } from "./digest.ts";
import {
  BHS_BYTES,
  dataSegmentLengthOf,
  opcodeOf,
  paddingOf,
  type RawPdu,
  totalAhsBytesOf,
} from "./pdu.ts";

/** Why the stream cannot be read any further. */
export interface FramerFault {
  readonly kind: "length" | "headerDigest" | "dataDigest";
  readonly reason: string;
  /** Header of the PDU that cannot be taken. */
  readonly bhs: Uint8Array;
}

/** Takes the bytes of one data segment, piece by piece, in order; a piece is valid for the call. */
export type SegmentSink = (piece: Uint8Array) => void;

/** Limits may be changed at any time; they count from the next header on. */
export interface FramerLimits {
  dataSegmentBytesMax: number;
}

/** Asked once per PDU with a data segment; its PDU is then emitted with empty `data`. */
export type SinkChooser = (bhs: Uint8Array) => SegmentSink | undefined;

const EMPTY = new Uint8Array(0);

type Stage = "bhs" | "ahs" | "headerDigest" | "data" | "padding" | "dataDigest";

/** One direction of one connection. */
export class Framer {
  readonly limits: FramerLimits;
  /** What the PDUs have; to be changed between two PDUs, from within `emit`. */
  digests: Digests = NO_DIGESTS;
  readonly #chooseSink: SinkChooser | undefined;
  #stage: Stage = "bhs";
  #missing = BHS_BYTES;
  /** Collects the segment that is under way. */
  #partial: Uint8Array | undefined;
  #sink: SegmentSink | undefined;
  #bhs: Uint8Array = EMPTY;
  #ahs: Uint8Array = EMPTY;
  #data: Uint8Array = EMPTY;
  /** Of data and padding so far; counted only where there are data digests. */
  #dataCrc = 0;
  #fault: FramerFault | undefined;

  constructor(limits: FramerLimits, chooseSink?: SinkChooser) {
    this.limits = limits;
    this.#chooseSink = chooseSink;
  }

  /**
   * Takes the next bytes of the stream and emits every PDU that they complete. After a fault the
   * stream is lost: every later call gives the same fault.
   */
  push(chunk: Uint8Array, emit: (pdu: RawPdu) => void): FramerFault | undefined {
    let offset = 0;
    while (offset < chunk.length && this.#fault === undefined) {
      const end = Math.min(offset + this.#missing, chunk.length);
      const segment = this.#take(chunk, offset, end);
      offset = end;
      if (segment !== undefined) {
        this.#finish(segment, emit);
      }
    }
    return this.#fault;
  }

  /** Accounts for chunk[start, end); gives the segment when it is complete. */
  #take(chunk: Uint8Array, start: number, end: number): Uint8Array | undefined {
    const segmentBytes = this.#missing;
    this.#missing -= end - start;
    if (this.digests.data && (this.#stage === "data" || this.#stage === "padding")) {
      this.#dataCrc = continueCrc(this.#dataCrc, chunk.subarray(start, end));
    }
    if (this.#stage === "padding") {
      return this.#missing === 0 ? EMPTY : undefined;
    }
    if (this.#stage === "data" && this.#sink !== undefined) {
      this.#sink(chunk.subarray(start, end));
      return this.#missing === 0 ? EMPTY : undefined;
    }
    const partial = this.#partial ?? new Uint8Array(segmentBytes);
    partial.set(chunk.subarray(start, end), partial.length - segmentBytes);
    this.#partial = partial;
    if (this.#missing > 0) {
      return undefined;
    }
    this.#partial = undefined;
    return partial;
  }

  /** Stores the finished segment and goes on to the next one that has bytes. */
  #finish(segment: Uint8Array, emit: (pdu: RawPdu) => void): void {
    switch (this.#stage) {
      case "bhs":
        this.#bhs = segment;
        this.#enter("ahs", totalAhsBytesOf(segment));
        break;
      case "ahs":
        this.#ahs = segment;
        if (this.digests.header) {
          this.#enter("headerDigest", DIGEST_BYTES);
        } else {
          this.#enter("data", dataSegmentLengthOf(this.#bhs));
        }
        break;
      case "headerDigest":
        if (!isDigestOf(this.#headerCrc(), segment)) {
          this.#fail("headerDigest", "header digest error");
          return;
        }
        this.#enter("data", dataSegmentLengthOf(this.#bhs));
        break;
      case "data":
        this.#data = segment;
        this.#enter("padding", paddingOf(dataSegmentLengthOf(this.#bhs)));
        break;
      case "padding":
        if (this.digests.data && dataSegmentLengthOf(this.#bhs) > 0) {
          this.#enter("dataDigest", DIGEST_BYTES);
          break;
        }
        this.#emit(emit);
        return;
      case "dataDigest":
        if (!isDigestOf(this.#dataCrc, segment)) {
          const opcode = opcodeOf(this.#bhs).toString(16);
          this.#fail("dataDigest", `data digest error, operation code ${opcode}h`);
          return;
        }
        this.#emit(emit);
        return;
    }
    if (this.#missing === 0 && this.#fault === undefined) {
      this.#finish(EMPTY, emit);
    }
  }

  #enter(stage: Stage, bytes: number): void {
    this.#stage = stage;
    this.#missing = bytes;
    if (stage !== "data" || bytes === 0) {
      return;
    }
    if (bytes > this.limits.dataSegmentBytesMax) {
      const limit = this.limits.dataSegmentBytesMax;
      this.#fail("length", `data segment of ${bytes} bytes, limit ${limit}`);
      return;
    }
    this.#sink = this.#chooseSink?.(this.#bhs);
  }

  #headerCrc(): number {
    return continueCrc(continueCrc(0, this.#bhs), this.#ahs);
  }

  #fail(kind: FramerFault["kind"], reason: string): void {
    this.#fault = { kind, reason, bhs: this.#bhs };
  }

  #emit(emit: (pdu: RawPdu) => void): void {
    const pdu: RawPdu = { bhs: this.#bhs, ahs: this.#ahs, data: this.#data };
    this.#stage = "bhs";
    this.#missing = BHS_BYTES;
    this.#sink = undefined;
    this.#dataCrc = 0;
    this.#bhs = EMPTY;
    this.#ahs = EMPTY;
    this.#data = EMPTY;
    emit(pdu);
  }
}
