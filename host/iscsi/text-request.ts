/** Text Request, operation code 04h (RFC 7143). Its data segment: text keys. */
import { get8, get32, put32 } from "./bytes.ts";
import { OPCODE_TEXT_REQUEST } from "./opcode.ts";
import {
  dataSegmentLengthOf,
  FLAG_CONTINUE,
  FLAG_FINAL,
  getRequestNumbers,
  newBhs,
  putRequestNumbers,
  type RequestNumbers,
} from "./pdu.ts";

/** Fields of a Text Request. */
export interface TextRequest extends RequestNumbers {
  readonly final: boolean;
  readonly continue: boolean;
  /** RESERVED_TAG at the start, else the TTT of the text response before. */
  readonly ttt: number;
  readonly dataSegmentLength: number;
}

/** F C 1 · ITT 16 · TTT 20 · CmdSN 24 · ExpStatSN 28. */
export function encodeTextRequest(pdu: TextRequest): Uint8Array {
  const flags = (pdu.final ? FLAG_FINAL : 0) | (pdu.continue ? FLAG_CONTINUE : 0);
  const bhs = newBhs(OPCODE_TEXT_REQUEST, flags, pdu.dataSegmentLength);
  putRequestNumbers(bhs, pdu);
  put32(bhs, 20, pdu.ttt);
  return bhs;
}

/** Never throws. */
export function decodeTextRequest(bhs: Uint8Array): TextRequest {
  const flags = get8(bhs, 1);
  return {
    ...getRequestNumbers(bhs),
    final: (flags & FLAG_FINAL) !== 0,
    continue: (flags & FLAG_CONTINUE) !== 0,
    ttt: get32(bhs, 20),
    dataSegmentLength: dataSegmentLengthOf(bhs),
  };
}
