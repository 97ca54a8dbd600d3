/**
 * What a command of a step is, and the bytes of CDBs. Decides lengths and places of fields, not their
 * values.
 */

import type { Random } from "../parity/random.ts";
import type { Model } from "./model.ts";

/** A command of a step. */
export interface Made {
  readonly cdb: readonly number[];
  readonly out?: Buffer;
  readonly inBytes?: number;
}

/** One row. */
export interface CommandRow {
  readonly name: string;
  readonly weight: number;
  /** It may move the tape: READ POSITION follows. */
  readonly moves: boolean;
  readonly make: (random: Random, model: Model) => Made | undefined;
}

export function bytesOf(value: number, bytes: number): number[] {
  const wide = Buffer.alloc(8);
  wide.writeBigInt64BE(BigInt(value));
  return [...wide.subarray(8 - bytes)];
}

/** A six-byte CDB with a transfer length of three bytes. */
export function six(operation: number, flags: number, length: number): number[] {
  return [operation, flags, ...bytesOf(length, 3), 0];
}

/** A CDB of ten bytes with the allocation length in bytes 7 and 8. */
export function ten(
  operation: number,
  flags: number,
  page: number,
  subpage: number,
  length: number,
) {
  return [operation, flags, page, subpage, 0, 0, 0, ...bytesOf(length, 2), 0];
}

/** A CDB of sixteen bytes with a number of eight in bytes 4 to 11. */
export function sixteen(operation: number, flags: number, number: number, partition = 0): number[] {
  return [operation, flags, 0, partition, ...bytesOf(number, 8), 0, 0, 0, 0];
}
