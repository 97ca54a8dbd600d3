/** Ready To Transfer, operation code 31h (RFC 7143). No data segment. */
import { get32, put32 } from "./bytes.ts";
import { getLun, putLun } from "./lun.ts";
import { OPCODE_R2T } from "./opcode.ts";
import {
  FLAG_FINAL,
  getResponseNumbers,
  ittOf,
  newBhs,
  putResponseNumbers,
  type ResponseNumbers,
} from "./pdu.ts";

/** Fields of an R2T; its StatSN is the next one and does not count. */
export interface R2t extends ResponseNumbers {
  readonly lun: number;
  readonly itt: number;
  readonly ttt: number;
  /** Counts from 0 within the command. */
  readonly r2tSN: number;
  readonly bufferOffset: number;
  readonly desiredDataTransferLength: number;
}

/** LUN 8 · ITT 16 · TTT 20 · numbers 24 · R2TSN 36 · BufferOffset 40 · desired length 44. */
export function encodeR2t(pdu: R2t): Uint8Array {
  const bhs = newBhs(OPCODE_R2T, FLAG_FINAL, 0);
  putLun(bhs, 8, pdu.lun);
  put32(bhs, 16, pdu.itt);
  put32(bhs, 20, pdu.ttt);
  putResponseNumbers(bhs, pdu);
  put32(bhs, 36, pdu.r2tSN);
  put32(bhs, 40, pdu.bufferOffset);
  put32(bhs, 44, pdu.desiredDataTransferLength);
  return bhs;
}

/** Never throws. */
export function decodeR2t(bhs: Uint8Array): R2t {
  return {
    ...getResponseNumbers(bhs),
    lun: getLun(bhs, 8),
    itt: ittOf(bhs),
    ttt: get32(bhs, 20),
    r2tSN: get32(bhs, 36),
    bufferOffset: get32(bhs, 40),
    desiredDataTransferLength: get32(bhs, 44),
  };
}
