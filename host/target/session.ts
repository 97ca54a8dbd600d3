/**
 * A session in full feature phase: dispatches the PDUs of its only connection and keeps StatSN.
 * Decides what is a protocol error: one that leaves the stream readable gets a Reject, any other
 * ends the connection (error recovery level 0). Invariants: requests take effect in CmdSN order;
 * nothing here waits, so a NOP-Out is answered while commands are held.
 */
import { encodeAsyncMessage } from "../iscsi/async-message.ts";
import type { SegmentSink } from "../iscsi/framer.ts";
import { decodeLogoutRequest } from "../iscsi/logout-request.ts";
import { encodeLogoutResponse } from "../iscsi/logout-response.ts";
import type { SessionParameters } from "../iscsi/negotiate.ts";
import { encodeNopIn } from "../iscsi/nop-in.ts";
import { decodeNopOut } from "../iscsi/nop-out.ts";
import {
  ASYNC_LOGOUT_REQUEST,
  ASYNC_SESSION_DROPPED,
  FUNCTION_COMPLETE,
  FUNCTION_TARGET_COLD_RESET,
  LOGOUT_DONE,
  OPCODE_DATA_OUT,
  OPCODE_LOGOUT_REQUEST,
  OPCODE_NOP_OUT,
  OPCODE_SCSI_COMMAND,
  OPCODE_TASK_MANAGEMENT_REQUEST,
  OPCODE_TEXT_REQUEST,
  REJECT_COMMAND_NOT_SUPPORTED,
  REJECT_INVALID_PDU_FIELD,
  REJECT_PROTOCOL_ERROR,
  RESERVED_TAG,
} from "../iscsi/opcode.ts";
import {
  getRequestNumbers,
  ittOf,
  opcodeOf,
  type RawPdu,
  type RequestNumbers,
  type ResponseNumbers,
} from "../iscsi/pdu.ts";
import { encodeReject } from "../iscsi/reject.ts";
import { serialNext } from "../iscsi/serial-number.ts";
import { decodeTaskManagementRequest } from "../iscsi/task-management-request.ts";
import { encodeTaskManagementResponse } from "../iscsi/task-management-response.ts";
import { decodeTextRequest } from "../iscsi/text-request.ts";
import { encodeTextResponse } from "../iscsi/text-response.ts";
import type { Nexus } from "../lib/logical-unit.ts";
import { CommandWindow } from "./command-window.ts";
import { WAITING_PDU_BYTES_MAX } from "./limits.ts";
import type { LoginResult } from "./login.ts";
import { logoutResponseOf } from "./logout.ts";
import type { RegisteredSession, TargetState } from "./target-state.ts";
import { manageTasks } from "./task-management.ts";
import { type TaskChannel, TaskTable } from "./task-table.ts";
import { TextExchange } from "./text-exchange.ts";
import type { UnitQueue } from "./unit-queue.ts";
import type { UnitView } from "./unit-view.ts";

/** The connection of a session. */
export interface SessionLink {
  /** HOST:PORT that SendTargets gives. */
  readonly advertisedAddress: string;
  send(bhs: Uint8Array, data?: Uint8Array, sent?: () => void): void;
  /** Ends the connection at once, and through it the session. */
  fail(reason: string): void;
  /** Ends the connection after what was sent. */
  finish(reason: string): void;
}

/** The only value: this target never asks for more than one answer at a time. */
const PING_TAG = 1;

/** See the head of this file. */
export class Session implements RegisteredSession, TaskChannel {
  readonly nexus: Nexus;
  readonly tsih: number;
  readonly discovery: boolean;
  readonly view: UnitView;
  readonly parameters: SessionParameters;
  readonly cid: number;
  readonly #state: TargetState;
  readonly #link: SessionLink;
  readonly #window: CommandWindow;
  readonly #table: TaskTable;
  readonly #text: TextExchange;
  readonly #handlers: ReadonlyMap<number, (pdu: RawPdu) => void>;
  #statSN: number;
  /** Data of PDUs whose turn has not come. */
  #waitingBytes = 0;
  #rejectLogged = false;

