/**
 * Sends SCSI Commands and their data: immediate, unsolicited, and asked for by R2T. Decides how
 * data is cut into PDUs; copies none of it. Invariants: no data segment is longer than what the
 * target takes, no unsolicited data goes beyond FirstBurstLength, and the data goes out in order.
 */
import { encodeDataOut } from "../iscsi/data-out.ts";
import type { SessionParameters } from "../iscsi/negotiate.ts";
import { RESERVED_TAG } from "../iscsi/opcode.ts";
import type { R2t } from "../iscsi/r2t.ts";
import { encodeScsiCommand } from "../iscsi/scsi-command.ts";
import type { CommandWindow } from "./command-window.ts";
import type { Connection } from "./connection.ts";
import { rangeOf } from "./data-parts.ts";
import type { Task } from "./task.ts";

/** Simple: a drive runs one command at a time, and the caller's order is kept by CmdSN. */
const ATTRIBUTE_SIMPLE = 1;
/** Bytes of a CDB that the header holds. */
export const CDB_BYTES_MAX = 16;

/** What sending needs of a session. */
export interface Sender {
  readonly connection: Connection;
  readonly window: CommandWindow;
  readonly parameters: SessionParameters;
  readonly lun: number;
}

/** Sends the command with a tag that it already has, and all data that may go unasked. */
export function sendCommand(sender: Sender, task: Task): void {
  const { connection, window, parameters, lun } = sender;
  const total = task.dataOutBytes;
  const firstBurst = Math.min(total, parameters.firstBurstLength);
  const immediate = parameters.immediateData
    ? Math.min(firstBurst, parameters.maxRecvDataSegmentLengthPeer)
    : 0;
  const unsolicited = parameters.initialR2T ? immediate : firstBurst;
  task.cmdSN = window.take();
  task.sentBytes = unsolicited;
  const bhs = encodeScsiCommand({
    immediate: false,
    final: unsolicited === immediate,
    read: task.dataIn.length > 0,
    write: total > 0,
    attribute: ATTRIBUTE_SIMPLE,
    lun,
    itt: task.itt,
    expectedDataTransferLength: total > 0 ? total : task.dataIn.length,
    cmdSN: task.cmdSN,
    expStatSN: window.expStatSN,
    cdb: task.request.cdb,
    dataSegmentLength: immediate,
  });
  connection.together(() => {
    connection.send(bhs, rangeOf(task.dataOut, 0, immediate), immediate);
    sendSequence(sender, task, RESERVED_TAG, immediate, unsolicited);
  });
}

/** Sends what an R2T asks for; gives a reason when it asks for what it may not. */
export function answerR2T(sender: Sender, task: Task, r2t: R2t): string | undefined {
  const begin = r2t.bufferOffset;
  const length = r2t.desiredDataTransferLength;
  // One check bounds everything: R2Ts come in order and never ask twice for a byte.
  if (r2t.r2tSN !== task.nextDataSN || begin !== task.sentBytes) {
    return `R2T ${r2t.r2tSN} for offset ${begin}, expected ${task.nextDataSN}, ${task.sentBytes}`;
  }
  const lengthMax = Math.min(task.dataOutBytes - begin, sender.parameters.maxBurstLength);
  if (length === 0 || length > lengthMax || r2t.ttt === RESERVED_TAG) {
    return `R2T for ${length} bytes, 1 to ${lengthMax} are allowed`;
  }
  task.nextDataSN += 1;
  task.sentBytes = begin + length;
  sender.connection.together(() => sendSequence(sender, task, r2t.ttt, begin, begin + length));
  return undefined;
}

/** One sequence of Data-Out PDUs for [begin, end); DataSN starts at 0, F is in the last one. */
function sendSequence(sender: Sender, task: Task, ttt: number, begin: number, end: number): void {
  const { connection, window, parameters, lun } = sender;
  const segmentBytesMax = parameters.maxRecvDataSegmentLengthPeer;
  let dataSN = 0;
  for (let offset = begin; offset < end; offset += segmentBytesMax) {
    const length = Math.min(segmentBytesMax, end - offset);
    const bhs = encodeDataOut({
      final: offset + length === end,
      lun,
      itt: task.itt,
      ttt,
      expStatSN: window.expStatSN,
      dataSN,
      bufferOffset: offset,
      dataSegmentLength: length,
    });
    connection.send(bhs, rangeOf(task.dataOut, offset, length), length);
    dataSN += 1;
  }
}
