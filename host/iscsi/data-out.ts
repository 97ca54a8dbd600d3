/** SCSI Data-Out, operation code 05h (RFC 7143). */
import { get8, get32, put32 } from "./bytes.ts";
import { getLun, putLun } from "./lun.ts";
import { OPCODE_DATA_OUT } from "./opcode.ts";
import { dataSegmentLengthOf, FLAG_FINAL, ittOf, newBhs } from "./pdu.ts";

/** Fields of a SCSI Data-Out. */
export interface DataOut {
  /** Last PDU of this unsolicited or solicited sequence. */
  readonly final: boolean;
  readonly lun: number;
  readonly itt: number;
  /** The R2T that is answered, RESERVED_TAG for unsolicited data. */
  readonly ttt: number;
  readonly expStatSN: number;
  /** Counts from 0 within the sequence. */
  readonly dataSN: number;
  readonly bufferOffset: number;
  readonly dataSegmentLength: number;
}

/** F 1 · LUN 8 · ITT 16 · TTT 20 · ExpStatSN 28 · DataSN 36 · BufferOffset 40. */
export function encodeDataOut(pdu: DataOut): Uint8Array {
  const bhs = newBhs(OPCODE_DATA_OUT, pdu.final ? FLAG_FINAL : 0, pdu.dataSegmentLength);
  putLun(bhs, 8, pdu.lun);
  put32(bhs, 16, pdu.itt);
  put32(bhs, 20, pdu.ttt);
  put32(bhs, 28, pdu.expStatSN);
  put32(bhs, 36, pdu.dataSN);
  put32(bhs, 40, pdu.bufferOffset);
  return bhs;
}

/** Never throws. */
export function decodeDataOut(bhs: Uint8Array): DataOut {
  return {
    final: (get8(bhs, 1) & FLAG_FINAL) !== 0,
    lun: getLun(bhs, 8),
    itt: ittOf(bhs),
    ttt: get32(bhs, 20),
    expStatSN: get32(bhs, 28),
    dataSN: get32(bhs, 36),
    bufferOffset: get32(bhs, 40),
    dataSegmentLength: dataSegmentLengthOf(bhs),
  };
}
