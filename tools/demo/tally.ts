/**
 * What a tape holds, counted: records, filemarks, bytes, SHA-256. Decides when two tapes are the
 * same, and where they first differ. Fed the same way by the sender, the reader and the witness.
 * Invariants: memory grows by one number per object; a record is never empty.
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
  readonly marks: readonly TapeMark[];
  totals(): TapeTotals;
}

/** In `TapeCount.lengths`: this object is a filemark. */
const FILEMARK = 0;

/** Counts the objects of one tape in the order in which they come. */
export class Tally implements TapeCount {
  readonly lengths: number[] = [];
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
  }

  addFilemark(): void {
    this.marks.push({ records: this.records, bytes: this.bytes, sha256: this.digest() });
    this.lengths.push(FILEMARK);
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
  return structureDifference(sent, found, sent.lengths.length) ?? dataDifference(sent, found);
}

/** Where `found` is not the beginning of `sent`, in words; whole archives are compared by SHA-256. */
export function prefixDifference(sent: TapeCount, found: TapeCount): string | undefined {
  return (
    structureDifference(sent, found, Math.min(sent.lengths.length, found.lengths.length)) ??
    (found.lengths.length > sent.lengths.length
      ? `object ${sent.lengths.length}: sent nothing, found ${objectWords(found, sent.lengths.length)}`
      : markDifference(sent, found))
  );
}

function structureDifference(sent: TapeCount, found: TapeCount, upTo: number): string | undefined {
  const end = Math.max(upTo, upTo === sent.lengths.length ? found.lengths.length : 0);
  for (let index = 0; index < end; index += 1) {
    if (sent.lengths[index] !== found.lengths[index]) {
      return `object ${index}: sent ${objectWords(sent, index)}, found ${objectWords(found, index)}`;
    }
  }
  return undefined;
}

function dataDifference(sent: TapeCount, found: TapeCount): string | undefined {
  const inMarks = markDifference(sent, found);
  if (inMarks !== undefined) {
    return inMarks;
  }
  return sent.totals().sha256 === found.totals().sha256
    ? undefined
    : "data after the last filemark";
}

function markDifference(sent: TapeCount, found: TapeCount): string | undefined {
  const index = found.marks.findIndex((mark, at) => mark.sha256 !== sent.marks[at]?.sha256);
  return index < 0 ? undefined : `data of archive ${index + 1}`;
}

function objectWords(tape: TapeCount, index: number): string {
  const length = tape.lengths[index];
  if (length === undefined) {
    return "nothing";
  }
  return length === FILEMARK ? "a filemark" : `a record of ${length} bytes`;
}
