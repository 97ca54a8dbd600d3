/**
 * Drives a login over a connection within a time limit. Decides nothing of its content. Invariant:
 * `done` is called exactly once, from within the handling of the last login response, so that no
 * PDU right behind it is lost.
 */
import { digestsOf } from "../iscsi/digest.ts";
import type { SessionParameters } from "../iscsi/negotiate.ts";
import { startDeadline } from "../lib/deadline.ts";
import type { CommandWindow } from "./command-window.ts";
import type { ConnectFault, Connection } from "./connection.ts";
import { Login, type LoginStep, type LoginTerms } from "./login.ts";

/** The full feature phase has begun; the caller must `listen` to the connection now. */
export interface LoggedIn {
  readonly parameters: SessionParameters;
  readonly window: CommandWindow;
}

/** Logs in within `timeoutMs`; on a fault the connection is closed. */
export function logIn(
  connection: Connection,
  terms: LoginTerms,
  timeoutMs: number,
  done: (outcome: LoggedIn | ConnectFault) => void,
): void {
  const login = new Login(terms);
  const limit = startDeadline(timeoutMs, () => connection.close(`no login in ${timeoutMs} ms`));
  const take = (step: LoginStep): void => {
    switch (step.kind) {
      case "send":
        connection.together(() => connection.send(step.bhs, [step.data], step.data.length));
        break;
      case "done":
        limit.cancel();
        connection.useDigests(digestsOf(step.parameters));
        done(step);
        break;
      case "fault":
        connection.close(step.reason);
        break;
    }
  };
  connection.listen({
    pdu: (pdu) => take(login.answer(pdu)),
    closed: (reason) => {
      limit.cancel();
      done({ reason });
    },
  });
  take(login.begin());
}
