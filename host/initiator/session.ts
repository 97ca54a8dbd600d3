/**
 * One iSCSI session with one connection in full feature phase, for one logical unit. Decides when
 * commands go out, what each PDU of the target means, and when the session is over. Invariants:
 * commands leave in the order of `execute`, inside the target's window; a request settles once; a
 * PDU that cannot be right ends the connection with a reason, and with it every request.
 */
import { decodeAsyncMessage } from "../iscsi/async-message.ts";
import { decodeDataIn } from "../iscsi/data-in.ts";
import type { SegmentSink } from "../iscsi/framer.ts";
import { decodeLogoutResponse } from "../iscsi/logout-response.ts";
import { decodeNopIn } from "../iscsi/nop-in.ts";
import {
  FUNCTION_REJECTED,
  OPCODE_ASYNC_MESSAGE,
  OPCODE_DATA_IN,
  OPCODE_LOGOUT_RESPONSE,
  OPCODE_NOP_IN,
  OPCODE_NOP_OUT,
  OPCODE_R2T,
  OPCODE_REJECT,
  OPCODE_SCSI_RESPONSE,
  OPCODE_TASK_MANAGEMENT_REQUEST,
  OPCODE_TASK_MANAGEMENT_RESPONSE,
  RESERVED_TAG,
} from "../iscsi/opcode.ts";
import { ittOf, opcodeOf, type RawPdu, type ResponseNumbers } from "../iscsi/pdu.ts";
import { decodeR2t } from "../iscsi/r2t.ts";
import { decodeReject } from "../iscsi/reject.ts";
import { decodeScsiResponse } from "../iscsi/scsi-response.ts";
import { decodeTaskManagementResponse } from "../iscsi/task-management-response.ts";
import { type Deadline, startDeadline } from "../lib/deadline.ts";
import type { ScsiRequest, ScsiResult } from "../lib/scsi-device.ts";
import { meaningOf } from "./async-event.ts";
import { ESCALATION_TIMES, Escalation, type EscalationTimes } from "./escalation.ts";
import { LOGOUT_DRAIN_MS, LOGOUT_MS, REQUESTS_MAX } from "./limits.ts";
import { LIVENESS_TIMES, Liveness, type LivenessTimes } from "./liveness.ts";
import type { Log } from "./log.ts";
import * as read from "./read-phase.ts";
import * as requests from "./requests.ts";
import { Task, TaskTable } from "./task.ts";
import { answerR2T, CDB_BYTES_MAX, type Sender, sendCommand } from "./write-phase.ts";

/** All bounded waits of a session. */
export type SessionTimes = LivenessTimes & EscalationTimes;

/** The times used unless a test needs shorter ones. */
export const SESSION_TIMES: SessionTimes = { ...LIVENESS_TIMES, ...ESCALATION_TIMES };

/** Who is told what. */
export interface SessionListener {
  readonly log: Log;
  /** The session is over and `leave` was not called; once, after every request was settled. */
  readonly broken: (reason: string) => void;
}

/** Gives a reason when the PDU cannot be right. */
type Handler = (pdu: RawPdu) => string | undefined;

const MS_PER_SECOND = 1000;

/** A session that is logged in. Takes over the connection when constructed. */
export class Session {
  readonly #sender: Sender;
  readonly #listener: SessionListener;
  readonly #tasks = new TaskTable();
  readonly #liveness: Liveness;
  readonly #escalation: Escalation;
  readonly #handlers: ReadonlyMap<number, Handler>;
  /** Accepted and not sent yet, in order. */
  #waiting: Task[] = [];
  /** Why no more requests are accepted. */
  #refusal: string | undefined;
  /** Ends the wait for the tasks that may still finish before a logout. */
  #drain: Deadline | undefined;
  /** Ends the wait for the answer to our logout. */
  #logout: Deadline | undefined;
  /** Who called `leave`. */
  #leaving: (() => void)[] = [];
  #over = false;

