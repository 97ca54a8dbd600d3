/**
 * The target's end of a connection, played by a test PDU by PDU: for what no real target does on
 * demand. Logins and logouts are answered by itself, everything else waits for the test.
 */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import type { ChapCredentials } from "../../host/initiator/authentication.ts";
import { openIscsiDevice } from "../../host/initiator/device.ts";
import type { DigestOffer } from "../../host/initiator/login.ts";
import { SESSION_TIMES, type SessionTimes } from "../../host/initiator/session.ts";
import { encodeDataIn } from "../../host/iscsi/data-in.ts";
import { digestsOf, headerToSend, NO_DIGESTS, trailerToSend } from "../../host/iscsi/digest.ts";
import { Framer } from "../../host/iscsi/framer.ts";
import { decodeLoginRequest, type LoginRequest } from "../../host/iscsi/login-request.ts";
import { encodeLoginResponse, type LoginResponse } from "../../host/iscsi/login-response.ts";
import { encodeLogoutResponse } from "../../host/iscsi/logout-response.ts";
import {
  OPCODE_LOGIN_REQUEST,
  OPCODE_LOGOUT_REQUEST,
  RESERVED_TAG,
  STAGE_FULL_FEATURE,
} from "../../host/iscsi/opcode.ts";
import { ittOf, opcodeOf, type RawPdu } from "../../host/iscsi/pdu.ts";
import { encodeR2t } from "../../host/iscsi/r2t.ts";
import { decodeScsiCommand, type ScsiCommand } from "../../host/iscsi/scsi-command.ts";
import { encodeScsiResponse, encodeSenseSegment } from "../../host/iscsi/scsi-response.ts";
import { encodeTaskManagementResponse } from "../../host/iscsi/task-management-response.ts";
import { formatTextKeys } from "../../host/iscsi/text-key.ts";
import type { ScsiDevice } from "../../host/lib/scsi-device.ts";

/** A test that waits so long for a PDU has failed. */
const WAIT_MS = 5000;
const WINDOW = 32;
const SEGMENT_BYTES_MAX = 2 ** 24 - 1;
export const TARGET_NAME = "iqn.2026-11.com.example:scripted";
export const INITIATOR_NAME = "iqn.2026-11.com.example:initiator";

type Pairs = readonly (readonly [string, string])[];

/** What a login response says beyond the usual; undefined: no answer. */
export type LoginScript = (
  request: LoginRequest,
  end: TargetEnd,
) => { readonly fields?: Partial<LoginResponse>; readonly keys: Pairs | Uint8Array } | undefined;

/** Agrees to the login with these operational keys. */
export function loginWith(operational: Pairs): LoginScript {
  return (request) => ({ keys: request.csg === 0 ? [["AuthMethod", "None"]] : operational });
}

/** Settings of one scripted target. */
export interface ScriptOptions {
  readonly login?: LoginScript;
  readonly times?: Partial<SessionTimes>;
  /** What the device offers; a value that is alone is used once the script's login agreed to it. */
  readonly digests?: DigestOffer;
  /** Who the device is there, and who the script should be. */
  readonly chap?: ChapCredentials;
  /** How far MaxCmdSN is ahead of the last command; 0 closes the window. */
  readonly window?: number;
}

/** One connection, seen from the target. */
export class TargetEnd {
  statSN = 1000;
  /** CmdSN of the last command. */
  cmdSN = 0;
  window: number;
  /** Place of a bit that is wrong in every PDU from now on. */
  wrongAt: number | undefined;
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #login: LoginScript;
  readonly #framer = new Framer({ dataSegmentBytesMax: SEGMENT_BYTES_MAX });
  readonly #agreed: DigestOffer | undefined;
  #digests = NO_DIGESTS;
  readonly #queue: RawPdu[] = [];
  #wake: (() => void) | undefined;

