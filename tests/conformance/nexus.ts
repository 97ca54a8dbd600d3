/**
 * One I_T_L nexus of a server, for tests: commands in the order of the calls, as many under way as the
 * target's window allows, and logical unit resets on demand. Decides nothing about what is sent or
 * what is right; uses the bytes of the product's own initiator, not its queue.
 */

import { openConnection } from "../../host/initiator/connection.ts";
import { isidOf } from "../../host/initiator/device.ts";
import { parseIscsiUrl } from "../../host/initiator/iscsi-url.ts";
import { logIn } from "../../host/initiator/log-in.ts";
import {
  countDataIn,
  dataInFault,
  resultOfDataIn,
  resultOfResponse,
} from "../../host/initiator/read-phase.ts";
import { answerPing } from "../../host/initiator/requests.ts";
import { Task, TaskTable } from "../../host/initiator/task.ts";
import { answerR2T, type Sender, sendCommand } from "../../host/initiator/write-phase.ts";
import { decodeDataIn } from "../../host/iscsi/data-in.ts";
import { decodeNopIn } from "../../host/iscsi/nop-in.ts";
import {
  FUNCTION_LOGICAL_UNIT_RESET,
  OPCODE_DATA_IN,
  OPCODE_NOP_IN,
  OPCODE_R2T,
  OPCODE_SCSI_RESPONSE,
  OPCODE_TASK_MANAGEMENT_RESPONSE,
  RESERVED_TAG,
} from "../../host/iscsi/opcode.ts";
import { opcodeOf, type RawPdu, type ResponseNumbers } from "../../host/iscsi/pdu.ts";
import { decodeR2t } from "../../host/iscsi/r2t.ts";
import { decodeScsiResponse } from "../../host/iscsi/scsi-response.ts";
import { encodeTaskManagementRequest } from "../../host/iscsi/task-management-request.ts";
import { decodeTaskManagementResponse } from "../../host/iscsi/task-management-response.ts";
import type { ScsiResult } from "../../host/lib/scsi-device.ts";

/** Longer than anything here takes: what is silent so long is an error. */
export const ANSWER_MS = 60_000;

/** A command as it is sent. At most one direction has data. */
export interface Order {
  readonly cdb: Uint8Array;
  readonly out?: Uint8Array | undefined;
  /** Expected data-in bytes; 0: none. */
  readonly inBytes?: number | undefined;
}

/** What it ended with. */
export interface Outcome {
  readonly status: number;
  readonly sense: Uint8Array;
  readonly data: Buffer;
  /** Positive underflow, negative overflow. */
  readonly residual: number;
}

/** Where a nexus goes to, and as whom. */
export interface NexusTerms {
  readonly url: string;
  readonly lun: number;
  readonly initiatorName: string;
  /** 0 to 65535, one for each session of that initiator name. */
  readonly isidQualifier: number;
}

/** A session with one connection. */
export class Nexus {
  readonly #sender: Sender;
  readonly #tasks = new TaskTable();
  readonly #resets = new Map<number, (response: number) => void>();
  #waiting: Task[] = [];
  #over: string | undefined;

  /** Logs in. Throws when that is not possible. */
  static async open({ url, lun, initiatorName, isidQualifier }: NexusTerms): Promise<Nexus> {
    const address = parseIscsiUrl(url);
    if ("problem" in address) {
      throw new Error(`${url}: ${address.problem}`);
    }
    const { host, port, targetName } = address;
    const connection = await openConnection(host, port, ANSWER_MS);
    if ("reason" in connection) {
      throw new Error(connection.reason);
    }
    const terms = { initiatorName, targetName, isid: isidOf(isidQualifier) };
    return await new Promise((resolve, reject) => {
      logIn(connection, terms, ANSWER_MS, (outcome) => {
        if ("reason" in outcome) {
          reject(new Error(outcome.reason));
        } else {
          resolve(new Nexus({ connection, lun, ...outcome }));
        }
      });
    });
  }

  private constructor(sender: Sender) {
    this.#sender = sender;
    sender.connection.listen({
      pdu: (pdu) => {
        const fault = this.#take(pdu);
        if (fault !== undefined) {
          sender.connection.close(fault);
        }
        this.#pump();
      },
      sink: (bhs) => this.#sink(bhs),
      closed: (reason) => this.#closed(reason),
    });
  }

