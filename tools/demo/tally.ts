/**
 * What a tape holds, counted: records, filemarks, bytes, SHA-256. Decides when two tapes are the
 * same, and where they first differ. Fed the same way by the sender, the reader and the witness.
 * Invariants: memory grows by two numbers per object; a record is never empty.
 */

import { createHash } from "node:crypto";

/** The totals of one tape. `sha256`: over the data of all records in order, hexadecimal. */
export interface TapeTotals {
  readonly records: number;
  readonly filemarks: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** The totals from the beginning of the tape up to a filemark, which itself does not count. */
export interface TapeMark {
  readonly records: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** A counted tape: enough to tell whether two are the same, and where not. */
export interface TapeCount {
  /** Record lengths in bytes, 0 for a filemark; index = logical object identifier. */
  readonly lengths: readonly number[];
  /** The first 48 bits of the SHA-256 over all data up to and with each object. */
  readonly sums: readonly number[];
  readonly marks: readonly TapeMark[];
  totals(): TapeTotals;
}

/** In `TapeCount.lengths`: this object is a filemark. */
const FILEMARK = 0;
/** Of a SHA-256 in hexadecimal: what a number holds exactly. */
const SUM_DIGITS = 12;

/** `TapeCount.sums` of a SHA-256 in hexadecimal. */
export function sumOf(sha256: string): number {
  return Number.parseInt(sha256.slice(0, SUM_DIGITS), 16);
}

/** Counts the objects of one tape in the order in which they come. */
export class Tally implements TapeCount {
  readonly lengths: number[] = [];
  readonly sums: number[] = [];
  readonly marks: TapeMark[] = [];
  bytes = 0;
  records = 0;
  private readonly hash = createHash("sha256");

  /** A record of at least one byte. */
  addRecord(data: Uint8Array): void {
    this.hash.update(data);
    this.bytes += data.length;
    this.records += 1;
    this.lengths.push(data.length);
    this.sums.push(sumOf(this.digest()));
  }

  addFilemark(): void {
    const sha256 = this.digest();
    this.marks.push({ records: this.records, bytes: this.bytes, sha256 });
    this.lengths.push(FILEMARK);
    this.sums.push(sumOf(sha256));
  }

  /** How many objects there are: the logical object identifier of the next one. */
  get objects(): number {
    return this.lengths.length;
  }

  totals(): TapeTotals {
    return {
      records: this.records,
      filemarks: this.marks.length,
      bytes: this.bytes,
      sha256: this.digest(),
    };
  }

  private digest(): string {
    return this.hash.copy().digest("hex");
  }
}

/** Where `found` first differs from `sent`, in words; undefined where they are the same. */
export function firstDifference(sent: TapeCount, found: TapeCount): string | undefined {
  const count = Math.max(sent.lengths.length, found.lengths.length);
  const difference = prefixDifference(sent, found, count);
  const isSame = sent.totals().sha256 === found.totals().sha256;
  return difference ?? (isSame ? undefined : "the SHA-256 over all data");
}

/**
 * Where the first `count` objects of `found` are not the beginning of `sent`, in words; undefined
 * where they are.
 */
export function prefixDifference(
  sent: TapeCount,
  found: TapeCount,
  count: number,
): string | undefined {
  for (let index = 0; index < count; index += 1) {
    if (sent.lengths[index] !== found.lengths[index]) {
      return `object ${index}: sent ${objectWords(sent, index)}, found ${objectWords(found, index)}`;
    }
    if (sent.sums[index] !== found.sums[index]) {
      return `object ${index}: other data`;
    }
  }
  return undefined;
}

function objectWords(tape: TapeCount, index: number): string {
  const length = tape.lengths[index];
  if (length === undefined) {
    return "nothing";
  }
  return length === FILEMARK ? "a filemark" : `a record of ${length} bytes`;
}
