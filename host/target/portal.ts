/**
 * The listening end of a target. Decides which connections are let in and what they are told as
 * address; everything else is the connection's. All state is in the object of `startTarget`.
 */
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from "node:net";
import { Connection } from "./connection.ts";
import { CONNECTIONS_MAX, LOGINS_MAX, TARGET_TIMINGS, type TargetTimings } from "./limits.ts";
import { limitLog } from "./log-limit.ts";
import { type TargetLoad, type TargetParts, TargetState } from "./target-state.ts";

const MS_PER_SECOND = 1000;

/** Where a target listens or is found. */
export interface PortalAddress {
  readonly host: string;
  readonly port: number;
}

/** How to start a target. */
export interface TargetOptions extends TargetParts {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** TargetAddress in SendTargets; without it, the address that the initiator came to. */
  readonly advertise?: PortalAddress;
  /** Shorter timers, for tests. */
  readonly timings?: TargetTimings;
}

/** A target that listens. */
export interface Target {
  readonly address: PortalAddress;
  /** What it holds now; nothing of it grows without a bound. */
  load(): TargetLoad & { readonly connections: number };
  /**
   * Stops listening, asks all sessions to log out and ends those that have not within `logoutMs`; resolves
   * when the last socket is closed.
   */
  close(): Promise<void>;
  /** Cuts, without a word, every connection whose session ever addressed `lun`. */
  destroyConnectionsOf(lun: number): void;
}

/**
 * Starts listening. Rejects with the error of the system (its `code` kept: EADDRINUSE, EACCES,
 * EADDRNOTAVAIL ...) when that is not possible.
 */
export async function startTarget(options: TargetOptions): Promise<Target> {
  const log = limitLog(options.log, () => performance.now());
  const timings = options.timings ?? TARGET_TIMINGS;
  const state = new TargetState({ ...options, log }, timings);
  const connections = new Set<Connection>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    if (!makeRoom(connections)) {
      log("warn", `connection refused: ${CONNECTIONS_MAX} are open`);
      socket.destroy();
      return;
    }
    const address = formatAddress(options.advertise ?? localAddress(socket));
    const connection = new Connection(socket, state, address);
    connections.add(connection);
    void connection.closed.then(() => connections.delete(connection));
  });
  const { address, port } = await listen(server, options);
  server.on("error", (error) => log("warn", `listening on port ${port}: ${error.message}`));
  return {
    address: { host: address, port },
    load: () => ({ connections: connections.size, ...state.load }),
    close: async () => {
      const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
      const standing = [...connections];
      const closed = Promise.all(standing.map((connection) => connection.closed));
      const seconds = Math.ceil(timings.logoutMs / MS_PER_SECOND);
      const asked = standing.filter((connection) => connection.askToLeave(seconds));
      if (asked.length > 0) {
        log("info", `target closes: ${asked.length} sessions are asked to log out`);
        await within(closed, timings.logoutMs);
      }
      for (const connection of asked) {
        connection.close("target closes");
      }
      await Promise.all([stopped, closed]);
    },
    destroyConnectionsOf: (lun) => {
      for (const connection of [...connections].filter((each) => each.addressed(lun))) {
        connection.fail(`cut, logical unit ${lun} is gone`);
      }
    },
  };
}

/** Ends the oldest login that has not come to its end, where there are too many; false: no room. */
function makeRoom(connections: Set<Connection>): boolean {
  const logins = [...connections].filter(({ isLoggedIn }) => !isLoggedIn);
  if (connections.size < CONNECTIONS_MAX && logins.length < LOGINS_MAX) {
    return true;
  }
  const [oldest] = logins;
  oldest?.fail("no login yet, and its place is wanted");
  return oldest !== undefined && connections.delete(oldest);
}

/** Until `done`, or so long. */
async function within(done: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([done, late]);
  clearTimeout(timer);
}

function listen(server: Server, address: PortalAddress): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address.port, address.host, () => {
      server.off("error", reject);
      const bound = server.address();
      if (bound === null || typeof bound === "string") {
        reject(new Error("listening, but not on a TCP port"));
      } else {
        resolve(bound);
      }
    });
  });
}

function localAddress(socket: Socket): PortalAddress {
  const host = (socket.localAddress ?? "").replace(/^::ffff:(?=[0-9.]+$)/, "");
  return { host, port: socket.localPort ?? 0 };
}

function formatAddress({ host, port }: PortalAddress): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
