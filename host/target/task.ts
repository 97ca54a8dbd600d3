/**
 * One SCSI command between the wire and its logical unit. Decides only whether it is over: a task
 * ends once, by its answer or by an abort; everything that comes later has no effect.
 */
import type { ScsiCommand } from "../iscsi/scsi-command.ts";
import type { Nexus, TargetTask, TaskAnswer } from "../lib/logical-unit.ts";
import type { DataOutCollector } from "./data-out.ts";

/** What a task tells the session it belongs to. */
export interface TaskOwner {
  readonly nexus: Nexus;
  /** The unit answered; the task has not ended yet. */
  answer(task: Task, answer: TaskAnswer): void;
  /** The task ended, however. */
  ended(task: Task): void;
  /** Another session ended some of its tasks: nothing else tells the initiator that its window moved. */
  tellWindow(): void;
}

const TASK_ID_MAX = 0xffffffff;

let lastTaskId = 0;

function nextTaskId(): number {
  lastTaskId = lastTaskId === TASK_ID_MAX ? 1 : lastTaskId + 1;
  return lastTaskId;
}

/** See the port `TargetTask`. */
export class Task implements TargetTask {
  readonly id = nextTaskId();
  readonly nexus: Nexus;
  readonly cdb: Uint8Array;
  readonly dataOutBytes: number;
  readonly dataInBytes: number;
  /** The command as it came, without its data. */
  readonly command: ScsiCommand;
  readonly dataOut: DataOutCollector;
  /** Its turn in the order of commands has come. */
  delivered = false;
  /** Its turn has come, and it holds a place in the CmdSN window. */
  holdsWindow = false;
  readonly #owner: TaskOwner;
  #ended = false;

  constructor(owner: TaskOwner, command: ScsiCommand, dataOut: DataOutCollector) {
    this.nexus = owner.nexus;
    this.cdb = command.cdb;
    this.dataOutBytes = command.write ? command.expectedDataTransferLength : 0;
    this.dataInBytes = command.read ? command.expectedDataTransferLength : 0;
    this.command = command;
    this.dataOut = dataOut;
    this.#owner = owner;
  }

  get ended(): boolean {
    return this.#ended;
  }

  receive(into: Uint8Array, done: () => void): void {
    this.dataOut.receive(into, done);
  }

  reply(answer: TaskAnswer): void {
    if (!this.#ended) {
      this.#owner.answer(this, answer);
    } else if (answer.sent !== undefined) {
      queueMicrotask(answer.sent);
    }
  }

  /** Tells its initiator how far the CmdSN window is now. */
  tellWindow(): void {
    this.#owner.tellWindow();
  }

  /** Takes the task out of its session; later calls have no effect. */
  end(): void {
    if (!this.#ended) {
      this.#ended = true;
      this.dataOut.end();
      this.#owner.ended(this);
    }
  }
}