  constructor(sender: Sender, listener: SessionListener, times: SessionTimes) {
    this.#sender = sender;
    this.#listener = listener;
    const { connection } = sender;
    this.#liveness = new Liveness(
      {
        ping: () => requests.sendPing(sender, this.#tasks.nextTag()),
        dead: (reason) => connection.close(reason),
      },
      times,
    );
    this.#escalation = this.#newEscalation(times);
    this.#handlers = new Map<number, Handler>([
      [OPCODE_SCSI_RESPONSE, (pdu) => this.#scsiResponse(pdu)],
      [OPCODE_R2T, (pdu) => this.#r2t(pdu)],
      [OPCODE_DATA_IN, (pdu) => this.#dataIn(pdu)],
      [OPCODE_NOP_IN, (pdu) => this.#nopIn(pdu)],
      [OPCODE_TASK_MANAGEMENT_RESPONSE, (pdu) => this.#taskManagementResponse(pdu)],
      [OPCODE_ASYNC_MESSAGE, (pdu) => this.#asyncMessage(pdu)],
      [OPCODE_REJECT, (pdu) => this.#reject(pdu)],
      [OPCODE_LOGOUT_RESPONSE, (pdu) => this.#logoutResponse(pdu)],
    ]);
    connection.listen({
      pdu: (pdu) => this.#pdu(pdu),
      sink: (bhs) => this.#sink(bhs),
      heard: () => this.#liveness.heard(),
      closed: (reason) => this.#closed(reason),
    });
  }

  /** Whether requests are taken; false from the first sign of the end on. */
  get accepting(): boolean {
    return this.#refusal === undefined;
  }

  /** One command; never rejects. Bounded by REQUESTS_MAX requests at a time. */
  execute(request: ScsiRequest): Promise<ScsiResult> {
    return new Promise((resolve) => {
      const refusal = this.#refusalOf(request);
      if (refusal !== undefined) {
        resolve({ kind: "lost", reason: refusal });
        return;
      }
      this.#waiting.push(new Task(request, resolve, (task) => this.#expire(task)));
      this.#pump();
    });
  }

  /** Settles every request as lost, logs out and closes; bounded by LOGOUT_MS. */
  leave(reason: string): Promise<void> {
    if (this.#over) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#leaving.push(resolve);
      this.#logOut(reason);
    });
  }

  #refusalOf(request: ScsiRequest): string | undefined {
    if (this.#refusal !== undefined) {
      return this.#refusal;
    }
    if (this.#tasks.size + this.#waiting.length >= REQUESTS_MAX) {
      return `more than ${REQUESTS_MAX} requests at a time`;
    }
    if (request.cdb.length > CDB_BYTES_MAX) {
      return `a CDB of ${request.cdb.length} bytes cannot be sent`;
    }
    if (request.dataOut !== undefined && request.dataIn !== undefined) {
      return "a command with data in both directions cannot be sent";
    }
    return undefined;
  }

  /** Sends what may be sent now. */
  #pump(): void {
    while (this.#sender.window.open && !this.#escalation.busy) {
      const task = this.#waiting.shift();
      if (task === undefined) {
        break;
      }
      this.#tasks.add(task);
      sendCommand(this.#sender, task);
    }
    if (this.#drain !== undefined && this.#tasks.size + this.#waiting.length === 0) {
      this.#logOut("the target asked for a logout");
    }
  }

  #newEscalation(times: SessionTimes): Escalation {
    const tagged = (send: (itt: number) => void): number => {
      const itt = this.#tasks.nextTag();
      send(itt);
      return itt;
    };
    const { log } = this.#listener;
    return new Escalation(
      {
        abortTask: (task) => {
          log("warn", `no answer in ${task.request.timeoutMs} ms, aborting the task`);
          return tagged((itt) => requests.sendAbortTask(this.#sender, itt, task));
        },
        resetLun: () => {
          log("warn", "the task could not be aborted, resetting the logical unit");
          return tagged((itt) => requests.sendLunReset(this.#sender, itt));
        },
        silence: (tasks) => this.#silence(tasks),
        outstanding: () => this.#tasks.all(),
        retireTag: (itt) => this.#tasks.retireTag(itt),
        giveUp: (reason) => this.#sender.connection.close(reason),
        resume: () => this.#pump(),
      },
      times,
    );
  }

  #expire(task: Task): void {
    if (task.itt !== RESERVED_TAG) {
      this.#escalation.expire(task);
      return;
    }
    this.#waiting = this.#waiting.filter((waiting) => waiting !== task);
    task.settle({ kind: "silent" });
    this.#pump();
  }

  #silence(tasks: readonly Task[]): void {
    for (const task of tasks) {
      this.#tasks.retire(task);
      task.settle({ kind: "silent" });
    }
  }

  #pdu(pdu: RawPdu): void {
    const opcode = opcodeOf(pdu.bhs);
    const handler = this.#handlers.get(opcode);
    const fault =
      handler === undefined ? `PDU with operation code ${opcode} is unknown` : handler(pdu);
    if (fault !== undefined) {
      this.#sender.connection.close(fault);
      return;
    }
    this.#pump();
  }

  #sink(bhs: Uint8Array): SegmentSink | undefined {
    const task = opcodeOf(bhs) === OPCODE_DATA_IN ? this.#tasks.find(ittOf(bhs)) : undefined;
    if (task === undefined) {
      return undefined;
    }
    const dataIn = decodeDataIn(bhs);
    return read.dataInFault(task, dataIn) === undefined ? read.dataInSink(task, dataIn) : undefined;
  }

  /** Takes the numbers of a PDU whose StatSN counts. */
  #acknowledge(pdu: ResponseNumbers): void {
    this.#sender.window.acknowledge(pdu.statSN);
    this.#sender.window.update(pdu.expCmdSN, pdu.maxCmdSN);
  }

  #finish(task: Task, result: ScsiResult): void {
    this.#tasks.finish(task);
    task.settle(result);
  }

  /** A PDU for no task that is outstanding: swallowed after an abort, else an error. */
  #stray(itt: number, what: string): string | undefined {
    return this.#tasks.isRetired(itt) ? undefined : `${what} with unknown task tag ${itt}`;
  }