  constructor(state: TargetState, link: SessionLink, login: LoginResult) {
    const { standing } = login;
    this.nexus = standing?.nexus ?? state.newNexus(login.initiatorName, login.isid);
    this.tsih = login.tsih;
    this.discovery = login.discovery;
    this.view = login.view;
    this.parameters = login.parameters;
    this.cid = login.cid;
    this.#state = state;
    this.#link = link;
    this.#statSN = login.statSN;
    this.#window = new CommandWindow(standing?.expCmdSN ?? login.cmdSN);
    this.#table = new TaskTable(this.nexus, this.view, state.early, this.#window, this);
    for (const lun of standing?.addressedLuns ?? []) {
      this.#table.addressedLuns.add(lun);
    }
    const found = {
      discovery: login.discovery,
      name: state.targetName,
      address: link.advertisedAddress,
    };
    this.#text = new TextExchange(this.view.extent === "none" ? undefined : found, this.parameters);
    const handlers: [number, (pdu: RawPdu) => void][] = [
      [OPCODE_NOP_OUT, (pdu) => this.#inOrder(pdu, () => this.#nopOut(pdu))],
      [OPCODE_TEXT_REQUEST, (pdu) => this.#inOrder(pdu, () => this.#textRequest(pdu))],
      [OPCODE_LOGOUT_REQUEST, (pdu) => this.#inOrder(pdu, () => this.#logoutRequest(pdu))],
    ];
    if (!login.discovery) {
      handlers.push(
        [OPCODE_SCSI_COMMAND, (pdu) => this.#table.scsiCommand(pdu)],
        [OPCODE_DATA_OUT, (pdu) => this.#table.dataOut(pdu)],
        [OPCODE_TASK_MANAGEMENT_REQUEST, (pdu) => this.#inOrder(pdu, () => this.#manage(pdu))],
      );
    }
    this.#handlers = new Map(handlers);
  }

  /** For the framer: see `SinkChooser`. */
  chooseSink(bhs: Uint8Array): SegmentSink | undefined {
    return this.discovery ? undefined : this.#table.chooseSink(bhs);
  }

  /** Takes one PDU of the connection. */
  handle(pdu: RawPdu): void {
    const opcode = opcodeOf(pdu.bhs);
    const handler = this.#handlers.get(opcode);
    const isNameless = ittOf(pdu.bhs) === RESERVED_TAG && opcode !== OPCODE_NOP_OUT;
    if (handler === undefined) {
      this.reject(REJECT_COMMAND_NOT_SUPPORTED, pdu.bhs);
    } else if ((pdu.ahs.length > 0 && opcode !== OPCODE_SCSI_COMMAND) || isNameless) {
      this.reject(REJECT_INVALID_PDU_FIELD, pdu.bhs);
    } else {
      handler(pdu);
    }
  }

  /** Asks the initiator for a sign of life. */
  ping(): void {
    this.#nopIn(PING_TAG);
  }

  /** Tells the CmdSN window; nothing is to be answered. */
  tellWindow(): void {
    this.#nopIn(RESERVED_TAG);
  }

  /** Names the data that the initiator owes; undefined where it owes none. */
  get dueSequence(): string | undefined {
    return this.#table.dueSequence;
  }

  get taskCount(): number {
    return this.#table.tasks.size;
  }

  get expCmdSN(): number {
    return this.#window.expCmdSN;
  }

  get addressedLuns(): ReadonlySet<number> {
    return this.#table.addressedLuns;
  }

  /** The connection is gone: aborts all tasks, tells the units. */
  end(): void {
    this.#table.abortAll();
    this.#state.leave(this);
  }

  close(reason: string): void {
    this.end();
    // Nothing is kept for a time after it.
    this.#sendAsync(ASYNC_SESSION_DROPPED, this.parameters.defaultTime2Wait, 0);
    this.#link.finish(reason);
  }

  leaveConnection(): Iterable<UnitQueue> {
    const queues = this.#table.openQueues();
    this.#link.finish("connection reinstated");
    return queues;
  }

  /** Asks the initiator to log out within so many seconds; until then everything goes on. */
  requestLogout(seconds: number): void {
    this.#sendAsync(ASYNC_LOGOUT_REQUEST, 0, seconds);
  }

  currentNumbers(): ResponseNumbers {
    const { expCmdSN, maxCmdSN } = this.#window;
    return { statSN: this.#statSN, expCmdSN, maxCmdSN };
  }

  nextNumbers(): ResponseNumbers {
    const numbers = this.currentNumbers();
    this.#statSN = serialNext(this.#statSN);
    return numbers;
  }

  send(bhs: Uint8Array, data?: Uint8Array, sent?: () => void): void {
    this.#link.send(bhs, data, sent);
  }

  fail(reason: string): void {
    this.#link.fail(reason);
  }

  reject(reason: number, bhs: Uint8Array): void {
    if (!this.#rejectLogged) {
      this.#rejectLogged = true;
      const what = `operation code ${opcodeOf(bhs).toString(16)}h, reason ${reason}`;
      this.#state.log("warn", `${this.nexus.initiatorName}: PDU rejected (${what})`);
    }
    this.send(encodeReject({ ...this.nextNumbers(), reason, dataSegmentLength: bhs.length }), bhs);
  }

  /** Numbers outside of the window are ignored without a word (RFC 7143). */
  #inOrder(pdu: RawPdu, deliver: () => void): void {
    const { immediate, cmdSN }: RequestNumbers = getRequestNumbers(pdu.bhs);
    if (immediate) {
      deliver();
      return;
    }
    if (!this.#window.takes(cmdSN)) {
      return;
    }
    const { length } = pdu.data;
    this.#waitingBytes += length;
    this.#window.accept(cmdSN, () => {
      this.#waitingBytes -= length;
      deliver();
    });
    if (this.#waitingBytes > WAITING_PDU_BYTES_MAX) {
      this.fail(`${this.#waitingBytes} bytes wait for a command that is missing`);
    }
  }

  /** A Reject of a request whose turn had come. */
  #rejectDelivered(reason: number, bhs: Uint8Array): void {
    if (!getRequestNumbers(bhs).immediate) {
      this.#window.takeBack();
    }
    this.reject(reason, bhs);
  }

  /** Parameter1 is reserved in all that is sent from here. */
  #sendAsync(asyncEvent: number, parameter2: number, parameter3: number): void {
    const fields = { lun: 0, asyncEvent, asyncVCode: 0, parameter1: 0, parameter2, parameter3 };
    this.send(encodeAsyncMessage({ ...this.nextNumbers(), ...fields, dataSegmentLength: 0 }));
  }

  #nopIn(ttt: number): void {
    const numbers = this.currentNumbers();
    this.send(encodeNopIn({ ...numbers, itt: RESERVED_TAG, ttt, lun: 0, dataSegmentLength: 0 }));
  }

  #nopOut(pdu: RawPdu): void {
    const { itt } = decodeNopOut(pdu.bhs);
    if (itt === RESERVED_TAG) {
      return;
    }
    const data = pdu.data.subarray(0, this.parameters.maxRecvDataSegmentLengthPeer);
    const tags = { itt, ttt: RESERVED_TAG };
    const lengths = { lun: 0, dataSegmentLength: data.length };
    this.send(encodeNopIn({ ...this.nextNumbers(), ...tags, ...lengths }), data);
  }

