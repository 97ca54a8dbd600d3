/**
 * One TCP connection: framing, the login before there is a session, sending, timers. Decides when a
 * connection is dead, and when to stop reading. Invariants: after `fail` or `finish` nothing that
 * arrives has any effect; every way of ending runs through `#end`, once.
 */
import type { Socket } from "node:net";
import {
  type Digests,
  digestsOf,
  headerToSend,
  NO_DIGESTS,
  trailerToSend,
} from "../iscsi/digest.ts";
import { Framer, type FramerFault, type SegmentSink } from "../iscsi/framer.ts";
import { OPCODE_LOGIN_REQUEST, REJECT_DATA_DIGEST_ERROR } from "../iscsi/opcode.ts";
import { opcodeOf, type RawPdu } from "../iscsi/pdu.ts";
import { type Deadline, startDeadline } from "../lib/deadline.ts";
import {
  CLOSE_GRACE_MS,
  LOGIN_SEGMENT_BYTES_MAX,
  SEND_QUEUE_BYTES_MAX,
  TARGET_PARAMETERS,
} from "./limits.ts";
import { Login, type LoginResult, type LoginStep } from "./login.ts";
import { Session, type SessionLink } from "./session.ts";
import { StallWatch } from "./stall-watch.ts";
import type { TargetState } from "./target-state.ts";
import { widenSocket } from "./wide-socket.ts";

