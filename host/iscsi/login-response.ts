/** Login Response, operation code 23h (RFC 7143). Its data segment: text keys. */
import { get8, get16, put16, put32 } from "./bytes.ts";
import { getIsid, putIsid } from "./isid.ts";
import { OPCODE_LOGIN_RESPONSE } from "./opcode.ts";
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

/** Fields of a Login Response. */
export interface LoginResponse extends ResponseNumbers {
  readonly transit: boolean;
  readonly continue: boolean;
  readonly csg: number;
  readonly nsg: number;
  readonly versionMax: number;
  readonly versionActive: number;
  /** 12 hexadecimal digits. */
  readonly isid: string;
  /** The session's number, non-zero in the last response of a login. */
  readonly tsih: number;
  readonly itt: number;
  /** Class in the high byte (0 success, 1 moved, 2 initiator, 3 target), detail in the low. */
  readonly status: number;
  readonly dataSegmentLength: number;
}

/** T C CSG NSG 1 · versions 2, 3 · ISID 8 · TSIH 14 · ITT 16 · numbers 24 · status 36-37. */
export function encodeLoginResponse(pdu: LoginResponse): Uint8Array {
  const flags =
    (pdu.transit ? FLAG_FINAL : 0) |
    (pdu.continue ? FLAG_CONTINUE : 0) |
    ((pdu.csg & 3) << 2) |
    (pdu.nsg & 3);
  const bhs = newBhs(OPCODE_LOGIN_RESPONSE, flags, pdu.dataSegmentLength);
  bhs[2] = pdu.versionMax;
  bhs[3] = pdu.versionActive;
  putIsid(bhs, pdu.isid);
  put16(bhs, 14, pdu.tsih);
  put32(bhs, 16, pdu.itt);
  putResponseNumbers(bhs, pdu);
  put16(bhs, 36, pdu.status);
  return bhs;
}

/** Never throws. */
export function decodeLoginResponse(bhs: Uint8Array): LoginResponse {
  const flags = get8(bhs, 1);
  return {
    ...getResponseNumbers(bhs),
    transit: (flags & FLAG_FINAL) !== 0,
    continue: (flags & FLAG_CONTINUE) !== 0,
    csg: (flags >> 2) & 3,
    nsg: flags & 3,
    versionMax: get8(bhs, 2),
    versionActive: get8(bhs, 3),
    isid: getIsid(bhs),
    tsih: get16(bhs, 14),
    itt: ittOf(bhs),
    status: get16(bhs, 36),
    dataSegmentLength: dataSegmentLengthOf(bhs),
  };
}
