/**
 * One TCP connection that carries PDUs. Decides nothing about their meaning: it frames what comes,
 * sends headers and data without copying them together, and tells once when it is over. Invariants:
 * `closed` is called exactly once, and no PDU after it.
 */

import { connect, type Socket } from "node:net";
import { type Digests, headerToSend, NO_DIGESTS, trailerToSend } from "../iscsi/digest.ts";
import { Framer, type SegmentSink } from "../iscsi/framer.ts";
import type { RawPdu } from "../iscsi/pdu.ts";
import { startDeadline } from "../lib/deadline.ts";
import { RECEIVE_SEGMENT_BYTES } from "./limits.ts";

/** Who listens to a connection; may be exchanged between two PDUs. */
export interface ConnectionListener {
  readonly pdu: (pdu: RawPdu) => void;
  /** Where the data segment of this PDU goes to; undefined leaves it to the framer. */
  readonly sink?: (bhs: Uint8Array) => SegmentSink | undefined;
  /** Bytes arrived. */
  readonly heard?: () => void;
  /** The connection is over, by the peer, the network or `close`. */
  readonly closed: (reason: string) => void;
}

/** Why there is no connection or no session, for a person. */
export interface ConnectFault {
  readonly reason: string;
}

/** An established TCP connection. */
export class Connection {
  readonly #socket: Socket;
  readonly #framer: Framer;
  #listener: ConnectionListener | undefined;
  #digests: Digests = NO_DIGESTS;
  #closed: string | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#framer = new Framer({ dataSegmentBytesMax: RECEIVE_SEGMENT_BYTES }, (bhs) =>
      this.#listener?.sink?.(bhs),
    );
  }

  /** Hands everything from the next PDU on to `listener`. */
  listen(listener: ConnectionListener): void {
    this.#listener = listener;
    if (this.#closed !== undefined) {
      listener.closed(this.#closed);
    }
  }

  /** Both directions have these digests from the next PDU on. To be called between two PDUs. */
  useDigests(digests: Digests): void {
    this.#digests = digests;
    this.#framer.digests = digests;
  }

  /** Sends one PDU; `data` is padded to four bytes. The views must stay unchanged until sent. */
  send(bhs: Uint8Array, data: readonly Uint8Array[], dataBytes: number): void {
    if (this.#closed !== undefined) {
      return;
    }
    this.#socket.write(headerToSend(bhs, this.#digests));
    for (const part of data) {
      this.#socket.write(part);
    }
    const trailer = trailerToSend(data, dataBytes, this.#digests);
    if (trailer.length > 0) {
      this.#socket.write(trailer);
    }
  }

  /** Everything that `send` is called for inside `work` leaves in one system call where it can. */
  together(work: () => void): void {
    this.#socket.cork();
    work();
    this.#socket.uncork();
  }

  /** Ends the connection at once; `closed` is told with this reason. */
  close(reason: string): void {
    if (this.#closed !== undefined) {
      return;
    }
    this.#closed = reason;
    this.#socket.destroy();
    this.#listener?.closed(reason);
  }

  /** Bytes from the socket. */
  receive(chunk: Uint8Array): void {
    this.#listener?.heard?.();
    const fault = this.#framer.push(chunk, (pdu) => {
      if (this.#closed === undefined) {
        this.#listener?.pdu(pdu);
      }
    });
    if (fault !== undefined) {
      this.close(`malformed PDU: ${fault.reason}`);
    }
  }
}

/** Connects within `timeoutMs`; never rejects. */
export function openConnection(
  host: string,
  port: number,
  timeoutMs: number,
): Promise<Connection | ConnectFault> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true });
    const connection = new Connection(socket);
    const limit = startDeadline(timeoutMs, () => give(`no TCP connection in ${timeoutMs} ms`));
    const give = (reason: string): void => {
      limit.cancel();
      connection.close(reason);
      resolve({ reason });
    };
    socket.once("connect", () => {
      limit.cancel();
      resolve(connection);
    });
    socket.on("data", (chunk) => connection.receive(chunk));
    // A name with several addresses fails with an empty message and only a code.
    socket.on("error", (error: NodeJS.ErrnoException) => give(error.message || `${error.code}`));
    socket.on("end", () => give("the target closed the connection"));
    socket.on("close", () => give("the connection was closed"));
  });
}
