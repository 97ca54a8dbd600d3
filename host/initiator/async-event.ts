/** What an Asynchronous Message asks of us. Decides the effect of each event, as a table. */
import {
  ASYNC_CONNECTION_DROPPED,
  ASYNC_LOGOUT_REQUEST,
  ASYNC_NEGOTIATION_REQUEST,
  ASYNC_SCSI_EVENT,
  ASYNC_SESSION_DROPPED,
} from "../iscsi/opcode.ts";

/** "logout": log out soon; "dropped": the connection is gone; "none": for the log only. */
export interface AsyncMeaning {
  readonly effect: "none" | "logout" | "dropped";
  readonly text: string;
}

const MEANINGS: ReadonlyMap<number, AsyncMeaning> = new Map<number, AsyncMeaning>([
  [ASYNC_SCSI_EVENT, { effect: "none", text: "the target reports a SCSI event" }],
  [ASYNC_LOGOUT_REQUEST, { effect: "logout", text: "the target asked for a logout" }],
  [ASYNC_CONNECTION_DROPPED, { effect: "dropped", text: "the target drops the connection" }],
  [ASYNC_SESSION_DROPPED, { effect: "dropped", text: "the target drops the session" }],
  // Of the two answers that RFC 7143 allows, the one that leaves no doubt about what is agreed.
  [
    ASYNC_NEGOTIATION_REQUEST,
    { effect: "logout", text: "the target asked for a negotiation, a new login is one" },
  ],
]);

/** Meaning of AsyncEvent 0 to 255. */
export function meaningOf(asyncEvent: number): AsyncMeaning {
  return MEANINGS.get(asyncEvent) ?? { effect: "none", text: `unknown event ${asyncEvent}` };
}
