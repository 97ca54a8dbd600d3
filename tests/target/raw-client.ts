/**
 * An initiator for tests that sends exactly the PDUs it is told to, right or wrong ones. Every wait
 * is for a PDU or for the end of the connection, and bounded.
 */
import { connect, type Socket } from "node:net";
import { decodeDataIn } from "../../host/iscsi/data-in.ts";
import { encodeDataOut } from "../../host/iscsi/data-out.ts";
import { type Digests, headerToSend, NO_DIGESTS, trailerToSend } from "../../host/iscsi/digest.ts";
import { Framer } from "../../host/iscsi/framer.ts";
import { encodeLoginRequest, type LoginRequest } from "../../host/iscsi/login-request.ts";
import { decodeLoginResponse, type LoginResponse } from "../../host/iscsi/login-response.ts";
import { encodeNopOut } from "../../host/iscsi/nop-out.ts";
import {
  OPCODE_DATA_IN,
  OPCODE_NOP_IN,
  OPCODE_SCSI_RESPONSE,
  RESERVED_TAG,
} from "../../host/iscsi/opcode.ts";
import { opcodeOf, type RawPdu } from "../../host/iscsi/pdu.ts";
import { encodeScsiCommand, type ScsiCommand } from "../../host/iscsi/scsi-command.ts";
import {
  decodeScsiResponse,
  decodeSenseSegment,
  type ScsiResponse,
} from "../../host/iscsi/scsi-response.ts";
import { formatTextKeys, isTextFault, parseTextKeys } from "../../host/iscsi/text-key.ts";

export const TARGET_NAME = "iqn.2026-11.com.example:test";
export const INITIATOR_NAME = "iqn.2026-11.com.example:initiator";

/** Bounds a wait that has already failed; a machine that is busy with other things takes seconds. */
const WAIT_MS = 30_000;
const BARRIER_TAG = 0xbbbb;
const NO_BYTES = new Uint8Array(0);

/** Status, sense and all Data-In of one command. */
export interface CommandOutcome {
  readonly status: number;
  readonly sense: Uint8Array;
  readonly data: Uint8Array;
  readonly dataInCount: number;
  readonly overflow: boolean;
  readonly underflow: boolean;
  readonly residualCount: number;
  /** The SCSI Response, undefined where the status came with the data. */
  readonly response: ScsiResponse | undefined;
}

export type Keys = readonly (readonly [string, string])[];

/** Keys of the first text of a normal session. */
export const NAMES: Keys = [
  ["InitiatorName", INITIATOR_NAME],
  ["SessionType", "Normal"],
  ["TargetName", TARGET_NAME],
];

/** One connection. */
export class RawClient {
  readonly socket: Socket;
  readonly ended: Promise<void>;
  cmdSN = 1;
  expStatSN = 0;
  #nextItt = 1;
  #digests: Digests = NO_DIGESTS;
  readonly #framer = new Framer({ dataSegmentBytesMax: 2 ** 24 - 1 });
  readonly #arrived: RawPdu[] = [];
  #waiting: (() => void) | undefined;
  #over = false;

