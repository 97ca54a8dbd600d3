/**
 * Carries words between the lanes' cores and the changer's core, which decides about what they share
 * (robot, spares, inventory). Decides only where a word goes: the changer's go to the lane that they
 * name, a lane's always to the changer.
 * Invariants: a word arrives in a later step of its receiver, never within the sender's; words
 * between the same two cores keep their order.
 */

import { EV_WORD } from "../../assembly/spec/event.ts";
import type { ActionReader } from "../core/action-reader.ts";
import { type CoreEvent, coreEvent } from "../core/core-event.ts";
import type { ActionHandler, Post } from "./core-loop.ts";

/** The changer's lane number in words. */
const CHANGER = 0;

/** The exchange between the cores of one bridge. */
export class Arbiter {
  readonly #cores = new Map<number, Post>();
  readonly #onUndeliverable: (lane: number, word: number) => void;

  /** `onUndeliverable`: a word named a core that is not there (a fault of the sender). */
  constructor(onUndeliverable: (lane: number, word: number) => void) {
    this.#onUndeliverable = onUndeliverable;
  }

  /** The core of lane `lane` (0: the changer) takes its words with `post`. */
  attach(lane: number, post: Post): void {
    this.#cores.set(lane, post);
  }

  /** AC_WORD of the core of lane `lane` (0: the changer). */
  sender(lane: number): ActionHandler {
    return (action) => {
      const receiver = lane === CHANGER ? action.b : CHANGER;
      const post = this.#cores.get(receiver);
      if (post === undefined) {
        this.#onUndeliverable(receiver, action.a);
        return;
      }
      const event = wordOf(action, lane);
      queueMicrotask(() => post(event));
    };
  }
}

function wordOf(action: ActionReader, lane: number): CoreEvent {
  const event = coreEvent(EV_WORD);
  event.a = action.a;
  event.b = lane === CHANGER ? action.b : lane;
  event.c = action.c;
  event.d = action.d;
  event.e = action.e;
  event.x = action.x;
  event.y = action.y;
  event.params = action.params.slice();
  return event;
}
