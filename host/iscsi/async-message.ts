/** Asynchronous Message, operation code 32h (RFC 7143). Its data segment: sense data of event 0. */
import { get8, get16, put16, put32 } from "./bytes.ts";
import { getLun, putLun } from "./lun.ts";
import { OPCODE_ASYNC_MESSAGE, RESERVED_TAG } from "./opcode.ts";
import {
  dataSegmentLengthOf,
  FLAG_FINAL,
  getResponseNumbers,
  newBhs,
  putResponseNumbers,
  type ResponseNumbers,
} from "./pdu.ts";

/** Fields of an Asynchronous Message. */
export interface AsyncMessage extends ResponseNumbers {
  readonly lun: number;
  /** 0 SCSI event, 1 logout requested, 2 connection dropped, 3 session dropped, 4 negotiate. */
  readonly asyncEvent: number;
  readonly asyncVCode: number;
  /** CID (events 2), Time2Wait (3), Time2Retain (3): see RFC 7143. */
  readonly parameter1: number;
  readonly parameter2: number;
  readonly parameter3: number;
  readonly dataSegmentLength: number;
}

/** LUN 8 · FFFFFFFFh 16 · numbers 24 · event 36 · vendor code 37 · parameters 38, 40, 42. */
export function encodeAsyncMessage(pdu: AsyncMessage): Uint8Array {
  const bhs = newBhs(OPCODE_ASYNC_MESSAGE, FLAG_FINAL, pdu.dataSegmentLength);
  putLun(bhs, 8, pdu.lun);
  put32(bhs, 16, RESERVED_TAG);
  putResponseNumbers(bhs, pdu);
  bhs[36] = pdu.asyncEvent;
  bhs[37] = pdu.asyncVCode;
  put16(bhs, 38, pdu.parameter1);
  put16(bhs, 40, pdu.parameter2);
  put16(bhs, 42, pdu.parameter3);
  return bhs;
}

/** Never throws. */
export function decodeAsyncMessage(bhs: Uint8Array): AsyncMessage {
  return {
    ...getResponseNumbers(bhs),
    lun: getLun(bhs, 8),
    asyncEvent: get8(bhs, 36),
    asyncVCode: get8(bhs, 37),
    parameter1: get16(bhs, 38),
    parameter2: get16(bhs, 40),
    parameter3: get16(bhs, 42),
    dataSegmentLength: dataSegmentLengthOf(bhs),
  };
}
