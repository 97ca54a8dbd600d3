/** NOP-Out, operation code 00h (RFC 7143): a ping, or the answer to a target's NOP-In. */
import { get32, put32 } from "./bytes.ts";
import { getLun, putLun } from "./lun.ts";
import { OPCODE_NOP_OUT } from "./opcode.ts";
import {
  dataSegmentLengthOf,
  FLAG_FINAL,
  getRequestNumbers,
  newBhs,
  putRequestNumbers,
  type RequestNumbers,
} from "./pdu.ts";

/** Fields of a NOP-Out; with `itt` RESERVED_TAG no NOP-In is wanted. */
export interface NopOut extends RequestNumbers {
  readonly lun: number;
  /** TTT of the NOP-In that is answered, else RESERVED_TAG. */
  readonly ttt: number;
  readonly dataSegmentLength: number;
}

/** LUN 8 · ITT 16 · TTT 20 · CmdSN 24 · ExpStatSN 28. */
export function encodeNopOut(pdu: NopOut): Uint8Array {
  const bhs = newBhs(OPCODE_NOP_OUT, FLAG_FINAL, pdu.dataSegmentLength);
  putLun(bhs, 8, pdu.lun);
  putRequestNumbers(bhs, pdu);
  put32(bhs, 20, pdu.ttt);
  return bhs;
}

/** Never throws. */
export function decodeNopOut(bhs: Uint8Array): NopOut {
  return {
    ...getRequestNumbers(bhs),
    lun: getLun(bhs, 8),
    ttt: get32(bhs, 20),
    dataSegmentLength: dataSegmentLengthOf(bhs),
  };
}
