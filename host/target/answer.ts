/**
 * A unit's answer as PDUs: Data-In in pieces, residual count, status. Decides where Data-In is cut
 * and whether the status rides on the last piece: only GOOD does; everything else comes in a SCSI
 * Response of its own, with its sense data.
 */
import { encodeDataIn } from "../iscsi/data-in.ts";
import type { SessionParameters } from "../iscsi/negotiate.ts";
import { RESERVED_TAG, RESPONSE_COMPLETED } from "../iscsi/opcode.ts";
import type { ResponseNumbers } from "../iscsi/pdu.ts";
import { encodeScsiResponse, encodeSenseSegment } from "../iscsi/scsi-response.ts";
import type { TaskAnswer } from "../lib/logical-unit.ts";
import type { Task } from "./task.ts";

/** What an answer needs of its session. */
export interface AnswerChannel {
  readonly parameters: SessionParameters;
  /** Numbers for a PDU without status; StatSN stays. */
  currentNumbers(): ResponseNumbers;
  /** Numbers for a PDU with status; StatSN goes on. */
  nextNumbers(): ResponseNumbers;
  send(bhs: Uint8Array, data?: Uint8Array, sent?: () => void): void;
}

interface Residual {
  readonly overflow: boolean;
  readonly underflow: boolean;
  readonly residualCount: number;
}

const STATUS_GOOD = 0x00;
const NO_RESIDUAL: Residual = { overflow: false, underflow: false, residualCount: 0 };
const NO_BYTES = new Uint8Array(0);

/** Sends all PDUs of an answer; `answer.sent` is called when the last one left this process. */
export function sendAnswer(channel: AnswerChannel, task: Task, answer: TaskAnswer): void {
  const dataIn = (answer.dataIn ?? NO_BYTES).subarray(0, task.dataInBytes);
  const residual = residualOf(task, answer);
  const sense = answer.sense ?? NO_BYTES;
  const collapse = answer.status === STATUS_GOOD && sense.length === 0 && dataIn.length > 0;
  const dataInCount = sendDataIn(channel, task, dataIn, collapse ? residual : undefined, answer);
  if (collapse) {
    return;
  }
  const segment = sense.length > 0 ? encodeSenseSegment(sense) : NO_BYTES;
  const response = encodeScsiResponse({
    ...channel.nextNumbers(),
    ...residual,
    itt: task.command.itt,
    response: RESPONSE_COMPLETED,
    status: answer.status,
    expDataSN: dataInCount + task.dataOut.r2tCount,
    dataSegmentLength: segment.length,
  });
  channel.send(response, segment, answer.sent);
}

/** Cuts by the peer's segment limit and, for the F bit, by MaxBurstLength; gives the PDU count. */
function sendDataIn(
  channel: AnswerChannel,
  task: Task,
  dataIn: Uint8Array,
  statusResidual: Residual | undefined,
  answer: TaskAnswer,
): number {
  const { maxRecvDataSegmentLengthPeer, maxBurstLength } = channel.parameters;
  let dataSN = 0;
  let offset = 0;
  let burstEnd = Math.min(dataIn.length, maxBurstLength);
  while (offset < dataIn.length) {
    const end = Math.min(offset + maxRecvDataSegmentLengthPeer, burstEnd);
    const status = end === dataIn.length ? statusResidual : undefined;
    const bhs = encodeDataIn({
      ...(status === undefined ? channel.currentNumbers() : channel.nextNumbers()),
      ...(status ?? NO_RESIDUAL),
      statusPresent: status !== undefined,
      final: end === burstEnd,
      acknowledge: false,
      status: status === undefined ? 0 : answer.status,
      lun: 0,
      itt: task.command.itt,
      ttt: RESERVED_TAG,
      dataSN,
      bufferOffset: offset,
      dataSegmentLength: end - offset,
    });
    channel.send(bhs, dataIn.subarray(offset, end), status && answer.sent);
    dataSN += 1;
    offset = end;
    burstEnd = offset === burstEnd ? Math.min(dataIn.length, offset + maxBurstLength) : burstEnd;
  }
  return dataSN;
}

function residualOf(task: Task, answer: TaskAnswer): Residual {
  const { write, read, expectedDataTransferLength } = task.command;
  const expected = write || read ? expectedDataTransferLength : 0;
  const transferred = write ? task.dataOut.transferredBytes : (answer.dataIn?.length ?? 0);
  const difference = (answer.wantedBytes ?? transferred) - expected;
  return {
    overflow: difference > 0,
    underflow: difference < 0,
    residualCount: Math.abs(difference),
  };
}
