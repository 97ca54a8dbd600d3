/** Text Response, operation code 24h (RFC 7143). Its data segment: text keys. */
import { get8, get32, put32 } from "./bytes.ts";
import { OPCODE_TEXT_RESPONSE } from "./opcode.ts";
import {
  dataSegmentLengthOf,
  FLAG_CONTINUE,
  FLAG_FINAL,
  getResponseNumbers,
  ittOf,
  newBhs,
  putResponseNumbers,
  type ResponseNumbers,
} from "./pdu.ts";

/** Fields of a Text Response. */
export interface TextResponse extends ResponseNumbers {
  readonly final: boolean;
  readonly continue: boolean;
  readonly itt: number;
  /** RESERVED_TAG with `final`, else the tag that the next request has to carry. */
  readonly ttt: number;
  readonly dataSegmentLength: number;
}

/** F C 1 · ITT 16 · TTT 20 · numbers 24. */
export function encodeTextResponse(pdu: TextResponse): Uint8Array {
  const flags = (pdu.final ? FLAG_FINAL : 0) | (pdu.continue ? FLAG_CONTINUE : 0);
  const bhs = newBhs(OPCODE_TEXT_RESPONSE, flags, pdu.dataSegmentLength);
  put32(bhs, 16, pdu.itt);
  put32(bhs, 20, pdu.ttt);
  putResponseNumbers(bhs, pdu);
  return bhs;
}

/** Never throws. */
export function decodeTextResponse(bhs: Uint8Array): TextResponse {
  const flags = get8(bhs, 1);
  return {
    ...getResponseNumbers(bhs),
    final: (flags & FLAG_FINAL) !== 0,
    continue: (flags & FLAG_CONTINUE) !== 0,
    itt: ittOf(bhs),
    ttt: get32(bhs, 20),
    dataSegmentLength: dataSegmentLengthOf(bhs),
  };
}