  /** One command. Throws when the connection ends, or nothing comes within ANSWER_MS. */
  send({ cdb, out, inBytes }: Order): Promise<Outcome> {
    const dataIn = Buffer.alloc(inBytes ?? 0);
    return new Promise((resolve, reject) => {
      if (this.#over !== undefined) {
        reject(new Error(this.#over));
        return;
      }
      const settle = (result: ScsiResult): void => {
        if (result.kind === "answered") {
          const { status, sense, residual, dataInBytes } = result;
          resolve({ status, sense, residual, data: dataIn.subarray(0, dataInBytes) });
        } else {
          const words = result.kind === "lost" ? result.reason : `no answer in ${ANSWER_MS} ms`;
          reject(new Error(`operation ${cdb[0]?.toString(16)}h: ${words}`));
        }
      };
      const request = {
        cdb,
        timeoutMs: ANSWER_MS,
        ...(out === undefined || out.length === 0 ? {} : { dataOut: [out] }),
        ...(dataIn.length === 0 ? {} : { dataIn }),
      };
      const late = (): void => this.#sender.connection.close(`no answer in ${ANSWER_MS} ms`);
      this.#waiting.push(new Task(request, settle, late));
      this.#pump();
    });
  }

  /** LOGICAL UNIT RESET; the response code, 0: function complete. */
  reset(): Promise<number> {
    const itt = this.#tasks.nextTag();
    const { window, lun, connection } = this.#sender;
    const bhs = encodeTaskManagementRequest({
      immediate: true,
      itt,
      cmdSN: window.cmdSN,
      expStatSN: window.expStatSN,
      function: FUNCTION_LOGICAL_UNIT_RESET,
      lun,
      referencedTaskTag: RESERVED_TAG,
      refCmdSN: 0,
    });
    return new Promise((resolve) => {
      this.#resets.set(itt, resolve);
      connection.send(bhs, [], 0);
    });
  }

  /** Ends the connection without a logout. */
  close(): void {
    this.#sender.connection.close("closed");
  }

  #pump(): void {
    while (this.#sender.window.open) {
      const task = this.#waiting.shift();
      if (task === undefined) {
        return;
      }
      this.#tasks.add(task);
      sendCommand(this.#sender, task);
    }
  }

  #sink(bhs: Uint8Array): ((piece: Uint8Array) => void) | undefined {
    const task = opcodeOf(bhs) === OPCODE_DATA_IN ? this.#taskOf(decodeDataIn(bhs).itt) : undefined;
    if (task === undefined) {
      return undefined;
    }
    let offset = decodeDataIn(bhs).bufferOffset;
    return (piece) => {
      task.dataIn.set(piece, offset);
      offset += piece.length;
    };
  }

  #taskOf(itt: number): Task | undefined {
    return this.#tasks.find(itt);
  }

  /** A PDU of the target; a reason when it cannot be right. */
  #take({ bhs, data }: RawPdu): string | undefined {
    switch (opcodeOf(bhs)) {
      case OPCODE_SCSI_RESPONSE: {
        const pdu = decodeScsiResponse(bhs);
        this.#acknowledge(pdu);
        return this.#finish(pdu.itt, (task) => resultOfResponse(task, pdu, data));
      }
      case OPCODE_DATA_IN: {
        const pdu = decodeDataIn(bhs);
        const task = this.#taskOf(pdu.itt);
        const fault = task === undefined ? "Data-In of no task" : dataInFault(task, pdu);
        if (fault !== undefined || task === undefined) {
          return fault;
        }
        countDataIn(task, pdu);
        this.#sender.window.update(pdu.expCmdSN, pdu.maxCmdSN);
        if (!pdu.statusPresent) {
          return undefined;
        }
        this.#acknowledge(pdu);
        return this.#finish(pdu.itt, () => resultOfDataIn(task, pdu));
      }
      case OPCODE_R2T: {
        const pdu = decodeR2t(bhs);
        this.#sender.window.update(pdu.expCmdSN, pdu.maxCmdSN);
        const task = this.#taskOf(pdu.itt);
        return task === undefined ? "R2T of no task" : answerR2T(this.#sender, task, pdu);
      }
      case OPCODE_TASK_MANAGEMENT_RESPONSE: {
        const pdu = decodeTaskManagementResponse(bhs);
        this.#acknowledge(pdu);
        this.#resets.get(pdu.itt)?.(pdu.response);
        return this.#resets.delete(pdu.itt) ? undefined : "an answer to no task management";
      }
      case OPCODE_NOP_IN: {
        answerPing(this.#sender, decodeNopIn(bhs));
        return undefined;
      }
      default:
        return `operation code ${opcodeOf(bhs)} is not expected`;
    }
  }

  #acknowledge(pdu: ResponseNumbers): void {
    this.#sender.window.acknowledge(pdu.statSN);
    this.#sender.window.update(pdu.expCmdSN, pdu.maxCmdSN);
  }

  #finish(itt: number, resultOf: (task: Task) => ScsiResult): string | undefined {
    const task = this.#taskOf(itt);
    if (task === undefined) {
      return "a status of no task";
    }
    this.#tasks.finish(task);
    task.settle(resultOf(task));
    return undefined;
  }

  #closed(reason: string): void {
    this.#over = reason;
    for (const task of [...this.#tasks.all(), ...this.#waiting]) {
      this.#tasks.finish(task);
      task.settle({ kind: "lost", reason });
    }
    this.#waiting = [];
  }
}