  #scsiResponse({ bhs, data }: RawPdu): string | undefined {
    const pdu = decodeScsiResponse(bhs);
    this.#acknowledge(pdu);
    const task = this.#tasks.find(pdu.itt);
    if (task === undefined) {
      return this.#stray(pdu.itt, "SCSI Response");
    }
    this.#finish(task, read.resultOfResponse(task, pdu, data));
    return undefined;
  }

  #dataIn({ bhs }: RawPdu): string | undefined {
    const pdu = decodeDataIn(bhs);
    this.#sender.window.update(pdu.expCmdSN, pdu.maxCmdSN);
    if (pdu.statusPresent) {
      this.#acknowledge(pdu);
    }
    const task = this.#tasks.find(pdu.itt);
    if (task === undefined) {
      return this.#stray(pdu.itt, "Data-In");
    }
    const fault = read.dataInFault(task, pdu);
    if (fault !== undefined) {
      return fault;
    }
    read.countDataIn(task, pdu);
    if (pdu.statusPresent) {
      this.#finish(task, read.resultOfDataIn(task, pdu));
    }
    return undefined;
  }

  #r2t({ bhs }: RawPdu): string | undefined {
    const pdu = decodeR2t(bhs);
    this.#sender.window.update(pdu.expCmdSN, pdu.maxCmdSN);
    const task = this.#tasks.find(pdu.itt);
    return task === undefined ? this.#stray(pdu.itt, "R2T") : answerR2T(this.#sender, task, pdu);
  }

  #nopIn({ bhs }: RawPdu): string | undefined {
    const pdu = decodeNopIn(bhs);
    this.#sender.window.update(pdu.expCmdSN, pdu.maxCmdSN);
    if (pdu.itt !== RESERVED_TAG) {
      this.#acknowledge(pdu);
    } else if (pdu.ttt !== RESERVED_TAG) {
      requests.answerPing(this.#sender, pdu);
    }
    return undefined;
  }

  #taskManagementResponse({ bhs }: RawPdu): string | undefined {
    const pdu = decodeTaskManagementResponse(bhs);
    this.#acknowledge(pdu);
    return this.#escalation.answered(pdu.itt, pdu.response)
      ? undefined
      : this.#stray(pdu.itt, "Task Management Response");
  }

  /** Only what can be done without is survived: a ping, and a task management function. */
  #reject({ bhs, data }: RawPdu): string | undefined {
    const pdu = decodeReject(bhs);
    this.#acknowledge(pdu);
    const refused = opcodeOf(data);
    const survived =
      refused === OPCODE_NOP_OUT ||
      (refused === OPCODE_TASK_MANAGEMENT_REQUEST &&
        this.#escalation.answered(ittOf(data), FUNCTION_REJECTED));
    return survived
      ? undefined
      : `Reject with reason ${pdu.reason} of a PDU with operation code ${refused}`;
  }

  #asyncMessage({ bhs }: RawPdu): string | undefined {
    const pdu = decodeAsyncMessage(bhs);
    this.#acknowledge(pdu);
    const meaning = meaningOf(pdu.asyncEvent);
    this.#listener.log("warn", `asynchronous message: ${meaning.text}`);
    if (meaning.effect === "logout" && this.#refusal === undefined) {
      this.#refusal = meaning.text;
      const drainMs = Math.min(pdu.parameter3 * MS_PER_SECOND, LOGOUT_DRAIN_MS);
      this.#drain = startDeadline(drainMs, () => this.#logOut(meaning.text));
    }
    return meaning.effect === "dropped" ? meaning.text : undefined;
  }

  #logoutResponse({ bhs }: RawPdu): string | undefined {
    this.#acknowledge(decodeLogoutResponse(bhs));
    return "logged out";
  }

  #logOut(reason: string): void {
    if (this.#logout !== undefined) {
      return;
    }
    this.#refusal ??= reason;
    this.#drain?.cancel();
    this.#drain = undefined;
    this.#escalation.stop();
    this.#settleAll(reason);
    this.#logout = startDeadline(LOGOUT_MS, () => this.#sender.connection.close("no logout"));
    requests.sendLogout(this.#sender, this.#tasks.nextTag());
  }

  /** What is past its time limit is silent, the rest lost; late PDUs of both are swallowed. */
  #settleAll(reason: string): void {
    const sent = this.#tasks.all();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const task of sent) {
      this.#tasks.retire(task);
      task.settle(task.expired ? { kind: "silent" } : { kind: "lost", reason });
    }
    for (const task of waiting) {
      task.settle({ kind: "lost", reason });
    }
  }

  #closed(reason: string): void {
    this.#over = true;
    this.#refusal ??= reason;
    this.#drain?.cancel();
    this.#logout?.cancel();
    this.#liveness.stop();
    this.#escalation.stop();
    this.#settleAll(reason);
    if (this.#leaving.length === 0) {
      this.#listener.broken(this.#refusal);
    }
    for (const left of this.#leaving) {
      left();
    }
  }
}
