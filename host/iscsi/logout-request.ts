/** Logout Request, operation code 06h (RFC 7143). No data segment. */
import { get8, get16, put16 } from "./bytes.ts";
import { OPCODE_LOGOUT_REQUEST } from "./opcode.ts";
import {
  FLAG_FINAL,
  getRequestNumbers,
  newBhs,
  putRequestNumbers,
  type RequestNumbers,
} from "./pdu.ts";

const REASON_MASK = 0x7f;

/** Fields of a Logout Request. */
export interface LogoutRequest extends RequestNumbers {
  /** 0 close the session, 1 close the connection, 2 remove the connection for recovery. */
  readonly reasonCode: number;
  /** The connection meant; does not count when the session is closed. */
  readonly cid: number;
}

/** reason 1 · ITT 16 · CID 20 · CmdSN 24 · ExpStatSN 28. */
export function encodeLogoutRequest(pdu: LogoutRequest): Uint8Array {
  const bhs = newBhs(OPCODE_LOGOUT_REQUEST, FLAG_FINAL | (pdu.reasonCode & REASON_MASK), 0);
  putRequestNumbers(bhs, pdu);
  put16(bhs, 20, pdu.cid);
  return bhs;
}

/** Never throws. */
export function decodeLogoutRequest(bhs: Uint8Array): LogoutRequest {
  return {
    ...getRequestNumbers(bhs),
    reasonCode: get8(bhs, 1) & REASON_MASK,
    cid: get16(bhs, 20),
  };
}
