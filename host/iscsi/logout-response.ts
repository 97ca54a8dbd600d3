/** Logout Response, operation code 26h (RFC 7143). No data segment. */
import { get8, get16, put16, put32 } from "./bytes.ts";
import { OPCODE_LOGOUT_RESPONSE } from "./opcode.ts";
import {
  FLAG_FINAL,
  getResponseNumbers,
  ittOf,
  newBhs,
  putResponseNumbers,
  type ResponseNumbers,
} from "./pdu.ts";

/** Fields of a Logout Response. */
export interface LogoutResponse extends ResponseNumbers {
  readonly itt: number;
  /** 0 done, 1 no such connection, 2 no connection recovery, 3 cleanup failed. */
  readonly response: number;
  /** Seconds to wait before, and to keep tasks after, a new login. */
  readonly time2Wait: number;
  readonly time2Retain: number;
}

/** response 2 · ITT 16 · numbers 24 · Time2Wait 40 · Time2Retain 42. */
export function encodeLogoutResponse(pdu: LogoutResponse): Uint8Array {
  const bhs = newBhs(OPCODE_LOGOUT_RESPONSE, FLAG_FINAL, 0);
  bhs[2] = pdu.response;
  put32(bhs, 16, pdu.itt);
  putResponseNumbers(bhs, pdu);
  put16(bhs, 40, pdu.time2Wait);
  put16(bhs, 42, pdu.time2Retain);
  return bhs;
}

/** Never throws. */
export function decodeLogoutResponse(bhs: Uint8Array): LogoutResponse {
  return {
    ...getResponseNumbers(bhs),
    itt: ittOf(bhs),
    response: get8(bhs, 2),
    time2Wait: get16(bhs, 40),
    time2Retain: get16(bhs, 42),
  };
}
