/**
 * The loop of one core: handlers enqueue events, the loop steps. Decides the order (first come,
 * first stepped), that a step is never entered from within a step, and when a core is given up: on a
 * trap, on an action that nobody executes, on an overflow. What is done about it, and about the events
 * that it has not taken, is `onFailed`'s.
 * Invariants: after `onFailed` nothing is stepped and every event is dropped; `post` never throws.
 */

import type { ActionReader } from "../core/action-reader.ts";
import type { Core } from "../core/core.ts";
import type { CoreEvent } from "../core/core-event.ts";
import { messageOf } from "../lib/error.ts";
import type { Clock } from "./clock.ts";

/** Executes one kind of action; the reader is valid only during the call. */
export type ActionHandler = (action: ActionReader) => void;

/** Gives an event to a core. */
export type Post = (event: CoreEvent) => void;

/** Far more than a core has outstanding actions: only a fault fills it. */
const QUEUE_COUNT_MAX = 4096;

/** Events that had no effect on the core when it failed. */
export interface LeftEvents {
  /** The one that it trapped on, where it trapped. */
  readonly trappedOn: CoreEvent | undefined;
  /** Those that waited, in their order. */
  readonly waiting: readonly CoreEvent[];
}

export interface CoreLoopOptions {
  readonly core: Core;
  readonly clock: Clock;
  /** By the kind of action. */
  readonly handlers: ReadonlyMap<number, ActionHandler>;
  /** Called once, with one line that says why. */
  readonly onFailed: (reason: string, left: LeftEvents) => void;
}

/** The queue of events and the steps of one core. */
export class CoreLoop {
  readonly #options: CoreLoopOptions;
  readonly #execute: ActionHandler;
  #queue: CoreEvent[] = [];
  #head = 0;
  #isStepping = false;
  #hasFailed = false;

  constructor(options: CoreLoopOptions) {
    const { handlers } = options;
    this.#options = options;
    this.#execute = (action) => {
      const handler = handlers.get(action.kind);
      if (handler === undefined) {
        throw new Error(`action ${action.kind} is not known here`);
      }
      handler(action);
    };
  }

  /** Steps the core with this event: at once, or after those that came before it. */
  readonly post: Post = (event) => {
    if (this.#hasFailed) {
      return;
    }
    if (this.#queue.length - this.#head >= QUEUE_COUNT_MAX) {
      this.fail(`${QUEUE_COUNT_MAX} events are waiting`);
      return;
    }
    this.#queue.push(event);
    if (!this.#isStepping) {
      this.#drain();
    }
  };

  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Gives the core up: no further step. */
  fail(reason: string, trappedOn?: CoreEvent): void {
    if (this.#hasFailed) {
      return;
    }
    this.#hasFailed = true;
    const waiting = this.#queue.slice(this.#head);
    this.#queue = [];
    this.#head = 0;
    this.#options.onFailed(reason, { trappedOn, waiting });
  }

  #drain(): void {
    const { core, clock } = this.#options;
    this.#isStepping = true;
    for (let event = this.#next(); event !== undefined; event = this.#next()) {
      try {
        const trap = core.step(event, clock.nowMs(), this.#execute);
        if (trap !== undefined) {
          this.fail(`the core trapped on event ${trap.eventKind}: ${trap.trap}`, event);
        }
      } catch (thrown) {
        this.fail(`executing what event ${event.kind} led to: ${messageOf(thrown)}`);
      }
    }
    this.#isStepping = false;
  }

  #next(): CoreEvent | undefined {
    const event = this.#queue[this.#head];
    this.#head += 1;
    if (event === undefined) {
      this.#queue.length = 0;
      this.#head = 0;
    }
    return event;
  }
}
