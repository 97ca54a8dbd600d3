/**
 * Finds a peer whose TCP connection stands but which says nothing any more. Decides when to ask
 * for a sign of life and when to give up. Any received byte is a sign of life, so a busy
 * connection is never asked. Costs one flag per received chunk.
 */

import { type Deadline, startDeadline } from "../lib/deadline.ts";
import { PING_ANSWER_MS, PING_INTERVAL_MS } from "./limits.ts";

/** What the watch does when it must. */
export interface LivenessActions {
  /** Sends a NOP-Out that the target has to answer. */
  readonly ping: () => void;
  /** The peer is dead; called at most once. */
  readonly dead: (reason: string) => void;
}

/** Bounds of the watch, in milliseconds. */
export interface LivenessTimes {
  readonly intervalMs: number;
  readonly answerMs: number;
}

/** The times used unless a test needs shorter ones. */
export const LIVENESS_TIMES: LivenessTimes = {
  intervalMs: PING_INTERVAL_MS,
  answerMs: PING_ANSWER_MS,
};

/** The watch over one connection; runs from construction until `stop` or until the peer is dead. */
export class Liveness {
  readonly #actions: LivenessActions;
  readonly #times: LivenessTimes;
  #heard = false;
  #deadline: Deadline;

  constructor(actions: LivenessActions, times: LivenessTimes) {
    this.#actions = actions;
    this.#times = times;
    this.#deadline = this.#listen();
  }

  /** Something was received. */
  heard(): void {
    this.#heard = true;
  }

  /** Ends the watch. */
  stop(): void {
    this.#deadline.cancel();
  }

  #listen(): Deadline {
    this.#heard = false;
    return startDeadline(this.#times.intervalMs, () => {
      this.#deadline = this.#heard ? this.#listen() : this.#ask();
    });
  }

  #ask(): Deadline {
    this.#actions.ping();
    return startDeadline(this.#times.answerMs, () => {
      if (this.#heard) {
        this.#deadline = this.#listen();
        return;
      }
      this.#actions.dead(`nothing received for ${this.#times.answerMs} ms after a NOP-Out`);
    });
  }
}
