/** What an Asynchronous Message asks of us. Decides the effect of each event, as a table. */

/** "logout": log out soon; "dropped": the connection is gone; "none": for the log only. */
export interface AsyncMeaning {
  readonly effect: "none" | "logout" | "dropped";
  readonly text: string;
}

const MEANINGS: ReadonlyMap<number, AsyncMeaning> = new Map<number, AsyncMeaning>([
  [0, { effect: "none", text: "the target reports a SCSI event" }],
  [1, { effect: "logout", text: "the target asked for a logout" }],
  [2, { effect: "dropped", text: "the target drops the connection" }],
  [3, { effect: "dropped", text: "the target drops the session" }],
  // Parameters never change after our login: the target has to drop us if it cannot go on.
  [4, { effect: "none", text: "the target asked for a negotiation, which is not done" }],
]);

/** Meaning of AsyncEvent 0 to 255. */
export function meaningOf(asyncEvent: number): AsyncMeaning {
  return MEANINGS.get(asyncEvent) ?? { effect: "none", text: `unknown event ${asyncEvent}` };
}
