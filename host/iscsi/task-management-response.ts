/** Task Management Function Response, operation code 22h (RFC 7143). No data segment. */
import { get8, put32 } from "./bytes.ts";
import { OPCODE_TASK_MANAGEMENT_RESPONSE } from "./opcode.ts";
import {
  FLAG_FINAL,
  getResponseNumbers,
  ittOf,
  newBhs,
  putResponseNumbers,
  type ResponseNumbers,
} from "./pdu.ts";

/** Fields of a Task Management Function Response. */
export interface TaskManagementResponse extends ResponseNumbers {
  readonly itt: number;
  /** FUNCTION_COMPLETE ... of opcode.ts. */
  readonly response: number;
}

/** response 2 · ITT 16 · numbers 24. */
export function encodeTaskManagementResponse(pdu: TaskManagementResponse): Uint8Array {
  const bhs = newBhs(OPCODE_TASK_MANAGEMENT_RESPONSE, FLAG_FINAL, 0);
  bhs[2] = pdu.response;
  put32(bhs, 16, pdu.itt);
  putResponseNumbers(bhs, pdu);
  return bhs;
}

/** Never throws. */
export function decodeTaskManagementResponse(bhs: Uint8Array): TaskManagementResponse {
  return { ...getResponseNumbers(bhs), itt: ittOf(bhs), response: get8(bhs, 2) };
}