  #textRequest(pdu: RawPdu): void {
    const request = decodeTextRequest(pdu.bhs);
    const outcome = this.#text.request(request, pdu.data);
    if ("reject" in outcome) {
      this.#rejectDelivered(outcome.reject, pdu.bhs);
      return;
    }
    const { data, ...fields } = outcome;
    const { itt } = request;
    const bhs = { ...this.nextNumbers(), ...fields, itt, dataSegmentLength: data.length };
    this.send(encodeTextResponse(bhs), data);
  }

  #manage(pdu: RawPdu): void {
    const request = decodeTaskManagementRequest(pdu.bhs);
    const scope = {
      nexus: this.nexus,
      window: this.#window,
      tasks: this.#table.tasks,
      view: this.view,
    };
    const response = manageTasks(scope, request);
    const name = this.nexus.initiatorName;
    const what = `task management function ${request.function}, logical unit ${request.lun}`;
    this.#state.log("info", `${name}: ${what}, response ${response}`);
    this.send(encodeTaskManagementResponse({ ...this.nextNumbers(), itt: request.itt, response }));
    if (request.function === FUNCTION_TARGET_COLD_RESET && response === FUNCTION_COMPLETE) {
      this.#state.closeSessions("target cold reset", () => true);
    }
  }

  #logoutRequest(pdu: RawPdu): void {
    const request = decodeLogoutRequest(pdu.bhs);
    const response = logoutResponseOf(request, this.cid);
    if (response === undefined) {
      this.#rejectDelivered(REJECT_PROTOCOL_ERROR, pdu.bhs);
      return;
    }
    if (response === LOGOUT_DONE) {
      this.end();
    }
    const bhs = encodeLogoutResponse({
      ...this.nextNumbers(),
      itt: request.itt,
      response,
      time2Wait: this.parameters.defaultTime2Wait,
      time2Retain: this.parameters.defaultTime2Retain,
    });
    this.send(bhs);
    if (response === LOGOUT_DONE) {
      this.#link.finish("logout");
    }
  }
}
