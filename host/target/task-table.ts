/**
 * The tasks of one session: SCSI Commands and Data-Outs in, answers out. Decides which commands
 * become tasks, and which data is theirs. Invariants: one task per Initiator Task Tag; a task is in
 * the table from its PDU to its end; data for a tag without a task is thrown away (it was aborted
 * or answered early).
 */
import { type DataOut, decodeDataOut } from "../iscsi/data-out.ts";
import type { SegmentSink } from "../iscsi/framer.ts";
import {
  OPCODE_DATA_OUT,
  OPCODE_SCSI_COMMAND,
  REJECT_IMMEDIATE_COMMAND,
  REJECT_INVALID_PDU_FIELD,
  REJECT_TASK_IN_PROGRESS,
  RESERVED_TAG,
  RESPONSE_TARGET_FAILURE,
} from "../iscsi/opcode.ts";
import { dataSegmentLengthOf, opcodeOf, type RawPdu, totalAhsBytesOf } from "../iscsi/pdu.ts";
import { encodeR2t } from "../iscsi/r2t.ts";
import { decodeScsiCommand, type ScsiCommand } from "../iscsi/scsi-command.ts";
import { encodeScsiResponse } from "../iscsi/scsi-response.ts";
import type { Nexus, TaskAnswer } from "../lib/logical-unit.ts";
import { type AnswerChannel, sendAnswer } from "./answer.ts";
import type { CommandWindow } from "./command-window.ts";
import { DataOutCollector } from "./data-out.ts";
import { EarlyData, type EarlyTotal } from "./early-data.ts";
import { IMMEDIATE_COMMANDS_MAX } from "./limits.ts";
import { Task, type TaskOwner } from "./task.ts";
import { abortTask } from "./task-management.ts";
import type { UnitQueue } from "./unit-queue.ts";
import type { UnitView } from "./unit-view.ts";

/** What the table needs of its session. */
export interface TaskChannel extends AnswerChannel {
  reject(reason: number, bhs: Uint8Array): void;
  /** Ends the connection: the initiator broke the protocol. */
  fail(reason: string): void;
  tellWindow(): void;
}

const STATUS_TASK_SET_FULL = 0x28;
const FIRST_TRANSFER_TAG = 1;
const TRANSFER_TAG_MAX = 0xfffffffe;

function throwAway(): void {
  // Data of a task that is over has nowhere to go.
}

/** All tasks of one session. */
export class TaskTable implements TaskOwner {
  readonly nexus: Nexus;
  readonly tasks = new Map<number, Task>();
  /** Logical units that this session ever addressed. */
  readonly addressedLuns = new Set<number>();
  readonly #view: UnitView;
  readonly #early: EarlyData;
  readonly #window: CommandWindow;
  readonly #channel: TaskChannel;
  /** Task of the SCSI Command whose data segment is arriving. */
  #arriving: Task | undefined;
  #immediateCommandCount = 0;
  #nextTransferTag = FIRST_TRANSFER_TAG;

  constructor(
    nexus: Nexus,
    view: UnitView,
    early: EarlyTotal,
    window: CommandWindow,
    channel: TaskChannel,
  ) {
    this.nexus = nexus;
    this.#view = view;
    this.#early = new EarlyData(early);
    this.#window = window;
    this.#channel = channel;
  }

  /** Where the data segment of a PDU goes as it arrives; undefined lets the framer collect it. */
  chooseSink(bhs: Uint8Array): SegmentSink | undefined {
    switch (opcodeOf(bhs)) {
      case OPCODE_SCSI_COMMAND: {
        // The unit gets the command before its data, so that the data can go straight to it.
        const task = this.#begin(bhs);
        this.#arriving = task;
        return task === undefined ? throwAway : (piece) => task.dataOut.take(piece);
      }
      case OPCODE_DATA_OUT: {
        const task = this.#taskOf(decodeDataOut(bhs));
        return task === undefined ? throwAway : (piece) => task.dataOut.take(piece);
      }
      default:
        return undefined;
    }
  }

  /** A Data-Out is complete; its data went to the sink. */
  dataOut(pdu: RawPdu): void {
    const header = decodeDataOut(pdu.bhs);
    // With data the header was checked when its sink was chosen, and the data is counted by now.
    const task = header.dataSegmentLength === 0 ? this.#taskOf(header) : this.tasks.get(header.itt);
    task?.dataOut.finishPdu(header);
    this.#checkOverrun(task);
  }

  /** A SCSI Command is complete; with data, its task began when its header came. */
  scsiCommand(pdu: RawPdu): void {
    const task = dataSegmentLengthOf(pdu.bhs) === 0 ? this.#begin(pdu.bhs) : this.#arriving;
    this.#arriving = undefined;
    task?.dataOut.finishImmediate();
    this.#checkOverrun(task);
  }

