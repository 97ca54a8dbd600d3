/** NOP-In, operation code 20h (RFC 7143): the answer to a NOP-Out, or a target's ping. */
import { get32, put32 } from "./bytes.ts";
import { getLun, putLun } from "./lun.ts";
import { OPCODE_NOP_IN } from "./opcode.ts";
import {
  dataSegmentLengthOf,
  FLAG_FINAL,
  getResponseNumbers,
  ittOf,
  newBhs,
  putResponseNumbers,
  type ResponseNumbers,
} from "./pdu.ts";

/** Fields of a NOP-In. */
export interface NopIn extends ResponseNumbers {
  readonly lun: number;
  /** The NOP-Out that is answered; RESERVED_TAG in a target's ping (then StatSN does not count). */
  readonly itt: number;
  /** RESERVED_TAG in an answer; in a ping the tag that the NOP-Out has to carry. */
  readonly ttt: number;
  readonly dataSegmentLength: number;
}

/** LUN 8 · ITT 16 · TTT 20 · numbers 24. */
export function encodeNopIn(pdu: NopIn): Uint8Array {
  const bhs = newBhs(OPCODE_NOP_IN, FLAG_FINAL, pdu.dataSegmentLength);
  putLun(bhs, 8, pdu.lun);
  put32(bhs, 16, pdu.itt);
  put32(bhs, 20, pdu.ttt);
  putResponseNumbers(bhs, pdu);
  return bhs;
}

/** Never throws. */
export function decodeNopIn(bhs: Uint8Array): NopIn {
  return {
    ...getResponseNumbers(bhs),
    lun: getLun(bhs, 8),
    itt: ittOf(bhs),
    ttt: get32(bhs, 20),
    dataSegmentLength: dataSegmentLengthOf(bhs),
  };
}
