/**
 * Takes Data-In and answers apart. Decides whether a Data-In PDU fits its task, where its bytes go,
 * and what result an answer means. Invariants: bytes go straight into the caller's buffer, in
 * order, never past its end, never after the task settled.
 */
import type { DataIn } from "../iscsi/data-in.ts";
import type { SegmentSink } from "../iscsi/framer.ts";
import { RESPONSE_COMPLETED } from "../iscsi/opcode.ts";
import { decodeSenseSegment, type ScsiResponse } from "../iscsi/scsi-response.ts";
import type { ScsiResult } from "../lib/scsi-device.ts";
import type { Task } from "./task.ts";

const NO_SENSE = new Uint8Array(0);

/** Why this PDU cannot belong to the task at this point; undefined when it can. */
export function dataInFault(task: Task, pdu: DataIn): string | undefined {
  if (pdu.dataSN !== task.nextDataSN || pdu.bufferOffset !== task.receivedBytes) {
    return `Data-In ${pdu.dataSN} at ${pdu.bufferOffset}, expected ${task.nextDataSN} at ${task.receivedBytes}`;
  }
  if (pdu.bufferOffset + pdu.dataSegmentLength > task.dataIn.length) {
    return `Data-In up to ${pdu.bufferOffset + pdu.dataSegmentLength}, expected at most ${task.dataIn.length}`;
  }
  return undefined;
}

/** Copies the pieces of a PDU that fits to its place. */
export function dataInSink(task: Task, pdu: DataIn): SegmentSink {
  let offset = pdu.bufferOffset;
  return (piece) => {
    if (!task.settled) {
      task.dataIn.set(piece, offset);
    }
    offset += piece.length;
  };
}

/** Counts a PDU that fits and whose bytes are in place. */
export function countDataIn(task: Task, pdu: DataIn): void {
  task.nextDataSN += 1;
  task.receivedBytes += pdu.dataSegmentLength;
}

/** The result of a command whose status came with its last Data-In. */
export function resultOfDataIn(task: Task, pdu: DataIn): ScsiResult {
  return {
    kind: "answered",
    status: pdu.status,
    sense: NO_SENSE,
    dataInBytes: task.receivedBytes,
    residual: residualOf(pdu),
  };
}

/** The result of a SCSI Response with its data segment. */
export function resultOfResponse(task: Task, pdu: ScsiResponse, segment: Uint8Array): ScsiResult {
  if (pdu.response !== RESPONSE_COMPLETED) {
    return {
      kind: "lost",
      reason: `the target could not run the command (response ${pdu.response})`,
    };
  }
  return {
    kind: "answered",
    status: pdu.status,
    sense: segment.length === 0 ? NO_SENSE : new Uint8Array(decodeSenseSegment(segment)),
    dataInBytes: task.receivedBytes,
    residual: residualOf(pdu),
  };
}

function residualOf(pdu: {
  readonly overflow: boolean;
  readonly underflow: boolean;
  readonly residualCount: number;
}): number {
  if (pdu.underflow) {
    return pdu.residualCount;
  }
  return pdu.overflow ? -pdu.residualCount : 0;
}
