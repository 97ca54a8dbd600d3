/**
 * What answers for logical units that do not exist, or that an initiator does not see. SPC wants REPORT
 * LUNS, INQUIRY (peripheral qualifier 011b) and REQUEST SENSE answered on any logical unit number;
 * everything else is CHECK CONDITION, LOGICAL UNIT NOT SUPPORTED. The only SCSI bytes that the host makes
 * itself: no core stands behind a logical unit that is not there.
 */

import {
  ASC_INVALID_FIELD_IN_CDB,
  ASC_LOGICAL_UNIT_NOT_SUPPORTED,
} from "../../assembly/spec/additional-sense.ts";
import {
  OP_INQUIRY,
  OP_REPORT_LUNS,
  OP_REQUEST_SENSE,
} from "../../assembly/spec/operation-code.ts";
import {
  KEY_ILLEGAL_REQUEST,
  RESPONSE_CURRENT,
  RESPONSE_CURRENT_DESCRIPTORS,
  SENSE_FIXED_BYTES,
} from "../../assembly/spec/sense-key.ts";
import { STATUS_CHECK_CONDITION, STATUS_GOOD } from "../../assembly/spec/status.ts";
import type { LogicalUnit, TaskAnswer } from "../lib/logical-unit.ts";

/** Peripheral qualifier 011b, device type 1Fh: not capable of supporting a device here. */
const NO_DEVICE = 0x7f;
const VERSION_SPC_4 = 6;
const RESPONSE_DATA_FORMAT = 2;
const INQUIRY_BYTES = 36;
const INQUIRY_HEADER_BYTES = 5;
const EVPD = 0x01;
/** In byte 1 of REQUEST SENSE. */
const DESC = 0x01;
const SENSE_HEADER_BYTES = 8;
const LUN_BYTES = 8;
const LUN_LIST_HEADER_BYTES = 8;
const ALLOCATION_BYTES_MIN = 16;
/** SELECT REPORT: only well-known logical units (none here); all. */
const SELECT_WELL_KNOWN = 1;
const SELECT_ALL = 2;

type Answer = (cdb: DataView) => TaskAnswer;

/** The unit for all logical unit numbers that are not in `luns` (each below 256). */
export function noSuchUnit(luns: readonly number[]): LogicalUnit {
  const [list, emptyList] = [encodeLuns([...luns].sort((a, b) => a - b)), encodeLuns([])];
  const answers = new Map<number, Answer>([
    [
      OP_REPORT_LUNS,
      (cdb) => {
        const [select, bytes] = [cdb.getUint8(2), cdb.getUint32(6)];
        const isWrong = select > SELECT_ALL || bytes < ALLOCATION_BYTES_MIN;
        return isWrong
          ? INVALID_FIELD
          : good(select === SELECT_WELL_KNOWN ? emptyList : list, bytes);
      },
    ],
    [
      OP_INQUIRY,
      (cdb) =>
        (cdb.getUint8(1) & EVPD) === 0 ? good(NO_INQUIRY, cdb.getUint16(3)) : INVALID_FIELD,
    ],
    [
      OP_REQUEST_SENSE,
      (cdb) => {
        const asDescriptors = (cdb.getUint8(1) & DESC) !== 0;
        return good(
          asDescriptors ? NOT_SUPPORTED_DESCRIPTORS : NOT_SUPPORTED_SENSE,
          cdb.getUint8(4),
        );
      },
    ],
  ]);
  return {
    command: (task) => {
      const answer = answers.get(task.cdb[0] ?? 0);
      task.reply(answer?.(viewOf(task.cdb)) ?? NOT_SUPPORTED);
    },
    abort: () => undefined,
    nexus: () => undefined,
  };
}

const NO_INQUIRY = Buffer.alloc(INQUIRY_BYTES, " ");
NO_INQUIRY.set([NO_DEVICE, 0, VERSION_SPC_4, RESPONSE_DATA_FORMAT]);
NO_INQUIRY.set([INQUIRY_BYTES - INQUIRY_HEADER_BYTES, 0, 0, 0], INQUIRY_HEADER_BYTES - 1);
const NOT_SUPPORTED_SENSE = encodeSense(KEY_ILLEGAL_REQUEST, ASC_LOGICAL_UNIT_NOT_SUPPORTED);
const NOT_SUPPORTED_DESCRIPTORS = Buffer.alloc(SENSE_HEADER_BYTES);
NOT_SUPPORTED_DESCRIPTORS.set([RESPONSE_CURRENT_DESCRIPTORS, KEY_ILLEGAL_REQUEST]);
NOT_SUPPORTED_DESCRIPTORS.writeUInt16BE(ASC_LOGICAL_UNIT_NOT_SUPPORTED, 2);
const NOT_SUPPORTED: TaskAnswer = {
  status: STATUS_CHECK_CONDITION,
  sense: NOT_SUPPORTED_SENSE,
};
const INVALID_FIELD: TaskAnswer = {
  status: STATUS_CHECK_CONDITION,
  sense: encodeSense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB),
};

function good(data: Uint8Array, allocationLength: number): TaskAnswer {
  return { status: STATUS_GOOD, dataIn: data.subarray(0, allocationLength) };
}

function encodeLuns(luns: readonly number[]): Uint8Array {
  const list = Buffer.alloc(LUN_LIST_HEADER_BYTES + luns.length * LUN_BYTES);
  list.writeUInt32BE(luns.length * LUN_BYTES);
  for (const [index, lun] of luns.entries()) {
    list.writeUInt16BE(lun, LUN_LIST_HEADER_BYTES + index * LUN_BYTES);
  }
  return list;
}

function encodeSense(key: number, code: number): Uint8Array {
  const sense = Buffer.alloc(SENSE_FIXED_BYTES);
  sense[0] = RESPONSE_CURRENT;
  sense[2] = key;
  sense[7] = SENSE_FIXED_BYTES - 8;
  sense.writeUInt16BE(code, 12);
  return sense;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
