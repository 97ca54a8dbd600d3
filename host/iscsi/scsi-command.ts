/** SCSI Command, operation code 01h (RFC 7143). Additional header segments are not built here. */
import { get8, get32, put32 } from "./bytes.ts";
import { getLun, putLun } from "./lun.ts";
import { OPCODE_SCSI_COMMAND } from "./opcode.ts";
import {
  dataSegmentLengthOf,
  FLAG_FINAL,
  getRequestNumbers,
  newBhs,
  putRequestNumbers,
  type RequestNumbers,
} from "./pdu.ts";

const FLAG_READ = 0x40;
const FLAG_WRITE = 0x20;
const ATTRIBUTE_MASK = 0x07;
const CDB_OFFSET = 32;
const CDB_BYTES = 16;

/** Fields of a SCSI Command. */
export interface ScsiCommand extends RequestNumbers {
  /** No unsolicited Data-Out follows. */
  readonly final: boolean;
  readonly read: boolean;
  readonly write: boolean;
  /** Task attribute, 0 to 7: 1 simple, 2 ordered, 3 head of queue. */
  readonly attribute: number;
  readonly lun: number;
  readonly expectedDataTransferLength: number;
  /** 16 bytes, padded with zeros. */
  readonly cdb: Uint8Array;
  /** Bytes of immediate data. */
  readonly dataSegmentLength: number;
}

/** flags 1 · LUN 8 · ITT 16 · expected length 20 · CmdSN 24 · ExpStatSN 28 · CDB 32-47. */
export function encodeScsiCommand(pdu: ScsiCommand): Uint8Array {
  const flags =
    (pdu.final ? FLAG_FINAL : 0) |
    (pdu.read ? FLAG_READ : 0) |
    (pdu.write ? FLAG_WRITE : 0) |
    (pdu.attribute & ATTRIBUTE_MASK);
  const bhs = newBhs(OPCODE_SCSI_COMMAND, flags, pdu.dataSegmentLength);
  putLun(bhs, 8, pdu.lun);
  putRequestNumbers(bhs, pdu);
  put32(bhs, 20, pdu.expectedDataTransferLength);
  bhs.set(pdu.cdb.subarray(0, CDB_BYTES), CDB_OFFSET);
  return bhs;
}

/** Never throws; the CDB is a copy. */
export function decodeScsiCommand(bhs: Uint8Array): ScsiCommand {
  const flags = get8(bhs, 1);
  return {
    ...getRequestNumbers(bhs),
    final: (flags & FLAG_FINAL) !== 0,
    read: (flags & FLAG_READ) !== 0,
    write: (flags & FLAG_WRITE) !== 0,
    attribute: flags & ATTRIBUTE_MASK,
    lun: getLun(bhs, 8),
    expectedDataTransferLength: get32(bhs, 20),
    cdb: bhs.slice(CDB_OFFSET, CDB_OFFSET + CDB_BYTES),
    dataSegmentLength: dataSegmentLengthOf(bhs),
  };
}
