/**
 * What all PDUs share: the 48-byte basic header segment (BHS) and its length fields.
 *
 * | byte | field |
 * |---|---|
 * | 0 | immediate bit 40h, operation code 3Fh |
 * | 1 | flags; 80h is F or T where the PDU has one |
 * | 4 | TotalAHSLength, in 4-byte words |
 * | 5-7 | DataSegmentLength, in bytes without padding |
 * | 16-19 | Initiator Task Tag |
 */
import { get8, get24, get32, put24, put32 } from "./bytes.ts";

/** Bytes of a basic header segment. */
export const BHS_BYTES = 48;

/** F (final) or T (transit), bit 7 of byte 1. */
export const FLAG_FINAL = 0x80;

/** C (continue), bit 6 of byte 1 of login and text PDUs. */
export const FLAG_CONTINUE = 0x40;

const IMMEDIATE_BIT = 0x40;
const OPCODE_MASK = 0x3f;

/** One PDU as the framer found it; `data` is without padding. */
export interface RawPdu {
  readonly bhs: Uint8Array;
  readonly ahs: Uint8Array;
  readonly data: Uint8Array;
}

/** What every numbered request of an initiator carries. */
export interface RequestNumbers {
  readonly immediate: boolean;
  readonly itt: number;
  readonly cmdSN: number;
  readonly expStatSN: number;
}

/** What every PDU of a target carries. */
export interface ResponseNumbers {
  readonly statSN: number;
  readonly expCmdSN: number;
  readonly maxCmdSN: number;
}

/** A zeroed BHS with operation code, byte 1 and DataSegmentLength (0 to 2^24-1) set. */
export function newBhs(opcode: number, flags: number, dataSegmentLength: number): Uint8Array {
  const bhs = new Uint8Array(BHS_BYTES);
  bhs[0] = opcode;
  bhs[1] = flags;
  put24(bhs, 5, dataSegmentLength);
  return bhs;
}

/** Operation code without the immediate bit, 0 to 63. */
export function opcodeOf(bhs: Uint8Array): number {
  return get8(bhs, 0) & OPCODE_MASK;
}

/** Initiator Task Tag. */
export function ittOf(bhs: Uint8Array): number {
  return get32(bhs, 16);
}

/** Bytes of the data segment without padding, 0 to 2^24-1. */
export function dataSegmentLengthOf(bhs: Uint8Array): number {
  return get24(bhs, 5);
}

/** Bytes of all additional header segments, 0 to 1020. */
export function totalAhsBytesOf(bhs: Uint8Array): number {
  return get8(bhs, 4) * 4;
}

/** Padding bytes after a segment of `length` bytes, 0 to 3. */
export function paddingOf(length: number): number {
  return -length & 3;
}

/** Stores immediate bit, ITT (16), CmdSN (24), ExpStatSN (28). */
export function putRequestNumbers(bhs: Uint8Array, numbers: RequestNumbers): void {
  if (numbers.immediate) {
    bhs[0] = get8(bhs, 0) | IMMEDIATE_BIT;
  }
  put32(bhs, 16, numbers.itt);
  put32(bhs, 24, numbers.cmdSN);
  put32(bhs, 28, numbers.expStatSN);
}

/** Reads what `putRequestNumbers` stores. */
export function getRequestNumbers(bhs: Uint8Array): RequestNumbers {
  return {
    immediate: (get8(bhs, 0) & IMMEDIATE_BIT) !== 0,
    itt: ittOf(bhs),
    cmdSN: get32(bhs, 24),
    expStatSN: get32(bhs, 28),
  };
}

/** Stores StatSN (24), ExpCmdSN (28), MaxCmdSN (32). */
export function putResponseNumbers(bhs: Uint8Array, numbers: ResponseNumbers): void {
  put32(bhs, 24, numbers.statSN);
  put32(bhs, 28, numbers.expCmdSN);
  put32(bhs, 32, numbers.maxCmdSN);
}

/** Reads what `putResponseNumbers` stores. */
export function getResponseNumbers(bhs: Uint8Array): ResponseNumbers {
  return { statSN: get32(bhs, 24), expCmdSN: get32(bhs, 28), maxCmdSN: get32(bhs, 32) };
}