/** See the head of this file. */
export class Connection implements SessionLink {
  readonly advertisedAddress: string;
  /** Resolves when the socket is closed. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #state: TargetState;
  readonly #login: Login;
  readonly #framer: Framer;
  readonly #peer: string;
  #session: Session | undefined;
  #digests: Digests = NO_DIGESTS;
  #closing = false;
  #corked = false;
  #lastHeardMs: number;
  #pinged = false;
  #timer: Deadline;
  #stallTimer: Deadline;

  /** `accepted` is paused. */
  constructor(accepted: Socket, state: TargetState, advertisedAddress: string) {
    this.advertisedAddress = advertisedAddress;
    const socket = widenSocket(accepted, (chunk) => this.#read(chunk));
    this.#socket = socket;
    this.#state = state;
    this.#peer = `${socket.remoteAddress ?? "?"}:${socket.remotePort ?? 0}`;
    this.#login = new Login(state);
    const limits = { dataSegmentBytesMax: LOGIN_SEGMENT_BYTES_MAX };
    this.#framer = new Framer(limits, (bhs) => this.#chooseSink(bhs));
    this.#lastHeardMs = performance.now();
    this.#timer = startDeadline(state.timings.loginMs, () => this.fail("no login in time"));
    this.#stallTimer = this.#lookLater(new StallWatch());
    socket.setNoDelay(true);
    socket.on("drain", () => socket.resume());
    socket.on("error", (error) => this.#end(error.message));
    socket.on("end", () => this.#end("closed by the initiator"));
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.#end("connection lost");
        this.#timer.cancel();
        this.#stallTimer.cancel();
        resolve();
      });
    });
    socket.resume();
  }

  get isLoggedIn(): boolean {
    return this.#session !== undefined;
  }

  /** True when the session of this connection ever addressed `lun`. */
  addressed(lun: number): boolean {
    return this.#session?.addressedLuns.has(lun) ?? false;
  }

  send(bhs: Uint8Array, data?: Uint8Array, sent?: () => void): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) {
      if (sent !== undefined) {
        queueMicrotask(sent);
      }
      return;
    }
    this.#cork();
    const segments = [headerToSend(bhs, this.#digests)];
    if (data !== undefined && data.length > 0) {
      segments.push(data);
      const trailer = trailerToSend([data], data.length, this.#digests);
      if (trailer.length > 0) {
        segments.push(trailer);
      }
    }
    const last = segments.length - 1;
    segments.forEach((segment, index) => {
      this.#socket.write(segment, index === last && sent !== undefined ? () => sent() : undefined);
    });
    if (this.#socket.writableLength > SEND_QUEUE_BYTES_MAX) {
      this.#socket.pause();
    }
  }

  fail(reason: string): void {
    if (!this.#closing) {
      this.#state.log("warn", `${this.#name}: connection ended: ${reason}`);
    }
    this.#closing = true;
    this.#session?.end();
    this.#socket.destroy();
  }

  finish(reason: string): void {
    if (this.#closing) {
      return;
    }
    this.#state.log("info", `${this.#name}: ${reason}`);
    this.#closing = true;
    this.#session?.end();
    this.#timer.cancel();
    this.#timer = startDeadline(CLOSE_GRACE_MS, () => this.#socket.destroy());
    // Corked bytes count as sent before: `end` flushes them.
    this.#socket.end();
    this.#socket.resume();
  }

  /** The target closes: asks for a logout within so many seconds; true: there is a session to wait for. */
  askToLeave(seconds: number): boolean {
    const isSession = !this.#closing && this.#session?.discovery === false;
    if (isSession) {
      this.#session?.requestLogout(seconds);
    } else {
      this.finish("target closes");
    }
    return isSession;
  }

  /** Ends the session, as the target wants it, with what was sent. */
  close(reason: string): void {
    if (this.#session === undefined) {
      this.finish(reason);
    } else if (!this.#closing) {
      this.#session.close(reason);
    }
  }

  get #name(): string {
    const name = this.#session?.nexus.initiatorName;
    return name === undefined ? this.#peer : `${name} (${this.#peer})`;
  }

  /** The rest of a chunk is still cut into PDUs after the end, but no task begins with one. */
  #chooseSink(bhs: Uint8Array): SegmentSink | undefined {
    return this.#closing ? () => undefined : this.#session?.chooseSink(bhs);
  }

  #read(chunk: Uint8Array): void {
    if (this.#closing) {
      return;
    }
    this.#lastHeardMs = performance.now();
    if (this.#pinged) {
      this.#watch();
    }
    const fault = this.#framer.push(chunk, (pdu) => this.#handle(pdu));
    if (fault !== undefined && !this.#closing) {
      this.#fault(fault);
    }
  }

  /** A data digest error leaves the stream readable, but at error recovery level 0 nothing else. */
  #fault(fault: FramerFault): void {
    if (fault.kind !== "dataDigest") {
      this.fail(fault.reason);
      return;
    }
    this.#session?.reject(REJECT_DATA_DIGEST_ERROR, fault.bhs);
    this.#state.log("warn", `${this.#name}: ${fault.reason}`);
    this.finish("connection ended for session recovery");
  }

  #handle(pdu: RawPdu): void {
    if (this.#closing) {
      return;
    }
    if (this.#session !== undefined) {
      this.#session.handle(pdu);
    } else if (opcodeOf(pdu.bhs) === OPCODE_LOGIN_REQUEST && pdu.ahs.length === 0) {
      this.#loginStep(this.#login.request(pdu.bhs, pdu.data));
    } else {
      const step = this.#login.interrupted();
      if (step === undefined) {
        this.fail(`operation code ${opcodeOf(pdu.bhs).toString(16)}h before the login`);
      } else {
        this.#loginStep(step);
      }
    }
  }

  #loginStep(step: LoginStep): void {
    if (step.result !== undefined) {
      this.#begin(step.result);
    }
    this.send(step.bhs, step.data);
    if (step.result !== undefined) {
      this.#digests = digestsOf(step.result.parameters);
      this.#framer.digests = this.#digests;
    }
    if (step.failure !== undefined) {
      this.#state.log("warn", `${this.#name}: login refused: ${step.failure}`);
      this.finish("login ended");
    }
  }

  #begin(login: LoginResult): void {
    this.#watch();
    this.#framer.limits.dataSegmentBytesMax = TARGET_PARAMETERS.maxRecvDataSegmentLengthOwn;
    this.#session = new Session(this.#state, this, login);
    this.#state.enter(this.#session);
    const kind = login.discovery ? "discovery session" : "session";
    const how = login.standing === undefined ? "begins" : "goes on over this connection";
    const { headerDigest, dataDigest } = login.parameters;
    const { header, data } = digestsOf(login.parameters);
    const user = login.user === undefined ? "" : `, CHAP name ${JSON.stringify(login.user)}`;
    const agreed =
      header || data ? `, header digest ${headerDigest}, data digest ${dataDigest}` : "";
    this.#state.log("info", `${this.#name}: ${kind} ${login.tsih} ${how}${user}${agreed}`);
  }

  #lookLater(stall: StallWatch): Deadline {
    return startDeadline(this.#state.timings.stallMs, () => {
      this.#stallTimer = this.#lookLater(stall);
      this.#look(stall);
    });
  }

  #look(stall: StallWatch): void {
    const { bytesWritten, writableLength } = this.#socket;
    const reason = stall.look({
      pendingBytes: writableLength,
      takenBytes: bytesWritten - writableLength,
      dueSequence: this.#session?.dueSequence,
    });
    if (reason !== undefined) {
      this.fail(reason);
    }
  }

  /** Starts to count the initiator's silence. */
  #watch(): void {
    this.#timer.cancel();
    this.#pinged = false;
    this.#timer = startDeadline(this.#state.timings.idleMs, () => this.#checkAlive());
  }

  /** Pings an initiator that was silent for long; gives up when that brings no sign of life. */
  #checkAlive(): void {
    const { idleMs, answerMs } = this.#state.timings;
    const leftMs = idleMs - (performance.now() - this.#lastHeardMs);
    if (leftMs > 0) {
      this.#timer = startDeadline(leftMs, () => this.#checkAlive());
      return;
    }
    this.#pinged = true;
    this.#session?.ping();
    this.#timer = startDeadline(answerMs, () => this.fail("initiator does not answer"));
  }

  /** All PDUs of one turn of the event loop leave in one system call. */
  #cork(): void {
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      queueMicrotask(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
  }

  #end(reason: string): void {
    if (!this.#closing) {
      this.#closing = true;
      this.#state.log("info", `${this.#name}: ${reason}`);
      this.#session?.end();
    }
    if (!this.#socket.destroyed) {
      this.#socket.destroy();
    }
  }
}
