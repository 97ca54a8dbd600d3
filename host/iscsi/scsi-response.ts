/** SCSI Response, operation code 21h (RFC 7143). Its data segment: SenseLength (2 bytes), sense. */
import { get8, get16, get32, put16, put32 } from "./bytes.ts";
import { OPCODE_SCSI_RESPONSE } from "./opcode.ts";
import {
  dataSegmentLengthOf,
  FLAG_FINAL,
  getResponseNumbers,
  ittOf,
  newBhs,
  putResponseNumbers,
  type ResponseNumbers,
} from "./pdu.ts";

const FLAG_OVERFLOW = 0x04;
const FLAG_UNDERFLOW = 0x02;
const SENSE_LENGTH_BYTES = 2;

/** Fields of a SCSI Response. */
export interface ScsiResponse extends ResponseNumbers {
  readonly itt: number;
  /** 0 completed at the target (then `status` counts), else the target's failure. */
  readonly response: number;
  readonly status: number;
  readonly overflow: boolean;
  readonly underflow: boolean;
  /** Bytes; counts only with `overflow` or `underflow`. */
  readonly residualCount: number;
  /** How many R2T and Data-In PDUs the command had. */
  readonly expDataSN: number;
  readonly dataSegmentLength: number;
}

/** flags 1 · response 2 · status 3 · ITT 16 · numbers 24 · ExpDataSN 36 · residual 44. */
export function encodeScsiResponse(pdu: ScsiResponse): Uint8Array {
  const flags =
    FLAG_FINAL | (pdu.overflow ? FLAG_OVERFLOW : 0) | (pdu.underflow ? FLAG_UNDERFLOW : 0);
  const bhs = newBhs(OPCODE_SCSI_RESPONSE, flags, pdu.dataSegmentLength);
  bhs[2] = pdu.response;
  bhs[3] = pdu.status;
  put32(bhs, 16, pdu.itt);
  putResponseNumbers(bhs, pdu);
  put32(bhs, 36, pdu.expDataSN);
  put32(bhs, 44, pdu.residualCount);
  return bhs;
}

/** Never throws. */
export function decodeScsiResponse(bhs: Uint8Array): ScsiResponse {
  const flags = get8(bhs, 1);
  return {
    ...getResponseNumbers(bhs),
    itt: ittOf(bhs),
    response: get8(bhs, 2),
    status: get8(bhs, 3),
    overflow: (flags & FLAG_OVERFLOW) !== 0,
    underflow: (flags & FLAG_UNDERFLOW) !== 0,
    residualCount: get32(bhs, 44),
    expDataSN: get32(bhs, 36),
    dataSegmentLength: dataSegmentLengthOf(bhs),
  };
}

/** The data segment for `sense`: its length in 2 bytes, then the bytes. */
export function encodeSenseSegment(sense: Uint8Array): Uint8Array {
  const segment = new Uint8Array(SENSE_LENGTH_BYTES + sense.length);
  put16(segment, 0, sense.length);
  segment.set(sense, SENSE_LENGTH_BYTES);
  return segment;
}

/** Sense data of a data segment; empty where there is none, cut where the segment is short. */
export function decodeSenseSegment(segment: Uint8Array): Uint8Array {
  return segment.subarray(SENSE_LENGTH_BYTES, SENSE_LENGTH_BYTES + get16(segment, 0));
}
