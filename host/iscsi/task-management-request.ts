/** Task Management Function Request, operation code 02h (RFC 7143). No data segment. */
import { get8, get32, put32 } from "./bytes.ts";
import { getLun, putLun } from "./lun.ts";
import { OPCODE_TASK_MANAGEMENT_REQUEST } from "./opcode.ts";
import {
  FLAG_FINAL,
  getRequestNumbers,
  newBhs,
  putRequestNumbers,
  type RequestNumbers,
} from "./pdu.ts";

const FUNCTION_MASK = 0x7f;

/** Fields of a Task Management Function Request. */
export interface TaskManagementRequest extends RequestNumbers {
  /** FUNCTION_ABORT_TASK ... of opcode.ts. */
  readonly function: number;
  readonly lun: number;
  /** ITT of the task to abort, RESERVED_TAG where the function names no task. */
  readonly referencedTaskTag: number;
  /** CmdSN of the task to abort. */
  readonly refCmdSN: number;
}

/** function 1 · LUN 8 · ITT 16 · referenced tag 20 · CmdSN 24 · ExpStatSN 28 · RefCmdSN 32. */
export function encodeTaskManagementRequest(pdu: TaskManagementRequest): Uint8Array {
  const flags = FLAG_FINAL | (pdu.function & FUNCTION_MASK);
  const bhs = newBhs(OPCODE_TASK_MANAGEMENT_REQUEST, flags, 0);
  putLun(bhs, 8, pdu.lun);
  putRequestNumbers(bhs, pdu);
  put32(bhs, 20, pdu.referencedTaskTag);
  put32(bhs, 32, pdu.refCmdSN);
  return bhs;
}

/** Never throws. */
export function decodeTaskManagementRequest(bhs: Uint8Array): TaskManagementRequest {
  return {
    ...getRequestNumbers(bhs),
    function: get8(bhs, 1) & FUNCTION_MASK,
    lun: getLun(bhs, 8),
    referencedTaskTag: get32(bhs, 20),
    refCmdSN: get32(bhs, 32),
  };
}
