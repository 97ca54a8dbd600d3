/** SCSI Data-In, operation code 25h (RFC 7143). */
import { get8, get32, put32 } from "./bytes.ts";
import { getLun, putLun } from "./lun.ts";
import { OPCODE_DATA_IN } from "./opcode.ts";
import {
  dataSegmentLengthOf,
  FLAG_FINAL,
  getResponseNumbers,
  ittOf,
  newBhs,
  putResponseNumbers,
  type ResponseNumbers,
} from "./pdu.ts";

const FLAG_ACKNOWLEDGE = 0x40;
const FLAG_OVERFLOW = 0x04;
const FLAG_UNDERFLOW = 0x02;
const FLAG_STATUS = 0x01;

/** Fields of a SCSI Data-In. */
export interface DataIn extends ResponseNumbers {
  /** Last PDU of a sequence of at most MaxBurstLength. */
  readonly final: boolean;
  readonly acknowledge: boolean;
  /** S: the PDU carries the command's status; only then `statSN`, `status` and residuals count. */
  readonly statusPresent: boolean;
  readonly status: number;
  readonly overflow: boolean;
  readonly underflow: boolean;
  readonly residualCount: number;
  readonly lun: number;
  readonly itt: number;
  readonly ttt: number;
  readonly dataSN: number;
  readonly bufferOffset: number;
  readonly dataSegmentLength: number;
}

/** flags 1 · status 3 · LUN 8 · ITT 16 · TTT 20 · numbers 24 · DataSN 36, offset 40, rest 44. */
export function encodeDataIn(pdu: DataIn): Uint8Array {
  const flags =
    (pdu.final ? FLAG_FINAL : 0) |
    (pdu.acknowledge ? FLAG_ACKNOWLEDGE : 0) |
    (pdu.overflow ? FLAG_OVERFLOW : 0) |
    (pdu.underflow ? FLAG_UNDERFLOW : 0) |
    (pdu.statusPresent ? FLAG_STATUS : 0);
  const bhs = newBhs(OPCODE_DATA_IN, flags, pdu.dataSegmentLength);
  bhs[3] = pdu.status;
  putLun(bhs, 8, pdu.lun);
  put32(bhs, 16, pdu.itt);
  put32(bhs, 20, pdu.ttt);
  putResponseNumbers(bhs, pdu);
  put32(bhs, 36, pdu.dataSN);
  put32(bhs, 40, pdu.bufferOffset);
  put32(bhs, 44, pdu.residualCount);
  return bhs;
}

/** Never throws. */
export function decodeDataIn(bhs: Uint8Array): DataIn {
  const flags = get8(bhs, 1);
  return {
    ...getResponseNumbers(bhs),
    final: (flags & FLAG_FINAL) !== 0,
    acknowledge: (flags & FLAG_ACKNOWLEDGE) !== 0,
    statusPresent: (flags & FLAG_STATUS) !== 0,
    status: get8(bhs, 3),
    overflow: (flags & FLAG_OVERFLOW) !== 0,
    underflow: (flags & FLAG_UNDERFLOW) !== 0,
    residualCount: get32(bhs, 44),
    lun: getLun(bhs, 8),
    itt: ittOf(bhs),
    ttt: get32(bhs, 20),
    dataSN: get32(bhs, 36),
    bufferOffset: get32(bhs, 40),
    dataSegmentLength: dataSegmentLengthOf(bhs),
  };
}
