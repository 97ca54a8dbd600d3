/**
 * What answers for logical units that do not exist. SPC wants REPORT LUNS answered on any logical
 * unit number and INQUIRY with peripheral qualifier 011b; everything else is CHECK CONDITION,
 * LOGICAL UNIT NOT SUPPORTED. The only SCSI bytes that the host makes itself: no core stands behind
 * a logical unit that is not there.
 */

import { ASC_LOGICAL_UNIT_NOT_SUPPORTED } from "../../assembly/spec/additional-sense.ts";
import { OP_INQUIRY, OP_REPORT_LUNS } from "../../assembly/spec/operation-code.ts";
import {
  KEY_ILLEGAL_REQUEST,
  RESPONSE_CURRENT,
  SENSE_FIXED_BYTES,
} from "../../assembly/spec/sense-key.ts";
import { STATUS_CHECK_CONDITION, STATUS_GOOD } from "../../assembly/spec/status.ts";
import type { LogicalUnit, TargetTask } from "../lib/logical-unit.ts";

/** Peripheral qualifier 011b, device type 1Fh: not capable of supporting a device here. */
const NO_DEVICE = 0x7f;
const INQUIRY_BYTES = 36;
const LUN_BYTES = 8;
const LUN_LIST_HEADER_BYTES = 8;

/** The unit for all logical unit numbers that are not in `luns` (each below 256). */
export function noSuchUnit(luns: readonly number[]): LogicalUnit {
  const lunList = encodeLuns(luns);
  return {
    command(task) {
      switch (task.cdb[0]) {
        case OP_REPORT_LUNS:
          answer(task, lunList, viewOf(task.cdb).getUint32(6));
          return;
        case OP_INQUIRY:
          answer(task, NO_INQUIRY, viewOf(task.cdb).getUint16(3));
          return;
        default:
          task.reply({ status: STATUS_CHECK_CONDITION, sense: NOT_SUPPORTED });
      }
    },
    abort: () => undefined,
    nexus: () => undefined,
  };
}

const NO_INQUIRY = Uint8Array.from({ length: INQUIRY_BYTES }, (_, at) =>
  at === 0 ? NO_DEVICE : 0,
);
const NOT_SUPPORTED = encodeSense(KEY_ILLEGAL_REQUEST, ASC_LOGICAL_UNIT_NOT_SUPPORTED);

function answer(task: TargetTask, data: Uint8Array, allocationLength: number): void {
  task.reply({ status: STATUS_GOOD, dataIn: data.subarray(0, allocationLength) });
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
