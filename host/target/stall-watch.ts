/**
 * Finds an initiator that lives and yet keeps others waiting: it does not read what was sent to it, or
 * does not send the data of a write. Decides by looking now and then: what is exactly as it was at the
 * look before has stalled. So it costs nothing between two looks, and is found after one to two of
 * `stallMs`.
 */

/** What a connection looks like at one moment. */
export interface ConnectionLook {
  /** Bytes that the initiator has not taken, and all that it took so far. */
  readonly pendingBytes: number;
  readonly takenBytes: number;
  /** Names the sequence of Data-Out that is due, undefined where none is. */
  readonly dueSequence: string | undefined;
}

/** Of one connection. */
export class StallWatch {
  #last: ConnectionLook | undefined;

  /** Takes the next look; says what has stalled since the one before. */
  look(now: ConnectionLook): string | undefined {
    const last = this.#last;
    this.#last = now;
    if (last === undefined) {
      return undefined;
    }
    if (last.pendingBytes > 0 && now.pendingBytes > 0) {
      // Nothing can come from one who is not listened to until it reads.
      return now.takenBytes === last.takenBytes ? "initiator does not read" : undefined;
    }
    const isDue = now.dueSequence !== undefined && now.dueSequence === last.dueSequence;
    return isDue ? "data of a write does not come" : undefined;
  }
}
