/**
 * AC_WAKE: the one timer of a core. Decides only when to look: the core reads the time itself.
 * Invariant: a wish that moves to a later time costs no timer, since a core moves it often.
 */

import { EV_TIME } from "../../assembly/spec/event.ts";
import { coreEvent } from "../core/core-event.ts";
import type { Clock } from "./clock.ts";
import type { ActionHandler, Post } from "./core-loop.ts";

/** Node's timers end at 2^31 ms: a later wish is looked at in between. */
const TIMER_MS_MAX = 3_600_000;

/** Keeps the core's latest wish. */
export class WakeTimer {
  readonly #clock: Clock;
  readonly #post: Post;
  #wishAtMs = Number.POSITIVE_INFINITY;
  #armedForMs = Number.POSITIVE_INFINITY;
  #callOff: (() => void) | undefined;

  constructor(clock: Clock, post: Post) {
    this.#clock = clock;
    this.#post = post;
  }

  /** AC_WAKE. */
  readonly wake: ActionHandler = (action) => {
    this.#wishAtMs = action.x;
    if (this.#wishAtMs < this.#armedForMs) {
      this.#arm();
    }
  };

  /** No further EV_TIME. */
  stop(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    this.#wishAtMs = Number.POSITIVE_INFINITY;
    this.#armedForMs = Number.POSITIVE_INFINITY;
  }

  #arm(): void {
    this.#callOff?.();
    const nowMs = this.#clock.nowMs();
    const delayMs = Math.min(Math.max(0, this.#wishAtMs - nowMs), TIMER_MS_MAX);
    this.#armedForMs = nowMs + delayMs;
    this.#callOff = this.#clock.after(delayMs, () => this.#fire());
  }

  #fire(): void {
    this.#callOff = undefined;
    this.#armedForMs = Number.POSITIVE_INFINITY;
    if (this.#wishAtMs > this.#clock.nowMs()) {
      this.#arm();
      return;
    }
    this.#wishAtMs = Number.POSITIVE_INFINITY;
    this.#post(coreEvent(EV_TIME));
  }
}