  static async open(port: number): Promise<RawClient> {
    const socket = connect(port, "127.0.0.1");
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return new RawClient(socket);
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Uint8Array) => {
      const fault = this.#framer.push(chunk, (pdu) => this.#arrived.push(pdu));
      if (fault !== undefined) {
        socket.destroy(new Error(fault.reason));
      }
      this.#waiting?.();
    });
    socket.on("error", () => socket.destroy());
    this.ended = new Promise((resolve) => {
      socket.on("close", () => {
        this.#over = true;
        this.#waiting?.();
        resolve();
      });
    });
  }

  send(bhs: Uint8Array, data: Uint8Array = NO_BYTES): void {
    this.socket.write(this.bytesOf(bhs, data));
  }

  /** A PDU as it is sent. */
  bytesOf(bhs: Uint8Array, data: Uint8Array = NO_BYTES): Uint8Array {
    const header = headerToSend(bhs, this.#digests);
    return Buffer.concat([header, data, trailerToSend([data], data.length, this.#digests)]);
  }

  /** To be called after the login that agreed on them. */
  useDigests(digests: Digests): void {
    this.#digests = digests;
    this.#framer.digests = digests;
  }

  /** The next PDU; throws when the connection ends, or nothing comes. */
  async next(): Promise<RawPdu> {
    const deadline = AbortSignal.timeout(WAIT_MS);
    for (;;) {
      const pdu = this.#arrived.shift();
      if (pdu !== undefined) {
        return pdu;
      }
      if (this.#over) {
        throw new Error("connection ended");
      }
      await new Promise<void>((resolve, reject) => {
        const late = () => reject(new Error(`no PDU within ${WAIT_MS} ms`));
        deadline.addEventListener("abort", late, { once: true });
        this.#waiting = () => {
          deadline.removeEventListener("abort", late);
          resolve();
        };
      });
    }
  }

  /** The next PDU, which has to be of this operation code. */
  async expect(opcode: number): Promise<RawPdu> {
    const pdu = await this.next();
    if (opcodeOf(pdu.bhs) !== opcode) {
      throw new Error(`operation code ${opcodeOf(pdu.bhs)} came, expected ${opcode}`);
    }
    return pdu;
  }

  async loginStep(
    fields: Partial<LoginRequest>,
    keys: Keys | Uint8Array,
  ): Promise<LoginResponse & { keys: Map<string, string> }> {
    const data = keys instanceof Uint8Array ? keys : formatTextKeys(keys);
    const request: LoginRequest = {
      transit: true,
      continue: false,
      csg: 1,
      nsg: 3,
      versionMax: 0,
      versionMin: 0,
      isid: "800000000001",
      tsih: 0,
      itt: 0,
      cid: 0,
      cmdSN: this.cmdSN,
      expStatSN: this.expStatSN,
      dataSegmentLength: data.length,
      ...fields,
    };
    this.send(encodeLoginRequest(request), data);
    const pdu = await this.expect(0x23);
    const response = decodeLoginResponse(pdu.bhs);
    this.expStatSN = response.statSN + 1;
    const answers = parseTextKeys(pdu.data);
    return { ...response, keys: isTextFault(answers) ? new Map() : answers };
  }

  /** Logs in with one request; throws when that is refused. */
  async login(keys: Keys = [], fields: Partial<LoginRequest> = {}): Promise<void> {
    const response = await this.loginStep(fields, [...NAMES, ...keys]);
    if (response.status !== 0 || !response.transit) {
      throw new Error(`login refused: ${response.status.toString(16)}`);
    }
  }

  /** Waits for the answer to an immediate NOP-Out: all that was sent before has arrived. */
  async barrier(): Promise<void> {
    const numbers = { immediate: true, itt: BARRIER_TAG, cmdSN: this.cmdSN, expStatSN: 0 };
    this.send(encodeNopOut({ ...numbers, lun: 0, ttt: RESERVED_TAG, dataSegmentLength: 0 }));
    await this.expect(OPCODE_NOP_IN);
  }

  /** Sends a SCSI Command; gives its ITT. CmdSN goes on by itself unless `fields` has one. */
  command(fields: Partial<ScsiCommand>, data: Uint8Array = NO_BYTES): number {
    const itt = this.#nextItt;
    this.#nextItt += 1;
    const command: ScsiCommand = {
      immediate: false,
      final: true,
      read: false,
      write: false,
      attribute: 1,
      lun: 0,
      itt,
      cmdSN: this.cmdSN,
      expStatSN: this.expStatSN,
      expectedDataTransferLength: 0,
      cdb: NO_BYTES,
      dataSegmentLength: data.length,
      ...fields,
    };
    if (!command.immediate && fields.cmdSN === undefined) {
      this.cmdSN += 1;
    }
    this.send(encodeScsiCommand(command), data);
    return command.itt;
  }

  dataOut(
    itt: number,
    data: Uint8Array,
    place: { ttt?: number; dataSN: number; bufferOffset: number; final: boolean },
  ): void {
    const bhs = encodeDataOut({
      ttt: RESERVED_TAG,
      ...place,
      lun: 0,
      itt,
      expStatSN: this.expStatSN,
      dataSegmentLength: data.length,
    });
    this.send(bhs, data);
  }

  /** Collects Data-In and status of the only command under way. */
  async outcome(itt: number): Promise<CommandOutcome> {
    const pieces: Uint8Array[] = [];
    for (;;) {
      const pdu = await this.next();
      if (opcodeOf(pdu.bhs) === OPCODE_SCSI_RESPONSE) {
        const response = decodeScsiResponse(pdu.bhs);
        this.#checkItt(response.itt, itt);
        const sense = decodeSenseSegment(pdu.data);
        const data = Buffer.concat(pieces);
        return { ...response, sense, data, dataInCount: pieces.length, response };
      }
      if (opcodeOf(pdu.bhs) !== OPCODE_DATA_IN) {
        throw new Error(`operation code ${opcodeOf(pdu.bhs)} within a command`);
      }
      const dataIn = decodeDataIn(pdu.bhs);
      this.#checkItt(dataIn.itt, itt);
      if (dataIn.dataSN !== pieces.length) {
        throw new Error(`DataSN ${dataIn.dataSN} for piece ${pieces.length}`);
      }
      pieces.push(pdu.data);
      if (dataIn.statusPresent) {
        const data = Buffer.concat(pieces);
        const dataInCount = pieces.length;
        return { ...dataIn, sense: NO_BYTES, data, dataInCount, response: undefined };
      }
    }
  }

  #checkItt(found: number, expected: number): void {
    if (found !== expected) {
      throw new Error(`answer for task ${found}, expected ${expected}`);
    }
  }

  close(): void {
    this.socket.destroy();
  }
}
