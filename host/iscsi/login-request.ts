/** Login Request, operation code 03h, always immediate (RFC 7143). Its data segment: text keys. */
import { get8, get16, get32, put16 } from "./bytes.ts";
import { getIsid, putIsid } from "./isid.ts";
import { OPCODE_LOGIN_REQUEST } from "./opcode.ts";
import {
  dataSegmentLengthOf,
  FLAG_CONTINUE,
  FLAG_FINAL,
  ittOf,
  newBhs,
  putRequestNumbers,
} from "./pdu.ts";

/** Fields of a Login Request. */
export interface LoginRequest {
  /** T: the sender is ready to go to stage `nsg`. */
  readonly transit: boolean;
  /** C: the text goes on in the next request. */
  readonly continue: boolean;
  /** Current and next stage: 0 security, 1 operational, 3 full feature. */
  readonly csg: number;
  readonly nsg: number;
  readonly versionMax: number;
  readonly versionMin: number;
  /** 12 hexadecimal digits. */
  readonly isid: string;
  readonly tsih: number;
  readonly itt: number;
  readonly cid: number;
  readonly cmdSN: number;
  readonly expStatSN: number;
  readonly dataSegmentLength: number;
}

/** T C CSG NSG 1 · versions 2, 3 · ISID 8 · TSIH 14 · ITT 16 · CID 20 · CmdSN 24 · ExpStatSN 28. */
export function encodeLoginRequest(pdu: LoginRequest): Uint8Array {
  const flags =
    (pdu.transit ? FLAG_FINAL : 0) |
    (pdu.continue ? FLAG_CONTINUE : 0) |
    ((pdu.csg & 3) << 2) |
    (pdu.nsg & 3);
  const bhs = newBhs(OPCODE_LOGIN_REQUEST, flags, pdu.dataSegmentLength);
  bhs[2] = pdu.versionMax;
  bhs[3] = pdu.versionMin;
  putIsid(bhs, pdu.isid);
  put16(bhs, 14, pdu.tsih);
  put16(bhs, 20, pdu.cid);
  const { itt, cmdSN, expStatSN } = pdu;
  putRequestNumbers(bhs, { immediate: true, itt, cmdSN, expStatSN });
  return bhs;
}

/** Never throws. */
export function decodeLoginRequest(bhs: Uint8Array): LoginRequest {
  const flags = get8(bhs, 1);
  return {
    transit: (flags & FLAG_FINAL) !== 0,
    continue: (flags & FLAG_CONTINUE) !== 0,
    csg: (flags >> 2) & 3,
    nsg: flags & 3,
    versionMax: get8(bhs, 2),
    versionMin: get8(bhs, 3),
    isid: getIsid(bhs),
    tsih: get16(bhs, 14),
    itt: ittOf(bhs),
    cid: get16(bhs, 20),
    cmdSN: get32(bhs, 24),
    expStatSN: get32(bhs, 28),
    dataSegmentLength: dataSegmentLengthOf(bhs),
  };
}