  constructor(socket: Socket, options: ScriptOptions) {
    this.#socket = socket;
    this.#login = options.login ?? loginWith([]);
    this.window = options.window ?? WINDOW;
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    this.#agreed = options.digests;
    socket.on("data", (chunk) => this.#framer.push(chunk, (pdu) => this.#pdu(pdu)));
    socket.on("error", () => socket.destroy());
  }

  /** The next PDU that is neither login nor logout. */
  async next(): Promise<RawPdu> {
    const signal = AbortSignal.timeout(WAIT_MS);
    for (;;) {
      const pdu = this.#queue.shift();
      if (pdu !== undefined) {
        return pdu;
      }
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        signal.addEventListener("abort", () => reject(new Error("no PDU came")), { once: true });
      });
    }
  }

  /** The next PDU, which must be a SCSI Command. */
  async command(): Promise<ScsiCommand & { readonly data: Uint8Array }> {
    const { bhs, data } = await this.next();
    const command = decodeScsiCommand(bhs);
    this.cmdSN = command.cmdSN;
    return { ...command, data };
  }

  /** Numbers for a PDU with status. */
  numbers() {
    this.statSN += 1;
    return this.#window(this.statSN);
  }

  /** Numbers for a PDU without status. */
  peek() {
    return this.#window(this.statSN + 1);
  }

  send(bhs: Uint8Array, data: Uint8Array = new Uint8Array(0)): void {
    const trailer = trailerToSend([data], data.length, this.#digests);
    const bytes = Buffer.concat([headerToSend(bhs, this.#digests), data, trailer]);
    if (this.wrongAt !== undefined) {
      bytes[this.wrongAt] = (bytes[this.wrongAt] ?? 0) ^ 1;
    }
    this.#socket.write(bytes);
  }

  /** Status of a command, by default GOOD. */
  respond(itt: number, status = 0, sense?: Uint8Array, underflow = 0): void {
    const data = sense === undefined ? new Uint8Array(0) : encodeSenseSegment(sense);
    const bhs = encodeScsiResponse({
      ...this.numbers(),
      itt,
      response: 0,
      status,
      overflow: false,
      underflow: underflow > 0,
      residualCount: underflow,
      expDataSN: 0,
      dataSegmentLength: data.length,
    });
    this.send(bhs, data);
  }

  /** One Data-In PDU without status. */
  dataIn(itt: number, dataSN: number, bufferOffset: number, data: Uint8Array, status?: number) {
    const bhs = encodeDataIn({
      ...(status === undefined ? this.peek() : this.numbers()),
      final: true,
      acknowledge: false,
      statusPresent: status !== undefined,
      status: status ?? 0,
      overflow: false,
      underflow: false,
      residualCount: 0,
      lun: 0,
      itt,
      ttt: RESERVED_TAG,
      dataSN,
      bufferOffset,
      dataSegmentLength: data.length,
    });
    this.send(bhs, data);
  }

  r2t(itt: number, ttt: number, r2tSN: number, bufferOffset: number, length: number): void {
    const fields = { lun: 0, itt, ttt, r2tSN, bufferOffset, desiredDataTransferLength: length };
    this.send(encodeR2t({ ...this.peek(), ...fields }));
  }

  taskManagementResponse(itt: number, response: number): void {
    this.send(encodeTaskManagementResponse({ ...this.numbers(), itt, response }));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #window(statSN: number) {
    const expCmdSN = (this.cmdSN + 1) >>> 0;
    return { statSN, expCmdSN, maxCmdSN: (this.cmdSN + this.window) >>> 0 };
  }

  #pdu(pdu: RawPdu): void {
    const opcode = opcodeOf(pdu.bhs);
    if (opcode === OPCODE_LOGIN_REQUEST) {
      this.#answerLogin(decodeLoginRequest(pdu.bhs));
    } else if (opcode === OPCODE_LOGOUT_REQUEST) {
      const times = { time2Wait: 0, time2Retain: 0 };
      const itt = ittOf(pdu.bhs);
      this.send(encodeLogoutResponse({ ...this.numbers(), itt, response: 0, ...times }));
    } else {
      // The framer's view would change under a test that looks at it later.
      this.#queue.push({
        bhs: new Uint8Array(pdu.bhs),
        ahs: pdu.ahs,
        data: new Uint8Array(pdu.data),
      });
      this.#wake?.();
    }
  }

  #answerLogin(request: LoginRequest): void {
    this.cmdSN = (request.cmdSN - 1) >>> 0;
    const answer = this.#login(request, this);
    if (answer === undefined) {
      return;
    }
    const { fields, keys } = answer;
    const data = keys instanceof Uint8Array ? keys : formatTextKeys(keys);
    const bhs = encodeLoginResponse({
      ...this.numbers(),
      transit: request.transit,
      continue: false,
      csg: request.csg,
      nsg: request.nsg,
      versionMax: 0,
      versionActive: 0,
      isid: request.isid,
      tsih: 1,
      itt: request.itt,
      status: 0,
      ...fields,
      dataSegmentLength: data.length,
    });
    this.send(bhs, data);
    if (this.#agreed !== undefined && request.nsg === STAGE_FULL_FEATURE) {
      this.#digests = digestsOf(this.#agreed);
      this.#framer.digests = this.#digests;
    }
  }
}

/** A scripted target, a device that is to connect to it, and what the device said. */
export interface Script {
  readonly port: number;
  readonly device: ScsiDevice;
  readonly log: readonly string[];
  /** Reasons told to `onLost`. */
  readonly lost: readonly string[];
  /** The next connection that the device opens. */
  accept(): Promise<TargetEnd>;
  /** Stops listening. */
  stop(): Promise<void>;
  /** Connects the device; the target's end of that connection. */
  session(): Promise<TargetEnd>;
}

/** Starts a scripted target that ends with the test. */
export async function startScript(t: TestContext, options: ScriptOptions = {}): Promise<Script> {
  const ends: TargetEnd[] = [];
  let wake: (() => void) | undefined;
  const server = createServer((socket) => {
    ends.push(new TargetEnd(socket, options));
    t.after(() => socket.destroy());
    wake?.();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const log: string[] = [];
  const lost: string[] = [];
  const device = openIscsiDevice({
    host: "127.0.0.1",
    port,
    targetName: TARGET_NAME,
    lun: 0,
    initiatorName: INITIATOR_NAME,
    isidQualifier: 7,
    log: (level, message) => log.push(`${level} ${message}`),
    times: { ...SESSION_TIMES, ...options.times },
    ...(options.digests === undefined ? {} : { digests: options.digests }),
    chap: options.chap,
  });
  device.onLost((reason) => lost.push(reason));
  t.after(async () => {
    await device.disconnect();
    server.close();
  });
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()));
  const accept = async (): Promise<TargetEnd> => {
    for (;;) {
      const end = ends.shift();
      if (end !== undefined) {
        return end;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const session = async (): Promise<TargetEnd> => {
    if (!(await device.connect(WAIT_MS))) {
      throw new Error(`no session: ${log.join("; ")}`);
    }
    return accept();
  };
  return { port, device, log, lost, accept, stop, session };
}
