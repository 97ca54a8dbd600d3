/**
 * The bridge's end of the control socket. Decides who may connect (the socket's owner), how long a
 * client may dawdle and what a bad request is answered; the handlers decide the answers.
 * Invariants: a client can neither stop the process nor make it keep more than the bounds below;
 * a socket file left by a killed bridge is replaced, that of a living one never.
 */

import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { errnoOf, messageOf, OperatorError, operatorErrorOf } from "../lib/error.ts";
import { askControl } from "./control-client.ts";
import {
  ANSWER_BYTES_MAX,
  type ControlAnswer,
  REQUEST_BYTES_MAX,
  SOCKET_PATH_BYTES_MAX,
} from "./control-protocol.ts";

/** Clients at the same time; further ones are closed at once. */
const CLIENT_COUNT_MAX = 16;
/** From the connection to the whole request line, and again for the answer to be taken. */
const CLIENT_IDLE_MS_MAX = 5_000;
/** How long the holder of an existing socket file may take to show that it lives. */
const HOLDER_PROBE_MS_MAX = 1_000;
/** Only the bridge's own user may talk to it. */
const SOCKET_MODE = 0o600;

/** Answers one name; the argument is the rest of the line. May throw: the client gets the words. */
export type ControlHandler = (argument: string) => unknown;

/** A listening control socket. */
export interface ControlServer {
  /** Ends it and removes the socket file. */
  close(): Promise<void>;
}

/**
 * Listens at `path` (its directory is made where it is missing). Returns the fault as a value:
 * alreadyRunning when a living process answers there, pathTooLong, permission, ...
 */
export async function serveControl(
  path: string,
  handlers: ReadonlyMap<string, ControlHandler>,
): Promise<ControlServer | OperatorError> {
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX) {
    return new OperatorError("pathTooLong", path, `at most ${SOCKET_PATH_BYTES_MAX} bytes`);
  }
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    serveClient(socket, handlers);
  });
  server.maxConnections = CLIENT_COUNT_MAX;
  try {
    mkdirSync(dirname(path), { recursive: true });
    await listenReplacingStale(server, path);
    chmodSync(path, SOCKET_MODE);
  } catch (thrown) {
    server.close();
    return operatorErrorOf(thrown, path);
  }
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) {
          socket.destroy();
        }
      }),
  };
}

async function listenReplacingStale(server: Server, path: string): Promise<void> {
  try {
    await listen(server, path);
  } catch (thrown) {
    if (errnoOf(thrown) !== "EADDRINUSE") {
      throw thrown;
    }
    const holder = await askControl(path, "ping", HOLDER_PROBE_MS_MAX);
    if (holder.kind !== "not-running") {
      throw new OperatorError("alreadyRunning", path);
    }
    rmSync(path, { force: true });
    await listen(server, path);
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function serveClient(socket: Socket, handlers: ReadonlyMap<string, ControlHandler>): void {
  let request = "";
  let isWhole = false;
  const answer = (line: ControlAnswer): void => {
    socket.end(`${boundedLine(line)}\n`);
  };
  const take = (chunk: Buffer): void => {
    if (isWhole) {
      return;
    }
    request += chunk.toString("latin1");
    const end = request.indexOf("\n");
    isWhole = end >= 0 || request.length >= REQUEST_BYTES_MAX;
    if (end >= 0 && end < REQUEST_BYTES_MAX) {
      const line = Buffer.from(request.slice(0, end), "latin1").toString("utf8");
      answerOf(line, handlers).then(answer, () => socket.destroy());
    } else if (isWhole) {
      answer({ ok: false, error: `a request has at most ${REQUEST_BYTES_MAX} bytes` });
    }
  };
  socket.setTimeout(CLIENT_IDLE_MS_MAX, () => socket.destroy());
  // A client that goes away in the middle takes nothing with it.
  socket.on("error", () => socket.destroy());
  socket.on("end", () => {
    if (!isWhole) {
      socket.destroy();
    }
  });
  socket.on("data", take);
}

async function answerOf(
  line: string,
  handlers: ReadonlyMap<string, ControlHandler>,
): Promise<ControlAnswer> {
  const [name = "", ...words] = line.trim().split(" ");
  const handler = handlers.get(name);
  if (handler === undefined) {
    const known = [...handlers.keys()].join(", ");
    return { ok: false, error: `there is no request ${JSON.stringify(name)}; there is: ${known}` };
  }
  try {
    return { ok: true, value: (await handler(words.join(" "))) ?? null };
  } catch (thrown) {
    return { ok: false, error: messageOf(thrown) };
  }
}

function boundedLine(answer: ControlAnswer): string {
  const line = JSON.stringify(answer);
  return Buffer.byteLength(line) < ANSWER_BYTES_MAX
    ? line
    : JSON.stringify({ ok: false, error: "the answer is too large" } satisfies ControlAnswer);
}