  /** The unit answered. */
  answer(task: Task, answer: TaskAnswer): void {
    task.end();
    sendAnswer(this.#channel, task, answer);
    this.#view.queueOf(task.command).answered(task);
  }

  /** The task is over. */
  ended(task: Task): void {
    this.tasks.delete(task.command.itt);
    if (task.holdsWindow) {
      this.#window.end();
    }
    if (task.command.immediate) {
      this.#immediateCommandCount -= 1;
    }
  }

  tellWindow(): void {
    this.#channel.tellWindow();
  }

  /** Names the oldest sequence of data that is due, undefined where none is. */
  get dueSequence(): string | undefined {
    for (const task of this.tasks.values()) {
      const { dueSequence } = task.dataOut;
      if (dueSequence !== undefined) {
        return `${task.id}/${dueSequence}`;
      }
    }
    return undefined;
  }

  /** The units whose turn of a task of this session has come, and that have not answered it. */
  openQueues(): Set<UnitQueue> {
    const open = [...this.tasks.values()].filter((task) => task.delivered);
    return new Set(open.map((task) => this.#view.queueOf(task.command)));
  }

  /** Aborts everything that is not answered yet. */
  abortAll(): void {
    for (const task of [...this.tasks.values()]) {
      abortTask(task, this.#view);
    }
  }

  /** Looks at the header of a SCSI Command; undefined when no task comes of it. */
  #begin(bhs: Uint8Array): Task | undefined {
    const command = decodeScsiCommand(bhs);
    // A number outside of the window is ignored without a word (RFC 7143).
    if (!command.immediate && !this.#window.takes(command.cmdSN)) {
      return undefined;
    }
    const refusal = this.#refusalOf(command);
    if (refusal !== undefined) {
      this.#channel.reject(refusal, bhs);
      return undefined;
    }
    const wrong = this.#wrongData(command);
    if (wrong !== undefined) {
      this.#channel.fail(wrong);
      return undefined;
    }
    if (totalAhsBytesOf(bhs) > 0 || (command.read && command.write)) {
      this.#inOrder(command, () => this.#refuse(command));
      return undefined;
    }
    return this.#enter(command);
  }

  /** Reason of a Reject, undefined where there is none. */
  #refusalOf(command: ScsiCommand): number | undefined {
    const { itt, immediate, write, final } = command;
    if (this.tasks.has(itt)) {
      return REJECT_TASK_IN_PROGRESS;
    }
    if (immediate && this.#immediateCommandCount >= IMMEDIATE_COMMANDS_MAX) {
      return REJECT_IMMEDIATE_COMMAND;
    }
    // Without the F bit data follows, and only a write has any.
    const isRight = itt !== RESERVED_TAG && (final || write);
    return isRight ? undefined : REJECT_INVALID_PDU_FIELD;
  }

  #enter(command: ScsiCommand): Task {
    const { lun, write, final, expectedDataTransferLength } = command;
    const dataOut = new DataOutCollector(
      write ? expectedDataTransferLength : 0,
      write && !final,
      this.#channel.parameters,
      this.#early,
      (offset, length, r2tSN) => this.#askForData(command, offset, length, r2tSN),
    );
    const task = new Task(this, command, dataOut);
    this.tasks.set(command.itt, task);
    this.addressedLuns.add(lun);
    this.#immediateCommandCount += command.immediate ? 1 : 0;
    this.#inOrder(command, () => this.#deliver(task));
    return task;
  }

  /** It is the turn of this task. */
  #deliver(task: Task): void {
    if (task.ended) {
      return;
    }
    if (!task.command.immediate) {
      task.holdsWindow = true;
      this.#window.begin();
    }
    task.delivered = true;
    const isFull = task.dataOut.overrun || this.#early.isFull;
    if (isFull || !this.#view.queueOf(task.command).add(task)) {
      task.reply({ status: STATUS_TASK_SET_FULL });
    }
  }

  /** Without all its data a task cannot be done; before its turn it is not answered. */
  #checkOverrun(task: Task | undefined): void {
    if (task?.dataOut.overrun && task.delivered && !task.ended) {
      this.#view.queueOf(task.command).withdraw(task);
      task.reply({ status: STATUS_TASK_SET_FULL });
    }
  }

  #inOrder(command: ScsiCommand, deliver: () => void): void {
    if (command.immediate) {
      deliver();
    } else {
      this.#window.accept(command.cmdSN, deliver);
    }
  }

  /** Task of a Data-Out whose header is right; a wrong one ends the connection. */
  #taskOf(header: DataOut): Task | undefined {
    const task = this.tasks.get(header.itt);
    const wrong = task?.dataOut.check(header);
    if (wrong === undefined) {
      return task;
    }
    this.#channel.fail(wrong);
    return undefined;
  }

  #wrongData(command: ScsiCommand): string | undefined {
    const { dataSegmentLength, expectedDataTransferLength, write, final } = command;
    const { immediateData, initialR2T, firstBurstLength } = this.#channel.parameters;
    if (dataSegmentLength > 0 && !(write && immediateData)) {
      return "immediate data with a command that may have none";
    }
    if (dataSegmentLength > Math.min(firstBurstLength, expectedDataTransferLength)) {
      return `${dataSegmentLength} bytes of immediate data are more than agreed`;
    }
    return write && !final && initialR2T ? "unsolicited data announced, not agreed" : undefined;
  }

  /** Bidirectional commands and extended CDBs are not for tapes: the target cannot do them. */
  #refuse(command: ScsiCommand): void {
    const bhs = encodeScsiResponse({
      ...this.#channel.nextNumbers(),
      itt: command.itt,
      response: RESPONSE_TARGET_FAILURE,
      status: 0,
      overflow: false,
      underflow: false,
      residualCount: 0,
      expDataSN: 0,
      dataSegmentLength: 0,
    });
    this.#channel.send(bhs);
  }

  #askForData(command: ScsiCommand, offset: number, length: number, r2tSN: number): number {
    const ttt = this.#nextTransferTag;
    this.#nextTransferTag = ttt === TRANSFER_TAG_MAX ? FIRST_TRANSFER_TAG : ttt + 1;
    const bhs = encodeR2t({
      ...this.#channel.currentNumbers(),
      lun: Math.max(command.lun, 0),
      itt: command.itt,
      ttt,
      r2tSN,
      bufferOffset: offset,
      desiredDataTransferLength: length,
    });
    this.#channel.send(bhs);
    return ttt;
  }
}
