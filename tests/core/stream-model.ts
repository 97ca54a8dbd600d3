/**
 * What the commands that read and write the tape answer, of six and of sixteen bytes, with FORMAT MEDIUM and
 * ALLOW OVERWRITE: a list of objects and a position. Knows nothing of lanes or drives.
 */

import fc from "fast-check";
import { modelRead } from "./read-model.ts";

const FIXED = 1;
/** BYTCMP, SILI, WSMK: the bit beside the first one. */
const SECOND = 2;
const SHORT = { read: 0x08, verify: 0x13, write: 0x0a, marks: 0x10, erase: 0x19 };
const LONG = { read: 0x88, verify: 0x8f, write: 0x8a, marks: 0x80, erase: 0x93 };

/** One command; `place` and `partition` of those of sixteen bytes. */
export interface StreamStep {
  readonly op: keyof typeof SHORT | "format" | "allow";
  readonly flags: number;
  readonly length: number;
  readonly place: number | undefined;
  readonly partition: number;
}

/** The block length where there is one. */
export const BLOCK = 8;

/** Any command on a tape of a few objects. */
export const STEP: fc.Arbitrary<StreamStep> = fc.record({
  op: fc.constantFrom(
    ...(["read", "read", "verify", "write", "write", "marks", "erase", "format", "allow"] as const),
  ),
  flags: fc.constantFrom(0, 0, 0, 1, 1, 2, 3),
  length: fc.constantFrom(0, 1, 2, 3, BLOCK, BLOCK, BLOCK + 5),
  place: fc.oneof(fc.constant(undefined), fc.nat(14)),
  partition: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1),
});

/** How it ends (words as of `modelRead`), and what was given. */
export interface StreamEnd {
  readonly words: string;
  readonly data: Buffer;
}

/** FORMAT MEDIUM: `length` is FORMAT. ALLOW OVERWRITE: `flags` is what is allowed. */
export function streamCdbOf({ op, flags, length, place, partition }: StreamStep): number[] {
  if (op === "format") {
    return [0x04, flags, length];
  }
  const cdb = Buffer.alloc(16);
  if (op === "allow") {
    cdb.set([0x82, 0, flags, partition]);
    cdb.writeBigUInt64BE(BigInt(place ?? 0), 4);
  } else if (place === undefined) {
    cdb.set([SHORT[op], flags]);
    cdb.writeUIntBE(length, 2, 3);
  } else {
    cdb.set([LONG[op], flags, 0, partition]);
    cdb.writeBigUInt64BE(BigInt(place), 4);
    cdb.writeUIntBE(length, 12, 3);
  }
  return [...cdb];
}

/** A tape; a filemark is undefined. */
export class StreamModel {
  objects: (Uint8Array | undefined)[];
  at = 0;
  readonly blockLength: number;

  constructor(objects: readonly (Uint8Array | undefined)[], blockLength: number) {
    this.objects = [...objects];
    this.blockLength = blockLength;
  }

  /** Bytes of data-out that a WRITE wants. */
  outBytes({ op, flags, length }: StreamStep): number {
    if (op !== "write") {
      return 0;
    }
    return (flags & FIXED) === 0 ? length : length * this.blockLength;
  }

  run(step: StreamStep, dataOut: Uint8Array): StreamEnd {
    if (this.#isRefused(step)) {
      return ended("5/2400");
    }
    switch (step.op) {
      case "format":
        if (this.at !== 0) {
          return ended("5/3b0c");
        }
        this.objects = [];
        return ended("GOOD");
      case "allow":
        return ended(step.flags === 1 && (step.place ?? 0) !== this.at ? "5/3b00" : "GOOD");
      default:
        return step.length === 0 && step.op !== "erase"
          ? ended("GOOD")
          : this.#stream(step, dataOut);
    }
  }

  #isRefused({ op, flags, length, partition }: StreamStep): boolean {
    const isFixed = (flags & FIXED) !== 0;
    const hasSecond = (flags & SECOND) !== 0;
    switch (op) {
      case "format":
        return hasSecond || length > 2;
      case "allow":
        return flags > 2 || (flags === 1 && partition !== 0);
      case "verify":
        return hasSecond || (isFixed && this.blockLength === 0);
      case "marks":
        return hasSecond;
      case "erase":
        return false;
      case "write":
        return isFixed && this.blockLength === 0;
      default:
        return isFixed && (hasSecond || this.blockLength === 0);
    }
  }

  /** From the place on, where there is one. */
  #stream(step: StreamStep, dataOut: Uint8Array): StreamEnd {
    const { op, flags, length, place, partition } = step;
    if (place !== undefined) {
      if (partition !== 0) {
        return ended("5/2400");
      }
      this.at = Math.min(place, this.objects.length);
      if (place > this.at) {
        return ended("8/0005");
      }
    }
    if (op === "read" || op === "verify") {
      const order = { isVerify: op === "verify", flags, length };
      const end = modelRead(this.objects, this.at, this.blockLength, order);
      this.at = end.at;
      return end;
    }
    this.objects.length = this.at;
    if (op === "marks") {
      this.objects.push(...Array.from({ length }, () => undefined));
    } else if (op === "write") {
      const bytes = (flags & FIXED) === 0 ? length : this.blockLength;
      for (let from = 0; from < dataOut.length; from += bytes) {
        this.objects.push(dataOut.subarray(from, from + bytes));
      }
    }
    this.at = this.objects.length;
    return ended("GOOD");
  }
}

function ended(words: string): StreamEnd {
  return { words, data: Buffer.alloc(0) };
}
