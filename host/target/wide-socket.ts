/**
 * Reads a socket into one large buffer that is used again and again, instead of a fresh one of 64
 * KiB per event: half the processor time per byte of a long write. Decides nothing about bytes.
 * Node offers this (`onread`) for connecting sockets only; for accepted ones the handle has to be
 * moved to a new socket, by a member that is not documented. Where that is not there, the usual
 * events are used and everything works, only slower.
 * Invariant: a chunk is valid only until the reader returns.
 */
import { Socket, type SocketConstructorOpts } from "node:net";

/** Most bytes of one read; small enough to stay in the processor's cache. */
const READ_BUFFER_BYTES = 256 * 1024;

/** Shared: a chunk is consumed before the next read of any socket. */
const READ_BUFFER = new Uint8Array(READ_BUFFER_BYTES);

interface HandleOwner {
  _handle?: object | null;
}

interface WideOptions extends SocketConstructorOpts {
  readonly handle: object;
}

/**
 * The socket to use instead of `accepted` (which must be paused); its bytes go to `read`, from the
 * first `resume` on.
 */
export function widenSocket(accepted: Socket, read: (chunk: Uint8Array) => void): Socket {
  const owner = accepted as unknown as HandleOwner;
  const handle = owner._handle;
  if (handle === undefined || handle === null || !("useUserBuffer" in handle)) {
    accepted.on("data", read);
    return accepted;
  }
  // The server stops counting the old socket; the portal counts connections itself.
  owner._handle = null;
  accepted.destroy();
  const options: WideOptions = {
    handle,
    onread: {
      buffer: READ_BUFFER,
      callback: (length) => {
        read(READ_BUFFER.subarray(0, length));
        return true;
      },
    },
  };
  return new Socket(options);
}
