/**
 * What a core's successor is told: the events of the start, with what the dead instance had kept, and
 * the events that had no effect on it. Decides which of those still mean something.
 */

import { PARAM_IN_BYTES } from "../../assembly/spec/abi.ts";
import {
  DONE_SENSE_BYTES,
  EV_COMMAND,
  EV_DATA,
  EV_DEVICE_DONE,
  EV_KEEP,
  EV_RING_DONE,
  EV_START,
  EV_TASK_END,
  EV_TIME,
  RESULT_LOST,
} from "../../assembly/spec/event.ts";
import { type CoreEvent, coreEvent } from "../core/core-event.ts";

/** More than can come in the time that a restart may take: only a fault fills it. */
const HELD_COUNT_MAX = 4096;

/**
 * Events that are not given again: the ring is opened anew, the timer is wished anew, the first events are given first, and commands
 * and their data are given by the task port.
 */
const FORGOTTEN: ReadonlySet<number> = new Set([
  EV_START,
  EV_KEEP,
  EV_RING_DONE,
  EV_TIME,
  EV_COMMAND,
  EV_DATA,
  EV_TASK_END,
]);

/** An event that two instances trapped on is not given to a third. */
const HARM_COUNT_MAX = 2;

/** Events that wait for the successor, in their order. */
export class HeldEvents {
  readonly #harm = new WeakMap<CoreEvent, number>();
  #events: CoreEvent[] = [];

  /** The core trapped on it: it is given again, but not for ever. */
  holdHarmful(event: CoreEvent): void {
    const harmCount = (this.#harm.get(event) ?? 0) + 1;
    this.#harm.set(event, harmCount);
    const given = harmCount < HARM_COUNT_MAX ? event : harmless(event);
    if (given !== undefined) {
      this.hold(given);
    }
  }

  /** Keeps it if it still means something; false when there is no room. */
  hold(event: CoreEvent): boolean {
    if (FORGOTTEN.has(event.kind)) {
      return true;
    }
    this.#events.push(event);
    return this.#events.length <= HELD_COUNT_MAX;
  }

  /** All of them; none is left. */
  take(): CoreEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

/** What is given instead: a drive command has to end, as lost; of everything else nothing. */
function harmless(event: CoreEvent): CoreEvent | undefined {
  if (event.kind !== EV_DEVICE_DONE || event.a === RESULT_LOST) {
    return undefined;
  }
  const lost = coreEvent(EV_DEVICE_DONE, event.tag);
  lost.a = RESULT_LOST;
  lost.params = new Uint8Array(DONE_SENSE_BYTES);
  return lost;
}

/** EV_KEEP pieces of the block, then EV_START again. */
export function startAgain(start: CoreEvent, kept: Uint8Array): CoreEvent[] {
  const events: CoreEvent[] = [];
  for (let offset = 0; offset < kept.length; offset += PARAM_IN_BYTES) {
    const piece = coreEvent(EV_KEEP);
    piece.a = offset;
    piece.params = kept.subarray(offset, offset + PARAM_IN_BYTES);
    events.push(piece);
  }
  return [...events, start];
}
