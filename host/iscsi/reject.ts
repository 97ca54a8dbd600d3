/** Reject, operation code 3Fh (RFC 7143). Its data segment: the 48-byte header that was refused. */
import { get8, put32 } from "./bytes.ts";
import { OPCODE_REJECT, RESERVED_TAG } from "./opcode.ts";
import {
  dataSegmentLengthOf,
  FLAG_FINAL,
  getResponseNumbers,
  newBhs,
  putResponseNumbers,
  type ResponseNumbers,
} from "./pdu.ts";

/** Fields of a Reject. */
export interface Reject extends ResponseNumbers {
  /** REJECT_PROTOCOL_ERROR ... of opcode.ts. */
  readonly reason: number;
  readonly dataSegmentLength: number;
}

/** reason 2 · FFFFFFFFh 16 · numbers 24. */
export function encodeReject(pdu: Reject): Uint8Array {
  const bhs = newBhs(OPCODE_REJECT, FLAG_FINAL, pdu.dataSegmentLength);
  bhs[2] = pdu.reason;
  put32(bhs, 16, RESERVED_TAG);
  putResponseNumbers(bhs, pdu);
  return bhs;
}

/** Never throws. */
export function decodeReject(bhs: Uint8Array): Reject {
  return {
    ...getResponseNumbers(bhs),
    reason: get8(bhs, 2),
    dataSegmentLength: dataSegmentLengthOf(bhs),
  };
}
